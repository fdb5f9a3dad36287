//! The state shared by every request handler of marketplace; never changed after the start.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calls::Calls;
use super::chat::Chat;
use super::hub::Hub;
use super::store::Store;
use crate::auth::{Owned, Session, Tokens};
use crate::context::ServerContext;
use crate::hub_actor::HubHandle;
use crate::limits::{Failures, Rate};

pub(crate) type Shared = Arc<State>;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) context: Arc<ServerContext>,
    pub(crate) store: Store,
    /// Of sessions.
    pub(crate) tokens: Tokens,
    /// Those that renew a session.
    pub(crate) refresh_tokens: Tokens,
    pub(crate) logins: Rate<(IpAddr, String)>,
    pub(crate) failed_logins: Failures<IpAddr>,
    pub(crate) calls: Calls,
    pub(crate) chat: Chat,
    pub(crate) hub: HubHandle<Hub>,
}

/// What a token says, of either kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub(crate) user_id: String,
    /// Of all tokens that come of one sign-in; they are given back together. Empty in those of earlier
    /// versions.
    #[serde(default)]
    pub(crate) family: String,
}

impl Owned for Claims {
    fn account(&self) -> String {
        format!("marketplace_users {}", self.user_id)
    }
}

/// What a session is given back by.
pub(crate) fn session_name(session: &Session<Claims>) -> String {
    match session.claims.family.as_str() {
        "" => session.jti.clone(),
        family => format!("family {family}"),
    }
}
