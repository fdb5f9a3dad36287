//! Decoder: events of marketplace to signals. Every field is checked here or not used.

use bellwire_call::{DeclineReason, IncomingSignal, MediaKind, MediaState, Person, PersonId, Ring, SdpKind};
use serde_json::Value;

use super::{
    Marketplace,
    calls::CallEntry,
    encode,
    wire::{
        AnswerToClient, CallAccepted, CallDeclined, CallEnded, CallError, CandidateToClient, IncomingCall,
        IncomingScreenShare, MediaToClient, OfferToClient, ParticipantJoined, ParticipantLeft,
        UserStatusChange, name,
    },
};
use crate::{
    DecodeError, IceCandidateInit, Presence, Reaction, SideEvent, call_table::key, events::read, limits, rest,
};

/// Additive `reason` of an end: two devices of ours accepted at once, and this one was the second.
const ELSEWHERE: &str = "answered_elsewhere";

/// Who an event says it is from.
enum From {
    Us,
    Peer,
}

impl Marketplace {
    pub(super) fn event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
        limits::event(false, &args)?;
        match event {
            name::INCOMING_VIDEO_CALL => self.incoming(read(event, args)?, MediaKind::Video),
            name::INCOMING_VOICE_CALL => self.incoming(read(event, args)?, MediaKind::Voice),
            name::INCOMING_SCREEN_SHARE => self.incoming_screen(read(event, args)?),
            name::CALL_ACCEPTED => self.accepted_call(&read(event, args)?),
            name::CALL_DECLINED => Ok(self.declined(&read(event, args)?)),
            name::CALL_ENDED => self.ended(&read(event, args)?),
            name::PARTICIPANT_JOINED => self.joined(&read(event, args)?),
            name::PARTICIPANT_LEFT => self.left(&read(event, args)?),
            name::WEBRTC_OFFER => {
                let OfferToClient { call_id, from_user_id, offer } = read(event, args)?;
                let offer = IncomingSignal::Offer(offer.read(name::WEBRTC_OFFER, SdpKind::Offer)?);
                self.in_call(name::WEBRTC_OFFER, &call_id, &from_user_id, offer)
            }
            name::WEBRTC_ANSWER => {
                let AnswerToClient { call_id, from_user_id, answer } = read(event, args)?;
                let answer = IncomingSignal::Answer(answer.read(name::WEBRTC_ANSWER, SdpKind::Answer)?);
                self.in_call(name::WEBRTC_ANSWER, &call_id, &from_user_id, answer)
            }
            name::ICE_CANDIDATE => {
                let CandidateToClient { call_id, from_user_id, candidate } = read(event, args)?;
                let candidate = IncomingSignal::Candidate(IceCandidateInit::read_or_end(candidate)?);
                self.in_call(name::ICE_CANDIDATE, &call_id, &from_user_id, candidate)
            }
            name::MEDIA_STATE => {
                let MediaToClient { call_id, from_user_id, audio, video } = read(event, args)?;
                let state = IncomingSignal::Media(MediaState { audio, video, sharing: None });
                self.in_call(name::MEDIA_STATE, &call_id, &from_user_id, state)
            }
            name::CALL_ERROR => Ok(self.call_error(&read(event, args)?)),
            name::USER_STATUS_CHANGE => {
                let UserStatusChange { user_id, status } = read(event, args)?;
                let (person, online) = (PersonId(limits::id(user_id)?), status != "offline");
                self.account.note_presence(&person.0, online);
                Ok(beside(SideEvent::Presence(vec![Presence { person, online }])))
            }
            name::NEW_MESSAGE => self.new_message(read(event, args)?),
            name::USER_TYPING => self.typing(read(event, args)?, true),
            name::USER_STOP_TYPING => self.typing(read(event, args)?, false),
            name::MESSAGES_READ => self.messages_read(read(event, args)?),
            // For the web client's bell; whatever it is about is also said by an event of its own.
            name::NOTIFICATION => Ok(Reaction::none()),
            _ => Err(DecodeError::UnknownEvent),
        }
    }

    fn incoming(&mut self, ring: IncomingCall, kind: MediaKind) -> Result<Reaction, DecodeError> {
        let call = limits::id(ring.call_id)?;
        let peer = limits::id(ring.caller.id)?;
        if peer == self.me() {
            return Err(DecodeError::ForeignSender { what: "incoming call" });
        }
        // A server may repeat a ring to a device that connects meanwhile; that adds nothing.
        if self.calls.find(&call).is_some() {
            return Ok(Reaction::none());
        }
        self.account.note_presence(&peer, true);
        let room = ring.room_id.and_then(|room| limits::id(room).ok()).unwrap_or_default();
        let added = self.calls.add(&call, |_| CallEntry::new(peer.clone(), kind, room, false));
        added.map_err(|_full| DecodeError::TooManyCalls)?;
        let name = limits::shown(ring.caller.name.as_deref().unwrap_or_default());
        let from = Person { id: PersonId(peer), name, avatar: ring.caller.avatar };
        Ok(Reaction::hear(key(&call), IncomingSignal::Ring(Ring { from, kind, subject: None })))
    }

    /// A screen is a session of its own here; one of the person we talk to belongs to our call.
    fn incoming_screen(&mut self, share: IncomingScreenShare) -> Result<Reaction, DecodeError> {
        let session = limits::id(share.session_id)?;
        let Some((call, known)) = self.calls.with(&share.sharer.id) else {
            // As deployed nothing comes after it: there is no call to show it in.
            return Ok(Reaction::none());
        };
        known.their_session = Some(session);
        let state = MediaState { sharing: Some(true), ..MediaState::default() };
        Ok(Reaction::hear(key(call), IncomingSignal::Media(state)))
    }

    fn accepted_call(&mut self, event: &CallAccepted) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::CALL_ACCEPTED;
        let call = &event.call_id;
        let known = self.calls.find(call).ok_or(DecodeError::ForeignCall { what: WHAT })?;
        let by_us = match event.participant_id.as_deref() {
            Some(who) if who == known.peer => false,
            Some(who) if who == self.me() => true,
            Some(_) => return Err(DecodeError::ForeignSender { what: WHAT }),
            None => !known.outgoing,
        };
        match (by_us, known.outgoing) {
            (false, true) => Ok(self.implied_accept(call)),
            (true, false) => Ok(self.taken_by_us(call)),
            // A caller does not accept its own call.
            (true, true) | (false, false) => Ok(Reaction::none()),
        }
    }

    fn joined(&mut self, event: &ParticipantJoined) -> Result<Reaction, DecodeError> {
        let call = &event.call_id;
        Ok(match self.from(name::PARTICIPANT_JOINED, call, &event.participant.id)? {
            From::Us => self.taken_by_us(call),
            From::Peer => {
                let mut reaction = self.implied_accept(call);
                reaction.heard.push((key(call), IncomingSignal::PeerJoined));
                reaction
            }
        })
    }

    fn left(&mut self, event: &ParticipantLeft) -> Result<Reaction, DecodeError> {
        Ok(match self.from(name::PARTICIPANT_LEFT, &event.call_id, &event.participant_id)? {
            From::Us => Reaction::none(),
            From::Peer => {
                let disconnected = event.reason.as_deref() == Some("disconnected");
                Reaction::hear(key(&event.call_id), IncomingSignal::PeerLeft { disconnected })
            }
        })
    }

    fn declined(&mut self, event: &CallDeclined) -> Reaction {
        match self.calls.find(&event.call_id) {
            // Another device of theirs declined a call that one has answered already.
            Some(known) if !known.answered => {}
            Some(_) | None => return Reaction::none(),
        }
        let busy = event.reason.as_deref() == Some(encode::BUSY);
        let reason = if busy { DeclineReason::Busy } else { DeclineReason::Declined };
        self.over(&event.call_id, IncomingSignal::Decline(reason))
    }

    fn ended(&mut self, event: &CallEnded) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::CALL_ENDED;
        let by = event.ended_by.as_deref();
        if let Some((call, known)) = self.calls.shown(&event.call_id) {
            if by.is_some_and(|by| by != known.peer) {
                return Err(DecodeError::ForeignSender { what: WHAT });
            }
            known.their_session = None;
            let state = MediaState { sharing: Some(false), ..MediaState::default() };
            return Ok(Reaction::hear(key(call), IncomingSignal::Media(state)));
        }
        let known = self.calls.find(&event.call_id).ok_or(DecodeError::ForeignCall { what: WHAT })?;
        let by_us = by == Some(self.me());
        if event.reason.as_deref() == Some(ELSEWHERE) {
            // The record goes on with the other device of ours.
            let signal =
                if known.answered { IncomingSignal::HangUp } else { IncomingSignal::AnsweredElsewhere };
            self.calls.forget(&event.call_id);
            return Ok(Reaction::hear(key(&event.call_id), signal));
        }
        let signal = match (known.answered, event.reason.as_deref()) {
            (true, _) => IncomingSignal::HangUp,
            (false, Some(encode::MISSED)) => IncomingSignal::Missed,
            (false, Some("failed")) => {
                IncomingSignal::Refused { message: "the server gave the call up".to_owned() }
            }
            // One of our devices declined, or whom we call ended it unanswered: neither took it.
            (false, _) if by_us != known.outgoing => IncomingSignal::Decline(DeclineReason::Declined),
            (false, _) if known.outgoing => IncomingSignal::HangUp,
            (false, _) => IncomingSignal::Cancel,
        };
        Ok(self.over(&event.call_id, signal))
    }

    fn call_error(&mut self, event: &CallError) -> Reaction {
        let Some(call) = &event.call_id else { return Reaction::none() };
        match self.calls.find(call) {
            // Only a call that does not run yet can be refused.
            Some(known) if !known.answered => {
                let message = rest::words(&event.message);
                let message = message.unwrap_or_else(|| "the server refused the call".to_owned());
                self.over(call, IncomingSignal::Refused { message })
            }
            Some(_) | None => Reaction::none(),
        }
    }

    fn in_call(
        &mut self,
        what: &'static str,
        call: &str,
        sender: &str,
        signal: IncomingSignal,
    ) -> Result<Reaction, DecodeError> {
        Ok(match self.from(what, call, sender)? {
            From::Us => Reaction::none(),
            From::Peer => {
                let mut reaction = self.implied_accept(call);
                reaction.heard.push((key(call), signal));
                reaction
            }
        })
    }

    /// A callee that enters the room or sends media signals has accepted; then we enter it too.
    fn implied_accept(&mut self, call: &str) -> Reaction {
        match self.calls.find_mut(call) {
            Some(known) if known.outgoing && !known.answered => {
                known.answered = true;
                let outbound = vec![encode::enter(call, known, None)];
                Reaction { heard: vec![(key(call), IncomingSignal::Accept)], outbound, side: Vec::new() }
            }
            Some(_) | None => Reaction::none(),
        }
    }

    /// We are in that call, on this device or on another.
    fn taken_by_us(&mut self, call: &str) -> Reaction {
        match self.calls.find(call) {
            Some(known) if !known.outgoing && !known.answered => {
                self.over(call, IncomingSignal::AnsweredElsewhere)
            }
            Some(_) | None => Reaction::none(),
        }
    }

    /// The last thing heard of a call. As deployed the record of a call that ran stays open until both
    /// have left, so we leave it too.
    fn over(&mut self, call: &str, signal: IncomingSignal) -> Reaction {
        let Some(known) = self.calls.forget(call) else { return Reaction::none() };
        let outbound = if known.answered { self.end_records(call, &known) } else { Vec::new() };
        Reaction { outbound, ..Reaction::hear(key(call), signal) }
    }

    fn from(&mut self, what: &'static str, call: &str, user: &str) -> Result<From, DecodeError> {
        let known = self.calls.find(call).ok_or(DecodeError::ForeignCall { what })?;
        if user == self.me() {
            Ok(From::Us)
        } else if user == known.peer {
            self.account.note_presence(user, true);
            Ok(From::Peer)
        } else {
            Err(DecodeError::ForeignSender { what })
        }
    }
}

/// Something that is about no call.
pub(super) fn beside(event: SideEvent) -> Reaction {
    Reaction { side: vec![event], ..Reaction::default() }
}
