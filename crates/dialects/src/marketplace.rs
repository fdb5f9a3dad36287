//! The marketplace dialect: providers and clients, their conversations and calls.
//!
//! What is particular about this backend ("as deployed": in the documented deployment, unlike our server):
//!
//! - **REST and socket do not know of each other** as deployed: REST keeps a call as a message of its
//!   conversation, the socket rings under an id that the caller makes up. Our caller creates the record
//!   first and rings under its id (`pending_requests`); a join that the record refuses (404, or the general
//!   limit of 100 requests) ends no call. Our server makes a record for a ring that has none
//!   (`server/marketplace/events.rs`).
//! - **An `end_call` without `participantIds` crashes the deployed process.** Only one function of `encode`
//!   writes it, and it takes them as an argument. Our server does not read them: the parties are those of
//!   the record.
//! - **Other devices of an account are told nothing** as deployed. The device that accepts names its own
//!   account among the others of `participant_joined`, the one that declines sends an end to its own
//!   account alone. Our server sends `call_accepted` and `call_declined` to all devices, and `call_ended`
//!   with `answered_elsewhere` to the second of two that accepted at once.
//! - **The web client makes no offer** as deployed. The caller does, once accepted; entering the room or
//!   sending media signals is an acceptance too, in case the acceptance was lost.
//! - **A record's call ends when both have left**, so the side that receives the end leaves as well. Our
//!   hub ends calls after two minutes without a device of either side.
//! - **A shared screen is a session with a record of its own**; one of the other party of our call belongs
//!   to it (`decode`), any other has no call to be shown in. Microphone and camera are an additive
//!   `media_state`.
//! - **Refresh tokens** keep their 30 days whatever the life of a session is set to. The tokens of one
//!   sign-in are a family: each use of a refresh token gives another, and one that is used long after that
//!   ends the family.
//! - **Message endpoints are in no document**: replies are read in several shapes and row by row (`lists`,
//!   `messages`). Uploads are not served.

mod calls;
mod chat;
mod decode;
mod directory;
mod encode;
mod lists;
mod login;
mod messages;
mod pending_requests;
mod reply;
pub mod wire;

use std::sync::Arc;

use bellwire_call::{CallId, CallKey, Invite, OfferRule, OutgoingSignal};
use serde_json::{Value, json};

use self::{calls::Calls, chat::Seen, directory::Account};
use crate::{
    Capabilities, ChatAction, DecodeError, Dialect, Directory, EncodeError, Entry, Identity, Inbound,
    ListKind, Outbound, Query, Reaction, Role, entry::EMAIL_AND_PASSWORD, pending::PendingRequests,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "marketplace",
    label: "Marketplace",
    roles: &[Role { id: "provider", label: "Provider" }, Role { id: "client", label: "Client" }],
    sign_in_fields: EMAIL_AND_PASSWORD,
    namespace: "/",
    rest_prefix: "/api",
    new: |identity| Box::new(Marketplace::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// What one marketplace account remembers.
#[derive(Debug)]
pub struct Marketplace {
    account: Arc<Account>,
    identity: Identity,
    calls: Calls,
    pending: PendingRequests<PendingRequest>,
    seen: Seen,
}

/// What an unanswered REST request is for.
#[derive(Debug)]
enum PendingRequest {
    Initiate {
        local: CallId,
        invite: Invite,
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
            account: Arc::new(Account::new(identity.person.id.0.clone())),
            identity: identity.clone(),
            calls: Calls::default(),
            pending: PendingRequests::default(),
            seen: Seen::default(),
        }
    }

    fn me(&self) -> &str {
        &self.account.me
    }

    /// An id for a call that the backend keeps no record of, as its web client makes one up.
    fn own_id(&self, local: CallId) -> String {
        let times = self.account.told_times();
        let (call, request) = (local.0.to_be_bytes(), self.pending.next_id().to_be_bytes());
        format!("call_{:016x}", mixed(&[self.identity.token.as_bytes(), &times, &call, &request]))
    }

    /// The same for a screen shown in that call.
    fn own_screen(&self, call: &str) -> String {
        let times = self.account.told_times();
        let request = self.pending.next_id().to_be_bytes();
        format!("screen_{:016x}", mixed(&[call.as_bytes(), &times, &request]))
    }
}

/// FNV-1a, 64 bits: the same on every platform and in every version.
fn mixed(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
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
            seats: 2,
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
            Inbound::Opened => Ok(Reaction::send(self.opened())),
            Inbound::Closed => {
                self.account.forget_presence();
                Ok(Reaction::none())
            }
            Inbound::Event { name, args } => self.event(&name, args),
            Inbound::Reply { id, status, body } => self.reply(id, status, &body),
        }
    }

    fn encode(&mut self, call: &CallKey, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        match call {
            CallKey::Local(local) => self.say_local(*local, signal),
            CallKey::Remote(remote) | CallKey::Member(remote, _) => self.say(&remote.0, signal),
        }
    }

    fn renew(&mut self, identity: &Identity) {
        self.identity = identity.clone();
    }

    fn refresh(&self) -> Option<Query<'static, Identity>> {
        login::refresh(&self.identity)
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.account) as Arc<dyn Directory>
    }

    fn chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        self.do_in_chat(action)
    }
}
