//! One account's Socket.IO connection, for as long as the account lives. The only file that names
//! `rust_socketio`, and all of that crate's habits end here.
//!
//! The crate spawns tasks it never hands out, comes back as a zombie when closed during an outage, and
//! tells of a graceful close only by asking to reconnect. So each connection gets a runtime of its own
//! on this account's thread, `on_reconnect` means "lost" and never returns, and a connection is ended
//! by dropping its runtime: nothing of it can be left behind.
//!
//! ```text
//!  session ─orders─► thread: [ wait ─► connect ─► emit … ─► lost ] ─┐
//!     ▲                        ▲                                    │ next runtime
//!     └──────events────────────┴────────────────────────────────────┘
//! ```

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use rust_socketio::{
    Event, Payload, TransportType,
    asynchronous::{Client, ClientBuilder, ReconnectSettings},
};
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{debug, warn};
use url::Url;

use crate::{access::Generation, outbox::Emission, reconnect::Backoff, transport::Transport, tunnel::Tunnel};

/// How long a connection may take to open.
const OPEN: Duration = Duration::from_secs(15);
/// How long one event may take to be written.
const WRITE: Duration = Duration::from_secs(10);
/// How often is looked whether the connection's task is still there.
const CHECK: Duration = Duration::from_secs(1);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Events from the server that wait for the session; when full the connection is dropped, because an
/// event left out would be worse than a reconnect.
const EVENTS: usize = 4096;
/// Orders that wait for the connection; when full the connection counts as lost.
const ORDERS: usize = 2048;

/// What the connection says.
#[derive(Debug)]
pub(crate) enum SocketEvent {
    /// Open, for the first time or again; emissions carry this number.
    Opened {
        connection: u32,
    },
    Event {
        name: String,
        args: Vec<Value>,
    },
    /// The server would not let us in, with the token of that generation; asked again later.
    Refused {
        message: String,
        generation: Generation,
    },
    /// The connection is gone or did not come up.
    Lost,
}

#[derive(Debug)]
enum Order {
    Emit {
        connection: u32,
        emission: Emission,
    },
    /// Connect there and as that from now on; `at_once`: even if there is a connection.
    Renew {
        target: Box<SocketTarget>,
        at_once: bool,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

/// Where to connect, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct SocketTarget {
    pub(crate) address: Url,
    pub(crate) namespace: &'static str,
    pub(crate) auth: Option<Value>,
    /// Of the token in `auth`.
    pub(crate) generation: Generation,
    pub(crate) transport: Transport,
}

/// The session's end of the connection; dropping it ends the connection and its thread.
#[derive(Debug)]
pub(crate) struct Socket {
    orders: mpsc::Sender<Order>,
    _life: DropGuard,
}

impl Socket {
    pub(crate) fn start(target: SocketTarget) -> std::io::Result<(Self, mpsc::Receiver<SocketEvent>)> {
        let (orders, orders_in) = mpsc::channel(ORDERS);
        let (events, events_out) = mpsc::channel(EVENTS);
        let life = CancellationToken::new();
        let connection =
            Connection { target, orders: orders_in, events, life: life.clone(), backoff: Backoff::default() };
        std::thread::Builder::new().name("socket".to_owned()).spawn(move || connection.run())?;
        Ok((Self { orders, _life: life.drop_guard() }, events_out))
    }

    /// Sends on that connection; on any other it would come out of its place and is dropped.
    pub(crate) fn emit(&self, connection: u32, emission: Emission) {
        if self.orders.try_send(Order::Emit { connection, emission }).is_err() {
            warn!("The socket does not keep up, event dropped");
        }
    }

    /// Connects with a new token: at once if it is not connected, or if it is to.
    pub(crate) fn renew(&self, target: SocketTarget, at_once: bool) -> bool {
        self.orders.try_send(Order::Renew { target: Box::new(target), at_once }).is_ok()
    }

    /// Says what is still to be said, then goodbye. Returns when no connection is left.
    pub(crate) async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.orders.send(Order::Close { done }).await.is_ok() {
            // Fails only if the thread is gone already, which is what is waited for.
            let _ = closed.await;
        }
    }
}

struct Connection {
    target: SocketTarget,
    orders: mpsc::Receiver<Order>,
    events: mpsc::Sender<SocketEvent>,
    life: CancellationToken,
    backoff: Backoff,
}

/// How one connection ended.
enum End {
    Lost,
    /// There is a new token to connect with.
    Renewed,
    Refused(String),
    Closed(Option<oneshot::Sender<()>>),
}

impl Connection {
    fn run(mut self) {
        let mut wait = Duration::ZERO;
        for connection in 1.. {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    warn!(%error, "No runtime for a connection");
                    return;
                }
            };
            let end = runtime.block_on(self.live(connection, wait));
            runtime.shutdown_background();
            let (event, next) = match end {
                End::Closed(done) => {
                    if let Some(done) = done {
                        // Nobody may be waiting any more.
                        let _ = done.send(());
                    }
                    return;
                }
                End::Lost => (SocketEvent::Lost, self.backoff.lost(Instant::now(), rand::random())),
                End::Renewed => (SocketEvent::Lost, Duration::ZERO),
                End::Refused(message) => {
                    let generation = self.target.generation;
                    (SocketEvent::Refused { message, generation }, self.backoff.refused(rand::random()))
                }
            };
            debug!(connection, wait_ms = next.as_millis(), "Connection ended");
            if self.events.blocking_send(event).is_err() {
                return;
            }
            wait = next;
        }
    }

    /// One connection from the wait before it to its end.
    async fn live(&mut self, number: u32, wait: Duration) -> End {
        if let Some(end) = self.pause(wait).await {
            return end;
        }
        let life = self.life.clone();
        let (ended, mut end) = mpsc::channel(8);
        let opened = Arc::new(AtomicBool::new(false));
        let open = self.open(number, ended, &opened);
        let (client, tunnel) = tokio::select! {
            () = life.cancelled() => return End::Closed(None),
            open = timeout(OPEN, open) => match open {
                Ok(Some(open)) => open,
                Ok(None) | Err(_) => return End::Lost,
            },
        };
        let started = Instant::now();
        let mut check = interval(CHECK);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = false;
        loop {
            let order = tokio::select! {
                () = life.cancelled() => {
                    farewell(&client, tunnel).await;
                    return End::Closed(None);
                }
                Some(end) = end.recv() => return end,
                order = self.orders.recv() => order,
                _ = check.tick() => {
                    let open = opened.load(Ordering::Acquire);
                    if open && !told {
                        told = true;
                        self.backoff.opened(Instant::now());
                    }
                    // Beside the tunnel the reader's task is the only one here. It ends without a word
                    // if it panics.
                    let ours = usize::from(tunnel.as_ref().is_some_and(|tunnel| !tunnel.is_closed()));
                    let dead = tokio::runtime::Handle::current().metrics().num_alive_tasks() <= ours;
                    if dead || (!open && started.elapsed() > OPEN) {
                        return End::Lost;
                    }
                    continue;
                }
            };
            match order {
                None => {
                    farewell(&client, tunnel).await;
                    return End::Closed(None);
                }
                Some(Order::Close { done }) => {
                    farewell(&client, tunnel).await;
                    return End::Closed(Some(done));
                }
                Some(Order::Renew { target, at_once }) => {
                    self.target = *target;
                    if at_once {
                        return End::Renewed;
                    }
                }
                Some(Order::Emit { connection, .. }) if connection != number => {}
                Some(Order::Emit { emission, .. }) => {
                    let sent = client.emit(emission.name, Payload::Text(emission.args));
                    match timeout(WRITE, sent).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            debug!(event = emission.name, %error, "Event not sent");
                            return End::Lost;
                        }
                        Err(_late) => return End::Lost,
                    }
                }
            }
        }
    }

    /// The wait between connections, unless we are closed meanwhile. Orders for an old connection
    /// are taken out so that they do not block the new ones.
    async fn pause(&mut self, wait: Duration) -> Option<End> {
        let until = tokio::time::sleep(wait);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = self.life.cancelled() => return Some(End::Closed(None)),
                () = &mut until => return None,
                order = self.orders.recv() => match order {
                    None => return Some(End::Closed(None)),
                    Some(Order::Close { done }) => return Some(End::Closed(Some(done))),
                    Some(Order::Renew { target, at_once: _ }) => {
                        self.target = *target;
                        return None;
                    }
                    Some(Order::Emit { .. }) => {}
                },
            }
        }
    }

    /// Connects, through a tunnel if there is a proxy: the library knows none.
    async fn open(
        &self,
        number: u32,
        ended: mpsc::Sender<End>,
        opened: &Arc<AtomicBool>,
    ) -> Option<(Client, Option<Tunnel>)> {
        let target = &self.target;
        let tunnel = match target.transport.proxy_for(&target.address) {
            None => None,
            Some(proxy) => match Tunnel::open(&target.transport, &proxy, &target.address).await {
                Ok(tunnel) => Some(tunnel),
                Err(error) => {
                    debug!(%error, "No way through the proxy");
                    return None;
                }
            },
        };
        let mut builder = match &tunnel {
            None => ClientBuilder::new(target.address.as_str()).tls_config(target.transport.tls().clone()),
            Some(tunnel) => {
                ClientBuilder::new(tunnel.address().as_str()).opening_header("host", tunnel.host())
            }
        };
        builder = self.builder(builder, number, ended, opened);
        match builder.connect().await {
            Ok(client) => Some((client, tunnel)),
            Err(error) => {
                debug!(%error, "Connect failed");
                None
            }
        }
    }

    /// Callbacks only push: a callback that waited would hold up the pings.
    fn builder(
        &self,
        builder: ClientBuilder,
        connection: u32,
        ended: mpsc::Sender<End>,
        opened: &Arc<AtomicBool>,
    ) -> ClientBuilder {
        let mut builder = builder
            .namespace(self.target.namespace)
            .transport_type(TransportType::Websocket)
            .reconnect(true)
            .reconnect_on_disconnect(true);
        if let Some(auth) = &self.target.auth {
            builder = builder.auth(auth.clone());
        }
        let (events, full) = (self.events.clone(), ended.clone());
        builder = builder.on_any(move |event, payload, _| {
            if let Some(event) = event_of(event, payload)
                && events.try_send(event).is_err()
            {
                // A second reason to end changes nothing.
                let _ = full.try_send(End::Lost);
            }
            async {}.boxed()
        });
        let (events, full, opened) = (self.events.clone(), ended.clone(), Arc::clone(opened));
        builder = builder.on(Event::Connect, move |_, _| {
            opened.store(true, Ordering::Release);
            if events.try_send(SocketEvent::Opened { connection }).is_err() {
                let _ = full.try_send(End::Lost);
            }
            async {}.boxed()
        });
        let (errors, events) = (ended.clone(), self.events.clone());
        builder = builder.on(Event::Error, move |payload, _| {
            let end = match said(payload) {
                Ok(event) => events.try_send(event).is_err().then_some(End::Lost),
                Err(payload) => Some(refusal(&payload).map_or(End::Lost, End::Refused)),
            };
            if let Some(end) = end {
                // A second reason to end changes nothing.
                let _ = errors.try_send(end);
            }
            async {}.boxed()
        });
        let closes = ended.clone();
        builder = builder.on(Event::Close, move |_, _| {
            let _ = closes.try_send(End::Lost);
            async {}.boxed()
        });
        builder.on_reconnect(move || {
            let _ = ended.try_send(End::Lost);
            std::future::pending::<ReconnectSettings>().boxed()
        })
    }
}

async fn farewell(client: &Client, tunnel: Option<Tunnel>) {
    if !matches!(timeout(FAREWELL, client.disconnect()).await, Ok(Ok(()))) {
        debug!("Disconnected without a farewell");
    }
    // What was said last is still on its way in there.
    if let Some(mut tunnel) = tunnel
        && timeout(FAREWELL, tunnel.closed()).await.is_err()
    {
        debug!("The server did not close");
    }
}

/// An event without arguments comes as `message` with its name as the only argument.
fn event_of(event: Event, payload: Payload) -> Option<SocketEvent> {
    let Payload::Text(mut args) = payload else {
        debug!("Binary event dropped");
        return None;
    };
    if let Event::Message = event
        && let [Value::String(_)] = args.as_slice()
        && let Some(Value::String(name)) = args.pop()
    {
        return Some(SocketEvent::Event { name, args });
    }
    Some(SocketEvent::Event { name: event.into(), args })
}

/// An event that the backend calls `error`, which the library takes for one of its own; those are words.
fn said(payload: Payload) -> Result<SocketEvent, Payload> {
    match payload {
        Payload::Text(args) if args.first().is_some_and(Value::is_object) => {
            Ok(SocketEvent::Event { name: "error".to_owned(), args })
        }
        own => Err(own),
    }
}

/// What the server says when it does not let us in; the library has only words for it.
fn refusal(payload: &Payload) -> Option<String> {
    let Payload::Text(args) = payload else { return None };
    let frame = args.first()?.as_str()?.strip_prefix("Received an ConnectError frame: ")?;
    let said: Value = serde_json::from_str(frame).unwrap_or(Value::Null);
    let message = said.get("message").and_then(Value::as_str).or_else(|| said.as_str());
    Some(message.unwrap_or("refused").chars().take(200).collect())
}

/// Whether a refusal is about our token. No backend has a code for it, and every other refusal (an
/// unknown namespace, a full server) passes by itself or never.
pub(crate) fn token_refused(message: &str) -> bool {
    let message = message.to_lowercase();
    ["token", "auth", "jwt", "login", "log in", "sign in", "expired"]
        .iter()
        .any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_without_arguments_keeps_its_name() {
        let event = event_of(Event::Message, Payload::Text(vec![json!("callEnded")]));
        assert!(
            matches!(event, Some(SocketEvent::Event { name, args }) if name == "callEnded" && args.is_empty())
        );
        let event = event_of(Event::from("offer"), Payload::Text(vec![json!({ "a": 1 }), json!("offset")]));
        assert!(
            matches!(event, Some(SocketEvent::Event { name, args }) if name == "offer" && args.len() == 2)
        );
    }

    #[test]
    fn an_event_called_error_is_told_from_an_error() {
        let body = json!({ "message": "Failed to join room" });
        let event = said(Payload::Text(vec![body.clone()]));
        assert!(matches!(event, Ok(SocketEvent::Event { name, args }) if name == "error" && args == [body]));
        assert!(said(Payload::Text(vec![json!("EngineIO Error")])).is_err());
    }

    #[test]
    fn a_refusal_is_told_from_a_broken_line() {
        let words = "Received an ConnectError frame: {\"message\":\"Invalid token\"}";
        assert_eq!(refusal(&Payload::Text(vec![json!(words)])).as_deref(), Some("Invalid token"));
        assert_eq!(refusal(&Payload::Text(vec![json!("EngineIO Error")])), None);
    }

    #[test]
    fn refusals_of_the_token_are_told_from_others_on_every_backend() {
        for words in [
            "Authentication error",
            "Invalid token",
            "Unauthorized",
            "Please login to continue",
            "jwt expired",
        ] {
            assert!(token_refused(words), "{words}");
        }
        for words in ["Invalid namespace", "refused", "Server is full", "xhr poll error"] {
            assert!(!token_refused(words), "{words}");
        }
    }
}
