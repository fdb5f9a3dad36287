//! SQL about figures of calls: what participants report of each other.

use super::{Result, Store};
use crate::hearth::figures::{Issue, Level, Report};

impl Store {
    /// Keeps the newest report of a participant, and adds what it says of those who take part, or did.
    pub(crate) async fn add_report(&self, session_id: &str, user: &str, report: &Report) -> Result<()> {
        let mut all = self.write.begin().await?;
        sqlx::query("UPDATE hearth_participants SET quality = $3 WHERE session = $1 AND user = $2")
            .bind(session_id)
            .bind(user)
            .bind(&report.text)
            .execute(&mut *all)
            .await?;
        for member in &report.members {
            sqlx::query(
                "INSERT INTO hearth_figures (session, user, about, excellent, good, fair, poor, rtt_ms, \
                 loss_permille) SELECT session, $2, user, $4, $5, $6, $7, $8, $9 FROM hearth_participants \
                 WHERE session = $1 AND user = $3 AND user <> $2 ON CONFLICT (session, user, about) DO UPDATE SET \
                 excellent = excellent + excluded.excellent, good = good + excluded.good, \
                 fair = fair + excluded.fair, poor = poor + excluded.poor, \
                 rtt_ms = rtt_ms + excluded.rtt_ms, loss_permille = loss_permille + excluded.loss_permille",
            )
            .bind(session_id)
            .bind(user)
            .bind(&member.user)
            .bind(member.level == Level::Excellent)
            .bind(member.level == Level::Good)
            .bind(member.level == Level::Fair)
            .bind(member.level == Level::Poor)
            .bind(member.rtt_ms)
            .bind(member.loss_permille)
            .execute(&mut *all)
            .await?;
        }
        all.commit().await?;
        Ok(())
    }

    /// `about`: another participant; one's own connection where that is not said.
    pub(crate) async fn add_issue(
        &self,
        session_id: &str,
        user: &str,
        about: Option<&str>,
        issue: Issue,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO hearth_figures (session, user, about, lost, failed, other) \
             SELECT session, $2, user, $4, $5, $6 FROM hearth_participants \
             WHERE session = $1 AND user = $3 ON CONFLICT (session, user, about) DO UPDATE SET \
             lost = lost + excluded.lost, failed = failed + excluded.failed, other = other + excluded.other",
        )
        .bind(session_id)
        .bind(user)
        .bind(about.unwrap_or(user))
        .bind(issue == Issue::Lost)
        .bind(issue == Issue::Failed)
        .bind(issue == Issue::Other)
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
