//! Message alerts: the threads with messages that arrived while the user did not look at them. Pure;
//! notifications are shown by `ringer.rs`.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_engine::{AccountId, AccountView, Contact, EngineView};
use time::OffsetDateTime;

use crate::storage::settings::moment;

/// Alerts at a time; the oldest is dropped first. The badge counts all messages.
const MAX_ALERTS: usize = 4;

type Key = (AccountId, String);

/// The messages of one thread since the user last looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageAlert {
    pub(crate) account: AccountId,
    pub(crate) thread: String,
    pub(crate) sender: String,
    /// The newest.
    pub(crate) text: String,
    pub(crate) count: u32,
}

/// The known state of the threads, to find new messages.
#[derive(Debug, Default)]
pub(crate) struct UnreadMessages {
    /// Unread messages of each thread of each account whose list has been loaded.
    unread: BTreeMap<Key, u32>,
    /// Ids of the messages in open threads.
    seen: BTreeMap<Key, BTreeSet<String>>,
    /// Accounts whose list has been loaded: messages that were unread before are not new.
    known: BTreeSet<AccountId>,
    /// When the newest message of each account was sent: a line that a search brings up is older.
    newest: BTreeMap<AccountId, OffsetDateTime>,
    alerts: Vec<MessageAlert>,
}

impl UnreadMessages {
    /// Takes in a snapshot. `focused`: the main window has the focus, so that open threads are read;
    /// `quiet`: there are no alerts, neither now nor later.
    pub(crate) fn update(&mut self, view: &EngineView, focused: bool, quiet: bool) {
        let mut came: Vec<MessageAlert> = Vec::new();
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
        self.alerts.retain(|alert| {
            let key = (alert.account, alert.thread.clone());
            let there = view.accounts.iter().any(|account| account.id == alert.account);
            // An open thread counts as read in the list, also behind another window.
            there && if open(&key) { !focused } else { unread.get(&key).is_none_or(|unread| *unread > 0) }
        });
    }

    /// New messages of threads that are not open, by the list.
    fn of_list(&mut self, account: &AccountView, view: &EngineView) -> Vec<MessageAlert> {
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
                came.push(MessageAlert {
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

    /// New messages of open threads, whether or not the window has the focus.
    fn of_open(&mut self, view: &EngineView) -> Vec<MessageAlert> {
        let mut came = Vec::new();
        for chat in view.chats.iter().filter(|chat| chat.loaded) {
            let key = (chat.account, chat.thread.clone());
            let theirs = || chat.messages.iter().filter(|one| !one.from_me && !one.id.is_empty());
            let now: BTreeSet<String> = theirs().map(|one| one.id.clone()).collect();
            let Some(before) = self.seen.insert(key, now) else { continue };
            let new: Vec<_> = theirs().filter(|one| !before.contains(&one.id)).collect();
            if let Some(last) = new.last() {
                came.push(MessageAlert {
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

    /// Adds an alert, merged with one of the same thread.
    fn add(&mut self, mut news: MessageAlert) {
        let same = |alert: &MessageAlert| alert.account == news.account && alert.thread == news.thread;
        if let Some(at) = self.alerts.iter().position(same) {
            news.count = news.count.saturating_add(self.alerts.remove(at).count);
        }
        self.alerts.push(news);
        if self.alerts.len() > MAX_ALERTS {
            self.alerts.remove(0);
        }
    }

    /// The user dismissed a thread's alert, or looks at it.
    pub(crate) fn dismiss(&mut self, account: AccountId, thread: &str) {
        self.alerts.retain(|alert| alert.account != account || alert.thread != thread);
    }

    /// The alerts, the oldest first.
    pub(crate) fn alerts(&self) -> &[MessageAlert] {
        &self.alerts
    }
}

/// When the newest message of a line was sent, if the backend says so.
fn said(line: &Contact) -> Option<OffsetDateTime> {
    line.last_message.as_ref().and_then(|last| moment(&last.at))
}

/// Unread messages over all accounts; a thread that several lines share counts once.
pub(crate) fn unread(view: &EngineView) -> u32 {
    let of = |account: &AccountView| {
        let mut threads: BTreeMap<&str, u32> = BTreeMap::new();
        let with = |line: &Contact| line.thread.is_some();
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
