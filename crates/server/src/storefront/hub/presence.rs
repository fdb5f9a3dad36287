//! Presence in storefront: it is announced to users with orders or calls between them.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_dialects::storefront::wire::{OnlineStatusChanged, OnlineUser, name};

use super::message::{Party, Replies};
use crate::clock::Millis;
use crate::hub_actor::{Reply, SocketKey};
use crate::presence;

#[derive(Debug, Default)]
pub(super) struct Presence {
    parties: BTreeMap<SocketKey, Party>,
    online: presence::Presence<String>,
}

impl Presence {
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
        for other in related {
            self.online.relate(other.as_str(), id);
            let changed =
                OnlineStatusChanged { user_id: id.to_owned(), is_online, timestamp: Some(now.iso()) };
            let users = self.related_online(other);
            for to in self.sockets(other) {
                replies.push(Reply::emit(to, name::USER_ONLINE_STATUS_CHANGED, &changed));
                replies.push(Reply::emit(to, name::GET_USERS, &users));
            }
        }
        replies
    }

    /// The name given for a socket is ours: the transport's own id would let others speak for it.
    fn row(&self, id: &str) -> OnlineUser {
        let socket_id = self.sockets(id).next().map(|socket| format!("s{}", socket.0));
        OnlineUser { user_id: id.to_owned(), socket_id }
    }
}
