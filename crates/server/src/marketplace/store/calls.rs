//! SQL about messages that are calls or shared screens.

use bellwire_dialects::marketplace::wire::MessageType;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{QueryBuilder, Sqlite};

use super::{FullMessage, Result, Store, at, count, full_message};
use crate::clock::Millis;

fn placed(sql: &mut QueryBuilder<Sqlite>, me: &str, kind: Option<&'static str>) {
    sql.push(" FROM marketplace_messages WHERE status IS NOT NULL AND sender = ").push_bind(me.to_owned());
    of_kind(sql, kind);
}

fn received(sql: &mut QueryBuilder<Sqlite>, me: &str, kind: Option<&'static str>) {
    sql.push(" FROM marketplace_messages WHERE status IS NOT NULL AND receiver = ").push_bind(me.to_owned());
    sql.push(" AND sender <> ").push_bind(me.to_owned());
    of_kind(sql, kind);
}

fn of_kind(sql: &mut QueryBuilder<Sqlite>, kind: Option<&'static str>) {
    if let Some(kind) = kind {
        sql.push(" AND type = ").push_bind(kind);
    }
}

impl Store {
    /// A call by its message's id or by what the socket calls it.
    pub(crate) async fn call(&self, id: &str) -> Result<Option<FullMessage>> {
        let query = full_message!("WHERE (m.id = $1 OR m.call_id = $1) AND m.status IS NOT NULL");
        Ok(sqlx::query_as(query).bind(id).fetch_optional(&self.read).await?)
    }

    /// One page of a user's calls and screens, newest first, and how many there are.
    pub(crate) async fn calls(
        &self,
        me: &str,
        kind: Option<MessageType>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<FullMessage>, u32)> {
        let kind = kind.map(MessageType::as_str);
        let mut page =
            QueryBuilder::new(full_message!("WHERE m.id IN (SELECT id FROM (SELECT id, created_at"));
        placed(&mut page, me, kind);
        page.push(" UNION ALL SELECT id, created_at");
        received(&mut page, me, kind);
        page.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(limit);
        page.push(" OFFSET ").push_bind(offset).push(")) ORDER BY m.created_at DESC, m.id DESC");
        let page = page.build_query_as().fetch_all(&self.read).await?;
        let mut total = QueryBuilder::new("SELECT (SELECT COUNT(*)");
        placed(&mut total, me, kind);
        total.push(") + (SELECT COUNT(*)");
        received(&mut total, me, kind);
        let total: i64 = total.push(")").build_query_scalar().fetch_one(&self.read).await?;
        Ok((page, count(total)))
    }

    /// Everything that is not over.
    pub(crate) async fn live_calls(&self) -> Result<Vec<FullMessage>> {
        let query =
            full_message!("WHERE m.status IN ('initiated', 'ringing', 'answered') ORDER BY m.ring_until");
        Ok(sqlx::query_as(query).fetch_all(&self.read).await?)
    }

    pub(crate) async fn mark_ringing(&self, id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE marketplace_messages SET status = 'ringing', updated_at = $2 \
             WHERE id = $1 AND status = 'initiated'",
        );
        self.moved(update.bind(id).bind(at(now))).await
    }

    /// The callee answered, or a screen is shown.
    pub(crate) async fn mark_answered(&self, id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE marketplace_messages SET status = 'answered', answered_at = $2, updated_at = $2 \
             WHERE id = $1 AND status IN ('initiated', 'ringing')",
        );
        self.moved(update.bind(id).bind(at(now))).await
    }

    pub(crate) async fn mark_declined(&self, id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE marketplace_messages SET status = 'declined', ended_at = $2, updated_at = $2 \
             WHERE id = $1 AND status IN ('initiated', 'ringing')",
        );
        self.moved(update.bind(id).bind(at(now))).await
    }

    /// Not answered in time, or cancelled: the callee has an unread entry.
    pub(crate) async fn mark_missed(&self, id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE marketplace_messages SET status = 'missed', ended_at = $2, is_read = 0, updated_at = $2 \
             WHERE id = $1 AND status IN ('initiated', 'ringing')",
        );
        self.moved(update.bind(id).bind(at(now))).await
    }

    /// A screen that was never shown.
    pub(crate) async fn mark_failed(&self, id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE marketplace_messages SET status = 'failed', ended_at = $2, updated_at = $2 \
             WHERE id = $1 AND status IN ('initiated', 'ringing')",
        );
        self.moved(update.bind(id).bind(at(now))).await
    }

    /// A participant left an answered call; `true` if they had not before.
    pub(crate) async fn mark_left(&self, id: &str, sender: bool, now: Millis) -> Result<bool> {
        let update = if sender {
            sqlx::query(
                "UPDATE marketplace_messages SET sender_left = $2, updated_at = $2 \
                 WHERE id = $1 AND status = 'answered' AND sender_left IS NULL",
            )
        } else {
            sqlx::query(
                "UPDATE marketplace_messages SET receiver_left = $2, updated_at = $2 \
                 WHERE id = $1 AND status = 'answered' AND receiver_left IS NULL",
            )
        };
        self.moved(update.bind(id).bind(at(now))).await
    }

    /// A participant who had left is back.
    pub(crate) async fn mark_back(&self, id: &str, sender: bool, now: Millis) -> Result<bool> {
        let update = if sender {
            sqlx::query(
                "UPDATE marketplace_messages SET sender_left = NULL, updated_at = $2 \
                 WHERE id = $1 AND status = 'answered' AND sender_left IS NOT NULL",
            )
        } else {
            sqlx::query(
                "UPDATE marketplace_messages SET receiver_left = NULL, updated_at = $2 \
                 WHERE id = $1 AND status = 'answered' AND receiver_left IS NOT NULL",
            )
        };
        self.moved(update.bind(id).bind(at(now))).await
    }

    /// Ends an answered call for both sides.
    pub(crate) async fn mark_ended(&self, id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE marketplace_messages SET status = 'ended', ended_at = $2, updated_at = $2, \
             duration = MAX(0, ($2 - answered_at + 500) / 1000), \
             sender_left = COALESCE(sender_left, $2), receiver_left = COALESCE(receiver_left, $2) \
             WHERE id = $1 AND status = 'answered'",
        );
        self.moved(update.bind(id).bind(at(now))).await
    }

    pub(crate) async fn keep_recording(&self, id: &str, url: &str, now: Millis) -> Result<()> {
        sqlx::query("UPDATE marketplace_messages SET recording_url = $2, updated_at = $3 WHERE id = $1")
            .bind(id)
            .bind(url)
            .bind(at(now))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Moves a call to another state; `false` if it was not in one that leads there.
    async fn moved(&self, update: Query<'_, Sqlite, SqliteArguments>) -> Result<bool> {
        Ok(update.execute(&self.write).await?.rows_affected() == 1)
    }
}
