//! A link: the task of one peer connection between a client and Janus.

use std::time::Duration;

use bellwire_dialects::hearth::wire::{IceCandidateInit, SdpBody};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;

use super::connection::{Connection, Handle, JanusError};
use super::wire::{self, Event};
use crate::hearth::engine::{Said, Word};

/// What clients said that waits for the link; more is a flood, and is dropped.
const MAX_QUEUED_ORDERS: usize = 256;
/// From the first description to a connection that carries media.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Whose link it is, and where.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) room: String,
    pub(super) member: String,
    /// The room's id at Janus, and what it can be destroyed with.
    pub(super) number: u64,
    pub(super) secret: String,
}

/// What a link tells the room.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) room: String,
    pub(super) member: String,
    pub(super) of: Option<String>,
    pub(super) link: u64,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The uplink carries media: the others can have it, under that id.
    Published(u64),
    Ended,
}

/// What a client says to its other end, or the room to the link.
#[derive(Debug)]
pub(super) enum Order {
    Offer(SdpBody),
    Answer(SdpBody),
    Candidate(Option<IceCandidateInit>),
    /// The client may have lost what was said to it.
    Again,
    /// The client has another network.
    Restart,
}

/// The room's end of a link; dropping it ends the link.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: u64,
    orders: mpsc::Sender<Order>,
    _end: DropGuard,
}

impl Link {
    /// With the end for its task, and the token that ends it.
    pub(super) fn new(id: u64) -> (Self, mpsc::Receiver<Order>, CancellationToken) {
        let (orders, queue) = mpsc::channel(MAX_QUEUED_ORDERS);
        let token = CancellationToken::new();
        (Self { id, orders, _end: token.clone().drop_guard() }, queue, token)
    }

    pub(super) fn send(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            debug!("A client says more than its connection can take");
        }
    }
}

/// The task's end.
pub(super) struct Task {
    pub(super) id: u64,
    /// Of its descriptions.
    pub(super) session: u64,
    pub(super) place: Place,
    /// Whose media it is, where it comes to the member and not from them.
    pub(super) of: Option<String>,
    pub(super) connection: Connection,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) token: CancellationToken,
    pub(super) said: mpsc::Sender<Said>,
    pub(super) reports: mpsc::Sender<Report>,
}

impl Task {
    pub(super) async fn say(&self, what: Word) {
        let Place { room, member, .. } = self.place.clone();
        // An error is the end of the server.
        let _ = self.said.send(Said { room, to: member, of: self.of.clone(), what }).await;
    }

    /// A description of Janus for the client. Janus has one certificate for all its connections and gives answers the
    /// session id of the offer, and each offer another; by one of the link's own a client knows a new connection of
    /// Janus from the one that it had.
    pub(super) fn own(&self, jsep: Option<SdpBody>) -> Result<SdpBody, JanusError> {
        let jsep = jsep.ok_or(JanusError::Nonsense)?;
        let sdp = wire::with_session(&jsep.sdp, self.session);
        Ok(SdpBody { sdp, ..jsep })
    }

    pub(super) async fn say_offer(&self, offer: Option<SdpBody>) -> Result<SdpBody, JanusError> {
        let offer = self.own(offer)?;
        self.say(Word::Offer(offer.clone())).await;
        Ok(offer)
    }

    pub(super) async fn report(&self, what: What) {
        let Place { room, member, .. } = self.place.clone();
        let _ = self.reports.send(Report { room, member, of: self.of.clone(), link: self.id, what }).await;
    }

    /// Runs `work` on a handle of its own, which is closed whatever happens, and reports the end.
    pub(super) async fn with_handle(
        mut self,
        work: impl AsyncFnOnce(&mut Self, &mut Handle) -> Result<(), JanusError>,
    ) {
        let token = self.token.clone();
        // Not broken off: nobody would close the handle.
        match self.connection.attach().await {
            Ok(mut handle) => {
                let outcome = tokio::select! {
                    () = token.cancelled() => Ok(()),
                    outcome = work(&mut self, &mut handle) => outcome,
                };
                if let Err(error) = outcome {
                    debug!(%error, "A connection to Janus ended");
                }
                handle.close().await;
            }
            Err(error) => debug!(%error, "Janus gave no handle"),
        }
        self.report(What::Ended).await;
    }

    /// The next thing that happens to the link, which is given up then where it carries no media yet. `None`: its
    /// end.
    pub(super) async fn next(
        &mut self,
        handle: &mut Handle,
        until: Option<Instant>,
    ) -> Result<Option<Happening>, JanusError> {
        let late = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = self.orders.recv() => Ok(order.map(Happening::Ordered)),
            event = handle.event() => Ok(event.map(Happening::Heard)),
            () = late => Err(JanusError::Silent),
        }
    }
}

pub(super) enum Happening {
    Ordered(Order),
    Heard(Event),
}
