//! What an administrator keeps of storefront: customers, sellers, their products and orders.

use crate::admin::{Change, Row, RowError, Value, put};
use crate::clock::Millis;
use crate::directory::{AccountId, AccountKind, Directory, NameColumns, RecordKind};
use crate::store::new_id;
use sqlx::SqliteConnection;

/// What a price can be at most, in cents.
const MAX_CENTS: i64 = 100_000_000_000;

const SELLER: AccountKind = AccountKind {
    role: "seller",
    table: "shops",
    id: AccountId::Hex,
    column_role: None,
    name: NameColumns::One("name"),
    texts: &[("avatar", "avatar"), ("phone", "phone_number")],
    flags: &[],
    passwordless: None,
    erase: &[
        "DELETE FROM blocked_customers WHERE seller = $1",
        "UPDATE video_calls SET notes = NULL, decline_reason = NULL, recording_url = NULL, metadata = '{}' \
         WHERE seller = $1",
    ],
    readdress: &["UPDATE shops SET email = $2 WHERE id = $1"],
};

const CUSTOMER: AccountKind = AccountKind {
    role: "customer",
    table: "users",
    erase: &[
        "DELETE FROM blocked_customers WHERE customer = $1",
        "UPDATE video_calls SET notes = NULL, decline_reason = NULL, recording_url = NULL, metadata = '{}' \
         WHERE customer = $1",
    ],
    readdress: &["UPDATE users SET email = $2 WHERE id = $1"],
    ..SELLER
};

static SELLERS: AccountKind = SELLER;
static CUSTOMERS: AccountKind = CUSTOMER;

pub(super) static DIRECTORY: Directory = Directory {
    accounts: &[SELLER, CUSTOMER],
    records: &[
        RecordKind { name: "products", put: |all, row, now| Box::pin(product(all, row, now)) },
        RecordKind { name: "orders", put: |all, row, now| Box::pin(order(all, row, now)) },
    ],
    forget: &["DELETE FROM video_calls WHERE id IN (SELECT id FROM video_calls \
         WHERE status NOT IN ('initiated', 'ringing', 'accepted') AND created_at < $1 LIMIT $2)"],
    usage: None,
};

async fn product(all: &mut SqliteConnection, row: &mut Row, now: Millis) -> Result<Change, RowError> {
    let id = row.text("id", 64)?;
    let shop = row.account(all, "seller", &SELLERS).await?;
    let price =
        row.number("price_cents", 0..=MAX_CENTS)?.ok_or_else(|| "price_cents is missing".to_owned())?;
    let fields = [
        ("shop_id", shop.into()),
        ("name", row.text("name", 200)?.into()),
        ("image", row.optional("image", 1024)?.into()),
        ("price", price.into()),
    ];
    let fresh = [("id", new_id(now).into()), ("created_at", now.0.into())];
    Ok(put(all, "products", &[("external_id", id.into())], &fields, &fresh).await?)
}

async fn order(all: &mut SqliteConnection, row: &mut Row, now: Millis) -> Result<Change, RowError> {
    let number = row.text("number", 64)?;
    let shop = row.account(all, "seller", &SELLERS).await?;
    let customer = row.account(all, "customer", &CUSTOMERS).await?;
    let total = row.number("total_cents", 0..=MAX_CENTS)?.unwrap_or(0);
    let mut fields: Vec<(&'static str, Value)> = vec![
        ("shop_id", shop.into()),
        ("user_id", customer.into()),
        ("status", row.optional("status", 64)?.unwrap_or_else(|| "Processing".to_owned()).into()),
        ("total_price", total.into()),
    ];
    let mut fresh = vec![("id", new_id(now).into())];
    match row.time("ordered_at")? {
        Some(at) => fields.push(("created_at", at.into())),
        None => fresh.push(("created_at", now.0.into())),
    }
    Ok(put(all, "orders", &[("order_number", number.into())], &fields, &fresh).await?)
}
