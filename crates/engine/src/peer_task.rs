//! One task per peer connection: orders in, outcomes out, in order. The loop never waits for a
//! negotiation step.

use std::sync::Arc;

use bellwire_call::{CallId, Epoch, IceCandidate, PeerOutcome, Sdp};
use bellwire_peer::{NegotiateError, Peer, PeerConfig, PeerEvent, PeerState};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, info_span};

use crate::ice::{IceCache, Use};
use crate::internal::Internal;
use crate::switch::Switch;

/// What the loop asks of a peer connection.
#[derive(Debug)]
pub(crate) enum PeerOrder {
    CreateOffer { ice_restart: bool },
    AcceptOffer(Sdp),
    AcceptAnswer(Sdp),
    AddCandidate(IceCandidate),
    RequestKeyFrame,
    Stats,
}

/// The loop's end of a peer task; dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct PeerHandle {
    pub(crate) epoch: Epoch,
    orders: mpsc::Sender<PeerOrder>,
    token: CancellationToken,
}

impl PeerHandle {
    /// Starts the task. `config` is awaited inside it, because ICE servers may have to be fetched.
    pub(crate) fn start(
        call: CallId,
        epoch: Epoch,
        config: impl Future<Output = PeerConfig> + Send + 'static,
        ice: Option<Arc<IceCache>>,
        switch: Switch,
        out: mpsc::Sender<Internal>,
        parent: &CancellationToken,
    ) -> Self {
        // Full means more than 512 unanswered orders, which only a peer flooding candidates can cause:
        // further candidates are dropped.
        let (orders, rx) = mpsc::channel(512);
        let token = parent.child_token();
        let task = Task { call, epoch, out, switch, ice };
        let span = info_span!("peer", call = call.0, epoch = epoch.0);
        tokio::spawn(run(task, config, rx, token.clone()).instrument(span));
        Self { epoch, orders, token }
    }

    pub(crate) fn order(&self, order: PeerOrder) {
        if let Err(error) = self.orders.try_send(order) {
            debug!(%error, "Peer order dropped");
        }
    }
}

impl Drop for PeerHandle {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

struct Task {
    call: CallId,
    epoch: Epoch,
    out: mpsc::Sender<Internal>,
    switch: Switch,
    ice: Option<Arc<IceCache>>,
}

impl Task {
    /// A path that is looked for anew goes through relays whose credentials still hold.
    async fn renew_servers(&self, peer: &Peer) {
        if let Some(ice) = &self.ice {
            let servers = ice.servers(Use::Restart).await;
            if !servers.is_empty() {
                peer.set_servers(servers).await;
            }
        }
    }

    async fn report_described(&self, peer: &Peer) {
        let (audio, video) = peer.remote_sends().await;
        self.report(PeerOutcome::Described { audio, video }).await;
    }

    /// Waits when the loop is behind: an outcome must not be lost.
    async fn report(&self, outcome: PeerOutcome) {
        let _ = self.out.send(Internal::Peer { call: self.call, epoch: self.epoch, outcome }).await;
    }
}

async fn run(
    task: Task,
    config: impl Future<Output = PeerConfig> + Send,
    mut orders: mpsc::Receiver<PeerOrder>,
    token: CancellationToken,
) {
    // Candidates and state changes; full means the task is busy with an order, and the peer waits.
    let (events_tx, mut events) = mpsc::channel(256);
    let opened = tokio::select! {
        opened = async { Peer::open(config.await, Some(task.switch.incoming.clone()), events_tx).await } => opened,
        () = token.cancelled() => return,
    };
    let peer = match opened {
        Ok(peer) => peer,
        Err(error) => {
            debug!(%error, "Peer connection could not be opened");
            task.report(PeerOutcome::Failed).await;
            return;
        }
    };
    task.switch.audio.connect(Some(peer.audio_sink()));
    task.switch.video.connect(Some(peer.video_sink()));
    let mut described = false;
    loop {
        tokio::select! {
            biased;
            () = token.cancelled() => break,
            Some(event) = events.recv() => {
                if let Some(outcome) = outcome_of(&event) {
                    task.report(outcome).await;
                }
                let _ = task.out.send(Internal::PeerNews { call: task.call, epoch: task.epoch, event }).await;
            }
            Some(order) = orders.recv() => perform(&task, &peer, order, &mut described).await,
            else => break,
        }
    }
    peer.close().await;
}

/// What a refused description of the other side means for the call.
fn refusal(error: &NegotiateError) -> PeerOutcome {
    let message = error.to_string();
    match error {
        NegotiateError::Description(description) if description.is_final() => {
            PeerOutcome::Unworkable { message }
        }
        NegotiateError::Description(_) | NegotiateError::NoOffer | NegotiateError::Refused(_) => {
            PeerOutcome::Rejected { message }
        }
    }
}

/// `described`: an offer of theirs was answered on this connection, so that another one may be a restart.
async fn perform(task: &Task, peer: &Peer, order: PeerOrder, described: &mut bool) {
    match order {
        PeerOrder::CreateOffer { ice_restart } => {
            if ice_restart {
                task.renew_servers(peer).await;
            }
            match peer.create_offer(ice_restart).await {
                Ok(offer) => task.report(PeerOutcome::OfferMade(offer)).await,
                Err(error) => task.report(PeerOutcome::Rejected { message: error.to_string() }).await,
            }
        }
        PeerOrder::AcceptOffer(offer) => {
            if std::mem::replace(described, true) {
                task.renew_servers(peer).await;
            }
            match peer.accept_offer(offer).await {
                Ok(answer) => {
                    task.report_described(peer).await;
                    task.report(PeerOutcome::AnswerMade(answer)).await;
                }
                Err(error) => task.report(refusal(&error)).await,
            }
        }
        PeerOrder::AcceptAnswer(answer) => match peer.accept_answer(answer).await {
            Ok(()) => {
                task.report_described(peer).await;
                task.report(PeerOutcome::AnswerApplied).await;
            }
            Err(error) => task.report(refusal(&error)).await,
        },
        PeerOrder::AddCandidate(candidate) => {
            if let Err(error) = peer.add_candidate(candidate).await {
                debug!(%error, "Remote candidate ignored");
            }
        }
        PeerOrder::RequestKeyFrame => peer.request_key_frame(),
        PeerOrder::Stats => {
            let (stats, code) = (peer.stats().await, peer.security_code());
            let _ =
                task.out.send(Internal::PeerStats { call: task.call, epoch: task.epoch, stats, code }).await;
        }
    }
}

/// The part of a peer's news the phone must know; the rest concerns media only.
fn outcome_of(event: &PeerEvent) -> Option<PeerOutcome> {
    match event {
        PeerEvent::Candidate(candidate) => Some(PeerOutcome::Candidate(candidate.clone())),
        PeerEvent::State(PeerState::Connected) | PeerEvent::PathBack => Some(PeerOutcome::Connected),
        PeerEvent::State(PeerState::Disconnected) | PeerEvent::PathSilent => Some(PeerOutcome::PathLost),
        PeerEvent::State(PeerState::Failed) => Some(PeerOutcome::Failed),
        PeerEvent::State(PeerState::Connecting | PeerState::Closed)
        | PeerEvent::KeyFrameWanted
        | PeerEvent::TargetBitrate { .. }
        | PeerEvent::SendCodec(_)
        | PeerEvent::RemoteLoss { .. } => None,
    }
}
