//! The sockets of a backend: a check at the door, then one queue, one token bucket and one task per
//! socket, so that what a client sends is handled in the order it was sent. What an event means is the
//! backend's: see [`Door`] and [`Talk`].

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use crate::common::Common;
use crate::limits::Bucket;
use crate::metrics::Flow;
use crate::occupancy::{Full, Held};
use crate::runtime::SocketTasks;
use crate::switchboard::{Exchange, Hub, SocketKey};

/// The message of an error event when a request failed in the server.
pub(crate) const WENT_WRONG: &str = "Something went wrong, please try again";

/// The refusal of a handshake: the text of `connect_error`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) Cow<'static, str>);

impl Refused {
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

impl From<Full> for Refused {
    fn from(full: Full) -> Self {
        Self::new(full.to_string())
    }
}

/// The Socket.IO namespace of a backend: its handshake and events; shared by all its sockets.
#[async_trait]
pub(crate) trait Door: Send + Sync + 'static {
    type Hub: Hub;
    /// The result of the handshake: for example the identity of the user, or nothing yet.
    type Guest: Clone + Send + Sync + 'static;
    type Talk: Talk;

    /// The Socket.IO namespace: `/` for most.
    const NAMESPACE: &'static str = "/";
    /// Every event of a client that is handled; others are dropped. The matrix of who may
    /// do what is held against this list.
    const EVENTS: &'static [&'static str];

    /// Checks a handshake. `auth` is the handshake's object, `Null` when there was none.
    async fn admit(&self, auth: Value) -> Result<Self::Guest, Refused>;
    /// The account of the socket, if the handshake names one: each may have so many
    /// ([`Limits::sockets_per_account`](crate::Limits)).
    fn account(guest: &Self::Guest) -> Option<String>;
    /// The task's side of an accepted socket.
    fn talk(self: Arc<Self>, key: SocketKey, guest: Self::Guest) -> Self::Talk;
    /// Emitted (once a second at most) to a socket that sends more than its bucket allows; `retry_after` in
    /// seconds. The event itself is dropped.
    fn too_many(retry_after: u64) -> (&'static str, Value);
}

/// The task of one socket: lives as long as the socket.
#[async_trait]
pub(crate) trait Talk: Send + 'static {
    /// Called once, before any event; the socket can be emitted to from here on.
    async fn begin(&mut self);
    /// One event with its first argument (`Null` when it has none that is JSON). What is returned answers
    /// a client that asked for an acknowledgement.
    async fn event(&mut self, name: &str, data: Value) -> Option<Value>;
}

/// One event as it came in.
struct Said {
    event: String,
    data: Value,
    ack: AckSender,
}

/// The channels of a socket's task.
struct Heard {
    queued: mpsc::Receiver<Said>,
    gone: CancellationToken,
    closing: CancellationToken,
    _place: Option<Held>,
}

type Ears = (SocketKey, mpsc::Receiver<Said>, CancellationToken, Option<Held>);

/// The channels of an accepted socket, handed over to its task.
#[derive(Clone)]
struct Waiting(Arc<Mutex<Option<Ears>>>);

impl Waiting {
    fn new(ears: Ears) -> Self {
        Self(Arc::new(Mutex::new(Some(ears))))
    }

    fn take(self) -> Option<Ears> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Serves the namespace of a backend. The socket tasks belong to `sockets` and end with their sockets;
/// the hub is notified of each that has ended.
pub(crate) fn serve<D: Door>(
    io: &SocketIo,
    common: &Arc<Common>,
    exchange: &Exchange<D::Hub>,
    door: Arc<D>,
    sockets: &SocketTasks,
) {
    sockets.hear(D::Hub::BACKEND, D::EVENTS);
    let numbers = Arc::new(AtomicU64::new(1));
    let connected = {
        let (common, exchange, door, sockets) =
            (Arc::clone(common), exchange.clone(), Arc::clone(&door), sockets.clone());
        // Runs inline in the transport's reader: it may only start the task.
        move |socket: SocketRef| {
            let waiting = socket.extensions.get::<Waiting>().and_then(Waiting::take);
            if let (Some((key, queued, gone, place)), Some(guest)) =
                (waiting, socket.extensions.get::<D::Guest>())
            {
                let talk = Arc::clone(&door).talk(key, guest);
                let heard = Heard { queued, gone, closing: sockets.closing.clone(), _place: place };
                sockets.tasks.spawn(run(talk, key, exchange.clone(), socket, heard, Arc::clone(&common)));
            }
            std::future::ready(())
        }
    };
    let common = Arc::clone(common);
    let check = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let (common, door, numbers) = (Arc::clone(&common), Arc::clone(&door), Arc::clone(&numbers));
        async move {
            let guest = door.admit(auth.unwrap_or_default()).await?;
            let place = match D::account(&guest) {
                Some(account) => Some(common.accounts.enter(D::Hub::BACKEND, account)?),
                None => None,
            };
            // Before the client learns that it is connected: an event sent at once would be lost.
            let key = SocketKey(numbers.fetch_add(1, Ordering::Relaxed));
            let (queued, gone) = listen::<D>(&common, key, &socket);
            socket.extensions.insert(Waiting::new((key, queued, gone, place)));
            socket.extensions.insert(guest);
            Ok::<(), Refused>(())
        }
    };
    io.ns(D::NAMESPACE, connected.with(check));
}

fn listen<D: Door>(
    common: &Arc<Common>,
    key: SocketKey,
    socket: &SocketRef,
) -> (mpsc::Receiver<Said>, CancellationToken) {
    // When full, the client sends faster than we read, beyond what its bucket allows: it is disconnected.
    let (queue, queued) = mpsc::channel(512);
    let gone = CancellationToken::new();
    let bucket = Arc::new(Bucket::new(&common.config.limits));
    let common = Arc::clone(common);
    socket.on_fallback(
        move |socket: SocketRef, Event(event): Event, TryData(data): TryData<Value>, ack: AckSender| {
            match bucket.check() {
                Ok(()) if !D::EVENTS.contains(&event.as_str()) => {
                    debug!(socket = key.0, "An event that means nothing is dropped");
                }
                Ok(()) => {
                    common.metrics.event(D::Hub::BACKEND, Flow::In);
                    let said = Said { event, data: data.unwrap_or_default(), ack };
                    if queue.try_send(said).is_err() {
                        let _ = socket.disconnect();
                    }
                }
                Err(refusal) => {
                    debug!(socket = key.0, "An event too many is dropped");
                    common.metrics.event(D::Hub::BACKEND, Flow::Dropped);
                    if refusal.worth_telling {
                        let (event, body) = D::too_many(refusal.retry_after);
                        let _ = socket.emit(event, &body);
                    }
                }
            }
            std::future::ready(())
        },
    );
    let left = gone.clone();
    socket.on_disconnect(move || {
        left.cancel();
        std::future::ready(())
    });
    (queued, gone)
}

async fn run<H: Hub>(
    mut talk: impl Talk,
    key: SocketKey,
    exchange: Exchange<H>,
    socket: SocketRef,
    mut heard: Heard,
    common: Arc<Common>,
) {
    common.metrics.socket_opened(H::BACKEND);
    let line = socket.clone();
    exchange.open(key, socket).await;
    let talked = async {
        talk.begin().await;
        loop {
            let said = tokio::select! {
                biased;
                next = heard.queued.recv() => match next {
                    Some(next) => next,
                    None => break,
                },
                () = heard.gone.cancelled() => break,
                () = heard.closing.cancelled() => break,
            };
            if let Some(answer) = talk.event(&said.event, said.data).await
                && let Err(error) = said.ack.send(&answer)
            {
                debug!(socket = key.0, %error, "An acknowledgement was not sent");
            }
        }
    };
    if AssertUnwindSafe(talked).catch_unwind().await.is_err() {
        error!(socket = key.0, "A socket's task panicked; the socket is closed");
        let _ = line.disconnect();
    }
    // Also after a panic: otherwise the hub would keep the socket for ever.
    exchange.gone(key).await;
    common.metrics.socket_closed(H::BACKEND);
}
