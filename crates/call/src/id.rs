//! Identifiers. Each has a type of its own, so that one cannot be passed for another.

use serde::{Deserialize, Serialize};

/// Who we are on one backend; made by the engine, stable for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId(pub u32);

/// One call as this phone counts them; never sent on a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// The backend's own name for a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RemoteCallId(pub String);

/// The backend's own name for a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonId(pub String);

/// One of the others in a call, as this phone counts them within the call; given once, also to somebody who
/// comes back after having left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub u32);

/// The backend's own name for a member's program in the call's room. A program that comes back says the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PeerId(pub String);

/// Which peer connection to a member a command or an outcome is about. Outcomes of an older epoch are stale:
/// the phone drops them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u32);

/// How a signal names its call: by the backend's id once there is one, by ours before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CallKey {
    /// Our own number: the backend has not answered the invitation yet.
    Local(CallId),
    /// The backend's id. Of everybody in the call, or of the one other member where there is only one.
    Remote(RemoteCallId),
    /// The backend's id, and whom of its members the signal comes from or is for.
    Member(RemoteCallId, PeerId),
}

impl CallKey {
    /// The backend's id of the call, if it has one.
    pub fn remote(&self) -> Option<&RemoteCallId> {
        match self {
            Self::Local(_) => None,
            Self::Remote(remote) | Self::Member(remote, _) => Some(remote),
        }
    }

    /// The member that the signal comes from or is for.
    pub fn peer(&self) -> Option<&PeerId> {
        match self {
            Self::Local(_) | Self::Remote(_) => None,
            Self::Member(_, peer) => Some(peer),
        }
    }
}
