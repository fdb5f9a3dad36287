//! The hub: presence, rooms, calls, and which socket gets which event. Pure: no socket, database or clock.
//!
//! ```text
//!  socket ─ Request ─┐                         ┌─ emit ──► one socket
//!  record ─ News ────┼─► Hub(.., now) ─────────┤
//!  time   ───────────┘                         └─ Order ─► the call records
//! ```
//!
//! A call's record decides: what is placed, answered or over here was so there before.
//!
//! INVARIANT: only calls that ring or run are kept, and each of them has a timer that will end it or
//! every side has a socket in its room.

mod message;
mod passing;
mod presence;

use std::collections::BTreeMap;
use std::time::Duration;

use bellwire_dialects::dealerdesk::wire::{
    CallAccepted, CallEnded, CallFailed, CallInitiated, CallRejected, CallStatus, ErrorEvent, IncomingCall,
    Room, RowId, UserJoined, UserLeft, UserPresence, name,
};
use serde::Serialize;

pub(crate) use self::message::{Change, Facts, News, NoAnswer, Order, Relay, Request};
use self::presence::Presence;
use super::party::Party;
use crate::backend::Backend;
use crate::clock::Millis;
use crate::dealerdesk::defaults::BACKEND;
use crate::hub_actor::{self, Reply, SessionEnd, SocketKey};
use crate::timers::Timers;

/// After this an order that the records have not confirmed is given again.
const REPORT_RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// One call that runs and one that rings: a user with both is busy.
const MOST_CALLS: usize = 2;

type Replies = Vec<Reply<Order>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Ring(i64),
    /// That side has no socket in the call's room.
    Seat(i64, Party),
}

#[derive(Debug)]
struct Live {
    facts: Facts,
    /// What the callee's devices are rung with, also those that come late.
    ring: IncomingCall,
    /// Why the record becomes missed; from then on it cannot be answered.
    given_up: Option<NoAnswer>,
}

#[derive(Debug)]
pub(crate) struct Hub {
    /// How long a participant may be gone from a call's room.
    seat_kept: Duration,
    presence: Presence,
    calls: BTreeMap<i64, Live>,
    timers: Timers<Due>,
}

impl hub_actor::Hub for Hub {
    const BACKEND: Backend = BACKEND;

    type Request = Request;
    type News = News;
    type Order = Order;

    fn asked(&mut self, from: SocketKey, request: Request, now: Millis) -> Replies {
        self.handle(from, request, now)
    }

    fn told(&mut self, news: News, now: Millis) -> Replies {
        match news {
            News::Learned(facts, caller_name) => {
                self.learn(facts, caller_name, now);
                Vec::new()
            }
            News::Changed(change) => self.changed(change, now),
        }
    }

    fn disconnected(&mut self, key: SocketKey, now: Millis) -> Replies {
        self.depart(key, now)
    }

    fn session_over(&mut self, key: SocketKey, end: SessionEnd, _now: Millis) -> Replies {
        let over = refusal("Session expired, please sign in again", "TOKEN_EXPIRED");
        match end {
            SessionEnd::Expired => vec![Reply::emit(key, name::ERROR, &over)],
            SessionEnd::SignedOut => Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Millis> {
        self.timers.deadline()
    }

    fn expire(&mut self, now: Millis) -> Replies {
        self.time(now)
    }

    fn ringing(&self) -> usize {
        self.calls.values().filter(|call| call.facts.rings()).count()
    }
}

impl Hub {
    pub(crate) fn new(seat_kept: Duration) -> Self {
        Self { seat_kept, presence: Presence::default(), calls: BTreeMap::new(), timers: Timers::default() }
    }

    /// Whether a user has a socket connected.
    pub(crate) fn is_online(&self, who: &Party) -> bool {
        self.presence.is_online(who)
    }

    fn handle(&mut self, from: SocketKey, request: Request, now: Millis) -> Replies {
        match request {
            Request::Arrive { party, related } => self.arrive(from, party, &related, now),
            Request::Refuse(error) => vec![Reply::emit(from, name::ERROR, &error)],
            Request::NotPlaced { room_id, reason } => vec![not_placed(from, room_id, reason)],
            Request::Join(room) => self.join(from, &room, now),
            Request::Place { facts, caller_name } => self.place(from, facts, caller_name, now),
            Request::Accept { room } => self.enter(from, &room),
            Request::TooLate { id } => {
                let reason = Some("over".to_owned());
                let body = CallEnded { call_id: RowId::Number(id), duration_seconds: 0.0, reason };
                vec![Reply::emit(from, name::CALL_ENDED, &body)]
            }
            Request::Relay { room, call, relay } => self.relay(from, &room, call, relay),
            Request::Typing { room, on } => self.typing(from, room, on),
            Request::Message { room, row } => self.message(from, &room, *row),
            Request::Read { room, message } => self.read(from, &room, message),
        }
    }

    fn arrive(&mut self, from: SocketKey, party: Party, related: &[Party], now: Millis) -> Replies {
        let before = self.presence.party(from).cloned();
        if before.as_ref() == Some(&party) {
            return Vec::new();
        }
        let mut replies = if before.is_some() { self.depart(from, now) } else { Vec::new() };
        if self.presence.arrive(from, &party, related) {
            replies.extend(self.tell_presence(self.presence.related_online(&party), &party, true));
        }
        for other in self.presence.related_online(&party) {
            let body = UserPresence { user_email: other.email, is_online: true };
            replies.push(Reply::emit(from, name::USER_PRESENCE, &body));
        }
        // Late, but not too late.
        for call in self.calls.values() {
            if call.facts.rings() && call.given_up.is_none() && call.facts.callee() == party {
                replies.push(Reply::emit(from, name::INCOMING_CALL, &call.ring));
            }
        }
        replies
    }

    fn depart(&mut self, from: SocketKey, now: Millis) -> Replies {
        let Some(departure) = self.presence.depart(from) else { return Vec::new() };
        let whose = departure.party;
        let mut replies = Vec::new();
        for room in &departure.rooms {
            let body = UserLeft {
                user_email: whose.email.clone(),
                user_type: Some(whose.role),
                timestamp: Some(now.iso()),
            };
            replies.extend(self.to_other(&whose, room, name::USER_LEFT, &body));
            let left = self.calls.values().filter(|call| call.facts.room == *room && !call.facts.rings());
            let left: Vec<i64> = left.map(|call| call.facts.id).collect();
            for id in left {
                self.timers.insert(now.plus(self.seat_kept), Due::Seat(id, whose.clone()));
            }
        }
        replies.extend(self.tell_presence(departure.related, &whose, false));
        replies
    }

    fn tell_presence(&self, whom: Vec<Party>, who: &Party, is_online: bool) -> Replies {
        let body = UserPresence { user_email: who.email.clone(), is_online };
        let sockets = whom.iter().flat_map(|person| self.presence.sockets(person));
        sockets.map(|to| Reply::emit(to, name::USER_PRESENCE, &body)).collect()
    }

    fn join(&mut self, from: SocketKey, room: &Room, now: Millis) -> Replies {
        let Some(me) = self.presence.party(from).cloned() else { return nobody(from) };
        let Some(other) = me.other(room) else { return foreign(from) };
        let known = self.presence.is_in(from, room);
        self.presence.relate(&me, &other);
        let mut replies = self.enter(from, room);
        if !known {
            let user_type = Some(me.role);
            let body = UserJoined { user_type, email: me.email.clone(), timestamp: Some(now.iso()) };
            let own = self.presence.in_room(&me, room).filter(|to| *to != from);
            let all = own.chain(self.presence.in_room(&other, room));
            replies.extend(all.map(|to| Reply::emit(to, name::USER_JOINED, &body)));
        }
        replies
    }

    /// Puts a socket into a room of its user, without a notification.
    fn enter(&mut self, from: SocketKey, room: &Room) -> Replies {
        let Some(me) = self.presence.party(from).cloned() else { return nobody(from) };
        if me.other(room).is_none() {
            return foreign(from);
        }
        self.presence.join(from, room);
        let back: Vec<i64> =
            self.calls.values().filter(|call| call.facts.room == *room).map(|call| call.facts.id).collect();
        self.timers.retain(|due| match due {
            Due::Seat(id, who) => !(back.contains(id) && *who == me),
            Due::Ring(_) => true,
        });
        Vec::new()
    }

    fn place(&mut self, from: SocketKey, facts: Facts, caller_name: String, now: Millis) -> Replies {
        let Some(me) = self.presence.party(from).cloned() else { return nobody(from) };
        let (id, room, callee) = (facts.id, facts.room.clone(), facts.callee());
        if facts.caller() != me {
            return foreign(from);
        }
        self.presence.relate(&me, &callee);
        self.enter(from, &room);
        let live = |who: &Party| self.calls.values().filter(|call| call.facts.involves(who)).count();
        let refusal = if !self.presence.is_online(&callee) {
            Some((NoAnswer::Offline, CallFailed::NOT_AVAILABLE))
        } else if live(&callee) >= MOST_CALLS {
            Some((NoAnswer::Busy, CallFailed::BUSY))
        } else if live(&me) >= MOST_CALLS {
            Some((NoAnswer::Busy, CallFailed::FAILED))
        } else {
            None
        };
        self.learn(facts, caller_name, now);
        let Some(call) = self.calls.get_mut(&id) else { return Vec::new() };
        let room_id = Some(room.to_string());
        if let Some((why, reason)) = refusal {
            call.given_up = Some(why);
            return vec![not_placed(from, room_id, reason), Reply::Order(Order::Miss { id, why })];
        }
        let initiated = CallInitiated { call_id: RowId::Number(id), status: "sent".to_owned(), room_id };
        let mut replies = vec![Reply::emit(from, name::CALL_INITIATED, &initiated)];
        let ring = call.ring.clone();
        replies.extend(self.presence.sockets(&callee).map(|to| Reply::emit(to, name::INCOMING_CALL, &ring)));
        replies
    }

    /// A call that rings or runs; known ones stay as they are.
    fn learn(&mut self, facts: Facts, caller_name: String, now: Millis) {
        let id = facts.id;
        if self.calls.contains_key(&id) {
            return;
        }
        match facts.status {
            CallStatus::Initiated => {
                self.timers.insert(facts.ring_until, Due::Ring(id));
            }
            CallStatus::Answered => self.await_both(&facts, now),
            CallStatus::Rejected | CallStatus::Ended | CallStatus::Missed | CallStatus::Unknown => return,
        }
        let ring = IncomingCall {
            call_id: RowId::Number(id),
            room_id: facts.room.to_string(),
            caller_email: facts.caller().email,
            caller_type: Some(facts.caller),
            call_type: facts.call_type,
            timestamp: Some(facts.started_at.iso()),
            caller_name: Some(caller_name),
        };
        self.calls.insert(id, Live { facts, ring, given_up: None });
    }

    /// A call runs: a participant who is not in its room is waited for.
    fn await_both(&mut self, facts: &Facts, now: Millis) {
        for side in [facts.caller(), facts.callee()] {
            if self.presence.in_room(&side, &facts.room).next().is_none() {
                self.timers.insert(now.plus(self.seat_kept), Due::Seat(facts.id, side));
            }
        }
    }

    /// The records have changed a call: tells both people on all their devices.
    fn changed(&mut self, change: Change, now: Millis) -> Replies {
        let id = change.id;
        let Some(call) = self.calls.get_mut(&id) else { return Vec::new() };
        call.facts.status = change.status;
        let facts = call.facts.clone();
        let given_up = call.given_up;
        let (call_id, room_id) = (RowId::Number(id), Some(facts.room.to_string()));
        match change.status {
            CallStatus::Answered => {
                self.await_both(&facts, now);
                return self.to_both(&facts, name::CALL_ACCEPTED, &CallAccepted { call_id, room_id });
            }
            CallStatus::Initiated | CallStatus::Unknown => return Vec::new(),
            CallStatus::Rejected | CallStatus::Ended | CallStatus::Missed => {}
        }
        self.forget(id);
        if change.status == CallStatus::Rejected {
            let (rejected_by, timestamp) = (change.by.map(|by| by.email), Some(now.iso()));
            let body = CallRejected { call_id, room_id, rejected_by, timestamp, reason: change.reason };
            return self.to_both(&facts, name::CALL_REJECTED, &body);
        }
        match given_up {
            // The caller was notified at once, and no device was rung.
            Some(NoAnswer::Offline | NoAnswer::Busy) => Vec::new(),
            Some(NoAnswer::TimeUp) | None => {
                let duration_seconds = f64::from(change.duration);
                let body = CallEnded { call_id, duration_seconds, reason: change.reason };
                self.to_both(&facts, name::CALL_ENDED, &body)
            }
        }
    }

    fn forget(&mut self, id: i64) {
        self.calls.remove(&id);
        self.timers.retain(|due| match due {
            Due::Ring(of) | Due::Seat(of, _) => *of != id,
        });
    }

    fn time(&mut self, now: Millis) -> Replies {
        let mut replies = Vec::new();
        while let Some(due) = self.timers.pop(now) {
            match due {
                Due::Ring(id) => {
                    let Some(call) = self.calls.get_mut(&id) else { continue };
                    if call.facts.rings() {
                        let why = *call.given_up.get_or_insert(NoAnswer::TimeUp);
                        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Ring(id));
                        replies.push(Reply::Order(Order::Miss { id, why }));
                    }
                }
                Due::Seat(id, who) => {
                    if self.calls.contains_key(&id) {
                        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Seat(id, who));
                        replies.push(Reply::Order(Order::Abandon { id }));
                    }
                }
            }
        }
        replies
    }

    /// To the sockets of the other one that are in the room.
    fn to_other(&self, me: &Party, room: &Room, event: &'static str, body: &impl Serialize) -> Replies {
        let Some(other) = me.other(room) else { return Vec::new() };
        emit_all(self.presence.in_room(&other, room).collect(), event, body)
    }

    fn to_both(&self, facts: &Facts, event: &'static str, body: &impl Serialize) -> Replies {
        let (caller, callee) = (facts.caller(), facts.callee());
        let both = self.presence.sockets(&caller).chain(self.presence.sockets(&callee));
        emit_all(both.collect(), event, body)
    }
}

fn emit_all(to: Vec<SocketKey>, event: &'static str, body: &impl Serialize) -> Replies {
    to.into_iter().map(|to| Reply::emit(to, event, body)).collect()
}

fn not_placed(to: SocketKey, room_id: Option<String>, reason: &str) -> Reply<Order> {
    Reply::emit(to, name::CALL_FAILED, &CallFailed { reason: reason.to_owned(), room_id })
}

/// What an `error` event says.
pub(crate) fn refusal(message: &str, code: &str) -> ErrorEvent {
    ErrorEvent { message: message.to_owned(), details: None, code: Some(code.to_owned()) }
}

fn nobody(to: SocketKey) -> Replies {
    vec![Reply::emit(to, name::ERROR, &refusal("Please register first", "UNAUTHORIZED"))]
}

fn foreign(to: SocketKey) -> Replies {
    vec![Reply::emit(to, name::ERROR, &refusal("You are not part of this room", "FORBIDDEN"))]
}

#[cfg(test)]
mod tests;
