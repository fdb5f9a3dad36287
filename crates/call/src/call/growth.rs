//! Growth of a call: more people are asked to come into one that goes on, and a call of two becomes one of
//! several. The connection there is stays as it is.

use std::time::Instant;

use super::{Call, Consent};
use crate::timers::{self, CallTimer};
use crate::{Command, Notice, OutgoingSignal, Participant, Person, RingPolicy};

impl Call {
    /// Asks for people to be rung who are not in the call. They are members once the backend does it.
    pub(crate) fn add_people(&mut self, people: Vec<Person>, now: Instant, out: &mut Vec<Command>) {
        if !self.is_live() || self.consent == Consent::Asked {
            return;
        }
        let mut new: Vec<Person> = Vec::new();
        for person in people {
            let known = self.members.of_person(&person.id).is_some();
            if !known && new.iter().all(|one| one.id != person.id) {
                new.push(person);
            }
        }
        if new.is_empty() {
            return;
        }
        if self.capacity.exceeds(self.members.people().count() + new.len()) {
            out.push(Command::Notice(Notice::PeopleNotAdded { call: self.id, message: None }));
            return;
        }
        self.say(OutgoingSignal::AddPeople(new), now, out);
    }

    /// They are being rung, and are expected as long as that takes.
    pub(super) fn hear_added(&mut self, people: Vec<Person>, now: Instant) {
        if self.is_pair() || self.consent == Consent::Asked {
            return;
        }
        for person in people {
            if !self.capacity.exceeds(self.members.people().count() + 1) {
                self.expect(person);
            }
        }
        if let RingPolicy::Timeout(time) = self.rules.rings {
            self.timers.set(CallTimer::Ring, now + time + timers::RING_SLACK);
        }
    }

    /// What the backend calls the other one of what was a call of two until now.
    pub(super) fn name_sole_member(&mut self, participants: &[Participant], now: Instant) {
        for participant in participants {
            let Some(id) = self.members.of_person(&participant.person.id) else { continue };
            let member = self.members.all.get(&id);
            if !member.is_some_and(|member| member.is_present() && member.peer().is_none()) {
                continue;
            }
            self.members.meet(&participant.person.id);
            self.members.know(&participant.person);
            self.with_member(id, now, |member, _| member.identify(participant.clone()));
        }
    }
}
