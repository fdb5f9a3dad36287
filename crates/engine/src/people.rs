//! An account's list of people: when it is asked for, what came, and who of them is there.

use std::collections::HashSet;
use std::time::Instant;

use bellwire_call::{AccountId, PersonId};
use bellwire_signaling::{Contact, ReplyError, Rows};
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use crate::accounts::{Account, Accounts};
use crate::handle::ListError;
use crate::internal::Internal;
use crate::pace::{Pace, Turn};

/// Who waits for a list.
pub(crate) type ListReply = oneshot::Sender<Result<(), ListError>>;

/// Whoever waits for one list at a time; more are told that it failed.
const WAITERS: usize = 64;

/// What is known of asking for the list.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// What the list was last searched for.
    search: String,
    pace: Pace,
    /// The list is being asked for, for that search; these wait for it.
    asking: Option<(String, Vec<ListReply>)>,
    newer: Newer,
}

/// What events told while a list was on its way: the backend may have made the list before, so these win.
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

impl People {
    /// A message of this thread was heard or read.
    pub(crate) fn thread_changed(&mut self, thread: &str) {
        if self.asking.is_some() {
            self.newer.threads.insert(thread.to_owned());
        }
    }
}

impl Account {
    /// A person looks for somebody. One that looks for the same meanwhile gets the same answer.
    pub(crate) fn load_contacts(&mut self, search: String, reply: ListReply, out: &mpsc::Sender<Internal>) {
        if !self.view.can_call {
            let _ = reply.send(Ok(()));
            return;
        }
        if let Some((asked, waiting)) = &mut self.people.asking
            && *asked == search
            && waiting.len() < WAITERS
        {
            waiting.push(reply);
            return;
        }
        self.people.search = search;
        self.people.pace.asked(Instant::now());
        self.ask_list(vec![reply], out);
    }

    /// The backend says that the list changed, or it was not there yet.
    pub(crate) fn list_changed(&mut self, out: &mpsc::Sender<Internal>) {
        if !self.view.can_call {
            return;
        }
        match self.people.pace.changed(Instant::now()) {
            Turn::Now => self.ask_list(Vec::new(), out),
            Turn::In(wait) => {
                let (account, out) = (self.view.id, out.clone());
                let token = self.token.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = token.cancelled() => {}
                        () = tokio::time::sleep(wait) => drop(out.send(Internal::ListDue { account }).await),
                    }
                });
            }
            Turn::Waits => {}
        }
    }

    /// A change that had to wait is looked at now.
    pub(crate) fn list_due(&mut self, out: &mpsc::Sender<Internal>) {
        if self.people.pace.due(Instant::now()) {
            self.ask_list(Vec::new(), out);
        }
    }

    /// Fetches the list beside the loop, for the search that was last asked for.
    fn ask_list(&mut self, waiting: Vec<ListReply>, out: &mpsc::Sender<Internal>) {
        let search = self.people.search.clone();
        if let Some((_, others)) = self.people.asking.replace((search.clone(), waiting)) {
            // For another search, or for the list as it was before the change: the new one serves them too.
            if let Some((_, waiting)) = &mut self.people.asking {
                waiting.extend(others);
            }
        }
        let (session, account, out) = (self.session.clone(), self.view.id, out.clone());
        tokio::spawn(async move {
            let result = session.contacts(&search).await;
            let _ = out.send(Internal::Contacts { account, search, result }).await;
        });
    }

    /// A list for another search than the present one is late and of no use. Gives whom to tell what, once
    /// the view has it.
    fn list_came(
        &mut self,
        search: &str,
        result: Result<Rows<Contact>, ReplyError>,
    ) -> (Vec<ListReply>, Result<(), ReplyError>) {
        if self.people.search != search {
            return (Vec::new(), Ok(()));
        }
        let waiting = self.people.asking.take().map(|(_, waiting)| waiting).unwrap_or_default();
        let newer = std::mem::take(&mut self.people.newer);
        let answer = match result {
            Ok(contacts) => {
                self.view.left_out = contacts.left_out;
                let mut list = contacts.items;
                newer.keep(&self.view.contacts, &mut list);
                self.view.contacts = list;
                self.view.contacts_loaded = true;
                self.view.list_error = None;
                self.learn_threads();
                Ok(())
            }
            Err(error) => {
                debug!(%error, "List of people not loaded");
                self.view.list_error = Some(error.code().to_owned());
                Err(error)
            }
        };
        (waiting, answer)
    }

    /// A list that did not come because of a pause is asked for when that is over.
    pub(crate) fn pause_over(&mut self, out: &mpsc::Sender<Internal>) {
        if self.view.list_error.as_deref() == Some(ReplyError::Paused.code()) {
            self.list_changed(out);
        }
    }
}

impl Accounts {
    pub(crate) fn set_presence(&mut self, id: AccountId, person: PersonId, online: bool) {
        if let Some(account) = self.by_id_mut(id) {
            for contact in account.view.contacts.iter_mut().filter(|c| c.person.id == person) {
                contact.online = online;
            }
            if account.people.asking.is_some() {
                account.people.newer.presence.insert(person);
            }
        }
    }

    pub(crate) fn set_contacts(
        &mut self,
        id: AccountId,
        search: &str,
        result: Result<Rows<Contact>, ReplyError>,
    ) -> (Vec<ListReply>, Result<(), ReplyError>) {
        match self.by_id_mut(id) {
            Some(account) => account.list_came(search, result),
            None => (Vec::new(), Ok(())),
        }
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
        let mut people = People { asking: Some((String::new(), Vec::new())), ..People::default() };
        people.thread_changed("ann");
        people.newer.presence.insert(PersonId("ben".into()));
        let old = [line("ann", "new words", 1, false), line("ben", "old", 0, true)];
        let mut list = vec![
            line("ann", "old words", 0, true),
            line("ben", "newer by the list", 2, false),
            line("eve", "only in the list", 3, true),
        ];
        people.newer.keep(&old, &mut list);
        let expected = [
            line("ann", "new words", 1, true),
            line("ben", "newer by the list", 2, true),
            line("eve", "only in the list", 3, true),
        ];
        assert_eq!(list, expected);
    }

    #[test]
    fn without_a_list_on_its_way_nothing_is_remembered() {
        let mut people = People::default();
        people.thread_changed("ann");
        assert!(people.newer.threads.is_empty());
    }
}
