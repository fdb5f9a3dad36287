//! SQL about call sessions. Every change of a status, and every seat, is one compare-and-set statement.

use sqlx::{QueryBuilder, Sqlite};

use super::{
    Account, FullSession, InviteeRow, Page, Result, SeatRow, Seating, Sends, SessionRow, Store, millis,
};
use crate::clock::Millis;

/// `select` and whose sessions, in which status.
fn of_user(select: &'static str, user: &str, status: Option<&str>) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(select);
    sql.push(
        " FROM hearth_sessions WHERE session_id IN \
         (SELECT session_id FROM hearth_sessions WHERE initiator = ",
    );
    sql.push_bind(user.to_owned());
    sql.push(" UNION ALL SELECT session FROM hearth_invitees WHERE user = ").push_bind(user.to_owned());
    sql.push(" UNION ALL SELECT session FROM hearth_participants WHERE user = ").push_bind(user.to_owned());
    sql.push(")");
    if let Some(status) = status {
        sql.push(" AND status = ").push_bind(status.to_owned());
    }
    sql
}

const INVITEES: &str = "SELECT i.state, u.* FROM hearth_invitees i \
     JOIN hearth_users u ON u.id = i.user WHERE i.session = $1 ORDER BY i.rowid";
const SEATS: &str = "SELECT p.peer_id, p.joined_at, p.left_at, p.is_active, p.has_video, \
     p.has_audio, p.is_sharing, u.* FROM hearth_participants p JOIN hearth_users u ON u.id = p.user \
     WHERE p.session = $1 ORDER BY p.joined_at, p.rowid";

impl Store {
    /// A new session with those who are asked to come; the initiator, if given, has a seat from the start.
    pub(crate) async fn add_session(
        &self,
        session: &SessionRow,
        invitees: &[String],
        seat: Option<Sends>,
    ) -> Result<()> {
        let mut all = self.write.begin().await?;
        sqlx::query(
            "INSERT INTO hearth_sessions (id, session_id, kind, initiator, most, status, open, start_time, \
             end_time, duration, end_reason, settings, metadata, therapy, ring_until, created_at, \
             updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        )
        .bind(&session.id)
        .bind(&session.session_id)
        .bind(&session.kind)
        .bind(&session.initiator)
        .bind(session.most)
        .bind(&session.status)
        .bind(session.open)
        .bind(session.start_time)
        .bind(session.end_time)
        .bind(session.duration)
        .bind(&session.end_reason)
        .bind(&session.settings)
        .bind(&session.metadata)
        .bind(&session.therapy)
        .bind(session.ring_until)
        .bind(session.created_at)
        .bind(session.updated_at)
        .execute(&mut *all)
        .await?;
        for user in invitees {
            sqlx::query("INSERT INTO hearth_invitees (session, user, state) VALUES ($1, $2, 'pending')")
                .bind(&session.session_id)
                .bind(user)
                .execute(&mut *all)
                .await?;
        }
        if let Some(sends) = seat {
            sqlx::query(
                "INSERT INTO hearth_participants (session, user, joined_at, is_active, has_video, has_audio, \
                 is_sharing) VALUES ($1, $2, $3, 1, $4, $5, 0)",
            )
            .bind(&session.session_id)
            .bind(&session.initiator)
            .bind(session.created_at)
            .bind(sends.video.unwrap_or(true))
            .bind(sends.audio.unwrap_or(true))
            .execute(&mut *all)
            .await?;
        }
        all.commit().await?;
        Ok(())
    }

    pub(crate) async fn session(&self, session_id: &str) -> Result<Option<FullSession>> {
        let found: Option<SessionRow> = sqlx::query_as("SELECT * FROM hearth_sessions WHERE session_id = $1")
            .bind(session_id)
            .fetch_optional(&self.read)
            .await?;
        match found {
            Some(session) => self.full(session).await,
            None => Ok(None),
        }
    }

    async fn full(&self, session: SessionRow) -> Result<Option<FullSession>> {
        let id = session.session_id.clone();
        // Also one that is disabled since.
        let initiator: Option<Account> = sqlx::query_as("SELECT * FROM hearth_users WHERE id = $1")
            .bind(&session.initiator)
            .fetch_optional(&self.read)
            .await?;
        let invitees: Vec<InviteeRow> = sqlx::query_as(INVITEES).bind(&id).fetch_all(&self.read).await?;
        let seats: Vec<SeatRow> = sqlx::query_as(SEATS).bind(&id).fetch_all(&self.read).await?;
        Ok(initiator.map(|initiator| FullSession { session, initiator, invitees, seats }))
    }

    /// A user's sessions, newest first, and how many there are.
    pub(crate) async fn history(&self, user: &str, page: Page<'_>) -> Result<(Vec<FullSession>, i64)> {
        // Ids first: what is sorted is small.
        let mut listed = of_user("SELECT * FROM hearth_sessions WHERE id IN (SELECT id", user, page.status);
        listed.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(page.limit);
        listed.push(" OFFSET ").push_bind(page.offset).push(") ORDER BY created_at DESC, id DESC");
        let rows: Vec<SessionRow> = listed.build_query_as().fetch_all(&self.read).await?;
        let mut count = of_user("SELECT COUNT(*)", user, page.status);
        let total: i64 = count.build_query_scalar().fetch_one(&self.read).await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            sessions.extend(self.full(row).await?);
        }
        Ok((sessions, total))
    }

    /// Every session that is not over.
    pub(crate) async fn open_sessions(&self) -> Result<Vec<FullSession>> {
        let rows: Vec<SessionRow> =
            sqlx::query_as("SELECT * FROM hearth_sessions WHERE status <> 'ended' ORDER BY created_at")
                .fetch_all(&self.read)
                .await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            sessions.extend(self.full(row).await?);
        }
        Ok(sessions)
    }

    /// One statement, so that of many who ask for the last seat one gets it.
    pub(crate) async fn take_seat(
        &self,
        session_id: &str,
        user: &str,
        sends: Sends,
        now: Millis,
    ) -> Result<Seating> {
        let done = sqlx::query(
            "INSERT INTO hearth_participants (session, user, joined_at, is_active, has_video, has_audio, \
             is_sharing) SELECT s.session_id, $2, $3, 1, $4, $5, 0 FROM hearth_sessions s \
             WHERE s.session_id = $1 AND s.status <> 'ended' AND (SELECT COUNT(*) FROM hearth_participants p \
             WHERE p.session = $1 AND p.is_active = 1 AND p.user <> $2) < s.most \
             ON CONFLICT (session, user) DO UPDATE SET is_active = 1, left_at = NULL, \
             has_video = CASE is_active WHEN 1 THEN has_video ELSE excluded.has_video END, \
             has_audio = CASE is_active WHEN 1 THEN has_audio ELSE excluded.has_audio END, \
             is_sharing = CASE is_active WHEN 1 THEN is_sharing ELSE 0 END",
        )
        .bind(session_id)
        .bind(user)
        .bind(millis(now))
        .bind(sends.video.unwrap_or(true))
        .bind(sends.audio.unwrap_or(true))
        .execute(&self.write)
        .await?;
        if done.rows_affected() == 1 {
            return Ok(Seating::Taken);
        }
        let status: Option<String> =
            sqlx::query_scalar("SELECT status FROM hearth_sessions WHERE session_id = $1")
                .bind(session_id)
                .fetch_optional(&self.read)
                .await?;
        Ok(if status.is_some_and(|status| status != "ended") { Seating::Full } else { Seating::Over })
    }

    pub(crate) async fn name_seat(&self, session_id: &str, user: &str, peer_id: &str) -> Result<()> {
        sqlx::query("UPDATE hearth_participants SET peer_id = $3 WHERE session = $1 AND user = $2")
            .bind(session_id)
            .bind(user)
            .bind(peer_id)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Frees a seat; how many are still taken.
    pub(crate) async fn leave_seat(&self, session_id: &str, user: &str, now: Millis) -> Result<i64> {
        sqlx::query(
            "UPDATE hearth_participants SET is_active = 0, left_at = $3 \
             WHERE session = $1 AND user = $2 AND is_active = 1",
        )
        .bind(session_id)
        .bind(user)
        .bind(millis(now))
        .execute(&self.write)
        .await?;
        Ok(sqlx::query_scalar(
            "SELECT COUNT(*) FROM hearth_participants WHERE session = $1 AND is_active = 1",
        )
        .bind(session_id)
        .fetch_one(&self.write)
        .await?)
    }

    /// False if no user of that name has a seat.
    pub(crate) async fn set_media(&self, session_id: &str, user: &str, sends: Sends) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE hearth_participants SET has_video = COALESCE($3, has_video), \
             has_audio = COALESCE($4, has_audio), is_sharing = COALESCE($5, is_sharing), \
             has_shared = has_shared OR COALESCE($5, 0) WHERE session = $1 AND user = $2 AND is_active = 1",
        )
        .bind(session_id)
        .bind(user)
        .bind(sends.video)
        .bind(sends.audio)
        .bind(sends.sharing)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// waiting → active; false if it was not waiting.
    pub(crate) async fn mark_active(&self, session_id: &str, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE hearth_sessions SET status = 'active', start_time = $2, updated_at = $2 \
             WHERE session_id = $1 AND status = 'waiting'",
        )
        .bind(session_id)
        .bind(millis(now))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// → ended; false if it was over, or not in the status that it has to be ended from.
    pub(crate) async fn mark_ended(
        &self,
        session_id: &str,
        from: Option<&str>,
        reason: Option<&str>,
        now: Millis,
    ) -> Result<bool> {
        let mut all = self.write.begin().await?;
        let done = sqlx::query(
            "UPDATE hearth_sessions SET status = 'ended', end_time = $2, updated_at = $2, end_reason = $3, \
             duration = CASE WHEN start_time IS NULL THEN 0 ELSE ($2 - start_time) / 1000 END \
             WHERE session_id = $1 AND status <> 'ended' AND (status = $4 OR $4 IS NULL)",
        )
        .bind(session_id)
        .bind(millis(now))
        .bind(reason)
        .bind(from)
        .execute(&mut *all)
        .await?;
        if done.rows_affected() == 1 {
            sqlx::query(
                "UPDATE hearth_participants SET is_active = 0, left_at = $2 \
                 WHERE session = $1 AND is_active = 1",
            )
            .bind(session_id)
            .bind(millis(now))
            .execute(&mut *all)
            .await?;
            sqlx::query(
                "UPDATE hearth_invitees SET state = 'missed' WHERE session = $1 AND state = 'pending'",
            )
            .bind(session_id)
            .execute(&mut *all)
            .await?;
        }
        all.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// → ended, if nobody has a seat; false if somebody has, or it was over.
    pub(crate) async fn mark_abandoned(&self, session_id: &str, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE hearth_sessions SET status = 'ended', end_time = $2, updated_at = $2, \
             duration = CASE WHEN start_time IS NULL THEN 0 ELSE ($2 - start_time) / 1000 END \
             WHERE session_id = $1 AND status <> 'ended' AND NOT EXISTS \
             (SELECT 1 FROM hearth_participants p WHERE p.session = $1 AND p.is_active = 1)",
        )
        .bind(session_id)
        .bind(millis(now))
        .execute(&self.write)
        .await?;
        if done.rows_affected() == 1 {
            self.miss_invitations(session_id).await?;
        }
        Ok(done.rows_affected() == 1)
    }

    /// More people to be asked to come, who ring until then, as long as there is a seat for each of them, of
    /// those who are in it, and of those who ring already. `grow`: how many seats one of two gets by it.
    pub(crate) async fn invite(
        &self,
        session_id: &str,
        users: &[String],
        until: Millis,
        grow: Option<u32>,
    ) -> Result<Seating> {
        let mut all = self.write.begin().await?;
        if let Some(seats) = grow {
            sqlx::query(
                "UPDATE hearth_sessions SET kind = 'group', most = $2, updated_at = $3 \
                 WHERE session_id = $1 AND kind = 'one-to-one' AND status = 'active'",
            )
            .bind(session_id)
            .bind(seats)
            .bind(millis(Millis::now()))
            .execute(&mut *all)
            .await?;
        }
        let more = i64::try_from(users.len()).unwrap_or(i64::MAX);
        let done = sqlx::query(
            "UPDATE hearth_sessions SET ring_until = MAX(ring_until, $2) \
             WHERE session_id = $1 AND status <> 'ended' AND $3 <= most \
             - (SELECT COUNT(*) FROM hearth_participants p WHERE p.session = $1 AND p.is_active = 1) \
             - (SELECT COUNT(*) FROM hearth_invitees i WHERE i.session = $1 AND i.state = 'pending')",
        )
        .bind(session_id)
        .bind(millis(until))
        .bind(more)
        .execute(&mut *all)
        .await?;
        if done.rows_affected() == 0 {
            let status: Option<String> =
                sqlx::query_scalar("SELECT status FROM hearth_sessions WHERE session_id = $1")
                    .bind(session_id)
                    .fetch_optional(&mut *all)
                    .await?;
            return Ok(if status.is_some_and(|status| status != "ended") {
                Seating::Full
            } else {
                Seating::Over
            });
        }
        for user in users {
            sqlx::query(
                "INSERT INTO hearth_invitees (session, user, state) VALUES ($1, $2, 'pending') \
                 ON CONFLICT (session, user) DO UPDATE SET state = 'pending'",
            )
            .bind(session_id)
            .bind(user)
            .execute(&mut *all)
            .await?;
        }
        all.commit().await?;
        Ok(Seating::Taken)
    }

    /// Moves a pending invitation on; false if it was not pending.
    pub(crate) async fn answer_invitation(&self, session_id: &str, user: &str, state: &str) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE hearth_invitees SET state = $3 WHERE session = $1 AND user = $2 AND state = 'pending'",
        )
        .bind(session_id)
        .bind(user)
        .bind(state)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn miss_invitations(&self, session_id: &str) -> Result<()> {
        sqlx::query("UPDATE hearth_invitees SET state = 'missed' WHERE session = $1 AND state = 'pending'")
            .bind(session_id)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
