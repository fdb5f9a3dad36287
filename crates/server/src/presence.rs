//! Presence: which users are online on which sockets, and which other users may know of it.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use crate::hub_actor::SocketKey;

/// Users by id. A user is online while one of their sockets is connected.
#[derive(Debug)]
pub(crate) struct Presence<Id> {
    sockets: BTreeMap<SocketKey, Id>,
    users: BTreeMap<Id, User<Id>>,
}

#[derive(Debug)]
struct User<Id> {
    sockets: BTreeSet<SocketKey>,
    related: BTreeSet<Id>,
}

/// What the disconnecting of a socket means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Departure<Id> {
    pub(crate) user: Id,
    /// It was the user's last one: the users who may know that they are offline now.
    pub(crate) offline: Option<BTreeSet<Id>>,
}

impl<Id: Ord + Clone> Default for Presence<Id> {
    fn default() -> Self {
        Self { sockets: BTreeMap::new(), users: BTreeMap::new() }
    }
}

impl<Id: Ord + Clone> Presence<Id> {
    /// The user of a socket.
    pub(crate) fn user(&self, socket: SocketKey) -> Option<&Id> {
        self.sockets.get(&socket)
    }

    /// All sockets of a user.
    pub(crate) fn sockets<Q: Ord + ?Sized>(&self, user: &Q) -> impl Iterator<Item = SocketKey>
    where
        Id: Borrow<Q>,
    {
        self.users.get(user).into_iter().flat_map(|user| user.sockets.iter().copied())
    }

    /// Everyone who is online.
    pub(crate) fn users(&self) -> impl Iterator<Item = &Id> {
        self.users.keys()
    }

    pub(crate) fn is_online<Q: Ord + ?Sized>(&self, user: &Q) -> bool
    where
        Id: Borrow<Q>,
    {
        self.users.contains_key(user)
    }

    /// The users that this one may know of, online or not.
    pub(crate) fn related<Q: Ord + ?Sized>(&self, user: &Q) -> impl Iterator<Item = &Id>
    where
        Id: Borrow<Q>,
    {
        self.users.get(user).into_iter().flat_map(|user| &user.related)
    }

    /// Lets both know of each other, each as far as they are online.
    pub(crate) fn relate<Q: Ord + ToOwned<Owned = Id> + ?Sized>(&mut self, one: &Q, other: &Q)
    where
        Id: Borrow<Q>,
    {
        for (whose, with) in [(one, other), (other, one)] {
            if let Some(user) = self.users.get_mut(whose) {
                user.related.insert(with.to_owned());
            }
        }
    }

    /// A socket of a user is connected; true if it is their first one. Those of `related` who are online
    /// do not know of this user before [`Self::relate`].
    pub(crate) fn arrive(
        &mut self,
        socket: SocketKey,
        id: Id,
        related: impl IntoIterator<Item = Id>,
    ) -> bool {
        let fresh = || User { sockets: BTreeSet::new(), related: BTreeSet::new() };
        let user = self.users.entry(id.clone()).or_insert_with(fresh);
        let first = user.sockets.is_empty();
        user.sockets.insert(socket);
        user.related.extend(related);
        self.sockets.insert(socket, id);
        first
    }

    pub(crate) fn depart(&mut self, socket: SocketKey) -> Option<Departure<Id>> {
        let id = self.sockets.remove(&socket)?;
        let user = self.users.get_mut(&id)?;
        user.sockets.remove(&socket);
        if !user.sockets.is_empty() {
            return Some(Departure { user: id, offline: None });
        }
        let offline = self.users.remove(&id).map(|user| user.related);
        Some(Departure { user: id, offline })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_online_from_the_first_socket_to_the_last() {
        let (first, second) = (SocketKey(1), SocketKey(2));
        let mut presence: Presence<String> = Presence::default();

        assert!(presence.arrive(first, "ann".to_owned(), ["ben".to_owned()]));
        assert!(!presence.arrive(second, "ann".to_owned(), []));
        assert_eq!(presence.sockets("ann").collect::<Vec<_>>(), [first, second]);
        presence.relate("ann", "cleo");

        let departure = presence.depart(first).expect("it was there");
        assert_eq!((departure.offline, presence.is_online("ann")), (None, true));
        let departure = presence.depart(second).expect("it was there");
        let related = ["ben", "cleo"].map(str::to_owned);
        assert_eq!((departure.user.as_str(), departure.offline), ("ann", Some(related.into())));
        assert_eq!((presence.depart(second), presence.is_online("ann")), (None, false));
    }
}
