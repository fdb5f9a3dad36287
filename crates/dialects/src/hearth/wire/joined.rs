//! What somebody hears who enters the room of a call.

use serde::{Deserialize, Serialize};

use super::{CallSettings, Participant, not_said};
use crate::lenient;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSessionJoined {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub participants: Vec<Participant>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    /// Additive: people the session has room for; 0: not said.
    #[serde(default, skip_serializing_if = "not_said", deserialize_with = "lenient::count")]
    pub max_participants: u32,
    /// Additive: where the media of this call goes through an engine, the peer to offer to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::or_default")]
    pub engine: Option<EnginePeer>,
}

/// A peer that is no person: it takes what somebody sends and passes it on to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnginePeer {
    #[serde(deserialize_with = "lenient::id")]
    pub peer_id: String,
}
