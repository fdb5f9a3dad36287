//! One call session of the hub: its facts, its seats, and when it was last used. It decides
//! nothing.

use std::collections::BTreeMap;

use bellwire_dialects::hearth::wire::{
    AlsoCalled, CallInvitation, CallSessionJoined, CallSettings, MediaBody, Participant, SessionStatus, User,
};

use super::message::{Facts, Media, Target};
use crate::clock::Millis;
use crate::hub_actor::SocketKey;

/// A taken seat.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seat {
    pub(crate) user: User,
    /// `None`: not entered yet, or the connection is lost.
    pub(crate) socket: Option<SocketKey>,
    /// The socket they were last announced with.
    pub(super) announced: Option<SocketKey>,
    pub(crate) peer_id: Option<String>,
    pub(crate) media: MediaBody,
    /// When a seat without a socket is given up.
    pub(super) until: Option<Millis>,
}

impl Seat {
    pub(super) fn reserved(user: User, settings: CallSettings, until: Millis) -> Self {
        let media = MediaBody {
            has_video: Some(settings.is_video_enabled),
            has_audio: Some(settings.is_audio_enabled),
            is_screen_sharing: Some(false),
        };
        Self { user, socket: None, announced: None, peer_id: None, media, until: Some(until) }
    }

    pub(super) fn participant(&self) -> Participant {
        Participant {
            user_id: self.user.id.clone(),
            peer_id: self.peer_id.clone(),
            socket_id: self.socket.map(socket_id),
            first_name: self.user.first_name.clone(),
            last_name: self.user.last_name.clone(),
            profile_picture: self.user.profile_picture.clone(),
            has_video: self.media.has_video,
            has_audio: self.media.has_audio,
            is_screen_sharing: self.media.is_screen_sharing,
        }
    }

    /// How the socket is named to clients.
    pub(crate) fn socket_name(&self) -> Option<String> {
        self.socket.map(socket_id)
    }

    pub(super) fn sends(&mut self, media: Media) {
        match media {
            Media::Everything(told) => {
                self.media.has_video = told.has_video.or(self.media.has_video);
                self.media.has_audio = told.has_audio.or(self.media.has_audio);
                self.media.is_screen_sharing = told.is_screen_sharing.or(self.media.is_screen_sharing);
            }
            Media::Video(on) => self.media.has_video = Some(on),
            Media::Audio(on) => self.media.has_audio = Some(on),
            Media::Sharing(on) => self.media.is_screen_sharing = Some(on),
        }
    }
}

/// How a socket is named to clients.
pub(super) fn socket_id(key: SocketKey) -> String {
    format!("socket-{}", key.0)
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) facts: Facts,
    /// By user: one seat each, however many devices.
    pub(super) seats: BTreeMap<String, Seat>,
    pub(super) used: Millis,
    /// Who asked those to come whom the initiator did not.
    pub(super) invited_by: BTreeMap<String, User>,
    /// Its media goes through an engine. One of two that grew stays as it is.
    pub(super) engine: bool,
}

impl Session {
    /// `engine`: there is one, for sessions of several.
    pub(super) fn new(facts: Facts, engine: bool, now: Millis) -> Self {
        let engine = engine && facts.is_several();
        Self { facts, seats: BTreeMap::new(), used: now, invited_by: BTreeMap::new(), engine }
    }

    pub(super) fn is_over(&self) -> bool {
        match self.facts.status {
            SessionStatus::Ended => true,
            SessionStatus::Waiting | SessionStatus::Active | SessionStatus::Unknown => false,
        }
    }

    pub(super) fn rings(&self) -> bool {
        !self.is_over() && !self.facts.pending.is_empty()
    }

    /// Only the initiator has come yet.
    pub(super) fn waits(&self) -> bool {
        self.facts.status == SessionStatus::Waiting
    }

    /// What that person is told of it on entering: everybody else who is in the room.
    pub(super) fn as_seen_by(&self, user: &str) -> CallSessionJoined {
        let others = self.seats.values().filter(|seat| seat.user.id != user && seat.socket.is_some());
        CallSessionJoined {
            session_id: self.facts.session_id.clone(),
            participants: others.map(Seat::participant).collect(),
            call_settings: self.facts.settings(),
            max_participants: self.facts.invitation.max_participants,
            session_type: self.facts.invitation.session_type,
            engine: self.engine_peer(),
        }
    }

    /// What that person is asked to come to, by whoever thought of them, and who else is there or called.
    pub(super) fn invitation_of(&self, user: &str) -> CallInvitation {
        let mut invitation = self.facts.invitation.clone();
        if let Some(by) = self.invited_by.get(user) {
            invitation.initiator = by.clone();
        }
        if let Some(others) = &mut invitation.others {
            let rings = |id: &String| self.facts.pending.contains(id) && !self.seats.contains_key(id);
            others.retain(|called| rings(&called.user.id));
            let here = self.seats.values();
            others.extend(
                here.map(|seat| AlsoCalled { user: seat.user.clone(), in_call: seat.socket.is_some() }),
            );
            others.retain(|other| other.user.id != user && other.user.id != invitation.initiator.id);
        }
        invitation
    }

    /// Who is to know that that person does not come.
    pub(super) fn inviter_of(&self, user: &str) -> &User {
        self.invited_by.get(user).unwrap_or(&self.facts.initiator)
    }

    /// Sockets in the room, but for that person's.
    pub(super) fn others(&self, but: &str) -> impl Iterator<Item = SocketKey> {
        self.seats.values().filter(move |seat| seat.user.id != but).filter_map(|seat| seat.socket)
    }

    pub(super) fn seat_of(&self, socket: SocketKey) -> Option<&Seat> {
        self.seats.values().find(|seat| seat.socket == Some(socket))
    }

    /// Whom a client names.
    pub(super) fn seat_meant(&self, target: &Target) -> Option<&Seat> {
        self.seats.values().find(|seat| match target {
            Target::Peer(peer) => seat.peer_id.as_ref() == Some(peer),
            Target::Socket(socket) => seat.socket.is_some_and(|key| socket_id(key) == *socket),
        })
    }

    pub(super) fn seat_of_mut(&mut self, socket: SocketKey) -> Option<&mut Seat> {
        self.seats.values_mut().find(|seat| seat.socket == Some(socket))
    }
}
