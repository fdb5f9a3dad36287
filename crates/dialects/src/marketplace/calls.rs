//! The call table of a marketplace account.

use bellwire_call::MediaKind;

use crate::call_table::{CallTable, Evictable};

pub(super) type Calls = CallTable<CallEntry>;

/// One call as the wire needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CallEntry {
    /// The other side's user id.
    pub(super) peer: String,
    pub(super) kind: MediaKind,
    /// The backend's name of the room, forwarded as it came.
    pub(super) room: String,
    /// We placed it.
    pub(super) outgoing: bool,
    /// Both sides agreed.
    pub(super) answered: bool,
    pub(super) sharing: Sharing,
    /// The screen that the other side shows us.
    pub(super) their_session: Option<String>,
}

/// How far our own screen is shared in a call; it is a record of its own here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    Off,
    /// The record is asked for; `wanted` turns false if sharing stops meanwhile.
    Asked {
        wanted: bool,
    },
    On {
        session: String,
        /// REST keeps it.
        recorded: bool,
    },
}

/// How ids begin that a client made up, because REST keeps no record of the call.
const MADE_UP: &str = "call_";

/// True if REST cannot know the call.
pub(super) fn is_made_up(id: &str) -> bool {
    id.starts_with(MADE_UP)
}

impl CallEntry {
    pub(super) fn new(peer: String, kind: MediaKind, room: String, outgoing: bool) -> Self {
        let (sharing, their_session) = (Sharing::Off, None);
        Self { peer, kind, room, outgoing, answered: false, sharing, their_session }
    }
}

impl Evictable for CallEntry {
    fn is_evictable(&self) -> bool {
        !self.outgoing && !self.answered
    }
}

impl Calls {
    /// The call that runs with that person.
    pub(super) fn with(&mut self, peer: &str) -> Option<(&str, &mut CallEntry)> {
        self.iter_mut().find(|(_, call)| call.answered && call.peer == peer)
    }

    /// The call in which the other side shows that screen.
    pub(super) fn shown(&mut self, session: &str) -> Option<(&str, &mut CallEntry)> {
        self.iter_mut().find(|(_, call)| call.their_session.as_deref() == Some(session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_that_runs_or_is_placed() {
        let ring = || CallEntry::new("stranger".into(), MediaKind::Voice, String::new(), false);
        let mut calls = Calls::default();
        let mine = CallEntry::new("peer".into(), MediaKind::Video, String::new(), true);
        calls.add("mine", |_| mine).unwrap();
        calls.add("theirs", |_| ring()).unwrap().answered = true;
        for n in 0..1000 {
            calls.add(&format!("ring-{n}"), |_| ring()).unwrap();
        }
        assert_eq!(calls.iter().count(), limits::MAX_CALLS);
        assert!(calls.find("mine").is_some() && calls.find("theirs").is_some());
    }
}
