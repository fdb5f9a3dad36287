//! The hearth dialect: people who call each other, alone, in groups or in therapy sessions.
//!
//! A call is a session with a room: REST makes it and says who may come, the socket carries the rest.
//! Most events name a person and not the session. Nothing may be said on a socket before the backend
//! has looked at the token, which takes it a while. This client talks with one person of a session:
//! what others in it say is ignored.

mod calls;
mod decode;
mod encode;
mod login;
mod people;
mod records;
mod reply;
pub mod wire;

use std::collections::{BTreeMap, VecDeque};

use bellwire_call::{CallId, CallKey, Invite, OfferRule, Signal};
use serde_json::Value;

use self::calls::{Calls, Early};
use crate::{
    Analytics, Capabilities, Contact, DecodeError, Dialect, EncodeError, Entry, Field, HistoryPage,
    IceServers, Identity, Inbound, ListKind, Outbound, Reaction, Reply, ReplyError, RequestId, RestCall,
    Role, Rows, rest,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "hearth",
    label: "Hearth",
    roles: &[Role { id: "user", label: "User" }],
    sign_in_fields: &[
        Field { id: "email", label: "E-mail", secret: false, only_for: None },
        Field { id: "password", label: "Password", secret: true, only_for: None },
    ],
    namespace: "/",
    rest_prefix: "/api",
    new: |identity| Box::new(Hearth::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// How this client's name for itself in a call begins. Two that know each other by it settle between
/// them who offers.
pub const PEER_PREFIX: &str = "bellwire-";

/// What one hearth account remembers.
#[derive(Debug)]
pub struct Hearth {
    me: String,
    token: String,
    /// The same in every call and after every reconnect, so that the backend knows us again.
    peer_id: String,
    /// The backend has looked at the token of this connection.
    ready: bool,
    /// What was said before that.
    held: Held,
    calls: Calls,
    early: Early,
    waiting: BTreeMap<RequestId, Waiting>,
    next_request: u64,
}

/// What a REST reply will mean.
#[derive(Debug)]
enum Waiting {
    /// We make a session, or (`join`) enter one that there is.
    Place {
        local: CallId,
        invite: Invite,
        join: Option<String>,
        /// The caller took the ring back before the backend had answered.
        withdrawn: bool,
    },
    Accept {
        session: String,
    },
    /// Nothing depends on it but the token.
    Record,
}

impl Hearth {
    /// Speaks for an account that signed in.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        let me = identity.person.id.0.clone();
        Self {
            peer_id: format!("{PEER_PREFIX}{me}"),
            me,
            token: identity.token.clone(),
            ready: false,
            held: Held::default(),
            calls: Calls::default(),
            early: Early::default(),
            waiting: BTreeMap::new(),
            next_request: 1,
        }
    }

    fn request(&mut self, call: RestCall, waiting: Waiting) -> Outbound {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.waiting.insert(id, waiting);
        Outbound::Request { id, call }
    }

    /// The backend rings before it answers, so what comes of a ring may be heard before its session is
    /// known. True while a session of ours is being made.
    fn is_making(&self) -> bool {
        self.waiting.values().any(|waiting| matches!(waiting, Waiting::Place { join: None, .. }))
    }

    /// Keeps back what the backend would refuse from a socket it does not know yet.
    fn in_time(&mut self, said: Vec<Outbound>) -> Vec<Outbound> {
        if self.ready {
            return said;
        }
        let (emissions, requests): (Vec<_>, Vec<_>) =
            said.into_iter().partition(|outbound| matches!(outbound, Outbound::Emit { .. }));
        for emission in emissions {
            self.held.push(emission);
        }
        requests
    }
}

/// Emissions that wait for the backend to look at the token.
#[derive(Debug, Default)]
struct Held(VecDeque<Outbound>);

impl Held {
    /// When full, the oldest description or candidate goes, or else the oldest.
    const ROOM: usize = 256;

    fn push(&mut self, emission: Outbound) {
        if self.0.len() >= Self::ROOM {
            let perishable = |held: &Outbound| matches!(held, Outbound::Emit { perishable: true, .. });
            let victim = self.0.iter().position(perishable).unwrap_or(0);
            self.0.remove(victim);
        }
        self.0.push_back(emission);
    }

    fn release(&mut self) -> Vec<Outbound> {
        std::mem::take(&mut self.0).into()
    }
}

impl Dialect for Hearth {
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
            list: ListKind::Sessions,
            chat: false,
            ring_timeout_s: Some(60),
        }
    }

    fn offers(&self) -> OfferRule {
        OfferRule::Told
    }

    /// The backend wants the token as an event.
    fn socket_auth(&self) -> Option<Value> {
        None
    }

    fn opened(&mut self) -> Vec<Outbound> {
        self.ready = false;
        let token = Value::String(self.token.clone());
        vec![Outbound::Emit { name: wire::name::AUTHENTICATE, args: vec![token], perishable: false }]
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        let mut reaction = match inbound {
            Inbound::Opened => return Ok(Reaction { outbound: self.opened(), ..Reaction::default() }),
            Inbound::Closed => {
                self.ready = false;
                self.calls.lost_rooms();
                return Ok(Reaction::none());
            }
            Inbound::Event { name, args } => self.event(&name, args)?,
            Inbound::Reply { id, status, body } => self.reply(id, status, &body)?,
        };
        reaction.outbound = self.in_time(reaction.outbound);
        Ok(reaction)
    }

    fn encode(&mut self, call: &CallKey, signal: &Signal) -> Result<Vec<Outbound>, EncodeError> {
        let said = match call {
            CallKey::Local(local) => self.say_local(*local, signal)?,
            CallKey::Remote(remote) => self.say(&remote.0, signal)?,
        };
        Ok(self.in_time(said))
    }

    fn renew(&mut self, identity: &Identity) {
        self.token = identity.token.clone();
    }

    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if replies.is_empty() { people::requests() } else { Vec::new() }
    }

    fn parse_contacts(
        &self,
        search: &str,
        now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        people::list(&self.me, search, now, replies)
    }

    fn history(&self, page: u32, limit: u32) -> Option<RestCall> {
        Some(records::history_request(page, limit))
    }

    fn parse_history(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
        records::history(&self.me, status, body)
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
        Some(rest::fetch("/video-call/ice-servers"))
    }

    fn parse_ice_servers(&self, status: u16, body: &Value) -> Result<IceServers, ReplyError> {
        rest::ice_servers(status, body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_a_hang_up_outlives_candidates() {
        let emission = |n: usize, perishable| Outbound::Emit { name: "x", args: vec![json!(n)], perishable };
        let mut held = Held::default();
        held.push(emission(0, false));
        for n in 1..=Held::ROOM {
            held.push(emission(n, true));
        }
        let released = held.release();
        assert_eq!(released.len(), Held::ROOM);
        assert_eq!((&released[0], &released[1]), (&emission(0, false), &emission(2, true)));
        assert_eq!(held.release(), []);
    }
}
