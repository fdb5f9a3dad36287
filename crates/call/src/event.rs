//! Events: what can happen, grouped by source.

use std::time::Duration;

use crate::{
    AccountId, CallId, CallKey, Epoch, IceCandidate, IncomingSignal, Invite, MemberId, OfferRule, Person, Sdp,
};

/// One input of [`Phone::handle`](crate::Phone).
#[derive(Clone, Debug)]
pub enum Event {
    User(UserAction),
    Signal(ReceivedSignal),
    /// The result of a peer command, or something the peer connection noticed by itself.
    Peer {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
        outcome: PeerOutcome,
    },
    /// An account signed in: from now on it can place and receive calls.
    AccountAdded {
        account: AccountId,
        me: Person,
        offers: OfferRule,
        rings: RingPolicy,
    },
    /// An account signed out: its calls end.
    AccountRemoved {
        account: AccountId,
    },
    /// The account's socket went away or came back (rooms must be entered again).
    Signaling {
        account: AccountId,
        up: bool,
    },
    /// Whether there is a microphone and a camera that can be used. Without one the other side is notified
    /// that it is off.
    Devices {
        microphone: bool,
        camera: bool,
    },
    /// How calls start from the next one on; true = sending.
    StartWith {
        microphone: bool,
        camera: bool,
    },
    /// A deadline was reached.
    Time,
}

/// How long a call may wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingPolicy {
    /// Until this is over; the backend is to say so a little earlier by itself.
    Timeout(Duration),
    /// No ring: the caller waits in a room without limit until the callee comes (clinic).
    InRoom,
}

/// A signal that the session of an account received.
#[derive(Clone, Debug)]
pub struct ReceivedSignal {
    pub account: AccountId,
    pub call: CallKey,
    pub signal: IncomingSignal,
}

#[derive(Clone, Debug)]
pub enum UserAction {
    Dial {
        account: AccountId,
        invite: Invite,
    },
    Accept(CallId),
    /// Ends the call in progress, if any, then accepts.
    EndAndAccept(CallId),
    /// The same, with the camera off.
    AcceptWithCameraOff(CallId),
    Decline(CallId),
    /// Stops the ringtone of a ringing call; not a decline.
    Silence(CallId),
    /// Cancels a call that was not answered, leaves one that was.
    HangUp(CallId),
    /// Ends a call of several that we placed for everybody in it; any other call as `HangUp` does.
    EndForAll(CallId),
    /// Asks more people to come into a call that goes on. A call of two may become one of several by it.
    AddPeople {
        call: CallId,
        people: Vec<Person>,
    },
    /// For this call; the next one starts as [`Event::StartWith`] says.
    SetMicrophone(bool),
    SetCamera(bool),
    /// Screen instead of camera; ends with the call.
    SetSharing(bool),
    /// Takes an ended call off the view.
    Dismiss(CallId),
}

#[derive(Clone, Debug)]
pub enum PeerOutcome {
    /// `CreateOffer` was done; the local description is set.
    OfferMade(Sdp),
    /// `AcceptOffer` was done; the local description is set.
    AnswerMade(Sdp),
    /// The remote answer was applied.
    AnswerApplied,
    /// What the other side's description, which is being applied, lets it send. Comes before
    /// `AnswerMade` or `AnswerApplied`.
    Described { audio: bool, video: bool },
    /// A local candidate was gathered.
    Candidate(IceCandidate),
    /// Media can flow (ICE and DTLS are up), for the first time or again.
    Connected,
    /// The path looks dead: no feedback, or ICE says disconnected.
    PathLost,
    /// This machine has an address that leads to the other side, or does so better than the one in use.
    NewAddress,
    /// ICE or DTLS failed for good in this epoch.
    Failed,
    /// A description was refused: garbage SDP, wrong state. The call goes on as if it had not been heard.
    Rejected { message: String },
    /// The other side's description was understood, and no media can ever flow by it (no codec in common,
    /// everything refused, no certificate). A call that has no media yet is over.
    Unworkable { message: String },
}
