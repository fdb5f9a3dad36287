//! The dealerdesk dialect: dealers and technicians, who call each other inside chat rooms.
//!
//! Everything that happens in a call goes through the socket, and most of it to a room: one who is not
//! in the room hears neither the offer nor the end. So the room is entered as soon as a call rings and
//! again whenever the socket comes back. Descriptions name a room and no call; which of its calls is
//! meant is worked out here. The deployed backend's traps are answered where they bite, each with a
//! transcript.

mod calls;
mod chat;
mod decode;
mod encode;
mod login;
mod records;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bellwire_call::{CallKey, OfferRule, Signal, Subject};
use serde::Serialize;
use serde_json::{Value, json};

use self::calls::Calls;
use self::wire::{JoinRoom, Register, Room, UserType, name};
use crate::{
    Analytics, Capabilities, ChatAction, Contact, DecodeError, Dialect, EncodeError, Entry, Field,
    HistoryPage, IceServers, Identity, Inbound, ListKind, Message, Outbound, Reaction, Reply, ReplyError,
    RestCall, Role, Rows, limits, rest,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "dealerdesk",
    label: "Dealerdesk",
    roles: &[Role { id: "dealer", label: "Dealer" }, Role { id: "technician", label: "Technician" }],
    // As deployed a technician signs in by address alone; a server may still want a password.
    sign_in_fields: &[
        Field { id: "email", label: "E-mail", secret: false, only_for: None },
        Field { id: "password", label: "Password", secret: true, only_for: Some("dealer") },
    ],
    namespace: "/",
    rest_prefix: "",
    new: |identity| Box::new(Dealerdesk::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// Rooms we are in at once; more are entered again when they are needed.
const ROOMS: usize = 64;
/// Messages of which it is known that they came; the deployed backend tells most of them twice.
const RECENT_MESSAGES: usize = 256;
/// People whose name a message told us.
const NAMES: usize = 256;

/// What one dealerdesk account remembers.
#[derive(Debug)]
pub struct Dealerdesk {
    /// E-mail address.
    me: String,
    role: UserType,
    token: String,
    calls: Calls,
    /// The socket was open and is not now.
    away: bool,
    /// The room the socket is in: the deployed backend takes it out of a room when it enters another.
    room: Option<String>,
    /// The thread on the screen.
    open_thread: Option<String>,
    /// Rooms we said we have read, until that comes back.
    marked: BTreeSet<String>,
    /// Id, room and whether it is ours; the newest last.
    recent: VecDeque<(String, String, bool)>,
    names: BTreeMap<String, String>,
    online: BTreeSet<String>,
    /// The backend tells by itself who is online.
    tells_presence: bool,
}

impl Dealerdesk {
    /// Speaks for an account that signed in; an unknown role is a technician, as deployed.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            me: identity.person.id.0.clone(),
            role: UserType::parse(&identity.role).unwrap_or(UserType::Technician),
            token: identity.token.clone(),
            calls: Calls::default(),
            away: false,
            room: None,
            open_thread: None,
            marked: BTreeSet::new(),
            recent: VecDeque::new(),
            names: BTreeMap::new(),
            online: BTreeSet::new(),
            tells_presence: false,
        }
    }

    fn is_me(&self, email: &str) -> bool {
        self.me.eq_ignore_ascii_case(email)
    }

    /// The room of us and that person in which nothing in particular is talked about.
    fn base_room(&self, other: &str) -> Room {
        match self.role {
            UserType::Dealer => Room::base(&self.me, other),
            UserType::Technician => Room::base(other, &self.me),
        }
    }

    /// A room's name, if it is a plausible one and we may be in it; and who the other one is.
    fn our_room(&self, name: &str) -> Option<(Room, String)> {
        if name.len() > limits::ROOM {
            return None;
        }
        let room = Room::parse(name)?;
        let other = match self.role {
            UserType::Dealer if self.is_me(&room.dealer) => room.technician.clone(),
            UserType::Technician if self.is_me(&room.technician) => room.dealer.clone(),
            UserType::Dealer | UserType::Technician => return None,
        };
        (!self.is_me(&other)).then_some((room, other))
    }

    /// Enters a room, again if need be. The deployed backend makes it if there is none.
    fn enter(&mut self, room: &str) -> Option<Outbound> {
        let (parsed, _) = self.our_room(room)?;
        self.room = Some(room.to_owned());
        let body = JoinRoom {
            dealer_email: parsed.dealer,
            technician_email: parsed.technician,
            user_type: self.role,
            post_id: parsed.post,
        };
        Some(emit(name::JOIN_ROOM, &body))
    }

    /// Puts the way into the room in front, if the socket is not in it. While a call runs its room is not
    /// left for another: its end would not be heard.
    fn in_room(&mut self, room: &str, mut said: Vec<Outbound>) -> Vec<Outbound> {
        let kept = self.calls.running_room().is_some_and(|running| running != room);
        if !kept
            && self.room.as_deref() != Some(room)
            && let Some(join) = self.enter(room)
        {
            said.insert(0, join);
        }
        said
    }

    /// Back to the room where something has to be heard: that of the call that runs, else that of the
    /// newest one that rings or is dialled.
    fn settle(&mut self, said: &mut Vec<Outbound>) {
        let wanted = self.calls.running_room().or_else(|| self.calls.waiting_room()).map(str::to_owned);
        if let Some(wanted) = wanted.filter(|wanted| self.room.as_ref() != Some(wanted) && !self.away) {
            said.extend(self.enter(&wanted));
        }
    }

    fn lost(&mut self) -> Reaction {
        self.away = true;
        self.room = None;
        self.marked.clear();
        // What was asked on the old connection is answered on none.
        let mut heard = Vec::new();
        self.calls.pending.retain(|pending| {
            if pending.said && !pending.withdrawn {
                let message = "the connection was lost".to_owned();
                heard.push((CallKey::Local(pending.local), Signal::Refused { message }));
            }
            !pending.said
        });
        Reaction { heard, ..Reaction::default() }
    }
}

/// What a call in that room is about: a post, or nothing in particular.
fn subject(room: &Room) -> Option<Subject> {
    let post = room.post.as_ref()?;
    Some(Subject { id: room.to_string(), label: limits::shown(&format!("Post #{post}")) })
}

/// An event that is to arrive however long it takes.
fn emit<T: Serialize>(name: &'static str, body: &T) -> Outbound {
    Outbound::Emit { name, args: vec![value(body)], perishable: false }
}

fn emit_perishable<T: Serialize>(name: &'static str, body: &T) -> Outbound {
    Outbound::Emit { name, args: vec![value(body)], perishable: true }
}

fn value<T: Serialize>(body: &T) -> Value {
    serde_json::to_value(body).expect("wire structs have string keys and serialise infallibly")
}

impl Dialect for Dealerdesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            video: true,
            voice: true,
            busy: true,
            media_state: true,
            screen_share: true,
            subjects: true,
            history: true,
            analytics: false,
            contacts: true,
            list: ListKind::Rooms,
            chat: true,
            ring_timeout_s: Some(30),
        }
    }

    fn offers(&self) -> OfferRule {
        OfferRule::Caller
    }

    fn socket_auth(&self) -> Option<Value> {
        (!self.token.is_empty()).then(|| json!({ "token": self.token }))
    }

    fn opened(&mut self) -> Vec<Outbound> {
        self.away = false;
        let body = Register { user_email: self.me.clone(), user_type: self.role };
        let mut said = vec![emit(name::REGISTER, &body)];
        // The last one counts as deployed: a call comes after the thread on the screen.
        let rooms = self.open_thread.clone().into_iter().chain(self.calls.rooms());
        for room in rooms.collect::<Vec<_>>() {
            said.extend(self.enter(&room));
        }
        said.extend(self.say_waiting());
        self.settle(&mut said);
        said
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        match inbound {
            Inbound::Opened => Ok(Reaction { outbound: self.opened(), ..Reaction::default() }),
            Inbound::Closed => Ok(self.lost()),
            Inbound::Event { name, args } => {
                let mut reaction = self.event(&name, args)?;
                self.settle(&mut reaction.outbound);
                Ok(reaction)
            }
            // Nothing about a call goes over REST here.
            Inbound::Reply { .. } => Err(DecodeError::UnknownReply),
        }
    }

    fn encode(&mut self, call: &CallKey, signal: &Signal) -> Result<Vec<Outbound>, EncodeError> {
        let mut said = match call {
            CallKey::Local(local) => self.say_local(*local, signal),
            CallKey::Remote(remote) => self.say(&remote.0, signal),
        }?;
        self.settle(&mut said);
        Ok(said)
    }

    fn renew(&mut self, identity: &Identity) {
        self.token = identity.token.clone();
    }

    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if replies.is_empty() { vec![records::rooms_request(&self.me)] } else { Vec::new() }
    }

    fn parse_contacts(
        &self,
        search: &str,
        _now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        match replies.first() {
            Some(reply) => self.rooms(search, reply.status, &reply.body),
            None => Ok(Rows::default()),
        }
    }

    fn chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        self.say_chat(action)
    }

    fn messages(&self, thread: &str, limit: u32) -> Option<RestCall> {
        let (room, _) = self.our_room(thread)?;
        Some(records::messages_request(&room, limit))
    }

    fn parse_messages(&self, thread: &str, status: u16, body: &Value) -> Result<Rows<Message>, ReplyError> {
        self.message_rows(thread, status, body)
    }

    fn history(&self, page: u32, limit: u32) -> Option<RestCall> {
        Some(records::history_request(&self.me, page, limit))
    }

    fn parse_history(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
        self.past_calls(status, body)
    }

    fn analytics(&self) -> Option<RestCall> {
        None
    }

    fn parse_analytics(&self, _status: u16, _body: &Value) -> Result<Analytics, ReplyError> {
        Err(ReplyError::NotUnderstood)
    }

    fn logout(&self) -> RestCall {
        rest::logout("/api/auth/logout")
    }

    fn ice_servers(&self) -> Option<RestCall> {
        Some(rest::fetch("/api/chat/ice-servers"))
    }

    fn parse_ice_servers(&self, status: u16, body: &Value) -> Result<IceServers, ReplyError> {
        rest::ice_servers(status, body)
    }
}
