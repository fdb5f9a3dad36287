//! SQL about call records.

use bellwire_dialects::storefront::wire::UserType;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{QueryBuilder, Sqlite, SqlitePool};

use super::{Call, FullCall, HistoryQuery, Remarks, Result, Store, Tally};
use crate::clock::Millis;

/// A call with its parties, order and product; a macro because the text must be known when compiling.
macro_rules! full_call {
    ($rest:literal) => {
        concat!(
            "SELECT c.*, s.name AS seller_name, s.email AS seller_email, s.avatar AS seller_avatar, \
             s.phone_number AS seller_phone, u.name AS customer_name, u.email AS customer_email, \
             u.avatar AS customer_avatar, u.phone_number AS customer_phone, o.order_number, \
             o.total_price AS order_total, p.name AS product_name, p.image AS product_image \
             FROM video_calls c JOIN shops s ON s.id = c.seller JOIN users u ON u.id = c.customer \
             LEFT JOIN orders o ON o.id = c.order_id LEFT JOIN products p ON p.id = c.product_id ",
            $rest
        )
    };
}

/// `select` and the filter of a history: of what was asked for, no more.
fn filtered(select: &'static str, query: &HistoryQuery) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(select);
    sql.push(match query.role {
        UserType::Seller => " FROM video_calls WHERE seller = ",
        UserType::Customer => " FROM video_calls WHERE customer = ",
    });
    sql.push_bind(query.id.clone());
    if let Some(status) = query.status {
        sql.push(" AND status = ").push_bind(status.as_str());
    }
    if let Some(kind) = query.call_type {
        sql.push(" AND call_type = ").push_bind(kind.as_str());
    }
    within(&mut sql, query.from, query.to);
    sql
}

fn within(sql: &mut QueryBuilder<Sqlite>, from: Option<Millis>, to: Option<Millis>) {
    if let Some(from) = from {
        sql.push(" AND created_at >= ").push_bind(from.0);
    }
    if let Some(to) = to {
        sql.push(" AND created_at <= ").push_bind(to.0);
    }
}

impl Store {
    pub(crate) async fn add_call(&self, call: &Call) -> Result<()> {
        sqlx::query(
            "INSERT INTO video_calls (id, call_id, seller, customer, order_id, product_id, conversation_id, \
             call_type, status, initiated_by, start_time, end_time, duration, call_quality, notes, \
             decline_reason, recording_url, scheduled_for, ring_until, metadata, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
             $20, $21, $22)",
        )
        .bind(&call.id)
        .bind(&call.call_id)
        .bind(&call.seller)
        .bind(&call.customer)
        .bind(&call.order_id)
        .bind(&call.product_id)
        .bind(&call.conversation_id)
        .bind(&call.call_type)
        .bind(&call.status)
        .bind(&call.initiated_by)
        .bind(call.start_time)
        .bind(call.end_time)
        .bind(call.duration)
        .bind(&call.call_quality)
        .bind(&call.notes)
        .bind(&call.decline_reason)
        .bind(&call.recording_url)
        .bind(call.scheduled_for)
        .bind(call.ring_until)
        .bind(&call.metadata)
        .bind(call.created_at)
        .bind(call.updated_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn call(&self, call_id: &str) -> Result<Option<FullCall>> {
        Ok(sqlx::query_as(full_call!("WHERE c.call_id = $1"))
            .bind(call_id)
            .fetch_optional(&self.read)
            .await?)
    }

    /// One page, chosen by the index alone, and how many calls there are.
    pub(crate) async fn history(&self, query: &HistoryQuery) -> Result<(Vec<FullCall>, u64)> {
        let mut page = filtered(full_call!("WHERE c.id IN (SELECT id"), query);
        page.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(query.limit);
        page.push(" OFFSET ").push_bind(query.offset).push(") ORDER BY c.created_at DESC, c.id DESC");
        let calls = page.build_query_as().fetch_all(&self.read).await?;
        let mut count = filtered("SELECT COUNT(*)", query);
        let total: i64 = count.build_query_scalar().fetch_one(&self.read).await?;
        Ok((calls, u64::try_from(total).unwrap_or(0)))
    }

    pub(crate) async fn tallies(
        &self,
        seller: &str,
        from: Option<Millis>,
        to: Option<Millis>,
    ) -> Result<Vec<Tally>> {
        let mut sql = QueryBuilder::new(
            "SELECT call_type, status, COUNT(*) AS calls, COUNT(start_time) AS answered, \
             COALESCE(SUM(duration), 0) AS duration FROM video_calls WHERE seller = ",
        );
        sql.push_bind(seller);
        within(&mut sql, from, to);
        sql.push(" GROUP BY call_type, status ORDER BY call_type, status");
        Ok(sql.build_query_as().fetch_all(&self.read).await?)
    }

    /// Ids of calls that are not over, those that were to be answered first at the front.
    pub(crate) async fn live(&self) -> Result<Vec<String>> {
        let sql = "SELECT call_id FROM video_calls WHERE status IN ('initiated', 'ringing', 'accepted') \
             ORDER BY ring_until";
        Ok(sqlx::query_scalar(sql).fetch_all(&self.read).await?)
    }

    pub(crate) async fn mark_ringing(&self, call_id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE video_calls SET status = 'ringing', updated_at = $2 \
             WHERE call_id = $1 AND status = 'initiated'",
        )
        .bind(call_id)
        .bind(now.0);
        changed(&self.write, update).await
    }

    pub(crate) async fn mark_accepted(&self, call_id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE video_calls SET status = 'accepted', start_time = $2, updated_at = $2 \
             WHERE call_id = $1 AND status IN ('initiated', 'ringing')",
        )
        .bind(call_id)
        .bind(now.0);
        changed(&self.write, update).await
    }

    pub(crate) async fn mark_declined(
        &self,
        call_id: &str,
        reason: Option<&str>,
        now: Millis,
    ) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE video_calls SET status = 'declined', decline_reason = $3, end_time = $2, updated_at = $2 \
             WHERE call_id = $1 AND status IN ('initiated', 'ringing')",
        )
        .bind(call_id)
        .bind(now.0)
        .bind(reason);
        changed(&self.write, update).await
    }

    pub(crate) async fn mark_missed(&self, call_id: &str, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE video_calls SET status = 'missed', end_time = $2, updated_at = $2 \
             WHERE call_id = $1 AND status IN ('initiated', 'ringing')",
        )
        .bind(call_id)
        .bind(now.0);
        changed(&self.write, update).await
    }

    /// Ends a live call; one that was not answered is marked as cancelled in its metadata.
    pub(crate) async fn mark_ended(&self, call_id: &str, by: UserType, now: Millis) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE video_calls SET status = 'ended', end_time = $2, updated_at = $2, \
             duration = CASE WHEN start_time IS NULL THEN 0 ELSE MAX(0, ($2 - start_time + 500) / 1000) END, \
             metadata = CASE WHEN start_time IS NULL THEN json_set(metadata, '$.endedBy', $3, '$.cancelled', \
             json('true')) ELSE json_set(metadata, '$.endedBy', $3) END \
             WHERE call_id = $1 AND status IN ('initiated', 'ringing', 'accepted')",
        )
        .bind(call_id)
        .bind(now.0)
        .bind(by.as_str());
        changed(&self.write, update).await
    }

    pub(crate) async fn remark(&self, call_id: &str, remarks: &Remarks, now: Millis) -> Result<()> {
        sqlx::query(
            "UPDATE video_calls SET call_quality = COALESCE($2, call_quality), notes = COALESCE($3, notes), \
             recording_url = COALESCE($4, recording_url), updated_at = $5 WHERE call_id = $1",
        )
        .bind(call_id)
        .bind(&remarks.call_quality)
        .bind(&remarks.notes)
        .bind(&remarks.recording_url)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Keeps the last quality report of a side in the record's metadata; `report` is JSON.
    pub(crate) async fn add_quality(&self, call_id: &str, role: UserType, report: &str) -> Result<()> {
        let sql = match role {
            UserType::Seller => {
                "UPDATE video_calls SET metadata = json_set(metadata, '$.sellerQuality', json($2)) \
                 WHERE call_id = $1"
            }
            UserType::Customer => {
                "UPDATE video_calls SET metadata = json_set(metadata, '$.customerQuality', json($2)) \
                 WHERE call_id = $1"
            }
        };
        sqlx::query(sql).bind(call_id).bind(report).execute(&self.write).await?;
        Ok(())
    }
}

/// Moves a call to another state; `false` if it was not in one that leads there.
async fn changed(pool: &SqlitePool, update: Query<'_, Sqlite, SqliteArguments>) -> Result<bool> {
    Ok(update.execute(pool).await?.rows_affected() == 1)
}
