//! The room of a session: entering, leaving, and what is passed on in it.

use bellwire_dialects::hearth::wire::{
    CallEnded, InitiatePeerConnection, ParticipantConnectionIssue, ParticipantMediaChanged,
    ParticipantScreenShare, ParticipantToggledAudio, ParticipantToggledVideo, RelayedAnswer,
    RelayedCandidate, RelayedOffer, UserJoinedCall, UserLeftCall, name,
};

use super::{
    Due, EMPTY_FOR, Hub, Media, Order, Replies, Target, message::Facts, refused, session::Seat, socket_id,
};
use crate::clock::Millis;
use crate::hearth::engine::Word;
use crate::hearth::figures::{Issue, Report};
use crate::hub_actor::{Reply, SocketKey};

/// Why somebody left whose connection was lost.
const DISCONNECTED: &str = "disconnected";
const NOBODY: &str = "User not authenticated";
const OVER: &str = "Call session not found or has ended";
const NOT_IN: &str = "You are not in this call session";
const TAKEN: &str = "This peerId is taken";
const NO_TARGET: &str = "Target peer not found";

impl Hub {
    pub(super) fn join(&mut self, from: SocketKey, facts: Facts, peer_id: String, now: Millis) -> Replies {
        let id = facts.session_id.clone();
        let Some(user) = self.users.get(&from).cloned() else {
            return refused(from, Some(id), NOBODY);
        };
        self.remember(facts, now);
        self.reserve(&id, user.clone(), now.plus(self.seat_kept));
        let Some(session) = self.sessions.get_mut(&id) else { return Vec::new() };
        if session.is_over() {
            session.seats.clear();
            return refused(from, Some(id), OVER);
        }
        let taken = |seat: &Seat| seat.user.id != user.id && seat.peer_id.as_ref() == Some(&peer_id);
        if session.seats.values().any(taken) || session.is_engine(&peer_id) {
            // The seat that the records gave is given up by itself.
            return refused(from, Some(id), TAKEN);
        }
        session.used = now;
        let Some(seat) = session.seats.get_mut(&user.id) else { return Vec::new() };
        let before = seat.socket.replace(from);
        let known = seat.announced == Some(from) && seat.peer_id.as_ref() == Some(&peer_id);
        seat.peer_id = Some(peer_id.clone());
        seat.announced = Some(from);
        seat.until = None;
        let mine = seat.participant();

        let mut replies = Vec::new();
        if let Some(replaced) = before.filter(|before| *before != from) {
            // Another device of theirs, or a connection that is dead without our knowing yet.
            let body = CallEnded {
                session_id: id.clone(),
                ended_by: Some(user.clone()),
                duration: 0.0,
                reason: Some("elsewhere".to_owned()),
            };
            replies.push(Reply::emit(replaced, name::CALL_ENDED, &body));
        }
        let others: Vec<Seat> = session
            .seats
            .values()
            .filter(|seat| seat.user.id != user.id && seat.socket.is_some())
            .cloned()
            .collect();
        let joined = session.as_seen_by(&user.id);
        replies.push(Reply::emit(from, name::CALL_SESSION_JOINED, &joined));
        replies.extend(session.enter_engine(&user.id, &peer_id));
        if !known && session.engine {
            let told = UserJoinedCall { participant: mine, session_id: Some(id.clone()) };
            let sockets = others.iter().filter_map(|other| other.socket);
            replies.extend(sockets.map(|socket| Reply::emit(socket, name::USER_JOINED_CALL, &told)));
        } else if !known {
            let told = UserJoinedCall { participant: mine.clone(), session_id: Some(id.clone()) };
            let meet_me = InitiatePeerConnection {
                target_peer_id: peer_id,
                participant: mine,
                session_id: Some(id.clone()),
            };
            for other in &others {
                let Some(socket) = other.socket else { continue };
                replies.push(Reply::emit(socket, name::USER_JOINED_CALL, &told));
                replies.push(Reply::emit(socket, name::INITIATE_PEER_CONNECTION, &meet_me));
                let meet_them = InitiatePeerConnection {
                    target_peer_id: other.peer_id.clone().unwrap_or_default(),
                    participant: other.participant(),
                    session_id: Some(id.clone()),
                };
                replies.push(Reply::emit(from, name::INITIATE_PEER_CONNECTION, &meet_them));
            }
        }
        replies.extend(self.came(&id, &user.id, Some(from)));
        replies
    }

    pub(super) fn leave(&mut self, from: SocketKey, session_id: &str) -> Replies {
        let seat = self.sessions.get(session_id).and_then(|session| session.seat_of(from));
        // Leaving what one is not in is what every hang-up after the other's leaves behind.
        let Some(user) = seat.map(|seat| seat.user.id.clone()) else { return Vec::new() };
        self.vacate(session_id, &user, None)
    }

    pub(super) fn seat_due(&mut self, session_id: &str, user: &str, now: Millis) -> Replies {
        let seat = self.sessions.get(session_id).and_then(|session| session.seats.get(user));
        match seat.filter(|seat| seat.socket.is_none()).and_then(|seat| seat.until) {
            Some(until) if until <= now => {
                let replies = self.vacate(session_id, user, Some(DISCONNECTED));
                self.timers.insert(now.plus(EMPTY_FOR), Due::Empty(session_id.to_owned()));
                replies
            }
            // Kept anew since.
            Some(until) => {
                self.timers.insert(until, Due::Seat(session_id.to_owned(), user.to_owned()));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    pub(super) fn vacate(&mut self, session_id: &str, user: &str, reason: Option<&str>) -> Replies {
        let Some(session) = self.sessions.get_mut(session_id) else { return Vec::new() };
        let Some(seat) = session.seats.remove(user) else { return Vec::new() };
        let mut replies = Vec::new();
        // A pair is over with either of them.
        let lost = reason == Some(DISCONNECTED) && session.facts.is_several() && !session.waits();
        // Who never entered was never announced.
        if let Some(announced) = seat.announced {
            let body = UserLeftCall {
                user_id: user.to_owned(),
                socket_id: Some(socket_id(announced)),
                reason: reason.map(str::to_owned),
                session_id: Some(session_id.to_owned()),
            };
            replies.extend(session.others(user).map(|key| Reply::emit(key, name::USER_LEFT_CALL, &body)));
        }
        replies.extend(session.leave_engine(user));
        let (session_id, user) = (session_id.to_owned(), user.to_owned());
        replies.push(Reply::Order(Order::Left { session_id, user, lost }));
        replies
    }

    pub(super) fn relay(
        &mut self,
        from: SocketKey,
        session_id: String,
        target: Option<Target>,
        relay: Word,
        now: Millis,
    ) -> Replies {
        let Some(session) = self.sessions.get_mut(&session_id) else {
            return refused(from, Some(session_id), OVER);
        };
        let Some(me) = session.seat_of(from).cloned() else {
            return refused(from, Some(session_id), NOT_IN);
        };
        session.used = now;
        if session.engine {
            return session.relay_to_engine(&me, target.as_ref(), relay);
        }
        let meant = target.and_then(|target| session.seat_meant(&target)?.socket);
        let Some(to) = meant.filter(|to| *to != from) else {
            return refused(from, Some(session_id), NO_TARGET);
        };
        let by = (me.peer_id, Some(socket_id(from)), Some(me.user.id));
        vec![relayed(to, by, session_id, relay)]
    }

    pub(super) fn media(
        &mut self,
        from: SocketKey,
        session_id: String,
        media: Media,
        now: Millis,
    ) -> Replies {
        let Some(session) = self.sessions.get_mut(&session_id) else {
            return refused(from, Some(session_id), OVER);
        };
        let sharing = session.facts.settings().allow_screen_share;
        let Some(seat) = session.seat_of_mut(from) else {
            return refused(from, Some(session_id), NOT_IN);
        };
        let shares = match media {
            Media::Sharing(on) => on,
            Media::Everything(told) => told.is_screen_sharing == Some(true),
            Media::Video(_) | Media::Audio(_) => false,
        };
        if shares && !sharing {
            return refused(from, Some(session_id), "Screen sharing is not allowed in this call session");
        }
        let before = seat.media;
        seat.sends(media);
        let recorded = (seat.media != before).then_some(seat.media);
        session.used = now;
        let Some(me) = session.seat_of(from) else { return Vec::new() };
        let record = recorded.map(|media| {
            let (session_id, user) = (session_id.clone(), me.user.id.clone());
            Reply::Order(Order::Media { session_id, user, media })
        });
        let (user_id, peer_id, socket) = (me.user.id.clone(), me.peer_id.clone(), Some(socket_id(from)));
        let id = Some(session_id);
        let told = |key| match media {
            Media::Everything(told) => {
                let body = ParticipantMediaChanged {
                    user_id: user_id.clone(),
                    socket_id: socket.clone(),
                    has_video: told.has_video,
                    has_audio: told.has_audio,
                    is_screen_sharing: told.is_screen_sharing,
                    session_id: id.clone(),
                };
                Reply::emit(key, name::PARTICIPANT_MEDIA_CHANGED, &body)
            }
            Media::Video(has_video) => {
                let (user_id, peer_id, session_id) = (user_id.clone(), peer_id.clone(), id.clone());
                let body = ParticipantToggledVideo { user_id, peer_id, has_video, session_id };
                Reply::emit(key, name::PARTICIPANT_TOGGLED_VIDEO, &body)
            }
            Media::Audio(has_audio) => {
                let (user_id, peer_id, session_id) = (user_id.clone(), peer_id.clone(), id.clone());
                let body = ParticipantToggledAudio { user_id, peer_id, has_audio, session_id };
                Reply::emit(key, name::PARTICIPANT_TOGGLED_AUDIO, &body)
            }
            Media::Sharing(on) => {
                let body = ParticipantScreenShare {
                    user_id: user_id.clone(),
                    socket_id: socket.clone(),
                    peer_id: peer_id.clone(),
                    session_id: id.clone(),
                };
                let event = if on {
                    name::PARTICIPANT_SCREEN_SHARE_STARTED
                } else {
                    name::PARTICIPANT_SCREEN_SHARE_STOPPED
                };
                Reply::emit(key, event, &body)
            }
        };
        session.others(&me.user.id).map(told).chain(record).collect()
    }

    pub(super) fn quality(
        &mut self,
        from: SocketKey,
        session_id: String,
        report: Report,
        now: Millis,
    ) -> Replies {
        match self.user_in(from, &session_id, now) {
            Some(user) => vec![Reply::Order(Order::Quality { session_id, user, report })],
            None => refused(from, Some(session_id), NOT_IN),
        }
    }

    pub(super) fn issue(
        &mut self,
        from: SocketKey,
        session_id: String,
        (issue_type, description): (String, String),
        about: Option<String>,
        now: Millis,
    ) -> Replies {
        let Some(user_id) = self.user_in(from, &session_id, now) else {
            return refused(from, Some(session_id), NOT_IN);
        };
        let Some(session) = self.sessions.get(&session_id) else { return Vec::new() };
        let issue = Issue::parse(&issue_type);
        let body = ParticipantConnectionIssue {
            user_id: user_id.clone(),
            issue_type,
            description,
            session_id: Some(session_id.clone()),
        };
        let others = session.others(&user_id);
        let told = others.map(|key| Reply::emit(key, name::PARTICIPANT_CONNECTION_ISSUE, &body));
        let mut replies: Replies = told.collect();
        replies.push(Reply::Order(Order::Issue { session_id, user: user_id, about, issue }));
        replies
    }

    /// Whose socket it is, if it is in that room; counts as use of the session.
    fn user_in(&mut self, from: SocketKey, session_id: &str, now: Millis) -> Option<String> {
        let session = self.sessions.get_mut(session_id)?;
        let user = session.seat_of(from)?.user.id.clone();
        session.used = now;
        Some(user)
    }
}

/// What a participant hears of another one; `by`: their peer, socket and user, as far as there are any.
pub(super) fn relayed(
    to: SocketKey,
    by: (Option<String>, Option<String>, Option<String>),
    session_id: String,
    word: Word,
) -> Reply<Order> {
    let (from_peer_id, from_socket_id, from_user_id) = by;
    match word {
        Word::Offer(offer) => {
            let body = RelayedOffer { from_peer_id, from_socket_id, from_user_id, session_id, offer };
            Reply::emit(to, name::WEBRTC_OFFER, &body)
        }
        Word::Answer(answer) => {
            let body = RelayedAnswer { from_peer_id, from_socket_id, from_user_id, session_id, answer };
            Reply::emit(to, name::WEBRTC_ANSWER, &body)
        }
        Word::Candidate(candidate) => {
            let body = RelayedCandidate { from_peer_id, from_socket_id, from_user_id, session_id, candidate };
            Reply::emit(to, name::WEBRTC_ICE_CANDIDATE, &body)
        }
    }
}
