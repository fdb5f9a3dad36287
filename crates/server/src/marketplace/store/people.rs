//! SQL about people.

use super::{Result, Store, User, at};
use crate::clock::Millis;

impl Store {
    pub(crate) async fn user(&self, id: &str) -> Result<Option<User>> {
        let query = sqlx::query_as("SELECT * FROM marketplace_users WHERE id = $1 AND disabled = 0");
        Ok(query.bind(id).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        let query = sqlx::query_as("SELECT * FROM marketplace_users WHERE email = $1 AND disabled = 0");
        Ok(query.bind(email).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn has_users(&self) -> Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM marketplace_users LIMIT 1").fetch_optional(&self.read).await?;
        Ok(found.is_some())
    }

    pub(crate) async fn add_user(&self, user: &User) -> Result<()> {
        sqlx::query(
            "INSERT INTO marketplace_users (id, full_name, email, password_hash, role, avatar, last_seen, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&user.id)
        .bind(&user.full_name)
        .bind(&user.email)
        .bind(&user.password_hash)
        .bind(&user.role)
        .bind(&user.avatar)
        .bind(user.last_seen)
        .bind(user.created_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn seen(&self, id: &str, now: Millis) -> Result<()> {
        sqlx::query("UPDATE marketplace_users SET last_seen = $2 WHERE id = $1")
            .bind(id)
            .bind(at(now))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ids of the users this one has a conversation with.
    pub(crate) async fn related(&self, id: &str) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "SELECT receiver FROM marketplace_messages WHERE sender = $1 \
             UNION SELECT sender FROM marketplace_messages WHERE receiver = $1",
        )
        .bind(id)
        .fetch_all(&self.read)
        .await?)
    }

    /// Takes a refresh token, and says when it was first taken: now, unless it was before.
    pub(crate) async fn spend(&self, jti: &str, expires: Millis, now: Millis) -> Result<Millis> {
        sqlx::query("INSERT OR IGNORE INTO spent_refresh_tokens (jti, spent, expires) VALUES ($1, $2, $3)")
            .bind(jti)
            .bind(now.0)
            .bind(expires.0)
            .execute(&self.write)
            .await?;
        let spent: i64 = sqlx::query_scalar("SELECT spent FROM spent_refresh_tokens WHERE jti = $1")
            .bind(jti)
            .fetch_one(&self.read)
            .await?;
        Ok(Millis(spent))
    }

    /// Forgets refresh tokens that have expired.
    pub(crate) async fn sweep_spent(&self, now: Millis) -> Result<()> {
        sqlx::query("DELETE FROM spent_refresh_tokens WHERE expires <= $1")
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
