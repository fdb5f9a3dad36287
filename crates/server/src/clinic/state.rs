//! What every request handler of clinic can reach: shared, never changed after the start.

use std::net::IpAddr;
use std::sync::Arc;

use bellwire_dialects::clinic::wire::UserRole;
use serde::{Deserialize, Serialize};

use super::hub::Hub;
use super::store::Store;
use crate::auth::Tokens;
use crate::common::Common;
use crate::limits::Rate;
use crate::switchboard::Exchange;

pub(crate) type Shared = Arc<State>;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) common: Arc<Common>,
    pub(crate) store: Store,
    pub(crate) tokens: Tokens,
    /// Good for a new password and nothing else.
    pub(crate) password_tokens: Tokens,
    pub(crate) logins: Rate<(IpAddr, String)>,
    /// Appointments by practitioner.
    pub(crate) schedules: Rate<String>,
    pub(crate) exchange: Exchange<Hub>,
}

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

/// Somebody, in the role they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) role: UserRole,
}
