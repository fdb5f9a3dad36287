//! Commands: what the phone wants done, grouped by the part that performs them.

use crate::{
    AccountId, CallId, CallKey, EndReason, Epoch, IceCandidate, MediaKind, MemberId, OutgoingSignal, Person,
    Sdp,
};

/// One output of [`Phone::handle`](crate::Phone).
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// To the account's session.
    Say {
        account: AccountId,
        call: CallKey,
        signal: OutgoingSignal,
    },

    /// Make a peer connection to a member and start gathering as soon as a description allows. Followed by
    /// `CreateOffer` or `AcceptOffer` of the same epoch.
    OpenPeer {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
        kind: MediaKind,
    },
    /// Answered by `OfferMade`.
    CreateOffer {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
        ice_restart: bool,
    },
    /// Answered by `AnswerMade` or `Rejected`.
    AcceptOffer {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
        offer: Sdp,
    },
    /// Answered by `AnswerApplied` or `Rejected`.
    AcceptAnswer {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
        answer: Sdp,
    },
    AddCandidate {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
        candidate: IceCandidate,
    },
    ClosePeer {
        call: CallId,
        member: MemberId,
        epoch: Epoch,
    },

    /// Open microphone (and camera for video) and connect them to the call's peers. `camera` and
    /// `microphone` are what the user last chose.
    StartMedia {
        call: CallId,
        kind: MediaKind,
        microphone: bool,
        camera: bool,
    },
    SetMicrophone {
        on: bool,
    },
    SetCamera {
        on: bool,
    },
    /// Send the screen instead of the camera, or the camera again.
    SetSharing {
        on: bool,
    },
    StopMedia {
        call: CallId,
    },

    /// Start the ringtone of an incoming call. `waiting`: another call is going on, so a discreet
    /// tone; said again when that changes.
    Ring {
        call: CallId,
        waiting: bool,
    },
    /// Stop the ringtone: answered, over, or silenced. The answer window stays as long as the view
    /// says [`CallState::Ringing`](crate::CallState::Ringing).
    StopRing {
        call: CallId,
    },
    /// The tone a caller hears.
    RingBack {
        call: CallId,
    },
    StopRingBack {
        call: CallId,
    },
    Notice(Notice),
}

/// A notice for the user, shown once.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A ring ended without an answer from us.
    Missed { call: CallId },
    /// A call ended; the last view of it says who and how long.
    Ended { call: CallId, reason: EndReason },
    /// Somebody came into the room of a call that has no seat left: nothing connects us to them.
    MemberRefused { call: CallId, person: Person },
    /// People we wanted to add to a call were not asked. `message`: the backend's words, meant for people;
    /// `None`: there are not enough seats, or the backend cannot add anybody.
    PeopleNotAdded { call: CallId, message: Option<String> },
}
