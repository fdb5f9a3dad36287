//! What the shell and the command line hold of a running engine: orders in, snapshots out.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwire_call::{AccountId, CallId, Invite, MediaKind, Person, Subject, UserAction};
use bellwire_log::CallLog;
use bellwire_signaling::{Analytics, SignInError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{CallDefaults, EngineConfig};
use crate::conversation::Screens;
use crate::devices::{DeviceList, DeviceOrder};
use crate::export::{ExportError, ExportFormat};
use crate::keepsake::{Keepsake, Typed};
use crate::notice::Notice;
use crate::photos::Photos;
use crate::view::{CallStats, EngineView, HistoryEntry, HistoryFilter, Levels, SignIn};
use crate::{missed, run};

/// What a user or robot asks of the engine.
#[derive(Debug)]
pub(crate) enum Order {
    SignIn {
        request: SignIn,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
    },
    Resume {
        keepsake: Keepsake,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
    },
    SignOut(AccountId),
    Snapshot(oneshot::Sender<EngineView>),
    User(UserAction),
    Share(Option<String>),
    Device(DeviceOrder),
    Defaults(CallDefaults),
    Contacts {
        account: AccountId,
        search: String,
        reply: oneshot::Sender<Result<(), ListError>>,
    },
    /// The log of all accounts.
    History {
        filter: HistoryFilter,
        page: u32,
        reply: oneshot::Sender<Result<HistoryPage, ListError>>,
    },
    /// The newest of the log, without asking any backend.
    Recent {
        limit: u32,
        reply: oneshot::Sender<Result<HistoryPage, ListError>>,
    },
    /// One backend's own history.
    BackendHistory {
        account: AccountId,
        page: u32,
        reply: oneshot::Sender<Result<HistoryPage, ListError>>,
    },
    /// All of the log that the filter lets through, as a file.
    Export {
        filter: HistoryFilter,
        format: ExportFormat,
        reply: oneshot::Sender<Result<Vec<u8>, ListError>>,
    },
    Analytics {
        account: AccountId,
        reply: oneshot::Sender<Result<Analytics, ListError>>,
    },
    DeclineWith {
        call: CallId,
        text: String,
        reply: oneshot::Sender<Result<(), DeclineError>>,
    },
    DeleteRecord {
        id: i64,
        reply: oneshot::Sender<Result<bool, ListError>>,
    },
    Chat {
        account: AccountId,
        order: ChatOrder,
    },
}

/// What a user does with messages.
#[derive(Debug)]
pub(crate) enum ChatOrder {
    Open(String),
    Close(String),
    Send {
        thread: String,
        text: String,
    },
    /// What did not get through once more.
    Retry(String),
    Typing {
        thread: String,
        on: bool,
    },
}

/// One page of past calls, newest first.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct HistoryPage {
    pub entries: Vec<HistoryEntry>,
    pub page: u32,
    pub pages: u32,
    /// Entries of this page that a backend sent and that could not be read.
    pub left_out: u32,
}

/// Why a list of people or calls did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    #[error("not signed in to that account")]
    NoAccount,
    #[error("{0}")]
    Backend(#[from] bellwire_signaling::ReplyError),
    #[error(transparent)]
    Log(#[from] bellwire_log::LogError),
    #[error("no figures are kept for that account")]
    NoFigures,
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("the engine has stopped")]
    Stopped,
}

/// Why a call was not declined with a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclineError {
    #[error("that call does not ring any more")]
    NotRinging,
    /// The backend has no messages, or none with that person.
    #[error("the caller cannot be written to")]
    NoMessages,
    #[error("the message was not sent: {0}")]
    NotSent(#[from] bellwire_signaling::SayError),
    #[error("the engine has stopped")]
    Stopped,
}

impl ListError {
    /// A stable name of what went wrong, for whoever has the words for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::Backend(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::NoFigures => "no_figures",
            Self::Export(_) => "not_exported",
            Self::Stopped => "stopped",
        }
    }
}

impl DeclineError {
    /// A stable name of what went wrong, for whoever has the words for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotRinging => "not_ringing",
            Self::NoMessages => "no_messages",
            Self::NotSent(_) => "message_not_sent",
            Self::Stopped => "stopped",
        }
    }
}

/// Sends orders; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
    view: watch::Receiver<Arc<EngineView>>,
    stats: watch::Receiver<Option<CallStats>>,
    levels: watch::Receiver<Levels>,
    pub(crate) devices: watch::Receiver<Arc<DeviceList>>,
    missed: watch::Receiver<u32>,
    keepsakes: watch::Receiver<Arc<BTreeMap<AccountId, Keepsake>>>,
    log: CallLog,
    pub(crate) photos: Arc<Photos>,
}

/// A running engine; `stop` ends it, and dropping it does so without waiting.
#[derive(Debug)]
pub struct Engine {
    pub handle: Handle,
    task: Option<JoinHandle<()>>,
    token: CancellationToken,
}

impl Engine {
    /// Starts the loop on the current tokio runtime. The notices are bounded at 64: while nobody
    /// reads them, further ones are dropped.
    pub fn start(config: EngineConfig, screens: Screens) -> (Engine, mpsc::Receiver<Notice>) {
        // Orders come from people and wait when the loop is behind.
        let (orders_tx, orders) = mpsc::channel(64);
        let (notices_tx, notices) = mpsc::channel(64);
        let (view_tx, view) = watch::channel(Arc::new(EngineView::default()));
        let (stats_tx, stats) = watch::channel(None);
        let (levels_tx, levels) = watch::channel(Levels::default());
        let (devices_tx, devices) = watch::channel(Arc::new(DeviceList::default()));
        let (missed_tx, missed) = watch::channel(0);
        let token = CancellationToken::new();
        let out = run::Outward {
            view: view_tx,
            stats: stats_tx,
            levels: levels_tx,
            devices: devices_tx,
            notices: notices_tx,
        };
        let engine = run::Loop::new(config, screens, out, token.clone());
        let log = engine.history.log();
        let keepsakes = engine.accounts.keepsakes.subscribe();
        tokio::spawn(missed::count(log.clone(), missed_tx, token.clone()));
        let task = tokio::spawn(engine.run(orders));
        let photos = Arc::default();
        let handle =
            Handle { orders: orders_tx, view, stats, levels, devices, missed, keepsakes, log, photos };
        (Engine { handle, task: Some(task), token }, notices)
    }

    /// Ends every call and account and waits until all is closed.
    pub async fn stop(mut self) {
        self.token.cancel();
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.token.cancel();
    }
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

    /// Ten times a second while a call has media or the microphone is tried.
    pub fn levels(&self) -> watch::Receiver<Levels> {
        self.levels.clone()
    }

    /// How many missed calls nobody has looked at.
    pub fn missed(&self) -> watch::Receiver<u32> {
        self.missed.clone()
    }

    /// The local call log; it closes with the engine.
    pub fn log(&self) -> &CallLog {
        &self.log
    }

    /// Signs in and keeps the account online until `sign_out`.
    pub async fn sign_in(&self, request: SignIn) -> Result<AccountId, SignInError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::SignIn { request, reply }).await;
        answer.await.unwrap_or(Err(SignInError::Stopped))
    }

    /// Comes back to an account without a password, and keeps it online until `sign_out`. Whether the
    /// server still takes the token shows later, in the account's link.
    ///
    /// # Errors
    /// The program does not speak that backend, or what is between us and the server is not usable.
    pub async fn resume(&self, keepsake: Keepsake) -> Result<AccountId, SignInError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Resume { keepsake, reply }).await;
        answer.await.unwrap_or(Err(SignInError::Stopped))
    }

    /// What it takes to come back to each account, whole and newest. An account leaves by `sign_out`, not
    /// by the engine's end.
    pub fn keepsakes(&self) -> watch::Receiver<Arc<BTreeMap<AccountId, Keepsake>>> {
        self.keepsakes.clone()
    }

    /// What was typed to sign in to that account, but for the password.
    pub fn typed(&self, account: AccountId) -> Option<Typed> {
        self.keepsakes.borrow().get(&account).map(|kept| kept.typed().clone())
    }

    pub async fn sign_out(&self, account: AccountId) {
        self.send(Order::SignOut(account)).await;
    }

    pub async fn dial(&self, account: AccountId, to: Person, kind: MediaKind, subject: Option<Subject>) {
        self.user(UserAction::Dial { account, invite: Invite { to, kind, subject } }).await;
    }

    pub async fn accept(&self, call: CallId) {
        self.user(UserAction::Accept(call)).await;
    }

    /// Ends the call that is going on and accepts the waiting one.
    pub async fn end_and_accept(&self, call: CallId) {
        self.user(UserAction::EndAndAccept(call)).await;
    }

    /// Accepts with the camera off, and ends the call that is going on, if any.
    pub async fn accept_unseen(&self, call: CallId) {
        self.user(UserAction::AcceptUnseen(call)).await;
    }

    pub async fn decline(&self, call: CallId) {
        self.user(UserAction::Decline(call)).await;
    }

    /// Everything as it is at this moment. [`Self::view`] has durations as of its last change, which may be
    /// long ago.
    pub async fn snapshot(&self) -> EngineView {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Snapshot(reply)).await;
        match answer.await {
            Ok(view) => view,
            Err(_) => (**self.view.borrow()).clone(),
        }
    }

    /// Declines and writes `text` to the caller, in whose thread it goes. On an error nothing was done,
    /// and the call rings on.
    ///
    /// # Errors
    /// See [`DeclineError`].
    pub async fn decline_with(&self, call: CallId, text: String) -> Result<(), DeclineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::DeclineWith { call, text, reply }).await;
        answer.await.unwrap_or(Err(DeclineError::Stopped))
    }

    pub async fn silence(&self, call: CallId) {
        self.user(UserAction::Silence(call)).await;
    }

    pub async fn hang_up(&self, call: CallId) {
        self.user(UserAction::HangUp(call)).await;
    }

    pub async fn set_microphone(&self, on: bool) {
        self.user(UserAction::SetMicrophone(on)).await;
    }

    /// How calls start from the next one on; the path setting also counts for new paths of the present one.
    pub async fn set_call_defaults(&self, defaults: CallDefaults) {
        self.send(Order::Defaults(defaults)).await;
    }

    pub async fn set_camera(&self, on: bool) {
        self.user(UserAction::SetCamera(on)).await;
    }

    /// Sends a screen or window (`screen:…`, or any camera id) instead of the camera; `None`: the camera
    /// again. Nothing happens outside a call and for accounts that may not share.
    pub async fn set_sharing(&self, source: Option<String>) {
        self.send(Order::Share(source)).await;
    }

    pub async fn dismiss(&self, call: CallId) {
        self.user(UserAction::Dismiss(call)).await;
    }

    /// Asks the backend for the people that match; they arrive in the view before this returns.
    pub async fn refresh_contacts(&self, account: AccountId, search: String) -> Result<(), ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Contacts { account, search, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// One page of the calls of all accounts, newest first; pages count from 1.
    pub async fn history(&self, filter: HistoryFilter, page: u32) -> Result<HistoryPage, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::History { filter, page, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// The newest calls of all accounts as this device knows them, at most 500. No backend is asked: this is
    /// for what is shown without anybody looking for it.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn recent(&self, limit: u32) -> Result<HistoryPage, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Recent { limit, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// All calls the filter lets through, newest first, as a file; see `export.rs` for its fields.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn export(&self, filter: HistoryFilter, format: ExportFormat) -> Result<Vec<u8>, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Export { filter, format, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// Call figures that one account's backend keeps.
    ///
    /// # Errors
    /// The backend keeps none for that account, or did not say.
    pub async fn analytics(&self, account: AccountId) -> Result<Analytics, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Analytics { account, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// One page of the history that one account's backend keeps, in its own words.
    pub async fn backend_history(&self, account: AccountId, page: u32) -> Result<HistoryPage, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::BackendHistory { account, page, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// Takes a record out of the log for good; false if there is none, or its call goes on.
    pub async fn delete_record(&self, id: i64) -> Result<bool, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::DeleteRecord { id, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// Shows a thread of messages; they arrive in the view.
    pub async fn open_thread(&self, account: AccountId, thread: String) {
        self.send(Order::Chat { account, order: ChatOrder::Open(thread) }).await;
    }

    pub async fn close_thread(&self, account: AccountId, thread: String) {
        self.send(Order::Chat { account, order: ChatOrder::Close(thread) }).await;
    }

    pub async fn send_message(&self, account: AccountId, thread: String, text: String) {
        self.send(Order::Chat { account, order: ChatOrder::Send { thread, text } }).await;
    }

    /// Sends again what did not get through in a thread, in its order.
    pub async fn retry_messages(&self, account: AccountId, thread: String) {
        self.send(Order::Chat { account, order: ChatOrder::Retry(thread) }).await;
    }

    /// Tells the others in a thread that we are writing, or no longer.
    pub async fn typing(&self, account: AccountId, thread: String, on: bool) {
        self.send(Order::Chat { account, order: ChatOrder::Typing { thread, on } }).await;
    }

    async fn user(&self, action: UserAction) {
        self.send(Order::User(action)).await;
    }

    /// An order to a stopped engine has nothing left to act on and is dropped.
    pub(crate) async fn send(&self, order: Order) {
        let _ = self.orders.send(order).await;
    }
}
