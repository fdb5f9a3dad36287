//! The marketplace backend (provider and client): conversations, and calls that are messages of them.
//!
//! ```text
//!  REST (communication, messages, login) ─┐                           ┌─► store
//!                                         ├─► calls, chat (the rules) ┤
//!  sockets (events) ──────────────────────┴───────────────► hub ◄─────┘  (events per socket) ─► sockets
//! ```

mod caller;
mod calls;
mod chat;
mod communication;
mod defaults;
mod demo;
mod events;
mod hub;
mod login;
mod messages;
mod present;
mod routes;
mod state;
mod store;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;
use tracing::warn;

use self::calls::Calls;
use self::chat::Chat;
use self::defaults::{BACKEND, DEFAULTS};
use self::events::Door;
use self::hub::Hub;
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::common::Common;
use crate::config::BackendConfig;
use crate::door;
use crate::error::Shape;
use crate::limits::{Failures, QUARTER, Rate};
use crate::openapi::Routes;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::switchboard::switchboard;

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("provider", demo::PROVIDER), ("client", demo::CLIENT)],
    shape: Shape::Success,
    cookies: &[],
    start: |common, config, io, tasks| Box::pin(start(common, config, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Documented life of a session, and of what renews it.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
const REFRESH: Duration = Duration::from_secs(30 * 24 * 3600);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

async fn start(
    common: &Arc<Common>,
    config: &BackendConfig,
    io: &SocketIo,
    tasks: &mut TaskSet,
) -> Result<StartedBackend, StartError> {
    let store = Store::new(&common.pools);
    if common.config.demo_data {
        demo::fill(&store, common, Millis::now()).await?;
    }
    let (exchange, board, orders) = switchboard(common, Hub::default());
    tasks.spawn(board.run(tasks.over()));

    let limits = &common.config.limits;
    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        store: store.clone(),
        tokens: common.tokens(BACKEND.id(), SESSION),
        refresh_tokens: common.lasting_tokens("marketplace refresh", REFRESH),
        logins: Rate::per_minute(limits.logins_per_minute),
        failed_logins: Failures::new(limits.failed_logins, QUARTER),
        calls: Calls::new(Arc::clone(common), store.clone(), exchange.clone(), config.ring_timeout),
        chat: Chat::new(store, exchange.clone(), limits.messages_per_minute),
        exchange,
    });
    tasks.pump(orders, &state, |state, job| async move { state.calls.perform(job).await });
    tasks.every(SWEEP_EVERY, &state, |state| async move {
        state.calls.sweep();
        state.chat.sweep();
        state.logins.sweep();
        state.failed_logins.sweep();
        if let Err(error) = state.store.sweep_spent(Millis::now()).await {
            warn!(%error, "Old refresh tokens were not forgotten");
        }
    });
    state.calls.resume().await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend { rest: routes::rest().with_state(state), socket: Routes::new("") })
}
