//! SQL about therapy sessions.

use super::{Assessment, FullTherapy, Result, Store, TherapyPersonRow, TherapyRow, millis};
use crate::clock::Millis;

const PEOPLE: &str = "SELECT p.role AS part, p.joined_at, u.* FROM hearth_therapy_people p \
     JOIN hearth_users u ON u.id = p.user WHERE p.therapy = $1 ORDER BY p.rowid";

impl Store {
    pub(crate) async fn add_therapy(
        &self,
        session: &TherapyRow,
        people: &[(String, &'static str)],
    ) -> Result<()> {
        let mut all = self.write.begin().await?;
        sqlx::query(
            "INSERT INTO hearth_therapy (id, title, description, kind, status, therapist, scheduled_for, \
             duration, started_at, ended_at, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&session.id)
        .bind(&session.title)
        .bind(&session.description)
        .bind(&session.kind)
        .bind(&session.status)
        .bind(&session.therapist)
        .bind(session.scheduled_for)
        .bind(session.duration)
        .bind(session.started_at)
        .bind(session.ended_at)
        .bind(session.created_at)
        .bind(session.updated_at)
        .execute(&mut *all)
        .await?;
        for (user, role) in people {
            sqlx::query(
                "INSERT OR IGNORE INTO hearth_therapy_people (therapy, user, role) VALUES ($1, $2, $3)",
            )
            .bind(&session.id)
            .bind(user)
            .bind(role)
            .execute(&mut *all)
            .await?;
        }
        all.commit().await?;
        Ok(())
    }

    pub(crate) async fn therapy(&self, id: &str) -> Result<Option<FullTherapy>> {
        let found: Option<TherapyRow> = sqlx::query_as("SELECT * FROM hearth_therapy WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.read)
            .await?;
        match found {
            Some(session) => self.full_therapy(session).await.map(Some),
            None => Ok(None),
        }
    }

    /// The therapy sessions of a user, latest first.
    pub(crate) async fn therapies(&self, user: &str) -> Result<Vec<FullTherapy>> {
        let rows: Vec<TherapyRow> = sqlx::query_as(
            "SELECT * FROM hearth_therapy WHERE id IN (SELECT id FROM hearth_therapy WHERE therapist = $1 \
             UNION ALL SELECT therapy FROM hearth_therapy_people WHERE user = $1) \
             ORDER BY COALESCE(scheduled_for, created_at) DESC, id DESC LIMIT 200",
        )
        .bind(user)
        .fetch_all(&self.read)
        .await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            sessions.push(self.full_therapy(row).await?);
        }
        Ok(sessions)
    }

    async fn full_therapy(&self, session: TherapyRow) -> Result<FullTherapy> {
        let therapist = match &session.therapist {
            Some(id) => self.account(id).await?,
            None => None,
        };
        let people: Vec<TherapyPersonRow> =
            sqlx::query_as(PEOPLE).bind(&session.id).fetch_all(&self.read).await?;
        let call = sqlx::query_scalar(
            "SELECT session_id FROM hearth_sessions WHERE therapy = $1 AND status <> 'ended' \
             ORDER BY created_at DESC LIMIT 1",
        )
        .bind(&session.id)
        .fetch_optional(&self.read)
        .await?;
        Ok(FullTherapy { session, therapist, people, call })
    }

    /// Writes what can be changed, and with people (but for the therapist) replaces them.
    pub(crate) async fn change_therapy(
        &self,
        session: &TherapyRow,
        people: Option<&[(String, &'static str)]>,
    ) -> Result<()> {
        let mut all = self.write.begin().await?;
        sqlx::query(
            "UPDATE hearth_therapy SET title = $2, description = $3, kind = $4, status = $5, \
             scheduled_for = $6, duration = $7, updated_at = $8 WHERE id = $1",
        )
        .bind(&session.id)
        .bind(&session.title)
        .bind(&session.description)
        .bind(&session.kind)
        .bind(&session.status)
        .bind(session.scheduled_for)
        .bind(session.duration)
        .bind(session.updated_at)
        .execute(&mut *all)
        .await?;
        if let Some(people) = people {
            sqlx::query("DELETE FROM hearth_therapy_people WHERE therapy = $1")
                .bind(&session.id)
                .execute(&mut *all)
                .await?;
            for (user, role) in people {
                sqlx::query(
                    "INSERT OR IGNORE INTO hearth_therapy_people (therapy, user, role) VALUES ($1, $2, $3)",
                )
                .bind(&session.id)
                .bind(user)
                .bind(role)
                .execute(&mut *all)
                .await?;
            }
        }
        all.commit().await?;
        Ok(())
    }

    /// scheduled → in-progress; false if it was not scheduled.
    pub(crate) async fn start_therapy(&self, id: &str, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE hearth_therapy SET status = 'in-progress', started_at = $2, updated_at = $2 \
             WHERE id = $1 AND status = 'scheduled'",
        )
        .bind(id)
        .bind(millis(now))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// → completed; false if it was over.
    pub(crate) async fn end_therapy(&self, id: &str, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE hearth_therapy SET status = 'completed', ended_at = $2, updated_at = $2 \
             WHERE id = $1 AND status IN ('scheduled', 'in-progress')",
        )
        .bind(id)
        .bind(millis(now))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn join_therapy(&self, id: &str, user: &str, now: Millis) -> Result<()> {
        sqlx::query("UPDATE hearth_therapy_people SET joined_at = $3 WHERE therapy = $1 AND user = $2")
            .bind(id)
            .bind(user)
            .bind(millis(now))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    pub(crate) async fn add_chat(&self, id: &str, user: &str, message: &str, now: Millis) -> Result<()> {
        sqlx::query("INSERT INTO hearth_therapy_chat (therapy, user, message, at) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(user)
            .bind(message)
            .bind(millis(now))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The newest of a kind replaces the one before.
    pub(crate) async fn add_assessment(
        &self,
        id: &str,
        user: &str,
        assessment: &Assessment<'_>,
        now: Millis,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO hearth_assessments (therapy, user, kind, responses, score, at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (therapy, user, kind) DO UPDATE SET \
             responses = excluded.responses, score = excluded.score, at = excluded.at",
        )
        .bind(id)
        .bind(user)
        .bind(assessment.kind)
        .bind(assessment.responses)
        .bind(assessment.score)
        .bind(millis(now))
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
