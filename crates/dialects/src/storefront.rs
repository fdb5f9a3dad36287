//! The storefront dialect: sellers and customers of a shop.
//!
//! What is particular about this backend ("as deployed": in the documented deployment, unlike our server):
//!
//! - **REST and socket do not know of each other**: REST keeps records (initiate, respond, end), the socket
//!   carries everything else, so the client that changes a record also tells the socket.
//! - **The seller makes every offer**, whichever side calls.
//! - **`callStatusUpdate` goes to every client** of the backend, and web pages end whatever call they are
//!   in at `ended`; an unanswered call is therefore ended with `missed`, which they ignore.
//! - **The record of an unanswered call stays at `initiated`**; it is shown as missed, and the client
//!   closes it when the callee is offline.
//! - **The backend knows one socket of an account** and ignores a second one, so the client registers again
//!   when it is missing from the list of users (`decode`).
//! - **Expired tokens are answered with 400**, so the text of the reply decides (`failure`).

mod calls;
mod decode;
mod directory;
mod encode;
mod failure;
mod lists;
mod login;
mod pending_requests;
pub mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwire_call::{CallId, CallKey, CallReport, Invite, OfferRule, OutgoingSignal, PersonId};
use serde_json::{Value, json};

use self::{calls::Calls, directory::Account, wire::UserType};
use crate::{
    Capabilities, DecodeError, Dialect, Directory, EncodeError, Entry, Identity, Inbound, ListKind, Outbound,
    Presence, Reaction, Role, entry::EMAIL_AND_PASSWORD, limits, pending::PendingRequests,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "storefront",
    label: "Storefront",
    roles: &[Role { id: "seller", label: "Seller" }, Role { id: "customer", label: "Customer" }],
    sign_in_fields: EMAIL_AND_PASSWORD,
    namespace: "/",
    rest_prefix: "/api/v2",
    new: |identity| Box::new(Storefront::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// What one storefront account remembers.
#[derive(Debug)]
pub struct Storefront {
    account: Account,
    my_name: String,
    token: String,
    calls: Calls,
    pending: PendingRequests<PendingRequest>,
    online: BTreeSet<String>,
    /// The socket is open.
    open: bool,
    /// How often in a row the backend said that we are not here.
    unlisted: u8,
}

/// What an unanswered REST request is for.
#[derive(Debug)]
enum PendingRequest {
    Initiate {
        local: CallId,
        invite: Invite,
        /// The backend was told which order it is about.
        about: bool,
    },
    Accept {
        call: String,
    },
    /// Nothing depends on it but the token.
    Record,
}

impl Storefront {
    /// Speaks for an account that signed in; an unknown role is a customer, who can do less.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        let me = identity.person.id.0.clone();
        let role = UserType::parse(&identity.role).unwrap_or(UserType::Customer);
        Self {
            account: Account { me, role },
            my_name: identity.person.name.clone(),
            token: identity.token.clone(),
            calls: Calls::default(),
            pending: PendingRequests::default(),
            online: BTreeSet::new(),
            open: false,
            unlisted: 0,
        }
    }

    fn add_us(&self) -> Outbound {
        let me = Value::String(self.account.me.clone());
        Outbound::Emit { name: wire::name::ADD_USER, args: vec![me], perishable: false }
    }

    fn presence(&mut self, person: String, online: bool) -> Option<Presence> {
        let changed = if online {
            self.online.len() < limits::MAX_PEOPLE_ONLINE && self.online.insert(person.clone())
        } else {
            self.online.remove(&person)
        };
        changed.then_some(Presence { person: PersonId(person), online })
    }
}

impl Dialect for Storefront {
    fn capabilities(&self) -> Capabilities {
        let seller = self.account.role == UserType::Seller;
        Capabilities {
            video: true,
            voice: false,
            busy: true,
            media_state: true,
            screen_share: true,
            subjects: true,
            history: true,
            analytics: seller,
            contacts: seller,
            list: ListKind::People,
            chat: false,
            ring_timeout_s: Some(45),
            seats: 2,
        }
    }

    fn offers(&self) -> OfferRule {
        match self.account.role {
            UserType::Seller => OfferRule::Us,
            UserType::Customer => OfferRule::Them,
        }
    }

    fn socket_auth(&self) -> Option<Value> {
        (!self.token.is_empty()).then(|| json!({ "token": self.token }))
    }

    fn opened(&mut self) -> Vec<Outbound> {
        self.open = true;
        self.unlisted = 0;
        vec![self.add_us()]
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        match inbound {
            Inbound::Opened => Ok(Reaction::send(self.opened())),
            Inbound::Closed => {
                self.open = false;
                self.calls.lost_rooms();
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

    fn report(&mut self, call: &CallKey, report: &CallReport) -> Result<Vec<Outbound>, EncodeError> {
        let Some(remote) = call.remote() else { return Err(EncodeError::UnknownCall) };
        match report {
            CallReport::Quality { worst, .. } => self.quality(&remote.0, *worst),
            CallReport::PathIssue { .. } => Err(EncodeError::NoWords),
        }
    }

    fn renew(&mut self, identity: &Identity) {
        self.token = identity.token.clone();
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(self.account.clone())
    }
}
