//! The marketplace dialect: providers and clients, their conversations and calls.
//!
//! REST keeps a call as a message of its conversation, the socket rings, and as deployed neither knows
//! of the other: the message's id is used as the socket's `callId`, so that both mean the same. The
//! caller offers once the callee accepted. The deployed backend's traps are answered where they bite,
//! each with a transcript.

mod calls;
mod chat;
mod decode;
mod encode;
mod login;
mod records;
mod reply;
pub mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use bellwire_call::{CallId, CallKey, Invite, OfferRule, Signal};
use serde::Serialize;
use serde_json::{Value, json};

use self::{calls::Calls, chat::Seen};
use crate::{
    Analytics, Capabilities, ChatAction, Contact, DecodeError, Dialect, EncodeError, Entry, Field,
    HistoryPage, IceServers, Identity, Inbound, ListKind, Message, Outbound, Reaction, Reply, ReplyError,
    RequestId, RestCall, Role, Rows, limits, rest,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "marketplace",
    label: "Marketplace",
    roles: &[Role { id: "provider", label: "Provider" }, Role { id: "client", label: "Client" }],
    sign_in_fields: &[
        Field { id: "email", label: "E-mail", secret: false, only_for: None },
        Field { id: "password", label: "Password", secret: true, only_for: None },
    ],
    namespace: "/",
    rest_prefix: "/api",
    new: |identity| Box::new(Marketplace::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// What one marketplace account remembers.
#[derive(Debug)]
pub struct Marketplace {
    identity: Identity,
    calls: Calls,
    waiting: BTreeMap<RequestId, Waiting>,
    next_request: u64,
    seen: Seen,
    /// Who is known to be online, and who not; the backend tells only what changes.
    presence: BTreeMap<String, bool>,
    /// Made of the times told to us, so that the ids we make up differ from those of an earlier run.
    told_times: AtomicU64,
}

/// What a REST reply will mean.
#[derive(Debug)]
enum Waiting {
    Initiate {
        local: CallId,
        invite: Invite,
        /// The caller took the ring back before the backend had answered.
        withdrawn: bool,
    },
    Accept {
        call: String,
    },
    /// A record of our own screen, shown in that call.
    Share {
        call: String,
    },
    /// A chat message to that person.
    Sent {
        to: String,
        text: String,
    },
    /// What that person wrote is read.
    Read {
        from: String,
    },
    /// Nothing depends on it but the token.
    Record,
}

impl Marketplace {
    /// Speaks for an account that signed in.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            identity: identity.clone(),
            calls: Calls::default(),
            waiting: BTreeMap::new(),
            next_request: 1,
            seen: Seen::default(),
            presence: BTreeMap::new(),
            told_times: AtomicU64::new(0),
        }
    }

    fn me(&self) -> &str {
        &self.identity.person.id.0
    }

    /// What somebody does says that they are online.
    fn note_presence(&mut self, person: &str, online: bool) {
        if self.presence.len() < limits::PEOPLE_ONLINE || self.presence.contains_key(person) {
            self.presence.insert(person.to_owned(), online);
        }
    }

    fn note(&self, now: &str) {
        let before = self.told_times.load(Ordering::Relaxed).to_be_bytes();
        self.told_times.store(mixed(&[&before, now.as_bytes()]), Ordering::Relaxed);
    }

    /// An id for a call that the backend keeps no record of, as its web client makes one up.
    fn own_id(&self, local: CallId) -> String {
        let times = self.told_times.load(Ordering::Relaxed).to_be_bytes();
        let (call, request) = (local.0.to_be_bytes(), self.next_request.to_be_bytes());
        format!("call_{:016x}", mixed(&[self.identity.token.as_bytes(), &times, &call, &request]))
    }

    /// The same for a screen shown in that call.
    fn own_screen(&self, call: &str) -> String {
        let times = self.told_times.load(Ordering::Relaxed).to_be_bytes();
        let request = self.next_request.to_be_bytes();
        format!("screen_{:016x}", mixed(&[call.as_bytes(), &times, &request]))
    }

    fn request(&mut self, call: RestCall, waiting: Waiting) -> Outbound {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.waiting.insert(id, waiting);
        Outbound::Request { id, call }
    }
}

/// FNV-1a, 64 bits: the same on every platform and in every version.
fn mixed(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A wire struct as JSON.
fn value<T: Serialize>(body: &T) -> Value {
    serde_json::to_value(body).expect("wire structs have string keys and serialise infallibly")
}

impl Dialect for Marketplace {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            video: true,
            voice: true,
            busy: true,
            media_state: true,
            screen_share: true,
            subjects: false,
            history: true,
            analytics: false,
            contacts: true,
            list: ListKind::Conversations,
            chat: true,
            ring_timeout_s: Some(45),
        }
    }

    fn offers(&self) -> OfferRule {
        OfferRule::Caller
    }

    fn socket_auth(&self) -> Option<Value> {
        Some(json!({ "token": self.identity.token }))
    }

    /// The handshake says who we are, and the server puts us where our rings go.
    fn opened(&mut self) -> Vec<Outbound> {
        Vec::new()
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        match inbound {
            Inbound::Opened => Ok(Reaction { outbound: self.opened(), ..Reaction::default() }),
            Inbound::Closed => {
                // Nobody tells what changes from now on.
                self.presence.clear();
                Ok(Reaction::none())
            }
            Inbound::Event { name, args } => self.event(&name, args),
            Inbound::Reply { id, status, body } => self.reply(id, status, &body),
        }
    }

    fn encode(&mut self, call: &CallKey, signal: &Signal) -> Result<Vec<Outbound>, EncodeError> {
        match call {
            CallKey::Local(local) => self.say_local(*local, signal),
            CallKey::Remote(remote) => self.say(&remote.0, signal),
        }
    }

    fn renew(&mut self, identity: &Identity) {
        self.identity = identity.clone();
    }

    fn refresh(&self) -> Option<RestCall> {
        login::refresh(&self.identity)
    }

    fn parse_refresh(&self, status: u16, body: &Value) -> Result<Identity, ReplyError> {
        login::parse_refresh(&self.identity, status, body)
    }

    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if replies.is_empty() { vec![records::conversations_request()] } else { Vec::new() }
    }

    fn parse_contacts(
        &self,
        search: &str,
        now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        self.note(now);
        let Some(reply) = replies.first() else { return Ok(Rows::default()) };
        let mut rows = records::conversations(self.me(), search, reply.status, &reply.body)?;
        for line in &mut rows.items {
            line.online = self.presence.get(&line.person.id.0).copied().unwrap_or(line.online);
        }
        Ok(rows)
    }

    fn chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        self.do_in_chat(action)
    }

    fn messages(&self, thread: &str, limit: u32) -> Option<RestCall> {
        Some(chat::messages_request(thread, limit))
    }

    fn parse_messages(&self, thread: &str, status: u16, body: &Value) -> Result<Rows<Message>, ReplyError> {
        chat::messages(self.me(), thread, status, body)
    }

    fn history(&self, page: u32, limit: u32) -> Option<RestCall> {
        Some(records::history_request(page, limit))
    }

    fn parse_history(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
        records::history(self.me(), status, body)
    }

    fn analytics(&self) -> Option<RestCall> {
        None
    }

    fn parse_analytics(&self, _status: u16, _body: &Value) -> Result<Analytics, ReplyError> {
        Err(ReplyError::NotUnderstood)
    }

    fn logout(&self) -> RestCall {
        rest::logout("/auth/logout")
    }

    fn ice_servers(&self) -> Option<RestCall> {
        Some(rest::fetch("/communication/ice-servers"))
    }

    fn parse_ice_servers(&self, status: u16, body: &Value) -> Result<IceServers, ReplyError> {
        rest::ice_servers(status, body)
    }
}
