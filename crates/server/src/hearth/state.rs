//! The state shared by every request handler of hearth; never changed after the start.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hub::Hub;
use super::sessions::Sessions;
use super::store::Store;
use crate::auth::{Owned, Tokens};
use crate::context::ServerContext;
use crate::hub_actor::HubHandle;
use crate::limits::Rate;

pub(crate) type Shared = Arc<State>;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) context: Arc<ServerContext>,
    pub(crate) store: Store,
    pub(crate) tokens: Tokens,
    pub(crate) logins: Rate<(IpAddr, String)>,
    pub(crate) sessions: Sessions,
    /// Reports of a call's quality and of connection issues, by account.
    pub(crate) reports: Rate<String>,
    pub(crate) hub: HubHandle<Hub>,
}

/// What a session token says, as documented.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) id: String,
}

impl Owned for Claims {
    fn account(&self) -> String {
        format!("hearth_users {}", self.id)
    }
}
