//! The messages of an account: sending, fetching and marking as read.

use std::time::Instant;

use bellwire_call::{PersonId, Subject};
use bellwire_signaling::{ChatAction, Message, ReplyError, Rows, SayError};
use tracing::debug;

use super::Account;
use crate::accounts::chats::{self, ChatCommand};
use crate::error::DeclineError;
use crate::internal::Internal;

/// Messages fetched of a thread that is opened.
const FETCHED_MESSAGES: u32 = 50;

impl Account {
    pub(crate) fn handle_chat(&mut self, command: ChatCommand) {
        match command {
            ChatCommand::Open(thread) => self.open_thread(thread),
            ChatCommand::Close(thread) => self.chats.close(&thread),
            ChatCommand::Send { thread, text } => {
                if let Err(error) = self.send_text(thread, &text) {
                    debug!(%error, "Message not sent");
                }
            }
            ChatCommand::Retry(thread) => self.retry(&thread),
            ChatCommand::Typing { thread, on } => self.act(ChatAction::Typing { thread, on }),
        }
    }

    /// Shows a thread: its messages are fetched and count as read.
    fn open_thread(&mut self, thread: String) {
        self.chats.open(self.view.id, &thread);
        self.act(ChatAction::Open { thread: thread.clone() });
        self.act(ChatAction::MarkRead { thread: thread.clone() });
        self.clear_unread(&thread);
        let (session, account, out) = (self.session.clone(), self.view.id, self.internal.clone());
        self.tasks.spawn(async move {
            let result = session.messages(&thread, FETCHED_MESSAGES).await;
            let _ = out.send(Internal::Messages { account, thread, result }).await;
        });
    }

    fn send_text(&mut self, thread: String, text: &str) -> Result<(), SayError> {
        let text = chats::sendable(text);
        if text.is_empty() {
            return Ok(());
        }
        self.chats.sending(&thread, &self.view.me.name, &text, Instant::now());
        self.send(thread, text)
    }

    fn send(&mut self, thread: String, text: String) -> Result<(), SayError> {
        let sent = self.session.chat(ChatAction::Send { thread: thread.clone(), text: text.clone() });
        if sent.is_err() {
            self.chats.lost(&thread, &text);
        }
        sent
    }

    /// Sends again what did not get through in a thread.
    fn retry(&mut self, thread: &str) {
        for text in self.chats.retry(thread, Instant::now()) {
            if let Err(error) = self.send(thread.to_owned(), text) {
                debug!(%error, "Message not sent again");
            }
        }
    }

    /// Writes into the thread with a person who calls about `subject`.
    pub(crate) fn write_to(
        &mut self,
        person: &PersonId,
        subject: Option<&Subject>,
        text: &str,
    ) -> Result<(), DeclineError> {
        let thread = self.view.capabilities.chat.then(|| self.threads.find(person, subject)).flatten();
        Ok(self.send_text(thread.ok_or(DeclineError::NoMessages)?, text)?)
    }

    pub(crate) fn on_messages(&mut self, thread: &str, result: Result<Rows<Message>, ReplyError>) {
        match result {
            Ok(messages) => self.chats.loaded(thread, messages),
            Err(error) => self.chats.failed(thread, &error.to_string()),
        }
    }

    pub(crate) fn on_message(&mut self, message: &Message) {
        let seen = self.chats.is_open(&message.thread);
        self.chats.heard(message);
        chats::update_list(&mut self.view.contacts, message, seen);
        self.contacts.thread_changed(&message.thread);
        if seen && !message.from_me {
            self.act(ChatAction::MarkRead { thread: message.thread.clone() });
        }
    }

    pub(crate) fn on_read(&mut self, thread: &str, by_me: bool) {
        self.chats.read(thread, by_me);
        if by_me {
            self.clear_unread(thread);
        }
    }

    pub(crate) fn on_typing(&mut self, thread: &str, person: &PersonId, on: bool) {
        let name = on.then(|| chats::name_of(&self.view.contacts, person).unwrap_or_default());
        self.chats.typing(thread, name);
    }

    fn clear_unread(&mut self, thread: &str) {
        self.contacts.thread_changed(thread);
        for contact in self.view.contacts.iter_mut().filter(|c| c.thread.as_deref() == Some(thread)) {
            contact.unread = 0;
        }
    }

    fn act(&self, action: ChatAction) {
        if let Err(error) = self.session.chat(action) {
            debug!(%error, "Chat action not sent");
        }
    }
}
