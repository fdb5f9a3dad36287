//! The hub: presence, live calls, and which socket gets which event. Pure: no socket, database or clock.
//!
//! INVARIANT: a call's status here only moves forward, and only after its record has.

mod call;
mod message;
mod presence;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwire_dialects::storefront::wire::{
    CallEnded, CallError, CallPartyEvent, CallStatus, CallStatusUpdate, CallTargetOffline, IceCandidateEvent,
    IncomingVideoCall, OnlineUser, SdpAnswer, SdpOffer, ToggleAudio, ToggleVideo, UserJoinedCall,
    UserLeftCall, name,
};

use self::call::{LiveCall, is_over, rank};
use self::message::Replies;
pub(crate) use self::message::{Change, Facts, News, Order, Party, Relay, Request};
pub(crate) use self::presence::Lists;
use self::presence::Presence;
use crate::clock::Millis;
use crate::hub_actor::{Reply, SocketKey};
use crate::timers::Timers;

/// How long a call that is over is remembered, so that late events find out.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// After this a missed call that the records have not confirmed is reported to them again.
const REPORT_RETRY_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Ring(String),
    Forget(String),
    Abandoned(String),
}

#[derive(Debug)]
pub(crate) struct Hub {
    /// How long an answered call may be empty.
    abandoned_after: Duration,
    presence: Presence,
    calls: BTreeMap<String, LiveCall>,
    /// Which calls a socket has joined.
    seats: BTreeMap<SocketKey, BTreeSet<String>>,
    timers: Timers<Due>,
}

impl Hub {
    pub(crate) fn new(abandoned_after: Duration, lists: Lists) -> Self {
        Self {
            abandoned_after,
            presence: Presence::new(lists),
            calls: BTreeMap::new(),
            seats: BTreeMap::new(),
            timers: Timers::default(),
        }
    }

    /// What has to happen because a socket asked for something.
    pub(crate) fn handle(&mut self, from: SocketKey, request: Request, now: Millis) -> Replies {
        match request {
            Request::Connected { party, related } => self.connected(from, party, related, now),
            Request::ListOnline => self.listed(from),
            Request::Ring(ring) => self.ring(from, *ring),
            Request::Join { call_id } => self.join(from, &call_id, now),
            Request::Leave { call_id } => self.leave(from, &call_id, None, now),
            Request::Relay { call_id, relay } => self.relay(from, &call_id, relay),
            Request::Status { call_id, status, reason } => self.status(from, &call_id, status, reason, now),
            Request::End { call_id, reason } => match self.party_of(from, &call_id) {
                Ok((_, call)) if is_over(call.facts.status) => Vec::new(),
                Ok((me, _)) => vec![Reply::Order(Order::End { call_id, by: me, reason })],
                Err(refusal) => refused(from, refusal, call_id),
            },
            Request::Quality { call_id, report } => match self.party_of(from, &call_id) {
                Ok((me, _)) => {
                    vec![Reply::Order(Order::Quality { call_id, role: me.role, report })]
                }
                Err(refusal) => refused(from, refusal, call_id),
            },
        }
    }

    /// A call that a socket is about to speak of, as the records have it; known calls stay as they are.
    pub(crate) fn learn(&mut self, facts: Facts, now: Millis) {
        if !self.calls.contains_key(&facts.call_id) {
            self.remember(facts, now);
        }
    }

    /// The records have changed a call (or made it): tells both parties on all their devices.
    pub(crate) fn changed(&mut self, facts: Facts, change: Change, now: Millis) -> Replies {
        match self.calls.get_mut(&facts.call_id) {
            Some(call) if rank(facts.status) <= rank(call.facts.status) => return Vec::new(),
            Some(call) => call.facts = facts.clone(),
            None => {}
        }
        self.remember(facts.clone(), now);
        self.presence.relate(&facts.seller, &facts.customer);

        match facts.status {
            CallStatus::Initiated | CallStatus::Unknown => Vec::new(),
            CallStatus::Ringing => {
                let caller = facts.party(facts.initiated_by);
                status_known(self.presence.sockets(&caller.id), &facts, change, now)
            }
            CallStatus::Accepted
            | CallStatus::Declined
            | CallStatus::Rejected
            | CallStatus::Busy
            | CallStatus::Missed
            | CallStatus::Failed
            | CallStatus::Ended => status_known(self.both(&facts), &facts, change, now),
        }
    }

    /// The next moment [`Hub::expire`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        [self.timers.deadline(), self.presence.deadline()].into_iter().flatten().min()
    }

    /// What has to happen because time has passed.
    pub(crate) fn expire(&mut self, now: Millis) -> Replies {
        let mut replies = self.presence.expire(now);
        while let Some(due) = self.timers.pop(now) {
            match due {
                Due::Ring(call_id) => {
                    let rings = self.calls.get(&call_id).is_some_and(|call| call.facts.rings());
                    if rings {
                        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Ring(call_id.clone()));
                        replies.push(Reply::Order(Order::Miss { call_id }));
                    }
                }
                Due::Forget(call_id) => {
                    if let Some(call) = self.calls.remove(&call_id) {
                        for seat in call.seats.keys() {
                            if let Some(joined) = self.seats.get_mut(seat) {
                                joined.remove(&call_id);
                            }
                        }
                    }
                }
                Due::Abandoned(call_id) => {
                    let since = self.calls.get(&call_id).and_then(|call| call.empty_since);
                    let late = since.filter(|since| since.plus(self.abandoned_after) <= now);
                    if let Some(since) = late {
                        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Abandoned(call_id.clone()));
                        replies.push(Reply::Order(Order::Abandon { call_id, since }));
                    }
                }
            }
        }
        replies
    }

    /// Calls that ring.
    pub(crate) fn ringing(&self) -> usize {
        self.calls.values().filter(|call| call.facts.rings()).count()
    }

    /// All users online, with the name of one of their sockets.
    pub(crate) fn online(&self) -> Vec<OnlineUser> {
        self.presence.everybody()
    }

    /// Those of some users who are online.
    pub(crate) fn online_of(&self, ids: &BTreeSet<String>) -> Vec<OnlineUser> {
        self.presence.online_of(ids)
    }

    fn connected(&mut self, from: SocketKey, party: Party, related: Vec<String>, now: Millis) -> Replies {
        let id = party.id.clone();
        let someone_else = self.presence.party(from).is_some_and(|before| before.id != id);
        let mut replies = if someone_else { self.disconnected(from, now) } else { Vec::new() };
        replies.extend(self.presence.arrive(from, party, related, now));
        for call in self.calls.values() {
            if call.facts.rings() && call.facts.callee().id == id {
                replies
                    .extend(call.ring.iter().map(|ring| Reply::emit(from, name::INCOMING_VIDEO_CALL, ring)));
            }
        }
        replies
    }

    pub(crate) fn disconnected(&mut self, from: SocketKey, now: Millis) -> Replies {
        let joined = self.seats.remove(&from).unwrap_or_default();
        let mut replies = Vec::new();
        for call_id in joined {
            replies.extend(self.leave(from, &call_id, Some("disconnected".to_owned()), now));
        }
        replies.extend(self.presence.depart(from, now));
        replies
    }

    fn listed(&self, from: SocketKey) -> Replies {
        match self.presence.party(from) {
            Some(party) => vec![Reply::emit(from, name::GET_USERS, &self.presence.related_online(&party.id))],
            None => Vec::new(),
        }
    }

    fn ring(&mut self, from: SocketKey, ring: IncomingVideoCall) -> Replies {
        let call_id = ring.call_id.clone();
        let (me, call) = match self.party_of(from, &call_id) {
            Ok(found) => found,
            Err(refusal) => return refused(from, refusal, call_id),
        };
        if me.role != call.facts.initiated_by {
            return refused(from, Refusal::NotCaller, call_id);
        }
        if !call.facts.rings() {
            return refused(from, Refusal::Over, call_id);
        }
        let callee = call.facts.callee();
        if let Some(call) = self.calls.get_mut(&call_id) {
            call.ring = Some(ring.clone());
        }
        let mut replies: Replies = self
            .presence
            .sockets(&callee.id)
            .map(|to| Reply::emit(to, name::INCOMING_VIDEO_CALL, &ring))
            .collect();
        if replies.is_empty() {
            let offline = CallTargetOffline {
                call_id,
                target_user_id: Some(callee.id),
                message: Some("The person you are calling is offline".to_owned()),
            };
            return vec![Reply::emit(from, name::CALL_TARGET_OFFLINE, &offline)];
        }
        replies.push(Reply::Order(Order::Rang { call_id }));
        replies
    }

    fn join(&mut self, from: SocketKey, call_id: &str, now: Millis) -> Replies {
        let me = match self.party_of(from, call_id) {
            // A socket that was away when the call ended learns it as it would have.
            Ok((_, call)) if is_over(call.facts.status) => {
                return status_known(std::iter::once(from), &call.facts, Change::default(), now);
            }
            Ok((me, _)) => me,
            Err(refusal) => return refused(from, refusal, call_id.to_owned()),
        };
        let Some(call) = self.calls.get_mut(call_id) else { return Vec::new() };
        call.seats.insert(from, me.role);
        call.empty_since = None;
        self.seats.entry(from).or_default().insert(call_id.to_owned());

        let count = call.participants();
        let joined = |to: SocketKey, party: &Party| {
            let body = UserJoinedCall {
                call_id: call_id.to_owned(),
                user_id: party.id.clone(),
                user_type: Some(party.role),
                participant_count: Some(count),
            };
            Reply::emit(to, name::USER_JOINED_CALL, &body)
        };
        let others = call.seats_of(me.role.other());
        let mut replies: Replies = others.iter().map(|to| joined(*to, &me)).collect();
        // The one who comes second learns who is there: otherwise only the first would know of both.
        if !others.is_empty() {
            replies.push(joined(from, &call.facts.party(me.role.other())));
        }
        replies
    }

    fn leave(&mut self, from: SocketKey, call_id: &str, reason: Option<String>, now: Millis) -> Replies {
        let Some(call) = self.calls.get_mut(call_id) else { return Vec::new() };
        let Some(role) = call.seats.remove(&from) else { return Vec::new() };
        let party = call.facts.party(role);
        if let Some(joined) = self.seats.get_mut(&from) {
            joined.remove(call_id);
        }
        if !call.seats_of(role).is_empty() {
            return Vec::new();
        }
        let left = UserLeftCall {
            call_id: call_id.to_owned(),
            user_id: party.id,
            participant_count: Some(call.participants()),
            reason,
        };
        let replies = call.seats.keys().map(|to| Reply::emit(*to, name::USER_LEFT_CALL, &left)).collect();
        self.watch(call_id, now);
        replies
    }

    /// An answered call that is empty is given some time.
    fn watch(&mut self, call_id: &str, now: Millis) {
        let Some(call) = self.calls.get_mut(call_id) else { return };
        if call.facts.status == CallStatus::Accepted && call.seats.is_empty() && call.empty_since.is_none() {
            call.empty_since = Some(now);
            self.timers.insert(now.plus(self.abandoned_after), Due::Abandoned(call_id.to_owned()));
        }
    }

    fn relay(&mut self, from: SocketKey, call_id: &str, relay: Relay) -> Replies {
        let (me, call) = match self.party_of(from, call_id) {
            Ok(found) => found,
            Err(refusal) => return refused(from, refusal, call_id.to_owned()),
        };
        if is_over(call.facts.status) {
            return match relay {
                Relay::Offer(_) | Relay::Answer(_) => refused(from, Refusal::Over, call_id.to_owned()),
                // Late ones of these are what every hang-up leaves behind.
                Relay::Candidate(_) | Relay::Audio(_) | Relay::Video(_) | Relay::Sharing(_) => Vec::new(),
            };
        }
        let other = call.facts.party(me.role.other());
        let (call_id, user_id, receiver_id) = (call_id.to_owned(), me.id.clone(), Some(other.id.clone()));
        let sockets = self.presence.sockets(&other.id);
        match relay {
            Relay::Offer(offer) => {
                to_all(sockets, name::OFFER, &SdpOffer { call_id, offer, sender_id: user_id, receiver_id })
            }
            Relay::Answer(answer) => {
                to_all(sockets, name::ANSWER, &SdpAnswer { call_id, answer, sender_id: user_id, receiver_id })
            }
            Relay::Candidate(candidate) => {
                let body = IceCandidateEvent { call_id, candidate, sender_id: user_id, receiver_id };
                to_all(sockets, name::ICE_CANDIDATE, &body)
            }
            Relay::Audio(is_audio_enabled) => {
                let body = ToggleAudio { call_id, user_id, is_audio_enabled };
                to_all(sockets, name::PARTICIPANT_AUDIO_TOGGLE, &body)
            }
            Relay::Video(is_video_enabled) => {
                let body = ToggleVideo { call_id, user_id, is_video_enabled };
                to_all(sockets, name::PARTICIPANT_VIDEO_TOGGLE, &body)
            }
            Relay::Sharing(on) => {
                let event = if on { name::SCREEN_SHARE_STARTED } else { name::SCREEN_SHARE_STOPPED };
                to_all(sockets, event, &CallPartyEvent { call_id, user_id })
            }
        }
    }

    /// What a client announces is passed on where the record agrees and it says something new: a
    /// callee's `ringing`, or the reason of a `declined`. A callee's `rejected` or `busy`, which the web
    /// page says without asking the records, declines the call.
    fn status(
        &mut self,
        from: SocketKey,
        call_id: &str,
        status: CallStatus,
        reason: Option<String>,
        now: Millis,
    ) -> Replies {
        let (me, call) = match self.party_of(from, call_id) {
            Ok(found) => found,
            Err(refusal) => return refused(from, refusal, call_id.to_owned()),
        };
        if status == CallStatus::Ringing && call.facts.rings() && me.role != call.facts.initiated_by {
            return vec![Reply::Order(Order::Rang { call_id: call_id.to_owned() })];
        }
        let refuses = match status {
            CallStatus::Rejected | CallStatus::Busy => {
                call.facts.rings() && me.role != call.facts.initiated_by
            }
            CallStatus::Initiated
            | CallStatus::Ringing
            | CallStatus::Accepted
            | CallStatus::Declined
            | CallStatus::Ended
            | CallStatus::Missed
            | CallStatus::Failed
            | CallStatus::Unknown => false,
        };
        if !refuses && (status != call.facts.status || reason.is_none()) {
            return Vec::new();
        }
        let other = call.facts.party(me.role.other());
        let update = CallStatusUpdate {
            call_id: call_id.to_owned(),
            status,
            user_id: Some(me.id.clone()),
            user_type: Some(me.role),
            timestamp: Some(now.iso()),
            reason,
        };
        let mut replies = to_all(self.presence.sockets(&other.id), name::CALL_STATUS_UPDATE, &update);
        if refuses {
            let reason = (status == CallStatus::Busy).then(|| "busy".to_owned());
            let order = Order::Decline { call_id: call_id.to_owned(), by: me, reason };
            replies.push(Reply::Order(order));
        }
        replies
    }

    fn remember(&mut self, facts: Facts, now: Millis) {
        let call_id = facts.call_id.clone();
        if facts.rings() {
            self.timers.insert(facts.ring_until, Due::Ring(call_id.clone()));
        } else if is_over(facts.status) {
            self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(call_id.clone()));
        }
        let call = self.calls.entry(call_id.clone()).or_insert_with(|| LiveCall::new(facts));
        if is_over(call.facts.status) {
            call.empty_since = None;
        }
        self.watch(&call_id, now);
    }

    fn both(&self, facts: &Facts) -> impl Iterator<Item = SocketKey> {
        self.presence.sockets(&facts.seller).chain(self.presence.sockets(&facts.customer))
    }

    fn party_of(&self, from: SocketKey, call_id: &str) -> Result<(Party, &LiveCall), Refusal> {
        let me = self.presence.party(from).ok_or(Refusal::Nobody)?;
        let call = self.calls.get(call_id).ok_or(Refusal::Unknown)?;
        if call.facts.party(me.role).id == me.id { Ok((me.clone(), call)) } else { Err(Refusal::Foreign) }
    }
}

/// What sockets are told of a call's status; of an ended call by two events, as deployed.
fn status_known(
    sockets: impl Iterator<Item = SocketKey>,
    facts: &Facts,
    change: Change,
    now: Millis,
) -> Replies {
    let status = CallStatusUpdate {
        call_id: facts.call_id.clone(),
        status: facts.status,
        user_id: change.by.as_ref().map(|by| by.id.clone()),
        user_type: change.by.as_ref().map(|by| by.role),
        timestamp: Some(now.iso()),
        reason: change.reason.clone(),
    };
    let ended = (facts.status == CallStatus::Ended).then(|| CallEnded {
        call_id: facts.call_id.clone(),
        ended_by: change.by.map(|by| by.id),
        reason: change.reason,
        duration: change.duration,
    });
    let mut replies = Replies::new();
    for to in sockets {
        replies.push(Reply::emit(to, name::CALL_STATUS_UPDATE, &status));
        replies.extend(ended.as_ref().map(|ended| Reply::emit(to, name::CALL_ENDED, ended)));
    }
    replies
}

fn to_all(
    sockets: impl Iterator<Item = SocketKey>,
    event: &'static str,
    body: &impl serde::Serialize,
) -> Replies {
    sockets.map(|to| Reply::emit(to, event, body)).collect()
}

/// Why a request about a call is not carried out.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    Nobody,
    Unknown,
    Foreign,
    NotCaller,
    Over,
}

fn refused(from: SocketKey, refusal: Refusal, call_id: String) -> Replies {
    let message = match refusal {
        Refusal::Nobody => "Please login to continue",
        Refusal::Unknown => "Call not found",
        Refusal::Foreign => "You are not part of this call",
        Refusal::NotCaller => "Only the caller can ring",
        Refusal::Over => "This call is over",
    };
    vec![Reply::emit(
        from,
        name::CALL_ERROR,
        &CallError { call_id: Some(call_id), message: message.to_owned() },
    )]
}

#[cfg(test)]
mod tests;
