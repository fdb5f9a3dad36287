//! The clinic backend (practitioner and patient): a room for every remote appointment, one listener.
//!
//! ```text
//!  REST (login, appointments, video_call) ─┐                  ┌─► store
//!                                          ├─► records ◄──────┤ orders
//!  sockets (events) ───────────────────────┴────────► hub ────┘ (seats, events per socket)
//! ```

mod appointments;
mod caller;
mod defaults;
mod demo;
mod events;
mod hub;
mod login;
mod party;
mod present;
mod records;
mod routes;
mod state;
mod store;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::defaults::{BACKEND, DEFAULTS};
use self::events::Door;
use self::hub::Hub;
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::common::Common;
use crate::door;
use crate::error::Shape;
use crate::limits::Rate;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::switchboard::switchboard;

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("practitioner", demo::DOCTOR), ("patient", demo::PATIENT)],
    shape: Shape::Nest,
    cookies: &[],
    start: |common, _, io, tasks| Box::pin(start(common, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Documented life of a session.
const SESSION: Duration = Duration::from_secs(24 * 3600);
/// Documented life of a token that is good for a new password only.
const PASSWORD_CHANGE: Duration = Duration::from_secs(15 * 60);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

async fn start(
    common: &Arc<Common>,
    io: &SocketIo,
    tasks: &mut TaskSet,
) -> Result<StartedBackend, StartError> {
    let store = Store::new(&common.pools);
    if common.config.demo_data {
        demo::fill(&store, common, Millis::now()).await?;
    }
    let (exchange, board, orders) = switchboard(common, Hub::new(common.config.seat_kept));
    tasks.spawn(board.run(tasks.over()));
    let limits = &common.config.limits;
    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        store,
        tokens: common.tokens(BACKEND.id(), SESSION),
        password_tokens: common.tokens("clinic password", PASSWORD_CHANGE),
        logins: Rate::per_minute(limits.logins_per_minute),
        schedules: Rate::per_minute(limits.initiates_per_minute),
        exchange,
    });
    tasks.pump(orders, &state, |state, job| async move { records::perform(&state, job).await });
    tasks.every(SWEEP_EVERY, &state, |state| async move { records::sweep(&state, Millis::now()).await });
    records::resume(&state).await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend { rest: routes::rest().with_state(state), socket: crate::openapi::Routes::new("") })
}
