//! Index of message threads by person and subject. It keeps threads of people who are not listed now, so
//! that they can still be written to.

use std::collections::BTreeMap;

use bellwire_call::{PersonId, Subject};
use bellwire_signaling::Contact;

/// Threads remembered; further ones are not.
const MAX_THREADS: usize = 4096;

/// By person and, for a thread about a subject, its id.
#[derive(Debug, Default)]
pub(crate) struct ThreadIndex {
    threads: BTreeMap<(PersonId, Option<String>), String>,
}

impl ThreadIndex {
    pub(crate) fn learn(&mut self, contacts: &[Contact]) {
        for contact in contacts {
            let Some(thread) = &contact.thread else { continue };
            let about = contact.subject.as_ref().map(|subject| subject.id.clone());
            // Without a subject: the first one of the list, which is the newest.
            for key in [(contact.person.id.clone(), about), (contact.person.id.clone(), None)] {
                if self.threads.len() < MAX_THREADS {
                    self.threads.entry(key).or_insert_with(|| thread.clone());
                }
            }
        }
    }

    /// With several threads with one person: the one about that subject.
    pub(crate) fn find(&self, person: &PersonId, subject: Option<&Subject>) -> Option<String> {
        let about = subject.map(|subject| subject.id.clone());
        let keys = [(person.clone(), about), (person.clone(), None)];
        keys.iter().find_map(|key| self.threads.get(key).cloned())
    }
}
