//! State shared by the interceptors (which run inside the connection's driver and must not block)
//! and the tasks of a peer.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use bellwire_media::{AudioFeatures, Codec, Copies, SharedReceiver, TrackKind};
use bytes::Bytes;
use rtc::interceptor::StreamInfo;
use rtc::rtp::header::Header;
use tokio::sync::Notify;

use crate::incoming_streams::IncomingStreams;

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
    pub(crate) retransmissions_sent: AtomicU64,
    pub(crate) retransmissions_received: AtomicU64,
    pub(crate) nacks_sent: AtomicU64,
    pub(crate) nacks_received: AtomicU64,
    /// Packets the other side has not got, by its last report.
    pub(crate) remote_lost: AtomicU32,
    /// Packets we have not got, by our last report.
    pub(crate) lost: AtomicU32,
    /// Frames dropped before the wire: queue full, or the codec does not fit.
    pub(crate) frames_dropped: AtomicU64,
}

/// Values the event task turns into events; the newest wins.
#[derive(Debug, Default)]
pub(crate) struct PendingEvents {
    pub(crate) key_frame: AtomicBool,
    pub(crate) loss: Mutex<Option<f32>>,
    pub(crate) send_codec: Mutex<Option<Codec>>,
    pub(crate) audio_features: Mutex<Option<AudioFeatures>>,
}

pub(crate) struct Shared {
    receiver: RwLock<Option<SharedReceiver>>,
    /// What incoming packets stand for. By payload type, not by stream: a sender may change codecs
    /// within one stream, and need not declare it.
    incoming_streams: RwLock<IncomingStreams>,
    /// SSRC of the other side's pictures, 0 before the first.
    pub(crate) remote_video_ssrc: AtomicU32,
    /// SSRC of the sound that is heard, 0 before the first.
    pub(crate) remote_audio_ssrc: AtomicU32,
    /// We want a key frame from the other side.
    pub(crate) ask_key_frame: AtomicBool,
    pub(crate) counters: PerKind<Counters>,
    pub(crate) clocks: PerKind<Mutex<Option<RtpClock>>>,
    pub(crate) plans: PerKind<Mutex<Option<SendPlan>>>,
    pub(crate) pending: PendingEvents,
    /// Earlier packets that each of ours with sound repeats, where the other side takes that.
    pub(crate) copies: Mutex<Copies>,
    /// Wakes the event task.
    pub(crate) changed: Notify,
    pub(crate) connected: AtomicBool,
    /// Estimate of what the path carries, bit/s.
    pub(crate) target: AtomicU64,
    /// Smoothed round-trip time in microseconds, 0 before the first measurement.
    pub(crate) round_trip_us: AtomicU64,
    /// When the newest packet came in and when the first one after it went out, in microseconds
    /// since `started`, plus one; 0 is never.
    heard_us: AtomicU64,
    sent_since_heard_us: AtomicU64,
    started: Instant,
}

impl Shared {
    pub(crate) fn new(receiver: Option<SharedReceiver>, start_bitrate: u32) -> Self {
        Self {
            receiver: RwLock::new(receiver),
            incoming_streams: RwLock::default(),
            remote_video_ssrc: AtomicU32::new(0),
            remote_audio_ssrc: AtomicU32::new(0),
            ask_key_frame: AtomicBool::new(false),
            counters: PerKind::default(),
            clocks: PerKind::default(),
            plans: PerKind::default(),
            pending: PendingEvents::default(),
            copies: Mutex::default(),
            changed: Notify::new(),
            connected: AtomicBool::new(false),
            target: AtomicU64::new(u64::from(start_bitrate)),
            round_trip_us: AtomicU64::new(0),
            heard_us: AtomicU64::new(0),
            sent_since_heard_us: AtomicU64::new(0),
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
        self.started.checked_add(std::time::Duration::from_micros(since))
    }

    pub(crate) fn note_heard(&self, now: Instant) {
        self.heard_us.store(self.stamp(now), Ordering::Relaxed);
        self.sent_since_heard_us.store(0, Ordering::Relaxed);
    }

    pub(crate) fn note_sent(&self, now: Instant) {
        let stamp = self.stamp(now);
        let _kept = self.sent_since_heard_us.compare_exchange(0, stamp, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Since when we have been sending without hearing anything.
    pub(crate) fn unheard_since(&self) -> Option<Instant> {
        self.instant(self.sent_since_heard_us.load(Ordering::Relaxed))
    }

    pub(crate) fn want_key_frame(&self) {
        self.pending.key_frame.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}

/// A poisoned lock here guards a plain value that is never left half-written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
