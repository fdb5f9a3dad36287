//! The calls this account knows of. Only facts that the wire needs; what state a call is in is the
//! phone's business.

use std::collections::BTreeMap;

use bellwire_call::{CallKey, RemoteCallId};

use crate::limits;

/// One call as the wire needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The other side's user id.
    pub(super) peer: String,
    /// We placed it.
    pub(super) outgoing: bool,
    /// Both sides agreed.
    pub(super) answered: bool,
    /// We entered its room.
    pub(super) joined: bool,
    /// The socket went away since: the room has to be entered again before anything is said in it.
    pub(super) stale: bool,
    order: u64,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    known: BTreeMap<String, Known>,
    next_order: u64,
}

/// There is no room for another call.
#[derive(Debug)]
pub(super) struct Full;

impl Calls {
    /// Remembers a call; the oldest one that nobody answered makes room if need be.
    pub(super) fn add(&mut self, id: &str, peer: String, outgoing: bool) -> Result<&mut Known, Full> {
        if self.known.len() >= limits::CALLS && !self.known.contains_key(id) {
            let oldest =
                self.known.iter().filter(|(_, call)| !call.joined).min_by_key(|(_, call)| call.order);
            let oldest = oldest.map(|(id, _)| id.clone()).ok_or(Full)?;
            self.known.remove(&oldest);
        }
        let order = self.next_order;
        self.next_order += 1;
        let fresh = Known { peer, outgoing, answered: false, joined: false, stale: false, order };
        Ok(self.known.entry(id.to_owned()).or_insert(fresh))
    }

    pub(super) fn find(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Known> {
        self.known.get_mut(id)
    }

    pub(super) fn forget(&mut self, id: &str) -> Option<Known> {
        self.known.remove(id)
    }

    /// The socket closed: the server has taken us out of every room.
    pub(super) fn lost_rooms(&mut self) {
        for call in self.known.values_mut().filter(|call| call.joined) {
            call.stale = true;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// How signals name that call.
pub(super) fn key(id: &str) -> CallKey {
    CallKey::Remote(RemoteCallId(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_we_joined() {
        let mut calls = Calls::default();
        calls.add("mine", "peer".into(), true).unwrap().joined = true;
        for n in 0..1000 {
            calls.add(&format!("ring-{n}"), "stranger".into(), false).unwrap();
        }
        assert_eq!(calls.len(), limits::CALLS);
        assert!(calls.find("mine").is_some());
        assert!(calls.find("ring-999").is_some());
        assert!(calls.find("ring-0").is_none());
    }

    #[test]
    fn a_full_table_of_joined_calls_refuses_another() {
        let mut calls = Calls::default();
        for n in 0..limits::CALLS {
            calls.add(&format!("{n}"), "peer".into(), true).unwrap().joined = true;
        }
        assert!(calls.add("one-more", "peer".into(), false).is_err());
    }
}
