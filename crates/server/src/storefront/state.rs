//! The state shared by every request handler of storefront; never changed after the start.

use std::net::IpAddr;
use std::sync::Arc;

use bellwire_dialects::storefront::wire::UserType;
use serde::{Deserialize, Serialize};

use crate::auth::{Owned, Tokens};
use crate::context::ServerContext;
use crate::hub_actor::HubHandle;
use crate::limits::Rate;
use crate::storefront::calls::Calls;
use crate::storefront::hub::Hub;
use crate::storefront::store::Store;

pub(crate) type Shared = Arc<State>;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) context: Arc<ServerContext>,
    pub(crate) store: Store,
    pub(crate) tokens: Tokens,
    pub(crate) logins: Rate<(IpAddr, String)>,
    pub(crate) calls: Calls,
    /// Reports of a call's quality, by account.
    pub(crate) reports: Rate<String>,
    pub(crate) hub: HubHandle<Hub>,
}

/// What a session token says; documented is `id` alone, in a cookie named after the role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) id: String,
    pub(crate) role: UserType,
}

impl Owned for Claims {
    fn account(&self) -> String {
        match self.role {
            UserType::Seller => format!("shops {}", self.id),
            UserType::Customer => format!("users {}", self.id),
        }
    }
}
