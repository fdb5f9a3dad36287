//! Peer task, one per peer connection: commands in, outcomes out, in order. The loop never waits for a
//! negotiation step.

use std::sync::Arc;

use bellwire_call::{IceCandidate, PeerOutcome, Sdp};
use bellwire_media::PictureFeedback;
use bellwire_peer::{NegotiateError, Peer, PeerConfig, PeerEvent, PeerState, Wish};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, info_span};

use crate::accounts::ice_cache::{IceCache, Use};
use crate::calls::bridge::Bridge;
use crate::connection_id::ConnectionId;
use crate::internal::Internal;
use crate::task_set::TaskSet;

/// Commands that wait for the task. More can only be caused by a peer that floods candidates: further ones
/// are dropped.
const COMMAND_QUEUE_LEN: usize = 512;
/// Events of the peer connection; full means that the task is busy with a command, and the peer waits.
const EVENT_QUEUE_LEN: usize = 256;

/// What the loop asks of a peer connection.
#[derive(Debug)]
pub(crate) enum PeerCommand {
    CreateOffer { ice_restart: bool },
    AcceptOffer(Sdp),
    AcceptAnswer(Sdp),
    AddCandidate(IceCandidate),
    RequestKeyFrame,
    TellPictureFeedback(PictureFeedback),
    SetWish(Wish),
    Stats,
}

/// The loop's end of a peer task; dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct PeerHandle {
    pub(crate) connection: ConnectionId,
    commands: mpsc::Sender<PeerCommand>,
    token: CancellationToken,
}

impl PeerHandle {
    /// Starts the task in `tasks`. `config` is awaited inside it, because ICE servers may have to be fetched.
    pub(crate) fn start(
        connection: ConnectionId,
        config: impl Future<Output = PeerConfig> + Send + 'static,
        ice: Option<Arc<IceCache>>,
        bridge: Bridge,
        out: mpsc::Sender<Internal>,
        tasks: &TaskSet,
    ) -> Self {
        let (commands, rx) = mpsc::channel(COMMAND_QUEUE_LEN);
        let task = Task { connection, out, bridge, ice };
        let span = info_span!(
            "peer",
            call = connection.call.0,
            member = connection.member.0,
            epoch = connection.epoch.0
        );
        let token = tasks.spawn_with(|token| run(task, config, rx, token).instrument(span));
        Self { connection, commands, token }
    }

    pub(crate) fn send(&self, command: PeerCommand) {
        if let Err(error) = self.commands.try_send(command) {
            debug!(%error, "Peer command dropped");
        }
    }
}

impl Drop for PeerHandle {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

struct Task {
    connection: ConnectionId,
    out: mpsc::Sender<Internal>,
    bridge: Bridge,
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
        let _ = self.out.send(Internal::Peer { connection: self.connection, outcome }).await;
    }
}

async fn run(
    task: Task,
    config: impl Future<Output = PeerConfig> + Send,
    mut commands: mpsc::Receiver<PeerCommand>,
    token: CancellationToken,
) {
    let (events_tx, mut events) = mpsc::channel(EVENT_QUEUE_LEN);
    let opened = tokio::select! {
        opened = async { Peer::open(config.await, Some(task.bridge.incoming.clone()), events_tx).await } => opened,
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
    task.bridge.audio.connect(Some(peer.audio_sink()));
    task.bridge.video.connect(Some(peer.video_sink()));
    let mut described = false;
    loop {
        tokio::select! {
            biased;
            () = token.cancelled() => break,
            Some(event) = events.recv() => {
                if let Some(outcome) = outcome_of(&event) {
                    task.report(outcome).await;
                }
                let _ = task.out.send(Internal::PeerEvent { connection: task.connection, event }).await;
            }
            Some(command) = commands.recv() => perform(&task, &peer, command, &mut described).await,
            else => break,
        }
    }
    // Nothing of the connection may wait for its events to be read any more.
    drop(events);
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
async fn perform(task: &Task, peer: &Peer, command: PeerCommand, described: &mut bool) {
    match command {
        PeerCommand::CreateOffer { ice_restart } => {
            if ice_restart {
                task.renew_servers(peer).await;
            }
            match peer.create_offer(ice_restart).await {
                Ok(offer) => task.report(PeerOutcome::OfferMade(offer)).await,
                Err(error) => task.report(PeerOutcome::Rejected { message: error.to_string() }).await,
            }
        }
        PeerCommand::AcceptOffer(offer) => {
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
        PeerCommand::AcceptAnswer(answer) => match peer.accept_answer(answer).await {
            Ok(()) => {
                task.report_described(peer).await;
                task.report(PeerOutcome::AnswerApplied).await;
            }
            Err(error) => task.report(refusal(&error)).await,
        },
        PeerCommand::AddCandidate(candidate) => {
            if let Err(error) = peer.add_candidate(candidate).await {
                debug!(%error, "Remote candidate ignored");
            }
        }
        PeerCommand::RequestKeyFrame => peer.request_key_frame(),
        PeerCommand::TellPictureFeedback(feedback) => peer.tell_picture_feedback(feedback),
        PeerCommand::SetWish(wish) => peer.set_wish(wish),
        PeerCommand::Stats => {
            let (stats, code) = (peer.stats().await, peer.security_code());
            let _ = task.out.send(Internal::PeerStats { connection: task.connection, stats, code }).await;
        }
    }
}

/// The outcome that the phone has to know of; other events concern media only.
fn outcome_of(event: &PeerEvent) -> Option<PeerOutcome> {
    match event {
        PeerEvent::Candidate(candidate) => Some(PeerOutcome::Candidate(candidate.clone())),
        PeerEvent::State(PeerState::Connected) | PeerEvent::PathBack => Some(PeerOutcome::Connected),
        PeerEvent::State(PeerState::Disconnected) | PeerEvent::PathSilent => Some(PeerOutcome::PathLost),
        PeerEvent::NewAddress => Some(PeerOutcome::NewAddress),
        PeerEvent::State(PeerState::Failed) => Some(PeerOutcome::Failed),
        PeerEvent::State(PeerState::Connecting | PeerState::Closed)
        | PeerEvent::KeyFrameWanted
        | PeerEvent::TargetBitrate { .. }
        | PeerEvent::SendCodec(_)
        | PeerEvent::SendAudio(_)
        | PeerEvent::LongTermReferences(_)
        | PeerEvent::PictureFeedback(_)
        | PeerEvent::RemoteLoss { .. }
        | PeerEvent::RemoteWish(_) => None,
    }
}
