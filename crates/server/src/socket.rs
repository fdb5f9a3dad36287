//! The sockets of a backend: a check of the handshake, then one queue, one token bucket and one task per
//! socket, so that events are handled in the order they were sent. What an event means is up to the
//! backend: see [`Namespace`] and [`Connection`].

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use crate::clock::Millis;
use crate::context::ServerContext;
use crate::hub_actor::{Hub, HubHandle, SocketKey};
use crate::limits::Bucket;
use crate::metrics::Flow;
use crate::occupancy::{Full, Held};
use crate::runtime::SocketTasks;
use crate::throttle::warn_rarely;

/// The message of an error event when a request failed in the server.
pub(crate) const INTERNAL_ERROR: &str = "Something went wrong, please try again";

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
pub(crate) trait Namespace: Send + Sync + 'static {
    type Hub: Hub;
    /// The result of the handshake: for example the identity of the user, or nothing yet.
    type Identity: Clone + Send + Sync + 'static;
    type Connection: Connection;

    /// The Socket.IO namespace: `/` for most.
    const NAMESPACE: &'static str = "/";
    /// Every event of a client that is handled; others are dropped. The matrix of who may
    /// do what is held against this list.
    const EVENTS: &'static [&'static str];

    /// Checks a handshake. `auth` is the handshake's object, `Null` when there was none.
    async fn admit(&self, auth: Value) -> Result<Self::Identity, Refused>;
    /// The account of the socket, if the handshake names one: each may have so many
    /// ([`Limits::sockets_per_account`](crate::Limits)).
    fn account(identity: &Self::Identity) -> Option<String>;
    /// The task's side of an accepted socket.
    fn connect(self: Arc<Self>, key: SocketKey, identity: Self::Identity) -> Self::Connection;
    /// Emitted (once a second at most) to a socket that sends more than its bucket allows; `retry_after` in
    /// seconds. The event itself is dropped.
    fn too_many(retry_after: u64) -> (&'static str, Value);
}

/// The task of one socket: lives as long as the socket.
#[async_trait]
pub(crate) trait Connection: Send + 'static {
    /// Called once, before any event; the socket can be emitted to from here on.
    async fn begin(&mut self);
    /// One event with its first argument (`Null` when it has none that is JSON). What is returned answers
    /// a client that asked for an acknowledgement.
    async fn event(&mut self, name: &str, data: Value) -> Option<Value>;
}

/// One event as it came in.
struct ClientEvent {
    event: String,
    data: Value,
    ack: AckSender,
}

/// The channels of a socket's task.
struct Inbox {
    queued: mpsc::Receiver<ClientEvent>,
    gone: CancellationToken,
    closing: CancellationToken,
    _place: Option<Held>,
}

type Accepted = (SocketKey, mpsc::Receiver<ClientEvent>, CancellationToken, Option<Held>);

/// The channels of an accepted socket, handed over to its task.
#[derive(Clone)]
struct Handover(Arc<Mutex<Option<Accepted>>>);

impl Handover {
    fn new(accepted: Accepted) -> Self {
        Self(Arc::new(Mutex::new(Some(accepted))))
    }

    fn take(self) -> Option<Accepted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Serves the namespace of a backend. The socket tasks belong to `sockets` and end with their sockets;
/// the hub is notified of each that has ended.
pub(crate) fn serve<D: Namespace>(
    io: &SocketIo,
    context: &Arc<ServerContext>,
    hub: &HubHandle<D::Hub>,
    namespace: Arc<D>,
    sockets: &SocketTasks,
) {
    sockets.hear(D::Hub::BACKEND, D::EVENTS);
    let ends = end_sessions(Arc::clone(context), hub.clone(), sockets.closing.clone());
    sockets.tasks.spawn(ends);
    let numbers = Arc::new(AtomicU64::new(1));
    let connected = {
        let (context, hub, namespace, sockets) =
            (Arc::clone(context), hub.clone(), Arc::clone(&namespace), sockets.clone());
        // Runs inline in the transport's reader: it may only start the task.
        move |socket: SocketRef| {
            let handover = socket.extensions.get::<Handover>().and_then(Handover::take);
            if let (Some((key, queued, gone, place)), Some(identity)) =
                (handover, socket.extensions.get::<D::Identity>())
            {
                let connection = Arc::clone(&namespace).connect(key, identity);
                let inbox = Inbox { queued, gone, closing: sockets.closing.clone(), _place: place };
                sockets.tasks.spawn(run(connection, key, hub.clone(), socket, inbox, Arc::clone(&context)));
            }
            std::future::ready(())
        }
    };
    let context = Arc::clone(context);
    let check = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let (context, namespace, numbers) =
            (Arc::clone(&context), Arc::clone(&namespace), Arc::clone(&numbers));
        async move {
            let identity = namespace.admit(auth.unwrap_or_default()).await?;
            let place = match D::account(&identity) {
                Some(account) => Some(context.accounts.enter(D::Hub::BACKEND, account)?),
                None => None,
            };
            // Before the client learns that it is connected: an event sent at once would be lost.
            let key = SocketKey(numbers.fetch_add(1, Ordering::Relaxed));
            let (queued, gone) = listen::<D>(&context, key, &socket);
            socket.extensions.insert(Handover::new((key, queued, gone, place)));
            socket.extensions.insert(identity);
            Ok::<(), Refused>(())
        }
    };
    io.ns(D::NAMESPACE, connected.with(check));
}

/// How often it is looked for accounts whose sessions an administrator has ended, from another process.
const ENDED_INTERVAL: Duration = Duration::from_secs(1);
/// So long the same end is carried out again: a socket may have been let in just before it.
const ENDED_AGAIN: Duration = Duration::from_secs(15);

/// Closes the sockets of sessions that an administrator has ended, until the server stops.
async fn end_sessions<H: Hub>(context: Arc<ServerContext>, hub: HubHandle<H>, closing: CancellationToken) {
    let mut seen = 0;
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            () = tokio::time::sleep(ENDED_INTERVAL) => {}
        }
        let since = Millis::now().minus(ENDED_AGAIN);
        match context.revoked.accounts_ended(seen, since).await {
            Ok(ended) => {
                for (number, account, before) in ended {
                    seen = seen.max(number);
                    hub.account_ended(account, before).await;
                }
            }
            Err(error) => warn_rarely!(error, "It is not known whose sessions were ended"),
        }
    }
}

fn listen<D: Namespace>(
    context: &Arc<ServerContext>,
    key: SocketKey,
    socket: &SocketRef,
) -> (mpsc::Receiver<ClientEvent>, CancellationToken) {
    // When full, the client sends faster than we read, beyond what its bucket allows: it is disconnected.
    let (queue, queued) = mpsc::channel(512);
    let gone = CancellationToken::new();
    let bucket = Arc::new(Bucket::new(&context.config.limits));
    let context = Arc::clone(context);
    socket.on_fallback(
        move |socket: SocketRef, Event(event): Event, TryData(data): TryData<Value>, ack: AckSender| {
            match bucket.check() {
                Ok(()) if !D::EVENTS.contains(&event.as_str()) => {
                    debug!(socket = key.0, "An event that means nothing is dropped");
                }
                Ok(()) => {
                    context.metrics.event(D::Hub::BACKEND, Flow::In);
                    let incoming = ClientEvent { event, data: data.unwrap_or_default(), ack };
                    if queue.try_send(incoming).is_err() {
                        let _ = socket.disconnect();
                    }
                }
                Err(refusal) => {
                    debug!(socket = key.0, "An event too many is dropped");
                    context.metrics.event(D::Hub::BACKEND, Flow::Dropped);
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
    mut connection: impl Connection,
    key: SocketKey,
    hub: HubHandle<H>,
    socket: SocketRef,
    mut inbox: Inbox,
    context: Arc<ServerContext>,
) {
    context.metrics.socket_opened(H::BACKEND);
    let line = socket.clone();
    hub.open(key, socket).await;
    let handled = async {
        connection.begin().await;
        loop {
            let incoming = tokio::select! {
                biased;
                next = inbox.queued.recv() => match next {
                    Some(next) => next,
                    None => break,
                },
                () = inbox.gone.cancelled() => break,
                () = inbox.closing.cancelled() => break,
            };
            if let Some(answer) = connection.event(&incoming.event, incoming.data).await
                && let Err(error) = incoming.ack.send(&answer)
            {
                debug!(socket = key.0, %error, "An acknowledgement was not sent");
            }
        }
    };
    if AssertUnwindSafe(handled).catch_unwind().await.is_err() {
        error!(socket = key.0, "A socket's task panicked; the socket is closed");
        let _ = line.disconnect();
    }
    // Also after a panic: otherwise the hub would keep the socket for ever.
    hub.gone(key).await;
    context.metrics.socket_closed(H::BACKEND);
}
