//! The call table of a storefront account.

use crate::call_table::{CallTable, Evictable};

pub(super) type Calls = CallTable<CallEntry>;

/// One call as the wire needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CallEntry {
    /// The other side's user id.
    pub(super) peer: String,
    /// We placed it.
    pub(super) outgoing: bool,
    /// Both sides agreed.
    pub(super) answered: bool,
    /// We entered its room.
    pub(super) joined: bool,
    /// The socket was away since: the room has to be entered again before anything is sent in it.
    pub(super) stale: bool,
}

impl CallEntry {
    pub(super) fn new(peer: String, outgoing: bool) -> Self {
        Self { peer, outgoing, answered: false, joined: false, stale: false }
    }
}

impl Evictable for CallEntry {
    fn is_evictable(&self) -> bool {
        !self.joined
    }
}

impl Calls {
    /// The socket closed: the server has taken us out of every room.
    pub(super) fn lost_rooms(&mut self) {
        for (_, call) in self.iter_mut().filter(|(_, call)| call.joined) {
            call.stale = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_we_joined() {
        let mut calls = Calls::default();
        calls.add("mine", |_| CallEntry::new("peer".into(), true)).unwrap().joined = true;
        for n in 0..1000 {
            calls.add(&format!("ring-{n}"), |_| CallEntry::new("stranger".into(), false)).unwrap();
        }
        assert_eq!(calls.iter().count(), limits::MAX_CALLS);
        assert!(calls.find("mine").is_some());
    }
}
