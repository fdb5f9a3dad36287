//! The marketplace backend (provider and client): conversations, and calls that are messages of them.
//!
//! ```text
//!  REST (communication, messages, login) ─┐                           ┌─► store
//!                                         ├─► calls, chat (the rules) ┤
//!  sockets (events) ──────────────────────┴───────────────► hub ◄─────┘  (who is told what) ─► sockets
//! ```

mod caller;
mod calls;
mod chat;
mod communication;
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
use crate::limits::{Failures, QUARTER, Rate};
use crate::openapi::Routes;
use crate::switchboard::{carry_out, switchboard};

/// Whether a socket's task finds anything in this event.
#[cfg(feature = "fuzzing")]
pub(crate) fn reads(event: &str, data: serde_json::Value) -> bool {
    events::reads(event, data)
}

pub(crate) const ABOUT: About = About {
    id: "marketplace",
    label: "Marketplace",
    rest_prefix: "/api",
    sign_in_fields: &["email", "password"],
    roles: &["provider", "client"],
    shape: Shape::Success,
    demo_logins: &[("provider", demo::PROVIDER), ("client", demo::CLIENT)],
};

/// Documented life of a session, and of what renews it.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
const REFRESH: Duration = Duration::from_secs(30 * 24 * 3600);
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
    let (exchange, board, orders) = switchboard(common, Hub::default());
    work.spawn(board.run(work.over()));

    let limits = &common.config.limits;
    let state: Shared = Arc::new(State {
        common: Arc::clone(common),
        store: store.clone(),
        tokens: common.tokens(ABOUT.id, SESSION),
        refresh_tokens: common.lasting_tokens("marketplace refresh", REFRESH),
        logins: Rate::per_minute(limits.logins_per_minute),
        failed_logins: Failures::new(limits.failed_logins, QUARTER),
        calls: Calls::new(Arc::clone(common), store.clone(), exchange.clone()),
        chat: Chat::new(store, exchange.clone(), limits.messages_per_minute),
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
            let state = Arc::clone(&state);
            async move {
                state.calls.sweep();
                state.chat.sweep();
                state.logins.sweep();
                state.failed_logins.sweep();
                if let Err(error) = state.store.sweep_spent(Millis::now()).await {
                    warn!(%error, "Old refresh tokens were not forgotten");
                }
            }
        }
    });
    state.calls.resume().await?;
    door::serve(io, common, &state.exchange, Arc::new(Door(Arc::clone(&state))), &work.sockets);
    Ok(Running { rest: routes::rest().with_state(state), socket: Routes::new("") })
}
