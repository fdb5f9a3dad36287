//! Decoder: events of hearth to signals. Every field is checked here or not used.

use bellwire_call::{DeclineReason, IncomingSignal, Invitee, MediaKind, Person, PersonId, Ring, Subject};
use serde_json::Value;

use super::{
    Hearth, PendingRequest,
    calls::Begun,
    encode,
    room::seats,
    wire::{
        AlsoCalled, Authenticated, CallDeclined, CallEnded, CallError, CallInvitation,
        InitiatePeerConnection, InvitationClosed, Participant, SessionType, UserJoinedCall, name,
    },
};
use crate::{DecodeError, Reaction, SideEvent, call_table::key, events::read, limits, rest};

/// What the deployed backend says beside delivering a message with one target only.
const PEER_NOT_FOUND: &str = "target peer not found";
/// What it says in words only when every seat is taken.
const FULL: &str = "is full";

/// Of a hostile backend; more than any call has room for.
const MAX_ALSO_CALLED: usize = 32;

/// Who else is called, but for those two.
fn also_called(others: Vec<AlsoCalled>, but: [&String; 2]) -> Vec<Invitee> {
    let others = others.into_iter().filter(|other| !but.contains(&&other.user.id));
    let invitee = |other: AlsoCalled| {
        let (name, avatar) = (limits::shown(&other.user.name()), other.user.profile_picture);
        let person = Person { id: PersonId(limits::id(other.user.id).ok()?), name, avatar };
        Some(Invitee { person, in_room: other.in_call })
    };
    others.filter_map(invitee).take(MAX_ALSO_CALLED).collect()
}

impl Hearth {
    pub(super) fn event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
        limits::event(false, &args)?;
        match event {
            name::AUTHENTICATED => Ok(self.authenticated(&read(event, args)?)),
            name::AUTHENTICATION_ERROR => Ok(expired()),
            name::CALL_INVITATION => self.invited(read(event, args)?),
            name::INVITATION_CLOSED => Ok(self.invitation_closed(&read(event, args)?)),
            name::CALL_SESSION_JOINED => self.entered(read(event, args)?),
            name::CALL_SESSION_UPDATED => self.updated(read(event, args)?),
            name::USER_JOINED_CALL => {
                let UserJoinedCall { participant, session_id } = read(event, args)?;
                Ok(self.joined(session_id, &participant))
            }
            name::INITIATE_PEER_CONNECTION => {
                let InitiatePeerConnection { target_peer_id, participant, session_id } = read(event, args)?;
                let peer_id = participant.peer_id.clone().or(Some(target_peer_id));
                Ok(self.joined(session_id, &Participant { peer_id, ..participant }))
            }
            name::USER_LEFT_CALL => Ok(self.left(&read(event, args)?)),
            name::WEBRTC_OFFER => self.offer(read(event, args)?),
            name::WEBRTC_ANSWER => self.answer(read(event, args)?),
            name::WEBRTC_ICE_CANDIDATE => self.remote_candidate(read(event, args)?),
            name::CALL_DECLINED => Ok(self.declined(&read(event, args)?)),
            name::CALL_ENDED => Ok(self.ended(&read(event, args)?)),
            name::CALL_ERROR => Ok(self.call_error(&read(event, args)?)),
            name::PARTICIPANT_MEDIA_CHANGED
            | name::PARTICIPANT_MEDIA_UPDATED
            | name::PARTICIPANT_TOGGLED_VIDEO
            | name::PARTICIPANT_TOGGLED_AUDIO
            | name::PARTICIPANT_SCREEN_SHARE_STARTED
            | name::PARTICIPANT_SCREEN_SHARE_STOPPED => self.media_event(event, args),
            // Of no consequence here, or of the older therapy rooms, which this client does not enter.
            name::ERROR | name::PARTICIPANT_CONNECTION_ISSUE => {
                read::<Value>(event, args).map(|_| Reaction::none())
            }
            _ => Err(DecodeError::UnknownEvent),
        }
    }

    fn authenticated(&mut self, event: &Authenticated) -> Reaction {
        let another = event.user.as_ref().is_some_and(|user| user.id != self.me);
        if !event.success || another {
            return expired();
        }
        self.ready = true;
        Reaction::send(self.held.release())
    }

    fn invited(&mut self, event: CallInvitation) -> Result<Reaction, DecodeError> {
        let session = limits::id(event.session_id)?;
        let peer = limits::id(event.initiator.id.clone())?;
        // Our own invitation on another device of ours; a repeated one adds nothing, and one of a call
        // that is over is the server's memory of it.
        if peer == self.me || self.calls.find(&session).is_some() || self.calls.is_spent(&session) {
            return Ok(Reaction::none());
        }
        let pictures = event.call_settings.is_video_enabled;
        let kind = if pictures { MediaKind::Video } else { MediaKind::Voice };
        let sole = event.session_type == SessionType::OneToOne;
        let seats = seats(event.session_type, event.max_participants, event.call_settings.through_engine);
        let others = event.others.map(|others| also_called(others, [&self.me, &peer]));
        let begun = Begun { kind, outgoing: false, made: false, sole, seats };
        let known =
            self.calls.add(&session, peer.clone(), begun).map_err(|_full| DecodeError::TooManyCalls)?;
        let name = limits::shown(&event.initiator.name());
        let from = Person { id: PersonId(peer), name, avatar: event.initiator.profile_picture };
        let title = event.metadata.and_then(|metadata| metadata.title).map(|title| limits::shown(&title));
        let title = title.filter(|title| !title.is_empty());
        let label = match event.session_type {
            SessionType::Therapy => Some(title.unwrap_or_else(|| "Therapy session".to_owned())),
            SessionType::Group => Some(title.unwrap_or_else(|| "Group call".to_owned())),
            SessionType::OneToOne | SessionType::Unknown => title,
        };
        let about = event.therapy_session_id.unwrap_or_else(|| session.clone());
        let subject = label.map(|label| Subject { id: about, label });
        let mut reaction =
            Reaction::hear(key(&known.key), IncomingSignal::Ring(Ring { from, kind, subject }));
        if known.is_several() {
            reaction.heard.push((key(&known.key), IncomingSignal::Seats(seats)));
            if let Some(others) = others {
                let named = (!others.is_empty()).then_some(IncomingSignal::AlsoInvited(others));
                reaction.heard.extend(named.map(|named| (key(&known.key), named)));
            } else if self.pending.len() < limits::MAX_REQUESTS / 2 {
                // A deployed invitation names nobody but who asks. What calls depend on keeps its room among the requests.
                let request = encode::session_request(&session);
                reaction.outbound.push(self.pending.send(request, PendingRequest::AlsoInvited { session }));
            }
        }
        Ok(reaction)
    }

    fn invitation_closed(&mut self, event: &InvitationClosed) -> Reaction {
        match self.calls.find(&event.session_id) {
            Some(known) if !known.outgoing && !known.answered => {
                let signal = match event.reason.as_str() {
                    "answered" => IncomingSignal::AnsweredElsewhere,
                    "declined" => IncomingSignal::Decline(DeclineReason::Declined),
                    "missed" => IncomingSignal::Missed,
                    _ => IncomingSignal::Cancel,
                };
                self.over(&event.session_id, signal)
            }
            Some(_) | None => Reaction::none(),
        }
    }

    fn declined(&mut self, event: &CallDeclined) -> Reaction {
        let reason = decline_reason(event.reason.as_deref());
        let signal = IncomingSignal::Decline(reason);
        match self.calls.find(&event.session_id) {
            Some(known) if known.is_several() => {
                let declined = limits::id(event.user_id.clone()).ok().filter(|_| known.outgoing);
                let declined = declined.map(|user| (key(&known.key), invitee_declined(user, reason)));
                Reaction { heard: declined.into_iter().collect(), ..Reaction::default() }
            }
            Some(known) if known.outgoing && !known.answered && known.peer == event.user_id => {
                self.over(&event.session_id, signal)
            }
            Some(_) => Reaction::none(),
            None => self.too_early(&event.session_id, Some(&event.user_id), signal),
        }
    }

    /// Last words of a session that may turn out to be the one we are making.
    fn too_early(&mut self, session: &str, by: Option<&str>, signal: IncomingSignal) -> Reaction {
        let plausible = |text: &str| limits::id(text.to_owned()).is_ok();
        if self.is_making() && !self.calls.is_spent(session) && plausible(session) && by.is_none_or(plausible)
        {
            self.early.keep(session.to_owned(), by.map(str::to_owned), signal);
        }
        Reaction::none()
    }

    fn ended(&mut self, event: &CallEnded) -> Reaction {
        // One that is not known can only be of our own making.
        let (answered, outgoing) = self
            .calls
            .find(&event.session_id)
            .map_or((false, true), |known| (known.answered, known.outgoing));
        let signal = match (event.reason.as_deref(), answered, outgoing) {
            (_, true, _) => IncomingSignal::HangUp,
            (Some("missed"), false, _) => IncomingSignal::Missed,
            (Some(reason @ ("declined" | "busy")), false, _) => {
                IncomingSignal::Decline(decline_reason(Some(reason)))
            }
            (Some(_) | None, false, true) => IncomingSignal::HangUp,
            (Some(_) | None, false, false) => IncomingSignal::Cancel,
        };
        if self.calls.find(&event.session_id).is_none() {
            return self.too_early(&event.session_id, None, signal);
        }
        self.over(&event.session_id, signal)
    }

    /// Names no session as deployed; then it is about the first that we asked to enter.
    fn call_error(&mut self, event: &CallError) -> Reaction {
        if event.message.to_lowercase().contains(PEER_NOT_FOUND) {
            return Reaction::none();
        }
        if let Some(session) = &event.session_id {
            self.calls.entered(session);
        }
        let session = event.session_id.clone().or_else(|| self.calls.refused());
        let Some(session) = session else { return Reaction::none() };
        let message = rest::words(&event.message);
        let message = message.unwrap_or_else(|| "the server refused the call".to_owned());
        match self.calls.find(&session) {
            // On coming back, too: our seat was given to somebody else.
            Some(known) if known.joined && !known.entered && known.is_several() && is_full(&message) => {
                let full = Reaction::hear(key(&known.key), IncomingSignal::Full);
                self.calls.forget(&session);
                full
            }
            Some(known) if known.joined && !known.entered && known.there().is_none() => {
                let refused = Reaction::hear(key(&known.key), IncomingSignal::Refused { message });
                self.calls.forget(&session);
                refused
            }
            Some(_) | None => Reaction::none(),
        }
    }
}

/// One of several will not come.
pub(super) fn invitee_declined(user: String, reason: DeclineReason) -> IncomingSignal {
    IncomingSignal::InviteeDeclined { person: PersonId(user), reason }
}

/// Every seat of the session is taken.
pub(super) fn is_full(message: &str) -> bool {
    message.to_lowercase().contains(FULL)
}

fn decline_reason(reason: Option<&str>) -> DeclineReason {
    if reason == Some(encode::BUSY) { DeclineReason::Busy } else { DeclineReason::Declined }
}

fn expired() -> Reaction {
    Reaction { side: vec![SideEvent::TokenExpired], ..Reaction::default() }
}
