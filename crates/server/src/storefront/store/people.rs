//! SQL about accounts, orders, products and blocks.

use bellwire_dialects::storefront::wire::UserType;

use super::{Account, Block, Customer, Order, Product, Result, Store};
use crate::clock::Millis;

impl Store {
    pub(crate) async fn account(&self, role: UserType, id: &str) -> Result<Option<Account>> {
        let sql = match role {
            UserType::Seller => "SELECT * FROM shops WHERE id = $1 AND disabled = 0",
            UserType::Customer => "SELECT * FROM users WHERE id = $1 AND disabled = 0",
        };
        Ok(sqlx::query_as(sql).bind(id).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn account_by_email(&self, role: UserType, email: &str) -> Result<Option<Account>> {
        let sql = match role {
            UserType::Seller => "SELECT * FROM shops WHERE email = $1 AND disabled = 0",
            UserType::Customer => "SELECT * FROM users WHERE email = $1 AND disabled = 0",
        };
        Ok(sqlx::query_as(sql).bind(email).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn add_account(&self, role: UserType, account: &Account) -> Result<()> {
        let sql = match role {
            UserType::Seller => {
                "INSERT INTO shops (id, name, email, password_hash, avatar, phone_number, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            }
            UserType::Customer => {
                "INSERT INTO users (id, name, email, password_hash, avatar, phone_number, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            }
        };
        sqlx::query(sql)
            .bind(&account.id)
            .bind(&account.name)
            .bind(&account.email)
            .bind(&account.password_hash)
            .bind(&account.avatar)
            .bind(&account.phone_number)
            .bind(account.created_at)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    pub(crate) async fn has_accounts(&self) -> Result<bool> {
        let found: i64 =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM shops) OR EXISTS (SELECT 1 FROM users)")
                .fetch_one(&self.read)
                .await?;
        Ok(found != 0)
    }

    pub(crate) async fn order(&self, id: &str) -> Result<Option<Order>> {
        Ok(sqlx::query_as("SELECT * FROM orders WHERE id = $1").bind(id).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn add_order(&self, order: &Order) -> Result<()> {
        sqlx::query(
            "INSERT INTO orders (id, order_number, shop_id, user_id, status, total_price, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&order.id)
        .bind(&order.order_number)
        .bind(&order.shop_id)
        .bind(&order.user_id)
        .bind(&order.status)
        .bind(order.total_price)
        .bind(order.created_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn product(&self, id: &str) -> Result<Option<Product>> {
        Ok(sqlx::query_as("SELECT * FROM products WHERE id = $1").bind(id).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn add_product(&self, product: &Product) -> Result<()> {
        sqlx::query(
            "INSERT INTO products (id, shop_id, name, image, price, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&product.id)
        .bind(&product.shop_id)
        .bind(&product.name)
        .bind(&product.image)
        .bind(product.price)
        .bind(product.created_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Whether the customer has ordered from the shop or called it before.
    pub(crate) async fn is_customer_of(&self, customer: &str, seller: &str) -> Result<bool> {
        let found: i64 = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM orders WHERE user_id = $1 AND shop_id = $2) OR EXISTS \
             (SELECT 1 FROM video_calls WHERE customer = $1 AND seller = $2 AND initiated_by = 'customer')",
        )
        .bind(customer)
        .bind(seller)
        .fetch_one(&self.read)
        .await?;
        Ok(found != 0)
    }

    /// Ids of the accounts on the other side that this one has orders or calls with.
    pub(crate) async fn related(&self, role: UserType, id: &str) -> Result<Vec<String>> {
        let sql = match role {
            UserType::Seller => {
                "SELECT user_id FROM orders WHERE shop_id = $1 \
                 UNION SELECT customer FROM video_calls WHERE seller = $1"
            }
            UserType::Customer => {
                "SELECT shop_id FROM orders WHERE user_id = $1 \
                 UNION SELECT seller FROM video_calls WHERE customer = $1"
            }
        };
        Ok(sqlx::query_scalar(sql).bind(id).fetch_all(&self.read).await?)
    }

    /// Customers with orders, the latest order first; `search` in name, e-mail and order number.
    pub(crate) async fn customers(&self, seller: &str, search: Option<&str>) -> Result<Vec<Customer>> {
        macro_rules! customers {
            ($having:literal) => {
                concat!(
                    "SELECT u.id, u.name, u.email, u.avatar, u.phone_number, COUNT(*) AS total_orders, \
                     SUM(o.total_price) AS total_spent FROM orders o JOIN users u ON u.id = o.user_id \
                     WHERE o.shop_id = $1 GROUP BY u.id ",
                    $having,
                    "ORDER BY MAX(o.created_at) DESC, u.id"
                )
            };
        }
        let query = match search {
            None => sqlx::query_as(customers!("")).bind(seller),
            // `instr` on both lower-cased sides: `LIKE` would read % and _ in the search text.
            Some(search) => sqlx::query_as(customers!(
                "HAVING instr(lower(u.name), lower($2)) > 0 OR instr(u.name, $2) > 0 \
                 OR instr(lower(u.email), lower($2)) > 0 OR SUM(instr(lower(o.order_number), lower($2))) > 0 "
            ))
            .bind(seller)
            .bind(search),
        };
        Ok(query.fetch_all(&self.read).await?)
    }

    /// Orders of every customer of a shop, newest first, at most `each` per customer.
    pub(crate) async fn recent_orders(&self, seller: &str, each: u32) -> Result<Vec<Order>> {
        Ok(sqlx::query_as(
            "SELECT id, order_number, shop_id, user_id, status, total_price, created_at FROM \
             (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC, id DESC) AS place \
             FROM orders WHERE shop_id = $1) WHERE place <= $2 ORDER BY user_id, place",
        )
        .bind(seller)
        .bind(each)
        .fetch_all(&self.read)
        .await?)
    }

    pub(crate) async fn block(&self, block: &Block) -> Result<()> {
        sqlx::query(
            "INSERT INTO blocked_customers (id, seller, customer, reason, notes, last_call_id, is_active, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7) \
             ON CONFLICT (seller, customer) DO UPDATE SET reason = excluded.reason, notes = excluded.notes, \
             last_call_id = excluded.last_call_id, is_active = 1, updated_at = excluded.updated_at",
        )
        .bind(&block.id)
        .bind(&block.seller)
        .bind(&block.customer)
        .bind(&block.reason)
        .bind(&block.notes)
        .bind(&block.last_call_id)
        .bind(block.created_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// `false` when the customer was not blocked.
    pub(crate) async fn unblock(&self, seller: &str, customer: &str, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE blocked_customers SET is_active = 0, updated_at = $3 \
             WHERE seller = $1 AND customer = $2 AND is_active = 1",
        )
        .bind(seller)
        .bind(customer)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn blocks(&self, seller: &str) -> Result<Vec<(Block, Account)>> {
        let blocks: Vec<Block> = sqlx::query_as(
            "SELECT * FROM blocked_customers WHERE seller = $1 AND is_active = 1 ORDER BY updated_at DESC, id",
        )
        .bind(seller)
        .fetch_all(&self.read)
        .await?;
        let mut people: Vec<Account> = sqlx::query_as(
            "SELECT u.* FROM users u JOIN blocked_customers b ON b.customer = u.id \
             WHERE b.seller = $1 AND b.is_active = 1",
        )
        .bind(seller)
        .fetch_all(&self.read)
        .await?;
        Ok(blocks
            .into_iter()
            .filter_map(|block| {
                let at = people.iter().position(|person| person.id == block.customer)?;
                Some((block, people.swap_remove(at)))
            })
            .collect())
    }

    pub(crate) async fn active_block(&self, seller: &str, customer: &str) -> Result<Option<Block>> {
        Ok(sqlx::query_as(
            "SELECT * FROM blocked_customers WHERE seller = $1 AND customer = $2 AND is_active = 1",
        )
        .bind(seller)
        .bind(customer)
        .fetch_optional(&self.read)
        .await?)
    }
}
