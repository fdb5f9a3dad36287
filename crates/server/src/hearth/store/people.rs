//! SQL about accounts.

use super::{Account, Result, Store};

impl Store {
    pub(crate) async fn account(&self, id: &str) -> Result<Option<Account>> {
        let found = sqlx::query_as("SELECT * FROM hearth_users WHERE id = $1 AND disabled = 0").bind(id);
        Ok(found.fetch_optional(&self.read).await?)
    }

    pub(crate) async fn account_by_email(&self, email: &str) -> Result<Option<Account>> {
        let found =
            sqlx::query_as("SELECT * FROM hearth_users WHERE email = $1 AND disabled = 0").bind(email);
        Ok(found.fetch_optional(&self.read).await?)
    }

    pub(crate) async fn add_account(&self, account: &Account) -> Result<()> {
        sqlx::query(
            "INSERT INTO hearth_users (id, first_name, last_name, email, password_hash, profile_picture, \
             role, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&account.id)
        .bind(&account.first_name)
        .bind(&account.last_name)
        .bind(&account.email)
        .bind(&account.password_hash)
        .bind(&account.profile_picture)
        .bind(&account.role)
        .bind(account.created_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn has_accounts(&self) -> Result<bool> {
        let found: i64 =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM hearth_users)").fetch_one(&self.read).await?;
        Ok(found != 0)
    }
}
