//! Encoder: signals to the events and requests of dealerdesk.

use bellwire_call::{CallId, DeclineReason, Invite, MediaKind, MediaState, OutgoingSignal, Sdp, SdpKind};

use super::{
    Dealerdesk,
    calls::{CallEntry, Invitation},
    wire::{
        CallInitiate, CallRef, CallType, IceCandidateEvent, MediaStateEvent, Room, ScreenShare, SdpBody,
        WebrtcAnswer, WebrtcOffer, name,
    },
};
use crate::events::{emit, emit_perishable};
use crate::{EncodeError, Outbound, limits, pending::LocalSignal};

/// The additive `reason` of a reject that tells busy from declined.
pub(super) const BUSY: &str = "busy";
/// The additive `reason` of an end without an answer.
pub(super) const MISSED: &str = "missed";

impl Dealerdesk {
    /// Signals of a call the backend has no id for yet.
    pub(super) fn say_local(
        &mut self,
        local: CallId,
        signal: &OutgoingSignal,
    ) -> Result<Vec<Outbound>, EncodeError> {
        match LocalSignal::of(signal)? {
            LocalSignal::Invite(invite) => self.invite(local, invite),
            LocalSignal::GiveUp => {
                self.invitations.retain(|invitation| invitation.local != local || invitation.sent);
                for invitation in self.invitations.iter_mut().filter(|invitation| invitation.local == local) {
                    invitation.withdrawn = true;
                }
                Ok(Vec::new())
            }
        }
    }

    fn invite(&mut self, local: CallId, invite: &Invite) -> Result<Vec<Outbound>, EncodeError> {
        if self.invitations.len() >= limits::MAX_CALLS {
            return Err(EncodeError::TooManyCalls);
        }
        let to = &invite.to.id.0;
        let meant = invite.subject.as_ref().and_then(|subject| self.account.our_room(&subject.id));
        let room = match meant {
            Some((room, other)) if other.eq_ignore_ascii_case(to) => room,
            Some(_) | None => self.account.base_room(to),
        };
        self.invitations.push_back(Invitation {
            local,
            invite: invite.clone(),
            room: room.to_string(),
            withdrawn: false,
            sent: false,
        });
        // An invitation that waits for the socket waits here, where it can be taken back.
        Ok(if self.away { Vec::new() } else { self.say_waiting() })
    }

    /// Says the invitations that have not been said.
    pub(super) fn say_waiting(&mut self) -> Vec<Outbound> {
        let waiting: Vec<(String, CallInitiate)> = self
            .invitations
            .iter_mut()
            .filter(|invitation| !invitation.sent)
            .map(|invitation| {
                invitation.sent = true;
                let call_type = match invitation.invite.kind {
                    MediaKind::Voice => CallType::Audio,
                    MediaKind::Video => CallType::Video,
                };
                let (room_id, target_email) = (invitation.room.clone(), invitation.invite.to.id.0.clone());
                (invitation.room.clone(), CallInitiate { room_id, call_type, target_email })
            })
            .collect();
        let mut said = Vec::new();
        for (room, body) in waiting {
            said.extend(self.in_room(&room, vec![emit(name::CALL_INITIATE, &body)]));
        }
        said
    }

    /// Signals of a call with an id. What ends a call the backend has already ended is nothing.
    pub(super) fn say(&mut self, call: &str, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        match signal {
            OutgoingSignal::Accept => self.accept(call),
            OutgoingSignal::Decline(reason) => Ok(self.decline(call, *reason)),
            OutgoingSignal::Cancel | OutgoingSignal::HangUp | OutgoingSignal::EndForAll => {
                Ok(self.end(call, None))
            }
            OutgoingSignal::NoAnswer => Ok(self.no_answer(call)),
            OutgoingSignal::Offer(sdp) | OutgoingSignal::Answer(sdp) => self.describe(call, sdp),
            OutgoingSignal::Candidate(candidate) => {
                let known = self.known(call)?;
                let body = IceCandidateEvent {
                    candidate: Some(candidate.into()),
                    room_id: known.room.clone(),
                    target_email: Some(known.peer),
                    sender_email: None,
                    call_id: Some(known.id),
                };
                Ok(self.in_room(&known.room, vec![emit_perishable(name::ICE_CANDIDATE, &body)]))
            }
            OutgoingSignal::Media(state) => self.media(call, *state),
            OutgoingSignal::Rejoin => {
                let known = self.known(call)?;
                Ok(self.in_room(&known.room, Vec::new()))
            }
            OutgoingSignal::AddPeople(_) => Err(EncodeError::NoWords),
            OutgoingSignal::Invite(_) => Err(EncodeError::UnknownCall),
        }
    }

    fn known(&self, call: &str) -> Result<CallEntry, EncodeError> {
        self.calls.find(call).cloned().ok_or(EncodeError::UnknownCall)
    }

    fn accept(&mut self, call: &str) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.calls.find_mut(call).ok_or(EncodeError::UnknownCall)?;
        known.answered = true;
        let body = CallRef { call_id: known.id.clone(), room_id: known.room.clone(), reason: None };
        let room = known.room.clone();
        Ok(self.in_room(&room, vec![emit(name::CALL_ACCEPT, &body)]))
    }

    fn decline(&mut self, call: &str, reason: DeclineReason) -> Vec<Outbound> {
        match self.calls.find(call) {
            None => return Vec::new(),
            Some(known) if known.outgoing => return self.end(call, None),
            Some(_) => {}
        }
        let Some(known) = self.calls.forget(call) else { return Vec::new() };
        let reason = match reason {
            DeclineReason::Declined => None,
            DeclineReason::Busy => Some(BUSY.to_owned()),
        };
        let body = CallRef { call_id: known.id, room_id: known.room.clone(), reason };
        self.in_room(&known.room, vec![emit(name::CALL_REJECT, &body)])
    }

    fn no_answer(&mut self, call: &str) -> Vec<Outbound> {
        match self.calls.find(call) {
            Some(known) if known.outgoing => self.end(call, Some(MISSED)),
            Some(_) | None => {
                self.calls.forget(call);
                Vec::new()
            }
        }
    }

    fn end(&mut self, call: &str, reason: Option<&str>) -> Vec<Outbound> {
        let Some(known) = self.calls.forget(call) else { return Vec::new() };
        let body =
            CallRef { call_id: known.id, room_id: known.room.clone(), reason: reason.map(str::to_owned) };
        self.in_room(&known.room, vec![emit(name::CALL_END, &body)])
    }

    /// Tells a call of ours that is no longer wanted to the backend, which has just said its id.
    pub(super) fn take_back(&mut self, known: CallEntry) -> Vec<Outbound> {
        let body = CallRef { call_id: known.id, room_id: known.room.clone(), reason: None };
        self.in_room(&known.room, vec![emit(name::CALL_END, &body)])
    }

    fn describe(&mut self, call: &str, sdp: &Sdp) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.known(call)?;
        let (room_id, target_email, call_id) = (known.room.clone(), Some(known.peer), Some(known.id));
        let said = match sdp.kind {
            SdpKind::Offer => {
                let offer = SdpBody::from(sdp);
                let body = WebrtcOffer { offer, room_id, target_email, sender_email: None, call_id };
                emit_perishable(name::WEBRTC_OFFER, &body)
            }
            SdpKind::Answer => {
                let answer = SdpBody::from(sdp);
                let body = WebrtcAnswer { answer, room_id, target_email, sender_email: None, call_id };
                emit_perishable(name::WEBRTC_ANSWER, &body)
            }
        };
        Ok(self.in_room(&known.room, vec![said]))
    }

    fn media(&mut self, call: &str, state: MediaState) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.known(call)?;
        let room_id = known.room.clone();
        let mut said = Vec::new();
        if state.audio.is_some() || state.video.is_some() {
            let (audio, video) = (state.audio, state.video);
            let body = MediaStateEvent { room_id: room_id.clone(), audio, video, sender_email: None };
            said.push(emit(name::MEDIA_STATE, &body));
        }
        if let Some(sharing) = state.sharing {
            let event = if sharing { name::SCREEN_SHARE_STARTED } else { name::SCREEN_SHARE_STOPPED };
            said.push(emit(event, &ScreenShare { room_id, sender_email: None }));
        }
        Ok(self.in_room(&known.room, said))
    }
}

/// The room as an invitation's answer gives it.
pub(super) fn room_of(invitation: &Invitation) -> Option<Room> {
    Room::parse(&invitation.room)
}
