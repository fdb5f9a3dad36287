//! The tables of marketplace: users, and the messages of their conversations, of which calls are some.
//! Nothing here decides who may do what. Every change of a call's status is a compare-and-set: `true`
//! means that this caller made it, so that of two at once exactly one announces it.

mod calls;
mod messages;
mod people;

use bellwire_dialects::marketplace::wire::{CallStatus, MessageType, Role};
use sqlx::SqlitePool;

use crate::clock::Millis;
use crate::store::{Pools, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone, sqlx::FromRow)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) full_name: String,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) role: String,
    pub(crate) avatar: Option<String>,
    pub(crate) last_seen: Option<i64>,
    pub(crate) created_at: i64,
}

impl User {
    pub(crate) fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Client)
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "User({})", self.id)
    }
}

/// A message, which may be a call.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) conversation: String,
    pub(crate) sender: String,
    pub(crate) receiver: String,
    pub(crate) content: String,
    #[sqlx(rename = "type")]
    pub(crate) kind: String,
    pub(crate) is_read: bool,
    pub(crate) read_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) call_id: Option<String>,
    pub(crate) room_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) ring_until: Option<i64>,
    pub(crate) answered_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    /// Seconds talked.
    pub(crate) duration: Option<i64>,
    pub(crate) sender_left: Option<i64>,
    pub(crate) receiver_left: Option<i64>,
    pub(crate) recording_url: Option<String>,
    pub(crate) quality: Option<String>,
}

impl Message {
    pub(crate) fn kind(&self) -> MessageType {
        MessageType::parse(&self.kind)
    }

    /// `None` for what is no call.
    pub(crate) fn status(&self) -> Option<CallStatus> {
        self.status.as_deref().map(CallStatus::parse)
    }

    pub(crate) fn is_party(&self, id: &str) -> bool {
        self.sender == id || self.receiver == id
    }

    /// The other one of the two.
    pub(crate) fn other(&self, id: &str) -> &str {
        if self.sender == id { &self.receiver } else { &self.sender }
    }
}

/// A message with the names of both.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct FullMessage {
    #[sqlx(flatten)]
    pub(crate) message: Message,
    pub(crate) sender_name: String,
    pub(crate) sender_avatar: Option<String>,
    pub(crate) receiver_name: String,
    pub(crate) receiver_avatar: Option<String>,
}

/// One line of a user's conversations.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) other: User,
    pub(crate) last: FullMessage,
    pub(crate) unread: u32,
}

/// The store on SQLite.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

impl Store {
    pub(crate) fn new(pools: &Pools) -> Self {
        Self { read: pools.read.clone(), write: pools.write.clone() }
    }
}

/// A call, its parties by name; a macro because the text must be known when compiling.
macro_rules! full_message {
    ($rest:literal) => {
        concat!(
            "SELECT m.*, s.full_name AS sender_name, s.avatar AS sender_avatar, \
             r.full_name AS receiver_name, r.avatar AS receiver_avatar \
             FROM marketplace_messages m JOIN marketplace_users s ON s.id = m.sender \
             JOIN marketplace_users r ON r.id = m.receiver ",
            $rest
        )
    };
}
use full_message;

/// Rows counted by a query.
fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The same moment as the records keep it.
fn at(now: Millis) -> i64 {
    now.0
}
