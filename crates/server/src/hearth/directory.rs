//! What an administrator keeps of hearth: its people and their therapy sessions.

use sqlx::SqliteConnection;

use super::usage::QUERIES;
use crate::admin::{Change, Row, RowError, Value, both, put};
use crate::clock::Millis;
use crate::directory::{AccountId, AccountKind, Directory, NameColumns, RecordKind};
use crate::store::new_id;
use bellwire_dialects::hearth::wire::{MAX_MINUTES, MAX_PEOPLE, MAX_TEXT_CHARS, MAX_TITLE_CHARS};

const USER: AccountKind = AccountKind {
    role: "user",
    table: "hearth_users",
    id: AccountId::Hex,
    column_role: Some("user"),
    name: NameColumns::Two,
    texts: &[("avatar", "profile_picture")],
    flags: &[],
    passwordless: None,
    erase: &[
        "UPDATE hearth_therapy_chat SET message = '(removed)' WHERE user = $1",
        "DELETE FROM hearth_assessments WHERE user = $1",
        "UPDATE hearth_sessions SET metadata = '{}' WHERE initiator = $1",
        "UPDATE hearth_participants SET peer_id = NULL, quality = NULL WHERE user = $1",
        "DELETE FROM hearth_figures WHERE user = $1",
        "DELETE FROM hearth_figures WHERE about = $1",
    ],
    readdress: &["UPDATE hearth_users SET email = $2 WHERE id = $1"],
};

const THERAPIST: AccountKind = AccountKind { role: "therapist", column_role: Some("therapist"), ..USER };

static USERS: AccountKind = USER;
static THERAPISTS: AccountKind = THERAPIST;

pub(super) static DIRECTORY: Directory = Directory {
    accounts: &[USER, THERAPIST],
    records: &[RecordKind { name: "therapy", put: |all, row, now| Box::pin(therapy(all, row, now)) }],
    forget: &[
        "DELETE FROM hearth_therapy_chat WHERE id IN \
         (SELECT id FROM hearth_therapy_chat WHERE at < $1 LIMIT $2)",
        "DELETE FROM hearth_figures WHERE rowid IN (SELECT f.rowid FROM hearth_figures f \
         JOIN hearth_sessions s ON s.session_id = f.session \
         WHERE s.status = 'ended' AND s.created_at < $1 LIMIT $2)",
        "DELETE FROM hearth_invitees WHERE rowid IN (SELECT i.rowid FROM hearth_invitees i \
         JOIN hearth_sessions s ON s.session_id = i.session \
         WHERE s.status = 'ended' AND s.created_at < $1 LIMIT $2)",
        "DELETE FROM hearth_participants WHERE rowid IN (SELECT p.rowid FROM hearth_participants p \
         JOIN hearth_sessions s ON s.session_id = p.session \
         WHERE s.status = 'ended' AND s.created_at < $1 LIMIT $2)",
        "DELETE FROM hearth_sessions WHERE id IN (SELECT id FROM hearth_sessions \
         WHERE status = 'ended' AND created_at < $1 LIMIT $2)",
    ],
    usage: Some(&QUERIES),
};

async fn therapy(all: &mut SqliteConnection, row: &mut Row, now: Millis) -> Result<Change, RowError> {
    let external = row.text("id", 64)?;
    let therapist = row.account(all, "therapist", &THERAPISTS).await?;
    let title = row.text("title", MAX_TITLE_CHARS)?;
    let kind = row.choice("kind", &["individual", "group"])?.unwrap_or("individual");
    let status = row.choice("status", &["scheduled", "in-progress", "completed", "cancelled"])?;
    let minutes = row.number("minutes", 1..=i64::from(MAX_MINUTES))?.unwrap_or(50);
    let mut fields: Vec<(&'static str, Value)> = vec![
        ("title", title.into()),
        ("description", row.optional("description", MAX_TEXT_CHARS)?.into()),
        ("kind", kind.into()),
        ("therapist", therapist.into()),
        ("scheduled_for", row.time("scheduled_for")?.into()),
        ("duration", minutes.into()),
    ];
    let mut fresh =
        vec![("id", new_id(now).into()), ("created_at", now.0.into()), ("updated_at", now.0.into())];
    // Without a word about it, it is as far as it has come.
    match status {
        Some(status) => fields.push(("status", status.into())),
        None => fresh.push(("status", "scheduled".into())),
    }
    let key = [("external_id", external.as_str().into())];
    let mut change = put(all, "hearth_therapy", &key, &fields, &fresh).await?;
    let id: String = sqlx::query_scalar("SELECT id FROM hearth_therapy WHERE external_id = $1")
        .bind(&external)
        .fetch_one(&mut *all)
        .await?;
    let people = row.list("participants", MAX_PEOPLE)?;
    if people.is_empty() {
        return Err("participants is missing".to_owned().into());
    }
    let mut wanted = Vec::with_capacity(people.len());
    for email in people {
        let email = crate::admin::address(&email)?;
        let user = crate::admin::account_id(all, &USERS, &email).await?;
        let key = [("therapy", id.as_str().into()), ("user", user.as_str().into())];
        let part = put(all, "hearth_therapy_people", &key, &[], &[("role", "participant".into())]).await?;
        change = both(change, part);
        wanted.push(user);
    }
    let there: Vec<String> = sqlx::query_scalar("SELECT user FROM hearth_therapy_people WHERE therapy = $1")
        .bind(&id)
        .fetch_all(&mut *all)
        .await?;
    for user in there.iter().filter(|user| !wanted.contains(user)) {
        sqlx::query("DELETE FROM hearth_therapy_people WHERE therapy = $1 AND user = $2")
            .bind(&id)
            .bind(user)
            .execute(&mut *all)
            .await?;
        change = both(change, Change::Changed);
    }
    Ok(change)
}
