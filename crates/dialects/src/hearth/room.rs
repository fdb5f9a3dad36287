//! The room of a call: who is in it, who comes and goes, and what they send.
//!
//! In a session of two the other one is told of as the only member. In one of several each is told of by the
//! name of their program.

use bellwire_call::{CallKey, IncomingSignal, MediaState, PeerId, Person, PersonId, RemoteCallId};
use serde_json::Value;

use super::{
    Hearth, PEER_PREFIX,
    calls::CallEntry,
    encode,
    members::{Member, There},
    wire::{
        CallSessionJoined, Participant, ParticipantMediaChanged, ParticipantMediaUpdated,
        ParticipantScreenShare, ParticipantToggledAudio, ParticipantToggledVideo, SessionType, UserLeftCall,
        name,
    },
};
use crate::{DecodeError, Reaction, call_table::key, events::read, limits};

/// People of one session that are looked at: more than it has seats.
const MAX_PARTICIPANTS: usize = 64;
/// Seats of a session that does not say how many it has, as documented, and the most where each member is connected to
/// each other.
pub(super) const SEATS: u8 = 8;
/// The most where an engine passes the media on.
const MAX_SEATS: u8 = 32;

pub(super) type Heard = Vec<(CallKey, IncomingSignal)>;

/// How many people a session has room for; `told`: by the backend, 0 if it says nothing; `through_engine`: an engine
/// passes the media on.
pub(super) fn seats(kind: SessionType, told: u32, through_engine: bool) -> u8 {
    let most = if through_engine { MAX_SEATS } else { SEATS };
    match (kind, told) {
        (SessionType::OneToOne, _) | (SessionType::Unknown, 0) => 2,
        (SessionType::Group | SessionType::Therapy, 0) => SEATS,
        (SessionType::Group | SessionType::Therapy | SessionType::Unknown, told) => {
            u8::try_from(told).unwrap_or(most).clamp(2, most)
        }
    }
}

/// Whether a session has room for more than two, and says so.
pub(super) fn is_of_several(kind: SessionType, told: u32) -> bool {
    matches!(kind, SessionType::Group | SessionType::Therapy) && told > 2
}

/// How signals name a member of several.
pub(super) fn member_key(call: &str, peer: &str) -> CallKey {
    CallKey::Member(RemoteCallId(call.to_owned()), PeerId(peer.to_owned()))
}

/// Whom a signal is about. `None`: somebody of several who has no name.
pub(super) fn key_of(call: &CallEntry, member: &Member) -> Option<CallKey> {
    if call.is_several() { Some(member_key(&call.key, member.name()?)) } else { Some(key(&call.key)) }
}

/// Who of two members offers, as both see it.
fn we_offer(us: &str, them: Option<&str>) -> bool {
    match them {
        // The smaller name is the polite one of the two and does not begin.
        Some(them) if them.starts_with(PEER_PREFIX) => us > them,
        // A web client throws its own connection away at every offer it hears, so ours is to win.
        Some(_) | None => true,
    }
}

fn sends(participant: &Participant) -> MediaState {
    MediaState {
        audio: participant.has_audio,
        video: participant.has_video,
        sharing: participant.is_screen_sharing,
    }
}

/// One entry for each person, with the sockets of the others: a killed backend leaves seats behind, and of
/// several of one person the last is where they are.
fn newest_seats(participants: Vec<Participant>) -> Vec<(Participant, Vec<String>)> {
    let mut newest: Vec<(Participant, Vec<String>)> = Vec::new();
    for participant in participants.into_iter().take(MAX_PARTICIPANTS) {
        let before = newest.iter().position(|(known, _)| known.user_id == participant.user_id);
        let (known, mut left) = before.map(|at| newest.remove(at)).unzip();
        let left_socket = known.and_then(|known: Participant| There::of(&known).socket_id);
        let mut sockets: Vec<String> = left.take().unwrap_or_default();
        sockets.extend(left_socket);
        let here = There::of(&participant).socket_id;
        sockets.retain(|socket| here.as_ref() != Some(socket));
        newest.push((participant, sockets));
    }
    newest
}

/// A person of several in the room.
struct Placed {
    somebody: bellwire_call::Participant,
    /// They came, or came back, or are another program than before.
    news: bool,
    changes: Option<MediaState>,
}

/// Puts a person of several where they were told to be. `None`: they are not there any more, nothing could be
/// said to them, or another one has their name.
fn place(us: &str, call: &mut CallEntry, participant: &Participant) -> Option<Placed> {
    let user = limits::id(participant.user_id.clone()).ok()?;
    let there = There::of(participant);
    let taken = |name: &str| name == us || call.named(name).is_some_and(|member| member.user != user);
    match there.name() {
        Some(name) if taken(name) => return None,
        None if call.member(&user).is_none() => return None,
        Some(_) | None => {}
    }
    let (kind, relayed) = (call.kind, call.engine.is_some());
    let member = call.seat(&user)?;
    if member.has_left(&there) {
        return None;
    }
    let before = member.name().map(str::to_owned);
    let came = member.came(there);
    let back = std::mem::take(&mut member.away);
    let changes = member.media_changes(sends(participant), kind);
    let name = member.name()?.to_owned();
    let news = came || back || before.as_deref() != Some(name.as_str());
    let media = member.theirs;
    let them = member.there.as_ref().and_then(|there| there.peer_id.as_deref());
    // What comes of them through an engine is offered by it.
    let we_offer = Some(!relayed && we_offer(us, them));
    let person = Person {
        id: PersonId(user),
        name: limits::shown(&participant.name()),
        avatar: participant.profile_picture.clone(),
    };
    call.answered |= call.outgoing;
    let somebody = bellwire_call::Participant { peer: PeerId(name), person, media, we_offer };
    Some(Placed { somebody, news, changes })
}

impl Hearth {
    pub(super) fn entered(&mut self, event: CallSessionJoined) -> Result<Reaction, DecodeError> {
        let session = event.session_id;
        self.calls.entered(&session);
        let known = self.calls.find_mut(&session).filter(|known| known.joined);
        let known = known.ok_or(DecodeError::ForeignCall { what: name::CALL_SESSION_JOINED })?;
        known.entered = true;
        if known.is_several() || is_of_several(event.session_type, event.max_participants) {
            let engine = event.engine.and_then(|engine| limits::id(engine.peer_id).ok());
            let with_engine = engine.is_some() || known.engine.is_some();
            known.engine.clone_from(&engine);
            let uplink = with_engine.then(|| (key(&known.key), IncomingSignal::Uplink(engine.map(PeerId))));
            let mut reaction = self.all_of_several(&session, event.max_participants, event.participants);
            let all =
                |(_, signal): &(CallKey, IncomingSignal)| matches!(signal, IncomingSignal::Participants(_));
            let before = reaction.heard.iter().position(all).unwrap_or(reaction.heard.len());
            reaction.heard.splice(before..before, uplink);
            return Ok(reaction);
        }
        let here = newest_seats(event.participants);
        let peer = known.peer.clone();
        let found = here.iter().any(|(participant, _)| participant.user_id == peer);
        let mut reaction = Reaction::none();
        for (participant, left) in here {
            if participant.user_id == peer
                && let Some(member) = self.calls.find_mut(&session).and_then(|known| known.member_mut(&peer))
            {
                left.into_iter().for_each(|socket| member.left_seat(socket));
            }
            reaction.heard.extend(self.joined(Some(session.clone()), &participant).heard);
        }
        if let Some(known) = self.calls.find_mut(&session)
            && !found
            && known.member_mut(&peer).is_some_and(|member| member.there.take().is_some())
        {
            // They went while our socket was away, and may be coming back as we did.
            reaction.heard.push((key(&known.key), IncomingSignal::PeerLeft { disconnected: true }));
        }
        Ok(reaction)
    }

    /// Everybody in the room of several as we enter it, or as it becomes one.
    pub(super) fn all_of_several(
        &mut self,
        session: &str,
        told: u32,
        participants: Vec<Participant>,
    ) -> Reaction {
        let grown = self.grows(session, told);
        let mut reaction = self.all_here(session, told, newest_seats(participants));
        reaction.heard.splice(0..0, grown);
        reaction.heard.extend(self.take_added(session));
        reaction
    }

    fn all_here(&mut self, session: &str, told: u32, here: Vec<(Participant, Vec<String>)>) -> Reaction {
        let Some(known) = self.calls.find_mut(session) else { return Reaction::none() };
        let mut heard = Heard::new();
        // Of how many a session is does not become two.
        let seats = seats(SessionType::Group, told, known.engine.is_some()).max(3);
        if told != 0 && seats != known.seats {
            known.seats = seats;
            heard.push((key(&known.key), IncomingSignal::Seats(seats)));
        }
        let mut all = Vec::new();
        for (participant, left) in here.iter().filter(|(participant, _)| participant.user_id != self.me) {
            let user = participant.user_id.as_str();
            let Some(Placed { somebody, news, changes }) = place(&self.peer_id, known, participant) else {
                continue;
            };
            if let Some(member) = known.member_mut(user) {
                left.iter().for_each(|socket| member.left_seat(socket.clone()));
            }
            let named = member_key(&known.key, &somebody.peer.0);
            // As an entrance, so that whoever of us offers does: as somebody who was here, one who came back
            // while we were away would be taken for who they were, and the one we expect for present already.
            if news {
                heard.push((named, IncomingSignal::Joined(somebody.clone())));
            } else if let Some(changes) = changes {
                heard.push((named, IncomingSignal::Media(changes)));
            }
            all.push(somebody);
        }
        let is_here = |member: &&mut Member| all.iter().any(|one| one.person.id.0 == member.user);
        for gone in known.members_mut().filter(|member| !is_here(member)) {
            gone.goes_away();
        }
        heard.push((key(&known.key), IncomingSignal::Participants(all)));
        Reaction { heard, ..Reaction::default() }
    }

    /// A person is in the room; sent to both sides, up to three times.
    pub(super) fn joined(&mut self, session: Option<String>, participant: &Participant) -> Reaction {
        if participant.user_id == self.me {
            return Reaction::none();
        }
        let session = session.or_else(|| self.calls.shared_with(&participant.user_id));
        let session = session.or_else(|| self.calls.awaiting());
        let Some(known) = session.and_then(|session| self.calls.find_mut(&session)) else {
            return Reaction::none();
        };
        if !known.joined {
            return Reaction::none();
        }
        if known.is_several() {
            let Some(Placed { somebody, news, changes }) = place(&self.peer_id, known, participant) else {
                return Reaction::none();
            };
            let named = member_key(&known.key, &somebody.peer.0);
            return match (news, changes) {
                (true, _) => Reaction::hear(named, IncomingSignal::Joined(somebody)),
                (false, Some(changes)) => Reaction::hear(named, IncomingSignal::Media(changes)),
                (false, None) => Reaction::none(),
            };
        }
        let kind = known.kind;
        let Some(member) = known.member_mut(&participant.user_id) else {
            if let Some(Ok(peer_id)) = participant.peer_id.clone().map(limits::id) {
                known.remember_other(peer_id);
            }
            return Reaction::none();
        };
        let came = member.came(There::of(participant));
        let changes = member.media_changes(sends(participant), kind);
        let mut heard = if came { arrival(&self.peer_id, known) } else { Heard::new() };
        heard.extend(changes.map(|changes| (key(&known.key), IncomingSignal::Media(changes))));
        Reaction { heard, ..Reaction::default() }
    }

    pub(super) fn left(&mut self, event: &UserLeftCall) -> Reaction {
        let session = event.session_id.clone().or_else(|| self.calls.shared_with(&event.user_id));
        let Some(session) = session else { return Reaction::none() };
        let Some(known) = self.calls.find_mut(&session) else { return Reaction::none() };
        let several = known.is_several();
        if !known.answered && !several {
            return Reaction::none();
        }
        let Some(member) = known.member_mut(&event.user_id) else { return Reaction::none() };
        if member.has_replaced(event.socket_id.as_deref()) {
            return Reaction::none();
        }
        let disconnected = event.reason.as_deref() == Some("disconnected");
        let signal = IncomingSignal::PeerLeft { disconnected };
        if several {
            let name = member.name().map(str::to_owned);
            if disconnected {
                member.goes_away();
            } else {
                known.unseat(&event.user_id);
            }
            let named = name.map(|name| (member_key(&known.key, &name), signal));
            return Reaction { heard: named.into_iter().collect(), ..Reaction::default() };
        }
        if disconnected {
            member.there = None;
            return Reaction::hear(key(&known.key), signal);
        }
        self.over(&session, signal)
    }

    pub(super) fn media_event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
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
        self.told_media(session, user, |member, _| {
            member.toggled(state);
            Some(state)
        })
    }

    /// Everything they send, whatever of it changed.
    fn all_media(&mut self, session: Option<String>, user: &str, state: MediaState) -> Reaction {
        self.told_media(session, user, |member, call_kind| member.media_changes(state, call_kind))
    }

    /// What changes of a person's media in the room that we share with them.
    fn told_media(
        &mut self,
        session: Option<String>,
        user: &str,
        change: impl FnOnce(&mut Member, bellwire_call::MediaKind) -> Option<MediaState>,
    ) -> Reaction {
        let session = session.or_else(|| self.calls.shared_with(user));
        let known = session.and_then(|session| self.calls.find_mut(&session)).filter(|known| known.joined);
        let Some(known) = known else { return Reaction::none() };
        let kind = known.kind;
        let changes = known.member_mut(user).and_then(|member| change(member, kind));
        let named = known.member(user).and_then(|member| key_of(known, member));
        let heard = named.zip(changes).map(|(named, changes)| (named, IncomingSignal::Media(changes)));
        Reaction { heard: heard.into_iter().collect(), ..Reaction::default() }
    }

    /// The last thing heard of a call; its room is left if we were in it.
    pub(super) fn over(&mut self, session: &str, signal: IncomingSignal) -> Reaction {
        let Some(known) = self.calls.forget(session) else { return Reaction::none() };
        let outbound = if known.joined { vec![encode::leave(session)] } else { Vec::new() };
        Reaction { heard: vec![(key(&known.key), signal)], outbound, side: Vec::new() }
    }
}

/// The other one of two is in the room: who offers, and that they are there. Entering it is how a callee
/// accepts.
pub(super) fn arrival(us: &str, known: &mut CallEntry) -> Heard {
    let them = known.there().and_then(|there| there.peer_id.as_deref());
    let mut signals = vec![IncomingSignal::OfferTurn { us: we_offer(us, them) }];
    if known.outgoing && !known.answered {
        known.answered = true;
        signals.push(IncomingSignal::Accept);
    }
    signals.push(IncomingSignal::PeerJoined);
    signals.into_iter().map(|signal| (key(&known.key), signal)).collect()
}
