//! The hearth backend (one to one, group and therapy): REST and sockets on one listener.
//!
//! ```text
//!  REST (video_call, therapy, login) ─┐                         ┌─► store (seats are taken there, one by one)
//!                                     ├─► sessions (the rules) ─┤
//!  sockets (events) ──────────────────┴──────────► hub ◄────────┘   (events per socket) ─► sockets
//!                                                   ▲
//!                                                   └──► engine (media of calls of several, if there is one)
//! ```

mod current_user;
mod defaults;
mod demo;
mod directory;
mod engine;
mod events;
mod figures;
mod hub;
mod login;
mod response;
mod routes;
mod sessions;
mod state;
mod store;
mod therapy;
mod usage;
mod video_call;

use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;
use tokio::sync::mpsc;
use tracing::warn;

use self::defaults::{BACKEND, CALL_TIMEOUT, DEFAULTS, MAX_PARTICIPANTS};
use self::engine::GroupEngine;
use self::events::Namespace;
use self::hub::{Hub, News};
use self::sessions::Sessions;
use self::state::{Shared, State};
use self::store::Store;
use crate::clock::Millis;
use crate::config::{BackendConfig, Config, GroupEngineConfig};
use crate::context::ServerContext;
use crate::error::Shape;
use crate::hub_actor::hub_actor;
use crate::limits::Rate;
use crate::openapi::Routes;
use crate::runtime::{BackendInfo, StartError, StartedBackend, TaskSet};
use crate::socket;

pub(crate) static INFO: BackendInfo = BackendInfo {
    backend: BACKEND,
    defaults: DEFAULTS,
    demo_logins: &[("user", demo::ANA), ("user", demo::BEN), ("user", demo::CLEO), ("user", demo::THERAPIST)],
    shape: Shape::Success,
    cookies: &[],
    seats: seats_through_engine,
    directory: &directory::DIRECTORY,
    start: |context, config, io, tasks| Box::pin(start(context, config, io, tasks)),
    #[cfg(feature = "fuzzing")]
    reads: events::reads,
    #[cfg(feature = "fuzzing")]
    bodies: routes::bodies,
};

/// Documented life of a token.
const TOKEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Documented: stale seats are looked for every 30 seconds.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(30);
/// Words of the engine that wait for the hub; full: the engine waits.
const MAX_QUEUED_WORDS: usize = 1024;
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Seats of a call of several, where an engine passes the media on.
fn seats_through_engine(config: &Config) -> Option<u32> {
    let backend = config.backends.get(&BACKEND).filter(|_| config.group_engine != GroupEngineConfig::Mesh)?;
    Some(backend.setting(&MAX_PARTICIPANTS))
}

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
    let call_timeout = Duration::from_secs(config.setting(&CALL_TIMEOUT).into());
    let with_engine = context.config.group_engine != GroupEngineConfig::Mesh;
    let hub = Hub::new(context.config.seat_kept, call_timeout).with_engine(with_engine);
    let (hub, actor, orders) = hub_actor(context, hub);
    tasks.spawn(actor.run(tasks.over()));
    let (said, mut heard) = mpsc::channel(MAX_QUEUED_WORDS);
    let engine = GroupEngine::start(&context.config.group_engine, said, tasks);
    if let Some(engine) = &engine {
        context.readiness.add_engine(engine.watch());
        let (hub, over) = (hub.clone(), tasks.over());
        tasks.spawn(async move {
            while let Some(Some(said)) = over.run_until_cancelled(heard.recv()).await {
                hub.tell(News::Engine(said)).await;
            }
        });
    }

    let state: Shared = Arc::new(State {
        context: Arc::clone(context),
        tokens: context.tokens(BACKEND.id(), TOKEN),
        logins: Rate::per_minute(context.config.limits.logins_per_minute),
        reports: Rate::per_minute(context.config.limits.reports_per_minute),
        sessions: Sessions::new(Arc::clone(context), config, store.clone(), (hub.clone(), engine)),
        store,
        hub,
    });
    tasks.pump(orders, &state, |state, job| async move { state.sessions.perform(job).await });
    tasks.every(SWEEP_INTERVAL, &state, |state| async move {
        state.sessions.sweep();
        state.logins.sweep();
        state.reports.sweep();
    });
    tasks.every(RECONCILE_INTERVAL, &state, |state| async move {
        if let Err(error) = state.sessions.reconcile().await {
            warn!(%error, "Call sessions were not looked after");
        }
    });
    state.sessions.reconcile().await?;
    socket::serve(io, context, &state.hub, Arc::new(Namespace(Arc::clone(&state))), &tasks.sockets);
    Ok(StartedBackend { rest: routes::rest().with_state(state), socket: Routes::new("") })
}
