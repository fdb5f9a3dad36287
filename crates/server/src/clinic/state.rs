//! The state shared by every request handler of clinic; never changed after the start.

use std::net::IpAddr;
use std::sync::Arc;

use super::hub::Hub;
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
    /// Good for a new password and nothing else.
    pub(crate) password_tokens: Tokens,
    pub(crate) logins: Rate<(IpAddr, String)>,
    /// Appointments by practitioner.
    pub(crate) schedules: Rate<String>,
    pub(crate) hub: HubHandle<Hub>,
}
