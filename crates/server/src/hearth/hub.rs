//! The hub: presence, seats, and which socket gets which event. Pure: no socket, database or clock.
//!
//! ```text
//!  invited ──► seat reserved (REST) ──► in the room ◄──► connection lost, seat kept ──► seat given up
//!     └ declined, or no one came in time             └── left
//! ```
//!
//! INVARIANT: a session's status here only moves forward, and only after its record has; a seat here is
//! a seat in the records.

mod engine;
mod message;
mod room;
mod session;
mod therapy;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwire_dialects::hearth::wire::{
    Authenticated, AuthenticationError, CallDeclined, CallEnded, CallError, InvitationClosed,
    ParticipantMediaUpdated, SessionStatus, User, name,
};

pub(crate) use self::message::{Ending, Facts, Media, News, Order, Request, Target};
pub(crate) use self::session::Seat;
use self::session::{Session, socket_id};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::hearth::defaults::BACKEND;
use crate::hub_actor::{self, Reply, SessionEnd, SocketKey};
use crate::timers::Timers;

/// How long a session that is over is remembered, so that late events find out.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// How long a seat that REST gave waits for its socket: a browser may ask for the camera first.
const ENTRANCE_TIMEOUT: Duration = Duration::from_secs(60);
/// After this what the records have not confirmed is reported to them again.
const REPORT_RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// How long a session of several whose people have all lost their connection waits for one of them.
const EMPTY_FOR: Duration = Duration::from_secs(60);

type Replies = Vec<Reply<Order>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Ring(String),
    /// A seat without a socket: session and user.
    Seat(String, String),
    Idle(String),
    /// A session that nobody is in.
    Empty(String),
    Forget(String),
}

#[derive(Debug)]
pub(crate) struct Hub {
    seat_kept: Duration,
    call_timeout: Duration,
    /// There is an engine for the media of sessions of several.
    engine: bool,
    /// The users of sockets that are signed in.
    users: BTreeMap<SocketKey, User>,
    sockets: BTreeMap<String, BTreeSet<SocketKey>>,
    sessions: BTreeMap<String, Session>,
    /// Sockets in the older rooms of therapy sessions.
    therapy: BTreeMap<String, BTreeSet<SocketKey>>,
    timers: Timers<Due>,
}

impl Hub {
    pub(crate) fn new(seat_kept: Duration, call_timeout: Duration) -> Self {
        Self {
            seat_kept,
            call_timeout,
            engine: false,
            users: BTreeMap::new(),
            sockets: BTreeMap::new(),
            sessions: BTreeMap::new(),
            therapy: BTreeMap::new(),
            timers: Timers::default(),
        }
    }

    pub(crate) fn with_engine(self, engine: bool) -> Self {
        Self { engine, ..self }
    }

    /// The seats of a session, by user.
    pub(crate) fn seats(&self, session: &str) -> BTreeMap<String, Seat> {
        self.sessions.get(session).map(|session| session.seats.clone()).unwrap_or_default()
    }

    /// Whether that person is in the room of the session, with a socket that lives.
    pub(crate) fn is_in(&self, session: &str, user: &str) -> bool {
        let seat = self.sessions.get(session).and_then(|session| session.seats.get(user));
        seat.is_some_and(|seat| seat.socket.is_some())
    }

    fn connected(&mut self, from: SocketKey, user: User, now: Millis) -> Replies {
        let mut replies = Vec::new();
        if self.users.get(&from).is_some_and(|before| before.id != user.id) {
            replies.extend(self.gone(from, now));
        }
        self.sockets.entry(user.id.clone()).or_default().insert(from);
        let body = Authenticated { success: true, user: Some(user.clone()) };
        replies.push(Reply::emit(from, name::AUTHENTICATED, &body));
        for session in self.sessions.values() {
            if session.rings() && session.facts.pending.contains(&user.id) {
                let body = session.invitation_of(&user.id);
                replies.push(Reply::emit(from, name::CALL_INVITATION, &body));
            }
        }
        self.users.insert(from, user);
        replies
    }

    fn not_connected(&mut self, from: SocketKey, message: String, now: Millis) -> Replies {
        let mut replies = self.gone(from, now);
        replies.push(Reply::emit(from, name::AUTHENTICATION_ERROR, &AuthenticationError { message }));
        replies
    }

    /// A socket is not signed in any more. Its seats are kept for a while.
    fn gone(&mut self, from: SocketKey, now: Millis) -> Replies {
        let mut replies = Vec::new();
        replies.extend(self.out_of_therapy(from));
        if let Some(user) = self.users.remove(&from)
            && let Some(own) = self.sockets.get_mut(&user.id)
        {
            own.remove(&from);
            if own.is_empty() {
                self.sockets.remove(&user.id);
            }
        }
        let until = now.plus(self.seat_kept);
        for (id, session) in &mut self.sessions {
            if let Some(seat) = session.seat_of_mut(from) {
                seat.socket = None;
                seat.until = Some(until);
                self.timers.insert(until, Due::Seat(id.clone(), seat.user.id.clone()));
            }
        }
        replies
    }

    fn remember(&mut self, facts: Facts, now: Millis) {
        let id = facts.session_id.clone();
        if self.sessions.contains_key(&id) {
            return;
        }
        if facts.status == SessionStatus::Ended {
            self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(id.clone()));
        } else {
            self.timers.insert(facts.ring_until, Due::Ring(id.clone()));
            self.timers.insert(now.plus(self.call_timeout), Due::Idle(id.clone()));
        }
        self.sessions.insert(id, Session::new(facts, self.engine, now));
    }

    fn reserve(&mut self, session_id: &str, user: User, until: Millis) {
        let Some(session) = self.sessions.get_mut(session_id) else { return };
        let settings = session.facts.settings();
        let id = user.id.clone();
        // What the record knows of a seat that was taken before we were.
        let recorded = session.facts.media.remove(&id);
        let seat = session.seats.entry(id.clone()).or_insert_with(|| {
            let mut seat = Seat::reserved(user, settings, until);
            seat.sends(Media::Everything(recorded.unwrap_or_default()));
            seat
        });
        if seat.socket.is_none() {
            seat.until = Some(until);
            self.timers.insert(until, Due::Seat(session_id.to_owned(), id));
        }
    }

    /// A user came: their other devices stop ringing, and a session with two people goes on.
    fn came(&mut self, session_id: &str, user: &str, but: Option<SocketKey>) -> Replies {
        let Some(session) = self.sessions.get_mut(session_id) else { return Vec::new() };
        if user != session.facts.initiator.id && session.waits() {
            session.facts.status = SessionStatus::Active;
        }
        let rang = session.facts.pending.len();
        session.facts.pending.retain(|pending| pending != user);
        if session.facts.pending.len() == rang {
            return Vec::new();
        }
        self.close_invitation(session_id, user, "answered", but)
    }

    fn close_invitation(
        &self,
        session_id: &str,
        user: &str,
        reason: &str,
        but: Option<SocketKey>,
    ) -> Replies {
        let body = InvitationClosed { session_id: session_id.to_owned(), reason: reason.to_owned() };
        let devices = self.devices(user).filter(|key| Some(*key) != but);
        devices.map(|key| Reply::emit(key, name::INVITATION_CLOSED, &body)).collect()
    }

    fn devices(&self, user: &str) -> impl Iterator<Item = SocketKey> {
        self.sockets.get(user).into_iter().flatten().copied()
    }

    fn started(&mut self, facts: Facts, now: Millis) -> Replies {
        let (id, pending) = (facts.session_id.clone(), facts.pending.clone());
        let seated = facts.seated.clone();
        self.remember(facts, now);
        for user in seated {
            self.reserve(&id, user, now.plus(ENTRANCE_TIMEOUT));
        }
        let Some(session) = self.sessions.get(&id) else { return Vec::new() };
        let ring = pending.iter().flat_map(|user| {
            let body = session.invitation_of(user);
            self.devices(user).map(move |key| Reply::emit(key, name::CALL_INVITATION, &body))
        });
        ring.collect()
    }

    fn invited(&mut self, facts: Facts, by: &User, users: Vec<String>, now: Millis) -> Replies {
        let (id, until) = (facts.session_id.clone(), facts.ring_until);
        let invitation = facts.invitation.clone();
        self.remember(facts, now);
        let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.is_over()) else {
            return Vec::new();
        };
        let grown = !session.facts.is_several() && invitation.max_participants > 2;
        session.facts.invitation = invitation;
        session.facts.ring_until = until;
        for user in &users {
            session.invited_by.insert(user.clone(), by.clone());
            if !session.facts.pending.contains(user) {
                session.facts.pending.push(user.clone());
            }
        }
        let mut replies = Vec::new();
        if grown {
            let here = session.seats.values().filter_map(|seat| Some((seat.socket?, &seat.user.id)));
            let told = here.map(|(socket, user)| (socket, session.as_seen_by(user)));
            replies.extend(told.map(|(socket, body)| Reply::emit(socket, name::CALL_SESSION_UPDATED, &body)));
        }
        self.timers.insert(until, Due::Ring(id.clone()));
        let Some(session) = self.sessions.get(&id) else { return replies };
        for user in &users {
            let body = session.invitation_of(user);
            replies.extend(self.devices(user).map(|key| Reply::emit(key, name::CALL_INVITATION, &body)));
        }
        replies
    }

    fn declined(&mut self, session_id: &str, user: &str, reason: &str) -> Replies {
        let Some(session) = self.sessions.get_mut(session_id) else { return Vec::new() };
        let initiator = session.inviter_of(user).id.clone();
        session.facts.pending.retain(|pending| pending != user);
        let body = CallDeclined {
            session_id: session_id.to_owned(),
            user_id: user.to_owned(),
            reason: Some(reason.to_owned()),
        };
        let mut replies: Replies =
            self.devices(&initiator).map(|key| Reply::emit(key, name::CALL_DECLINED, &body)).collect();
        replies.extend(self.close_invitation(session_id, user, "declined", None));
        replies
    }

    /// Everyone in the room is notified, and everyone who still might have come.
    fn ended(&mut self, ending: Ending, now: Millis) -> Replies {
        let Some(session) = self.sessions.get_mut(&ending.session_id) else { return Vec::new() };
        if session.is_over() {
            return Vec::new();
        }
        session.facts.status = SessionStatus::Ended;
        let seats = std::mem::take(&mut session.seats);
        let pending = std::mem::take(&mut session.facts.pending);
        let initiator = session.facts.initiator.id.clone();
        let engine = session.close_engine();
        self.timers.insert(now.plus(REMEMBERED_FOR), Due::Forget(ending.session_id.clone()));

        let mut hear: BTreeSet<SocketKey> = pending.iter().flat_map(|user| self.devices(user)).collect();
        for seat in seats.values() {
            match seat.socket {
                Some(socket) => drop(hear.insert(socket)),
                None => hear.extend(self.devices(&seat.user.id)),
            }
        }
        if !seats.contains_key(&initiator) {
            hear.extend(self.devices(&initiator));
        }
        let body = over(ending);
        hear.into_iter().map(|key| Reply::emit(key, name::CALL_ENDED, &body)).chain(engine).collect()
    }

    fn ring_due(&mut self, id: String, now: Millis) -> Replies {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.is_over()) else {
            return Vec::new();
        };
        if session.facts.ring_until > now {
            // More were asked to come since, and that has a deadline of its own.
            return Vec::new();
        }
        if session.waits() {
            self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Ring(id.clone()));
            return vec![Reply::Order(Order::Miss { session_id: id })];
        }
        let late = std::mem::take(&mut session.facts.pending);
        if late.is_empty() {
            return Vec::new();
        }
        let told = late.iter().flat_map(|user| self.close_invitation(&id, user, "missed", None));
        let mut replies: Replies = told.collect();
        replies.push(Reply::Order(Order::CloseInvitations { session_id: id }));
        replies
    }

    fn empty_due(&mut self, id: String, now: Millis) -> Replies {
        let empty = |session: &&Session| !session.is_over() && session.seats.is_empty();
        if self.sessions.get(&id).filter(empty).is_none() {
            return Vec::new();
        }
        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Empty(id.clone()));
        vec![Reply::Order(Order::Abandon { session_id: id })]
    }

    fn idle_due(&mut self, id: String, now: Millis) -> Replies {
        let Some(session) = self.sessions.get(&id).filter(|session| !session.is_over()) else {
            return Vec::new();
        };
        let until = session.used.plus(self.call_timeout);
        if until > now {
            self.timers.insert(until, Due::Idle(id));
            return Vec::new();
        }
        self.timers.insert(now.plus(REPORT_RETRY_INTERVAL), Due::Idle(id.clone()));
        vec![Reply::Order(Order::TimeOut { session_id: id })]
    }
}

impl hub_actor::Hub for Hub {
    const BACKEND: Backend = BACKEND;

    type Request = Request;
    type News = News;
    type Order = Order;

    fn asked(&mut self, from: SocketKey, request: Request, now: Millis) -> Replies {
        match request {
            Request::Connected { user } => self.connected(from, user, now),
            Request::NotConnected { message } => self.not_connected(from, message, now),
            Request::Full { message } => {
                let body = CallError { message, session_id: None };
                let mut replies = self.gone(from, now);
                replies.extend([Reply::emit(from, name::CALL_ERROR, &body), Reply::Close(from)]);
                replies
            }
            Request::Join { facts, peer_id } => self.join(from, *facts, peer_id, now),
            Request::TooLate(ending) => vec![Reply::emit(from, name::CALL_ENDED, &over(ending))],
            Request::Leave { session_id } => self.leave(from, &session_id),
            Request::Relay { session_id, target, relay } => self.relay(from, session_id, target, relay, now),
            Request::Media { session_id, media } => self.media(from, session_id, media, now),
            Request::Quality { session_id, report } => self.quality(from, session_id, report, now),
            Request::Issue { session_id, kind, description, about } => {
                self.issue(from, session_id, (kind, description), about, now)
            }
            Request::Refuse { session_id, message } => refused(from, session_id, message),
            Request::EnterTherapy { id } => self.enter_therapy(from, id),
            Request::LeaveTherapy { id } => self.leave_therapy(from, &id),
            Request::TherapyRelay { event, body } => self.therapy_relay(from, event, *body),
            Request::TherapySharing { id, on } => self.therapy_sharing(from, &id, on),
        }
    }

    fn told(&mut self, news: News, now: Millis) -> Replies {
        match news {
            News::Learned(facts) => {
                let (id, seated) = (facts.session_id.clone(), facts.seated.clone());
                if !self.sessions.contains_key(&id) {
                    if seated.is_empty() && facts.status == SessionStatus::Active {
                        self.timers.insert(now.plus(EMPTY_FOR), Due::Empty(id.clone()));
                    }
                    self.remember(*facts, now);
                    for user in seated {
                        self.reserve(&id, user, now.plus(self.seat_kept));
                    }
                }
                Vec::new()
            }
            News::Started(facts) => self.started(*facts, now),
            News::Invited { facts, by, users } => self.invited(*facts, &by, users, now),
            News::Seated { facts, user } => {
                let (session_id, id) = (facts.session_id.clone(), user.id.clone());
                self.remember(*facts, now);
                self.reserve(&session_id, user, now.plus(ENTRANCE_TIMEOUT));
                self.came(&session_id, &id, None)
            }
            News::Declined { session_id, user, reason } => self.declined(&session_id, &user, &reason),
            News::Ended(ending) => self.ended(ending, now),
            News::Media { session_id, user, media } => {
                let Some(session) = self.sessions.get_mut(&session_id) else { return Vec::new() };
                session.used = now;
                let Some(seat) = session.seats.get_mut(&user) else { return Vec::new() };
                seat.sends(Media::Everything(media));
                let body = ParticipantMediaUpdated {
                    user_id: user.clone(),
                    media_settings: media,
                    session_id: Some(session_id),
                };
                let others = session.others(&user);
                others.map(|key| Reply::emit(key, name::PARTICIPANT_MEDIA_UPDATED, &body)).collect()
            }
            News::Engine(said) => self.engine_said(said),
            News::TherapyPeople { id, people } => self.therapy_people(&id, &people),
            News::Chat(line) => self.therapy_chat(&line),
        }
    }

    fn disconnected(&mut self, key: SocketKey, now: Millis) -> Replies {
        self.gone(key, now)
    }

    fn session_over(&mut self, key: SocketKey, end: SessionEnd, now: Millis) -> Replies {
        let message = match end {
            SessionEnd::SignedOut => "Logged out",
            SessionEnd::Expired if self.users.contains_key(&key) => "Session expired, please login again",
            SessionEnd::Expired => "No token was shown",
        };
        self.not_connected(key, message.to_owned(), now)
    }

    fn deadline(&self) -> Option<Millis> {
        self.timers.deadline()
    }

    fn expire(&mut self, now: Millis) -> Replies {
        let mut replies = Vec::new();
        while let Some(due) = self.timers.pop(now) {
            replies.extend(match due {
                Due::Ring(id) => self.ring_due(id, now),
                Due::Seat(id, user) => self.seat_due(&id, &user, now),
                Due::Idle(id) => self.idle_due(id, now),
                Due::Empty(id) => self.empty_due(id, now),
                Due::Forget(id) => {
                    self.sessions.remove(&id);
                    Vec::new()
                }
            });
        }
        replies
    }

    fn ringing(&self) -> usize {
        self.sessions.values().filter(|session| session.rings()).count()
    }
}

fn over(ending: Ending) -> CallEnded {
    #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
    let duration = ending.duration as f64;
    CallEnded { session_id: ending.session_id, ended_by: Some(ending.by), duration, reason: ending.reason }
}

/// Told with the session's id, which the deployed backend leaves out.
fn refused(to: SocketKey, session_id: Option<String>, message: impl Into<String>) -> Replies {
    let body = CallError { message: message.into(), session_id };
    vec![Reply::emit(to, name::CALL_ERROR, &body)]
}

#[cfg(test)]
mod tests;
