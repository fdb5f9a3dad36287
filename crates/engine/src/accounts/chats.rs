//! Chats: the open message threads of an account, and its messages that were not sent yet. Pure: messages
//! go in, the view comes out; the account fetches and sends.

use std::time::{Duration, Instant};

use bellwire_call::{AccountId, PersonId};
use bellwire_signaling::{Contact, Message, Rows};

use crate::view::ChatView;

/// Threads open at once; the one opened first goes.
const MAX_OPEN: usize = 8;
/// Messages kept of a thread; the oldest go.
const MAX_MESSAGES: usize = 500;
/// Characters of a message.
const MAX_CHARS: usize = 16 * 1024;
/// Messages of ours kept that did not get through (yet); the oldest go.
const MAX_UNSENT: usize = 64;
/// A message that the backend did not confirm in this time did not get through.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(30);

/// What the user does with messages.
#[derive(Debug)]
pub(crate) enum ChatCommand {
    Open(String),
    Close(String),
    Send {
        thread: String,
        text: String,
    },
    /// Sends again what did not get through.
    Retry(String),
    Typing {
        thread: String,
        on: bool,
    },
}

/// The open threads of one account.
#[derive(Debug, Default)]
pub(crate) struct Chats {
    open: Vec<ChatView>,
    unsent: Vec<Unsent>,
}

/// A message of ours that the backend does not have yet, also of threads that were closed meanwhile.
#[derive(Debug)]
struct Unsent {
    thread: String,
    sender: String,
    text: String,
    since: Instant,
    lost: bool,
}

impl Chats {
    pub(crate) fn view(&self) -> impl Iterator<Item = &ChatView> {
        self.open.iter()
    }

    pub(crate) fn open(&mut self, account: AccountId, thread: &str) {
        if self.find(thread).is_some() {
            return;
        }
        if self.open.len() >= MAX_OPEN {
            self.open.remove(0);
        }
        self.open.push(ChatView {
            account,
            thread: thread.to_owned(),
            messages: Vec::new(),
            loaded: false,
            left_out: 0,
            typing: None,
            failed: None,
        });
        for one in self.unsent.iter().filter(|one| one.thread == thread) {
            let message = pending_message(thread, &one.sender, &one.text);
            if let Some(chat) = self.open.last_mut() {
                put(&mut chat.messages, message);
            }
        }
        self.show_lost(thread);
    }

    pub(crate) fn close(&mut self, thread: &str) {
        self.open.retain(|chat| chat.thread != thread);
    }

    pub(crate) fn is_open(&self, thread: &str) -> bool {
        self.open.iter().any(|chat| chat.thread == thread)
    }

    /// The messages of a thread came, oldest first; what came by itself meanwhile stays.
    pub(crate) fn loaded(&mut self, thread: &str, messages: Rows<Message>) {
        let Some(chat) = self.find(thread) else { return };
        let newer = std::mem::replace(&mut chat.messages, messages.items);
        chat.left_out = messages.left_out;
        chat.loaded = true;
        chat.failed = None;
        for message in newer {
            put(&mut chat.messages, message);
        }
        self.show_lost(thread);
    }

    pub(crate) fn failed(&mut self, thread: &str, words: &str) {
        if let Some(chat) = self.find(thread) {
            chat.failed = Some(words.to_owned());
        }
    }

    /// We write something: shown at once, without an id until the backend has it.
    pub(crate) fn sending(&mut self, thread: &str, sender: &str, text: &str, now: Instant) {
        if self.unsent.len() >= MAX_UNSENT {
            self.unsent.remove(0);
        }
        let (thread, sender, text) = (thread.to_owned(), sender.to_owned(), text.to_owned());
        if let Some(chat) = self.find(&thread) {
            put(&mut chat.messages, pending_message(&thread, &sender, &text));
        }
        self.unsent.push(Unsent { thread, sender, text, since: now, lost: false });
    }

    /// Something we wrote did not get through.
    pub(crate) fn lost(&mut self, thread: &str, text: &str) {
        let same = |one: &&mut Unsent| !one.lost && one.thread == thread && one.text == text;
        if let Some(one) = self.unsent.iter_mut().find(same) {
            one.lost = true;
            self.show_lost(thread);
        }
    }

    /// Gives up messages that were not confirmed in time; true if there are such.
    pub(crate) fn give_up(&mut self, now: Instant) -> bool {
        let late = |one: &Unsent| now.saturating_duration_since(one.since) > CONFIRM_TIMEOUT;
        let mut threads = Vec::new();
        for one in self.unsent.iter_mut().filter(|one| !one.lost && late(one)) {
            one.lost = true;
            threads.push(one.thread.clone());
        }
        for thread in &threads {
            self.show_lost(thread);
        }
        !threads.is_empty()
    }

    /// Messages that waited for the connection go out now: their time counts from here.
    pub(crate) fn connected(&mut self, now: Instant) {
        for one in &mut self.unsent {
            one.since = now;
        }
    }

    /// The messages of a thread that did not get through, in their order; they are on their way again.
    pub(crate) fn retry(&mut self, thread: &str, now: Instant) -> Vec<String> {
        let lost = self.unsent.iter_mut().filter(|one| one.lost && one.thread == thread);
        let texts = lost
            .map(|one| {
                (one.lost, one.since) = (false, now);
                one.text.clone()
            })
            .collect();
        if let Some(chat) = self.find(thread).filter(|chat| chat.loaded) {
            chat.failed = None;
        }
        texts
    }

    /// An empty reason: the UI has the words for it.
    fn show_lost(&mut self, thread: &str) {
        let lost = self.unsent.iter().any(|one| one.lost && one.thread == thread);
        if let Some(chat) = self.find(thread)
            && chat.loaded
        {
            chat.failed = match chat.failed.take() {
                Some(words) if lost || !words.is_empty() => Some(words),
                Some(_) | None => lost.then(String::new),
            };
        }
    }

    pub(crate) fn heard(&mut self, message: &Message) {
        let same = |one: &Unsent| one.thread == message.thread && one.text == message.text;
        if message.from_me
            && let Some(at) = self.unsent.iter().position(same)
        {
            self.unsent.remove(at);
        }
        if let Some(chat) = self.find(&message.thread) {
            if !message.from_me {
                chat.typing = None;
            }
            put(&mut chat.messages, message.clone());
        }
        self.show_lost(&message.thread);
    }

    pub(crate) fn read(&mut self, thread: &str, by_me: bool) {
        if let Some(chat) = self.find(thread) {
            for message in chat.messages.iter_mut().filter(|message| message.from_me != by_me) {
                message.read = true;
            }
        }
    }

    pub(crate) fn typing(&mut self, thread: &str, who: Option<String>) {
        if let Some(chat) = self.find(thread) {
            chat.typing = who;
        }
    }

    fn find(&mut self, thread: &str) -> Option<&mut ChatView> {
        self.open.iter_mut().find(|chat| chat.thread == thread)
    }
}

/// A text as backends send it back, which identifies it: only printable characters and line breaks.
pub(crate) fn sendable(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace(['\t', '\u{b}', '\u{c}'], " ");
    let letters = lines.chars().filter(|c| !c.is_control() || *c == '\n');
    letters.take(MAX_CHARS).collect::<String>().trim().to_owned()
}

/// A message of ours that has no id yet.
fn pending_message(thread: &str, sender: &str, text: &str) -> Message {
    Message {
        id: String::new(),
        thread: thread.to_owned(),
        from_me: true,
        sender: sender.to_owned(),
        text: text.to_owned(),
        at: String::new(),
        read: false,
        call: None,
    }
}

/// Adds a message, or puts it in the place of what it is the newer version of: the same id, or our own
/// words that were still on their way.
fn put(messages: &mut Vec<Message>, message: Message) {
    let same = |old: &&mut Message| {
        let arrived = old.id.is_empty() && old.from_me && message.from_me && old.text == message.text;
        (!message.id.is_empty() && old.id == message.id) || (arrived && !message.id.is_empty())
    };
    match messages.iter_mut().find(same) {
        Some(old) => *old = message,
        None => messages.push(message),
    }
    if messages.len() > MAX_MESSAGES {
        messages.remove(0);
    }
}

/// What a message changes in the list of lines: the newest words, and one more unread.
pub(crate) fn update_list(contacts: &mut [Contact], message: &Message, seen: bool) {
    for contact in contacts.iter_mut().filter(|contact| contact.thread.as_ref() == Some(&message.thread)) {
        contact.last_message = Some(bellwire_signaling::LastMessage {
            text: message.text.chars().take(200).collect(),
            at: message.at.clone(),
            from_me: message.from_me,
        });
        if !message.from_me && !seen {
            contact.unread = contact.unread.saturating_add(1);
        }
    }
}

/// The name of a person in the list.
pub(crate) fn name_of(contacts: &[Contact], person: &PersonId) -> Option<String> {
    let found = contacts.iter().find(|contact| contact.person.id == *person)?;
    Some(found.person.name.clone())
}

#[cfg(test)]
mod tests;
