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

use crate::{outbox::Emission, reconnect::Backoff};

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
    /// The server would not let us in; asked again later.
    Refused {
        message: String,
    },
    /// The connection is gone or did not come up.
    Lost,
}

#[derive(Debug)]
enum Order {
    Emit { connection: u32, emission: Emission },
    Close { done: oneshot::Sender<()> },
}

/// Where to connect, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct SocketTarget {
    pub(crate) address: Url,
    pub(crate) auth: Option<Value>,
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
                End::Refused(message) => {
                    (SocketEvent::Refused { message }, self.backoff.refused(rand::random()))
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
        let connect = self.builder(number, ended, &opened).connect();
        let client = tokio::select! {
            () = life.cancelled() => return End::Closed(None),
            client = timeout(OPEN, connect) => match client {
                Ok(Ok(client)) => client,
                Ok(Err(error)) => {
                    debug!(%error, "Connect failed");
                    return End::Lost;
                }
                Err(_late) => return End::Lost,
            },
        };
        let started = Instant::now();
        let mut check = interval(CHECK);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = false;
        loop {
            let order = tokio::select! {
                () = life.cancelled() => {
                    farewell(&client).await;
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
                    // The reader's task is the only one here. It ends without a word if it panics.
                    let dead = tokio::runtime::Handle::current().metrics().num_alive_tasks() == 0;
                    if dead || (!open && started.elapsed() > OPEN) {
                        return End::Lost;
                    }
                    continue;
                }
            };
            match order {
                None => {
                    farewell(&client).await;
                    return End::Closed(None);
                }
                Some(Order::Close { done }) => {
                    farewell(&client).await;
                    return End::Closed(Some(done));
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
                    Some(Order::Emit { .. }) => {}
                },
            }
        }
    }

    /// Callbacks only push: a callback that waited would hold up the pings.
    fn builder(&self, connection: u32, ended: mpsc::Sender<End>, opened: &Arc<AtomicBool>) -> ClientBuilder {
        let mut builder = ClientBuilder::new(self.target.address.as_str())
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
        let errors = ended.clone();
        builder = builder.on(Event::Error, move |payload, _| {
            let end = refusal(&payload).map_or(End::Lost, End::Refused);
            let _ = errors.try_send(end);
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

async fn farewell(client: &Client) {
    if !matches!(timeout(FAREWELL, client.disconnect()).await, Ok(Ok(()))) {
        debug!("Disconnected without a farewell");
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

/// What the server says when it does not let us in; the library has only words for it.
fn refusal(payload: &Payload) -> Option<String> {
    let Payload::Text(args) = payload else { return None };
    let frame = args.first()?.as_str()?.strip_prefix("Received an ConnectError frame: ")?;
    let said: Value = serde_json::from_str(frame).unwrap_or(Value::Null);
    let message = said.get("message").and_then(Value::as_str).or_else(|| said.as_str());
    Some(message.unwrap_or("refused").chars().take(200).collect())
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
    fn a_refusal_is_told_from_a_broken_line() {
        let words = "Received an ConnectError frame: {\"message\":\"Invalid token\"}";
        assert_eq!(refusal(&Payload::Text(vec![json!(words)])).as_deref(), Some("Invalid token"));
        assert_eq!(refusal(&Payload::Text(vec![json!("EngineIO Error")])), None);
    }
}
