//! Threads of messages that are open, as far as they are known. Pure: what came goes in, the view is
//! what is here. Fetching and saying is the accounts' business.

use std::time::{Duration, Instant};

use bellwire_call::{AccountId, PersonId};
use bellwire_signaling::{Contact, Message, Rows};

use crate::view::ChatView;

/// Threads open at once; the one opened first goes.
const OPEN: usize = 8;
/// Messages kept of a thread; the oldest go.
const MESSAGES: usize = 500;
/// Letters of a message.
const LETTERS: usize = 16 * 1024;
/// Messages of ours kept that did not get through (yet); the oldest go.
const UNSENT: usize = 64;
/// A message the backend has not said anything of for so long did not get through.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(30);

/// The open threads of one account.
#[derive(Debug, Default)]
pub(crate) struct Chats {
    open: Vec<ChatView>,
    unsent: Vec<Unsent>,
}

/// Words of ours that the backend does not have yet, also of threads that were closed meanwhile.
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
        if self.open.len() >= OPEN {
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
            let message = on_its_way(thread, &one.sender, &one.text);
            if let Some(chat) = self.open.last_mut() {
                put(&mut chat.messages, message);
            }
        }
        self.tell_lost(thread);
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
        self.tell_lost(thread);
    }

    pub(crate) fn failed(&mut self, thread: &str, words: &str) {
        if let Some(chat) = self.find(thread) {
            chat.failed = Some(words.to_owned());
        }
    }

    /// We write something: shown at once, without an id until the backend has it.
    pub(crate) fn sending(&mut self, thread: &str, sender: &str, text: &str, now: Instant) {
        if self.unsent.len() >= UNSENT {
            self.unsent.remove(0);
        }
        let (thread, sender, text) = (thread.to_owned(), sender.to_owned(), text.to_owned());
        if let Some(chat) = self.find(&thread) {
            put(&mut chat.messages, on_its_way(&thread, &sender, &text));
        }
        self.unsent.push(Unsent { thread, sender, text, since: now, lost: false });
    }

    /// Something we wrote did not get through.
    pub(crate) fn lost(&mut self, thread: &str, text: &str) {
        let same = |one: &&mut Unsent| !one.lost && one.thread == thread && one.text == text;
        if let Some(one) = self.unsent.iter_mut().find(same) {
            one.lost = true;
            self.tell_lost(thread);
        }
    }

    /// What nothing was heard of for too long did not get through; true if there is such.
    pub(crate) fn give_up(&mut self, now: Instant) -> bool {
        let late = |one: &Unsent| now.saturating_duration_since(one.since) > CONFIRMED_WITHIN;
        let mut threads = Vec::new();
        for one in self.unsent.iter_mut().filter(|one| !one.lost && late(one)) {
            one.lost = true;
            threads.push(one.thread.clone());
        }
        for thread in &threads {
            self.tell_lost(thread);
        }
        !threads.is_empty()
    }

    /// What waited for the connection goes out now: only from here on does it take long.
    pub(crate) fn connected(&mut self, now: Instant) {
        for one in &mut self.unsent {
            one.since = now;
        }
    }

    /// What did not get through in a thread, in its order; it is on its way again.
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

    /// The interface has the words for it.
    fn tell_lost(&mut self, thread: &str) {
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
        self.tell_lost(&message.thread);
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

/// A text as it comes back from a backend, by which it is known again: only letters and line breaks.
pub(crate) fn sayable(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace(['\t', '\u{b}', '\u{c}'], " ");
    let letters = lines.chars().filter(|c| !c.is_control() || *c == '\n');
    letters.take(LETTERS).collect::<String>().trim().to_owned()
}

/// A message of ours that has no id yet.
fn on_its_way(thread: &str, sender: &str, text: &str) -> Message {
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
    if messages.len() > MESSAGES {
        messages.remove(0);
    }
}

/// What a message changes in the list of lines: the newest words, and one more unread.
pub(crate) fn note_in_list(contacts: &mut [Contact], message: &Message, seen: bool) {
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

/// The name of somebody in the list.
pub(crate) fn name_of(contacts: &[Contact], person: &PersonId) -> Option<String> {
    let found = contacts.iter().find(|contact| contact.person.id == *person)?;
    Some(found.person.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, from_me: bool, text: &str) -> Message {
        Message {
            id: id.into(),
            thread: "t".into(),
            from_me,
            sender: "Ann".into(),
            text: text.into(),
            at: String::new(),
            read: false,
            call: None,
        }
    }

    fn texts(chats: &Chats) -> Vec<(String, String)> {
        let chat = chats.view().next().expect("open");
        chat.messages.iter().map(|m| (m.id.clone(), m.text.clone())).collect()
    }

    #[test]
    fn what_we_send_is_shown_once() {
        let mut chats = Chats::default();
        chats.open(AccountId(1), "t");
        let now = Instant::now();
        chats.sending("t", "Ann", "hello", now);
        chats.sending("t", "Ann", "hello", now);
        chats.heard(&message("7", true, "hello"));
        chats.heard(&message("7", true, "hello"));
        assert_eq!(texts(&chats), [("7".into(), "hello".into()), (String::new(), "hello".into())]);
        chats.loaded("t", vec![message("6", false, "first"), message("7", true, "hello")].into());
        assert_eq!(texts(&chats)[..2], [("6".into(), "first".into()), ("7".into(), "hello".into())]);
    }

    #[test]
    fn what_is_said_comes_back_as_it_was() {
        assert_eq!(sayable(" one\ttwo\r\nthree\u{0}\u{7f} \n"), "one two\nthree");
        assert_eq!(sayable(" \r\n\t\u{0} "), "");
        assert_eq!(sayable(&"ä".repeat(LETTERS + 5)).chars().count(), LETTERS);
        for text in ["سلام\u{200f}", "a\u{1f600}b", "{\"a\": 1}"] {
            assert_eq!(sayable(text), text);
        }
    }

    fn failed(chats: &Chats) -> Option<String> {
        chats.view().next().expect("open").failed.clone()
    }

    #[test]
    fn what_did_not_get_through_is_kept_and_sent_again_in_order() {
        let (mut chats, now) = (Chats::default(), Instant::now());
        chats.open(AccountId(1), "t");
        chats.loaded("t", Rows::default());
        for text in ["one", "two", "three"] {
            chats.sending("t", "Ann", text, now);
        }
        chats.heard(&message("1", true, "two"));
        assert_eq!(failed(&chats), None);
        chats.lost("t", "three");
        assert_eq!(failed(&chats), Some(String::new()));
        chats.close("t");
        assert!(!chats.give_up(now + CONFIRMED_WITHIN));
        assert!(chats.give_up(now + CONFIRMED_WITHIN * 2));

        chats.open(AccountId(1), "t");
        chats.loaded("t", vec![message("1", true, "two")].into());
        assert_eq!(failed(&chats), Some(String::new()));
        let all = [("1", "two"), ("", "one"), ("", "three")].map(|(id, text)| (id.into(), text.into()));
        assert_eq!(texts(&chats), all);
        let later = now + CONFIRMED_WITHIN * 2;
        assert_eq!(chats.retry("t", later), ["one", "three"]);
        assert_eq!(failed(&chats), None);
        assert!(chats.retry("t", later).is_empty(), "nothing is sent twice");
        chats.heard(&message("2", true, "one"));
        chats.heard(&message("3", true, "three"));
        assert!(!chats.give_up(later + CONFIRMED_WITHIN * 2));
        assert_eq!(texts(&chats).iter().filter(|(id, _)| id.is_empty()).count(), 0);
    }

    #[test]
    fn waiting_for_the_connection_is_no_failure() {
        let (mut chats, now) = (Chats::default(), Instant::now());
        chats.sending("t", "Ann", "one", now);
        chats.connected(now + CONFIRMED_WITHIN);
        assert!(!chats.give_up(now + CONFIRMED_WITHIN * 2));
        assert!(chats.give_up(now + CONFIRMED_WITHIN * 3));
        for n in 0..10 * UNSENT {
            chats.sending("t", "Ann", &n.to_string(), now);
        }
        assert_eq!(chats.unsent.len(), UNSENT);
    }

    #[test]
    fn a_thread_that_is_not_open_keeps_nothing() {
        let mut chats = Chats::default();
        chats.heard(&message("1", false, "psst"));
        assert_eq!(chats.view().count(), 0);
        for n in 0..50 {
            chats.open(AccountId(1), &n.to_string());
        }
        assert_eq!(chats.view().count(), OPEN);
    }
}
