//! What the engine's own tasks tell its loop.

use bellwire_call::{AccountId, CallId, Epoch, PeerOutcome};
use bellwire_media::{MediaEvent, TrialEvent};
use bellwire_peer::{PeerEvent, PeerStats};
use bellwire_signaling::{Contact, Message, ReplyError, Rows, SessionEvent, SignInError, SignedIn};
use tokio::sync::oneshot;

use crate::device_work::Found;
use crate::view::SignIn;

/// One message to the loop; the channel is bounded and senders wait, but for levels.
#[derive(Debug)]
pub(crate) enum Internal {
    SignedIn {
        request: SignIn,
        /// Without a password: of two tokens for one account this is the older one.
        resumed: bool,
        result: Box<Result<SignedIn, SignInError>>,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
    },
    Session {
        account: AccountId,
        event: SessionEvent,
    },
    /// The account's event stream ended for good.
    SessionOver {
        account: AccountId,
    },
    /// The list for that search came, or did not.
    Contacts {
        account: AccountId,
        search: String,
        result: Result<Rows<Contact>, ReplyError>,
    },
    /// It is time to look at a list that changed a while ago.
    ListDue {
        account: AccountId,
    },
    /// A thread's messages came, or did not.
    Messages {
        account: AccountId,
        thread: String,
        result: Result<Rows<Message>, ReplyError>,
    },
    LogProblem(bellwire_call_log::Problem),
    Peer {
        call: CallId,
        epoch: Epoch,
        outcome: PeerOutcome,
    },
    PeerNews {
        call: CallId,
        epoch: Epoch,
        event: PeerEvent,
    },
    PeerStats {
        call: CallId,
        epoch: Epoch,
        stats: PeerStats,
        code: Option<String>,
    },
    Media {
        call: CallId,
        event: MediaEvent,
    },
    /// The devices there are now.
    Found(Found),
    /// Of devices that are tried; `round` tells of which trial.
    Trial {
        round: u64,
        event: TrialEvent,
    },
}
