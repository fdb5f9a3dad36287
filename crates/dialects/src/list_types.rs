//! Contacts, messages, past calls and relay servers in terms of no backend.

use std::collections::BTreeMap;

use bellwire_call::{MediaKind, Person, Subject};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::RestCall;

/// One line of an account's list: a person to call, alone or in a room, conversation, session or
/// appointment of the backend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contact {
    /// Unique in the list and the same after every reload (person, room, session or appointment id).
    pub id: String,
    pub person: Person,
    /// Second line, e.g. the e-mail address or the appointment's name.
    pub detail: String,
    pub online: bool,
    /// What a call can be about, newest first; chosen by the user.
    pub subjects: Vec<ContactSubject>,
    pub total_orders: u32,
    /// In the shop's currency, with two decimals.
    pub total_spent: String,
    /// What a call from this line is about if the user chooses nothing else: room, session, appointment.
    pub subject: Option<Subject>,
    /// The id that chat messages of this line go by; `None`: no messages here.
    pub thread: Option<String>,
    /// Messages not read yet.
    pub unread: u32,
    pub last_message: Option<LastMessage>,
    /// When this line is for, and what goes on in its room.
    pub slot: Option<Slot>,
    /// A voice call can be placed from this line now.
    pub voice: bool,
    /// A video call can be placed from this line now.
    pub video: bool,
}

impl Contact {
    /// A line for a person that can be called by video, with nothing else known.
    #[must_use]
    pub fn of(person: Person) -> Self {
        Self {
            id: person.id.0.clone(),
            person,
            detail: String::new(),
            online: false,
            subjects: Vec::new(),
            total_orders: 0,
            total_spent: String::new(),
            subject: None,
            thread: None,
            unread: 0,
            last_message: None,
            slot: None,
            voice: false,
            video: true,
        }
    }
}

/// The newest message of a line, shortened for showing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastMessage {
    pub text: String,
    /// RFC 3339; empty if the backend does not say.
    pub at: String,
    pub from_me: bool,
}

/// The time of an appointment or session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// RFC 3339; empty if the backend does not say.
    pub starts_at: String,
    /// 0: not said.
    pub minutes: u32,
    pub phase: Phase,
    /// The other side is in the room and we are not.
    pub they_wait: bool,
    /// What kind of meeting it is, as a code: `one_to_one`, `group`, `therapy`, `individual_therapy`,
    /// `group_therapy`, `physical`, `remote`; empty if the backend does not say. The UI has the words.
    pub label: String,
    /// Who takes part, where that may be more than the line's person and us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting: Option<Meeting>,
}

/// A meeting of several: who takes part, and what is allowed in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meeting {
    /// Everybody but us.
    pub people: Vec<Attendee>,
    /// The part that is ours.
    pub part: Part,
    /// The most people there is room for, ourselves included.
    pub seats: u8,
    /// Pictures may be sent.
    pub camera: bool,
    /// Screens may be shared.
    pub sharing: bool,
    /// The backend marks the meeting as one that is recorded.
    pub recorded: bool,
}

/// Somebody who takes part in a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attendee {
    pub person: Person,
    pub part: Part,
    /// In its call now.
    pub present: bool,
}

/// The part somebody has in a meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Holds it.
    Therapist,
    CoTherapist,
    #[default]
    Participant,
    /// Watches and listens.
    Observer,
}

/// Where an appointment or session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not agreed by both yet.
    Unconfirmed,
    Upcoming,
    /// Its room is open and a party is still to come.
    Waiting,
    InProgress,
    Ended,
    Cancelled,
}

/// A call that a backend keeps among the messages of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ThreadCall {
    pub kind: MediaKind,
    pub outcome: ThreadOutcome,
    /// 0 if it was not answered, or the backend does not say.
    pub duration_s: u32,
}

/// How such a call ended, as far as the backend says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadOutcome {
    /// It is over, or still goes on.
    Placed,
    Missed,
    Declined,
    Failed,
}

/// One chat message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The backend's id; empty while it is on its way.
    pub id: String,
    pub thread: String,
    pub from_me: bool,
    pub sender: String,
    pub text: String,
    /// RFC 3339; empty if the backend does not say.
    pub at: String,
    pub read: bool,
    /// A call that stands in a message's place; `text` says it in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<ThreadCall>,
}

/// What a user does with a thread of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatAction {
    /// The thread is on the screen from now on.
    Open {
        thread: String,
    },
    Send {
        thread: String,
        text: String,
    },
    /// Everything in it was seen.
    MarkRead {
        thread: String,
    },
    Typing {
        thread: String,
        on: bool,
    },
}

/// One REST call and what came of it, for lists that take more than one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub call: RestCall,
    pub status: u16,
    pub body: Value,
}

/// What a call with a contact can be about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactSubject {
    pub subject: Subject,
    /// e.g. "Processing".
    pub status: String,
    /// RFC 3339; empty if the backend does not say.
    pub created_at: String,
    /// In the shop's currency, with two decimals.
    pub amount: String,
}

/// One past call, as its backend keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryItem {
    /// The backend's id of the call.
    pub call: String,
    pub peer: Person,
    /// Everybody else who was in a call of several or asked to it, the peer among them; empty: the peer alone, or
    /// the backend does not say.
    pub members: Vec<Person>,
    /// We placed it.
    pub outgoing: bool,
    /// `initiated`, `ringing`, `accepted`, `declined`, `ended`, `missed`, `failed`.
    pub status: String,
    /// RFC 3339; empty if the backend does not say.
    pub started_at: String,
    pub duration_s: u32,
    pub subject: Option<Subject>,
    /// Voice or video; `None`: the backend does not say.
    pub kind: Option<MediaKind>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPage {
    /// Newest first.
    pub items: Vec<HistoryItem>,
    /// From 1.
    pub page: u32,
    pub pages: u32,
    /// Calls on all pages.
    pub total: u32,
    /// Rows of this page that could not be read.
    pub left_out: u32,
}

/// Call figures of an account, from its backend.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Analytics {
    /// Calls, like the next three.
    pub total: u32,
    pub accepted: u32,
    pub declined: u32,
    pub ended: u32,
    /// Seconds.
    pub average_duration_s: f64,
    /// Percent, as the backend writes it.
    pub acceptance_rate: String,
    /// Percent, as the backend writes it.
    pub completion_rate: String,
    /// Calls by what they were about, in the backend's words.
    pub by_type: BTreeMap<String, u32>,
    /// Calls by how they stand or ended, in the backend's words.
    pub by_status: BTreeMap<String, u32>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` (RFC 7064, 7065).
    pub urls: Vec<String>,
    pub username: Option<String>,
    pub credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServers {
    pub servers: Vec<IceServer>,
    /// Seconds the credentials are good for; `None`: they do not expire.
    pub ttl_s: Option<u64>,
}

impl IceServers {
    /// What the deployed web clients use where a backend names no servers.
    #[must_use]
    pub fn fallback() -> Self {
        let urls = vec!["stun:stun.l.google.com:19302".to_owned()];
        Self { servers: vec![IceServer { urls, username: None, credential: None }], ttl_s: None }
    }
}

/// Why a REST reply gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    #[error("the token is no longer accepted")]
    TokenExpired,
    #[error("the backend refused ({status}): {message}")]
    Refused { status: u16, message: String },
    #[error("the backend could not be reached")]
    Unreachable,
    #[error("the reply is not understood")]
    NotUnderstood,
    #[error("the reply is larger than allowed")]
    TooLarge,
    /// Not asked: the backend wants to be left alone for a while.
    #[error("the backend asks for a pause")]
    Paused,
}

impl ReplyError {
    /// A stable code of what went wrong; the interface has the texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TokenExpired => "signed_out",
            Self::Refused { .. } => "refused",
            Self::Unreachable => "unreachable",
            Self::NotUnderstood => "not_understood",
            Self::TooLarge => "too_large",
            Self::Paused => "paused",
        }
    }
}
