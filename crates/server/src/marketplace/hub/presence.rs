//! Who is online on how many devices, and who may know of it: only people with a conversation.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_dialects::marketplace::wire::{PersonBody, UserStatusChange, name};

use super::{Order, Replies};
use crate::switchboard::{Reply, SocketKey};

pub(super) const ONLINE: &str = "online";
pub(super) const OFFLINE: &str = "offline";

#[derive(Debug, Default)]
pub(super) struct Presence {
    sockets: BTreeMap<SocketKey, String>,
    people: BTreeMap<String, Person>,
}

#[derive(Debug)]
struct Person {
    body: PersonBody,
    sockets: BTreeSet<SocketKey>,
    related: BTreeSet<String>,
    /// What they want to be shown as.
    status: String,
}

impl Presence {
    /// Whose socket it is.
    pub(super) fn person(&self, socket: SocketKey) -> Option<&PersonBody> {
        Some(&self.people.get(self.sockets.get(&socket)?)?.body)
    }

    /// All devices of somebody.
    pub(super) fn sockets(&self, id: &str) -> impl Iterator<Item = SocketKey> {
        self.people.get(id).into_iter().flat_map(|person| person.sockets.iter().copied())
    }

    pub(super) fn is_here(&self, id: &str) -> bool {
        self.people.contains_key(id)
    }

    /// What others see of somebody.
    pub(super) fn status(&self, id: &str) -> &str {
        self.people.get(id).map_or(OFFLINE, |person| &person.status)
    }

    pub(super) fn are_related(&self, one: &str, other: &str) -> bool {
        self.people.get(one).is_some_and(|person| person.related.contains(other))
    }

    pub(super) fn relate(&mut self, one: &str, other: &str) {
        for (whose, with) in [(one, other), (other, one)] {
            if let Some(person) = self.people.get_mut(whose) {
                person.related.insert(with.to_owned());
            }
        }
    }

    /// The others hear of the first device; the device hears who of them is there.
    pub(super) fn arrive(&mut self, socket: SocketKey, body: PersonBody, related: Vec<String>) -> Replies {
        let id = body.id.clone();
        self.sockets.insert(socket, id.clone());
        let fresh = || Person {
            body: body.clone(),
            sockets: BTreeSet::new(),
            related: BTreeSet::new(),
            status: ONLINE.to_owned(),
        };
        let person = self.people.entry(id.clone()).or_insert_with(fresh);
        let first = person.sockets.is_empty();
        person.sockets.insert(socket);
        for other in &related {
            person.related.insert(other.clone());
        }
        for other in &related {
            self.relate(&id, other);
        }
        let mut replies = if first { self.tell(&id) } else { Vec::new() };
        let there = related.iter().filter(|other| self.is_here(other));
        replies.extend(there.map(|other| changed(socket, other, self.status(other))));
        replies
    }

    /// The others hear of the last device.
    pub(super) fn depart(&mut self, socket: SocketKey) -> Replies {
        let Some(id) = self.sockets.remove(&socket) else { return Vec::new() };
        let Some(person) = self.people.get_mut(&id) else { return Vec::new() };
        person.sockets.remove(&socket);
        if !person.sockets.is_empty() {
            return Vec::new();
        }
        OFFLINE.clone_into(&mut person.status);
        let mut replies = self.tell(&id);
        self.people.remove(&id);
        replies.push(Reply::Order(Order::Seen { user: id }));
        replies
    }

    pub(super) fn show_as(&mut self, id: &str, status: String) -> Replies {
        match self.people.get_mut(id) {
            Some(person) if person.status != status => {
                person.status = status;
                self.tell(id)
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn tell(&self, id: &str) -> Replies {
        let Some(person) = self.people.get(id) else { return Vec::new() };
        let others = person.related.iter().flat_map(|other| self.sockets(other));
        others.map(|to| changed(to, id, &person.status)).collect()
    }
}

fn changed(to: SocketKey, id: &str, status: &str) -> Reply<Order> {
    let body = UserStatusChange { user_id: id.to_owned(), status: status.to_owned() };
    Reply::emit(to, name::USER_STATUS_CHANGE, &body)
}
