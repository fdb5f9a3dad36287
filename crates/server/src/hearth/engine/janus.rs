//! Janus VideoRoom as the engine of calls of several. This server is the only client of Janus.
//!
//! ```text
//!  Request ──► Rooms ──► a link for each member's uplink, and for each pair of members ──► handle ─┐
//!                ▲                        │                                                         ├─► Janus
//!                └──────── Report ◄───────┘                     the one connection, kept open  ─────┘
//! ```
//!
//! What is lost with Janus or with the connection to it is not remembered: members offer what they send anew once
//! their media stops, and what comes of them follows.

mod connection;
mod downlink;
mod link;
mod rooms;
mod uplink;
mod wire;

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::connection::{Connection, open};
use self::rooms::Rooms;
use super::{GroupEngine, Request, Said};
use crate::config::JanusConfig;
use crate::runtime::TaskSet;
use crate::throttle::Throttle;

/// Before another try to reach Janus.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);
/// When full, the records wait.
const MAX_QUEUED_REQUESTS: usize = 1024;

/// Starts the engine in `tasks`, where it ends with the server.
pub(super) fn start(config: JanusConfig, said: mpsc::Sender<Said>, tasks: &mut TaskSet) -> GroupEngine {
    let (requests, inbox) = mpsc::channel(MAX_QUEUED_REQUESTS);
    let (connected, connection) = watch::channel(None);
    let (told, up) = watch::channel(false);
    tasks.spawn(keep_open(config, connected, told, tasks.over()));
    tasks.spawn(serve(Rooms::new(connection, said), inbox, tasks.over()));
    GroupEngine { requests, up }
}

async fn serve(
    (mut rooms, mut reports): (Rooms, mpsc::Receiver<link::Report>),
    mut inbox: mpsc::Receiver<Request>,
    over: CancellationToken,
) {
    loop {
        tokio::select! {
            biased;
            () = over.cancelled() => return,
            Some(report) = reports.recv() => rooms.report(&report),
            request = inbox.recv() => match request {
                Some(request) => rooms.handle(request),
                None => return,
            },
        }
    }
}

/// Connects, and connects again, for as long as the server runs.
async fn keep_open(
    config: JanusConfig,
    connected: watch::Sender<Option<Connection>>,
    up: watch::Sender<bool>,
    over: CancellationToken,
) {
    let seldom = Throttle::per_minute();
    loop {
        let session = async {
            match open(&config).await {
                Ok((connection, line)) => {
                    info!("Janus carries calls of several");
                    connected.send_replace(Some(connection));
                    up.send_replace(true);
                    let end = line.run().await;
                    connected.send_replace(None);
                    up.send_replace(false);
                    warn!(%end, "Janus is gone; calls of several wait for it");
                }
                Err(error) if seldom.pass() => {
                    warn!(%error, "Janus is not there; calls of several wait for it")
                }
                Err(error) => debug!(%error, "Janus is not there"),
            }
        };
        tokio::select! {
            () = over.cancelled() => return,
            () = session => {}
        }
        tokio::select! {
            () = over.cancelled() => return,
            () = tokio::time::sleep(RECONNECT_INTERVAL) => {}
        }
    }
}
