//! Retention: ended calls and messages are deleted when they are old. What that is in its tables, each
//! backend says.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::clock::Millis;
use crate::registry::backends;
use crate::store::{Pools, StoreError};

/// How often it is looked for what is old.
pub(crate) const RETENTION_INTERVAL: Duration = Duration::from_secs(3600);
/// Records deleted at a time: others write in between.
const BATCH: i64 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes what is older than that, in small batches, until nothing is left or the server ends.
pub(crate) async fn forget(
    pools: &Pools,
    before: Millis,
    over: &CancellationToken,
) -> Result<u64, StoreError> {
    let mut all = 0;
    for info in backends() {
        for statement in info.directory.forget {
            loop {
                let done = sqlx::query(*statement).bind(before.0).bind(BATCH).execute(&pools.write).await?;
                all += done.rows_affected();
                if done.rows_affected() < BATCH.unsigned_abs() {
                    break;
                }
                tokio::select! {
                    () = over.cancelled() => return Ok(all),
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }
    if all > 0 {
        info!(records = all, "Old calls and messages were deleted");
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{App, Config, Database};

    /// Calls and messages before and after a moment, by table.
    const COUNTS: [(&str, &str); 6] = [
        ("video_calls", "created_at"),
        ("call_logs", "started_at"),
        ("chat_messages", "created_at"),
        ("marketplace_messages", "created_at"),
        ("hearth_sessions", "created_at"),
        ("clinic_appointments", "ends_at"),
    ];

    async fn count(pools: &Pools, table: &str, column: &str, before: Millis) -> (i64, i64) {
        let sql = format!("SELECT TOTAL({column} < $1), TOTAL({column} >= $1) FROM {table}");
        let (old, young): (f64, f64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(before.0)
            .fetch_one(&pools.write)
            .await
            .expect("counts");
        #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
        let whole = (old as i64, young as i64);
        whole
    }

    #[tokio::test]
    async fn what_is_old_goes_and_what_is_young_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::File(folder.path().join("calls.db"));
        let config = Config { database: database.clone(), ..Config::demo() };
        App::start(config).await.expect("a server").stop().await;
        let pools = Pools::open(&database).await.expect("a database");
        let before = Millis::now().minus(Duration::from_secs(4 * 24 * 3600));
        // Still going on, however old it is.
        sqlx::query("UPDATE video_calls SET status = 'accepted', created_at = 1 WHERE call_id = $1")
            .bind("00000000-0000-4000-8000-000000000001")
            .execute(&pools.write)
            .await
            .expect("an update");
        // Rooms keep their appointments; the server forgets them by itself after a while.
        sqlx::query("DELETE FROM clinic_rooms").execute(&pools.write).await.expect("deleted");
        let mut expected = Vec::new();
        for (table, column) in COUNTS {
            let (old, young) = count(&pools, table, column, before).await;
            assert!(old > 0 && young > 0, "{table} has both: {old}, {young}");
            let going_on = i64::from(table == "video_calls");
            expected.push((table, (going_on, young)));
        }

        let over = CancellationToken::new();
        assert!(forget(&pools, before, &over).await.expect("deleted") > 0);

        for ((table, column), expected) in COUNTS.into_iter().zip(expected) {
            assert_eq!((table, count(&pools, table, column, before).await), expected);
        }
        assert_eq!(forget(&pools, before, &over).await.expect("nothing"), 0);
        let broken: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
            .fetch_all(&pools.write)
            .await
            .expect("a check");
        assert_eq!(broken, []);
    }

    #[tokio::test]
    async fn what_is_old_is_found_through_an_index() {
        let pools = Pools::open(&Database::Memory).await.expect("a database");
        for statement in backends().iter().flat_map(|info| info.directory.forget) {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explained).fetch_all(&pools.read).await.expect("a plan");
            assert!(!plan.is_empty());
            for (_, _, _, step) in plan {
                assert!(!step.starts_with("SCAN"), "{step}: {statement}");
            }
        }
    }
}
