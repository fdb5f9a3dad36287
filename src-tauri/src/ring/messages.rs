//! Which threads have messages that came while nobody looked at them. Pure: snapshots in, what is to be told
//! out; how it is told is `ringer.rs`.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_engine::{AccountId, AccountView, ContactView, EngineView};
use time::OffsetDateTime;

use crate::storage::settings::moment;

/// Threads told of at a time; the oldest goes first. The badge counts all.
const MOST: usize = 4;

type Key = (AccountId, String);

/// What came in one thread since somebody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) account: AccountId,
    pub(crate) thread: String,
    pub(crate) sender: String,
    /// The newest.
    pub(crate) text: String,
    pub(crate) count: u32,
}

/// What is known of the threads, to tell what is new.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// Messages not read, of each line of each account whose list has come.
    unread: BTreeMap<Key, u32>,
    /// Ids of what is in threads that are on the screen.
    seen: BTreeMap<Key, BTreeSet<String>>,
    /// Accounts whose list has come: what was unread before is not news.
    known: BTreeSet<AccountId>,
    /// When the newest words of each account were said: a line that a search brings up is older.
    newest: BTreeMap<AccountId, OffsetDateTime>,
    told: Vec<Told>,
}

impl Messages {
    /// Takes in a snapshot. `focused`: somebody sits before the main window, so that what is open is read;
    /// `quiet`: nothing is told now, and not later either.
    pub(crate) fn note(&mut self, view: &EngineView, focused: bool, quiet: bool) {
        let mut came: Vec<Told> = Vec::new();
        for account in view.accounts.iter().filter(|account| account.contacts_loaded) {
            let first = self.known.insert(account.id);
            came.extend(self.of_list(account, view).into_iter().filter(|_| !first));
        }
        came.extend(self.of_open(view));
        self.known.retain(|id| view.accounts.iter().any(|account| account.id == *id));
        let known = &self.known;
        self.unread.retain(|(account, _), _| known.contains(account));
        self.newest.retain(|account, _| known.contains(account));
        let open = |key: &Key| view.chats.iter().any(|chat| chat.account == key.0 && chat.thread == key.1);
        self.seen.retain(|key, _| open(key));

        for news in came {
            let read = focused && open(&(news.account, news.thread.clone()));
            if !quiet && !read {
                self.add(news);
            }
        }
        let unread = &self.unread;
        self.told.retain(|told| {
            let key = (told.account, told.thread.clone());
            let there = view.accounts.iter().any(|account| account.id == told.account);
            // An open thread counts as read in the list, also behind another window.
            there && if open(&key) { !focused } else { unread.get(&key).is_none_or(|unread| *unread > 0) }
        });
    }

    /// What the list says of threads that are not on the screen.
    fn of_list(&mut self, account: &AccountView, view: &EngineView) -> Vec<Told> {
        let mut came = Vec::new();
        let lines = account.contacts.iter().filter_map(|line| Some((line, line.thread.as_ref()?)));
        for (line, thread) in lines {
            let key = (account.id, thread.clone());
            let newest = self.newest.get(&account.id);
            let since = said(line).is_some_and(|at| newest.is_none_or(|newest| at > *newest));
            let missing = if since { 0 } else { line.unread };
            let before = self.unread.insert(key, line.unread).unwrap_or(missing);
            let open = view.chats.iter().any(|chat| chat.account == account.id && chat.thread == *thread);
            let more = line.unread.saturating_sub(before);
            if more > 0 && !open && !line.last_message.as_ref().is_some_and(|last| last.from_me) {
                came.push(Told {
                    account: account.id,
                    thread: thread.clone(),
                    sender: line.person.name.clone(),
                    text: line.last_message.as_ref().map(|last| last.text.clone()).unwrap_or_default(),
                    count: more,
                });
            }
        }
        if let Some(newest) = account.contacts.iter().filter_map(said).max() {
            self.newest.insert(account.id, newest);
        }
        came
    }

    /// What came in threads that are on the screen, whether or not somebody sits before it.
    fn of_open(&mut self, view: &EngineView) -> Vec<Told> {
        let mut came = Vec::new();
        for chat in view.chats.iter().filter(|chat| chat.loaded) {
            let key = (chat.account, chat.thread.clone());
            let theirs = || chat.messages.iter().filter(|one| !one.from_me && !one.id.is_empty());
            let now: BTreeSet<String> = theirs().map(|one| one.id.clone()).collect();
            let Some(before) = self.seen.insert(key, now) else { continue };
            let new: Vec<_> = theirs().filter(|one| !before.contains(&one.id)).collect();
            if let Some(last) = new.last() {
                came.push(Told {
                    account: chat.account,
                    thread: chat.thread.clone(),
                    sender: last.sender.clone(),
                    text: last.text.clone(),
                    count: u32::try_from(new.len()).unwrap_or(u32::MAX),
                });
            }
        }
        came
    }

    /// One more of its thread, as the newest.
    fn add(&mut self, mut news: Told) {
        let same = |told: &Told| told.account == news.account && told.thread == news.thread;
        if let Some(at) = self.told.iter().position(same) {
            news.count = news.count.saturating_add(self.told.remove(at).count);
        }
        self.told.push(news);
        if self.told.len() > MOST {
            self.told.remove(0);
        }
    }

    /// The user put a thread's away, or looks at it.
    pub(crate) fn forget(&mut self, account: AccountId, thread: &str) {
        self.told.retain(|told| told.account != account || told.thread != thread);
    }

    /// Those to be told, the oldest first.
    pub(crate) fn told(&self) -> &[Told] {
        &self.told
    }
}

/// When the newest words of a line were said, if the backend tells.
fn said(line: &ContactView) -> Option<OffsetDateTime> {
    line.last_message.as_ref().and_then(|last| moment(&last.at))
}

/// Messages nobody has read, over all accounts; a thread that several lines share counts once.
pub(crate) fn unread(view: &EngineView) -> u32 {
    let of = |account: &AccountView| {
        let mut threads: BTreeMap<&str, u32> = BTreeMap::new();
        let with = |line: &ContactView| line.thread.is_some();
        for line in account.contacts.iter().filter(|line| with(line)) {
            let most = threads.entry(line.thread.as_deref().unwrap_or_default()).or_default();
            *most = line.unread.max(*most);
        }
        threads.values().fold(0_u32, |sum, one| sum.saturating_add(*one))
    };
    view.accounts.iter().map(of).fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests;
