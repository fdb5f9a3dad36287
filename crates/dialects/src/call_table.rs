//! The table of calls that a dialect remembers, bounded against a flood of rings. It holds only facts
//! that the wire needs; the state of a call is the phone's.

use std::collections::BTreeMap;

use bellwire_call::{CallKey, RemoteCallId};

use crate::limits;

/// An entry that may have to make room.
pub(crate) trait Evictable {
    /// True if a new call may take this one's place when the table is full.
    fn is_evictable(&self) -> bool;
}

/// At most `LIMIT` calls by the backend's id.
#[derive(Debug)]
pub(crate) struct CallTable<T, const LIMIT: usize = { limits::MAX_CALLS }> {
    entries: BTreeMap<String, (u64, T)>,
    next_order: u64,
}

/// Every call in the table has to stay.
#[derive(Debug)]
pub(crate) struct TableFull;

impl<T, const LIMIT: usize> Default for CallTable<T, LIMIT> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), next_order: 0 }
    }
}

impl<T: Evictable, const LIMIT: usize> CallTable<T, LIMIT> {
    /// Adds a call, or finds it if it is known; the oldest evictable one makes room if need be. The new
    /// entry is made from a number that no other call of this table has.
    pub(crate) fn add(&mut self, id: &str, entry: impl FnOnce(u64) -> T) -> Result<&mut T, TableFull> {
        if self.entries.len() >= LIMIT && !self.entries.contains_key(id) {
            let evictable = self.entries.iter().filter(|(_, (_, entry))| entry.is_evictable());
            let oldest = evictable.min_by_key(|(_, (order, _))| *order).map(|(id, _)| id.clone());
            self.entries.remove(&oldest.ok_or(TableFull)?);
        }
        let order = self.next_order;
        self.next_order += 1;
        let (_, entry) = self.entries.entry(id.to_owned()).or_insert_with(|| (order, entry(order)));
        Ok(entry)
    }
}

impl<T, const LIMIT: usize> CallTable<T, LIMIT> {
    pub(crate) fn find(&self, id: &str) -> Option<&T> {
        self.entries.get(id).map(|(_, entry)| entry)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut T> {
        self.entries.get_mut(id).map(|(_, entry)| entry)
    }

    pub(crate) fn forget(&mut self, id: &str) -> Option<T> {
        self.entries.remove(id).map(|(_, entry)| entry)
    }

    /// By id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.entries.iter().map(|(id, (_, entry))| (id.as_str(), entry))
    }

    /// By id.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut T)> {
        self.entries.iter_mut().map(|(id, (_, entry))| (id.as_str(), entry))
    }

    /// The call with the highest rank; of several the newest.
    pub(crate) fn newest_by<R: Ord>(&self, rank: impl Fn(&T) -> Option<R>) -> Option<(&str, &T)> {
        let ranked = self.entries.iter().filter_map(|(id, (order, entry))| {
            rank(entry).map(|rank| ((rank, *order), (id.as_str(), entry)))
        });
        ranked.max_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, found)| found)
    }
}

/// How signals name the call with that id.
pub(crate) fn key(id: &str) -> CallKey {
    CallKey::Remote(RemoteCallId(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True: it runs and has to stay.
    impl Evictable for bool {
        fn is_evictable(&self) -> bool {
            !self
        }
    }

    #[test]
    fn a_flood_of_rings_never_evicts_a_call_that_runs() {
        let mut calls = CallTable::<bool>::default();
        calls.add("mine", |_| true).unwrap();
        for n in 0..1000 {
            calls.add(&format!("ring-{n}"), |_| false).unwrap();
        }
        assert_eq!(calls.iter().count(), limits::MAX_CALLS);
        assert!(calls.find("mine").is_some() && calls.find("ring-999").is_some());
        assert!(calls.find("ring-0").is_none());
    }

    #[test]
    fn a_table_full_of_running_calls_refuses_another() {
        let mut calls = CallTable::<bool, 2>::default();
        for n in 0..2 {
            calls.add(&n.to_string(), |_| true).unwrap();
        }
        assert!(calls.add("one-more", |_| false).is_err());
        assert!(calls.add("1", |_| false).is_ok(), "it is known");
    }

    #[test]
    fn the_newest_of_the_highest_rank_is_found() {
        let mut calls = CallTable::<bool>::default();
        for (id, runs) in [("c", true), ("b", true), ("a", false)] {
            calls.add(id, |_| runs).unwrap();
        }
        assert_eq!(calls.newest_by(|runs| Some(*runs)).map(|(id, _)| id), Some("b"));
        assert_eq!(calls.newest_by(|runs| (!runs).then_some(())).map(|(id, _)| id), Some("a"));
    }
}
