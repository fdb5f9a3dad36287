//! The storefront dialect: sellers and customers of a shop.
//!
//! REST carries what is kept (initiate, respond, end), the socket everything else, and neither knows
//! of the other: whoever changes a record also tells the socket. The seller makes every offer. The
//! deployed backend's traps are answered where they bite, each with a transcript.

mod calls;
mod decode;
mod encode;
mod login;
mod records;
mod reply;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};

use bellwire_call::{CallId, CallKey, Invite, OfferRule, PersonId, Signal};
use serde_json::{Value, json};

use self::{calls::Calls, wire::UserType};
use crate::{
    Analytics, Capabilities, Contact, DecodeError, Dialect, EncodeError, Entry, Field, HistoryPage,
    IceServers, Identity, Inbound, ListKind, Outbound, Presence, Reaction, Reply, ReplyError, RequestId,
    RestCall, Role, Rows, limits, rest,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "storefront",
    label: "Storefront",
    roles: &[Role { id: "seller", label: "Seller" }, Role { id: "customer", label: "Customer" }],
    sign_in_fields: &[
        Field { id: "email", label: "E-mail", secret: false, only_for: None },
        Field { id: "password", label: "Password", secret: true, only_for: None },
    ],
    namespace: "/",
    rest_prefix: "/api/v2",
    new: |identity| Box::new(Storefront::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// What one storefront account remembers.
#[derive(Debug)]
pub struct Storefront {
    me: String,
    my_name: String,
    role: UserType,
    token: String,
    calls: Calls,
    waiting: BTreeMap<RequestId, Waiting>,
    next_request: u64,
    online: BTreeSet<String>,
    /// The socket is open.
    open: bool,
    /// How often in a row the backend said that we are not here.
    unlisted: u8,
}

/// What a REST reply will mean.
#[derive(Debug)]
enum Waiting {
    Initiate {
        local: CallId,
        invite: Invite,
        /// The backend was told which order it is about.
        about: bool,
        /// The caller took the ring back before the backend had answered.
        withdrawn: bool,
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
        Self {
            me: identity.person.id.0.clone(),
            my_name: identity.person.name.clone(),
            role: UserType::parse(&identity.role).unwrap_or(UserType::Customer),
            token: identity.token.clone(),
            calls: Calls::default(),
            waiting: BTreeMap::new(),
            next_request: 1,
            online: BTreeSet::new(),
            open: false,
            unlisted: 0,
        }
    }

    fn request(&mut self, call: RestCall, waiting: Waiting) -> Outbound {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.waiting.insert(id, waiting);
        Outbound::Request { id, call }
    }

    fn add_us(&self) -> Outbound {
        let me = Value::String(self.me.clone());
        Outbound::Emit { name: wire::name::ADD_USER, args: vec![me], perishable: false }
    }

    fn presence(&mut self, person: String, online: bool) -> Option<Presence> {
        let changed = if online {
            self.online.len() < limits::PEOPLE_ONLINE && self.online.insert(person.clone())
        } else {
            self.online.remove(&person)
        };
        changed.then_some(Presence { person: PersonId(person), online })
    }
}

impl Dialect for Storefront {
    fn capabilities(&self) -> Capabilities {
        let seller = self.role == UserType::Seller;
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
        }
    }

    fn offers(&self) -> OfferRule {
        match self.role {
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
            Inbound::Opened => Ok(Reaction { outbound: self.opened(), ..Reaction::default() }),
            Inbound::Closed => {
                self.open = false;
                self.calls.lost_rooms();
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
        self.token = identity.token.clone();
    }

    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if self.role == UserType::Seller && replies.is_empty() {
            vec![records::contacts_request(&self.me)]
        } else {
            Vec::new()
        }
    }

    fn parse_contacts(
        &self,
        search: &str,
        _now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        replies
            .first()
            .map_or_else(|| Ok(Rows::default()), |reply| records::contacts(search, reply.status, &reply.body))
    }

    fn history(&self, page: u32, limit: u32) -> Option<RestCall> {
        Some(records::history_request(self.role, &self.me, page, limit))
    }

    fn parse_history(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
        records::history(self.role, status, body, |call| self.calls.find(call).is_some())
    }

    fn analytics(&self) -> Option<RestCall> {
        (self.role == UserType::Seller).then(|| records::analytics_request(&self.me))
    }

    fn parse_analytics(&self, status: u16, body: &Value) -> Result<Analytics, ReplyError> {
        records::analytics(status, body)
    }

    fn logout(&self) -> RestCall {
        rest::fetch(match self.role {
            UserType::Seller => "/shop/logout",
            UserType::Customer => "/user/logout",
        })
    }

    fn ice_servers(&self) -> Option<RestCall> {
        Some(records::ice_servers_request())
    }

    fn parse_ice_servers(&self, status: u16, body: &Value) -> Result<IceServers, ReplyError> {
        rest::ice_servers(status, body)
    }
}
