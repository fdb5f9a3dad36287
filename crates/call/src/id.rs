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

/// Which peer connection of a call a command or an outcome is about. Outcomes of an older epoch
/// are stale: the phone drops them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u32);

/// How a signal names its call: by the backend's id once there is one, by ours before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CallKey {
    /// Our own number: the backend has not answered the invitation yet.
    Local(CallId),
    /// The backend's id.
    Remote(RemoteCallId),
}
