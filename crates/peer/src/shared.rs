//! State shared by the interceptors (which run inside the connection's driver and must not block)
//! and the tasks of a peer.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bellwire_media::{AudioFeatures, Codec, Copies, SharedReceiver, TrackKind};
use bytes::Bytes;
use rtc::interceptor::StreamInfo;
use rtc::rtp::header::Header;
use tokio::sync::Notify;

use crate::bandwidth::ProbeCluster;
use crate::incoming_streams::IncomingStreams;
use crate::newest_feedback::NewestFeedback;
use crate::receive_estimate::Incoming;
use crate::watchdog::Heard;
use crate::wishes::Wish;

/// Which instant an RTP timestamp of ours stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RtpClock {
    pub(crate) captured: Instant,
    pub(crate) timestamp: u32,
    /// Ticks a second.
    pub(crate) rate: u32,
}

/// How frames of one kind are put on the wire, as negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SendPlan {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    /// Payload type of RED around it, where the other side takes that.
    pub(crate) red: Option<u8>,
    /// The other side tells which pictures it keeps as long-term references, see [`crate::picture_feedback`].
    pub(crate) long_term: bool,
}

/// Both tracks' worth of something.
#[derive(Debug, Default)]
pub(crate) struct PerKind<T> {
    pub(crate) audio: T,
    pub(crate) video: T,
}

impl<T> PerKind<T> {
    pub(crate) fn of(&self, kind: TrackKind) -> &T {
        match kind {
            TrackKind::Audio => &self.audio,
            TrackKind::Video => &self.video,
        }
    }
}

/// Counters of one kind; written by interceptors, read by stats.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) packets_sent: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) packets_received: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
    /// Headers of packets sent for the first time.
    pub(crate) header_bytes_sent: AtomicU64,
    pub(crate) retransmissions_sent: AtomicU64,
    /// Headers included.
    pub(crate) retransmitted_bytes: AtomicU64,
    pub(crate) retransmissions_refused: AtomicU64,
    pub(crate) retransmissions_received: AtomicU64,
    /// Headers included.
    pub(crate) padding_bytes_sent: AtomicU64,
    /// Messages, and the packets they name.
    pub(crate) nacks_sent: AtomicU64,
    pub(crate) packets_requested: AtomicU64,
    pub(crate) nacks_received: AtomicU64,
    pub(crate) packets_requested_by_remote: AtomicU64,
    /// Packets the other side has not got, by its last report.
    pub(crate) remote_lost: AtomicU32,
    /// Packets we have not got, by our last report.
    pub(crate) lost: AtomicU32,
    /// Frames dropped before the wire: queue full, or the codec does not fit.
    pub(crate) frames_dropped: AtomicU64,
}

/// Counters and gauges of sending as a whole; written by interceptors, read by stats. Rates are in bit/s, 0 for
/// unknown.
#[derive(Debug, Default)]
pub(crate) struct SendCounters {
    pub(crate) delay_based_bps: AtomicU64,
    pub(crate) loss_based_bps: AtomicU64,
    pub(crate) acknowledged_bps: AtomicU64,
    /// Where the path last overflowed.
    pub(crate) capacity_bps: AtomicU64,
    /// Part of the packets, in millionths.
    pub(crate) inherent_loss_ppm: AtomicU64,
    /// What the path loses of all packets, over some seconds.
    pub(crate) mean_loss_ppm: AtomicU64,
    /// The same, or what has just set in if that is more.
    pub(crate) recent_loss_ppm: AtomicU64,
    pub(crate) application_limited: AtomicBool,
    pub(crate) probing: AtomicBool,
    pub(crate) probes_sent: AtomicU64,
    pub(crate) pacer_packets: AtomicU64,
    /// How long what waits in the pacer takes to leave.
    pub(crate) pacer_us: AtomicU64,
    pub(crate) pacer_frames_dropped: AtomicU64,
    /// Retransmissions that waited too long and were not sent.
    pub(crate) repair_bytes_expired: AtomicU64,
    /// What the other side says that it can receive.
    pub(crate) remb_bps: AtomicU64,
    pub(crate) key_frames_asked: AtomicU64,
    pub(crate) key_frames_asked_by_remote: AtomicU64,
    pub(crate) recoveries_asked: AtomicU64,
    pub(crate) recoveries_asked_by_remote: AtomicU64,
}

/// Values the event task turns into events; the newest wins.
#[derive(Debug, Default)]
pub(crate) struct PendingEvents {
    pub(crate) key_frame: AtomicBool,
    pub(crate) loss: Mutex<Option<f32>>,
    pub(crate) send_codec: Mutex<Option<Codec>>,
    pub(crate) audio_features: Mutex<Option<AudioFeatures>>,
    pub(crate) wish: Mutex<Option<Wish>>,
    pub(crate) long_term: Mutex<Option<bool>>,
    pub(crate) picture_feedback: Mutex<NewestFeedback>,
}

/// A figure as gauges keep it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub(crate) fn whole(figure: f64) -> u64 {
    figure as u64
}

pub(crate) struct Shared {
    receiver: RwLock<Option<SharedReceiver>>,
    /// What incoming packets stand for. By payload type, not by stream: a sender may change codecs
    /// within one stream, and need not declare it.
    incoming_streams: RwLock<IncomingStreams>,
    /// SSRC of the other side's pictures, 0 before the first.
    pub(crate) remote_video_ssrc: AtomicU32,
    /// Payload type of the other side's H.264, 0 before the first.
    pub(crate) remote_h264: AtomicU8,
    /// SSRC of the sound that is heard, 0 before the first.
    pub(crate) remote_audio_ssrc: AtomicU32,
    /// We want a key frame from the other side.
    pub(crate) key_frame_needed: AtomicBool,
    /// One was asked for since packets that are missing were last looked at.
    key_frame_asked: AtomicBool,
    pub(crate) counters: PerKind<Counters>,
    pub(crate) sending: SendCounters,
    /// RTP timestamp of our newest key frame, plus one; 0 before the first. Told to the pacer this way
    /// because a packet on its way to it carries nothing but RTP.
    key_frame_timestamp: AtomicU64,
    /// Probe the pacer should send next, and since when.
    probe: Mutex<Option<(Instant, ProbeCluster)>>,
    /// Media flows again after an outage or on another path; the estimator has not been told.
    path_changed: AtomicBool,
    pub(crate) clocks: PerKind<Mutex<Option<RtpClock>>>,
    pub(crate) plans: PerKind<Mutex<Option<SendPlan>>>,
    pub(crate) pending: PendingEvents,
    /// Earlier packets that each of ours with sound repeats, where the other side takes that.
    pub(crate) copies: Mutex<Copies>,
    /// What we want of the other side's picture; `None`: nothing was said, so all of it.
    pub(crate) own_wish: Mutex<Option<Wish>>,
    /// Both sides tell each other which pictures they keep as long-term references.
    pub(crate) long_term: AtomicBool,
    /// What we have not told of the other side's pictures.
    pub(crate) own_feedback: Mutex<NewestFeedback>,
    /// Wakes the event task.
    pub(crate) changed: Notify,
    pub(crate) connected: AtomicBool,
    /// Estimate of what the path carries, bit/s.
    pub(crate) target: AtomicU64,
    /// What we have told the other side that we can receive, bit/s; 0: nothing.
    pub(crate) remb_sent_bps: AtomicU64,
    /// Smoothed round-trip time in microseconds, 0 before the first measurement.
    pub(crate) round_trip_us: AtomicU64,
    /// When the newest packet came in and when the first one after it went out, in microseconds
    /// since `started`, plus one; 0 is never.
    heard_us: AtomicU64,
    sent_since_heard_us: AtomicU64,
    /// The longest that a packet of ours was out before one came in, in microseconds; taken by the watchdog.
    longest_wait_us: AtomicU64,
    started: Instant,
}

impl Shared {
    pub(crate) fn new(receiver: Option<SharedReceiver>, start_bitrate: u32) -> Self {
        Self {
            receiver: RwLock::new(receiver),
            incoming_streams: RwLock::default(),
            remote_video_ssrc: AtomicU32::new(0),
            remote_h264: AtomicU8::new(0),
            remote_audio_ssrc: AtomicU32::new(0),
            key_frame_needed: AtomicBool::new(false),
            key_frame_asked: AtomicBool::new(false),
            counters: PerKind::default(),
            sending: SendCounters::default(),
            key_frame_timestamp: AtomicU64::new(0),
            probe: Mutex::new(None),
            path_changed: AtomicBool::new(false),
            clocks: PerKind::default(),
            plans: PerKind::default(),
            pending: PendingEvents::default(),
            copies: Mutex::default(),
            own_wish: Mutex::default(),
            long_term: AtomicBool::new(false),
            own_feedback: Mutex::default(),
            changed: Notify::new(),
            connected: AtomicBool::new(false),
            target: AtomicU64::new(u64::from(start_bitrate)),
            remb_sent_bps: AtomicU64::new(0),
            round_trip_us: AtomicU64::new(0),
            heard_us: AtomicU64::new(0),
            sent_since_heard_us: AtomicU64::new(0),
            longest_wait_us: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    pub(crate) fn receiver(&self) -> Option<SharedReceiver> {
        self.receiver.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_receiver(&self, receiver: Option<SharedReceiver>) {
        *self.receiver.write().unwrap_or_else(PoisonError::into_inner) = receiver;
    }

    pub(crate) fn codec_of(&self, header: &Header) -> Option<Codec> {
        self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner).codec(header)
    }

    /// The payload type of what is in a packet of RED.
    pub(crate) fn in_red(&self, header: &Header) -> Option<u8> {
        self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner).in_red(header)
    }

    /// Parameter sets the description names for the packet's format.
    pub(crate) fn sets_of(&self, header: &Header) -> Option<Bytes> {
        self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner).sets(header)
    }

    pub(crate) fn declares(&self, kind: TrackKind, ssrc: u32) -> bool {
        self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner).declares(kind, ssrc)
    }

    /// The payload type of what a retransmission repeats.
    pub(crate) fn repaired(&self, header: &Header) -> Option<u8> {
        self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner).repaired(header)
    }

    /// What a packet says for the estimate of the path towards us, where the other side waits for it.
    pub(crate) fn estimated(&self, packet: &rtc::rtp::Packet) -> Option<Incoming> {
        self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner).estimated(packet)
    }

    /// Whether a stream is the one heard or seen, as far as that is known.
    pub(crate) fn is_shown(&self, kind: TrackKind, ssrc: u32) -> bool {
        let shown = match kind {
            TrackKind::Audio => &self.remote_audio_ssrc,
            TrackKind::Video => &self.remote_video_ssrc,
        };
        [0, ssrc].contains(&shown.load(Ordering::Relaxed))
    }

    /// The stream that a packet of an unknown one begins.
    pub(crate) fn stream(&self, header: &Header) -> Option<StreamInfo> {
        let pictures = self.remote_video_ssrc.load(Ordering::Relaxed);
        let incoming_streams = self.incoming_streams.read().unwrap_or_else(PoisonError::into_inner);
        incoming_streams.stream(header, (pictures != 0).then_some(pictures))
    }

    /// What may come in from now on.
    pub(crate) fn expect(&self, mut incoming_streams: IncomingStreams) {
        let mut known = self.incoming_streams.write().unwrap_or_else(PoisonError::into_inner);
        incoming_streams.audio = incoming_streams.audio.after(&known.audio);
        incoming_streams.video = incoming_streams.video.after(&known.video);
        *known = incoming_streams;
    }

    fn stamp(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.started).as_micros();
        u64::try_from(since).unwrap_or(u64::MAX - 1) + 1
    }

    fn instant(&self, stamp: u64) -> Option<Instant> {
        let since = stamp.checked_sub(1)?;
        self.started.checked_add(Duration::from_micros(since))
    }

    pub(crate) fn note_heard(&self, now: Instant) {
        let stamp = self.stamp(now);
        self.heard_us.store(stamp, Ordering::Relaxed);
        let sent = self.sent_since_heard_us.swap(0, Ordering::Relaxed);
        if sent != 0 {
            // At least one, so that a wait can be told from none.
            self.longest_wait_us.fetch_max(stamp.saturating_sub(sent).max(1), Ordering::Relaxed);
        }
    }

    pub(crate) fn note_sent(&self, now: Instant) {
        let stamp = self.stamp(now);
        let _kept = self.sent_since_heard_us.compare_exchange(0, stamp, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// What came in since this was asked last.
    pub(crate) fn take_heard(&self) -> Heard {
        Heard {
            unheard_since: self.instant(self.sent_since_heard_us.load(Ordering::Relaxed)),
            longest_wait: Duration::from_micros(self.longest_wait_us.swap(0, Ordering::Relaxed)),
        }
    }

    pub(crate) fn want_key_frame(&self) {
        self.pending.key_frame.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Asks the other side for a key frame, as soon as the last request is old enough.
    pub(crate) fn ask_key_frame(&self) {
        self.key_frame_needed.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// The other side misses this part of what is sent.
    pub(crate) fn note_loss(&self, fraction: f32) {
        *lock(&self.pending.loss) = Some(fraction);
        self.changed.notify_one();
    }

    /// A key frame was asked for: it is all that is of use now.
    pub(crate) fn note_key_frame_asked(&self) {
        self.key_frame_asked.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take_key_frame_asked(&self) -> bool {
        self.key_frame_asked.swap(false, Ordering::Relaxed)
    }

    /// Smoothed, from RTCP.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let us = self.round_trip_us.load(Ordering::Relaxed);
        (us > 0).then(|| Duration::from_micros(us))
    }

    pub(crate) fn note_key_frame(&self, timestamp: u32) {
        self.key_frame_timestamp.store(u64::from(timestamp) + 1, Ordering::Relaxed);
    }

    /// Whether a frame of ours is a key frame: known of the newest only.
    pub(crate) fn is_key_frame(&self, timestamp: u32) -> bool {
        self.key_frame_timestamp.load(Ordering::Relaxed) == u64::from(timestamp) + 1
    }

    pub(crate) fn set_probe(&self, probe: Option<(Instant, ProbeCluster)>) {
        *lock(&self.probe) = probe;
    }

    pub(crate) fn probe(&self) -> Option<(Instant, ProbeCluster)> {
        *lock(&self.probe)
    }

    pub(crate) fn note_path_change(&self) {
        self.path_changed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take_path_change(&self) -> bool {
        self.path_changed.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}

/// A poisoned lock here guards a plain value that is never left half-written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
