//! The identity of an account: what signing in gives.

use bellwire_call::Person;
use serde::{Deserialize, Serialize};

/// Who signed in and how later calls prove it. Holds the token: store it only where secrets go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Id of the dialect this account speaks.
    pub dialect: String,
    pub person: Person,
    /// The backend's word: `seller`, `customer`.
    pub role: String,
    /// Empty where the backend knows no tokens.
    pub token: String,
    /// Name of the cookie that carries the token, for backends that read cookies.
    pub cookie: Option<String>,
    /// REST calls carry the token as `Authorization: Bearer`.
    #[serde(default)]
    pub bearer: bool,
    /// Gets a new token without a password, where the backend gives one.
    #[serde(default)]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("role", &self.role).finish_non_exhaustive()
    }
}
