//! The hub actor: the one task of a backend that owns its hub and all its sockets. Requests go in, events
//! come out, timers run in between. It never waits: orders to the records go to a task of their own.
//!
//! ```text
//!  socket ── ask ──┐                      ┌─ Emit, Close ─► sockets, in the order decided
//!  records ─ tell ─┼─► Hub (pure) ────────┤
//!  time ───────────┘                      └─ Order ───────► records
//! ```

mod key;
mod sessions;
mod waits;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::Serialize;
use serde_json::Value;
use socketioxide::extract::SocketRef;
use socketioxide::{SendError, SocketError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

pub(crate) use self::key::SocketKey;
use self::sessions::Sessions;
pub(crate) use self::sessions::{Opened, SessionEnd};
use self::waits::{at, due};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::metrics::Flow;
use crate::readiness::HubQueues;
use crate::throttle::Throttle;

/// How often a socket that could not be closed because its buffer is full is tried again.
const CLOSE_RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// How long a hub is left alone before its figures are taken: they go through all its calls.
const METRICS_DELAY: Duration = Duration::from_millis(200);
/// Orders the records may be behind by before those who give them have to wait.
const MAX_QUEUED_ORDERS: usize = 1024;
/// How many of them may be such that can be lost.
const MAX_QUEUED_REPORTS: usize = MAX_QUEUED_ORDERS / 4;

/// The decisions of a backend: presence, calls, and which socket gets which event. It knows no socket,
/// database or clock, so that a test is a list of requests and times.
pub(crate) trait Hub: Send + 'static {
    /// Whose hub it is, for the metrics.
    const BACKEND: Backend;
    /// What a socket asks for; whose socket it is, the hub keeps.
    type Request: Send + 'static;
    /// Changes of the records, reported by REST handlers and carried-out orders.
    type News: Send + 'static;
    /// Changes the hub wants in the records.
    type Order: Order;

    fn asked(&mut self, from: SocketKey, request: Self::Request, now: Millis) -> Vec<Reply<Self::Order>>;
    fn told(&mut self, news: Self::News, now: Millis) -> Vec<Reply<Self::Order>>;
    /// The session of a socket is over: the events it gets before it is closed.
    fn session_over(&mut self, key: SocketKey, end: SessionEnd, now: Millis) -> Vec<Reply<Self::Order>> {
        let _ = (key, end, now);
        Vec::new()
    }
    /// The socket is gone; nothing can be sent to it any more.
    fn disconnected(&mut self, key: SocketKey, now: Millis) -> Vec<Reply<Self::Order>>;
    /// The next moment [`Hub::expire`] has something to do.
    fn deadline(&self) -> Option<Millis>;
    /// What has to happen because time has passed.
    fn expire(&mut self, now: Millis) -> Vec<Reply<Self::Order>>;
    /// Calls that ring now, for the metrics.
    fn ringing(&self) -> usize {
        0
    }
}

/// A change the hub wants in the records.
pub(crate) trait Order: Send + std::fmt::Debug + 'static {
    /// Whether the records may go without it when they are behind: a report, which the next one replaces.
    fn may_be_lost(&self) -> bool {
        false
    }
}

/// One output of a hub.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply<O> {
    Emit {
        to: SocketKey,
        event: &'static str,
        body: Value,
    },
    /// The socket is to be disconnected, after what was emitted before.
    Close(SocketKey),
    Order(O),
}

impl<O> Reply<O> {
    /// An event for one socket.
    pub(crate) fn emit(to: SocketKey, event: &'static str, body: &impl Serialize) -> Self {
        // Wire structs are maps with text keys: they always serialise.
        Self::Emit { to, event, body: serde_json::to_value(body).unwrap_or_default() }
    }
}

/// An order, and the socket that asked for what it is about, if one did.
#[derive(Debug)]
pub(crate) struct Job<O> {
    pub(crate) order: O,
    pub(crate) asked_by: Option<SocketKey>,
}

/// The records' task: carries out one order after the other until the hub ends. One that panics is lost
/// alone; without the task all orders would wait for ever.
pub(crate) async fn carry_out<O, F: Future<Output = ()>>(
    mut orders: mpsc::Receiver<Job<O>>,
    perform: impl Fn(Job<O>) -> F,
) {
    while let Some(job) = orders.recv().await {
        if AssertUnwindSafe(async { perform(job).await }).catch_unwind().await.is_err() {
            error!("An order panicked; the next one is carried out");
        }
    }
}

type Look<H> = Box<dyn FnOnce(&H) + Send>;

enum Input<H: Hub> {
    Opened(SocketKey, SocketRef),
    SignedIn(SocketKey, Opened),
    Forget(SocketKey),
    SignedOut(String),
    AccountEnded(String, Millis),
    Asked(SocketKey, H::Request),
    Told(H::News),
    Say(SocketKey, &'static str, Value),
    Gone(SocketKey),
    Look(Look<H>),
}

/// A handle to a hub actor. Everything sent through one handle arrives in order; a full inbox makes the
/// sender wait.
pub(crate) struct HubHandle<H: Hub> {
    inbox: mpsc::Sender<Input<H>>,
    /// False while orders wait for the records.
    calm: watch::Receiver<bool>,
}

impl<H: Hub> Clone for HubHandle<H> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone(), calm: self.calm.clone() }
    }
}

impl<H: Hub> std::fmt::Debug for HubHandle<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubHandle").field("free", &self.inbox.capacity()).finish()
    }
}

impl<H: Hub> HubHandle<H> {
    /// A socket is connected; sent by its task before any request of the socket.
    pub(crate) async fn open(&self, key: SocketKey, socket: SocketRef) {
        self.send(Input::Opened(key, socket)).await;
    }

    /// A socket has shown what it is allowed to be there by; it is closed when that is over.
    pub(crate) async fn signed_in(&self, key: SocketKey, opened: Opened) {
        self.send(Input::SignedIn(key, opened)).await;
    }

    /// A socket is not signed in any more, and stays open.
    pub(crate) async fn forget_session(&self, key: SocketKey) {
        self.send(Input::Forget(key)).await;
    }

    /// A session was given back: its sockets are closed.
    pub(crate) async fn signed_out(&self, name: String) {
        self.send(Input::SignedOut(name)).await;
    }

    /// All sessions of an account that began until then are over: their sockets are closed.
    pub(crate) async fn account_ended(&self, account: String, before: Millis) {
        self.send(Input::AccountEnded(account, before)).await;
    }

    /// A socket asks for something. It waits while the records are behind, so that what sockets ask for
    /// does not pile up as orders; never called by the records, which would wait for themselves.
    pub(crate) async fn ask(&self, from: SocketKey, request: H::Request) {
        // An error is the end of the hub, of which `send` hears too.
        let _ = self.calm.clone().wait_for(|calm| *calm).await;
        self.send(Input::Asked(from, request)).await;
    }

    /// The records have something to say.
    pub(crate) async fn tell(&self, news: H::News) {
        self.send(Input::Told(news)).await;
    }

    /// Emits an event to one socket that changes nothing for the hub: that its request failed.
    pub(crate) async fn say(&self, to: SocketKey, event: &'static str, body: &impl Serialize) {
        self.send(Input::Say(to, event, serde_json::to_value(body).unwrap_or_default())).await;
    }

    /// The socket is disconnected; sent by its task, once, after everything else of that socket.
    pub(crate) async fn gone(&self, key: SocketKey) {
        self.send(Input::Gone(key)).await;
    }

    /// Reads something from the hub; `None` when the server is going down.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&H) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let look: Look<H> = Box::new(move |hub| {
            let _ = answer.send(look(hub));
        });
        self.send(Input::Look(look)).await;
        answered.await.ok()
    }

    /// Whether the hub answers, and gets rid of its orders.
    async fn answers(&mut self) -> bool {
        self.look(|_| ()).await.is_some() && self.calm.wait_for(|calm| *calm).await.is_ok()
    }

    async fn send(&self, input: Input<H>) {
        // The hub ends only when the server does; then no client is left.
        let _ = self.inbox.send(input).await;
    }
}

/// Makes the way to a hub and the task that runs it.
///
/// The receiver gets what the records have to do. When it is full (1024), orders wait in the hub_actor
/// and sockets that ask for something wait too, so that no more can wait than what is in the inbox makes;
/// only what may be lost is.
pub(crate) fn hub_actor<H: Hub>(
    context: &Arc<ServerContext>,
    hub: H,
) -> (HubHandle<H>, HubActor<H>, mpsc::Receiver<Job<H::Order>>) {
    // When full, the sockets and handlers that send wait.
    let (sender, inbox) = mpsc::channel(4096);
    let (records, orders) = mpsc::channel(MAX_QUEUED_ORDERS);
    let (calm, watched) = watch::channel(true);
    let handle = HubHandle { inbox: sender, calm: watched };
    // Weak: the records end with the hub, which has the other end.
    let (asked, waiting) = (handle.clone(), records.downgrade());
    context.readiness.add_hub(
        H::BACKEND,
        {
            let asked = asked.clone();
            move || {
                let mut asked = asked.clone();
                Box::pin(async move { asked.answers().await })
            }
        },
        move || HubQueues {
            requests: asked.inbox.max_capacity() - asked.inbox.capacity(),
            orders: waiting.upgrade().map_or(0, |orders| orders.max_capacity() - orders.capacity()),
        },
    );
    let actor = HubActor {
        context: Arc::clone(context),
        hub,
        inbox,
        sockets: HashMap::new(),
        sessions: Sessions::default(),
        closing: BTreeSet::new(),
        records,
        waiting: VecDeque::new(),
        calm,
        behind: Throttle::per_minute(),
        count_at: None,
    };
    (handle, actor, orders)
}

/// The task; [`HubActor::run`] it.
pub(crate) struct HubActor<H: Hub> {
    context: Arc<ServerContext>,
    hub: H,
    inbox: mpsc::Receiver<Input<H>>,
    sockets: HashMap<SocketKey, SocketRef>,
    sessions: Sessions,
    closing: BTreeSet<SocketKey>,
    records: mpsc::Sender<Job<H::Order>>,
    /// Orders the records have no room for yet; while there are any, sockets wait with requests.
    waiting: VecDeque<Job<H::Order>>,
    calm: watch::Sender<bool>,
    behind: Throttle,
    /// Something happened since the hub's figures were taken; they are taken again then.
    count_at: Option<Instant>,
}

impl<H: Hub> HubActor<H> {
    /// Serves until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let deadline = self.hub.deadline().into_iter().chain(self.sessions.deadline()).min();
            let stuck = !self.closing.is_empty();
            let input = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                room = self.records.reserve(), if !self.waiting.is_empty() => {
                    match room {
                        Ok(room) => if let Some(order) = self.waiting.pop_front() {
                            room.send(order);
                        },
                        // The records have ended, and the server with them.
                        Err(_) => self.waiting.clear(),
                    }
                    self.calm.send_if_modified(|calm| !std::mem::replace(calm, self.waiting.is_empty()));
                    continue;
                }
                // What is due is ordered once there is room for it.
                () = at(deadline), if self.waiting.is_empty() => None,
                () = tokio::time::sleep(CLOSE_RETRY_INTERVAL), if stuck => None,
                () = due(self.count_at) => {
                    self.count_at = None;
                    self.context.metrics.ringing(H::BACKEND, self.hub.ringing());
                    continue;
                }
                input = self.inbox.recv() => match input {
                    Some(input) => Some(input),
                    None => break,
                },
            };
            let caught = catch_unwind(AssertUnwindSafe(|| self.step(input)));
            if caught.is_err() {
                error!("The hub failed on a request; it goes on with the next");
            }
        }
    }

    fn step(&mut self, input: Option<Input<H>>) {
        let now = Millis::now();
        let asked_by = match &input {
            Some(Input::Asked(from, _)) => Some(*from),
            Some(
                Input::Opened(..)
                | Input::SignedIn(..)
                | Input::Forget(_)
                | Input::SignedOut(_)
                | Input::AccountEnded(..)
                | Input::Told(_)
                | Input::Say(..)
                | Input::Gone(_)
                | Input::Look(_),
            )
            | None => None,
        };
        let replies = match input {
            None => {
                for key in std::mem::take(&mut self.closing) {
                    self.close(key);
                }
                if self.waiting.is_empty() {
                    let over = self.sessions.over(now);
                    let mut replies = self.end_sessions(over, SessionEnd::Expired, now);
                    replies.extend(self.hub.expire(now));
                    replies
                } else {
                    Vec::new()
                }
            }
            Some(Input::Opened(key, socket)) => {
                self.sockets.insert(key, socket);
                Vec::new()
            }
            Some(Input::SignedIn(key, opened)) => {
                self.sessions.add(key, opened);
                Vec::new()
            }
            Some(Input::Forget(key)) => {
                self.sessions.remove(key);
                Vec::new()
            }
            Some(Input::SignedOut(name)) => {
                let theirs = self.sessions.given_back(&name);
                self.end_sessions(theirs, SessionEnd::SignedOut, now)
            }
            Some(Input::AccountEnded(account, before)) => {
                let theirs = self.sessions.of_account(&account, before);
                self.end_sessions(theirs, SessionEnd::SignedOut, now)
            }
            Some(Input::Asked(from, request)) => self.hub.asked(from, request, now),
            Some(Input::Told(news)) => self.hub.told(news, now),
            Some(Input::Say(to, event, body)) => {
                self.emit(to, event, &body);
                Vec::new()
            }
            Some(Input::Gone(key)) => {
                self.sockets.remove(&key);
                self.closing.remove(&key);
                self.sessions.remove(key);
                self.hub.disconnected(key, now)
            }
            Some(Input::Look(look)) => {
                look(&self.hub);
                Vec::new()
            }
        };
        for reply in replies {
            self.deliver(reply, asked_by);
        }
        self.count_at.get_or_insert_with(|| Instant::now() + METRICS_DELAY);
    }

    fn end_sessions(
        &mut self,
        sockets: Vec<SocketKey>,
        end: SessionEnd,
        now: Millis,
    ) -> Vec<Reply<H::Order>> {
        let mut replies = Vec::new();
        for key in sockets {
            replies.extend(self.hub.session_over(key, end, now));
            replies.push(Reply::Close(key));
        }
        replies
    }

    fn deliver(&mut self, reply: Reply<H::Order>, asked_by: Option<SocketKey>) {
        match reply {
            Reply::Order(order) => self.order(Job { order, asked_by }),
            Reply::Close(key) => self.close(key),
            Reply::Emit { to, event, body } => self.emit(to, event, &body),
        }
    }

    fn order(&mut self, order: Job<H::Order>) {
        if order.order.may_be_lost() {
            let room =
                self.records.capacity() > MAX_QUEUED_ORDERS - MAX_QUEUED_REPORTS && self.waiting.is_empty();
            if !room || self.records.try_send(order).is_err() {
                debug!("The call records cannot keep up; a report is lost");
                self.context.metrics.event(H::BACKEND, Flow::Dropped);
            }
            return;
        }
        if !self.waiting.is_empty() {
            self.waiting.push_back(order);
            return;
        }
        match self.records.try_send(order) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(order)) => {
                if self.behind.pass() {
                    warn!("The call records cannot keep up; requests of sockets wait");
                }
                self.waiting.push_back(order);
                self.calm.send_replace(false);
            }
        }
    }

    fn emit(&mut self, to: SocketKey, event: &'static str, body: &Value) {
        if self.closing.contains(&to) {
            return;
        }
        let Some(socket) = self.sockets.get(&to) else { return };
        match socket.emit(event, body) {
            Ok(()) => self.context.metrics.event(H::BACKEND, Flow::Out),
            Err(SendError::Socket(SocketError::InternalChannelFull)) => {
                debug!(socket = to.0, "A socket does not read what it is sent");
                self.close(to);
            }
            Err(error) => debug!(socket = to.0, event, %error, "An event was not sent"),
        }
    }

    /// Disconnecting takes a place in the socket's buffer; when that is full it is tried again later.
    fn close(&mut self, key: SocketKey) {
        let Some(socket) = self.sockets.get(&key) else { return };
        match socket.clone().disconnect() {
            Ok(()) | Err(SocketError::Closed) => {}
            Err(SocketError::InternalChannelFull) => {
                self.closing.insert(key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
