//! Event task of a peer: collects what its parts noticed and sends events in order.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use webrtc::media_stream::track_local::TrackLocal;

use crate::allocation::{Allocation, SentTotals, steady};
use crate::event::{PeerEvent, PeerState};
use crate::network_watch::{NetworkWatch, RouteInUse, meaning, source_towards};
use crate::shared::{Shared, lock, whole};
use crate::tracks::Track;
use crate::watchdog::{Change, Watchdog};

const TICK_INTERVAL: Duration = Duration::from_millis(100);
/// A key frame is asked for once a round trip, within these bounds: more only cost bandwidth.
const MIN_KEY_REQUEST_INTERVAL: Duration = Duration::from_millis(200);
const MAX_KEY_REQUEST_INTERVAL: Duration = Duration::from_secs(1);
/// Smaller changes of the estimate are not reported.
const MIN_REPORTED_CHANGE_FRACTION: f64 = 0.03;

pub(crate) struct EventTask {
    pub(crate) shared: Arc<Shared>,
    /// Candidates and states, in the order the connection made them.
    pub(crate) ordered: mpsc::Receiver<PeerEvent>,
    pub(crate) events: mpsc::Sender<PeerEvent>,
    /// Any of our tracks: RTCP leaves through it.
    pub(crate) rtcp: Arc<Track>,
    pub(crate) network: Option<NetworkWatch>,
    pub(crate) route: Arc<RouteInUse>,
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
        let mut allocation = Allocation::default();
        let mut reported = [0; 3];
        let mut addresses = self.network.as_ref().map(NetworkWatch::addresses).unwrap_or_default();
        let mut new_address = false;
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
                after = next_addresses(&mut self.network) => {
                    let before = std::mem::replace(&mut addresses, after);
                    let works = self.shared.is_connected() && !watchdog.is_silent();
                    let meant = meaning(&before, &addresses, self.route.get(), works, source_towards);
                    tracing::debug!(?meant, "this machine's addresses changed");
                    if meant.lost {
                        watchdog.address_lost(Instant::now());
                    }
                    new_address |= meant.gained;
                }
                () = self.shared.changed.notified() => {}
                _ = tick.tick() => {}
            }
            let now = Instant::now();
            let connected = self.shared.is_connected();
            let mut events = Vec::new();
            if let Some(agreed) = lock(&self.shared.pending.long_term).take() {
                events.push(PeerEvent::LongTermReferences(agreed));
            }
            if let Some(codec) = lock(&self.shared.pending.send_codec).take() {
                events.push(PeerEvent::SendCodec(codec));
            }
            if let Some(features) = lock(&self.shared.pending.audio_features).take() {
                events.push(PeerEvent::SendAudio(features));
            }
            if self.shared.pending.key_frame.swap(false, Ordering::Relaxed) {
                events.push(PeerEvent::KeyFrameWanted);
            }
            events.extend(lock(&self.shared.pending.picture_feedback).take().map(PeerEvent::PictureFeedback));
            if let Some(fraction) = lock(&self.shared.pending.loss).take() {
                events.push(PeerEvent::RemoteLoss { fraction });
            }
            if let Some(wish) = lock(&self.shared.pending.wish).take() {
                events.push(PeerEvent::RemoteWish(wish));
            }
            allocation.update(now, self.sent_totals());
            let (bps, video_bps) = self.target(&allocation);
            let now_known = [bps, video_bps, self.steady()];
            if connected && reported.iter().zip(now_known).any(|(before, after)| has_changed(*before, after))
            {
                reported = now_known;
                events.push(PeerEvent::TargetBitrate { bps, video_bps, steady_bps: now_known[2] });
            }
            match watchdog.tick(now, connected, self.shared.take_heard()) {
                Some(Change::Silent) => events.push(PeerEvent::PathSilent),
                Some(Change::Back) => {
                    self.shared.note_path_change();
                    events.push(PeerEvent::PathBack);
                }
                None => {}
            }
            // After the loss of the old one, which it may come with.
            if std::mem::take(&mut new_address) {
                events.push(PeerEvent::NewAddress);
            }
            for event in events {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
            let rested = asked.is_none_or(|at| now.duration_since(at) >= self.key_request_interval());
            if connected && rested && self.ask_key_frame().await {
                asked = Some(now);
            }
        }
    }

    async fn ask_key_frame(&self) -> bool {
        let media_ssrc = self.shared.remote_video_ssrc.load(Ordering::Relaxed);
        if media_ssrc == 0 || !self.shared.key_frame_needed.swap(false, Ordering::Relaxed) {
            return false;
        }
        let request = PictureLossIndication { sender_ssrc: 1, media_ssrc };
        let asked = self.rtcp.rtp.write_rtcp(vec![Box::new(request)]).await.is_ok();
        if asked {
            self.shared.note_key_frame_asked();
        }
        asked
    }

    fn key_request_interval(&self) -> Duration {
        let round_trip = self.shared.round_trip().unwrap_or_default();
        round_trip.clamp(MIN_KEY_REQUEST_INTERVAL, MAX_KEY_REQUEST_INTERVAL)
    }

    fn sent_totals(&self) -> SentTotals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (audio, video) = (&self.shared.counters.audio, &self.shared.counters.video);
        SentTotals {
            audio: read(&audio.bytes_sent),
            repairs: read(&video.retransmitted_bytes) + read(&self.shared.sending.repair_bytes_expired),
            headers: read(&video.header_bytes_sent),
        }
    }

    /// The most for a picture that is to go on without standing still, bit/s; `u32::MAX`: no limit.
    fn steady(&self) -> u32 {
        let fraction = |ppm: &AtomicU64| ppm.load(Ordering::Relaxed) as f64 / 1e6;
        let (mean, recent) =
            (fraction(&self.shared.sending.mean_loss_ppm), fraction(&self.shared.sending.recent_loss_ppm));
        let bps = steady(mean, recent, self.shared.round_trip().unwrap_or_default());
        u32::try_from(whole(bps)).unwrap_or(u32::MAX)
    }

    /// The target and what of it is the video encoder's, bit/s.
    fn target(&self, allocation: &Allocation) -> (u32, u32) {
        let bps = u32::try_from(self.shared.target.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let queue = Duration::from_micros(self.shared.sending.pacer_us.load(Ordering::Relaxed));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the target"
        )]
        let video_bps = allocation.video(f64::from(bps), queue) as u32;
        (bps, video_bps)
    }
}

fn has_changed(reported: u32, bps: u32) -> bool {
    f64::from(bps.abs_diff(reported)) > f64::from(reported) * MIN_REPORTED_CHANGE_FRACTION
}

/// Never, without a watch.
async fn next_addresses(network: &mut Option<NetworkWatch>) -> Vec<IpAddr> {
    match network {
        Some(network) => network.changed().await,
        None => std::future::pending().await,
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
