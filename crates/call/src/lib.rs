//! The phone: every call of every account, as a state machine that does no I/O.
//!
//! This crate reads no clock, opens no socket and spawns nothing. An [`Event`] and the present
//! instant go in, [`Command`]s come out. The engine performs the commands and reports the
//! outcome as further events, tagged with the [`Epoch`] the command carried.
#![forbid(unsafe_code)]

mod call;
mod call_context;
mod command;
mod deep_link;
mod event;
mod fingerprints;
mod glare;
mod id;
mod member;
mod negotiation;
mod phone;
mod signal;
mod timers;
mod view;

pub use command::{Command, Notice};
pub use deep_link::{DeepLink, DeepLinkError};
pub use event::{Event, PeerOutcome, ReceivedSignal, RingPolicy, UserAction};
pub use id::{AccountId, CallId, CallKey, Epoch, MemberId, PeerId, PersonId, RemoteCallId};
pub use phone::Phone;
pub use signal::{
    CallReport, DeclineReason, EndReason, IceCandidate, IncomingSignal, Invite, Invitee, MediaKind,
    MediaState, OfferRule, OutgoingSignal, Participant, PathIssue, Person, Quality, QualityLevel, Ring, Sdp,
    SdpKind, Subject,
};
pub use view::{CallState, CallView, Direction, MemberState, MemberView, PhoneView};
