//! One task per account: it joins socket, REST and dialect. It decides nothing about a call.
//!
//! ```text
//!  say ──► encode ─┬─► REST lanes ──► reply ──┐
//!                  └─► outbox ──► socket      ├─► decode ─┬─► SessionEvent
//!                                   socket ───┘           └─► more to send
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_call::{CallKey, PersonId, Signal};
use bellwire_dialects::{
    Analytics, Contact, Dialect, HistoryPage, IceServer, Inbound, Message, Outbound, Reaction, Reply,
    ReplyError, RequestId, RestCall, SideEvent,
};
use serde_json::Value;
use thiserror::Error;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{debug, info, warn};

use crate::{
    backend::Backend,
    lanes::{Lane, Lanes, Turn},
    outbox::{Emission, Outbox},
    rest::Rest,
    socketio::{Socket, SocketEvent, SocketTarget},
};

/// Signals that wait to be said; when full, [`Session::say`] fails.
const ORDERS: usize = 1024;
/// Events for the engine; when full, the session waits (and with it the socket).
const EVENTS: usize = 1024;
/// See `Dialect::contacts`.
const LIST_ROUNDS: usize = 4;
const LIST_CALLS: usize = 64;
/// How long [`Session::close`] waits for what is still being said over REST.
const LAST_WORDS: Duration = Duration::from_secs(4);

/// What a session says.
#[derive(Debug)]
pub enum SessionEvent {
    Heard {
        key: CallKey,
        signal: Signal,
    },
    /// The socket opened or is gone; only changes, and false if it does not open at first.
    Link {
        up: bool,
    },
    Presence {
        person: PersonId,
        online: bool,
    },
    /// The account's list changed: fetch it again.
    ListChanged,
    /// A chat message came (ours too, once the backend has it).
    Message(Message),
    ThreadRead {
        thread: String,
        by_me: bool,
    },
    Typing {
        thread: String,
        person: PersonId,
        on: bool,
    },
    /// Said once: the backend no longer accepts the token, the session stays offline.
    TokenExpired,
}

/// Why a signal was not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SayError {
    #[error("the session is closed")]
    Closed,
    #[error("too many signals are waiting")]
    Full,
}

/// A handle on a running session. The session ends when the last one is dropped; then nothing is said
/// any more, unlike with [`Session::close`].
#[derive(Clone, Debug)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    orders: mpsc::Sender<Order>,
    rest: Rest,
    /// A second codec of the same account: builds and reads lists, has no calls.
    lists: Box<dyn Dialect>,
    _life: DropGuard,
}

enum Order {
    Say { key: CallKey, signal: Signal },
    TokenExpired,
    Close { done: oneshot::Sender<()> },
}

impl Session {
    pub(crate) fn start(
        dialect: Box<dyn Dialect>,
        lists: Box<dyn Dialect>,
        rest: Rest,
        backend: &Backend,
    ) -> std::io::Result<(Self, mpsc::Receiver<SessionEvent>)> {
        let target = SocketTarget { address: backend.socket_address(), auth: dialect.socket_auth() };
        let (socket, socket_events) = Socket::start(target)?;
        let (orders, orders_in) = mpsc::channel(ORDERS);
        let (events, events_out) = mpsc::channel(EVENTS);
        let life = CancellationToken::new();
        let task = Task {
            dialect,
            rest: rest.clone(),
            socket: Some(socket),
            connection: None,
            outbox: Outbox::default(),
            lanes: Lanes::default(),
            in_flight: JoinSet::new(),
            events,
            link: None,
            expired: false,
        };
        let ended = life.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = task.run(orders_in, socket_events) => {}
            }
        });
        let shared = Shared { orders, rest, lists, _life: life.drop_guard() };
        Ok((Self { shared: Arc::new(shared) }, events_out))
    }

    /// Says a signal of a call: its REST part at once, its socket part when the socket is open.
    ///
    /// # Errors
    /// The session is closed or does not keep up.
    pub fn say(&self, key: CallKey, signal: Signal) -> Result<(), SayError> {
        self.shared.orders.try_send(Order::Say { key, signal }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SayError::Full,
            mpsc::error::TrySendError::Closed(_) => SayError::Closed,
        })
    }

    /// People this account can call whose name or address contains `search` (empty: all).
    ///
    /// # Errors
    /// See [`ReplyError`]; likewise for the other lists.
    pub async fn contacts(&self, search: &str) -> Result<Vec<Contact>, ReplyError> {
        // The dialects ask the clock only for what is today; without one everything is.
        let now = String::new();
        let mut replies = Vec::new();
        for _ in 0..LIST_ROUNDS {
            let calls = self.shared.lists.contacts(search, &now, &replies);
            if calls.is_empty() {
                break;
            }
            for call in calls.into_iter().take(LIST_CALLS) {
                let (status, body) = self.ask(&call).await?;
                replies.push(Reply { call, status, body });
            }
        }
        self.check(self.shared.lists.parse_contacts(search, &now, &replies))
    }

    /// One page (from 1) of past calls, newest first.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn history(&self, page: u32, limit: u32) -> Result<HistoryPage, ReplyError> {
        let Some(call) = self.shared.lists.history(page, limit) else { return Ok(HistoryPage::default()) };
        let (status, body) = self.ask(&call).await?;
        self.check(self.shared.lists.parse_history(status, &body))
    }

    /// Call figures of the account; `None` where the backend keeps none for it.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn analytics(&self) -> Result<Option<Analytics>, ReplyError> {
        let Some(call) = self.shared.lists.analytics() else { return Ok(None) };
        let (status, body) = self.ask(&call).await?;
        self.check(self.shared.lists.parse_analytics(status, &body)).map(Some)
    }

    /// STUN and TURN servers with fresh credentials.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn ice_servers(&self) -> Result<Vec<IceServer>, ReplyError> {
        let Some(call) = self.shared.lists.ice_servers() else { return Ok(Vec::new()) };
        let (status, body) = self.ask(&call).await?;
        self.check(self.shared.lists.parse_ice_servers(status, &body)).map(|list| list.servers)
    }

    /// Says what is still to be said, closes the socket and ends the session.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.shared.orders.send(Order::Close { done }).await.is_ok() {
            // Fails only if the session is gone already, which is what is waited for.
            let _ = closed.await;
        }
    }

    async fn ask(&self, call: &RestCall) -> Result<(u16, Value), ReplyError> {
        self.shared.rest.call(call).await.map_err(|error| {
            debug!(%error, "List not fetched");
            ReplyError::Unreachable
        })
    }

    fn check<T>(&self, result: Result<T, ReplyError>) -> Result<T, ReplyError> {
        if let Err(ReplyError::TokenExpired) = &result {
            // A full queue only delays the news to the next call.
            let _ = self.shared.orders.try_send(Order::TokenExpired);
        }
        result
    }
}

struct Task {
    dialect: Box<dyn Dialect>,
    rest: Rest,
    /// `None` once the token has expired.
    socket: Option<Socket>,
    /// Number of the open connection.
    connection: Option<u32>,
    outbox: Outbox,
    lanes: Lanes,
    in_flight: JoinSet<(Lane, RequestId, u16, Value)>,
    events: mpsc::Sender<SessionEvent>,
    link: Option<bool>,
    expired: bool,
}

impl Task {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, mut socket: mpsc::Receiver<SocketEvent>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Say { key, signal }) => self.say(&key, &signal),
                    Some(Order::TokenExpired) => self.token_expired().await,
                    Some(Order::Close { done }) => {
                        self.close(&mut socket).await;
                        // Nobody may be waiting any more.
                        let _ = done.send(());
                        return;
                    }
                    None => return,
                },
                Some(event) = socket.recv() => self.socket_event(event).await,
                Some(reply) = self.in_flight.join_next() => {
                    if let Ok((lane, id, status, body)) = reply {
                        self.reply(&lane, id, status, body).await;
                    }
                }
                () = self.events.closed() => return,
            }
        }
    }

    fn say(&mut self, key: &CallKey, signal: &Signal) {
        match self.dialect.encode(key, signal) {
            Ok(outbound) => self.send(outbound, Some(key)),
            Err(error) => debug!(%error, ?signal, "Signal not said"),
        }
    }

    fn send(&mut self, outbound: Vec<Outbound>, call: Option<&CallKey>) {
        for outbound in outbound {
            match outbound {
                Outbound::Emit { name, args, perishable } => {
                    let emission = Emission { name, args, perishable };
                    match (self.connection, &self.socket) {
                        (Some(connection), Some(socket)) => socket.emit(connection, emission),
                        (None | Some(_), _) => self.outbox.push(emission, Instant::now()),
                    }
                }
                Outbound::Request { id, call: request } => {
                    let lane = call.map_or(Lane::Alone(id), |key| Lane::Call(key.clone()));
                    match self.lanes.enter(lane.clone(), id, request) {
                        Turn::Start(id, request) => self.fetch(lane, id, request),
                        Turn::Wait => {}
                        Turn::Full(id) => {
                            warn!("Too many REST calls are waiting");
                            let body = Value::String("too many requests are waiting".to_owned());
                            self.in_flight.spawn(async move { (lane, id, 0, body) });
                        }
                    }
                }
            }
        }
    }

    fn fetch(&mut self, lane: Lane, id: RequestId, request: RestCall) {
        let rest = self.rest.clone();
        self.in_flight.spawn(async move {
            match rest.call(&request).await {
                Ok((status, body)) => (lane, id, status, body),
                Err(error) => {
                    debug!(path = request.path, %error, "REST call failed");
                    (lane, id, 0, Value::String(error.to_string()))
                }
            }
        });
    }

    async fn reply(&mut self, lane: &Lane, id: RequestId, status: u16, body: Value) {
        if let Some((id, request)) = self.lanes.leave(lane) {
            self.fetch(lane.clone(), id, request);
        }
        self.hear(Inbound::Reply { id, status, body }).await;
    }

    async fn socket_event(&mut self, event: SocketEvent) {
        match event {
            SocketEvent::Opened { connection } => {
                self.connection = Some(connection);
                self.hear(Inbound::Opened).await;
                let (waiting, dropped) = self.outbox.open(Instant::now());
                debug!(connection, waiting = waiting.len(), dropped, "Socket open");
                for emission in waiting {
                    if let Some(socket) = &self.socket {
                        socket.emit(connection, emission);
                    }
                }
                self.link(true).await;
            }
            SocketEvent::Event { name, args } => self.hear(Inbound::Event { name, args }).await,
            SocketEvent::Lost => self.lost().await,
            SocketEvent::Refused { message } => {
                debug!(message, "Socket refused");
                self.lost().await;
                // No backend has a code for it, and every other refusal passes by itself.
                let message = message.to_lowercase();
                if ["token", "auth", "jwt", "login"].iter().any(|word| message.contains(word)) {
                    self.token_expired().await;
                }
            }
        }
    }

    async fn lost(&mut self) {
        if self.connection.take().is_some() {
            self.hear(Inbound::Closed).await;
        }
        self.link(false).await;
    }

    async fn hear(&mut self, inbound: Inbound) {
        let Reaction { heard, outbound, side } = match self.dialect.decode(inbound) {
            Ok(reaction) => reaction,
            Err(error) => {
                debug!(%error, "Message dropped");
                return;
            }
        };
        self.send(outbound, heard.first().map(|(key, _)| key));
        for (key, signal) in heard {
            self.tell(SessionEvent::Heard { key, signal }).await;
        }
        for side in side {
            match side {
                SideEvent::Presence(changes) => {
                    for change in changes {
                        let event = SessionEvent::Presence { person: change.person, online: change.online };
                        self.tell(event).await;
                    }
                }
                SideEvent::TokenExpired => Box::pin(self.token_expired()).await,
                SideEvent::ListChanged => self.tell(SessionEvent::ListChanged).await,
                SideEvent::Message(message) => self.tell(SessionEvent::Message(message)).await,
                SideEvent::ThreadRead { thread, by_me } => {
                    self.tell(SessionEvent::ThreadRead { thread, by_me }).await;
                }
                SideEvent::Typing { thread, person, on } => {
                    self.tell(SessionEvent::Typing { thread, person, on }).await;
                }
            }
        }
    }

    async fn link(&mut self, up: bool) {
        if self.link.replace(up) != Some(up) {
            info!(up, "Link");
            self.tell(SessionEvent::Link { up }).await;
        }
    }

    async fn token_expired(&mut self) {
        if std::mem::replace(&mut self.expired, true) {
            return;
        }
        info!("Token no longer accepted");
        // Dropped, not closed: a server that refuses us gets no farewell, and nothing may wait for it.
        self.socket = None;
        self.connection = None;
        self.link(false).await;
        self.tell(SessionEvent::TokenExpired).await;
    }

    async fn tell(&self, event: SessionEvent) {
        // Without a listener the loop ends by itself.
        let _ = self.events.send(event).await;
    }

    /// Lets REST calls finish and what they lead to be said, then closes the socket.
    async fn close(&mut self, socket: &mut mpsc::Receiver<SocketEvent>) {
        let finish = async {
            while let Some(reply) = self.in_flight.join_next().await {
                let Ok((lane, id, status, body)) = reply else { continue };
                if let Some((id, request)) = self.lanes.leave(&lane) {
                    self.fetch(lane, id, request);
                }
                if let Ok(reaction) = self.dialect.decode(Inbound::Reply { id, status, body }) {
                    self.send(reaction.outbound, reaction.heard.first().map(|(key, _)| key));
                }
            }
        };
        if tokio::time::timeout(LAST_WORDS, finish).await.is_err() {
            debug!("Closed while REST calls were waiting");
        }
        if let Some(connection) = self.socket.take() {
            // The thread must not block on events that nobody reads any more.
            socket.close();
            connection.close().await;
        }
    }
}
