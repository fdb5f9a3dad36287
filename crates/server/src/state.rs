//! What every request handler can reach: shared, never changed after the start.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::Config;
use crate::auth::{Passwords, Tokens};
use crate::calls::Calls;
use crate::limits::PerMinute;
use crate::relay::Relay;
use crate::store::Store;
use crate::switchboard::Exchange;

pub(crate) type Shared = Arc<State>;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) rest_addr: SocketAddr,
    pub(crate) socket_addr: SocketAddr,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) logins: PerMinute<(IpAddr, String)>,
    pub(crate) calls: Calls,
    pub(crate) exchange: Exchange,
    pub(crate) relay: Option<Relay>,
}
