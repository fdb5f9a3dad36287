//! Records: input and output types of the log.

use bellwire_call::{Direction, MediaKind, Person, PersonId, RemoteCallId, Subject};
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// Whom a record belongs to: unlike the engine's number, the same after every start.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountRef {
    /// Dialect id, e.g. `storefront`.
    pub dialect: String,
    /// The server, without scheme and in lower case, so that one account is one.
    pub server: String,
    /// Who we are there.
    pub me: PersonId,
}

impl AccountRef {
    /// `server` may be as a user types it.
    #[must_use]
    pub fn new(dialect: &str, server: &str, me: &PersonId) -> Self {
        let server = server.trim().to_lowercase();
        let bare = server.split_once("://").map_or(server.as_str(), |(_, rest)| rest);
        Self { dialect: dialect.to_owned(), server: bare.trim_end_matches('/').to_owned(), me: me.clone() }
    }
}

/// An account and what a person calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    #[serde(flatten)]
    pub key: AccountRef,
    /// e.g. our own name there.
    pub label: String,
}

/// All that is known of one call of this phone at one moment; a later one replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCall {
    /// Of this phone's call, never reused, also not by later runs.
    pub uid: String,
    pub account: Account,
    pub remote: Option<RemoteCallId>,
    pub direction: Direction,
    pub kind: MediaKind,
    pub peer: Person,
    /// Everybody else who was in it or rung, also who has left since.
    pub members: Vec<Person>,
    pub subject: Option<Subject>,
    pub outcome: Outcome,
    /// Why it ended: `hung_up`, `remote_busy` …
    pub reason: Option<&'static str>,
    /// The reason's sentence, meant for people.
    pub message: Option<String>,
    /// Both dialled at once and the other call was kept: not a call of its own.
    pub merged: bool,
    /// Milliseconds since 1970, like the others.
    pub started_ms: i64,
    pub answered_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// When this was true.
    pub noted_ms: i64,
    /// How long media flowed.
    pub talked_ms: i64,
}

impl LocalCall {
    /// Not over yet.
    pub fn is_live(&self) -> bool {
        self.ended_ms.is_none()
    }
}

/// One line of a backend's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendCall {
    /// As the call's signals name it; that is how both are found to be one.
    pub remote: RemoteCallId,
    pub peer: Person,
    /// Everybody else who was in it, as far as the backend says.
    pub members: Vec<Person>,
    pub direction: Direction,
    /// `None`: the backend does not say.
    pub kind: Option<MediaKind>,
    /// `initiated`, `ringing`, `accepted`, `declined`, `ended`, `missed`, `failed`.
    pub status: String,
    /// RFC 3339; empty if the backend does not say.
    pub started_at: String,
    pub duration_s: u32,
    pub subject: Option<Subject>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Of the record; stable.
    pub id: i64,
    pub account: Account,
    pub remote: Option<RemoteCallId>,
    pub peer: Person,
    /// Everybody else who was in a call of several; empty: the peer alone.
    pub members: Vec<Person>,
    pub direction: Direction,
    pub kind: Option<MediaKind>,
    pub subject: Option<Subject>,
    pub outcome: Outcome,
    /// `hung_up`, `remote_busy`, `interrupted` …; `None`: only the backend knows of the end.
    pub reason: Option<String>,
    /// The reason's sentence, meant for people.
    pub message: Option<String>,
    /// Incoming and not answered.
    pub missed: bool,
    /// False only for a missed call the user has not seen.
    pub seen: bool,
    /// RFC 3339, UTC; empty if unknown. Likewise the others.
    pub started_at: String,
    pub answered_at: String,
    pub ended_at: String,
    pub duration_s: u32,
}

/// Which records are meant. The default means all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    pub account: Option<AccountRef>,
    pub dialect: Option<String>,
    /// The peer, or somebody else in it.
    pub person: Option<PersonId>,
    /// Only incoming calls without an answer.
    pub missed: bool,
    /// In the name of somebody in it, or what the call was about; upper and lower case are one.
    pub text: String,
    /// RFC 3339, this moment included; empty: no limit. What is no time is no limit.
    pub from: String,
    /// RFC 3339, this moment excluded; as `from`.
    pub until: String,
}

/// Some records of a list, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    pub records: Vec<Record>,
    /// Records on all pages.
    pub total: u32,
}

/// How many records there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub total: u32,
    pub missed: u32,
    /// Missed and not looked at: the badge.
    pub unseen: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_is_one_however_it_is_typed() {
        let me = PersonId("7".into());
        let plain = AccountRef::new("clinic", "example.org", &me);
        for typed in ["https://Example.org/", " example.org", "http://example.org"] {
            assert_eq!(AccountRef::new("clinic", typed, &me), plain);
        }
        assert_ne!(AccountRef::new("clinic", "example.org:8080", &me), plain);
    }
}
