//! People, therapy sessions and past calls to try hearth with.

use super::store::{Account, SessionRow, Store, TherapyRow};
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::demo::DemoError;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) const ANA: &str = "ana@demo.example";
pub(super) const BEN: &str = "ben@demo.example";
pub(super) const CLEO: &str = "cleo@demo.example";
pub(super) const THERAPIST: &str = "therapist@demo.example";

/// First name, last name, e-mail and role.
const PEOPLE: [(&str, &str, &str, &str); 8] = [
    ("Ana", "Lima", ANA, "user"),
    ("Ben", "Okoro", BEN, "user"),
    ("Cléo", "Van der Straeten-Montmorency de la Haute-Fontaine et du Petit-Bois", CLEO, "user"),
    ("Dora", "Weiss", THERAPIST, "therapist"),
    ("ندى", "الخطيب", "nada@demo.example", "user"),
    ("陽子", "渡辺", "yoko@demo.example", "user"),
    ("Émile", "Dubois", "therapist2@demo.example", "therapist"),
    ("Farid", "Aziz", "farid@demo.example", "user"),
];

fn person(number: usize) -> String {
    format!("4ea27400000000000000{number:04x}")
}

/// Fills empty tables; those that have accounts are left as they are.
pub(super) async fn fill(store: &Store, context: &ServerContext, now: Millis) -> Result<(), DemoError> {
    if store.has_accounts().await? {
        return Ok(());
    }
    let password_hash = context.demo_hash().await?;
    for (number, (first, last, email, role)) in PEOPLE.iter().enumerate() {
        let account = Account {
            id: person(number + 1),
            first_name: (*first).to_owned(),
            last_name: (*last).to_owned(),
            email: (*email).to_owned(),
            password_hash: password_hash.clone(),
            profile_picture: None,
            role: (*role).to_owned(),
            created_at: now.0 - 300 * DAY,
        };
        store.add_account(&account).await?;
    }
    for (number, session) in therapies(now).into_iter().enumerate() {
        let Therapy { title, kind, status, at, people } = session;
        let row = TherapyRow {
            id: format!("4ea274be000000000000{:04x}", number + 1),
            title: title.to_owned(),
            description: None,
            kind: kind.to_owned(),
            status: status.to_owned(),
            therapist: Some(person(4)),
            scheduled_for: Some(at),
            duration: 50,
            started_at: (status != "scheduled").then_some(at),
            ended_at: (status == "completed").then_some(at + 50 * MINUTE),
            created_at: now.0 - 20 * DAY,
            updated_at: now.0 - DAY,
        };
        let people: Vec<_> = people.iter().map(|(number, role)| (person(*number), *role)).collect();
        store.add_therapy(&row, &people).await?;
    }
    for (number, call) in PAST.iter().enumerate() {
        let row = past(number, call, now);
        store.add_session(&row, &[person(call.to)], None).await?;
        let state = if call.reason.is_none() { "joined" } else { call.reason.unwrap_or("missed") };
        store.answer_invitation(&row.session_id, &person(call.to), state).await?;
    }
    Ok(())
}

struct Therapy {
    title: &'static str,
    kind: &'static str,
    status: &'static str,
    at: i64,
    people: &'static [(usize, &'static str)],
}

fn therapies(now: Millis) -> Vec<Therapy> {
    let therapy = |title, kind, status, at, people| Therapy { title, kind, status, at, people };
    vec![
        therapy(
            "Weekly conversation",
            "individual",
            "in-progress",
            now.0 - 5 * MINUTE,
            &[(1, "participant")],
        ),
        therapy("Weekly conversation", "individual", "scheduled", now.0 + 2 * HOUR, &[(2, "participant")]),
        therapy("Sleeping better", "individual", "scheduled", now.0 + DAY, &[(1, "participant")]),
        therapy(
            "Evening circle",
            "group",
            "scheduled",
            now.0 + 2 * DAY,
            &[(1, "participant"), (2, "participant"), (3, "participant"), (5, "observer")],
        ),
        therapy("First conversation", "individual", "completed", now.0 - 7 * DAY, &[(3, "participant")]),
    ]
}

struct Past {
    from: usize,
    to: usize,
    days_ago: i64,
    seconds: i64,
    pictures: bool,
    /// Why there was no conversation.
    reason: Option<&'static str>,
}

const PAST: [Past; 8] = [
    Past { from: 1, to: 2, days_ago: 1, seconds: 1_284, pictures: true, reason: None },
    Past { from: 2, to: 1, days_ago: 2, seconds: 0, pictures: true, reason: Some("missed") },
    Past { from: 3, to: 1, days_ago: 3, seconds: 412, pictures: false, reason: None },
    Past { from: 1, to: 5, days_ago: 5, seconds: 0, pictures: true, reason: Some("declined") },
    Past { from: 5, to: 1, days_ago: 6, seconds: 3_604, pictures: true, reason: None },
    Past { from: 2, to: 3, days_ago: 9, seconds: 55, pictures: false, reason: None },
    Past { from: 6, to: 2, days_ago: 12, seconds: 0, pictures: true, reason: Some("missed") },
    Past { from: 6, to: 1, days_ago: 15, seconds: 700, pictures: true, reason: None },
];

fn past(number: usize, call: &Past, now: Millis) -> SessionRow {
    let begun = now.0 - call.days_ago * DAY - i64::try_from(number).unwrap_or(0) * 41 * MINUTE;
    let answered = begun + 7_000;
    SessionRow {
        id: format!("4ea274ca000000000000{:04x}", number + 1),
        session_id: format!("call_{begun}_demo{:05}", number + 1),
        kind: "one-to-one".to_owned(),
        initiator: person(call.from),
        most: 2,
        status: "ended".to_owned(),
        open: false,
        start_time: call.reason.is_none().then_some(answered),
        end_time: Some(answered + call.seconds * 1000),
        duration: call.seconds,
        end_reason: call.reason.map(str::to_owned),
        settings: format!(r#"{{"isVideoEnabled":{}}}"#, call.pictures),
        metadata: "{}".to_owned(),
        therapy: None,
        ring_until: begun + 60_000,
        created_at: begun,
        updated_at: answered + call.seconds * 1000,
    }
}
