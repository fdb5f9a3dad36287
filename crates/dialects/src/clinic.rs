//! The clinic dialect: practitioners and patients, with a room for every remote appointment.
//!
//! Nobody rings: one enters the appointment's room and waits for the other. So an invitation is
//! entering the room, and a ring is made here from watching the day's rooms (`watch`). Whoever is in
//! the room already offers to the newcomer, which also gives a lost socket its way back. The deployed
//! backend says of its events neither the room nor, where profiles have ids of their own, an account
//! that could be checked: both are settled in `decode`, each with a transcript.

mod decode;
mod encode;
mod login;
mod meeting;
mod order;
mod past;
mod records;
mod reply;
mod rooms;
mod watch;
pub mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};

use bellwire_call::{CallId, CallKey, Invite, OfferRule, Signal};
use serde_json::{Value, json};

use self::{
    meeting::Meeting,
    order::Order,
    rooms::Rooms,
    watch::Pace,
    wire::{Appointment, UserRole},
};
use crate::{
    Analytics, Capabilities, Contact, DecodeError, Dialect, EncodeError, Entry, Field, HistoryPage,
    IceServers, Identity, Inbound, ListKind, Outbound, Reaction, Reply, ReplyError, RequestId, RestCall,
    Role, Rows, instant, rest,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "clinic",
    label: "Clinic",
    roles: &[Role { id: "practitioner", label: "Practitioner" }, Role { id: "patient", label: "Patient" }],
    sign_in_fields: &[
        Field { id: "email", label: "E-mail", secret: false, only_for: None },
        Field { id: "password", label: "Password", secret: true, only_for: None },
    ],
    namespace: "/video-call",
    rest_prefix: "",
    new: |identity| Box::new(Clinic::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// What one clinic account remembers.
#[derive(Debug)]
pub struct Clinic {
    me: String,
    role: UserRole,
    token: String,
    rooms: Rooms,
    waiting: BTreeMap<RequestId, Waiting>,
    next_request: u64,
    /// The socket is open.
    open: bool,
    /// Seconds since 1970 at the last poll; 0 before the first.
    now: i64,
    pace: Pace,
    /// Appointments whose room we asked to enter, oldest first: the backend answers with an error that
    /// names no room.
    joining: VecDeque<String>,
    /// Appointments whose call we ended and nobody confirmed yet, oldest first.
    ending: VecDeque<String>,
    /// The latest instant that anybody told a list, in seconds since 1970: past appointments are those
    /// before it.
    told_now: AtomicI64,
    /// How the backend sorts past appointments.
    order: Order,
}

/// What a REST reply will mean.
#[derive(Debug)]
enum Waiting {
    /// The appointment with a person, where the user named none.
    Find { local: CallId, invite: Invite, withdrawn: bool },
    /// The room of an appointment that we want to enter.
    Enter { local: CallId, invite: Invite, withdrawn: bool },
    /// The same once more, where there was none.
    Create { local: CallId, invite: Invite, withdrawn: bool },
    /// Watching: the day's appointments.
    List { page: u32 },
    /// Watching: one room.
    Room { appointment: String },
}

impl Waiting {
    /// We want to enter that appointment's room.
    fn is_about(&self, appointment: &str) -> bool {
        match self {
            Self::Find { .. } | Self::List { .. } | Self::Room { .. } => false,
            Self::Enter { invite, withdrawn, .. } | Self::Create { invite, withdrawn, .. } => {
                !withdrawn && invite.subject.as_ref().is_some_and(|subject| subject.id == appointment)
            }
        }
    }
}

impl Clinic {
    /// Speaks for an account that signed in; an unknown role is a patient, who can do less.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            me: identity.person.id.0.clone(),
            role: UserRole::parse(&identity.role).unwrap_or(UserRole::Patient),
            token: identity.token.clone(),
            rooms: Rooms::default(),
            waiting: BTreeMap::new(),
            next_request: 1,
            open: false,
            now: 0,
            pace: Pace::default(),
            joining: VecDeque::new(),
            ending: VecDeque::new(),
            told_now: AtomicI64::new(0),
            order: Order::default(),
        }
    }

    fn request(&mut self, call: RestCall, waiting: Waiting) -> Outbound {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.waiting.insert(id, waiting);
        Outbound::Request { id, call }
    }

    fn meeting(&self, row: &Appointment) -> Option<Meeting> {
        Meeting::of(row, self.role, &self.me)
    }

    /// The latest instant that anybody told us.
    fn hour(&self) -> Option<i64> {
        let now = self.now.max(self.told_now.load(Ordering::Relaxed));
        (now > 0).then_some(now)
    }

    fn told(&self, now: &str) -> Option<i64> {
        let now = instant::seconds(now)?;
        self.told_now.store(now, Ordering::Relaxed);
        Some(now)
    }
}

impl Dialect for Clinic {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            video: true,
            voice: false,
            busy: false,
            media_state: true,
            screen_share: self.role == UserRole::Practitioner,
            subjects: true,
            history: true,
            analytics: false,
            contacts: true,
            list: ListKind::Appointments,
            chat: false,
            ring_timeout_s: None,
        }
    }

    fn offers(&self) -> OfferRule {
        OfferRule::FirstInRoom
    }

    fn socket_auth(&self) -> Option<Value> {
        (!self.token.is_empty()).then(|| json!({ "token": self.token }))
    }

    /// Calls the phone knows are entered again when it says so; it does not know of those that were
    /// still being entered.
    fn opened(&mut self) -> Vec<Outbound> {
        self.open = true;
        self.enter_again()
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        match inbound {
            Inbound::Opened => Ok(Reaction { outbound: self.opened(), ..Reaction::default() }),
            Inbound::Closed => {
                self.open = false;
                // Until the next one tells, nobody does.
                self.pace.told = false;
                self.joining.clear();
                self.rooms.lost();
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

    fn poll_every_ms(&self) -> Option<u64> {
        // The first one tells the time.
        Some(if self.now == 0 { watch::FIRST_MS } else { watch::EVERY_MS })
    }

    fn poll(&mut self, now: &str) -> Vec<Outbound> {
        self.ask(now)
    }

    fn contacts(&self, search: &str, now: &str, replies: &[Reply]) -> Vec<RestCall> {
        records::contacts_calls(self, search, self.told(now), replies)
    }

    fn parse_contacts(
        &self,
        search: &str,
        now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        records::contacts(self, search, self.told(now), replies)
    }

    fn history(&self, page: u32, limit: u32) -> Option<RestCall> {
        Some(past::history_request(self.hour(), self.order.turned(page), limit))
    }

    fn parse_history(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
        past::history(self, status, body)
    }

    fn analytics(&self) -> Option<RestCall> {
        None
    }

    fn parse_analytics(&self, _status: u16, _body: &Value) -> Result<Analytics, ReplyError> {
        Err(ReplyError::NotUnderstood)
    }

    fn logout(&self) -> RestCall {
        rest::logout("/auth/sign-out")
    }

    fn ice_servers(&self) -> Option<RestCall> {
        Some(rest::fetch("/video-call/ice-servers"))
    }

    fn parse_ice_servers(&self, status: u16, body: &Value) -> Result<IceServers, ReplyError> {
        rest::ice_servers(status, body)
    }
}
