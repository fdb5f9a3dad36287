//! The storefront backend (seller and customer): REST on one listener, sockets on another.
//!
//! ```text
//!  REST (video_call, lists, blocks, login) ─┐                      ┌─► store
//!                                           ├─► calls (the rules) ─┤
//!  sockets (events) ────────────────────────┴──────────► hub ◄─────┘   (events per socket) ─► sockets
//! ```

mod blocks;
mod caller;
mod calls;
mod defaults;
mod demo;
mod events;
mod hub;
mod lists;
mod login;
mod present;
mod routes;
mod state;
mod store;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::calls::Calls;
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
use crate::limits::Rate;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::switchboard::switchboard;

pub use self::demo::{DEMO_CUSTOMER, DEMO_CUSTOMER_ID, DEMO_SELLER, DEMO_SELLER_ID};

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("seller", DEMO_SELLER), ("customer", DEMO_CUSTOMER)],
    shape: Shape::Success,
    cookies: &["seller_token", "token"],
    start: |common, config, io, tasks| Box::pin(start(common, config, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Documented life of a session.
const SESSION: Duration = Duration::from_secs(90 * 24 * 3600);
/// An answered call that is empty is given up after so many times what a seat is kept: longer, because
/// after a restart both sides have to come back.
const ABANDONED: u32 = 4;
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
    let (exchange, board, orders) = switchboard(common, Hub::new(common.config.seat_kept * ABANDONED));
    tasks.spawn(board.run(tasks.over()));

    let limits = &common.config.limits;
    let calls = Calls::new(Arc::clone(common), store.clone(), exchange.clone(), config.ring_timeout);
    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        store,
        tokens: common.tokens(BACKEND.id(), SESSION),
        logins: Rate::per_minute(limits.logins_per_minute),
        reports: Rate::per_minute(limits.reports_per_minute),
        calls,
        exchange,
    });
    tasks.pump(orders, &state, |state, job| async move { state.calls.perform(job).await });
    tasks.every(SWEEP_EVERY, &state, |state| async move {
        state.calls.sweep();
        state.logins.sweep();
        state.reports.sweep();
    });
    state.calls.resume().await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend {
        rest: routes::rest().with_state(Arc::clone(&state)),
        socket: routes::socket_host().with_state(state),
    })
}
