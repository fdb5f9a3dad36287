//! Socket events of figures: how a call goes, and with whom a connection is bad.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id_of;
use crate::lenient;

/// [`ConnectionIssue::issue_type`] of this client: media stopped flowing, another path is looked for.
pub const CONNECTION_LOST: &str = "connection_lost";
/// Likewise: no connection came about, or it cannot be mended.
pub const CONNECTION_FAILED: &str = "connection_failed";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityReport {
    pub session_id: String,
    /// Figures in the reporter's own words. Those of this client are of its worst connection; additive: in
    /// `members` those of each, with the `userId` it leads to.
    #[serde(default)]
    pub quality_data: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionIssue {
    pub session_id: String,
    #[serde(default)]
    pub issue_type: String,
    #[serde(default)]
    pub description: String,
    /// Additive: with whom.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub target_user_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantConnectionIssue {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, deserialize_with = "lenient::written")]
    pub issue_type: String,
    #[serde(default, deserialize_with = "lenient::written")]
    pub description: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}
