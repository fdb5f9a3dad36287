//! The clinic backend (practitioner and patient): a room for every remote appointment, one listener.
//!
//! ```text
//!  REST (login, appointments, video_call) ─┐                  ┌─► store
//!                                          ├─► records ◄──────┤ orders
//!  sockets (events) ───────────────────────┴────────► hub ────┘ (seats, events per socket)
//! ```

mod appointments;
mod current_user;
mod defaults;
mod demo;
mod directory;
mod events;
mod hub;
mod login;
mod party;
mod records;
mod response;
mod routes;
mod state;
mod store;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::defaults::{BACKEND, DEFAULTS};
use self::events::Namespace;
use self::hub::Hub;
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::error::Shape;
use crate::hub_actor::hub_actor;
use crate::limits::Rate;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::socket;

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("practitioner", demo::DOCTOR), ("patient", demo::PATIENT)],
    shape: Shape::Nest,
    cookies: &[],
    seats: |_| None,
    directory: &directory::DIRECTORY,
    start: |context, _, io, tasks| Box::pin(start(context, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Documented life of a session.
const SESSION: Duration = Duration::from_secs(24 * 3600);
/// Documented life of a token that is good for a new password only.
const PASSWORD_CHANGE: Duration = Duration::from_secs(15 * 60);
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

async fn start(
    context: &Arc<ServerContext>,
    io: &SocketIo,
    tasks: &mut TaskSet,
) -> Result<StartedBackend, StartError> {
    let store = Store::new(&context.pools);
    if context.config.demo_data {
        demo::fill(&store, context, Millis::now()).await?;
    }
    let (hub, actor, orders) = hub_actor(context, Hub::new(context.config.seat_kept));
    tasks.spawn(actor.run(tasks.over()));
    let limits = &context.config.limits;
    let state: Shared = Arc::new(State {
        context: Arc::clone(context),
        store,
        tokens: context.tokens(BACKEND.id(), SESSION),
        password_tokens: context.tokens("clinic password", PASSWORD_CHANGE),
        logins: Rate::per_minute(limits.logins_per_minute),
        schedules: Rate::per_minute(limits.initiates_per_minute),
        hub,
    });
    tasks.pump(orders, &state, |state, job| async move { records::perform(&state, job).await });
    tasks.every(SWEEP_INTERVAL, &state, |state| async move { records::sweep(&state, Millis::now()).await });
    records::resume(&state).await?;
    socket::serve(io, context, &state.hub, Arc::new(Namespace(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend { rest: routes::rest().with_state(state), socket: crate::openapi::Routes::new("") })
}
