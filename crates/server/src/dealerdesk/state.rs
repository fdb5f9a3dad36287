//! The state shared by every request handler of dealerdesk; never changed after the start.

use std::net::IpAddr;
use std::sync::Arc;

use super::calls::Calls;
use super::hub::Hub;
use super::messages::Messages;
use super::store::Store;
use crate::auth::Tokens;
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
    pub(crate) calls: Calls,
    pub(crate) messages: Messages,
    pub(crate) hub: HubHandle<Hub>,
}
