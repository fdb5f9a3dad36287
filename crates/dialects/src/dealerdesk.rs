//! The dealerdesk dialect: dealers and technicians, who call each other inside chat rooms.
//!
//! What is particular about this backend ("as deployed": in the documented deployment, unlike our server):
//!
//! - **Everything happens in a chat room**, whose name says who may be in it (`dealer:technician`, perhaps
//!   `:POST_<id>`), and most events go to the room alone. The client enters it as soon as a call rings,
//!   because a socket that only registered receives neither the offer nor the end, and again whenever the
//!   socket comes back.
//! - **Descriptions name a room, not a call.** When both sides dial at once the room has two calls: an
//!   offer belongs to the call that its sender placed, an answer to ours (`calls`). Our own events carry an
//!   additive `callId`. Answers to `call_initiate` carry none as deployed and are matched in their order,
//!   so our server answers every one, and an invitation that is taken back before its number is known is
//!   ended as soon as it is.
//! - **A web caller offers 600 ms after the ring and never again**; the phone keeps that offer until the
//!   ring is answered. We offer when `call_accepted` comes, which is also when a web callee can receive it.
//! - **A late rejection is ignored**: a second web device rejects after 30 s even when the first has
//!   answered. `user_joined` does not accept (the room is also the chat), and `user_left` does not end a
//!   call (it is sent for every tab).
//! - **The server keeps time**: rings end after 30 s, a seat in a running call is kept for 30 s, a third
//!   call at once is answered with `User busy`. An unanswered ring is `MISSED`, whichever side ended it,
//!   since `ENDED` follows `ANSWERED`. `duration_seconds` counts from the ring as documented; the additive
//!   `talk_seconds` does not.
//! - **Technicians sign in by address alone** as deployed; `server/src/dealerdesk.rs` says what such a
//!   sign-in is allowed.

mod account;
mod calls;
mod chat;
mod decode;
mod directory;
mod encode;
mod lists;
mod login;
pub mod wire;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bellwire_call::{CallKey, IncomingSignal, OfferRule, OutgoingSignal, Subject};
use serde_json::{Value, json};

use self::account::Account;
use self::calls::{Calls, Invitation};
use self::wire::{JoinRoom, Register, Room, name};
use crate::{
    Capabilities, ChatAction, DecodeError, Dialect, Directory, EncodeError, Entry, Field, Identity, Inbound,
    ListKind, Outbound, Reaction, Role, events::emit, limits,
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
const MAX_MARKED_ROOMS: usize = 64;
/// Messages of which it is known that they came; the deployed backend tells most of them twice.
const MAX_RECENT_MESSAGES: usize = 256;

/// What one dealerdesk account remembers.
#[derive(Debug)]
pub struct Dealerdesk {
    account: Arc<Account>,
    token: String,
    calls: Calls,
    /// Not answered by the backend yet, oldest first.
    invitations: VecDeque<Invitation>,
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
    /// The backend tells by itself who is online.
    tells_presence: bool,
}

impl Dealerdesk {
    /// Speaks for an account that signed in; an unknown role is a technician, as deployed.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            account: Arc::new(Account::new(identity)),
            token: identity.token.clone(),
            calls: Calls::default(),
            invitations: VecDeque::new(),
            away: false,
            room: None,
            open_thread: None,
            marked: BTreeSet::new(),
            recent: VecDeque::new(),
            tells_presence: false,
        }
    }

    /// Enters a room, again if need be. The deployed backend makes it if there is none.
    fn enter(&mut self, room: &str) -> Option<Outbound> {
        let (parsed, _) = self.account.our_room(room)?;
        self.room = Some(room.to_owned());
        let body = JoinRoom {
            dealer_email: parsed.dealer,
            technician_email: parsed.technician,
            user_type: self.account.role,
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
        self.invitations.retain(|invitation| {
            if invitation.sent && !invitation.withdrawn {
                let message = "the connection was lost".to_owned();
                heard.push((CallKey::Local(invitation.local), IncomingSignal::Refused { message }));
            }
            !invitation.sent
        });
        Reaction { heard, ..Reaction::default() }
    }
}

/// What a call in that room is about: a post, or nothing in particular.
fn subject(room: &Room) -> Option<Subject> {
    let post = room.post.as_ref()?;
    Some(Subject { id: room.to_string(), label: limits::shown(&format!("Post #{post}")) })
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
            seats: 2,
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
        let body = Register { user_email: self.account.me.clone(), user_type: self.account.role };
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
            Inbound::Opened => Ok(Reaction::send(self.opened())),
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

    fn encode(&mut self, call: &CallKey, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        let mut said = match call {
            CallKey::Local(local) => self.say_local(*local, signal),
            CallKey::Remote(remote) | CallKey::Member(remote, _) => self.say(&remote.0, signal),
        }?;
        self.settle(&mut said);
        Ok(said)
    }

    fn renew(&mut self, identity: &Identity) {
        self.token = identity.token.clone();
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.account) as Arc<dyn Directory>
    }

    fn chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        self.say_chat(action)
    }
}
