//! Simulation of a `hearth`-like backend: sessions with a room of eight seats. It passes on what members say
//! and tells who is there; what it answers is returned, with whom it is for.

use std::collections::BTreeMap;

use bellwire_call::{
    CallId, CallKey, DeclineReason, IncomingSignal, Invite, MediaKind, MediaState, OutgoingSignal,
    Participant, PeerId, RemoteCallId, Ring,
};

use crate::builders::{person, remote};

pub(crate) const SEATS: usize = 8;

/// The number of a person.
pub(crate) type Who = usize;
/// What somebody is told.
pub(crate) type Told = (Who, CallKey, IncomingSignal);

pub(crate) fn name(who: Who) -> String {
    format!("p{who}")
}

/// The first few use Bellwire, the others a web client that offers to everybody.
pub(crate) fn peer_id(who: Who, web_from: Who) -> PeerId {
    PeerId(if who < web_from { format!("bellwire-p{who}") } else { format!("web-p{who}") })
}

#[derive(Default)]
struct Session {
    initiator: Who,
    /// Rung and neither come nor gone.
    invited: Vec<Who>,
    room: Vec<Who>,
    over: bool,
}

pub(crate) struct Backend {
    sessions: BTreeMap<RemoteCallId, Session>,
    web_from: Who,
}

impl Backend {
    pub(crate) fn new(web_from: Who) -> Self {
        Self { sessions: BTreeMap::new(), web_from }
    }

    /// Sessions that can be entered.
    pub(crate) fn open(&self) -> Vec<RemoteCallId> {
        self.sessions.iter().filter(|(_, session)| !session.over).map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn room(&self, id: &RemoteCallId) -> Vec<Who> {
        self.sessions[id].room.clone()
    }

    pub(crate) fn initiator(&self, id: &RemoteCallId) -> Who {
        self.sessions[id].initiator
    }

    pub(crate) fn is_invited(&self, id: &RemoteCallId, who: Who) -> bool {
        self.sessions[id].invited.contains(&who)
    }

    /// Makes a session and rings, or lets in to the one that the invitation is about.
    pub(crate) fn place(&mut self, from: Who, local: CallId, invite: &Invite) -> Vec<Told> {
        let key = CallKey::Local(local);
        let placed = |id: &RemoteCallId| IncomingSignal::Placed { local, remote: id.clone(), subject: None };
        if let Some(subject) = &invite.subject {
            let id = remote(&subject.id);
            return match self.sessions.get(&id).filter(|session| !session.over) {
                None => vec![(from, key, IncomingSignal::Refused { message: "over".into() })],
                Some(session) if is_full(session, from) => vec![(from, key, IncomingSignal::Full)],
                Some(_) => vec![(from, key.clone(), IncomingSignal::Seats(8)), (from, key, placed(&id))],
            };
        }
        let id = remote(&format!("s{}", self.sessions.len()));
        let people = std::iter::once(&invite.to).chain(&invite.others);
        let invited: Vec<Who> =
            people.map(|person| person.id.0[1..].parse().expect("people are numbered")).collect();
        let mut told = vec![(from, key.clone(), IncomingSignal::Seats(8)), (from, key, placed(&id))];
        for to in &invited {
            let ring = Ring { from: person(&name(from)), kind: MediaKind::Video, subject: None };
            let key = CallKey::Remote(id.clone());
            told.push((*to, key.clone(), IncomingSignal::Ring(ring)));
            told.push((*to, key, IncomingSignal::Seats(8)));
        }
        self.sessions.insert(id, Session { initiator: from, invited, room: Vec::new(), over: false });
        told
    }

    /// Everything else that is said of a session.
    pub(crate) fn say(&mut self, from: Who, key: &CallKey, signal: OutgoingSignal) -> Vec<Told> {
        let Some(id) = key.remote() else { return Vec::new() };
        if self.sessions[id].over {
            let enters = matches!(signal, OutgoingSignal::Accept | OutgoingSignal::Rejoin);
            let over = (from, CallKey::Remote(id.clone()), IncomingSignal::HangUp);
            return enters.then_some(over).into_iter().collect();
        }
        match signal {
            OutgoingSignal::Accept | OutgoingSignal::Rejoin => self.enter(from, id),
            OutgoingSignal::Decline(reason) => self.decline(from, id, reason),
            OutgoingSignal::Cancel | OutgoingSignal::NoAnswer if self.sessions[id].initiator == from => {
                self.end(from, id)
            }
            OutgoingSignal::EndForAll => self.end(from, id),
            OutgoingSignal::Cancel | OutgoingSignal::NoAnswer | OutgoingSignal::HangUp => {
                self.leave(from, id, false)
            }
            OutgoingSignal::Offer(offer) => self.relay(from, key, IncomingSignal::Offer(offer)),
            OutgoingSignal::Answer(answer) => self.relay(from, key, IncomingSignal::Answer(answer)),
            OutgoingSignal::Candidate(candidate) => {
                self.relay(from, key, IncomingSignal::Candidate(candidate))
            }
            OutgoingSignal::Media(media) => self.others(from, id, &IncomingSignal::Media(media)),
            OutgoingSignal::Invite(_) => panic!("a placed call is not placed again"),
        }
    }

    /// The sessions whose room somebody is in.
    pub(crate) fn rooms_of(&self, who: Who) -> Vec<RemoteCallId> {
        let rooms = self.sessions.iter().filter(|(_, session)| session.room.contains(&who));
        rooms.map(|(id, _)| id.clone()).collect()
    }

    /// A socket went away.
    pub(crate) fn lose(&mut self, who: Who) -> Vec<Told> {
        self.open().iter().flat_map(|id| self.leave(who, id, true)).collect()
    }

    /// It forgets who is in which room.
    pub(crate) fn restart(&mut self) {
        self.sessions.values_mut().for_each(|session| session.room.clear());
    }

    /// As a client does by itself once its call is placed.
    pub(crate) fn enter(&mut self, who: Who, id: &RemoteCallId) -> Vec<Told> {
        let key = CallKey::Remote(id.clone());
        let session = self.sessions.get_mut(id).expect("it is known");
        if session.over {
            return vec![(who, key, IncomingSignal::HangUp)];
        }
        if is_full(session, who) {
            return vec![(who, key, IncomingSignal::Full)];
        }
        session.invited.retain(|invited| *invited != who);
        session.room.retain(|other| *other != who);
        let others = session.room.clone();
        session.room.push(who);
        let there = others.iter().map(|other| self.participant(*other, who)).collect();
        let mut told = vec![(who, key.clone(), IncomingSignal::Participants(there))];
        for other in others {
            told.push((other, key.clone(), IncomingSignal::Joined(self.participant(who, other))));
        }
        told
    }

    /// `who`, as `to` is told of them.
    fn participant(&self, who: Who, to: Who) -> Participant {
        let (us, them) = (peer_id(to, self.web_from), peer_id(who, self.web_from));
        let ours_wins = who >= self.web_from || us > them;
        let media = MediaState { audio: Some(true), video: Some(true), sharing: Some(false) };
        Participant { peer: them, person: person(&name(who)), media, we_offer: Some(ours_wins) }
    }

    pub(crate) fn leave(&mut self, who: Who, id: &RemoteCallId, disconnected: bool) -> Vec<Told> {
        let session = self.sessions.get_mut(id).expect("it is known");
        if !session.room.contains(&who) {
            return Vec::new();
        }
        session.room.retain(|other| *other != who);
        if session.room.is_empty() && !disconnected {
            return self.end(who, id);
        }
        self.others(who, id, &IncomingSignal::PeerLeft { disconnected })
    }

    fn decline(&mut self, who: Who, id: &RemoteCallId, reason: DeclineReason) -> Vec<Told> {
        let session = self.sessions.get_mut(id).expect("it is known");
        session.invited.retain(|invited| *invited != who);
        let declined = IncomingSignal::InviteeDeclined { person: person(&name(who)).id, reason };
        let key = CallKey::Remote(id.clone());
        session.room.iter().map(|other| (*other, key.clone(), declined.clone())).collect()
    }

    fn end(&mut self, by: Who, id: &RemoteCallId) -> Vec<Told> {
        let session = self.sessions.get_mut(id).expect("it is known");
        session.over = true;
        let all: Vec<Who> = session.room.drain(..).chain(session.invited.drain(..)).collect();
        let key = CallKey::Remote(id.clone());
        all.into_iter()
            .filter(|who| *who != by)
            .map(|who| (who, key.clone(), IncomingSignal::HangUp))
            .collect()
    }

    fn relay(&self, from: Who, key: &CallKey, signal: IncomingSignal) -> Vec<Told> {
        let (Some(id), Some(to)) = (key.remote(), key.peer()) else {
            panic!("in a room of several a description is for one of them: {signal:?}");
        };
        let room = &self.sessions[id].room;
        let to = room.iter().find(|who| peer_id(**who, self.web_from) == *to);
        match to.filter(|_| room.contains(&from)) {
            Some(to) => vec![(*to, CallKey::Member(id.clone(), peer_id(from, self.web_from)), signal)],
            None => Vec::new(),
        }
    }

    fn others(&self, from: Who, id: &RemoteCallId, signal: &IncomingSignal) -> Vec<Told> {
        let key = CallKey::Member(id.clone(), peer_id(from, self.web_from));
        let room = self.sessions[id].room.iter().filter(|who| **who != from);
        room.map(|who| (*who, key.clone(), signal.clone())).collect()
    }
}

fn is_full(session: &Session, who: Who) -> bool {
    session.room.len() >= SEATS && !session.room.contains(&who)
}
