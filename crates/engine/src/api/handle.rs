//! The handle of a running engine, for the shell and the command line: commands in, snapshots out.

mod calls;
mod chats;
mod devices;
mod history;

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwire_call::AccountId;
use bellwire_call_log::CallLog;
use bellwire_signaling::{Photo, SignInError, TransportConfig};
use tokio::sync::{mpsc, oneshot, watch};
use url::Url;

use crate::accounts::photos::Photos;
use crate::accounts::stored_session::{StoredSession, Typed};
use crate::devices::snapshot::DeviceList;
use crate::engine_loop::command::EngineCommand;
use crate::error::ListError;
use crate::view::{CallStats, EngineView, Levels, SignIn};

/// Sends commands and follows snapshots; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(super) commands: mpsc::Sender<EngineCommand>,
    pub(super) view: watch::Receiver<Arc<EngineView>>,
    pub(super) stats: watch::Receiver<Option<CallStats>>,
    pub(super) levels: watch::Receiver<Levels>,
    pub(super) devices: watch::Receiver<Arc<DeviceList>>,
    pub(super) missed: watch::Receiver<u32>,
    pub(super) stored_sessions: watch::Receiver<Arc<BTreeMap<AccountId, StoredSession>>>,
    pub(super) log: CallLog,
    pub(super) photos: Arc<Photos>,
}

impl Handle {
    /// The newest snapshot, and every later one.
    pub fn view(&self) -> watch::Receiver<Arc<EngineView>> {
        self.view.clone()
    }

    /// Once a second while a call has media, `None` otherwise.
    pub fn stats(&self) -> watch::Receiver<Option<CallStats>> {
        self.stats.clone()
    }

    /// Ten times a second while a call has media or the microphone is tested.
    pub fn levels(&self) -> watch::Receiver<Levels> {
        self.levels.clone()
    }

    /// Signs in and keeps the account online until `sign_out`.
    pub async fn sign_in(&self, request: SignIn) -> Result<AccountId, SignInError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::SignIn { request, reply }).await;
        answer.await.unwrap_or(Err(SignInError::Stopped))
    }

    /// Comes back to an account without a password, and keeps it online until `sign_out`. Whether the
    /// server still takes the token shows later, in the account's link.
    ///
    /// # Errors
    /// The program does not speak that backend, or what is between us and the server is not usable.
    pub async fn resume(&self, stored: StoredSession) -> Result<AccountId, SignInError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::Resume { stored: Box::new(stored), reply }).await;
        answer.await.unwrap_or(Err(SignInError::Stopped))
    }

    /// What it takes to come back to each account, whole and newest. An account leaves by `sign_out`, not
    /// by the engine's end.
    pub fn stored_sessions(&self) -> watch::Receiver<Arc<BTreeMap<AccountId, StoredSession>>> {
        self.stored_sessions.clone()
    }

    /// What was typed to sign in to that account, but for the password.
    pub fn typed(&self, account: AccountId) -> Option<Typed> {
        self.stored_sessions.borrow().get(&account).map(|kept| kept.typed().clone())
    }

    pub async fn sign_out(&self, account: AccountId) {
        self.send(EngineCommand::SignOut(account)).await;
    }

    /// Everything as it is at this moment. [`Self::view`] has durations as of its last change, which may be
    /// long ago.
    pub async fn snapshot(&self) -> EngineView {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::Snapshot(reply)).await;
        match answer.await {
            Ok(view) => view,
            Err(_) => (**self.view.borrow()).clone(),
        }
    }

    /// Asks the backend for the people that match; they arrive in the view before this returns.
    pub async fn refresh_contacts(&self, account: AccountId, search: String) -> Result<(), ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::Contacts { account, search, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// The photo at an address: over plain HTTP only from an account's own server. `None` if there is none
    /// to be had.
    pub async fn photo(&self, address: &str) -> Option<Arc<Photo>> {
        let url = Url::parse(address).ok().filter(Url::has_host)?;
        self.photos.get(&url, self.own_transport(&url)).await
    }

    /// How the account whose server that is reaches it.
    fn own_transport(&self, url: &Url) -> Option<TransportConfig> {
        self.stored_sessions()
            .borrow()
            .values()
            .find(|one| one.is_at(url))
            .and_then(|one| one.transport().ok())
    }

    /// A command to a stopped engine has nothing left to act on and is dropped.
    async fn send(&self, command: EngineCommand) {
        let _ = self.commands.send(command).await;
    }
}
