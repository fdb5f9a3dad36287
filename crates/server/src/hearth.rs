//! The hearth backend (one to one, group and therapy): REST and sockets on one listener.
//!
//! ```text
//!  REST (video_call, therapy, login) ─┐                         ┌─► store (seats are taken there, one by one)
//!                                     ├─► sessions (the rules) ─┤
//!  sockets (events) ──────────────────┴──────────► hub ◄────────┘   (who is told what) ─► sockets
//! ```

mod caller;
mod demo;
mod events;
mod hub;
mod login;
mod present;
mod routes;
mod sessions;
mod state;
mod store;
mod therapy;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;
use tracing::warn;

use self::events::Door;
use self::hub::Hub;
use self::sessions::Sessions;
use self::state::{Shared, State};
use self::store::Store;
use crate::app::StartError;
use crate::backend::{About, Running, Work};
use crate::clock::Millis;
use crate::common::Common;
use crate::door;
use crate::error::Shape;
use crate::limits::Rate;
use crate::openapi::Routes;
use crate::switchboard::{carry_out, switchboard};

/// Whether a socket's task finds anything in this event.
#[cfg(feature = "fuzzing")]
pub(crate) fn reads(event: &str, data: serde_json::Value) -> bool {
    events::reads(event, data)
}

pub(crate) const ABOUT: About = About {
    id: "hearth",
    label: "Hearth",
    rest_prefix: "/api",
    sign_in_fields: &["email", "password"],
    roles: &["user"],
    shape: Shape::Success,
    demo_logins: &[("user", demo::ANA), ("user", demo::BEN), ("user", demo::CLEO), ("user", demo::THERAPIST)],
};

/// Documented life of a token.
const TOKEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Documented: stale seats are looked for every 30 seconds.
const RECONCILE_EVERY: Duration = Duration::from_secs(30);
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
    let hub = Hub::new(common.config.seat_kept, common.config.call_timeout);
    let (exchange, board, orders) = switchboard(common, hub);
    work.spawn(board.run(work.over()));

    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        tokens: common.tokens(ABOUT.id, TOKEN),
        logins: Rate::per_minute(common.config.limits.logins_per_minute),
        reports: Rate::per_minute(common.config.limits.reports_per_minute),
        sessions: Sessions::new(Arc::clone(common), store.clone(), exchange.clone()),
        store,
        exchange,
    });
    work.spawn({
        let state = Arc::clone(&state);
        // Ends when the hub does.
        async move { carry_out(orders, |job| state.sessions.perform(job)).await }
    });
    work.every(SWEEP_EVERY, {
        let state = Arc::clone(&state);
        move || {
            state.sessions.sweep();
            state.logins.sweep();
            state.reports.sweep();
            std::future::ready(())
        }
    });
    work.every(RECONCILE_EVERY, {
        let state = Arc::clone(&state);
        move || {
            let state = Arc::clone(&state);
            async move {
                if let Err(error) = state.sessions.reconcile().await {
                    warn!(%error, "Call sessions were not looked after");
                }
            }
        }
    });
    state.sessions.reconcile().await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &work.sockets);
    Ok(Running { rest: routes::rest().with_state(state), socket: Routes::new("") })
}
