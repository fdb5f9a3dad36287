//! The dealerdesk backend (dealer and technician): one listener, calls inside chat rooms.
//!
//! ```text
//!  REST (login, chat) ────────────────────┐
//!                     ┌─► messages ───────┼─► store
//!  sockets (events) ──┼─► calls (rules) ──┘
//!                     └──────┴────────► hub  (who is told what) ─► sockets
//! ```
//!
//! # Who may do what
//! A room belongs to the two people in its name; nobody else sees, says or calls anything in it. A
//! token says who somebody is. In strict mode REST and sockets want one; in compat mode one who brings
//! none is believed, as deployed, and one who brings one is held to it.
//!
//! # Technicians without a password
//! As deployed a technician signs in by address alone, which proves nothing. In strict mode that gives a
//! token only to accounts flagged `passwordless`, which an administrator sets for people whose address is
//! as good as a secret (a kiosk, a closed network); everybody else needs a password. In compat mode it
//! works for all, but the reply then has no token: what is believed anyway needs none, and a token
//! outlives the mode.

mod caller;
mod calls;
mod chat;
mod demo;
mod events;
mod hub;
mod login;
mod messages;
mod routes;
mod state;
mod store;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::calls::Calls;
use self::events::Door;
use self::hub::Hub;
use self::messages::Messages;
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
    id: "dealerdesk",
    label: "Dealerdesk",
    rest_prefix: "",
    sign_in_fields: &["email", "password"],
    roles: &["dealer", "technician"],
    shape: Shape::Error,
    demo_logins: &[("dealer", demo::DEALER), ("technician", demo::TECHNICIAN), ("technician", demo::ANOTHER)],
};

/// Life of a session; the documents know none.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
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

    let state: Shared = Arc::new(State {
        tokens: common.tokens(ABOUT.id, SESSION),
        logins: Rate::per_minute(common.config.limits.logins_per_minute),
        calls: Calls::new(Arc::clone(common), store.clone(), exchange.clone()),
        messages: Messages::new(&common.config.limits, store.clone(), exchange.clone()),
        common: Arc::clone(common),
        store,
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
            state.messages.sweep();
            state.logins.sweep();
            std::future::ready(())
        }
    });
    state.calls.resume().await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &work.sockets);
    Ok(Running { rest: routes::rest().with_state(state), socket: crate::openapi::Routes::new("") })
}
