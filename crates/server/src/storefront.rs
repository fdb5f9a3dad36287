//! The storefront backend (seller and customer): REST on one listener, sockets on another.
//!
//! ```text
//!  REST (video_call, lists, blocks, login) ─┐                      ┌─► store
//!                                           ├─► calls (the rules) ─┤
//!  sockets (events) ────────────────────────┴──────────► hub ◄─────┘   (events per socket) ─► sockets
//! ```

mod blocks;
mod calls;
mod current_user;
mod defaults;
mod demo;
mod directory;
mod events;
mod hub;
mod lists;
mod login;
mod response;
mod routes;
mod state;
mod store;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::calls::Calls;
use self::defaults::{BACKEND, DEFAULTS};
use self::events::Namespace;
use self::hub::{Hub, Lists};
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::config::{BackendConfig, Mode};
use crate::context::ServerContext;
use crate::error::Shape;
use crate::hub_actor::hub_actor;
use crate::limits::Rate;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::socket;

pub use self::demo::{DEMO_CUSTOMER, DEMO_CUSTOMER_ID, DEMO_SELLER, DEMO_SELLER_ID};

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("seller", DEMO_SELLER), ("customer", DEMO_CUSTOMER)],
    shape: Shape::Success,
    cookies: &["seller_token", "token"],
    seats: |_| None,
    directory: &directory::DIRECTORY,
    start: |context, config, io, tasks| Box::pin(start(context, config, io, tasks)),
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
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

async fn start(
    context: &Arc<ServerContext>,
    config: &BackendConfig,
    io: &SocketIo,
    tasks: &mut TaskSet,
) -> Result<StartedBackend, StartError> {
    let store = Store::new(&context.pools);
    if context.config.demo_data {
        demo::fill(&store, context, Millis::now()).await?;
    }
    let lists = match context.config.mode {
        Mode::Compat => Lists::AtChanges,
        Mode::Strict => Lists::AtArrival,
    };
    let (hub, actor, orders) = hub_actor(context, Hub::new(context.config.seat_kept * ABANDONED, lists));
    tasks.spawn(actor.run(tasks.over()));

    let limits = &context.config.limits;
    let calls = Calls::new(Arc::clone(context), store.clone(), hub.clone(), config.ring_timeout);
    let state: Shared = Arc::new(State {
        context: Arc::clone(context),
        store,
        tokens: context.tokens(BACKEND.id(), SESSION),
        logins: Rate::per_minute(limits.logins_per_minute),
        reports: Rate::per_minute(limits.reports_per_minute),
        calls,
        hub,
    });
    tasks.pump(orders, &state, |state, job| async move { state.calls.perform(job).await });
    tasks.every(SWEEP_INTERVAL, &state, |state| async move {
        state.calls.sweep();
        state.logins.sweep();
        state.reports.sweep();
    });
    state.calls.resume().await?;
    socket::serve(io, context, &state.hub, Arc::new(Namespace(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend {
        rest: routes::rest().with_state(Arc::clone(&state)),
        socket: routes::socket_host().with_state(state),
    })
}
