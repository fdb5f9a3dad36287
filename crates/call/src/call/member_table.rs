//! Table of a call's members, with what was said by people who are not in it: too early, or too late.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use crate::member::Member;
use crate::{Epoch, IncomingSignal, MemberId, MemberView, PeerId, Person, PersonId};

/// Signals of people whose entrance was not said yet. Full: the oldest is dropped.
const MAX_EARLY_SIGNALS: usize = 256;
/// Names of people who are out of the call, whose late signals are dropped.
const MAX_OUTSIDERS: usize = 64;
/// People of a call who are remembered when they have left.
const MAX_KNOWN: usize = 32;

#[derive(Debug, Default)]
pub(super) struct MemberTable {
    pub(super) all: BTreeMap<MemberId, Member>,
    last: u32,
    pub(super) early: VecDeque<(PeerId, IncomingSignal)>,
    /// They left, or were refused.
    pub(super) outsiders: VecDeque<PeerId>,
    /// People who were in the room, those who left included; no more than two are told apart.
    met: Vec<PersonId>,
    /// Everybody who was ever a member, each once.
    known: Vec<Person>,
}

impl MemberTable {
    pub(super) fn ids(&self) -> Vec<MemberId> {
        self.all.keys().copied().collect()
    }

    /// Everybody but the peer that passes on what we send.
    pub(super) fn people(&self) -> impl Iterator<Item = &Member> {
        self.all.values().filter(|member| member.is_person())
    }

    pub(super) fn first_person(&self) -> Option<MemberId> {
        self.all.iter().find(|(_, member)| member.is_person()).map(|(id, _)| *id)
    }

    pub(super) fn is_uplink(&self, peer: &PeerId) -> bool {
        self.all.values().any(|member| !member.is_person() && member.peer() == Some(peer))
    }

    /// The peer that passes on what we send.
    pub(super) fn uplink(&self) -> Option<MemberId> {
        self.all.iter().find(|(_, member)| !member.is_person()).map(|(id, _)| *id)
    }

    /// In the room with an open socket.
    pub(super) fn present(&self) -> Vec<MemberId> {
        self.all.iter().filter(|(_, member)| member.is_present()).map(|(id, _)| *id).collect()
    }

    pub(super) fn expected(&self) -> Vec<MemberId> {
        self.all.iter().filter(|(_, member)| !member.is_here()).map(|(id, _)| *id).collect()
    }

    /// Somebody is in the room.
    pub(super) fn meet(&mut self, person: &PersonId) {
        if self.met.len() < 2 && !self.met.contains(person) {
            self.met.push(person.clone());
        }
    }

    /// Nobody is left or expected in what was a conversation of two.
    pub(super) fn was_of_two(&self) -> bool {
        self.people().next().is_none() && self.met.len() == 1
    }

    /// Somebody has become a member.
    pub(super) fn know(&mut self, person: &Person) {
        let room = self.known.len() < MAX_KNOWN;
        match self.known.iter_mut().find(|known| known.id == person.id) {
            // A backend may tell a name later.
            Some(known) if known.name.is_empty() => known.clone_from(person),
            Some(_) => {}
            None if room => self.known.push(person.clone()),
            None => {}
        }
    }

    pub(super) fn known(&self) -> &[Person] {
        &self.known
    }

    pub(super) fn views(&self) -> Vec<MemberView> {
        self.people().map(Member::view).collect()
    }

    pub(super) fn is_anybody_here(&self) -> bool {
        self.people().any(Member::is_here)
    }

    pub(super) fn any_connected(&self) -> bool {
        self.all.values().any(Member::is_connected)
    }

    pub(super) fn open_epoch(&self, id: MemberId) -> Option<Epoch> {
        self.all.get(&id)?.open_epoch()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.all.values().filter_map(Member::deadline).min()
    }

    /// Whose deadline that is.
    pub(super) fn due(&self, at: Instant) -> Option<MemberId> {
        self.all.iter().find(|(_, member)| member.deadline() == Some(at)).map(|(id, _)| *id)
    }

    pub(super) fn named(&self, peer: &PeerId) -> Option<MemberId> {
        self.all.iter().find(|(_, member)| member.peer() == Some(peer)).map(|(id, _)| *id)
    }

    pub(super) fn of_person(&self, person: &PersonId) -> Option<MemberId> {
        let is_meant = |member: &Member| member.is_person() && member.person().id == *person;
        self.all.iter().find(|(_, member)| is_meant(member)).map(|(id, _)| *id)
    }

    pub(super) fn next_id(&mut self) -> MemberId {
        self.last += 1;
        MemberId(self.last)
    }

    /// True if they were not out already.
    pub(super) fn put_out(&mut self, peer: PeerId) -> bool {
        self.early.retain(|(from, _)| *from != peer);
        if self.outsiders.contains(&peer) {
            return false;
        }
        if self.outsiders.len() >= MAX_OUTSIDERS {
            self.outsiders.pop_front();
        }
        self.outsiders.push_back(peer);
        true
    }

    pub(super) fn keep(&mut self, from: &PeerId, signal: IncomingSignal) {
        if let IncomingSignal::PeerLeft { .. } = signal {
            // What they said before is of no use any more, and by their entrance they are back.
            self.early.retain(|(peer, _)| peer != from);
            return;
        }
        if self.outsiders.contains(from) {
            return;
        }
        if self.early.len() >= MAX_EARLY_SIGNALS {
            self.early.pop_front();
        }
        self.early.push_back((from.clone(), signal));
    }

    pub(super) fn take_early(&mut self, from: &PeerId) -> Vec<IncomingSignal> {
        let (theirs, others): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.early).into_iter().partition(|(peer, _)| peer == from);
        self.early = others;
        theirs.into_iter().map(|(_, signal)| signal).collect()
    }
}
