//! One account's Socket.IO connection, for as long as the account lives: a thread that connects, says
//! and hears, waits and connects again. Each connection has a runtime of its own, so that nothing of
//! it is left behind.
//!
//! ```text
//!  session ─orders─► thread: [ wait ─► connect ─► emit … ─► lost ] ─┐
//!     ▲                        ▲                                    │ next runtime
//!     └──────events────────────┴────────────────────────────────────┘
//! ```

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{debug, warn};
use url::Url;

use crate::{
    access::Generation,
    carrier::{Carriers, LinkProblem},
    line::{Broken, Carrier, Line},
    outbox::Emission,
    packet::{self, Handshake, Packet},
    reconnect::Backoff,
    transport::Transport,
};

/// How long a connection may take to open, by each of the two ways, and as long again until the
/// server lets us in.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// How long events may take to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often is looked whether the server was heard.
const SILENCE_CHECK_EVERY: Duration = Duration::from_secs(1);
/// How long ending a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the server may take to read the last events before the connection is ended: one that is busy reads
/// what has come meanwhile at once, and may then look at the end first.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);
/// Events that were written longer ago have been read.
const SETTLED_AFTER: Duration = Duration::from_secs(10);
/// Between the last event and the end of the connection, also where a proxy has answered for the server.
const CLOSE_DELAY: Duration = Duration::from_millis(250);
/// How long ending a connection may take whose server did not answer.
const SILENT_CLOSE_TIMEOUT: Duration = Duration::from_millis(250);
/// Events written together.
const MAX_EVENTS_PER_WRITE: usize = 64;
/// Events from the server that wait for the session; when full the connection is dropped, because an
/// event left out would be worse than a reconnect.
const EVENT_QUEUE: usize = 4096;
/// Orders that wait for the connection; when full the connection counts as lost.
const ORDER_QUEUE: usize = 2048;

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
    /// The connection is gone or did not come up; why, if it did not.
    Lost {
        problem: Option<LinkProblem>,
    },
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
    /// A wait between connections is over; `moved`: the connection there is, too.
    NetworkChanged {
        moved: bool,
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
        let (orders, orders_in) = mpsc::channel(ORDER_QUEUE);
        let (events, events_out) = mpsc::channel(EVENT_QUEUE);
        let life = CancellationToken::new();
        let connection = Connection {
            target,
            orders: orders_in,
            events,
            life: life.clone(),
            backoff: Backoff::default(),
            carriers: Carriers::default(),
        };
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

    pub(crate) fn network_changed(&self, moved: bool) {
        // Full: the silence of the connection will tell.
        let _full = self.orders.try_send(Order::NetworkChanged { moved });
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
    carriers: Carriers,
}

/// How one connection ended.
enum End {
    Lost(Option<LinkProblem>),
    /// There is a new token to connect with.
    Renewed,
    /// The network it was made on is gone.
    Moved,
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
                        // The receiver may be gone.
                        let _ = done.send(());
                    }
                    return;
                }
                End::Lost(problem) => {
                    let next = match problem {
                        Some(LinkProblem::AccessDenied) => self.backoff.refused(rand::random()),
                        Some(LinkProblem::WebsocketBlocked | LinkProblem::Unreachable) | None => {
                            self.backoff.lost(Instant::now(), rand::random())
                        }
                    };
                    (SocketEvent::Lost { problem }, next)
                }
                End::Renewed | End::Moved => (SocketEvent::Lost { problem: None }, Duration::ZERO),
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
        let (carrier, line, handshake) = tokio::select! {
            () = life.cancelled() => return End::Closed(None),
            opened = self.open() => match opened {
                Ok(opened) => opened,
                Err(problem) => return End::Lost(Some(problem)),
            },
        };
        let mut open = Open { number, line, said: None, let_in: false };
        let end = self.talk(&mut open, &handshake).await;
        if carrier == Carrier::WebSocket && !open.let_in && matches!(end, End::Lost(_)) {
            // Something passes the upgrade and then nothing.
            self.carriers.web_sockets_fail(Instant::now());
        }
        match end {
            // The other end does not listen, said that it does not, or cannot hear.
            End::Lost(_) | End::Refused(_) | End::Moved => drop(open),
            End::Renewed | End::Closed(_) => open.farewell().await,
        }
        end
    }

    async fn talk(&mut self, open: &mut Open, handshake: &Handshake) -> End {
        let life = self.life.clone();
        let hello = packet::connect(self.target.namespace, self.target.auth.as_ref());
        if open.write(vec![hello]).await.is_err() {
            return End::Lost(None);
        }
        let started = Instant::now();
        let mut heard = started;
        let mut check = interval(SILENCE_CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = life.cancelled() => return End::Closed(None),
                packet = open.line.next() => {
                    heard = Instant::now();
                    let Some(packet) = packet else { return End::Lost(None) };
                    if let Some(end) = self.hear(open, &packet).await {
                        return end;
                    }
                }
                order = self.orders.recv() => if let Some(end) = self.obey(open, order).await {
                    return end;
                },
                _ = check.tick() => {
                    let shut_out = !open.let_in && started.elapsed() > OPEN_TIMEOUT;
                    if shut_out || heard.elapsed() > handshake.silence() {
                        debug!(connection = open.number, "The server is silent");
                        return End::Lost(shut_out.then_some(LinkProblem::Unreachable));
                    }
                }
            }
        }
    }

    async fn hear(&mut self, open: &mut Open, packet: &str) -> Option<End> {
        let event = match packet::read(packet, self.target.namespace) {
            Packet::Ping => return open.pong().await.err().map(|Broken| End::Lost(None)),
            Packet::Connected if open.let_in => return None,
            Packet::Connected => {
                open.let_in = true;
                self.backoff.opened(Instant::now());
                SocketEvent::Opened { connection: open.number }
            }
            Packet::Refused(message) => return Some(End::Refused(message)),
            Packet::Event { name, args } if open.let_in => SocketEvent::Event { name, args },
            Packet::Event { .. } | Packet::Other => return None,
            Packet::Closed => return Some(End::Lost(None)),
        };
        match self.events.try_send(event) {
            // The session is closing and does not listen any more, but what it said last is still to be written.
            Ok(()) | Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(_)) => Some(End::Lost(None)),
        }
    }

    async fn obey(&mut self, open: &mut Open, order: Option<Order>) -> Option<End> {
        let mut packets = Vec::new();
        let mut next = order;
        let end = loop {
            match next {
                None => break Some(End::Closed(None)),
                Some(Order::Close { done }) => break Some(End::Closed(Some(done))),
                Some(Order::Renew { target, at_once }) => {
                    self.target = *target;
                    if at_once {
                        break Some(End::Renewed);
                    }
                }
                Some(Order::NetworkChanged { moved: true }) => break Some(End::Moved),
                Some(Order::NetworkChanged { moved: false }) => {}
                Some(Order::Emit { connection, emission }) if connection == open.number => {
                    packets.push(packet::emit(self.target.namespace, emission.name, emission.args));
                }
                Some(Order::Emit { .. }) => {}
            }
            if packets.len() >= MAX_EVENTS_PER_WRITE {
                break None;
            }
            match self.orders.try_recv() {
                Ok(order) => next = Some(order),
                // That there are no senders any more shows at the next receive.
                Err(_) => break None,
            }
        };
        if !packets.is_empty() && open.write(packets).await.is_err() {
            debug!("Events not sent");
            return Some(match end {
                Some(End::Closed(done)) => End::Closed(done),
                Some(End::Lost(_) | End::Renewed | End::Moved | End::Refused(_)) | None => End::Lost(None),
            });
        }
        end
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
                    Some(Order::NetworkChanged { moved: _ }) => return None,
                    Some(Order::Emit { .. }) => {}
                },
            }
        }
    }

    /// By WebSocket, or by long polling where those do not pass.
    async fn open(&mut self) -> Result<(Carrier, Line, Handshake), LinkProblem> {
        let mut refused = None;
        for carrier in self.carriers.order(Instant::now()) {
            let SocketTarget { address, transport, .. } = &self.target;
            let opened = match timeout(OPEN_TIMEOUT, Line::open(*carrier, address, transport)).await {
                Ok(opened) => opened,
                Err(_late) => {
                    debug!(?carrier, "Connect takes too long");
                    self.carriers.failed(*carrier);
                    return Err(LinkProblem::Unreachable);
                }
            };
            match opened {
                Ok((line, handshake)) => {
                    self.carriers.opened(*carrier, Instant::now());
                    return Ok((*carrier, line, handshake));
                }
                Err(error) => {
                    debug!(?carrier, %error, "Connect failed");
                    self.carriers.failed(*carrier);
                    let problem = LinkProblem::of(refused.as_ref(), &error);
                    if *carrier == Carrier::Polling || !LinkProblem::is_of_web_sockets(&error) {
                        return Err(problem);
                    }
                    refused = Some(error);
                }
            }
        }
        Err(LinkProblem::WebsocketBlocked)
    }
}

/// A connection in use.
struct Open {
    number: u32,
    line: Line,
    /// When something was last said on it.
    said: Option<Instant>,
    /// The server let us into the namespace.
    let_in: bool,
}

impl Open {
    async fn write(&mut self, packets: Vec<String>) -> Result<(), Broken> {
        timeout(WRITE_TIMEOUT, self.line.send(packets)).await.unwrap_or(Err(Broken))?;
        self.said = Some(Instant::now());
        Ok(())
    }

    async fn pong(&mut self) -> Result<(), Broken> {
        timeout(WRITE_TIMEOUT, self.line.pong()).await.unwrap_or(Err(Broken))
    }

    /// The last words have time to be taken in. A connection on which nothing was said lately does not wait.
    async fn farewell(mut self) {
        let mut patience = CLOSE_TIMEOUT;
        if let Some(said) = self.said.filter(|at| at.elapsed() < SETTLED_AFTER) {
            if !matches!(timeout(SETTLE_TIMEOUT, self.line.settle()).await, Ok(Ok(()))) {
                debug!("The server may not have read the last events");
                patience = SILENT_CLOSE_TIMEOUT;
            }
            tokio::time::sleep(CLOSE_DELAY.saturating_sub(said.elapsed())).await;
        }
        if self.line.close(patience).await.is_err() {
            debug!("The server did not close");
        }
    }
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
    use super::*;

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
        for words in ["Invalid namespace", "refused", "Server is full", "xhr poll error", "Access denied"] {
            assert!(!token_refused(words), "{words}");
        }
    }
}
