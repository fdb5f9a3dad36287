//! The storefront backend (seller and customer): REST on one listener, sockets on another.
//!
//! ```text
//!  REST (video_call, lists, blocks, login) ─┐                      ┌─► store
//!                                           ├─► calls (the rules) ─┤
//!  sockets (events) ────────────────────────┴──────────► hub ◄─────┘   (who is told what) ─► sockets
//! ```

mod blocks;
mod caller;
mod calls;
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
use self::events::Door;
use self::hub::Hub;
use self::state::{Shared, State};
use self::store::Store;
use self::store::sqlite::Sqlite;
use crate::app::StartError;
use crate::backend::{About, Running, Work};
use crate::clock::Millis;
use crate::common::Common;
use crate::door;
use crate::error::Shape;
use crate::limits::Rate;
use crate::switchboard::{carry_out, switchboard};

pub use self::demo::{DEMO_CUSTOMER, DEMO_CUSTOMER_ID, DEMO_SELLER, DEMO_SELLER_ID};

pub(crate) const ABOUT: About = About {
    id: "storefront",
    label: "Storefront",
    rest_prefix: "/api/v2",
    sign_in_fields: &["email", "password"],
    roles: &["seller", "customer"],
    shape: Shape::Success,
    demo_logins: &[("seller", DEMO_SELLER), ("customer", DEMO_CUSTOMER)],
};

/// Whether a socket's task finds anything in this event.
#[cfg(feature = "fuzzing")]
pub(crate) fn reads(event: &str, data: serde_json::Value) -> bool {
    events::reads(event, data)
}

/// Documented life of a session.
const SESSION: Duration = Duration::from_secs(90 * 24 * 3600);
/// An answered call that nobody is in is given up after so many times what a seat is kept: longer, because
/// after a restart everybody has to come back.
const ABANDONED: u32 = 4;
const SWEEP_EVERY: Duration = Duration::from_secs(60);

pub(crate) async fn start(
    common: &Arc<Common>,
    io: &SocketIo,
    work: &mut Work,
) -> Result<Running, StartError> {
    let store: Arc<dyn Store> = Arc::new(Sqlite::new(&common.pools));
    if common.config.demo_data {
        demo::fill(&*store, common, Millis::now()).await?;
    }
    let (exchange, board, orders) = switchboard(common, Hub::new(common.config.seat_kept * ABANDONED));
    work.spawn(board.run(work.over()));

    let limits = &common.config.limits;
    let calls = Calls::new(Arc::clone(common), Arc::clone(&store), exchange.clone());
    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        store,
        tokens: common.tokens(ABOUT.id, SESSION),
        logins: Rate::per_minute(limits.logins_per_minute),
        reports: Rate::per_minute(limits.reports_per_minute),
        calls,
        exchange,
    });
    work.spawn({
        let state = Arc::clone(&state);
        // Ends when the hub does.
        async move { carry_out(orders, |job| state.calls.perform(job)).await }
    });
    work.every(SWEEP_EVERY, {
        let state = Arc::clone(&state);
        move || {
            state.calls.sweep();
            state.logins.sweep();
            state.reports.sweep();
            std::future::ready(())
        }
    });
    state.calls.resume().await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &work.sockets);
    Ok(Running {
        rest: routes::rest().with_state(Arc::clone(&state)),
        socket: routes::socket_host().with_state(state),
    })
}
