//! Encoder: signals to the events and requests of marketplace.

use bellwire_call::{
    CallId, DeclineReason, IceCandidate, Invite, MediaKind, MediaState, OutgoingSignal, Sdp, SdpKind,
};

use super::{
    Marketplace, PendingRequest,
    calls::{CallEntry, Sharing, is_made_up},
    wire::{
        AcceptCall, AnswerToServer, CandidateToServer, DeclineBody, DeclineCall, EndBody, EndCall,
        InitiateBody, InitiateCall, InitiateScreenShare, MediaToServer, OfferToServer, ParticipantJoining,
        call_path, chat_of, name,
    },
};
use crate::events::{emit, emit_perishable, value};
use crate::{EncodeError, Method, Outbound, RestCall, pending::LocalSignal, rest};

/// `reason` of a decline because of another call.
pub(super) const BUSY: &str = "busy";
/// `reason` of a decline by the user.
const DECLINED: &str = "declined";
/// Additive `reason` of an end: the ring was not answered.
pub(super) const MISSED: &str = "missed";

/// Closes our part of a call's record. Without a duration: the backend has a clock, we have none.
pub(super) fn end_request(kind: MediaKind, call: &str) -> RestCall {
    let path = format!("/communication/{}/{}/end", call_path(kind), rest::segment(call));
    rest::send(Method::Put, path, value(&EndBody::default()))
}

fn end_share_request(session: &str) -> RestCall {
    let path = format!("/communication/screen-share/{}/end", rest::segment(session));
    rest::send(Method::Put, path, value(&EndBody::default()))
}

impl Marketplace {
    /// Signals of a call the backend has no id for yet.
    pub(super) fn say_local(
        &mut self,
        local: CallId,
        signal: &OutgoingSignal,
    ) -> Result<Vec<Outbound>, EncodeError> {
        match LocalSignal::of(signal)? {
            LocalSignal::Invite(invite) => self.initiate(local, invite),
            LocalSignal::GiveUp => {
                self.pending.withdraw(local);
                Ok(Vec::new())
            }
        }
    }

    /// The record first: its id names the call on the socket too.
    fn initiate(&mut self, local: CallId, invite: &Invite) -> Result<Vec<Outbound>, EncodeError> {
        if self.pending.is_full() {
            return Err(EncodeError::TooManyCalls);
        }
        let body = InitiateBody { receiver_id: invite.to.id.0.clone() };
        let path = format!("/communication/{}/initiate", call_path(invite.kind));
        let purpose = PendingRequest::Initiate { local, invite: invite.clone() };
        let initiate = rest::send(Method::Post, path, value(&body));
        Ok(vec![self.pending.send_placing(local, initiate, purpose)])
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
            OutgoingSignal::Candidate(candidate) => self.candidate(call, candidate),
            OutgoingSignal::Media(state) => self.media(call, *state),
            OutgoingSignal::Rejoin => {
                let known = self.calls.find(call).ok_or(EncodeError::UnknownCall)?;
                Ok(vec![enter(call, known, None)])
            }
            OutgoingSignal::AddPeople(_) => Err(EncodeError::NoWords),
            OutgoingSignal::Invite(_) => Err(EncodeError::UnknownCall),
        }
    }

    fn accept(&mut self, call: &str) -> Result<Vec<Outbound>, EncodeError> {
        let me = self.me().to_owned();
        let known = self.calls.find_mut(call).ok_or(EncodeError::UnknownCall)?;
        known.answered = true;
        let body = AcceptCall { call_id: call.to_owned(), caller_id: Some(known.peer.clone()) };
        let said = [
            emit(name::ACCEPT_CALL, &body),
            // As deployed our other devices are not told that one of them answered: we do it by naming
            // ourselves among the others of the call.
            enter(call, known, Some(me)),
        ];
        let path = format!("/communication/{}/{}/join", call_path(known.kind), rest::segment(call));
        let join = RestCall { method: Method::Put, ..rest::fetch(path) };
        let mut all = vec![self.pending.send(join, PendingRequest::Accept { call: call.to_owned() })];
        all.extend(said);
        Ok(all)
    }

    fn decline(&mut self, call: &str, reason: DeclineReason) -> Vec<Outbound> {
        match self.calls.find(call) {
            None => return Vec::new(),
            Some(known) if known.outgoing || known.answered => return self.end(call, None),
            Some(_) => {}
        }
        let Some(known) = self.calls.forget(call) else { return Vec::new() };
        let reason = Some(
            match reason {
                DeclineReason::Declined => DECLINED,
                DeclineReason::Busy => BUSY,
            }
            .to_owned(),
        );
        let path = format!("/communication/call/{}/decline", rest::segment(call));
        let record = rest::send(Method::Put, path, value(&DeclineBody { reason: reason.clone() }));
        let decline = DeclineCall { call_id: call.to_owned(), caller_id: Some(known.peer), reason };
        // The caller hears the decline only; the end is for our other devices, which still ring.
        let mine = end_call(call, vec![self.me().to_owned()], None);
        vec![self.pending.send(record, PendingRequest::Record), emit(name::DECLINE_CALL, &decline), mine]
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
        let mut said = self.end_records(call, &known);
        said.push(end_call(call, vec![known.peer, self.me().to_owned()], reason));
        said
    }

    /// What REST keeps of a call that is over, and of our own screen in it. Of an id that we made up it
    /// keeps nothing.
    pub(super) fn end_records(&mut self, call: &str, known: &CallEntry) -> Vec<Outbound> {
        let mut said = Vec::new();
        if !(known.outgoing && is_made_up(call)) {
            said.push(self.pending.send(end_request(known.kind, call), PendingRequest::Record));
        }
        match &known.sharing {
            Sharing::On { session, recorded: true } => {
                said.push(self.pending.send(end_share_request(session), PendingRequest::Record));
            }
            Sharing::On { recorded: false, .. } | Sharing::Off | Sharing::Asked { .. } => {}
        }
        said
    }

    fn describe(&mut self, call: &str, sdp: &Sdp) -> Result<Vec<Outbound>, EncodeError> {
        let target_user_id = self.calls.find(call).ok_or(EncodeError::UnknownCall)?.peer.clone();
        let call_id = call.to_owned();
        Ok(vec![match sdp.kind {
            SdpKind::Offer => emit_perishable(
                name::WEBRTC_OFFER,
                &OfferToServer { call_id, target_user_id, offer: sdp.into() },
            ),
            SdpKind::Answer => {
                let body = AnswerToServer { call_id, target_user_id, answer: sdp.into() };
                emit_perishable(name::WEBRTC_ANSWER, &body)
            }
        }])
    }

    fn candidate(&mut self, call: &str, candidate: &IceCandidate) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.calls.find(call).ok_or(EncodeError::UnknownCall)?;
        let body = CandidateToServer {
            call_id: call.to_owned(),
            target_user_id: known.peer.clone(),
            candidate: Some(candidate.into()),
        };
        Ok(vec![emit_perishable(name::ICE_CANDIDATE, &body)])
    }

    fn media(&mut self, call: &str, state: MediaState) -> Result<Vec<Outbound>, EncodeError> {
        let target_user_id = self.calls.find(call).ok_or(EncodeError::UnknownCall)?.peer.clone();
        let MediaState { audio, video, sharing } = state;
        let mut said = Vec::new();
        if audio.is_some() || video.is_some() {
            let body = MediaToServer { call_id: call.to_owned(), target_user_id, audio, video };
            said.push(emit(name::MEDIA_STATE, &body));
        }
        match sharing {
            Some(true) => said.extend(self.start_sharing(call)),
            Some(false) => said.extend(self.stop_sharing(call)),
            None => {}
        }
        Ok(said)
    }

    fn start_sharing(&mut self, call: &str) -> Option<Outbound> {
        let chat_id = |peer: &str| chat_of(&self.identity.person.id.0, peer);
        let known = self.calls.find_mut(call)?;
        match &mut known.sharing {
            Sharing::Asked { wanted } => {
                *wanted = true;
                None
            }
            // They may have been away when it was said.
            Sharing::On { session, .. } => {
                let body = InitiateScreenShare {
                    session_id: session.clone(),
                    chat_id: chat_id(&known.peer),
                    recipient_id: known.peer.clone(),
                    sharer_avatar: None,
                };
                Some(emit(name::INITIATE_SCREEN_SHARE, &body))
            }
            Sharing::Off if self.pending.is_full() => None,
            Sharing::Off => {
                known.sharing = Sharing::Asked { wanted: true };
                let body = InitiateBody { receiver_id: known.peer.clone() };
                let path = "/communication/screen-share/initiate";
                let purpose = PendingRequest::Share { call: call.to_owned() };
                Some(self.pending.send(rest::send(Method::Post, path, value(&body)), purpose))
            }
        }
    }

    /// No deployed event says that sharing stopped; the session's end does.
    fn stop_sharing(&mut self, call: &str) -> Vec<Outbound> {
        let Some(known) = self.calls.find_mut(call) else { return Vec::new() };
        match std::mem::replace(&mut known.sharing, Sharing::Off) {
            Sharing::Off => Vec::new(),
            Sharing::Asked { .. } => {
                known.sharing = Sharing::Asked { wanted: false };
                Vec::new()
            }
            Sharing::On { session, recorded } => {
                let end = end_call(&session, vec![known.peer.clone()], None);
                let record =
                    recorded.then(|| self.pending.send(end_share_request(&session), PendingRequest::Record));
                record.into_iter().chain([end]).collect()
            }
        }
    }

    /// Our screen has a name, and perhaps a record: show it, unless that is over already.
    pub(super) fn share_recorded(&mut self, call: &str, session: Option<(String, bool)>) -> Vec<Outbound> {
        let me = self.me().to_owned();
        let wanted = self.calls.find_mut(call).and_then(|known| {
            let wanted = known.sharing == Sharing::Asked { wanted: true };
            known.sharing = Sharing::Off;
            let (session_id, recorded) = session.clone().filter(|_| wanted)?;
            known.sharing = Sharing::On { session: session_id.clone(), recorded };
            let chat_id = chat_of(&me, &known.peer);
            let recipient_id = known.peer.clone();
            Some(InitiateScreenShare { session_id, chat_id, recipient_id, sharer_avatar: None })
        });
        match (wanted, session) {
            (Some(body), _) => vec![emit(name::INITIATE_SCREEN_SHARE, &body)],
            (None, Some((session, true))) => {
                vec![self.pending.send(end_share_request(&session), PendingRequest::Record)]
            }
            (None, Some((_, false)) | None) => Vec::new(),
        }
    }

    /// The ring itself.
    pub(super) fn ring(&self, call: &str, room: &str, invite: &Invite) -> Outbound {
        let event = match invite.kind {
            MediaKind::Voice => name::INITIATE_VOICE_CALL,
            MediaKind::Video => name::INITIATE_VIDEO_CALL,
        };
        let body = InitiateCall {
            call_id: call.to_owned(),
            room_id: room.to_owned(),
            recipient_id: invite.to.id.0.clone(),
            chat_id: chat_of(self.me(), &invite.to.id.0),
            caller_avatar: self.identity.person.avatar.clone(),
        };
        emit(event, &body)
    }
}

/// Enters the call's room; the other side is notified, and `also`.
pub(super) fn enter(call: &str, known: &CallEntry, also: Option<String>) -> Outbound {
    let body = ParticipantJoining {
        call_id: call.to_owned(),
        room_id: known.room.clone(),
        other_participant_ids: [known.peer.clone()].into_iter().chain(also).collect(),
    };
    emit(name::PARTICIPANT_JOINED, &body)
}

/// Never without `participantIds`, which would end the deployed backend as well.
fn end_call(call: &str, participant_ids: Vec<String>, reason: Option<&str>) -> Outbound {
    let reason = reason.map(str::to_owned);
    emit(name::END_CALL, &EndCall { call_id: call.to_owned(), participant_ids, duration: 0.0, reason })
}
