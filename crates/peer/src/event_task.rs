//! Event task of a peer: collects what its parts noticed and sends events in order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use webrtc::media_stream::track_local::TrackLocal;

use crate::event::{PeerEvent, PeerState};
use crate::shared::{Shared, lock};
use crate::tracks::Track;
use crate::watchdog::{Change, Watchdog};

const TICK_INTERVAL: Duration = Duration::from_millis(100);
/// More frequent key frames only cost bandwidth.
const MIN_KEY_REQUEST_INTERVAL: Duration = Duration::from_millis(200);
/// Smaller changes of the estimate are not reported.
const MIN_REPORTED_CHANGE_FRACTION: f64 = 0.03;

pub(crate) struct EventTask {
    pub(crate) shared: Arc<Shared>,
    /// Candidates and states, in the order the connection made them.
    pub(crate) ordered: mpsc::Receiver<PeerEvent>,
    pub(crate) events: mpsc::Sender<PeerEvent>,
    /// Any of our tracks: RTCP leaves through it.
    pub(crate) rtcp: Arc<Track>,
    pub(crate) cancel: CancellationToken,
}

impl EventTask {
    pub(crate) async fn run(mut self) {
        let cancel = self.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        let mut watchdog = Watchdog::default();
        let mut reported_bps = 0;
        let mut asked: Option<Instant> = None;
        let mut tick = interval(TICK_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                event = self.ordered.recv() => match event {
                    Some(event) => {
                        if let PeerEvent::State(state) = event {
                            tracing::debug!(?state, "peer");
                        }
                        if self.events.send(event).await.is_err() {
                            return;
                        }
                        continue;
                    }
                    None => return,
                },
                () = self.shared.changed.notified() => {}
                _ = tick.tick() => {}
            }
            let now = Instant::now();
            let connected = self.shared.is_connected();
            let mut events = Vec::new();
            if let Some(codec) = lock(&self.shared.pending.send_codec).take() {
                events.push(PeerEvent::SendCodec(codec));
            }
            if let Some(features) = lock(&self.shared.pending.audio_features).take() {
                events.push(PeerEvent::SendAudio(features));
            }
            if self.shared.pending.key_frame.swap(false, Ordering::Relaxed) {
                events.push(PeerEvent::KeyFrameWanted);
            }
            if let Some(fraction) = lock(&self.shared.pending.loss).take() {
                events.push(PeerEvent::RemoteLoss { fraction });
            }
            let bps = u32::try_from(self.shared.target.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
            if connected
                && (f64::from(bps) - f64::from(reported_bps)).abs()
                    > f64::from(reported_bps) * MIN_REPORTED_CHANGE_FRACTION
            {
                reported_bps = bps;
                events.push(PeerEvent::TargetBitrate { bps });
            }
            match watchdog.tick(now, connected, self.shared.unheard_since()) {
                Some(Change::Silent) => events.push(PeerEvent::PathSilent),
                Some(Change::Back) => events.push(PeerEvent::PathBack),
                None => {}
            }
            for event in events {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
            let rested = asked.is_none_or(|at| now.duration_since(at) >= MIN_KEY_REQUEST_INTERVAL);
            if connected && rested && self.ask_key_frame().await {
                asked = Some(now);
            }
        }
    }

    async fn ask_key_frame(&self) -> bool {
        let media_ssrc = self.shared.remote_video_ssrc.load(Ordering::Relaxed);
        if media_ssrc == 0 || !self.shared.ask_key_frame.swap(false, Ordering::Relaxed) {
            return false;
        }
        let request = PictureLossIndication { sender_ssrc: 1, media_ssrc };
        self.rtcp.rtp.write_rtcp(vec![Box::new(request)]).await.is_ok()
    }
}

/// Whether frames are worth sending in this state.
pub(crate) fn carries_media(state: PeerState) -> bool {
    match state {
        // Disconnected may heal by itself; what is sent meanwhile is lost at worst.
        PeerState::Connected | PeerState::Disconnected => true,
        PeerState::Connecting | PeerState::Failed | PeerState::Closed => false,
    }
}
