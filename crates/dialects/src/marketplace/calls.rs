//! The calls this account knows of. Only facts that the wire needs; what state a call is in is the
//! phone's business.

use std::collections::BTreeMap;

use bellwire_call::{CallKey, MediaKind, RemoteCallId};

use crate::limits;

/// One call as the wire needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
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
    order: u64,
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

#[derive(Debug, Default)]
pub(super) struct Calls {
    known: BTreeMap<String, Known>,
    next_order: u64,
}

/// There is no room for another call.
#[derive(Debug)]
pub(super) struct Full;

/// How ids begin that a client made up, because REST keeps no record of the call.
const MADE_UP: &str = "call_";

/// True if REST cannot know the call.
pub(super) fn is_made_up(id: &str) -> bool {
    id.starts_with(MADE_UP)
}

impl Calls {
    /// Remembers a call; the oldest ring that nobody answered makes room if need be.
    pub(super) fn add(
        &mut self,
        id: &str,
        peer: String,
        kind: MediaKind,
        room: String,
        outgoing: bool,
    ) -> Result<(), Full> {
        if self.known.len() >= limits::CALLS && !self.known.contains_key(id) {
            let rings = self.known.iter().filter(|(_, call)| !call.outgoing && !call.answered);
            let oldest = rings.min_by_key(|(_, call)| call.order).map(|(id, _)| id.clone()).ok_or(Full)?;
            self.known.remove(&oldest);
        }
        let order = self.next_order;
        self.next_order += 1;
        let sharing = Sharing::Off;
        let fresh =
            Known { peer, kind, room, outgoing, answered: false, sharing, their_session: None, order };
        self.known.entry(id.to_owned()).or_insert(fresh);
        Ok(())
    }

    pub(super) fn find(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Known> {
        self.known.get_mut(id)
    }

    /// The call that runs with that person.
    pub(super) fn with(&mut self, peer: &str) -> Option<(&str, &mut Known)> {
        let mut calls = self.known.iter_mut();
        calls.find(|(_, call)| call.answered && call.peer == peer).map(|(id, call)| (id.as_str(), call))
    }

    /// The call in which the other side shows that screen.
    pub(super) fn shown(&mut self, session: &str) -> Option<(&str, &mut Known)> {
        let mut calls = self.known.iter_mut();
        calls
            .find(|(_, call)| call.their_session.as_deref() == Some(session))
            .map(|(id, call)| (id.as_str(), call))
    }

    pub(super) fn forget(&mut self, id: &str) -> Option<Known> {
        self.known.remove(id)
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

    fn ring(calls: &mut Calls, id: &str) -> Result<(), Full> {
        calls.add(id, "stranger".into(), MediaKind::Voice, String::new(), false)
    }

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_that_runs_or_is_placed() {
        let mut calls = Calls::default();
        calls.add("mine", "peer".into(), MediaKind::Video, String::new(), true).unwrap();
        ring(&mut calls, "theirs").unwrap();
        calls.find_mut("theirs").unwrap().answered = true;
        for n in 0..1000 {
            ring(&mut calls, &format!("ring-{n}")).unwrap();
        }
        assert_eq!(calls.len(), limits::CALLS);
        assert!(calls.find("mine").is_some() && calls.find("theirs").is_some());
        assert!(calls.find("ring-999").is_some() && calls.find("ring-0").is_none());
    }

    #[test]
    fn a_full_table_of_calls_that_run_refuses_another() {
        let mut calls = Calls::default();
        for n in 0..limits::CALLS {
            calls.add(&format!("{n}"), "peer".into(), MediaKind::Video, String::new(), true).unwrap();
        }
        assert!(ring(&mut calls, "one-more").is_err());
    }
}
