//! Encoder: signals to the events and requests of hearth.

use bellwire_call::{
    CallId, DeclineReason, IceCandidate, Invite, MediaKind, MediaState, OutgoingSignal, PeerId, Sdp, SdpKind,
};
use serde_json::Value;

use super::{
    Hearth, PendingRequest,
    calls::CallEntry,
    wire::{
        CallSettings, DeclineCall, InitiateBody, JoinCallSession, LeaveCallSession, MediaBody,
        MediaStateChanged, Metadata, ScreenShare, SdpBody, SendAnswer, SendCandidate, SendOffer, SessionType,
        ToggleAudio, ToggleVideo, name,
    },
};
use crate::events::{emit, emit_perishable, value};
use crate::{EncodeError, Method, Outbound, RestCall, pending::LocalSignal, rest};

/// The reasons of the additive `decline_call`.
pub(super) const BUSY: &str = "busy";
const DECLINED: &str = "declined";
/// How the id of a call session begins; other subjects are therapy sessions.
pub(super) const SESSION_PREFIX: &str = "call_";

/// Closes a session's record and notifies all in it.
pub(super) fn end_request(session: &str) -> RestCall {
    let path = format!("/video-call/session/{}/end", rest::segment_of(session));
    rest::send(Method::Post, path, Value::Object(serde_json::Map::new()))
}

pub(super) fn session_request(session: &str) -> RestCall {
    rest::fetch(format!("/video-call/session/{}", rest::segment_of(session)))
}

fn join_request(session: &str) -> RestCall {
    let path = format!("/video-call/join/{}", rest::segment_of(session));
    rest::send(Method::Post, path, Value::Object(serde_json::Map::new()))
}

impl Hearth {
    /// Signals of a call the backend has no id for yet.
    pub(super) fn say_local(
        &mut self,
        local: CallId,
        signal: &OutgoingSignal,
    ) -> Result<Vec<Outbound>, EncodeError> {
        match LocalSignal::of(signal)? {
            LocalSignal::Invite(invite) => self.place(local, invite),
            LocalSignal::GiveUp => {
                self.pending.withdraw(local);
                Ok(Vec::new())
            }
        }
    }

    /// About a call session: enters it. About a therapy session, or nothing: makes one and rings.
    fn place(&mut self, local: CallId, invite: &Invite) -> Result<Vec<Outbound>, EncodeError> {
        if self.pending.is_full() {
            return Err(EncodeError::TooManyCalls);
        }
        let purpose = |join| PendingRequest::Place { local, invite: invite.clone(), join };
        let about = invite.subject.as_ref().filter(|subject| !subject.id.is_empty());
        if let Some(subject) = about.filter(|subject| subject.id.starts_with(SESSION_PREFIX)) {
            let purpose = purpose(Some(subject.id.clone()));
            return Ok(vec![self.pending.send_placing(local, join_request(&subject.id), purpose)]);
        }
        let title = about.map(|subject| subject.label.clone()).filter(|label| !label.is_empty());
        let body = InitiateBody {
            session_type: kind_of(invite),
            participants: self.invitees(invite),
            call_settings: Some(CallSettings {
                is_video_enabled: invite.kind == MediaKind::Video,
                ..CallSettings::default()
            }),
            metadata: title.map(|title| Metadata { title: Some(title), ..Metadata::default() }),
            therapy_session_id: about.map(|subject| subject.id.clone()),
        };
        let request = rest::send(Method::Post, "/video-call/initiate", value(&body));
        Ok(vec![self.pending.send_placing(local, request, purpose(None))])
    }

    /// Everybody who is asked to come, once each.
    fn invitees(&self, invite: &Invite) -> Vec<String> {
        let mut invitees = vec![invite.to.id.0.clone()];
        for person in &invite.others {
            if person.id.0 != self.me && !invitees.contains(&person.id.0) {
                invitees.push(person.id.0.clone());
            }
        }
        invitees
    }

    /// Signals of a call with an id; `to`: the member they are for. What ends a call the backend has already
    /// ended is nothing.
    pub(super) fn say(
        &mut self,
        key: &str,
        to: Option<&PeerId>,
        signal: &OutgoingSignal,
    ) -> Result<Vec<Outbound>, EncodeError> {
        let session = self.calls.session_of(key);
        match (signal, session) {
            (OutgoingSignal::Accept, Some(session)) => self.accept(&session),
            (OutgoingSignal::Decline(reason), Some(session)) => Ok(self.decline(&session, *reason)),
            (OutgoingSignal::Cancel | OutgoingSignal::NoAnswer, Some(session)) => Ok(self.give_up(&session)),
            (OutgoingSignal::HangUp, Some(session)) => Ok(self.hang_up(&session)),
            (OutgoingSignal::EndForAll, Some(session)) => Ok(self.end_for_all(&session)),
            (
                OutgoingSignal::Decline(_)
                | OutgoingSignal::Cancel
                | OutgoingSignal::NoAnswer
                | OutgoingSignal::HangUp
                | OutgoingSignal::EndForAll,
                None,
            ) => Ok(Vec::new()),
            (OutgoingSignal::Offer(sdp) | OutgoingSignal::Answer(sdp), Some(session)) => {
                self.describe(&session, to, sdp)
            }
            (OutgoingSignal::Candidate(candidate), Some(session)) => self.candidate(&session, to, candidate),
            (OutgoingSignal::Media(state), Some(session)) => self.media(&session, *state),
            (OutgoingSignal::AddPeople(people), Some(session)) => self.add_people(&session, people),
            (OutgoingSignal::Rejoin, Some(session)) => self.in_room(&session, Vec::new()),
            (
                OutgoingSignal::Accept
                | OutgoingSignal::Offer(_)
                | OutgoingSignal::Answer(_)
                | OutgoingSignal::Candidate(_)
                | OutgoingSignal::Media(_)
                | OutgoingSignal::AddPeople(_)
                | OutgoingSignal::Rejoin,
                None,
            )
            | (OutgoingSignal::Invite(_), _) => Err(EncodeError::UnknownCall),
        }
    }

    /// The room is entered once REST has let us in: the other way round the deployed backend says that
    /// we are in it already, and leaves the record waiting.
    fn accept(&mut self, session: &str) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.known_mut(session)?;
        known.answered = true;
        let purpose = PendingRequest::Accept { session: session.to_owned() };
        Ok(vec![self.pending.send(join_request(session), purpose)])
    }

    fn decline(&mut self, session: &str, reason: DeclineReason) -> Vec<Outbound> {
        if self.calls.find(session).is_some_and(|known| known.outgoing) {
            return self.give_up(session);
        }
        self.calls.forget(session);
        let reason = match reason {
            DeclineReason::Declined => DECLINED,
            DeclineReason::Busy => BUSY,
        };
        let body = DeclineCall { session_id: session.to_owned(), reason: Some(reason.to_owned()) };
        vec![emit(name::DECLINE_CALL, &body)]
    }

    /// Ends an unanswered call. A session that others made goes on without us.
    fn give_up(&mut self, session: &str) -> Vec<Outbound> {
        match self.calls.forget(session) {
            Some(known) if known.made => self.end_and_leave(session),
            Some(known) if known.joined => vec![leave(session)],
            Some(_) | None => Vec::new(),
        }
    }

    fn hang_up(&mut self, session: &str) -> Vec<Outbound> {
        match self.calls.forget(session) {
            Some(known) if known.sole => self.end_and_leave(session),
            Some(_) => vec![leave(session)],
            None => Vec::new(),
        }
    }

    fn end_for_all(&mut self, session: &str) -> Vec<Outbound> {
        match self.calls.forget(session) {
            Some(_) => self.end_and_leave(session),
            None => Vec::new(),
        }
    }

    /// Both, because the deployed backend may let only the initiator end a session.
    pub(super) fn end_and_leave(&mut self, session: &str) -> Vec<Outbound> {
        vec![self.pending.send(end_request(session), PendingRequest::Record), leave(session)]
    }

    fn describe(
        &mut self,
        session: &str,
        to: Option<&PeerId>,
        sdp: &Sdp,
    ) -> Result<Vec<Outbound>, EncodeError> {
        let (target_peer_id, target_socket_id) = target(self.known_mut(session)?, to)?;
        let session_id = session.to_owned();
        let said = match sdp.kind {
            SdpKind::Offer => {
                let offer = SdpBody::from(sdp);
                let body = SendOffer { target_peer_id, target_socket_id, session_id, offer };
                emit_perishable(name::WEBRTC_OFFER, &body)
            }
            SdpKind::Answer => {
                let answer = SdpBody::from(sdp);
                let body = SendAnswer { target_peer_id, target_socket_id, session_id, answer };
                emit_perishable(name::WEBRTC_ANSWER, &body)
            }
        };
        self.in_room(session, vec![said])
    }

    fn candidate(
        &mut self,
        session: &str,
        to: Option<&PeerId>,
        candidate: &IceCandidate,
    ) -> Result<Vec<Outbound>, EncodeError> {
        let (target_peer_id, target_socket_id) = target(self.known_mut(session)?, to)?;
        let body = SendCandidate {
            target_peer_id,
            target_socket_id,
            session_id: session.to_owned(),
            candidate: Some(candidate.into()),
        };
        self.in_room(session, vec![emit_perishable(name::WEBRTC_ICE_CANDIDATE, &body)])
    }

    /// What changed by itself, then everything as the documented event has it, then the record.
    fn media(&mut self, session: &str, state: MediaState) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.known_mut(session)?;
        known.ours.audio = state.audio.or(known.ours.audio);
        known.ours.video = state.video.or(known.ours.video);
        known.ours.sharing = state.sharing.or(known.ours.sharing);
        if !known.joined {
            // Said on entering.
            return Ok(Vec::new());
        }
        let (ours, record) = (known.ours, known.may_record_media());
        let session_id = session.to_owned();
        let mut said = Vec::new();
        if let Some(has_audio) = state.audio {
            let body = ToggleAudio { session_id: session_id.clone(), has_audio };
            said.push(emit(name::TOGGLE_AUDIO, &body));
        }
        if let Some(has_video) = state.video {
            let body = ToggleVideo { session_id: session_id.clone(), has_video };
            said.push(emit(name::TOGGLE_VIDEO, &body));
        }
        if let Some(sharing) = state.sharing {
            let event = if sharing { name::SCREEN_SHARE_STARTED } else { name::SCREEN_SHARE_STOPPED };
            said.push(emit(event, &ScreenShare { session_id }));
        }
        said.push(everything_we_send(session, ours));
        if record {
            let MediaState { audio, video, sharing } = ours;
            let body = MediaBody { has_video: video, has_audio: audio, is_screen_sharing: sharing };
            let path = format!("/video-call/session/{}/media", rest::segment_of(session));
            said.push(self.pending.send(rest::send(Method::Put, path, value(&body)), PendingRequest::Record));
        }
        self.in_room(session, said)
    }

    /// Puts the way back into the room in front, if the socket has been away.
    pub(super) fn in_room(
        &mut self,
        session: &str,
        mut said: Vec<Outbound>,
    ) -> Result<Vec<Outbound>, EncodeError> {
        let known = self.known_mut(session)?;
        if std::mem::take(&mut known.stale) {
            said.splice(0..0, self.enter(session));
        }
        Ok(said)
    }

    /// The room, and what we send in it if that is not what the others expect.
    pub(super) fn enter(&mut self, session: &str) -> Vec<Outbound> {
        let body = JoinCallSession { session_id: session.to_owned(), peer_id: self.peer_id.clone() };
        let mut said = vec![emit(name::JOIN_CALL_SESSION, &body)];
        self.calls.asks(session);
        if let Some(known) = self.calls.find_mut(session) {
            known.joined = true;
            known.entered = false;
            known.stale = false;
            let usual = MediaState {
                audio: Some(true),
                video: Some(known.kind == MediaKind::Video),
                sharing: Some(false),
            };
            if known.ours != usual {
                said.push(everything_we_send(session, known.ours));
            }
        }
        said
    }

    fn known_mut(&mut self, session: &str) -> Result<&mut CallEntry, EncodeError> {
        self.calls.find_mut(session).ok_or(EncodeError::UnknownCall)
    }
}

pub(super) fn leave(session: &str) -> Outbound {
    emit(name::LEAVE_CALL_SESSION, &LeaveCallSession { session_id: session.to_owned() })
}

fn everything_we_send(session: &str, ours: MediaState) -> Outbound {
    let body = MediaStateChanged {
        session_id: session.to_owned(),
        has_video: ours.video,
        has_audio: ours.audio,
        is_screen_sharing: ours.sharing,
    };
    emit(name::MEDIA_STATE_CHANGED, &body)
}

/// What kind of session an invitation makes. A therapy session may have more people than are called.
pub(super) fn kind_of(invite: &Invite) -> SessionType {
    match &invite.subject {
        Some(about) if !about.id.is_empty() => SessionType::Therapy,
        Some(_) | None if invite.others.is_empty() => SessionType::OneToOne,
        Some(_) | None => SessionType::Group,
    }
}

/// One target alone: as deployed, each of the two wakes a listener of its own, and both are heard.
fn target(known: &CallEntry, to: Option<&PeerId>) -> Result<(Option<String>, Option<String>), EncodeError> {
    let there = match to {
        Some(PeerId(name)) if known.engine.as_ref() == Some(name) => return Ok((Some(name.clone()), None)),
        Some(PeerId(name)) if known.is_several() => {
            known.named(name).and_then(|member| member.there.as_ref())
        }
        // For one of several it is not known for whom, unless it was said when there were two.
        None if known.is_several() => known.of_two().and_then(|member| member.there.as_ref()),
        Some(_) | None => known.there(),
    };
    let there = there.ok_or(EncodeError::NoWords)?;
    match (&there.peer_id, &there.socket_id) {
        (Some(peer), _) => Ok((Some(peer.clone()), None)),
        (None, Some(socket)) => Ok((None, Some(socket.clone()))),
        (None, None) => Err(EncodeError::NoWords),
    }
}
