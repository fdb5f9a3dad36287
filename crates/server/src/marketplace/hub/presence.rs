//! Presence in marketplace, with the status users choose, announced to users with a conversation.

use std::collections::BTreeMap;

use bellwire_dialects::marketplace::wire::{PersonBody, UserStatusChange, name};

use super::message::{Order, Replies};
use crate::hub_actor::{Reply, SocketKey};
use crate::presence;

pub(super) const ONLINE: &str = "online";
pub(super) const OFFLINE: &str = "offline";

#[derive(Debug, Default)]
pub(super) struct Presence {
    online: presence::Presence<String>,
    /// Of those who are online.
    profiles: BTreeMap<String, Profile>,
}

#[derive(Debug)]
struct Profile {
    body: PersonBody,
    /// What they want to be shown as.
    status: String,
}

impl Presence {
    /// The user of a socket.
    pub(super) fn person(&self, socket: SocketKey) -> Option<&PersonBody> {
        Some(&self.profiles.get(self.online.user(socket)?)?.body)
    }

    /// All devices of a user.
    pub(super) fn sockets(&self, id: &str) -> impl Iterator<Item = SocketKey> {
        self.online.sockets(id)
    }

    pub(super) fn is_here(&self, id: &str) -> bool {
        self.online.is_online(id)
    }

    /// What others see of a user.
    pub(super) fn status(&self, id: &str) -> &str {
        self.profiles.get(id).map_or(OFFLINE, |profile| &profile.status)
    }

    pub(super) fn are_related(&self, one: &str, other: &str) -> bool {
        self.online.related(one).any(|related| related == other)
    }

    pub(super) fn relate(&mut self, one: &str, other: &str) {
        self.online.relate(one, other);
    }

    /// The others hear of the first device; the device hears which of them are online.
    pub(super) fn arrive(&mut self, socket: SocketKey, body: PersonBody, related: Vec<String>) -> Replies {
        let id = body.id.clone();
        let first = self.online.arrive(socket, id.clone(), related.iter().cloned());
        let fresh = || Profile { body, status: ONLINE.to_owned() };
        self.profiles.entry(id.clone()).or_insert_with(fresh);
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
        let Some(departure) = self.online.depart(socket) else { return Vec::new() };
        let Some(related) = departure.offline else { return Vec::new() };
        let id = departure.user;
        self.profiles.remove(&id);
        let others = related.iter().flat_map(|other| self.sockets(other));
        let mut replies: Replies = others.map(|to| changed(to, &id, OFFLINE)).collect();
        replies.push(Reply::Order(Order::Seen { user: id }));
        replies
    }

    pub(super) fn show_as(&mut self, id: &str, status: String) -> Replies {
        match self.profiles.get_mut(id) {
            Some(profile) if profile.status != status => {
                profile.status = status;
                self.tell(id)
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn tell(&self, id: &str) -> Replies {
        let others = self.online.related(id).flat_map(|other| self.sockets(other));
        others.map(|to| changed(to, id, self.status(id))).collect()
    }
}

fn changed(to: SocketKey, id: &str, status: &str) -> Reply<Order> {
    let body = UserStatusChange { user_id: id.to_owned(), status: status.to_owned() };
    Reply::emit(to, name::USER_STATUS_CHANGE, &body)
}
