//! Decoder: events of hearth to signals. Every field is checked here or not used.

use bellwire_call::{
    DeclineReason, IncomingSignal, MediaKind, MediaState, Person, PersonId, Ring, SdpKind, Subject,
};
use serde_json::Value;

use super::{
    Hearth, PEER_PREFIX,
    calls::{Begun, CallEntry, There},
    encode,
    wire::{
        Authenticated, CallDeclined, CallEnded, CallError, CallInvitation, CallSessionJoined,
        InitiatePeerConnection, InvitationClosed, Participant, ParticipantMediaChanged,
        ParticipantMediaUpdated, ParticipantScreenShare, ParticipantToggledAudio, ParticipantToggledVideo,
        RelayedAnswer, RelayedCandidate, RelayedOffer, SessionType, UserJoinedCall, UserLeftCall, name,
    },
};
use crate::{
    DecodeError, IceCandidateInit, Reaction, SideEvent, call_table::key, events::read, limits, rest,
};

/// People of one session that are looked at; it has eight seats.
const MAX_PARTICIPANTS: usize = 64;
/// What the deployed backend says beside delivering a message with one target only.
const PEER_NOT_FOUND: &str = "target peer not found";

/// Who a relayed message says it is from.
struct From<'a> {
    session: &'a str,
    peer_id: Option<&'a str>,
    user_id: Option<&'a str>,
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
        let begun = Begun { kind, outgoing: false, made: false, sole };
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
        let about = event.therapy_session_id.unwrap_or(session);
        let subject = label.map(|label| Subject { id: about, label });
        let heard = (key(&known.key), IncomingSignal::Ring(Ring { from, kind, subject }));
        Ok(Reaction { heard: vec![heard], ..Reaction::default() })
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

    fn entered(&mut self, event: CallSessionJoined) -> Result<Reaction, DecodeError> {
        let session = event.session_id;
        self.calls.entered(&session);
        let known = self.calls.find(&session).filter(|known| known.joined);
        let peer = known.ok_or(DecodeError::ForeignCall { what: name::CALL_SESSION_JOINED })?.peer.clone();
        if let Some(known) = self.calls.find_mut(&session) {
            known.entered = true;
        }
        let mut reaction = Reaction::none();
        let mut found = false;
        let seats = || event.participants.iter().take(MAX_PARTICIPANTS);
        // A killed backend leaves seats behind: of several of one person the last is where they are.
        let theirs = seats().filter(|participant| participant.user_id == peer);
        let last = theirs.map(There::of).next_back();
        for participant in seats() {
            if participant.user_id == peer && last.as_ref() != Some(&There::of(participant)) {
                if let Some((known, socket)) =
                    self.calls.find_mut(&session).zip(There::of(participant).socket_id)
                    && last.as_ref().is_some_and(|last| last.socket_id.as_ref() != Some(&socket))
                {
                    known.left_seat(socket);
                }
                continue;
            }
            found |= participant.user_id == peer;
            reaction.heard.extend(self.joined(Some(session.clone()), participant).heard);
        }
        if let Some(known) = self.calls.find_mut(&session)
            && !found
            && known.there.take().is_some()
        {
            // They went while our socket was away, and may be coming back as we did.
            reaction.heard.push((key(&known.key), IncomingSignal::PeerLeft { disconnected: true }));
        }
        Ok(reaction)
    }

    /// A person is in the room; sent to both sides, up to three times.
    fn joined(&mut self, session: Option<String>, participant: &Participant) -> Reaction {
        if participant.user_id == self.me {
            return Reaction::none();
        }
        let session = session.or_else(|| self.calls.shared_with(&participant.user_id));
        let session = session.or_else(|| self.calls.lonely());
        let Some(known) = session.and_then(|session| self.calls.find_mut(&session)) else {
            return Reaction::none();
        };
        if !known.joined {
            return Reaction::none();
        }
        if participant.user_id != known.peer {
            if let Some(Ok(peer_id)) = participant.peer_id.clone().map(limits::id) {
                known.remember_other(peer_id);
            }
            return Reaction::none();
        }
        let mut heard = Vec::new();
        if known.came(There::of(participant)) {
            heard.extend(arrival(&self.peer_id, known));
        }
        let told = MediaState {
            audio: participant.has_audio,
            video: participant.has_video,
            sharing: participant.is_screen_sharing,
        };
        heard.extend(
            known.media_changes(told).map(|changes| (key(&known.key), IncomingSignal::Media(changes))),
        );
        Reaction { heard, ..Reaction::default() }
    }

    fn left(&mut self, event: &UserLeftCall) -> Reaction {
        let session = event.session_id.clone().or_else(|| self.calls.shared_with(&event.user_id));
        let Some(session) = session else { return Reaction::none() };
        let Some(known) = self.calls.find_mut(&session) else { return Reaction::none() };
        if event.user_id != known.peer || !known.answered {
            return Reaction::none();
        }
        let here = known.there.as_ref().and_then(|there| there.socket_id.as_ref());
        let stale = here.zip(event.socket_id.as_ref()).is_some_and(|(here, gone)| here != gone);
        if stale {
            // The farewell of a connection they have replaced since.
            return Reaction::none();
        }
        if event.reason.as_deref() == Some("disconnected") {
            known.there = None;
            return Reaction::hear(key(&known.key), IncomingSignal::PeerLeft { disconnected: true });
        }
        self.over(&session, IncomingSignal::PeerLeft { disconnected: false })
    }

    fn offer(&mut self, event: RelayedOffer) -> Result<Reaction, DecodeError> {
        let RelayedOffer { from_peer_id, from_user_id, session_id, offer, .. } = event;
        let signal = IncomingSignal::Offer(offer.read(name::WEBRTC_OFFER, SdpKind::Offer)?);
        let from =
            From { session: &session_id, peer_id: from_peer_id.as_deref(), user_id: from_user_id.as_deref() };
        self.relayed(name::WEBRTC_OFFER, &from, signal)
    }

    fn answer(&mut self, event: RelayedAnswer) -> Result<Reaction, DecodeError> {
        let RelayedAnswer { from_peer_id, from_user_id, session_id, answer, .. } = event;
        let signal = IncomingSignal::Answer(answer.read(name::WEBRTC_ANSWER, SdpKind::Answer)?);
        let from =
            From { session: &session_id, peer_id: from_peer_id.as_deref(), user_id: from_user_id.as_deref() };
        self.relayed(name::WEBRTC_ANSWER, &from, signal)
    }

    fn remote_candidate(&mut self, event: RelayedCandidate) -> Result<Reaction, DecodeError> {
        let RelayedCandidate { from_peer_id, from_user_id, session_id, candidate, .. } = event;
        let signal = IncomingSignal::Candidate(IceCandidateInit::read_or_end(candidate)?);
        let from =
            From { session: &session_id, peer_id: from_peer_id.as_deref(), user_id: from_user_id.as_deref() };
        self.relayed(name::WEBRTC_ICE_CANDIDATE, &from, signal)
    }

    fn relayed(
        &mut self,
        what: &'static str,
        from: &From<'_>,
        signal: IncomingSignal,
    ) -> Result<Reaction, DecodeError> {
        let known = self.calls.find_mut(from.session).filter(|known| known.joined);
        let known = known.ok_or(DecodeError::ForeignCall { what })?;
        if from.peer_id == Some(self.peer_id.as_str()) || from.user_id == Some(self.me.as_str()) {
            return Ok(Reaction::none());
        }
        let foreign = from.user_id.is_some_and(|user| user != known.peer)
            || from.peer_id.is_some_and(|peer| known.others.contains(peer));
        if foreign {
            return Err(DecodeError::ForeignSender { what });
        }
        let named = known.there.as_ref().and_then(|there| there.peer_id.as_deref());
        let mut heard = Vec::new();
        match (named, from.peer_id) {
            (Some(known), Some(said)) if known == said => {}
            (Some(_), None) => {}
            // Another name in a room of several is another person, unless they say who they are.
            (Some(_), Some(_)) if from.user_id.is_none() => return Err(DecodeError::ForeignSender { what }),
            // Heard before their entrance was told.
            (None, None) if known.there.is_some() => {}
            (None | Some(_), said) => {
                let there = There::new(said, None);
                if known.came(there) {
                    heard.extend(arrival(&self.peer_id, known));
                }
            }
        }
        let news = if let IncomingSignal::Candidate(candidate) = &signal {
            known.is_news(&candidate.candidate)
        } else {
            known.described();
            true
        };
        if news {
            heard.push((key(&known.key), signal));
        }
        Ok(Reaction { heard, ..Reaction::default() })
    }

    fn declined(&mut self, event: &CallDeclined) -> Reaction {
        let signal = IncomingSignal::Decline(decline_reason(event.reason.as_deref()));
        match self.calls.find(&event.session_id) {
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
            Some(known) if known.joined && !known.entered && known.there.is_none() => {
                let refused = Reaction::hear(key(&known.key), IncomingSignal::Refused { message });
                self.calls.forget(&session);
                refused
            }
            Some(_) | None => Reaction::none(),
        }
    }

    fn media_event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
        let state = MediaState::default();
        Ok(match event {
            name::PARTICIPANT_TOGGLED_AUDIO => {
                let ParticipantToggledAudio { user_id, has_audio, session_id, .. } = read(event, args)?;
                self.toggled(session_id, &user_id, MediaState { audio: Some(has_audio), ..state })
            }
            name::PARTICIPANT_TOGGLED_VIDEO => {
                let ParticipantToggledVideo { user_id, has_video, session_id, .. } = read(event, args)?;
                self.toggled(session_id, &user_id, MediaState { video: Some(has_video), ..state })
            }
            name::PARTICIPANT_SCREEN_SHARE_STARTED | name::PARTICIPANT_SCREEN_SHARE_STOPPED => {
                let ParticipantScreenShare { user_id, session_id, .. } = read(event, args)?;
                let sharing = Some(event == name::PARTICIPANT_SCREEN_SHARE_STARTED);
                self.toggled(session_id, &user_id, MediaState { sharing, ..state })
            }
            name::PARTICIPANT_MEDIA_UPDATED => {
                let ParticipantMediaUpdated { user_id, media_settings: media, session_id } =
                    read(event, args)?;
                let (audio, video, sharing) = (media.has_audio, media.has_video, media.is_screen_sharing);
                self.all_media(session_id, &user_id, MediaState { audio, video, sharing })
            }
            _ => {
                let media: ParticipantMediaChanged = read(event, args)?;
                let (audio, video, sharing) = (media.has_audio, media.has_video, media.is_screen_sharing);
                self.all_media(media.session_id, &media.user_id, MediaState { audio, video, sharing })
            }
        })
    }

    /// One thing that changed.
    fn toggled(&mut self, session: Option<String>, user: &str, state: MediaState) -> Reaction {
        let Some(known) = self.with(session, user) else { return Reaction::none() };
        known.theirs.audio = state.audio.or(known.theirs.audio);
        known.theirs.video = state.video.or(known.theirs.video);
        known.theirs.sharing = state.sharing.or(known.theirs.sharing);
        Reaction::hear(key(&known.key), IncomingSignal::Media(state))
    }

    /// Everything they send, whatever of it changed.
    fn all_media(&mut self, session: Option<String>, user: &str, state: MediaState) -> Reaction {
        let Some(known) = self.with(session, user) else { return Reaction::none() };
        let changes = known.media_changes(state);
        let heard =
            changes.map(|changes| (key(&known.key), IncomingSignal::Media(changes))).into_iter().collect();
        Reaction { heard, ..Reaction::default() }
    }

    /// The call whose room we share with that person.
    fn with(&mut self, session: Option<String>, user: &str) -> Option<&mut CallEntry> {
        let session = session.or_else(|| self.calls.shared_with(user))?;
        self.calls.find_mut(&session).filter(|known| known.joined && known.peer == user)
    }

    /// The last thing heard of a call; its room is left if we were in it.
    fn over(&mut self, session: &str, signal: IncomingSignal) -> Reaction {
        let Some(known) = self.calls.forget(session) else { return Reaction::none() };
        let outbound = if known.joined { vec![encode::leave(session)] } else { Vec::new() };
        Reaction { heard: vec![(key(&known.key), signal)], outbound, side: Vec::new() }
    }
}

/// They are in the room: who offers, and that they are there. Entering it is how a callee accepts.
fn arrival(us: &str, known: &mut CallEntry) -> Vec<(bellwire_call::CallKey, IncomingSignal)> {
    let them = known.there.as_ref().and_then(|there| there.peer_id.as_deref());
    let offers = match them {
        // The smaller name is the polite one of the two and does not begin.
        Some(them) if them.starts_with(PEER_PREFIX) => us > them,
        // A web client throws its own connection away at every offer it hears, so ours is to win.
        Some(_) | None => true,
    };
    let mut signals = vec![IncomingSignal::OfferTurn { us: offers }];
    if known.outgoing && !known.answered {
        known.answered = true;
        signals.push(IncomingSignal::Accept);
    }
    signals.push(IncomingSignal::PeerJoined);
    signals.into_iter().map(|signal| (key(&known.key), signal)).collect()
}

fn decline_reason(reason: Option<&str>) -> DeclineReason {
    if reason == Some(encode::BUSY) { DeclineReason::Busy } else { DeclineReason::Declined }
}

fn expired() -> Reaction {
    Reaction { side: vec![SideEvent::TokenExpired], ..Reaction::default() }
}
