//! The clinic backend (practitioner and patient): a room for every remote appointment, one listener.
//!
//! ```text
//!  REST (login, appointments, video_call) ─┐                  ┌─► store
//!                                          ├─► records ◄──────┤ orders
//!  sockets (events) ───────────────────────┴────────► hub ────┘ (who sits where, who is told what)
//! ```

mod appointments;
mod caller;
mod demo;
mod events;
mod hub;
mod login;
mod present;
mod records;
mod routes;
mod state;
mod store;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::events::Door;
use self::hub::Hub;
use self::state::{Shared, State};
use self::store::Store;
use crate::app::StartError;
use crate::backend::{About, Running, Work};
use crate::clock::Millis;
use crate::common::Common;
use crate::door;
use crate::error::Shape;
use crate::limits::Rate;
use crate::switchboard::{carry_out, switchboard};

/// Whether a socket's task finds anything in this event.
#[cfg(feature = "fuzzing")]
pub(crate) fn reads(event: &str, data: serde_json::Value) -> bool {
    events::reads(event, data)
}

pub(crate) const ABOUT: About = About {
    id: "clinic",
    label: "Clinic",
    rest_prefix: "",
    sign_in_fields: &["email", "password"],
    roles: &["practitioner", "patient"],
    shape: Shape::Nest,
    demo_logins: &[("practitioner", demo::DOCTOR), ("patient", demo::PATIENT)],
};

/// Documented life of a session.
const SESSION: Duration = Duration::from_secs(24 * 3600);
/// Documented life of a token that is good for a new password only.
const PASSWORD_CHANGE: Duration = Duration::from_secs(15 * 60);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

pub(crate) async fn start(
    common: &Arc<Common>,
    io: &SocketIo,
    work: &mut Work,
) -> Result<Running, StartError> {
    let store = Store::new(&common.pools);
    if common.config.demo_data {
        demo::fill(&store, common, Millis::now()).await?;
    }
    let (exchange, board, orders) = switchboard(common, Hub::new(common.config.seat_kept));
    work.spawn(board.run(work.over()));
    let limits = &common.config.limits;
    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        store,
        tokens: common.tokens(ABOUT.id, SESSION),
        password_tokens: common.tokens("clinic password", PASSWORD_CHANGE),
        logins: Rate::per_minute(limits.logins_per_minute),
        schedules: Rate::per_minute(limits.initiates_per_minute),
        exchange,
    });
    work.spawn({
        let state = Arc::clone(&state);
        // Ends when the hub does.
        async move { carry_out(orders, |job| records::perform(&state, job)).await }
    });
    work.every(SWEEP_EVERY, {
        let state = Arc::clone(&state);
        move || {
            let state = Arc::clone(&state);
            async move { records::sweep(&state, Millis::now()).await }
        }
    });
    records::resume(&state).await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &work.sockets);
    Ok(Running { rest: routes::rest().with_state(state), socket: crate::openapi::Routes::new("") })
}
