//! Decoder: events of dealerdesk to signals. Every field is checked here or not used.

use bellwire_call::{
    CallKey, DeclineReason, IncomingSignal, MediaKind, MediaState, Person, PersonId, RemoteCallId, Ring,
    SdpKind,
};
use serde_json::Value;

use super::{
    Dealerdesk,
    calls::{self, CallEntry, Topic},
    encode, subject,
    wire::{
        CallAccepted, CallEnded, CallFailed, CallInitiated, CallRejected, CallType, ErrorEvent,
        IceCandidateEvent, IncomingCall, MediaStateEvent, RowId, ScreenShare, UserJoined, UserLeft,
        UserPresence, WebrtcAnswer, WebrtcOffer, name,
    },
};
use crate::{
    DecodeError, IceCandidateInit, Presence, Reaction, SideEvent, call_table::key, events::read, limits, rest,
};

impl Dealerdesk {
    pub(super) fn event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
        limits::event(false, &args)?;
        match event {
            name::INCOMING_CALL => self.incoming(read(event, args)?),
            name::CALL_INITIATED => self.initiated(read(event, args)?),
            name::CALL_FAILED => self.failed(&read(event, args)?),
            name::CALL_ACCEPTED => Ok(self.accepted(&read(event, args)?)),
            name::CALL_REJECTED => Ok(self.rejected(&read(event, args)?)),
            name::CALL_ENDED => Ok(self.ended(&read(event, args)?)),
            name::WEBRTC_OFFER => self.offer(read(event, args)?),
            name::WEBRTC_ANSWER => self.answer(read(event, args)?),
            name::ICE_CANDIDATE => self.remote_candidate(read(event, args)?),
            name::MEDIA_STATE => {
                let MediaStateEvent { room_id, audio, video, sender_email } = read(event, args)?;
                let state = MediaState { audio, video, sharing: None };
                self.remote_media(name::MEDIA_STATE, &room_id, sender_email.as_deref(), state)
            }
            name::SCREEN_SHARE_STARTED => self.sharing(name::SCREEN_SHARE_STARTED, &read(event, args)?, true),
            name::SCREEN_SHARE_STOPPED => {
                self.sharing(name::SCREEN_SHARE_STOPPED, &read(event, args)?, false)
            }
            name::USER_JOINED => self.user_joined(read(event, args)?),
            name::USER_LEFT => self.user_left(read(event, args)?),
            name::USER_PRESENCE => self.user_presence(read(event, args)?),
            name::NEW_MESSAGE | name::CHAT_NOTIFICATION => self.message(event, read(event, args)?),
            name::MESSAGE_READ => Ok(self.message_read(&read(event, args)?)),
            name::ROOM_MARKED_READ => self.room_read(&read(event, args)?),
            name::USER_TYPING => self.typing(read(event, args)?),
            name::ERROR => Ok(error(&read(event, args)?)),
            _ => Err(DecodeError::UnknownEvent),
        }
    }

    fn incoming(&mut self, ring: IncomingCall) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::INCOMING_CALL;
        let call = limits::id(ring.call_id.to_string())?;
        let (room, peer) =
            self.account.our_room(&ring.room_id).ok_or(DecodeError::ForeignCall { what: WHAT })?;
        if !peer.eq_ignore_ascii_case(&ring.caller_email) {
            return Err(DecodeError::ForeignSender { what: WHAT });
        }
        // A ring is repeated to a device that connects late.
        if self.calls.find(&call).is_some() {
            return Ok(Reaction::none());
        }
        let entry = CallEntry::new(ring.call_id, ring.room_id.clone(), peer.clone(), false);
        let added = self.calls.add(&call, |_| entry);
        added.map_err(|_full| DecodeError::TooManyCalls)?;
        let name = self.account.name_of(&peer, ring.caller_name.as_deref());
        let from = Person { id: PersonId(peer), name, avatar: None };
        let kind = match ring.call_type {
            CallType::Audio => MediaKind::Voice,
            CallType::Video => MediaKind::Video,
        };
        let ringing = IncomingSignal::Ring(Ring { from, kind, subject: subject(&room) });
        let mut reaction = Reaction::hear(key(&call), ringing);
        // Who only registered for notifications misses the early offer, and the end of the ring.
        reaction.outbound = self.in_room(&ring.room_id, Vec::new());
        Ok(reaction)
    }

    fn initiated(&mut self, event: CallInitiated) -> Result<Reaction, DecodeError> {
        let call = limits::id(event.call_id.to_string())?;
        let pending = calls::answered(&mut self.invitations, event.room_id.as_deref());
        let pending = pending.ok_or(DecodeError::UnknownReply)?;
        let peer = pending.invite.to.id.0.clone();
        let entry = CallEntry::new(event.call_id, pending.room.clone(), peer, true);
        if pending.withdrawn {
            let known = self.calls.add(&call, |_| entry).map(|known| known.clone());
            self.calls.forget(&call);
            let outbound = known.map(|known| self.take_back(known)).unwrap_or_default();
            return Ok(Reaction::send(outbound));
        }
        let local = pending.local;
        if self.calls.add(&call, |_| entry).is_err() {
            return Ok(Reaction::refused(local, "too many calls at once"));
        }
        let subject = encode::room_of(&pending).and_then(|room| subject(&room));
        let remote = RemoteCallId(call);
        Ok(Reaction::hear(CallKey::Local(local), IncomingSignal::Placed { local, remote, subject }))
    }

    /// Says no call: it is about the invitation that waits longest, or else about the ring of ours that
    /// was not answered yet.
    fn failed(&mut self, event: &CallFailed) -> Result<Reaction, DecodeError> {
        let signal = match event.reason.as_str() {
            CallFailed::NOT_AVAILABLE => IncomingSignal::Offline,
            CallFailed::BUSY => IncomingSignal::Decline(DeclineReason::Busy),
            words => {
                let message = rest::words(words);
                let message = message.unwrap_or_else(|| "the server refused the call".to_owned());
                IncomingSignal::Refused { message }
            }
        };
        if let Some(pending) = calls::answered(&mut self.invitations, event.room_id.as_deref()) {
            return Ok(if pending.withdrawn {
                Reaction::none()
            } else {
                Reaction::hear(CallKey::Local(pending.local), signal)
            });
        }
        let here = |known: &&CallEntry| event.room_id.as_ref().is_none_or(|room| *room == known.room);
        let dialling = self.calls.dialling().filter(here).map(|known| known.id.clone());
        Ok(self.over(&dialling.ok_or(DecodeError::UnknownReply)?, signal))
    }

    /// Comes to all in the room: the caller, the one who accepted, and their other devices.
    fn accepted(&mut self, event: &CallAccepted) -> Reaction {
        let call = event.call_id.to_string();
        match self.calls.find_mut(&call) {
            Some(known) if known.outgoing && !known.answered => {
                known.answered = true;
                Reaction::hear(key(&call), IncomingSignal::Accept)
            }
            Some(known) if !known.outgoing && !known.answered => {
                self.over(&event.call_id, IncomingSignal::AnsweredElsewhere)
            }
            Some(_) | None => Reaction::none(),
        }
    }

    /// A device whose ring times out rejects even when another one answered long ago.
    fn rejected(&mut self, event: &CallRejected) -> Reaction {
        match self.calls.find(&event.call_id.to_string()) {
            Some(known) if !known.answered => {
                let busy = event.reason.as_deref() == Some(encode::BUSY);
                let reason = if busy { DeclineReason::Busy } else { DeclineReason::Declined };
                self.over(&event.call_id, IncomingSignal::Decline(reason))
            }
            Some(_) | None => Reaction::none(),
        }
    }

    fn ended(&mut self, event: &CallEnded) -> Reaction {
        let Some(known) = self.calls.find(&event.call_id.to_string()) else { return Reaction::none() };
        let signal = match event.reason.as_deref() {
            Some(encode::MISSED) if !known.answered => IncomingSignal::Missed,
            // A ring timer that lost its race against an answer.
            Some(encode::MISSED) => return Reaction::none(),
            Some(_) | None if known.outgoing || known.answered => IncomingSignal::HangUp,
            Some(_) | None => IncomingSignal::Cancel,
        };
        self.over(&event.call_id, signal)
    }

    fn offer(&mut self, event: WebrtcOffer) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::WEBRTC_OFFER;
        let signal = IncomingSignal::Offer(event.offer.read(WHAT, SdpKind::Offer)?);
        let call = event.call_id.as_ref();
        self.said(WHAT, &event.room_id, call, event.sender_email.as_deref(), Topic::Offer, signal)
    }

    fn answer(&mut self, event: WebrtcAnswer) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::WEBRTC_ANSWER;
        let signal = IncomingSignal::Answer(event.answer.read(WHAT, SdpKind::Answer)?);
        let call = event.call_id.as_ref();
        self.said(WHAT, &event.room_id, call, event.sender_email.as_deref(), Topic::Answer, signal)
    }

    fn remote_candidate(&mut self, event: IceCandidateEvent) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::ICE_CANDIDATE;
        let signal = IncomingSignal::Candidate(IceCandidateInit::read_or_end(event.candidate)?);
        let call = event.call_id.as_ref();
        self.said(WHAT, &event.room_id, call, event.sender_email.as_deref(), Topic::Any, signal)
    }

    /// Something the other side said about the call in a room. An early offer passes: the phone keeps
    /// it until the ring is answered.
    fn said(
        &self,
        what: &'static str,
        room: &str,
        call: Option<&RowId>,
        sender: Option<&str>,
        topic: Topic,
        signal: IncomingSignal,
    ) -> Result<Reaction, DecodeError> {
        let named = call.map(|id| self.calls.find(&id.to_string()));
        let known: &CallEntry = match named {
            Some(known) => known.filter(|known| known.room == room),
            None => self.calls.about(room, topic),
        }
        .ok_or(DecodeError::ForeignCall { what })?;
        match sender {
            // Another device of ours.
            Some(sender) if self.account.is_me(sender) => Ok(Reaction::none()),
            Some(sender) if !known.peer.eq_ignore_ascii_case(sender) => {
                Err(DecodeError::ForeignSender { what })
            }
            Some(_) | None => Ok(Reaction::hear(known.key(), signal)),
        }
    }

    fn sharing(
        &self,
        what: &'static str,
        event: &ScreenShare,
        sharing: bool,
    ) -> Result<Reaction, DecodeError> {
        let state = MediaState { sharing: Some(sharing), ..MediaState::default() };
        self.remote_media(what, &event.room_id, event.sender_email.as_deref(), state)
    }

    fn remote_media(
        &self,
        what: &'static str,
        room: &str,
        sender: Option<&str>,
        state: MediaState,
    ) -> Result<Reaction, DecodeError> {
        self.said(what, room, None, sender, Topic::Any, IncomingSignal::Media(state))
    }

    /// Only says something about a call that runs: who opens the chat while they are rung has not
    /// accepted.
    fn user_joined(&mut self, event: UserJoined) -> Result<Reaction, DecodeError> {
        let person = limits::address(event.email)?;
        if self.account.is_me(&person) {
            return Ok(Reaction::none());
        }
        let back = self.calls.running_with(&person);
        let heard = back.map(|known| (known.key(), IncomingSignal::PeerJoined)).collect();
        let side = if self.tells_presence { Vec::new() } else { self.presence(person, true) };
        Ok(Reaction { heard, side, ..Reaction::default() })
    }

    /// One of their sockets closed, perhaps not the one that talks to us: the media path knows better.
    fn user_left(&mut self, event: UserLeft) -> Result<Reaction, DecodeError> {
        let person = limits::address(event.user_email)?;
        let side = if self.tells_presence { Vec::new() } else { self.presence(person, false) };
        Ok(Reaction { side, ..Reaction::default() })
    }

    fn user_presence(&mut self, event: UserPresence) -> Result<Reaction, DecodeError> {
        self.tells_presence = true;
        let person = limits::address(event.user_email)?;
        Ok(Reaction { side: self.presence(person, event.is_online), ..Reaction::default() })
    }

    fn presence(&mut self, person: String, online: bool) -> Vec<SideEvent> {
        let change = self
            .account
            .note_presence(&person, online)
            .then_some(Presence { person: PersonId(person), online });
        change.map(|change| SideEvent::Presence(vec![change])).into_iter().collect()
    }

    /// The last thing heard of a call.
    fn over(&mut self, call: &RowId, signal: IncomingSignal) -> Reaction {
        match self.calls.forget(&call.to_string()) {
            Some(known) => Reaction::hear(known.key(), signal),
            None => Reaction::none(),
        }
    }
}

fn error(event: &ErrorEvent) -> Reaction {
    // Every other failure has an event of its own, or costs nothing.
    let expired = event.code.as_deref() == Some("TOKEN_EXPIRED");
    let side = if expired { vec![SideEvent::TokenExpired] } else { Vec::new() };
    Reaction { side, ..Reaction::default() }
}
