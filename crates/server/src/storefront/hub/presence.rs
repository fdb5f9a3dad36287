//! Who is online on how many devices, and who may know of it: only people with orders or calls between
//! them.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_dialects::storefront::wire::{OnlineStatusChanged, OnlineUser};

use super::message::{Party, Reply, To};
use crate::clock::Millis;
use crate::switchboard::SocketKey;

#[derive(Debug, Default)]
pub(super) struct Presence {
    sockets: BTreeMap<SocketKey, Party>,
    people: BTreeMap<String, Person>,
}

#[derive(Debug, Default)]
struct Person {
    sockets: BTreeSet<SocketKey>,
    related: BTreeSet<String>,
}

impl Presence {
    pub(super) fn party(&self, socket: SocketKey) -> Option<&Party> {
        self.sockets.get(&socket)
    }

    /// All devices of somebody.
    pub(super) fn sockets(&self, id: &str) -> impl Iterator<Item = SocketKey> {
        self.people.get(id).into_iter().flat_map(|person| person.sockets.iter().copied())
    }

    pub(super) fn everybody(&self) -> Vec<OnlineUser> {
        self.people.iter().map(|(id, person)| row(id, person)).collect()
    }

    /// Those online that `id` may know of.
    pub(super) fn related_online(&self, id: &str) -> Vec<OnlineUser> {
        let Some(me) = self.people.get(id) else { return Vec::new() };
        let others = me.related.iter().filter_map(|other| Some((other, self.people.get(other)?)));
        std::iter::once(row(id, me)).chain(others.map(|(other, person)| row(other, person))).collect()
    }

    pub(super) fn relate(&mut self, one: &str, other: &str) {
        for (whose, with) in [(one, other), (other, one)] {
            if let Some(person) = self.people.get_mut(whose) {
                person.related.insert(with.to_owned());
            }
        }
    }

    pub(super) fn arrive(
        &mut self,
        socket: SocketKey,
        party: Party,
        related: Vec<String>,
        now: Millis,
    ) -> Vec<(To, Reply)> {
        let mut replies = Vec::new();
        let id = party.id.clone();
        self.sockets.insert(socket, party);
        let person = self.people.entry(id.clone()).or_default();
        let first = person.sockets.is_empty();
        person.sockets.insert(socket);
        person.related.extend(related);
        if first {
            let related = person.related.clone();
            replies.extend(self.tell(&related, &id, true, now));
        }
        replies.push((To::Socket(socket), Reply::Users(self.related_online(&id))));
        replies
    }

    pub(super) fn depart(&mut self, socket: SocketKey, now: Millis) -> Vec<(To, Reply)> {
        let Some(party) = self.sockets.remove(&socket) else { return Vec::new() };
        let Some(person) = self.people.get_mut(&party.id) else { return Vec::new() };
        person.sockets.remove(&socket);
        if !person.sockets.is_empty() {
            return Vec::new();
        }
        let related = std::mem::take(&mut person.related);
        self.people.remove(&party.id);
        self.tell(&related, &party.id, false, now)
    }

    fn tell(
        &mut self,
        related: &BTreeSet<String>,
        id: &str,
        is_online: bool,
        now: Millis,
    ) -> Vec<(To, Reply)> {
        let mut replies = Vec::new();
        for other in related {
            let Some(person) = self.people.get_mut(other) else { continue };
            person.related.insert(id.to_owned());
            let changed = Reply::Online(OnlineStatusChanged {
                user_id: id.to_owned(),
                is_online,
                timestamp: Some(now.iso()),
            });
            let users = Reply::Users(self.related_online(other));
            for to in self.sockets(other) {
                replies.push((To::Socket(to), changed.clone()));
                replies.push((To::Socket(to), users.clone()));
            }
        }
        replies
    }
}

/// The name given for a socket is ours: the transport's own id would let others speak for it.
fn row(id: &str, person: &Person) -> OnlineUser {
    let socket_id = person.sockets.first().map(|socket| format!("s{}", socket.0));
    OnlineUser { user_id: id.to_owned(), socket_id }
}
