//! Members of a call: who may come, who is in the room, and who has left it. The backend says who is there;
//! one seat per person.

use std::time::Instant;

use super::{Call, Consent};
use crate::call_context::{CallContext, SentMedia};
use crate::member::{Entrance, Member};
use crate::timers::{self, CallTimer};
use crate::{
    Command, DeclineReason, EndReason, IncomingSignal, MemberId, Notice, OutgoingSignal, Participant, PeerId,
    Person, PersonId,
};

impl Call {
    /// The one other member of a call of two.
    pub(super) fn sole_member(&self) -> Option<MemberId> {
        self.members.first_person().filter(|_| self.is_pair())
    }

    /// Somebody who may come.
    pub(super) fn expect(&mut self, person: Person) {
        if self.members.of_person(&person.id).is_none() {
            self.seat(person);
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
        if self.members.is_uplink(&peer) {
            return;
        }
        let known = self.members.named(&peer).or_else(|| self.members.of_person(&participant.person.id));
        let comes = known.is_none_or(|id| self.members.expected().contains(&id));
        let stranger_to_two = known.is_none() && self.is_pair();
        if stranger_to_two || (comes && !self.make_room(now, out)) {
            return self.refuse(known, participant, now, out);
        }
        let id = known.unwrap_or_else(|| self.seat(participant.person.clone()));
        self.members.outsiders.retain(|outsider| *outsider != peer);
        self.members.meet(&participant.person.id);
        self.members.know(&participant.person);
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
        self.name_sole_member(&participants, now);
        let here: Vec<PeerId> = participants.iter().map(|participant| participant.peer.clone()).collect();
        for id in self.members.present() {
            let gone =
                |member: &Member| member.is_person() && member.peer().is_none_or(|peer| !here.contains(peer));
            if self.members.all.get(&id).is_some_and(gone) {
                // They went while our socket was away, and may be coming back as we did.
                self.with_member(id, now, |member, cx| member.hear_left(true, cx));
            }
        }
        for participant in participants {
            // Who was there and is there has heard and said nothing new. A connection that was given up meanwhile, as when
            // we accepted without a socket, is tried anew.
            let known = self.members.named(&participant.peer);
            let goes_on = |id: MemberId| {
                let failed = self.members.all.get(&id).is_some_and(Member::is_given_up);
                self.members.present().contains(&id) && !failed
            };
            if !known.is_some_and(goes_on) {
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
        if self.consent == Consent::Asked && !self.is_outgoing() {
            return;
        }
        if self.consent == Consent::Asked && self.members.people().count() == 1 {
            let reason = match reason {
                DeclineReason::Declined => EndReason::RemoteDeclined,
                DeclineReason::Busy => EndReason::RemoteBusy,
            };
            // For the backend a call of several may well go on.
            let cancel = self.remote.is_some().then_some(OutgoingSignal::Cancel);
            return self.end(reason, cancel, now, out);
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

    /// Alone in the room, we leave after a while. The other one of two is not removed before the call is over.
    pub(super) fn watch_room(&mut self, now: Instant) {
        let talks = self.is_live() && self.consent == Consent::Given;
        if !talks || self.members.is_anybody_here() {
            self.timers.clear(CallTimer::Alone);
        } else if !self.timers.is_set(CallTimer::Alone) {
            self.timers.set(CallTimer::Alone, now + timers::ALONE_TIMEOUT);
        }
    }

    /// Whether there is a seat for a newcomer. Where all are taken, whoever is away has lost theirs: the backend
    /// would not have let the newcomer in otherwise.
    fn make_room(&mut self, now: Instant, out: &mut Vec<Command>) -> bool {
        let here = self.members.all.iter().filter(|(_, member)| member.is_person() && member.is_here());
        if here.clone().count() < self.capacity.members {
            return true;
        }
        let away = here.clone().find(|(_, member)| !member.is_present()).map(|(id, _)| *id);
        away.inspect(|id| self.remove(*id, now, out)).is_some()
    }

    fn refuse(
        &mut self,
        known: Option<MemberId>,
        participant: Participant,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if let Some(id) = known {
            self.remove(id, now, out);
        }
        if self.members.put_out(participant.peer) {
            out.push(Command::Notice(Notice::MemberRefused { call: self.id, person: participant.person }));
        }
    }

    fn seat(&mut self, person: Person) -> MemberId {
        let id = self.members.next_id();
        self.members.know(&person);
        self.members.all.insert(id, Member::expected(id, person, self.rules.offers, self.kind));
        id
    }
}
