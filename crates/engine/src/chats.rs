//! Threads of messages that are open, as far as they are known. Pure: what came goes in, the view is
//! what is here. Fetching and saying is the accounts' business.

use bellwire_call::{AccountId, PersonId};
use bellwire_signaling::Message;

use crate::view::{ChatView, ContactView};

/// Threads open at once; the one opened first goes.
const OPEN: usize = 8;
/// Messages kept of a thread; the oldest go.
const MESSAGES: usize = 500;

/// The open threads of one account.
#[derive(Debug, Default)]
pub(crate) struct Chats {
    open: Vec<ChatView>,
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
            typing: None,
            failed: None,
        });
    }

    pub(crate) fn close(&mut self, thread: &str) {
        self.open.retain(|chat| chat.thread != thread);
    }

    pub(crate) fn is_open(&self, thread: &str) -> bool {
        self.open.iter().any(|chat| chat.thread == thread)
    }

    /// The messages of a thread came, oldest first; what came by itself meanwhile stays.
    pub(crate) fn loaded(&mut self, thread: &str, messages: Vec<Message>) {
        let Some(chat) = self.find(thread) else { return };
        let newer = std::mem::replace(&mut chat.messages, messages);
        chat.loaded = true;
        chat.failed = None;
        for message in newer {
            put(&mut chat.messages, message);
        }
    }

    pub(crate) fn failed(&mut self, thread: &str, words: &str) {
        if let Some(chat) = self.find(thread) {
            chat.failed = Some(words.to_owned());
        }
    }

    /// We write something: shown at once, without an id until the backend has it.
    pub(crate) fn sending(&mut self, thread: &str, sender: &str, text: &str) {
        if let Some(chat) = self.find(thread) {
            chat.failed = None;
            put(
                &mut chat.messages,
                Message {
                    id: String::new(),
                    thread: thread.to_owned(),
                    from_me: true,
                    sender: sender.to_owned(),
                    text: text.to_owned(),
                    at: String::new(),
                    read: false,
                },
            );
        }
    }

    pub(crate) fn heard(&mut self, message: &Message) {
        if let Some(chat) = self.find(&message.thread) {
            if !message.from_me {
                chat.typing = None;
            }
            put(&mut chat.messages, message.clone());
        }
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
pub(crate) fn note_in_list(contacts: &mut [ContactView], message: &Message, seen: bool) {
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
pub(crate) fn name_of(contacts: &[ContactView], person: &PersonId) -> Option<String> {
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
        chats.sending("t", "Ann", "hello");
        chats.sending("t", "Ann", "hello");
        chats.heard(&message("7", true, "hello"));
        chats.heard(&message("7", true, "hello"));
        assert_eq!(texts(&chats), [("7".into(), "hello".into()), (String::new(), "hello".into())]);
        chats.loaded("t", vec![message("6", false, "first"), message("7", true, "hello")]);
        assert_eq!(texts(&chats)[..2], [("6".into(), "first".into()), ("7".into(), "hello".into())]);
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
