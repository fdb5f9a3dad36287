//! Presence in storefront: it is announced to users with orders or calls between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwire_dialects::storefront::wire::{OnlineStatusChanged, OnlineUser, name};

use super::message::{Party, Replies};
use crate::clock::Millis;
use crate::hub_actor::{Reply, SocketKey};
use crate::presence;
use crate::timers::Timers;

/// A user is sent whole lists no faster than this because others come and go.
const LIST_INTERVAL: Duration = Duration::from_secs(1);

/// Who is sent the list of those online.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lists {
    /// Whoever arrives or asks for it; others are told what has changed.
    #[default]
    AtArrival,
    /// Also those whose list has changed, for deployed clients that show nothing else: once a second at
    /// most, however many come and go.
    AtChanges,
}

#[derive(Debug, Default)]
pub(super) struct Presence {
    parties: BTreeMap<SocketKey, Party>,
    online: presence::Presence<String>,
    lists: Lists,
    /// Users who were sent a list lately, and whether it has changed since.
    paced: BTreeMap<String, bool>,
    /// When these may be sent the next one.
    pace: Timers<String>,
}

impl Presence {
    pub(super) fn new(lists: Lists) -> Self {
        Self { lists, ..Self::default() }
    }

    /// The next moment [`Self::expire`] has something to do.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.pace.deadline()
    }

    pub(super) fn expire(&mut self, now: Millis) -> Replies {
        let mut replies = Vec::new();
        while let Some(user) = self.pace.pop(now) {
            if self.paced.remove(&user) == Some(true) {
                replies.extend(self.list_changed(&user, now));
            }
        }
        replies
    }

    pub(super) fn party(&self, socket: SocketKey) -> Option<&Party> {
        self.parties.get(&socket)
    }

    /// All devices of a user.
    pub(super) fn sockets(&self, id: &str) -> impl Iterator<Item = SocketKey> {
        self.online.sockets(id)
    }

    pub(super) fn everybody(&self) -> Vec<OnlineUser> {
        self.online.users().map(|id| self.row(id)).collect()
    }

    /// Those online that `id` may know of.
    pub(super) fn related_online(&self, id: &str) -> Vec<OnlineUser> {
        if !self.online.is_online(id) {
            return Vec::new();
        }
        let others = self.online.related(id).filter(|other| self.online.is_online(other.as_str()));
        std::iter::once(self.row(id)).chain(others.map(|other| self.row(other))).collect()
    }

    /// Those of some users who are online.
    pub(super) fn online_of(&self, ids: &BTreeSet<String>) -> Vec<OnlineUser> {
        ids.iter().filter(|id| self.online.is_online(id.as_str())).map(|id| self.row(id)).collect()
    }

    pub(super) fn relate(&mut self, one: &str, other: &str) {
        self.online.relate(one, other);
    }

    pub(super) fn arrive(
        &mut self,
        socket: SocketKey,
        party: Party,
        related: Vec<String>,
        now: Millis,
    ) -> Replies {
        let mut replies = Vec::new();
        let id = party.id.clone();
        self.parties.insert(socket, party);
        if self.online.arrive(socket, id.clone(), related) {
            let related = self.online.related(&id).cloned().collect();
            replies.extend(self.tell(&related, &id, true, now));
        }
        replies.push(Reply::emit(socket, name::GET_USERS, &self.related_online(&id)));
        replies
    }

    pub(super) fn depart(&mut self, socket: SocketKey, now: Millis) -> Replies {
        self.parties.remove(&socket);
        let Some(departure) = self.online.depart(socket) else { return Vec::new() };
        let related = departure.offline.unwrap_or_default();
        self.tell(&related, &departure.user, false, now)
    }

    fn tell(&mut self, related: &BTreeSet<String>, id: &str, is_online: bool, now: Millis) -> Replies {
        let mut replies = Vec::new();
        let changed = OnlineStatusChanged { user_id: id.to_owned(), is_online, timestamp: Some(now.iso()) };
        for other in related {
            self.online.relate(other.as_str(), id);
            let told = self.sockets(other);
            replies.extend(told.map(|to| Reply::emit(to, name::USER_ONLINE_STATUS_CHANGED, &changed)));
            if self.lists == Lists::AtChanges {
                replies.extend(self.list_changed(other, now));
            }
        }
        replies
    }

    /// Sends a user the list at once, or with the next one if there was one just now.
    fn list_changed(&mut self, user: &str, now: Millis) -> Replies {
        if !self.online.is_online(user) {
            return Vec::new();
        }
        if let Some(changed) = self.paced.get_mut(user) {
            *changed = true;
            return Vec::new();
        }
        self.paced.insert(user.to_owned(), false);
        self.pace.insert(now.plus(LIST_INTERVAL), user.to_owned());
        let users = self.related_online(user);
        self.sockets(user).map(|to| Reply::emit(to, name::GET_USERS, &users)).collect()
    }

    /// The name given for a socket is ours: the transport's own id would let others speak for it.
    fn row(&self, id: &str) -> OnlineUser {
        let socket_id = self.sockets(id).next().map(|socket| format!("s{}", socket.0));
        OnlineUser { user_id: id.to_owned(), socket_id }
    }
}
