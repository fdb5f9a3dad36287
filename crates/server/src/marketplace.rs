//! The marketplace backend (provider and client): conversations, and calls that are messages of them.
//!
//! ```text
//!  REST (communication, messages, login) ─┐                           ┌─► store
//!                                         ├─► calls, chat (the rules) ┤
//!  sockets (events) ──────────────────────┴───────────────► hub ◄─────┘  (events per socket) ─► sockets
//! ```

mod calls;
mod chat;
mod communication;
mod current_user;
mod defaults;
mod demo;
mod directory;
mod events;
mod hub;
mod login;
mod messages;
mod response;
mod routes;
mod state;
mod store;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;
use tracing::warn;

use self::calls::Calls;
use self::chat::Chat;
use self::defaults::{BACKEND, DEFAULTS};
use self::events::Namespace;
use self::hub::Hub;
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::config::BackendConfig;
use crate::context::ServerContext;
use crate::error::Shape;
use crate::hub_actor::hub_actor;
use crate::limits::{FIFTEEN_MINUTES, Failures, Rate};
use crate::openapi::Routes;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::socket;

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("provider", demo::PROVIDER), ("client", demo::CLIENT)],
    shape: Shape::Success,
    cookies: &[],
    seats: |_| None,
    directory: &directory::DIRECTORY,
    start: |context, config, io, tasks| Box::pin(start(context, config, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Documented life of a session, and of what renews it.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
const REFRESH: Duration = Duration::from_secs(30 * 24 * 3600);
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
    let (hub, actor, orders) = hub_actor(context, Hub::default());
    tasks.spawn(actor.run(tasks.over()));

    let limits = &context.config.limits;
    let state: Shared = Arc::new(State {
        context: Arc::clone(context),
        store: store.clone(),
        tokens: context.tokens(BACKEND.id(), SESSION),
        refresh_tokens: context.lasting_tokens("marketplace refresh", REFRESH),
        logins: Rate::per_minute(limits.logins_per_minute),
        failed_logins: Failures::new(limits.failed_logins, FIFTEEN_MINUTES),
        calls: Calls::new(Arc::clone(context), store.clone(), hub.clone(), config.ring_timeout),
        chat: Chat::new(store, hub.clone(), limits.messages_per_minute),
        hub,
    });
    tasks.pump(orders, &state, |state, job| async move { state.calls.perform(job).await });
    tasks.every(SWEEP_INTERVAL, &state, |state| async move {
        state.calls.sweep();
        state.chat.sweep();
        state.logins.sweep();
        state.failed_logins.sweep();
        if let Err(error) = state.store.sweep_spent(Millis::now()).await {
            warn!(%error, "Old refresh tokens were not forgotten");
        }
    });
    state.calls.resume().await?;
    socket::serve(io, context, &state.hub, Arc::new(Namespace(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend { rest: routes::rest().with_state(state), socket: Routes::new("") })
}
