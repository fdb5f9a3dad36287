//! Simulation of a `hearth`-like backend: sessions with a room of eight seats. It passes on what members say
//! and tells who is there; what it answers is returned, with whom it is for.

use std::collections::BTreeMap;

use bellwire_call::{
    CallId, CallKey, DeclineReason, IncomingSignal, Invite, MediaKind, MediaState, OutgoingSignal,
    Participant, PeerId, Person, RemoteCallId, Ring,
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
    /// Two people have room in it, and signals name neither.
    pair: bool,
    /// The two of a session of two, also once it has grown.
    of_two: Option<[Who; 2]>,
}

impl Session {
    /// The other one of two.
    fn other(&self, who: Who) -> Option<Who> {
        self.of_two?.into_iter().find(|one| *one != who)
    }
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
        // Here a voice call of one person is a session of two.
        let pair = invited.len() == 1 && invite.kind == MediaKind::Voice;
        let of_two = pair.then(|| [from, invited[0]]);
        let mut told = Vec::new();
        if !pair {
            told.push((from, key.clone(), IncomingSignal::Seats(8)));
        }
        told.push((from, key, placed(&id)));
        told.extend(invited.iter().flat_map(|to| ring(from, *to, &id, pair)));
        let session = Session { initiator: from, invited, room: Vec::new(), over: false, pair, of_two };
        self.sessions.insert(id, session);
        told
    }

    /// Rings more people. A session of two that both are in becomes one of several.
    fn add(&mut self, from: Who, id: &RemoteCallId, people: Vec<Person>) -> Vec<Told> {
        let key = CallKey::Remote(id.clone());
        let session = self.sessions.get_mut(id).expect("it is known");
        let is_in = |who: &Who| session.room.contains(who) || session.invited.contains(who);
        let number = |person: &Person| person.id.0[1..].parse::<Who>().expect("people are numbered");
        let new: Vec<Who> = people.iter().map(number).filter(|who| !is_in(who)).collect();
        let taken = session.room.len() + session.invited.len() + new.len();
        let answered = !session.pair || session.room.len() == 2;
        if taken > SEATS || !answered || !session.room.contains(&from) {
            return vec![(from, key, IncomingSignal::PeopleNotAdded { message: None })];
        }
        session.invited.extend(&new);
        let (room, grown) = (session.room.clone(), std::mem::take(&mut session.pair));
        let mut told = Vec::new();
        for who in room.iter().filter(|_| grown) {
            let others = room.iter().filter(|other| *other != who);
            let here = others.map(|other| self.participant(*other, *who)).collect();
            told.push((*who, key.clone(), IncomingSignal::Seats(8)));
            told.push((*who, key.clone(), IncomingSignal::Participants(here)));
        }
        told.extend(new.iter().flat_map(|to| ring(from, *to, id, false)));
        let added = people.into_iter().filter(|person| new.contains(&number(person))).collect();
        told.push((from, key, IncomingSignal::PeopleAdded(added)));
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
            OutgoingSignal::AddPeople(people) => self.add(from, id, people),
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
        let comes = session.invited.contains(&who);
        session.invited.retain(|invited| *invited != who);
        session.room.retain(|other| *other != who);
        let others = session.room.clone();
        session.room.push(who);
        if session.pair {
            return others.iter().flat_map(|other| self.arrival(who, *other, comes, &key)).collect();
        }
        let there = others.iter().map(|other| self.participant(*other, who)).collect();
        let mut told = vec![(who, key.clone(), IncomingSignal::Participants(there))];
        for other in others {
            told.push((other, key.clone(), IncomingSignal::Joined(self.participant(who, other))));
        }
        told
    }

    /// Both of two are in the room: what each is told of the other.
    fn arrival(&self, who: Who, other: Who, accepts: bool, key: &CallKey) -> Vec<Told> {
        let turn = |of: Who, to: Who| {
            let us = self.participant(of, to).we_offer == Some(true);
            (to, key.clone(), IncomingSignal::OfferTurn { us })
        };
        let mut told = vec![turn(who, other), turn(other, who)];
        told.extend(accepts.then(|| (other, key.clone(), IncomingSignal::Accept)));
        told.extend([other, who].map(|to| (to, key.clone(), IncomingSignal::PeerJoined)));
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
        if !disconnected && (session.room.is_empty() || session.pair) {
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
        let Some(id) = key.remote() else { panic!("for nobody: {signal:?}") };
        let session = &self.sessions[id];
        let to = match key.peer() {
            Some(to) => session.room.iter().copied().find(|who| peer_id(*who, self.web_from) == *to),
            // Said when there were two, perhaps.
            None => Some(session.other(from).expect("of several it is for one of them")),
        };
        match to.filter(|to| session.room.contains(to) && session.room.contains(&from)) {
            Some(to) => vec![(to, self.key_of(from, id), signal)],
            None => Vec::new(),
        }
    }

    /// How what somebody does is told of.
    fn key_of(&self, who: Who, id: &RemoteCallId) -> CallKey {
        if self.sessions[id].pair {
            return CallKey::Remote(id.clone());
        }
        CallKey::Member(id.clone(), peer_id(who, self.web_from))
    }

    fn others(&self, from: Who, id: &RemoteCallId, signal: &IncomingSignal) -> Vec<Told> {
        let key = self.key_of(from, id);
        let room = self.sessions[id].room.iter().filter(|who| **who != from);
        room.map(|who| (*who, key.clone(), signal.clone())).collect()
    }
}

/// What somebody who is rung is told.
fn ring(from: Who, to: Who, id: &RemoteCallId, pair: bool) -> Vec<Told> {
    let (key, kind) = (CallKey::Remote(id.clone()), MediaKind::Video);
    let ring = Ring { from: person(&name(from)), kind, subject: None };
    let mut told = vec![(to, key.clone(), IncomingSignal::Ring(ring))];
    told.extend((!pair).then_some((to, key, IncomingSignal::Seats(8))));
    told
}

fn is_full(session: &Session, who: Who) -> bool {
    if session.pair {
        return !session.of_two.is_some_and(|two| two.contains(&who));
    }
    session.room.len() >= SEATS && !session.room.contains(&who)
}
