//! Encoder: signals to the events and requests of storefront.

use bellwire_call::{
    CallId, DeclineReason, IceCandidate, Invite, MediaState, OutgoingSignal, Quality, Sdp, SdpKind,
};

use super::{
    PendingRequest, Storefront,
    wire::{
        CallPartyEvent, CallQualityReport, CallStatus, CallStatusUpdate, CallType, EndBody, EndVideoCall,
        IceCandidateEvent, InitiateBody, JoinVideoCall, LeaveVideoCall, RespondBody, Response, SdpAnswer,
        SdpBody, SdpOffer, ToggleAudio, ToggleVideo, UserType, name,
    },
};
use crate::events::{emit, emit_perishable, value};
use crate::{EncodeError, Method, Outbound, RestCall, pending::LocalSignal, rest};

/// `declineReason` and the additive `reason` that tell busy from declined.
pub(super) const BUSY: &str = "busy";
/// The additive `reason` that tells a ring that was taken back from one without an answer.
pub(super) const CANCELLED: &str = "cancelled";

fn post<T: serde::Serialize>(path: &str, body: &T) -> RestCall {
    rest::send(Method::Post, path, value(body))
}

/// Closes a call's record. Never carries `callQuality`: the deployed backend answers 500 to it.
pub(super) fn end_request(call: &str) -> RestCall {
    let body = EndBody { call_id: call.to_owned(), call_quality: None, notes: None, recording_url: None };
    post("/video-call/end", &body)
}

impl Storefront {
    /// Signals of a call the backend has no id for yet.
    pub(super) fn say_local(
        &mut self,
        local: CallId,
        signal: &OutgoingSignal,
    ) -> Result<Vec<Outbound>, EncodeError> {
        match LocalSignal::of(signal)? {
            LocalSignal::Invite(_) if self.pending.is_full() => Err(EncodeError::TooManyCalls),
            LocalSignal::Invite(invite) => {
                let about = invite.subject.as_ref().is_some_and(|subject| !subject.id.is_empty());
                Ok(vec![self.initiate(local, invite, about)])
            }
            LocalSignal::GiveUp => {
                self.pending.withdraw(local);
                Ok(Vec::new())
            }
        }
    }

    /// Asks for a call; `about`: with the order that it is about.
    pub(super) fn initiate(&mut self, local: CallId, invite: &Invite, about: bool) -> Outbound {
        let to = Some(invite.to.id.0.clone());
        let order = invite.subject.as_ref().map(|subject| subject.id.clone()).filter(|id| !id.is_empty());
        let call_type = if order.is_some() { CallType::OrderSupport } else { CallType::GeneralSupport };
        let (customer_id, seller_id) = match self.account.role {
            UserType::Seller => (to, None),
            UserType::Customer => (None, to),
        };
        let body = InitiateBody {
            customer_id,
            seller_id,
            order_id: order.filter(|_| about),
            call_type: Some(call_type),
            ..InitiateBody::default()
        };
        let purpose = PendingRequest::Initiate { local, invite: invite.clone(), about };
        self.pending.send_placing(local, post("/video-call/initiate", &body), purpose)
    }

    /// Signals of a call with an id. What ends a call the backend has already ended is nothing.
    pub(super) fn say(&mut self, call: &str, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        match signal {
            OutgoingSignal::Accept => self.accept(call),
            OutgoingSignal::Decline(reason) => Ok(self.decline(call, *reason)),
            OutgoingSignal::Cancel => Ok(self.give_up(call, Some(CANCELLED))),
            OutgoingSignal::NoAnswer => Ok(self.no_answer(call)),
            OutgoingSignal::HangUp | OutgoingSignal::EndForAll => Ok(self.hang_up(call)),
            OutgoingSignal::Offer(sdp) | OutgoingSignal::Answer(sdp) => self.describe(call, sdp),
            OutgoingSignal::Candidate(candidate) => self.candidate(call, candidate),
            OutgoingSignal::Media(state) => self.media(call, *state),
            OutgoingSignal::Rejoin => self.in_room(call, Vec::new()),
            OutgoingSignal::AddPeople(_) => Err(EncodeError::NoWords),
            OutgoingSignal::Invite(_) => Err(EncodeError::UnknownCall),
        }
    }

    fn accept(&mut self, call: &str) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.calls.find_mut(call).ok_or(EncodeError::UnknownCall)?;
        known.answered = true;
        known.joined = true;
        known.stale = false;
        let body =
            RespondBody { call_id: call.to_owned(), response: Response::Accepted, decline_reason: None };
        let purpose = PendingRequest::Accept { call: call.to_owned() };
        let respond = self.pending.send(post("/video-call/respond", &body), purpose);
        Ok(vec![respond, self.join(call)])
    }

    fn decline(&mut self, call: &str, reason: DeclineReason) -> Vec<Outbound> {
        match self.calls.find(call) {
            None => return Vec::new(),
            Some(known) if known.outgoing => return self.give_up(call, Some(CANCELLED)),
            Some(_) => {}
        }
        self.calls.forget(call);
        let reason = match reason {
            DeclineReason::Declined => None,
            DeclineReason::Busy => Some(BUSY.to_owned()),
        };
        let body = RespondBody {
            call_id: call.to_owned(),
            response: Response::Declined,
            decline_reason: reason.clone(),
        };
        let respond = self.pending.send(post("/video-call/respond", &body), PendingRequest::Record);
        vec![respond, self.status(call, CallStatus::Declined, reason)]
    }

    fn no_answer(&mut self, call: &str) -> Vec<Outbound> {
        match self.calls.find(call) {
            Some(known) if known.outgoing => self.give_up(call, None),
            Some(_) | None => {
                self.calls.forget(call);
                Vec::new()
            }
        }
    }

    /// Ends an unanswered call. The status goes to every client of the backend as deployed, and
    /// its pages end whatever call they are in when they hear `ended`; `missed` they let pass.
    fn give_up(&mut self, call: &str, reason: Option<&str>) -> Vec<Outbound> {
        let Some(known) = self.calls.forget(call) else { return Vec::new() };
        let end = self.pending.send(end_request(call), PendingRequest::Record);
        let mut said = vec![end, self.status(call, CallStatus::Missed, reason.map(str::to_owned))];
        if known.joined {
            said.push(self.leave(call));
        }
        said
    }

    /// `callEnded` after the last leave goes to an empty room as deployed, so the end is said before.
    fn hang_up(&mut self, call: &str) -> Vec<Outbound> {
        let Some(known) = self.calls.forget(call) else { return Vec::new() };
        let end = self.pending.send(end_request(call), PendingRequest::Record);
        let mut said = vec![end];
        if known.stale {
            said.push(self.join(call));
        }
        let body = EndVideoCall {
            call_id: call.to_owned(),
            user_id: self.account.me.clone(),
            reason: Some("completed".to_owned()),
        };
        said.push(emit(name::END_VIDEO_CALL, &body));
        said.push(self.leave(call));
        said
    }

    fn describe(&mut self, call: &str, sdp: &Sdp) -> Result<Vec<Outbound>, EncodeError> {
        let peer = self.calls.find(call).ok_or(EncodeError::UnknownCall)?.peer.clone();
        let (call_id, sender_id, receiver_id) = (call.to_owned(), self.account.me.clone(), Some(peer));
        let said = match sdp.kind {
            SdpKind::Offer => {
                let offer = SdpBody::from(sdp);
                emit_perishable(name::OFFER, &SdpOffer { call_id, offer, sender_id, receiver_id })
            }
            SdpKind::Answer => {
                let answer = SdpBody::from(sdp);
                emit_perishable(name::ANSWER, &SdpAnswer { call_id, answer, sender_id, receiver_id })
            }
        };
        self.in_room(call, vec![said])
    }

    fn candidate(&mut self, call: &str, candidate: &IceCandidate) -> Result<Vec<Outbound>, EncodeError> {
        let body = IceCandidateEvent {
            call_id: call.to_owned(),
            candidate: Some(candidate.into()),
            sender_id: self.account.me.clone(),
            receiver_id: None,
        };
        self.in_room(call, vec![emit_perishable(name::ICE_CANDIDATE, &body)])
    }

    pub(super) fn quality(&mut self, call: &str, quality: Quality) -> Result<Vec<Outbound>, EncodeError> {
        let body = CallQualityReport {
            call_id: call.to_owned(),
            user_id: self.account.me.clone(),
            quality: serde_json::to_value(quality).map_err(|_| EncodeError::NoWords)?,
        };
        self.in_room(call, vec![emit_perishable(name::CALL_QUALITY_REPORT, &body)])
    }

    fn media(&mut self, call: &str, state: MediaState) -> Result<Vec<Outbound>, EncodeError> {
        let (call_id, user_id) = (call.to_owned(), self.account.me.clone());
        let mut said = Vec::new();
        if let Some(is_audio_enabled) = state.audio {
            let body = ToggleAudio { call_id: call_id.clone(), user_id: user_id.clone(), is_audio_enabled };
            said.push(emit(name::TOGGLE_AUDIO, &body));
        }
        if let Some(is_video_enabled) = state.video {
            let body = ToggleVideo { call_id: call_id.clone(), user_id: user_id.clone(), is_video_enabled };
            said.push(emit(name::TOGGLE_VIDEO, &body));
        }
        if let Some(sharing) = state.sharing {
            let event = if sharing { name::START_SCREEN_SHARE } else { name::STOP_SCREEN_SHARE };
            said.push(emit(event, &CallPartyEvent { call_id, user_id }));
        }
        self.in_room(call, said)
    }

    /// Puts the way back into the room in front, if the socket has been away.
    fn in_room(&mut self, call: &str, mut said: Vec<Outbound>) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.calls.find_mut(call).ok_or(EncodeError::UnknownCall)?;
        if std::mem::take(&mut known.stale) {
            said.insert(0, self.join(call));
        }
        Ok(said)
    }

    pub(super) fn join(&self, call: &str) -> Outbound {
        let user_type = Some(self.account.role);
        let body = JoinVideoCall { call_id: call.to_owned(), user_id: self.account.me.clone(), user_type };
        emit(name::JOIN_VIDEO_CALL, &body)
    }

    pub(super) fn leave(&self, call: &str) -> Outbound {
        emit(
            name::LEAVE_VIDEO_CALL,
            &LeaveVideoCall { call_id: call.to_owned(), user_id: self.account.me.clone() },
        )
    }

    fn status(&self, call: &str, status: CallStatus, reason: Option<String>) -> Outbound {
        let body = CallStatusUpdate {
            call_id: call.to_owned(),
            status,
            user_id: Some(self.account.me.clone()),
            user_type: Some(self.account.role),
            timestamp: None,
            reason,
        };
        emit(name::CALL_STATUS_UPDATE, &body)
    }
}
