//! The lists of a marketplace account, and what its dialect and its lists learn from each other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{lists, messages, mixed};
use crate::{
    Contact, Directory, HistoryPage, IceServers, Message, Query, Reply, ReplyError, RestCall, Rows, limits,
    rest,
};

/// One account, shared by its dialect and its lists.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) me: String,
    /// Who is known to be online, and who not; the backend tells only what changes.
    presence: Mutex<BTreeMap<String, bool>>,
    /// Made of the times told to us, so that the ids we make up differ from those of an earlier run.
    told_times: AtomicU64,
}

impl Account {
    pub(super) fn new(me: String) -> Self {
        Self { me, presence: Mutex::default(), told_times: AtomicU64::new(0) }
    }

    /// What a person does says that they are online.
    pub(super) fn note_presence(&self, person: &str, online: bool) {
        let mut presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        if presence.len() < limits::MAX_PEOPLE_ONLINE || presence.contains_key(person) {
            presence.insert(person.to_owned(), online);
        }
    }

    /// The socket closed: what changes from now on is not heard.
    pub(super) fn forget_presence(&self) {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn note_time(&self, now: &str) {
        let before = self.told_times();
        self.told_times.store(mixed(&[&before, now.as_bytes()]), Ordering::Relaxed);
    }

    pub(super) fn told_times(&self) -> [u8; 8] {
        self.told_times.load(Ordering::Relaxed).to_be_bytes()
    }
}

impl Directory for Account {
    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if replies.is_empty() { vec![lists::conversations_request()] } else { Vec::new() }
    }

    fn parse_contacts(
        &self,
        search: &str,
        now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        self.note_time(now);
        let Some(reply) = replies.first() else { return Ok(Rows::default()) };
        let mut rows = lists::conversations(&self.me, search, reply.status, &reply.body)?;
        let presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        for line in &mut rows.items {
            line.online = presence.get(&line.person.id.0).copied().unwrap_or(line.online);
        }
        Ok(rows)
    }

    fn messages(&self, thread: &str, limit: u32) -> Option<Query<'_, Rows<Message>>> {
        let (call, thread) = (messages::messages_request(thread, limit), thread.to_owned());
        Some(Query::new(call, move |status, body| messages::messages(&self.me, &thread, status, body)))
    }

    fn history(&self, page: u32, limit: u32) -> Option<Query<'_, HistoryPage>> {
        let call = lists::history_request(page, limit);
        Some(Query::new(call, |status, body| lists::history(&self.me, status, body)))
    }

    fn ice_servers(&self) -> Option<Query<'_, IceServers>> {
        Some(rest::ice_servers("/communication/ice-servers"))
    }

    fn logout(&self) -> RestCall {
        rest::logout("/auth/logout")
    }
}
