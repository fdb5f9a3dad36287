//! Users in their role, and the claims of their tokens.

use bellwire_dialects::clinic::wire::UserRole;
use serde::{Deserialize, Serialize};

use crate::auth::Owned;

/// What a token says, beside its `jti` and its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: String,
    pub(crate) email: String,
    pub(crate) role: UserRole,
    /// Of which password of the account it is.
    #[serde(default)]
    pub(crate) generation: i64,
}

impl Owned for Claims {
    fn account(&self) -> String {
        format!("clinic_users {}", self.sub)
    }
}

/// A user in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) role: UserRole,
}
