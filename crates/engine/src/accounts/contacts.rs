//! The contact list of an account: when it is fetched, what arrived, and which contacts are online. Pure: the
//! account fetches.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bellwire_call::PersonId;
use bellwire_signaling::{Contact, ReplyError, Rows};
use tokio::sync::oneshot;
use tracing::debug;

use crate::accounts::refresh_pace::{RefreshPace, Turn};
use crate::error::ListError;
use crate::view::AccountView;

/// Answers a caller that waits for a list.
pub(crate) type ListReply = oneshot::Sender<Result<(), ListError>>;

/// Callers that wait for the same list; further ones start another fetch.
const MAX_WAITERS: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct ContactList {
    /// What the list was last searched for.
    search: String,
    pace: RefreshPace,
    /// The list is being fetched for that search; these wait for it.
    fetching: Option<(String, Vec<ListReply>)>,
    newer: Newer,
}

/// What a change of the list leads to.
#[derive(Debug)]
pub(crate) enum Next {
    /// The list is to be fetched for that search.
    Fetch(String),
    /// [`ContactList::due`] is to be called after that.
    After(Duration),
    Nothing,
}

/// What events changed while a list was being fetched: the backend may have made the list before, so they win.
#[derive(Debug, Default)]
pub(crate) struct Newer {
    threads: HashSet<String>,
    presence: HashSet<PersonId>,
}

impl Newer {
    /// Takes over from the list there was what events changed in it.
    fn keep(&self, old: &[Contact], new: &mut [Contact]) {
        for contact in new {
            let thread = contact.thread.as_ref().filter(|thread| self.threads.contains(*thread));
            if let Some(known) = thread.and_then(|_| old.iter().find(|known| known.thread == contact.thread))
            {
                contact.unread = known.unread;
                contact.last_message.clone_from(&known.last_message);
            }
            let person = Some(&contact.person.id).filter(|person| self.presence.contains(*person));
            if let Some(known) = person.and_then(|person| old.iter().find(|known| known.person.id == *person))
            {
                contact.online = known.online;
            }
        }
    }
}

impl ContactList {
    /// A caller searches. Gives what to fetch; `None`: the same is being fetched already.
    pub(crate) fn search(&mut self, search: String, reply: ListReply, now: Instant) -> Option<String> {
        if let Some((fetched, waiting)) = &mut self.fetching
            && *fetched == search
            && waiting.len() < MAX_WAITERS
        {
            waiting.push(reply);
            return None;
        }
        self.search = search;
        self.pace.asked(now);
        Some(self.fetch(vec![reply]))
    }

    /// The backend says that the list changed, or it was not there yet.
    pub(crate) fn changed(&mut self, now: Instant) -> Next {
        match self.pace.changed(now) {
            Turn::Now => Next::Fetch(self.fetch(Vec::new())),
            Turn::In(wait) => Next::After(wait),
            Turn::Waits => Next::Nothing,
        }
    }

    /// The time of [`Next::After`] is over; gives what to fetch.
    pub(crate) fn due(&mut self, now: Instant) -> Option<String> {
        self.pace.due(now).then(|| self.fetch(Vec::new()))
    }

    fn fetch(&mut self, waiting: Vec<ListReply>) -> String {
        let search = self.search.clone();
        if let Some((_, others)) = self.fetching.replace((search.clone(), waiting)) {
            // For another search, or for the list as it was before the change: the new one serves them too.
            if let Some((_, waiting)) = &mut self.fetching {
                waiting.extend(others);
            }
        }
        search
    }

    /// A message of this thread came or was read.
    pub(crate) fn thread_changed(&mut self, thread: &str) {
        if self.fetching.is_some() {
            self.newer.threads.insert(thread.to_owned());
        }
    }

    pub(crate) fn presence_changed(&mut self, person: PersonId) {
        if self.fetching.is_some() {
            self.newer.presence.insert(person);
        }
    }

    /// A list for another search than the present one is late and of no use. Gives the callers that wait
    /// and what to answer them.
    pub(crate) fn arrived(
        &mut self,
        search: &str,
        result: Result<Rows<Contact>, ReplyError>,
        view: &mut AccountView,
    ) -> (Vec<ListReply>, Result<(), ReplyError>) {
        if self.search != search {
            return (Vec::new(), Ok(()));
        }
        let waiting = self.fetching.take().map(|(_, waiting)| waiting).unwrap_or_default();
        let newer = std::mem::take(&mut self.newer);
        let answer = match result {
            Ok(contacts) => {
                view.left_out = contacts.left_out;
                let mut list = contacts.items;
                newer.keep(&view.contacts, &mut list);
                view.contacts = list;
                view.contacts_loaded = true;
                view.list_error = None;
                Ok(())
            }
            Err(error) => {
                debug!(%error, "Contacts not loaded");
                view.list_error = Some(error.code().to_owned());
                Err(error)
            }
        };
        (waiting, answer)
    }
}

#[cfg(test)]
mod tests {
    use bellwire_call::Person;
    use bellwire_signaling::LastMessage;

    use super::*;

    fn line(person: &str, words: &str, unread: u32, online: bool) -> Contact {
        Contact {
            id: person.into(),
            person: Person { id: PersonId(person.into()), name: person.into(), avatar: None },
            detail: String::new(),
            online,
            subjects: Vec::new(),
            total_orders: 0,
            total_spent: String::new(),
            subject: None,
            thread: Some(person.into()),
            unread,
            last_message: Some(LastMessage { text: words.into(), at: String::new(), from_me: false }),
            slot: None,
            voice: true,
            video: true,
        }
    }

    #[test]
    fn a_list_made_before_an_event_does_not_take_it_back() {
        let mut list = ContactList { fetching: Some((String::new(), Vec::new())), ..ContactList::default() };
        list.thread_changed("ann");
        list.presence_changed(PersonId("ben".into()));
        let old = [line("ann", "new words", 1, false), line("ben", "old", 0, true)];
        let mut new = vec![
            line("ann", "old words", 0, true),
            line("ben", "newer by the list", 2, false),
            line("eve", "only in the list", 3, true),
        ];
        list.newer.keep(&old, &mut new);
        let expected = [
            line("ann", "new words", 1, true),
            line("ben", "newer by the list", 2, true),
            line("eve", "only in the list", 3, true),
        ];
        assert_eq!(new, expected);
    }

    #[test]
    fn without_a_list_on_its_way_nothing_is_remembered() {
        let mut list = ContactList::default();
        list.thread_changed("ann");
        assert!(list.newer.threads.is_empty());
    }
}
