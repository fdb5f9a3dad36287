//! Members of a call: who may come, who is in the room, and who has left it. The backend says who is there;
//! one seat per person.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::{Call, Consent};
use crate::call_context::{CallContext, SentMedia};
use crate::member::{Entrance, Member};
use crate::timers::{self, CallTimer};
use crate::{
    Command, DeclineReason, EndReason, Epoch, IncomingSignal, MemberId, MemberView, Notice, Participant,
    PeerId, Person, PersonId,
};

/// Signals of people whose entrance was not said yet. Full: the oldest is dropped.
const MAX_EARLY_SIGNALS: usize = 256;
/// Names of people who are out of the call, whose late signals are dropped.
const MAX_OUTSIDERS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Members {
    all: BTreeMap<MemberId, Member>,
    last: u32,
    early: VecDeque<(PeerId, IncomingSignal)>,
    /// They left, or were refused.
    outsiders: VecDeque<PeerId>,
}

impl Members {
    pub(super) fn ids(&self) -> Vec<MemberId> {
        self.all.keys().copied().collect()
    }

    /// In the room with an open socket.
    pub(super) fn present(&self) -> Vec<MemberId> {
        self.all.iter().filter(|(_, member)| member.is_present()).map(|(id, _)| *id).collect()
    }

    fn expected(&self) -> Vec<MemberId> {
        self.all.iter().filter(|(_, member)| !member.is_here()).map(|(id, _)| *id).collect()
    }

    pub(super) fn views(&self) -> Vec<MemberView> {
        self.all.values().map(Member::view).collect()
    }

    pub(super) fn is_anybody_here(&self) -> bool {
        self.all.values().any(Member::is_here)
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

    fn named(&self, peer: &PeerId) -> Option<MemberId> {
        self.all.iter().find(|(_, member)| member.peer() == Some(peer)).map(|(id, _)| *id)
    }

    fn of_person(&self, person: &PersonId) -> Option<MemberId> {
        self.all.iter().find(|(_, member)| member.person().id == *person).map(|(id, _)| *id)
    }

    fn next_id(&mut self) -> MemberId {
        self.last += 1;
        MemberId(self.last)
    }

    /// True if they were not out already.
    fn put_out(&mut self, peer: PeerId) -> bool {
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

    fn keep(&mut self, from: &PeerId, signal: IncomingSignal) {
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

    fn take_early(&mut self, from: &PeerId) -> Vec<IncomingSignal> {
        let (theirs, others): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.early).into_iter().partition(|(peer, _)| peer == from);
        self.early = others;
        theirs.into_iter().map(|(_, signal)| signal).collect()
    }
}

impl Call {
    /// The one other member of a call of two.
    pub(super) fn sole_member(&self) -> Option<MemberId> {
        self.members.all.keys().next().copied().filter(|_| self.is_pair())
    }

    /// Somebody who may come.
    pub(super) fn expect(&mut self, person: Person) {
        if self.members.of_person(&person.id).is_none() {
            let id = self.members.next_id();
            self.members.all.insert(id, Member::expected(id, person, self.rules.offers, self.kind));
        }
    }

    pub(super) fn with_member<T>(
        &mut self,
        id: MemberId,
        now: Instant,
        act: impl FnOnce(&mut Member, CallContext<'_>) -> T,
    ) -> Option<T> {
        // Out of the table meanwhile, so that it can be given the call.
        let mut member = self.members.all.remove(&id)?;
        let result = act(&mut member, self.context(now));
        self.members.all.insert(id, member);
        Some(result)
    }

    /// Whom a signal is from: by name, or the other one of two.
    pub(super) fn sender(&mut self, from: Option<&PeerId>, signal: &IncomingSignal) -> Option<MemberId> {
        let Some(peer) = from else { return self.sole_member() };
        let known = self.members.named(peer);
        if known.is_none() {
            self.members.keep(peer, signal.clone());
        }
        known
    }

    /// Somebody is in the room: one who was expected, one who is known, or one more.
    pub(super) fn hear_participant(
        &mut self,
        participant: Participant,
        entrance: Entrance,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        // We are not in the room ourselves.
        if self.is_ringing() || self.remote.is_none() {
            return;
        }
        let peer = participant.peer.clone();
        let known = self.members.named(&peer).or_else(|| self.members.of_person(&participant.person.id));
        let Some(id) = known.or_else(|| self.seat(&participant, now, out)) else {
            if self.members.put_out(peer) {
                let person = participant.person;
                out.push(Command::Notice(Notice::MemberRefused { call: self.id, person }));
            }
            return;
        };
        self.members.outsiders.retain(|outsider| *outsider != peer);
        let replaced = self.with_member(id, now, |member, _| {
            let before = member.peer().cloned().filter(|before| *before != participant.peer);
            member.identify(participant);
            before
        });
        if let Some(before) = replaced.flatten() {
            self.members.put_out(before);
        }
        match self.consent {
            Consent::Given => {
                let act = |member: &mut Member, cx: CallContext<'_>| {
                    member.hear_joined(entrance, sent_media, cx, out);
                };
                self.with_member(id, now, act);
            }
            Consent::Asked => {
                self.with_member(id, now, |member, _| member.enters(entrance));
                self.agree(now, out);
            }
        }
        self.watch_room(now);
        for signal in self.members.take_early(&peer) {
            self.receive(Some(&peer), signal, sent_media, now, out);
        }
    }

    /// Everybody else who is in the room now.
    pub(super) fn hear_participants(
        &mut self,
        participants: Vec<Participant>,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if self.is_ringing() {
            return;
        }
        let here: Vec<PeerId> = participants.iter().map(|participant| participant.peer.clone()).collect();
        for id in self.members.present() {
            let gone = |member: &Member| member.peer().is_none_or(|peer| !here.contains(peer));
            if self.members.all.get(&id).is_some_and(gone) {
                // They went while our socket was away, and may be coming back as we did.
                self.with_member(id, now, |member, cx| member.hear_left(true, cx));
            }
        }
        for participant in participants {
            // Who was there and is there has heard and said nothing new.
            let known = self.members.named(&participant.peer);
            if !known.is_some_and(|id| self.members.present().contains(&id)) {
                self.hear_participant(participant, Entrance::BeforeUs, sent_media, now, out);
            }
        }
        if !self.is_outgoing() && !self.is_pair() {
            self.expect_nobody(now, out);
        }
    }

    /// One of those we invited will not come. The call of two is over by that, as is one that nobody else
    /// is expected in.
    pub(super) fn hear_invitee_declined(
        &mut self,
        person: &PersonId,
        reason: DeclineReason,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let invitee = self.members.of_person(person);
        let Some(id) = invitee.filter(|id| self.members.expected().contains(id)) else { return };
        if !self.is_outgoing() {
            return;
        }
        if self.consent == Consent::Asked && self.members.all.len() == 1 {
            let reason = match reason {
                DeclineReason::Declined => EndReason::RemoteDeclined,
                DeclineReason::Busy => EndReason::RemoteBusy,
            };
            return self.end(reason, None, now, out);
        }
        if !self.is_pair() {
            self.remove(id, now, out);
        }
    }

    /// Whoever has not come is not waited for any more.
    pub(super) fn expect_nobody(&mut self, now: Instant, out: &mut Vec<Command>) {
        for id in self.members.expected() {
            self.remove(id, now, out);
        }
    }

    /// A member is out of the call; the others do not notice.
    pub(super) fn remove(&mut self, id: MemberId, now: Instant, out: &mut Vec<Command>) {
        self.with_member(id, now, |member, cx| member.end(cx, out));
        if let Some(peer) = self.members.all.remove(&id).and_then(|member| member.peer().cloned()) {
            self.members.put_out(peer);
        }
        self.watch_room(now);
    }

    pub(super) fn close_members(&mut self, now: Instant, out: &mut Vec<Command>) {
        for id in self.members.ids() {
            self.with_member(id, now, |member, cx| member.end(cx, out));
        }
        self.members.early.clear();
    }

    /// Alone in the room of a call of several, we leave after a while.
    pub(super) fn watch_room(&mut self, now: Instant) {
        let waits = self.is_live() && self.consent == Consent::Given && !self.is_pair();
        if !waits || self.members.is_anybody_here() {
            self.timers.clear(CallTimer::Alone);
        } else if !self.timers.is_set(CallTimer::Alone) {
            self.timers.set(CallTimer::Alone, now + timers::ALONE_TIMEOUT);
        }
    }

    /// A seat for one more, if there is any. An invited person has none before they come; one who is away
    /// has lost it, if the backend let somebody else in.
    fn seat(&mut self, participant: &Participant, now: Instant, out: &mut Vec<Command>) -> Option<MemberId> {
        if self.is_pair() {
            return None;
        }
        let here = self.members.all.iter().filter(|(_, member)| member.is_here());
        if here.clone().count() >= self.capacity.members {
            let away = here.clone().find(|(_, member)| !member.is_present()).map(|(id, _)| *id)?;
            self.remove(away, now, out);
        }
        let id = self.members.next_id();
        let member = Member::expected(id, participant.person.clone(), self.rules.offers, self.kind);
        self.members.all.insert(id, member);
        Some(id)
    }
}
