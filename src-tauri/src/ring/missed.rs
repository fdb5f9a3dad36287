//! Notifications of missed calls: one for each caller. During do-not-disturb they are held back until it ends.
//! The number of missed calls comes from the call log.

use bellwire_engine::{AccountId, CallView, PersonId};

use crate::shell_state::Quiet;

/// Notifications at a time; the oldest is dropped first. The badge counts all.
const MAX_SHOWN: usize = 4;

/// A person's missed calls.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Missed {
    /// The newest.
    pub(crate) call: CallView,
    pub(crate) count: u32,
    /// Held back during do-not-disturb.
    held: bool,
}

/// Missed calls that the user has neither seen nor dismissed, oldest first.
#[derive(Debug, Default)]
pub(crate) struct MissedCalls {
    people: Vec<Missed>,
}

impl MissedCalls {
    /// One more.
    pub(crate) fn add(&mut self, call: CallView, quiet: Quiet) {
        let whose = key(&call);
        let before = self.people.iter().position(|missed| key(&missed.call) == whose);
        let count = before.map_or(0, |at| self.people.remove(at).count).saturating_add(1);
        self.people.push(Missed { call, count, held: quiet != Quiet::Off });
        if self.people.len() > MAX_SHOWN {
            self.people.remove(0);
        }
    }

    /// Do-not-disturb began or ended. Notifications that are shown already stay.
    pub(crate) fn quiet(&mut self, quiet: Quiet) {
        if quiet == Quiet::Off {
            self.people.iter_mut().for_each(|missed| missed.held = false);
        }
    }

    /// The user dismissed a person's notification, or called them.
    pub(crate) fn dismiss(&mut self, account: AccountId, person: &PersonId) {
        self.people.retain(|missed| key(&missed.call) != (account, person));
    }

    /// The user has seen all of them.
    pub(crate) fn clear(&mut self) {
        self.people.clear();
    }

    pub(crate) fn of(&self, account: AccountId, person: &PersonId) -> Option<&Missed> {
        self.people.iter().find(|missed| key(&missed.call) == (account, person))
    }

    /// Those to be shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Missed> {
        self.people.iter().filter(|missed| !missed.held)
    }
}

fn key(call: &CallView) -> (AccountId, &PersonId) {
    (call.account, &call.peer.id)
}
