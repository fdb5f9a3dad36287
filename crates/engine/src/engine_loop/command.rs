//! Commands of the user (or of the command line) to the engine.

use bellwire_call::{AccountId, CallId, MemberId, UserAction};
use bellwire_signaling::{Analytics, SignInError};
use tokio::sync::oneshot;

use crate::accounts::chats::ChatCommand;
use crate::accounts::stored_session::StoredSession;
use crate::config::CallDefaults;
use crate::devices::controller::DeviceCommand;
use crate::error::{DeclineError, ListError};
use crate::history::export::ExportFormat;
use crate::view::{EngineView, HistoryFilter, HistoryPage, SignIn};

/// One command of a handle.
#[derive(Debug)]
pub(crate) enum EngineCommand {
    SignIn {
        request: SignIn,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
    },
    Resume {
        stored: Box<StoredSession>,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
    },
    SignOut(AccountId),
    Snapshot(oneshot::Sender<EngineView>),
    User(UserAction),
    ShareScreen(Option<String>),
    /// How large a member's pictures are shown, in pixels; 0 x 0: not at all.
    ShowMember {
        call: CallId,
        member: MemberId,
        size: (u32, u32),
    },
    RaiseHand {
        call: CallId,
        up: bool,
    },
    Device(DeviceCommand),
    SetCallDefaults(CallDefaults),
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
        command: ChatCommand,
    },
}
