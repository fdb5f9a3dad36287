//! The hub: presence, live calls, and which socket gets which event. Pure: no socket, database or clock.
//!
//! Everything goes to all devices of a person, as deployed (`user:<id>`). Who the other side of a call
//! is comes from its record, never from what a client names.
//!
//! INVARIANT: a call's status here only moves forward, and only after its record has.

mod live_call;
mod message;
mod presence;
mod relay;
mod replies;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use bellwire_dialects::marketplace::wire::{
    CallStatus, IncomingScreenShare, Message, MessagesRead, NewMessage, ParticipantLeft, PersonBody,
    UserTyping, chat_of, name,
};

use self::live_call::LiveCall;
pub(crate) use self::message::{Change, Facts, News, Order, Relay, Request};
use self::message::{Replies, rank};
use self::presence::Presence;
use self::replies::{Refusal, accepted, ended, error, incoming, joined, over, refused};
use crate::clock::Millis;
use crate::hub_actor::{Reply, SocketKey};
use crate::timers::Timers;

/// How long a call that is over is remembered, so that late events find out.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// After this a missed call that the records have not confirmed is reported to them again.
const REPORT_RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How often a call that runs is looked at: if neither side has a device there any more, it is over.
const LIVENESS_CHECK_INTERVAL: Duration = Duration::from_secs(120);

/// Why a call is over for a device: another one of the same person took it.
const ELSEWHERE: &str = "answered_elsewhere";
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Ring(String),
    Look(String),
    Forget(String),
}

#[derive(Debug, Default)]
pub(crate) struct Hub {
    presence: Presence,
    /// By what the socket calls them.
    calls: BTreeMap<String, LiveCall>,
    timers: Timers<Due>,
}

impl Hub {
    pub(super) fn handle(&mut self, from: SocketKey, request: Request) -> Replies {
        match request {
            Request::Connected { me, related } => self.connected(from, me, related),
            Request::Ring { call_id } => self.ring(from, &call_id),
            Request::Share { session_id } => self.share(from, &session_id),
            Request::Accept { call_id } => self.accept(from, &call_id),
            Request::Decline { call_id, reason } => self.decline(from, &call_id, reason),
            Request::End { call_id, reason } => self.end(from, &call_id, reason),
            Request::Enter { call_id } => self.enter(from, &call_id),
            Request::Leave { call_id } => match self.party_of(from, &call_id) {
                Ok(_) => self.leave(from, &call_id, None),
                Err(refusal) => refused(from, refusal, &call_id),
            },
            Request::Relay { call_id, relay } => self.relay(from, &call_id, relay),
            Request::Typing { to, on } => match self.presence.person(from).cloned() {
                Some(me) => self.typing(&me, &to, on),
                None => Vec::new(),
            },
            Request::Status(status) => match self.presence.person(from).map(|me| me.id.clone()) {
                Some(me) => self.presence.show_as(&me, status),
                None => Vec::new(),
            },
            Request::Refuse { call_id, message } => vec![error(from, call_id, message)],
        }
    }

    pub(super) fn hear(&mut self, news: News, now: Millis) -> Replies {
        match news {
            News::Learned(facts) => {
                if !self.calls.contains_key(&facts.call_id) {
                    self.remember(facts, now);
                }
                Vec::new()
            }
            News::Changed(facts, change) => self.changed(facts, change, now),
            News::Left { call_id, user } => self.left(&call_id, &user, None),
            News::Said(message) => self.said(&message),
            News::Read { conversation, reader, other } => {
                let body = MessagesRead { conversation_id: conversation, reader_id: reader.clone() };
                self.to_both(&reader, &other, name::MESSAGES_READ, &body)
            }
            News::Typing { from, to, on } => self.typing(&from, &to, on),
            News::Status { user, status } => self.presence.show_as(&user, status),
        }
    }

    pub(super) fn disconnected(&mut self, from: SocketKey) -> Replies {
        let seats = self.calls.iter().filter(|(_, call)| call.seats.contains_key(&from));
        let seats: Vec<String> = seats.map(|(call_id, _)| call_id.clone()).collect();
        let mut replies = Vec::new();
        for call_id in seats {
            replies.extend(self.leave(from, &call_id, Some("disconnected")));
        }
        replies.extend(self.presence.depart(from));
        replies
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        self.timers.deadline()
    }

    pub(super) fn expire(&mut self, now: Millis) -> Replies {
        let mut replies = Vec::new();
        while let Some(due) = self.timers.pop(now) {
            match due {
                Due::Ring(call_id) => {
                    if let Some(call) = self.calls.get(&call_id).filter(|call| call.facts.rings()) {
                        replies.push(Reply::Order(Order::Miss { id: call.facts.id.clone() }));
                        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Ring(call_id));
                    }
                }
                Due::Look(call_id) => {
                    let Some(call) = self.calls.get(&call_id).filter(|call| !call.facts.is_over()) else {
                        continue;
                    };
                    let facts = &call.facts;
                    if !self.presence.is_here(&facts.caller.id) && !self.presence.is_here(&facts.callee.id) {
                        let id = facts.id.clone();
                        replies.push(Reply::Order(Order::End { id, by: None, reason: None }));
                    }
                    self.timers.insert(now.plus(LIVENESS_CHECK_INTERVAL), Due::Look(call_id));
                }
                Due::Forget(call_id) => {
                    self.calls.remove(&call_id);
                }
            }
        }
        replies
    }

    /// Calls that ring.
    pub(super) fn ringing(&self) -> usize {
        self.calls.values().filter(|call| call.facts.rings() && !call.facts.is_screen()).count()
    }

    /// The status that others see of a user.
    pub(crate) fn status(&self, id: &str) -> String {
        self.presence.status(id).to_owned()
    }

    fn connected(&mut self, from: SocketKey, me: PersonBody, related: Vec<String>) -> Replies {
        let id = me.id.clone();
        let mut replies = self.presence.arrive(from, me, related);
        let rings = |call: &&LiveCall| call.rung && call.facts.rings() && call.facts.callee.id == id;
        for call in self.calls.values().filter(rings) {
            replies.push(incoming(from, &call.facts));
            replies.push(Reply::Order(Order::Rang { id: call.facts.id.clone() }));
        }
        replies
    }

    fn ring(&mut self, from: SocketKey, call_id: &str) -> Replies {
        let facts = match self.of_caller(from, call_id) {
            Ok(facts) => facts,
            Err(refusal) => return refused(from, refusal, call_id),
        };
        if facts.is_screen() {
            return refused(from, Refusal::Unknown, call_id);
        }
        if !facts.rings() {
            return self.outcome(from, call_id);
        }
        self.seat(from, call_id, &facts.caller.id);
        // A device that connects later is rung then; no device is rung twice.
        let rung = self.calls.get_mut(call_id).is_some_and(|call| std::mem::replace(&mut call.rung, true));
        if rung {
            return Vec::new();
        }
        let mut replies: Replies =
            self.presence.sockets(&facts.callee.id).map(|to| incoming(to, &facts)).collect();
        if !replies.is_empty() {
            replies.push(Reply::Order(Order::Rang { id: facts.id }));
        }
        replies
    }

    /// A screen needs no answer: it is shown, and a record of it runs.
    fn share(&mut self, from: SocketKey, session_id: &str) -> Replies {
        let facts = match self.of_caller(from, session_id) {
            Ok(facts) => facts,
            Err(refusal) => return refused(from, refusal, session_id),
        };
        if !facts.is_screen() {
            return refused(from, Refusal::Unknown, session_id);
        }
        if facts.is_over() {
            return refused(from, Refusal::Over, session_id);
        }
        let body = IncomingScreenShare {
            session_id: session_id.to_owned(),
            chat_id: Some(chat_of(&facts.caller.id, &facts.callee.id)),
            sharer: facts.caller.clone(),
        };
        let others = self.presence.sockets(&facts.callee.id);
        let mut replies: Replies =
            others.map(|to| Reply::emit(to, name::INCOMING_SCREEN_SHARE, &body)).collect();
        if facts.rings() {
            replies.push(Reply::Order(Order::Shown { id: facts.id }));
        }
        replies
    }

    fn accept(&mut self, from: SocketKey, call_id: &str) -> Replies {
        let (me, facts) = match self.party_of(from, call_id) {
            Ok((me, call)) if call.facts.callee.id == me.id && !call.facts.is_screen() => {
                (me, call.facts.clone())
            }
            Ok(_) => return refused(from, Refusal::NotCallee, call_id),
            Err(refusal) => return refused(from, refusal, call_id),
        };
        if facts.is_over() {
            return self.outcome(from, call_id);
        }
        let Some(call) = self.calls.get_mut(call_id) else { return Vec::new() };
        // Two devices at once: the first one has it.
        if call.answered_on.is_some_and(|first| first != from) {
            let reason = Some(ELSEWHERE.to_owned());
            let change = Change { by: Some(me.id), reason, duration: 0.0 };
            return vec![ended(from, call_id, &change)];
        }
        call.answered_on = Some(from);
        self.seat(from, call_id, &me.id);
        if facts.rings() { vec![Reply::Order(Order::Accept { id: facts.id, by: me.id })] } else { Vec::new() }
    }

    fn decline(&mut self, from: SocketKey, call_id: &str, reason: Option<String>) -> Replies {
        match self.party_of(from, call_id) {
            Ok((me, call)) if call.facts.callee.id == me.id && !call.facts.is_screen() => {
                if call.facts.rings() {
                    vec![Reply::Order(Order::Decline { id: call.facts.id.clone(), by: me.id, reason })]
                } else {
                    // Another device was faster.
                    Vec::new()
                }
            }
            Ok(_) => refused(from, Refusal::NotCallee, call_id),
            Err(refusal) => refused(from, refusal, call_id),
        }
    }

    fn end(&mut self, from: SocketKey, call_id: &str, reason: Option<String>) -> Replies {
        match self.party_of(from, call_id) {
            Ok((_, call)) if call.facts.is_over() => Vec::new(),
            Ok((me, call)) => {
                vec![Reply::Order(Order::End { id: call.facts.id.clone(), by: Some(me.id), reason })]
            }
            Err(refusal) => refused(from, refusal, call_id),
        }
    }

    /// The other side hears of it once the call is answered; a side that was away hears what it missed.
    fn enter(&mut self, from: SocketKey, call_id: &str) -> Replies {
        let (me, facts) = match self.party_of(from, call_id) {
            Ok((me, call)) => (me, call.facts.clone()),
            Err(refusal) => return refused(from, refusal, call_id),
        };
        if facts.is_over() {
            return self.outcome(from, call_id);
        }
        self.seat(from, call_id, &me.id);
        if facts.rings() {
            return Vec::new();
        }
        let mut replies = Vec::new();
        let other = facts.other(&me.id);
        if me.id == facts.caller.id {
            replies.push(accepted(from, &facts));
        }
        if self.calls.get(call_id).is_some_and(|call| call.has_seat(&other.id)) {
            replies.push(joined(from, call_id, other));
        }
        replies.extend(self.presence.sockets(&other.id).map(|to| joined(to, call_id, &me)));
        replies
    }

    fn leave(&mut self, from: SocketKey, call_id: &str, reason: Option<&str>) -> Replies {
        let Some(call) = self.calls.get_mut(call_id) else { return Vec::new() };
        if call.answered_on == Some(from) {
            call.answered_on = None;
        }
        match call.seats.remove(&from) {
            Some(person) if !call.has_seat(&person) => self.left(call_id, &person, reason),
            Some(_) | None => Vec::new(),
        }
    }

    fn left(&self, call_id: &str, person: &str, reason: Option<&str>) -> Replies {
        let Some(call) = self.calls.get(call_id) else { return Vec::new() };
        if call.facts.status != CallStatus::Answered || call.facts.is_screen() {
            return Vec::new();
        }
        let body = ParticipantLeft {
            call_id: call_id.to_owned(),
            participant_id: person.to_owned(),
            reason: reason.map(str::to_owned),
        };
        let others = self.presence.sockets(&call.facts.other(person).id);
        others.map(|to| Reply::emit(to, name::PARTICIPANT_LEFT, &body)).collect()
    }

    /// The records have changed a call (or made it): tells both sides on all their devices.
    fn changed(&mut self, facts: Facts, change: Change, now: Millis) -> Replies {
        let call_id = facts.call_id.clone();
        let known = self.calls.get(&call_id).map(|call| call.facts.status);
        if known.is_some_and(|known| rank(facts.status) <= rank(known)) {
            return Vec::new();
        }
        self.presence.relate(&facts.caller.id, &facts.callee.id);
        self.remember(facts.clone(), now);
        let Some(call) = self.calls.get_mut(&call_id) else { return Vec::new() };
        call.facts = facts.clone();
        call.change = change;
        let call = &self.calls[&call_id];
        let (caller, callee) = (&facts.caller.id, &facts.callee.id);
        let everybody = self.presence.sockets(caller).chain(self.presence.sockets(callee));
        match facts.status {
            CallStatus::Initiated | CallStatus::Ringing | CallStatus::Unknown => Vec::new(),
            CallStatus::Answered if facts.is_screen() => Vec::new(),
            CallStatus::Answered => {
                let mut replies: Replies = everybody.map(|to| accepted(to, &facts)).collect();
                if call.has_seat(callee) {
                    let callers = self.presence.sockets(caller);
                    replies.extend(callers.map(|to| joined(to, &call_id, &facts.callee)));
                }
                replies
            }
            CallStatus::Declined | CallStatus::Ended | CallStatus::Missed | CallStatus::Failed => {
                everybody.map(|to| over(to, call)).collect()
            }
        }
    }

    /// How a call stands, for a device that speaks of it as if it rang.
    fn outcome(&self, to: SocketKey, call_id: &str) -> Replies {
        match self.calls.get(call_id) {
            Some(call) if call.facts.is_over() => vec![over(to, call)],
            Some(call) if !call.facts.rings() => vec![accepted(to, &call.facts)],
            Some(_) | None => Vec::new(),
        }
    }

    fn said(&mut self, message: &Message) -> Replies {
        let (sender, receiver) = (message.sender.id().to_owned(), message.receiver.id().to_owned());
        self.presence.relate(&sender, &receiver);
        let body = NewMessage {
            chat_id: Some(chat_of(&sender, &receiver)),
            message: serde_json::to_value(message).unwrap_or_default(),
        };
        self.to_both(&sender, &receiver, name::NEW_MESSAGE, &body)
    }

    fn typing(&self, from: &PersonBody, to: &str, on: bool) -> Replies {
        // Strangers would have a bell to ring.
        if !self.presence.are_related(to, &from.id) {
            return Vec::new();
        }
        let body = UserTyping {
            chat_id: Some(chat_of(&from.id, to)),
            user_id: Some(from.id.clone()),
            user_name: from.name.clone(),
        };
        let event = if on { name::USER_TYPING } else { name::USER_STOP_TYPING };
        self.presence.sockets(to).map(|to| Reply::emit(to, event, &body)).collect()
    }

    fn to_both(&self, one: &str, other: &str, event: &'static str, body: &impl serde::Serialize) -> Replies {
        let both = self.presence.sockets(one).chain(self.presence.sockets(other));
        both.map(|to| Reply::emit(to, event, body)).collect()
    }

    fn seat(&mut self, socket: SocketKey, call_id: &str, person: &str) {
        if let Some(call) = self.calls.get_mut(call_id) {
            call.seats.insert(socket, person.to_owned());
        }
    }

    fn remember(&mut self, facts: Facts, now: Millis) {
        let call_id = facts.call_id.clone();
        if facts.rings() {
            self.timers.insert(facts.ring_until, Due::Ring(call_id.clone()));
        } else if facts.is_over() {
            self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(call_id.clone()));
        } else {
            self.timers.insert(now.plus(LIVENESS_CHECK_INTERVAL), Due::Look(call_id.clone()));
        }
        self.calls.entry(call_id).or_insert_with(|| LiveCall {
            facts,
            rung: false,
            change: Change::default(),
            seats: BTreeMap::new(),
            answered_on: None,
        });
    }

    fn of_caller(&self, from: SocketKey, call_id: &str) -> Result<Facts, Refusal> {
        let (me, call) = self.party_of(from, call_id)?;
        if call.facts.caller.id == me.id { Ok(call.facts.clone()) } else { Err(Refusal::NotCaller) }
    }

    fn party_of(&self, from: SocketKey, call_id: &str) -> Result<(PersonBody, &LiveCall), Refusal> {
        let me = self.presence.person(from).ok_or(Refusal::Nobody)?;
        let call = self.calls.get(call_id).ok_or(Refusal::Unknown)?;
        if call.facts.is_party(&me.id) {
            Ok((call.facts.party(&me.id).clone(), call))
        } else {
            Err(Refusal::Foreign)
        }
    }
}

#[cfg(test)]
mod tests;
