//! The dealerdesk backend (dealer and technician): one listener, calls inside chat rooms.
//!
//! ```text
//!  REST (login, chat) ────────────────────┐
//!                     ┌─► messages ───────┼─► store
//!  sockets (events) ──┼─► calls (rules) ──┘
//!                     └──────┴────────► hub  (events per socket) ─► sockets
//! ```
//!
//! # Who may do what
//! A room belongs to the two users in its name; no other user can read, write or call in it. A
//! token identifies a user. In strict mode REST and sockets want one; in compat mode one who brings
//! none is believed, as deployed, and one who brings one is held to it.
//!
//! # Technicians without a password
//! As deployed a technician signs in by address alone, which proves nothing. In strict mode that gives a
//! token only to accounts flagged `passwordless`, which an administrator sets for people whose address is
//! as good as a secret (a kiosk, a closed network); all others need a password. In compat mode it
//! works for all, but the reply then has no token: what is believed anyway needs none, and a token
//! outlives the mode.

mod calls;
mod chat;
mod current_user;
mod defaults;
mod demo;
mod directory;
mod events;
mod hub;
mod login;
mod messages;
mod party;
mod routes;
mod state;
mod store;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;

use self::calls::Calls;
use self::defaults::{BACKEND, DEFAULTS};
use self::events::Namespace;
use self::hub::Hub;
use self::messages::Messages;
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::config::BackendConfig;
use crate::context::ServerContext;
use crate::error::Shape;
use crate::hub_actor::hub_actor;
use crate::limits::Rate;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::socket;

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("dealer", demo::DEALER), ("technician", demo::TECHNICIAN), ("technician", demo::ANOTHER)],
    shape: Shape::Error,
    cookies: &[],
    seats: |_| None,
    directory: &directory::DIRECTORY,
    start: |context, config, io, tasks| Box::pin(start(context, config, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Life of a session; the documents know none.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
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
    let (hub, actor, orders) = hub_actor(context, Hub::new(context.config.seat_kept));
    tasks.spawn(actor.run(tasks.over()));

    let state: Shared = Arc::new(State {
        tokens: context.tokens(BACKEND.id(), SESSION),
        logins: Rate::per_minute(context.config.limits.logins_per_minute),
        calls: Calls::new(Arc::clone(context), store.clone(), hub.clone(), config.ring_timeout),
        messages: Messages::new(&context.config.limits, store.clone(), hub.clone()),
        context: Arc::clone(context),
        store,
        hub,
    });
    tasks.pump(orders, &state, |state, job| async move { state.calls.perform(job).await });
    tasks.every(SWEEP_INTERVAL, &state, |state| async move {
        state.calls.sweep();
        state.messages.sweep();
        state.logins.sweep();
    });
    state.calls.resume().await?;
    socket::serve(io, context, &state.hub, Arc::new(Namespace(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend { rest: routes::rest().with_state(state), socket: crate::openapi::Routes::new("") })
}
