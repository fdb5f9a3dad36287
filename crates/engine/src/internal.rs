//! Internal events: what the engine's own tasks send to its loop.

use bellwire_call::{AccountId, CallId, MemberId, PeerOutcome};
use bellwire_media::{DeviceTestEvent, MediaEvent};
use bellwire_peer::{PeerEvent, PeerStats};
use bellwire_signaling::{Contact, Message, ReplyError, Rows, SignInError, SignedIn};
use tokio::sync::oneshot;

use crate::connection_id::ConnectionId;
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
    /// The contacts for that search arrived, or could not be fetched.
    Contacts {
        account: AccountId,
        search: String,
        result: Result<Rows<Contact>, ReplyError>,
    },
    /// A list that changed a while ago is to be fetched now.
    ListDue {
        account: AccountId,
    },
    /// The messages of a thread arrived, or could not be fetched.
    Messages {
        account: AccountId,
        thread: String,
        result: Result<Rows<Message>, ReplyError>,
    },
    Peer {
        connection: ConnectionId,
        outcome: PeerOutcome,
    },
    PeerEvent {
        connection: ConnectionId,
        event: PeerEvent,
    },
    PeerStats {
        connection: ConnectionId,
        stats: PeerStats,
        code: Option<String>,
    },
    Media {
        call: CallId,
        event: MediaEvent,
    },
    /// Of what is received from a member.
    MemberMedia {
        call: CallId,
        member: MemberId,
        event: MediaEvent,
    },
    /// Of a device test; `round` says of which.
    DeviceTest {
        round: u64,
        event: DeviceTestEvent,
    },
}
