//! Messages: opening threads, writing and typing in them.

use bellwire_call::AccountId;

use super::Handle;
use crate::accounts::chats::ChatCommand;
use crate::engine_loop::command::EngineCommand;

impl Handle {
    /// Shows a thread of messages; they arrive in the view.
    pub async fn open_thread(&self, account: AccountId, thread: String) {
        self.send(EngineCommand::Chat { account, command: ChatCommand::Open(thread) }).await;
    }

    pub async fn close_thread(&self, account: AccountId, thread: String) {
        self.send(EngineCommand::Chat { account, command: ChatCommand::Close(thread) }).await;
    }

    pub async fn send_message(&self, account: AccountId, thread: String, text: String) {
        self.send(EngineCommand::Chat { account, command: ChatCommand::Send { thread, text } }).await;
    }

    /// Sends again what did not get through in a thread, in its order.
    pub async fn retry_messages(&self, account: AccountId, thread: String) {
        self.send(EngineCommand::Chat { account, command: ChatCommand::Retry(thread) }).await;
    }

    /// Tells the others in a thread that we are writing, or no longer.
    pub async fn typing(&self, account: AccountId, thread: String, on: bool) {
        self.send(EngineCommand::Chat { account, command: ChatCommand::Typing { thread, on } }).await;
    }
}
