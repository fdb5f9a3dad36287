//! The one task that owns the hub and all sockets: requests in, emits out, timers in between. It waits
//! for nobody: what the records have to do goes to a task of their own.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bellwire_dialects::storefront::wire::{OnlineUser, name};
use serde::Serialize;
use socketioxide::extract::SocketRef;
use socketioxide::{SendError, SocketError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use crate::clock::Millis;
use crate::hub::{Change, Facts, Hub, Order, Reply, Request, SocketKey, To};

/// How often a socket that could not be closed because its buffer is full is tried again.
const RETRY_CLOSE: Duration = Duration::from_millis(250);

#[derive(Debug)]
enum Input {
    Opened(SocketKey, SocketRef),
    Asked(SocketKey, Request),
    Learned(Facts),
    Changed(Facts, Change),
    Online(oneshot::Sender<Vec<OnlineUser>>),
}

/// A way to talk to the hub. Everything sent through one handle arrives in order; a full inbox makes the
/// sender wait.
#[derive(Clone, Debug)]
pub(crate) struct Exchange(mpsc::Sender<Input>);

impl Exchange {
    /// A socket is there; to be said before anything it asks.
    pub(crate) async fn open(&self, key: SocketKey, socket: SocketRef) {
        self.send(Input::Opened(key, socket)).await;
    }

    pub(crate) async fn ask(&self, from: SocketKey, request: Request) {
        self.send(Input::Asked(from, request)).await;
    }

    pub(crate) async fn learn(&self, facts: Facts) {
        self.send(Input::Learned(facts)).await;
    }

    pub(crate) async fn changed(&self, facts: Facts, change: Change) {
        self.send(Input::Changed(facts, change)).await;
    }

    pub(crate) async fn online(&self) -> Vec<OnlineUser> {
        let (answer, answered) = oneshot::channel();
        self.send(Input::Online(answer)).await;
        answered.await.unwrap_or_default()
    }

    async fn send(&self, input: Input) {
        // The hub ends only when the server does; then nobody is left to be told.
        let _ = self.0.send(input).await;
    }
}

pub(crate) struct Switchboard {
    hub: Hub,
    inbox: mpsc::Receiver<Input>,
    sockets: HashMap<SocketKey, SocketRef>,
    closing: BTreeSet<SocketKey>,
    records: mpsc::Sender<Order>,
}

impl Switchboard {
    /// `records` gets what the call records have to do; when it is full an order is dropped with a
    /// warning (a missed call is reported again later).
    pub(crate) fn new(records: mpsc::Sender<Order>) -> (Exchange, Self) {
        let (sender, inbox) = mpsc::channel(4096);
        let board =
            Self { hub: Hub::default(), inbox, sockets: HashMap::new(), closing: BTreeSet::new(), records };
        (Exchange(sender), board)
    }

    /// Serves until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let deadline = self.hub.deadline();
            let stuck = !self.closing.is_empty();
            let input = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = at(deadline) => None,
                () = tokio::time::sleep(RETRY_CLOSE), if stuck => None,
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

    fn step(&mut self, input: Option<Input>) {
        let now = Millis::now();
        let replies = match input {
            None => {
                for key in std::mem::take(&mut self.closing) {
                    self.close(key);
                }
                self.hub.expire(now)
            }
            Some(Input::Opened(key, socket)) => {
                self.sockets.insert(key, socket);
                Vec::new()
            }
            Some(Input::Asked(from, request)) => {
                if request == Request::Disconnected {
                    self.sockets.remove(&from);
                    self.closing.remove(&from);
                }
                self.hub.handle(from, request, now)
            }
            Some(Input::Learned(facts)) => {
                self.hub.learn(facts, now);
                Vec::new()
            }
            Some(Input::Changed(facts, change)) => self.hub.changed(facts, change, now),
            Some(Input::Online(answer)) => {
                let _ = answer.send(self.hub.online());
                Vec::new()
            }
        };
        for (to, reply) in replies {
            self.deliver(to, reply);
        }
    }

    fn deliver(&mut self, to: To, reply: Reply) {
        match (to, reply) {
            (To::Records, Reply::Order(order)) => {
                if let Err(error) = self.records.try_send(order) {
                    warn!(%error, "The call records cannot keep up");
                }
            }
            (To::Records, reply) => debug!(?reply, "A reply without a socket is dropped"),
            (To::Socket(key), Reply::Close) => self.close(key),
            (To::Socket(key), reply) => self.say(key, reply),
        }
    }

    fn say(&mut self, to: SocketKey, reply: Reply) {
        match reply {
            Reply::Ring(body) => self.emit(to, name::INCOMING_VIDEO_CALL, &body),
            Reply::Offline(body) => self.emit(to, name::CALL_TARGET_OFFLINE, &body),
            Reply::Error(body) => self.emit(to, name::CALL_ERROR, &body),
            Reply::Joined(body) => self.emit(to, name::USER_JOINED_CALL, &body),
            Reply::Left(body) => self.emit(to, name::USER_LEFT_CALL, &body),
            Reply::Offer(body) => self.emit(to, name::OFFER, &body),
            Reply::Answer(body) => self.emit(to, name::ANSWER, &body),
            Reply::Candidate(body) => self.emit(to, name::ICE_CANDIDATE, &body),
            Reply::Audio(body) => self.emit(to, name::PARTICIPANT_AUDIO_TOGGLE, &body),
            Reply::Video(body) => self.emit(to, name::PARTICIPANT_VIDEO_TOGGLE, &body),
            Reply::ShareStarted(body) => self.emit(to, name::SCREEN_SHARE_STARTED, &body),
            Reply::ShareStopped(body) => self.emit(to, name::SCREEN_SHARE_STOPPED, &body),
            Reply::Status(body) => self.emit(to, name::CALL_STATUS_UPDATE, &body),
            Reply::Ended(body) => self.emit(to, name::CALL_ENDED, &body),
            Reply::Users(body) => self.emit(to, name::GET_USERS, &body),
            Reply::Online(body) => self.emit(to, name::USER_ONLINE_STATUS_CHANGED, &body),
            Reply::Close | Reply::Order(_) => {}
        }
    }

    fn emit<T: Serialize>(&mut self, to: SocketKey, event: &'static str, body: &T) {
        if self.closing.contains(&to) {
            return;
        }
        let Some(socket) = self.sockets.get(&to) else { return };
        match socket.emit(event, body) {
            Ok(()) => {}
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

async fn at(deadline: Option<Millis>) {
    match deadline {
        Some(deadline) => tokio::time::sleep(Millis::now().until(deadline)).await,
        None => std::future::pending().await,
    }
}
