//! The hub: rooms, seats, and which socket gets which event. Pure: no socket, database or clock.
//!
//! ```text
//!            one enters          the other enters             end-call, or the last one leaves
//!  Waiting ─────────────► Waiting ───────────────► InProgress ───────────────────────────────► Ended
//!     ▲  (empty)           (one sits)              (both, or one of them went)                   │
//!     └───────────────────────────── a side enters again ◄──────────────────────────────────────┘
//! ```
//!
//! A seat belongs to a user and is held by one socket: the latest that entered. A socket that is lost
//! leaves its seat kept for a while, and the other side is notified only after that.

mod message;
mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwire_dialects::clinic::wire::{
    ErrorEvent, JoinedRoom, RoomState, SignalHeard, Toggled, UserEvent, UserRole, name,
};

pub(crate) use self::message::{Facts, News, Order, Pretended, Relay, Request};
use self::room::{Live, Seat};
use super::party::Party;
use super::store::RoomRow;
use crate::backend::Backend;
use crate::clinic::defaults::BACKEND;
use crate::clock::Millis;
use crate::hub_actor::{self, Reply, SocketKey};
use crate::metrics::Outcome;
use crate::socket::INTERNAL_ERROR;
use crate::timers::Timers;

/// How long an empty room is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);
/// After this a row that the records have not confirmed is ordered again.
const SAVE_AGAIN: Duration = Duration::from_secs(5);

pub(super) const MAY_NOT_JOIN: &str = "Not authorized to join this room";
const CANNOT_JOIN: &str = "Failed to join room";
const CANNOT_END: &str = "Failed to end call";
const MAY_NOT: &str = "Not authorized";
const MAY_NOT_SHARE: &str = "Only the practitioner can share the screen";

type Replies = Vec<Reply<Order>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Seat(String, UserRole),
    Save(String),
    Forget(String),
}

#[derive(Clone, Debug)]
struct Client {
    party: Party,
    has_token: bool,
}

#[derive(Debug)]
pub(crate) struct Hub {
    seat_kept: Duration,
    clients: BTreeMap<SocketKey, Client>,
    sockets: BTreeMap<String, BTreeSet<SocketKey>>,
    rooms: BTreeMap<String, Live>,
    timers: Timers<Due>,
}

impl Hub {
    pub(crate) fn new(seat_kept: Duration) -> Self {
        Self {
            seat_kept,
            clients: BTreeMap::new(),
            sockets: BTreeMap::new(),
            rooms: BTreeMap::new(),
            timers: Timers::default(),
        }
    }

    fn connected(&mut self, from: SocketKey, party: Party, has_token: bool) -> Replies {
        self.sockets.entry(party.id.clone()).or_default().insert(from);
        // Who waits already: a device that comes late has to hear of it too.
        let mut replies = Vec::new();
        for room in self.rooms.values_mut() {
            if room.facts.user(party.role) == party.id && !room.seats.is_empty() {
                let status = Reply::emit(from, name::ROOM_STATUS, &room.status());
                replies.extend(room.once_stored(vec![status]));
            }
        }
        self.clients.insert(from, Client { party, has_token });
        replies
    }

    fn join(&mut self, from: SocketKey, room_id: &str, now: Millis) -> Replies {
        let me = match self.party_in(from, room_id) {
            Ok(me) => me,
            Err(refusal) => return refusal.reply(from, room_id, CANNOT_JOIN, MAY_NOT_JOIN),
        };
        let Some(room) = self.rooms.get_mut(room_id) else { return Vec::new() };
        if !room.facts.open {
            return refuse(from, room_id, MAY_NOT_JOIN);
        }
        let was_empty = room.seats.is_empty();
        let before = room.seats.insert(me.role, Seat { socket: Some(from), kept_until: None });
        let mut replies = Vec::new();
        if let Some(other) = before.and_then(|seat| seat.socket).filter(|other| *other != from) {
            // One seat each: the device that came first hears that the other took over.
            let ended = user_event(&me.id, room_id, Some("joined-elsewhere"));
            replies.push(Reply::emit(other, name::CALL_ENDED, &ended));
        }
        let joined = JoinedRoom {
            room_id: room_id.to_owned(),
            user_id: me.id.clone(),
            participants: Some(room.connected()),
        };
        replies.push(Reply::emit(from, name::JOINED_ROOM, &joined));
        if let Some(other) = room.socket(me.role.other()) {
            replies.push(Reply::emit(other, name::USER_JOINED, &user_event(&me.id, room_id, None)));
        }
        let both = room.seats.len() == 2;
        let outcome = match room.state {
            RoomState::InProgress => None,
            RoomState::Waiting | RoomState::Ended | RoomState::Unknown if both => Some(Outcome::Answered),
            RoomState::Waiting | RoomState::Ended | RoomState::Unknown if was_empty => Some(Outcome::Started),
            RoomState::Waiting | RoomState::Ended | RoomState::Unknown => None,
        };
        room.started |= both;
        room.state = match room.state {
            RoomState::InProgress => RoomState::InProgress,
            RoomState::Waiting | RoomState::Ended | RoomState::Unknown if both => RoomState::InProgress,
            RoomState::Waiting | RoomState::Ended | RoomState::Unknown => RoomState::Waiting,
        };
        self.changed(room_id, outcome, now, &mut replies);
        replies
    }

    /// Leaving a room one is not in is nothing.
    fn leave(&mut self, from: SocketKey, room_id: &str, now: Millis) -> Replies {
        let me = match self.party_in(from, room_id) {
            Ok(me) => me,
            Err(refusal) => return refusal.reply(from, room_id, MAY_NOT, MAY_NOT),
        };
        let Some(room) = self.rooms.get_mut(room_id) else { return Vec::new() };
        let own = match room.seats.get(&me.role) {
            None => false,
            // Kept for whichever device comes back.
            Some(Seat { socket: None, .. }) => true,
            Some(Seat { socket: Some(socket), .. }) => *socket == from,
        };
        if own { self.vacate(room_id, me.role, None, now) } else { Vec::new() }
    }

    fn vacate(&mut self, room_id: &str, role: UserRole, reason: Option<&str>, now: Millis) -> Replies {
        let Some(room) = self.rooms.get_mut(room_id) else { return Vec::new() };
        room.seats.remove(&role);
        let mut replies = Vec::new();
        if let Some(other) = room.socket(role.other()) {
            let left = user_event(room.facts.user(role), room_id, reason);
            replies.push(Reply::emit(other, name::USER_LEFT, &left));
        }
        let mut outcome = None;
        if room.seats.is_empty() {
            (room.state, outcome) = match room.state {
                RoomState::InProgress => (RoomState::Ended, Some(Outcome::Ended)),
                // One side came in once more, and the other did not.
                RoomState::Waiting | RoomState::Unknown | RoomState::Ended if room.started => {
                    (RoomState::Ended, Some(Outcome::Cancelled))
                }
                RoomState::Waiting | RoomState::Unknown | RoomState::Ended => {
                    (RoomState::Waiting, Some(Outcome::Cancelled))
                }
            };
        }
        self.changed(room_id, outcome, now, &mut replies);
        replies
    }

    /// Both sides are notified and out of the room, whichever of them ends it.
    fn end(&mut self, from: SocketKey, room_id: &str, now: Millis) -> Replies {
        let me = match self.party_in(from, room_id) {
            Ok(me) => me,
            Err(refusal) => return refusal.reply(from, room_id, CANNOT_END, CANNOT_END),
        };
        let Some(room) = self.rooms.get_mut(room_id) else { return Vec::new() };
        let mut told: BTreeSet<SocketKey> = room.seats.values().filter_map(|seat| seat.socket).collect();
        told.insert(from);
        let ended = user_event(&me.id, room_id, None);
        let mut replies: Replies =
            told.into_iter().map(|to| Reply::emit(to, name::CALL_ENDED, &ended)).collect();
        let outcome = match (room.state, room.seats.is_empty()) {
            (RoomState::InProgress, _) => Some(Outcome::Ended),
            (RoomState::Waiting | RoomState::Unknown | RoomState::Ended, false) => Some(Outcome::Cancelled),
            (RoomState::Waiting | RoomState::Unknown | RoomState::Ended, true) => None,
        };
        if room.state == RoomState::Ended && room.seats.is_empty() {
            return room.once_stored(replies);
        }
        room.seats.clear();
        room.state = RoomState::Ended;
        self.changed(room_id, outcome, now, &mut replies);
        replies
    }

    fn relay(&mut self, from: SocketKey, room_id: &str, relay: Relay) -> Replies {
        let me = match self.party_in(from, room_id) {
            Ok(me) => me,
            Err(refusal) => return refusal.reply(from, room_id, MAY_NOT, MAY_NOT),
        };
        if me.role == UserRole::Patient && relay == Relay::Sharing(true) {
            return refuse(from, room_id, MAY_NOT_SHARE);
        }
        let Some(room) = self.rooms.get_mut(room_id) else { return Vec::new() };
        // Late words are what every end leaves behind.
        if room.socket(me.role) != Some(from) {
            return Vec::new();
        }
        let Some(to) = room.socket(me.role.other()) else { return Vec::new() };
        let (user_id, room_id) = (me.id.clone(), Some(room_id.to_owned()));
        let word = match relay {
            Relay::Signal(signal) => {
                Reply::emit(to, name::WEBRTC_SIGNAL, &SignalHeard { signal, user_id, room_id })
            }
            Relay::Audio(is_enabled) => {
                Reply::emit(to, name::AUDIO_TOGGLED, &Toggled { user_id, is_enabled, room_id })
            }
            Relay::Video(is_enabled) => {
                Reply::emit(to, name::VIDEO_TOGGLED, &Toggled { user_id, is_enabled, room_id })
            }
            Relay::Sharing(true) => {
                Reply::emit(to, name::SCREEN_SHARE_STARTED, &UserEvent { user_id, room_id, reason: None })
            }
            Relay::Sharing(false) => {
                Reply::emit(to, name::SCREEN_SHARE_STOPPED, &UserEvent { user_id, room_id, reason: None })
            }
        };
        room.once_stored(vec![word])
    }

    /// A room is not as it was: the record is ordered, and once it is written both parties' devices are told.
    fn changed(&mut self, room_id: &str, outcome: Option<Outcome>, now: Millis, replies: &mut Replies) {
        let Some(room) = self.rooms.get_mut(room_id) else { return };
        room.version += 1;
        if room.seats.is_empty() && !std::mem::replace(&mut room.forgetting, true) {
            self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(room_id.to_owned()));
        }
        self.announce(room_id, replies);
        let Some(room) = self.rooms.get_mut(room_id) else { return };
        *replies = room.once_stored(std::mem::take(replies));
        self.save(room_id, outcome, now, replies);
    }

    fn announce(&self, room_id: &str, replies: &mut Replies) {
        let Some(room) = self.rooms.get(room_id) else { return };
        let status = room.status();
        for user in [&room.facts.practitioner, &room.facts.patient] {
            let devices = self.sockets.get(user).into_iter().flatten();
            replies.extend(devices.map(|to| Reply::emit(*to, name::ROOM_STATUS, &status)));
        }
    }

    fn save(&mut self, room_id: &str, outcome: Option<Outcome>, now: Millis, replies: &mut Replies) {
        let Some(room) = self.rooms.get(room_id) else { return };
        let row = RoomRow {
            room_id: room_id.to_owned(),
            status: room.state,
            practitioner_joined: room.seats.contains_key(&UserRole::Practitioner),
            patient_joined: room.seats.contains_key(&UserRole::Patient),
            at: now,
        };
        replies.push(Reply::Order(Order { row, version: room.version, outcome }));
        self.timers.insert(now.plus(SAVE_AGAIN), Due::Save(room_id.to_owned()));
    }

    fn learn(&mut self, facts: Facts, now: Millis) {
        let room_id = facts.room_id.clone();
        match self.rooms.get_mut(&room_id) {
            // Who sits there is known better here.
            Some(room) => room.facts = facts,
            None => {
                self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(room_id.clone()));
                self.rooms.insert(room_id, Live::new(facts));
            }
        }
    }

    fn resume(&mut self, facts: Facts, seated: Vec<UserRole>, now: Millis) {
        let room_id = facts.room_id.clone();
        let until = now.plus(self.seat_kept);
        self.learn(facts, now);
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        for role in seated {
            room.seats.insert(role, Seat { socket: None, kept_until: Some(until) });
            self.timers.insert(until, Due::Seat(room_id.clone(), role));
        }
    }

    fn lost(&mut self, key: SocketKey, now: Millis) {
        let Some(Client { party, .. }) = self.clients.remove(&key) else { return };
        if let Some(devices) = self.sockets.get_mut(&party.id) {
            devices.remove(&key);
            if devices.is_empty() {
                self.sockets.remove(&party.id);
            }
        }
        let until = now.plus(self.seat_kept);
        for (room_id, room) in &mut self.rooms {
            for (role, seat) in &mut room.seats {
                if seat.socket == Some(key) {
                    *seat = Seat { socket: None, kept_until: Some(until) };
                    self.timers.insert(until, Due::Seat(room_id.clone(), *role));
                }
            }
        }
    }

    fn due(&mut self, due: Due, now: Millis) -> Replies {
        match due {
            Due::Seat(room_id, role) => {
                let seat = self.rooms.get(&room_id).and_then(|room| room.seats.get(&role));
                // It may have been taken again, and lost again.
                let over = seat.and_then(|seat| seat.kept_until).is_some_and(|until| until <= now);
                if over { self.vacate(&room_id, role, Some("disconnected"), now) } else { Vec::new() }
            }
            Due::Save(room_id) => {
                let mut replies = Vec::new();
                if self.rooms.get(&room_id).is_some_and(|room| room.saved < room.version) {
                    self.save(&room_id, None, now, &mut replies);
                }
                replies
            }
            Due::Forget(room_id) => {
                match self.rooms.get_mut(&room_id) {
                    Some(room) if room.seats.is_empty() && room.saved >= room.version => {
                        self.rooms.remove(&room_id);
                    }
                    Some(room) if room.seats.is_empty() => {
                        self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(room_id));
                    }
                    // Again when the last one goes.
                    Some(room) => room.forgetting = false,
                    None => {}
                }
                Vec::new()
            }
        }
    }

    fn party_in(&self, from: SocketKey, room_id: &str) -> Result<Party, Refusal> {
        let client = self.clients.get(&from).ok_or(Refusal::Foreign)?;
        let room = self.rooms.get(room_id).ok_or(Refusal::Unknown)?;
        match room.facts.user(client.party.role) == client.party.id {
            false => Err(Refusal::Foreign),
            true if room.is_full() => Err(Refusal::NotNow),
            true => Ok(client.party.clone()),
        }
    }
}

/// Why a request about a room is not carried out.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    Unknown,
    Foreign,
    /// What was asked before is not stored yet.
    NotNow,
}

impl Refusal {
    fn reply(self, to: SocketKey, room_id: &str, unknown: &str, foreign: &str) -> Replies {
        match self {
            Self::Unknown => refuse(to, room_id, unknown),
            Self::Foreign => refuse(to, room_id, foreign),
            Self::NotNow => refuse(to, room_id, INTERNAL_ERROR),
        }
    }
}

fn refuse(to: SocketKey, room_id: &str, message: &str) -> Replies {
    let body = ErrorEvent { message: Some(message.to_owned()), room_id: Some(room_id.to_owned()) };
    vec![Reply::emit(to, name::ERROR, &body)]
}

fn user_event(user: &str, room_id: &str, reason: Option<&str>) -> UserEvent {
    UserEvent {
        user_id: user.to_owned(),
        room_id: Some(room_id.to_owned()),
        reason: reason.map(str::to_owned),
    }
}

impl hub_actor::Hub for Hub {
    const BACKEND: Backend = BACKEND;

    type Request = Request;
    type News = News;
    type Order = Order;

    fn asked(&mut self, from: SocketKey, request: Request, now: Millis) -> Replies {
        match request {
            Request::Connected { party, has_token } => self.connected(from, party, has_token),
            Request::Join { room_id } => self.join(from, &room_id, now),
            Request::Leave { room_id } => self.leave(from, &room_id, now),
            Request::End { room_id } => self.end(from, &room_id, now),
            Request::Relay { room_id, relay } => self.relay(from, &room_id, relay),
            Request::Pretend { room_id, event } => {
                let message = match event {
                    Pretended::Join => MAY_NOT_JOIN,
                    Pretended::End => CANNOT_END,
                    Pretended::Other => MAY_NOT,
                };
                refuse(from, &room_id, message)
            }
        }
    }

    fn told(&mut self, news: News, now: Millis) -> Replies {
        let mut replies = Vec::new();
        match news {
            News::Learned(facts) => self.learn(facts, now),
            News::Changed(facts) => {
                let room_id = facts.room_id.clone();
                self.learn(facts, now);
                self.announce(&room_id, &mut replies);
                if let Some(room) = self.rooms.get_mut(&room_id) {
                    replies = room.once_stored(replies);
                }
            }
            News::Resumed { facts, seated } => self.resume(facts, seated, now),
            News::Removed { room_id } => {
                if self.rooms.get(&room_id).is_some_and(|room| room.seats.is_empty()) {
                    self.rooms.remove(&room_id);
                }
            }
            News::PasswordChanged { user } => {
                let of =
                    self.clients.iter().filter(|(_, client)| client.has_token && client.party.id == user);
                return of.map(|(key, _)| Reply::Close(*key)).collect();
            }
            News::Saved { room_id, version } => {
                if let Some(room) = self.rooms.get_mut(&room_id) {
                    replies = room.stored(version);
                }
            }
        }
        replies
    }

    fn disconnected(&mut self, key: SocketKey, now: Millis) -> Replies {
        self.lost(key, now);
        Vec::new()
    }

    fn deadline(&self) -> Option<Millis> {
        self.timers.deadline()
    }

    fn expire(&mut self, now: Millis) -> Replies {
        let mut replies = Vec::new();
        while let Some(due) = self.timers.pop(now) {
            replies.extend(self.due(due, now));
        }
        replies
    }

    fn ringing(&self) -> usize {
        let waits = |room: &&Live| room.state == RoomState::Waiting && !room.seats.is_empty();
        self.rooms.values().filter(waits).count()
    }
}

#[cfg(test)]
mod tests;
