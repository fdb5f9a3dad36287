//! One task per account: it joins socket, REST and dialect. It decides nothing about a call.
//!
//! ```text
//!  say, chat ──► encode ─┬─► REST queue ──► reply ──┐
//!       poll ───────────►│                          ├─► decode ─┬─► SessionEvent
//!                        └─► outbox ──► socket ─────┘           └─► more to send
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bellwire_call::{CallKey, CallReport, OutgoingSignal};
use bellwire_dialects::{ChatAction, Dialect, Identity, Inbound, Outbound, Reaction, RequestId, SideEvent};
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinError, JoinSet},
};
use tracing::{debug, info, warn};

use super::{
    Account, Order, SessionEvent, now,
    renewal::Renewal,
    request::{Done, Request},
};
use crate::{
    access::{Access, Generation},
    budget::Budget,
    carrier::LinkProblem,
    outbox::{Emission, Outbox},
    request_queue::{Admission, QueueKey, RequestQueue},
    socketio::{Socket, SocketEvent, SocketTarget, token_refused},
};

/// How long [`Session::close`](super::Session::close) waits for what is still being said over REST.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(4);
/// How often is looked whether a pause is over: it ends by the wall's clock, sleeping is by another.
const PAUSE_CHECK_EVERY: Duration = Duration::from_secs(30);
/// A call's request that the backend does not take now is made again, if that is soon.
const MAX_CALL_RETRY_DELAY: Duration = Duration::from_secs(5);
/// A dialect that asks more often is slowed down.
const MIN_POLL_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Task {
    pub(super) dialect: Box<dyn Dialect>,
    pub(super) account: Account,
    pub(super) access: Arc<Access>,
    /// `None` once the token has expired.
    pub(super) socket: Option<(Socket, mpsc::Receiver<SocketEvent>)>,
    /// Number of the open connection.
    pub(super) connection: Option<u32>,
    outbox: Outbox,
    pub(super) queue: RequestQueue,
    pub(super) work: JoinSet<Done>,
    /// Said to the engine after each step; as long as one step makes it.
    pub(super) news: Vec<SessionEvent>,
    events: mpsc::Sender<SessionEvent>,
    link: Option<bool>,
    problem: Option<LinkProblem>,
    pub(super) renewal: Renewal,
    poll_at: Option<tokio::time::Instant>,
    budget: watch::Receiver<Budget>,
    /// As it was last told.
    paused: Option<SystemTime>,
    /// Requests of the last poll, and of what their replies led to, that are unanswered.
    polling: BTreeSet<RequestId>,
}

impl Task {
    pub(super) fn new(
        dialect: Box<dyn Dialect>,
        account: Account,
        access: Arc<Access>,
        events: mpsc::Sender<SessionEvent>,
    ) -> std::io::Result<Self> {
        let budget = access.rest().1.budget();
        let mut task = Self {
            dialect,
            account,
            access,
            socket: None,
            connection: None,
            outbox: Outbox::default(),
            queue: RequestQueue::default(),
            work: JoinSet::new(),
            news: Vec::new(),
            events,
            link: None,
            problem: None,
            renewal: Renewal::default(),
            poll_at: None,
            budget,
            paused: None,
            polling: BTreeSet::new(),
        };
        task.socket = Some(Socket::start(task.target())?);
        Ok(task)
    }

    pub(super) fn target(&self) -> SocketTarget {
        SocketTarget {
            address: self.account.backend.socket_address(),
            namespace: self.account.entry.namespace,
            auth: self.dialect.socket_auth(),
            generation: self.access.generation(),
            transport: self.account.transport.clone(),
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.poll_later();
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Say { key, signal }) => self.say(&key, &signal),
                    Some(Order::Report { key, report }) => self.report(&key, &report),
                    Some(Order::Chat(action)) => self.chat(&action),
                    Some(Order::Refused { generation, renewed }) => self.list_refused(generation, renewed),
                    Some(Order::Renew(identity)) => self.signed_in_again(*identity),
                    Some(Order::NetworkChanged { moved }) => {
                        if let Some((socket, _)) = &self.socket {
                            socket.network_changed(moved);
                        }
                    }
                    Some(Order::Close { done }) => {
                        self.close().await;
                        // The receiver may be gone.
                        let _ = done.send(());
                        return;
                    }
                    None => return,
                },
                Some(event) = next(&mut self.socket) => self.socket_event(event),
                Some(done) = self.work.join_next() => self.done(done),
                () = until(self.poll_at) => self.poll(),
                // Only changes while its senders live, which the access has.
                Ok(()) = self.budget.changed() => self.pause(),
                () = pause_check(self.paused) => self.pause(),
                () = self.events.closed() => return,
            }
            for event in std::mem::take(&mut self.news) {
                // Without a listener the loop ends by itself.
                let _ = self.events.send(event).await;
            }
        }
    }

    fn done(&mut self, done: Result<Done, JoinError>) {
        match done {
            Ok(Done::Replied { request, generation, status, body }) => {
                self.replied(request, generation, status, body);
            }
            Ok(Done::Refreshed(identity)) => self.refreshed(identity),
            Err(error) => {
                warn!(%error, "A REST call broke off");
                self.polling.clear();
            }
        }
    }

    fn say(&mut self, key: &CallKey, signal: &OutgoingSignal) {
        match self.dialect.encode(key, signal) {
            Ok(outbound) => self.send(outbound, |_| QueueKey::Call(key.clone())),
            Err(error) => debug!(%error, ?signal, "Signal not said"),
        }
    }

    fn report(&mut self, key: &CallKey, report: &CallReport) {
        match self.dialect.report(key, report) {
            Ok(outbound) => self.send(outbound, |_| QueueKey::Call(key.clone())),
            Err(error) => debug!(%error, "Figures not reported"),
        }
    }

    fn chat(&mut self, action: &ChatAction) {
        match self.dialect.chat(action) {
            // In one key, so that messages arrive in the order they were written.
            Ok(outbound) => self.send(outbound, |_| QueueKey::Chat),
            Err(error) => {
                debug!(%error, "Nothing said about messages");
                if let ChatAction::Send { thread, text } = action {
                    let (thread, text) = (thread.clone(), text.clone());
                    self.news.push(SessionEvent::MessageLost { thread, text });
                }
            }
        }
    }

    /// Tells how long the backend wants to be left alone; a poll that waited is made when that is over.
    fn pause(&mut self) {
        let until = self.budget.borrow_and_update().waits_until(SystemTime::now());
        if self.paused == until {
            return;
        }
        let over = self.paused.is_some() && until.is_none();
        self.paused = until;
        match until {
            Some(_) => warn!("The backend asks for a pause"),
            None => info!("The pause is over"),
        }
        self.news.push(SessionEvent::Paused { until });
        if over && self.poll_at.is_some() {
            self.poll();
        }
    }

    fn poll(&mut self) {
        self.poll_later();
        if self.budget.borrow().waits_until(SystemTime::now()).is_some() {
            return;
        }
        if !self.polling.is_empty() || self.renewal.is_expired() {
            return;
        }
        let outbound = self.dialect.poll(&now());
        self.polling = requests(&outbound);
        self.send(outbound, QueueKey::Alone);
    }

    fn poll_later(&mut self) {
        let every = self.dialect.poll_every_ms().map(Duration::from_millis);
        self.poll_at = every.map(|every| tokio::time::Instant::now() + every.max(MIN_POLL_INTERVAL));
    }

    fn send(&mut self, outbound: Vec<Outbound>, key: impl Fn(RequestId) -> QueueKey) {
        for outbound in outbound {
            match outbound {
                Outbound::Emit { name, args, perishable } => {
                    let emission = Emission { name, args, perishable };
                    match (self.connection, &self.socket) {
                        (Some(connection), Some((socket, _))) => socket.emit(connection, emission),
                        (None | Some(_), _) => self.outbox.push(emission, Instant::now()),
                    }
                }
                Outbound::Request { id, call } => {
                    let key = key(id).of(id, &call);
                    match self.queue.enter(key.clone(), id, call) {
                        Admission::Start(id, call) => self.fetch(Request { key, id, call, again: false }),
                        Admission::Wait => {}
                        Admission::Full(id, call) => {
                            warn!("Too many REST calls are waiting");
                            let request = Request { key: QueueKey::Alone(id), id, call, again: true };
                            let body = Value::String("too many requests are waiting".to_owned());
                            let generation = self.access.generation();
                            self.work
                                .spawn(async move { Done::Replied { request, generation, status: 0, body } });
                        }
                    }
                }
            }
        }
    }

    pub(super) fn fetch(&mut self, request: Request) {
        let (generation, rest) = self.access.rest();
        self.work.spawn(async move {
            let mut answer = rest.ask(&request.call).await;
            // Refused for being too many, it did nothing.
            let again = answer.as_ref().ok().filter(|answer| matches!(answer.status, 429 | 503));
            let again =
                again.and_then(|answer| answer.retry_after).filter(|wait| *wait <= MAX_CALL_RETRY_DELAY);
            if let (QueueKey::Call(_), Some(wait)) = (&request.key, again) {
                tokio::time::sleep(wait).await;
                answer = rest.ask(&request.call).await;
            }
            let (status, body) = match answer {
                Ok(answer) => (answer.status, answer.body),
                Err(error) => {
                    debug!(path = request.call.path, %error, "REST call failed");
                    (0, Value::String(error.to_string()))
                }
            };
            Done::Replied { request, generation, status, body }
        });
    }

    /// The dialect hears a reply; the next call of its key is made.
    pub(super) fn deliver(&mut self, request: &Request, status: u16, body: Value) {
        if let Some((id, call)) = self.queue.leave(&request.key) {
            self.fetch(Request { key: request.key.clone(), id, call, again: false });
        }
        self.hear(Inbound::Reply { id: request.id, status, body });
    }

    fn socket_event(&mut self, event: SocketEvent) {
        match event {
            SocketEvent::Opened { connection } => {
                self.connection = Some(connection);
                self.renewal.accepted();
                self.hear(Inbound::Opened);
                let (waiting, dropped) = self.outbox.open(Instant::now());
                debug!(connection, waiting = waiting.len(), dropped, "Socket open");
                for emission in waiting {
                    if let Some((socket, _)) = &self.socket {
                        socket.emit(connection, emission);
                    }
                }
                self.link(true);
                self.problem(None);
                if self.poll_at.is_some() {
                    self.poll();
                }
            }
            // Those of a connection that was given up for a new token still come after it.
            SocketEvent::Event { name, args } if self.connection.is_some() => {
                self.hear(Inbound::Event { name, args });
            }
            SocketEvent::Event { .. } => {}
            SocketEvent::Lost { problem } => {
                self.lost();
                if problem.is_some() {
                    self.problem(problem);
                }
            }
            SocketEvent::Refused { message, generation } => {
                debug!(message, "Socket refused");
                self.lost();
                self.problem(Some(LinkProblem::AccessDenied));
                if token_refused(&message) && generation == self.access.generation() {
                    self.token_refused(true);
                }
            }
        }
    }

    pub(super) fn lost(&mut self) {
        if self.connection.take().is_some() {
            self.hear(Inbound::Closed);
        }
        self.link(false);
    }

    pub(super) fn hear(&mut self, inbound: Inbound) {
        let (answered, by_socket) = match &inbound {
            Inbound::Reply { id, .. } => (self.polling.remove(id), false),
            Inbound::Opened | Inbound::Event { .. } | Inbound::Closed => (false, true),
        };
        let Reaction { heard, outbound, side } = match self.dialect.decode(inbound) {
            Ok(reaction) => reaction,
            Err(error) => {
                debug!(%error, "Message dropped");
                return;
            }
        };
        if answered {
            self.polling.append(&mut requests(&outbound));
        }
        let call = heard.first().map(|(key, _)| key.clone());
        self.send(outbound, |id| call.clone().map_or(QueueKey::Alone(id), QueueKey::Call));
        self.news.extend(heard.into_iter().map(|(key, signal)| SessionEvent::Signal { key, signal }));
        for side in side {
            match side {
                SideEvent::Presence(changes) => {
                    let changes = changes.into_iter();
                    self.news.extend(changes.map(|change| SessionEvent::Presence {
                        person: change.person,
                        online: change.online,
                    }));
                }
                SideEvent::TokenExpired => self.token_refused(by_socket),
                SideEvent::ListChanged => self.news.push(SessionEvent::ListChanged),
                SideEvent::Message(message) => self.news.push(SessionEvent::Message(message)),
                SideEvent::MessageLost { thread, text } => {
                    self.news.push(SessionEvent::MessageLost { thread, text });
                }
                SideEvent::ThreadRead { thread, by_me } => {
                    self.news.push(SessionEvent::ThreadRead { thread, by_me });
                }
                SideEvent::Typing { thread, person, on } => {
                    self.news.push(SessionEvent::Typing { thread, person, on });
                }
            }
        }
    }

    pub(super) fn link(&mut self, up: bool) {
        if self.link.replace(up) != Some(up) {
            info!(up, "Link");
            self.news.push(SessionEvent::Link { up });
        }
    }

    /// Why there is no socket; told once per change.
    fn problem(&mut self, problem: Option<LinkProblem>) {
        if self.problem == problem {
            return;
        }
        self.problem = problem;
        match problem {
            Some(problem) => warn!(code = problem.code(), "No socket"),
            None => debug!("The socket's problem is over"),
        }
        self.news.push(SessionEvent::LinkProblem { problem });
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.account.identity
    }

    /// Lets REST calls finish and what they lead to be said, then closes the socket.
    async fn close(&mut self) {
        let finish = async {
            while let Some(done) = self.work.join_next().await {
                self.done(done);
            }
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, finish).await.is_err() {
            debug!("Closed while REST calls were waiting");
        }
        // Signals are of no use any more, but a new token is to be stored.
        for event in self.news.drain(..).filter(|event| matches!(event, SessionEvent::Renewed(_))) {
            let _ = self.events.try_send(event);
        }
        if let Some((connection, mut events)) = self.socket.take() {
            // The thread must not block on events that are not read any more.
            events.close();
            connection.close().await;
        }
    }

    /// A query waits for a newer token.
    pub(super) fn list_refused(&mut self, generation: Generation, renewed: oneshot::Sender<bool>) {
        if generation < self.access.generation() {
            // The query may have been given up.
            let _ = renewed.send(true);
            return;
        }
        self.renewal.wait(renewed);
        self.token_refused(false);
    }
}

fn requests(outbound: &[Outbound]) -> BTreeSet<RequestId> {
    let id = |outbound: &Outbound| match outbound {
        Outbound::Request { id, .. } => Some(*id),
        Outbound::Emit { .. } => None,
    };
    outbound.iter().filter_map(id).collect()
}

async fn next(socket: &mut Option<(Socket, mpsc::Receiver<SocketEvent>)>) -> Option<SocketEvent> {
    match socket {
        Some((_, events)) => events.recv().await,
        None => None,
    }
}

async fn until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Returns when that pause may be over.
async fn pause_check(until: Option<SystemTime>) {
    match until {
        Some(until) => {
            let left = until.duration_since(SystemTime::now()).unwrap_or_default();
            tokio::time::sleep(left.min(PAUSE_CHECK_EVERY)).await;
        }
        None => std::future::pending().await,
    }
}
