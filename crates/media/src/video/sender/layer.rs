//! One layer of the picture: an encoding of its own, for everybody whose path and window it fits. The encoder's thread
//! and those who order it share this.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::references::RecoveryRequest;
use super::{Picture, VideoSenderStats};
use crate::slot::{Slot, Taken};
use crate::video::rate_meter::RateMeter;
use crate::{Codec, PictureFeedback};

/// Layers there can be: what eight people need of one picture, at a cost that does not grow with their number.
pub const MAX_LAYERS: usize = 3;

/// How a layer is encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VideoLayer {
    pub codec: Codec,
    /// Bits per second; size and frame rate follow.
    pub bitrate: u32,
    /// What the worst path that carries it loses, as a fraction 0..1.
    pub loss: f32,
    /// No side of the picture is longer, in pixels: nobody shows it larger.
    pub max_side: u32,
    /// Exactly one end gets it, which tells what it keeps of it: see [`PictureFeedback`]. A change is made with the next
    /// key frame.
    pub long_term: bool,
}

impl Default for VideoLayer {
    fn default() -> Self {
        Self { codec: Codec::H264, bitrate: 800_000, loss: 0.0, max_side: u32::MAX, long_term: false }
    }
}

#[derive(Debug, Default)]
pub(super) struct Layer {
    control: Mutex<Control>,
    /// Newest wins: a busy encoder gets the newest picture, the rest is counted.
    slot: Slot<Picture>,
    progress: Mutex<Progress>,
}

#[derive(Clone, Debug, Default)]
struct Control {
    wanted: Option<VideoLayer>,
    /// Counts the times that somebody began to get it.
    beginnings: u64,
    /// Since when somebody has been asking for a key frame.
    key_requested: Option<Instant>,
    /// RTP timestamp of the newest picture that the other end keeps.
    kept: Option<u32>,
    recovery: Option<RecoveryRequest>,
}

#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) stats: VideoSenderStats,
    pub(super) encoded: RateMeter,
}

/// What the encoder goes by, as of one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) layer: VideoLayer,
    pub(super) beginnings: u64,
    pub(super) key_requested: Option<Instant>,
    pub(super) kept: Option<u32>,
    pub(super) recovery: Option<RecoveryRequest>,
}

impl Layer {
    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_wanted(&self, wanted: Option<VideoLayer>) {
        let mut control = self.control();
        if wanted.is_some() && control.wanted.is_none() {
            control.beginnings += 1;
        }
        control.wanted = wanted;
        drop(control);
        if wanted.is_none() {
            self.slot.clear();
            self.progress().stats.paused = false;
        }
    }

    pub(super) fn begin(&self) {
        self.control().beginnings += 1;
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut VideoLayer)) {
        if let Some(wanted) = &mut self.control().wanted {
            change(wanted);
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.control().wanted.is_some()
    }

    /// Its bit rate is too low for a picture.
    pub(super) fn is_paused(&self) -> bool {
        self.progress().stats.paused
    }

    pub(super) fn request_key_frame(&self, now: Instant) {
        self.control().key_requested.get_or_insert(now);
    }

    /// What the only one who gets it has told.
    pub(super) fn hear(&self, feedback: PictureFeedback, now: Instant) {
        let mut control = self.control();
        match feedback {
            PictureFeedback::Kept(timestamp) => control.kept = Some(timestamp),
            PictureFeedback::Lost { kept } => {
                control.recovery = Some(RecoveryRequest { asked: now, from: kept });
            }
        }
    }

    /// `None`: nobody gets it.
    pub(super) fn order(&self) -> Option<Order> {
        let Control { wanted, beginnings, key_requested, kept, recovery } = *self.control();
        wanted.map(|layer| Order { layer, beginnings, key_requested, kept, recovery })
    }

    /// A request that was `asked` is answered, or comes to nothing; a later one stands.
    pub(super) fn forget_request(&self, asked: Option<Instant>) {
        let mut control = self.control();
        if control.key_requested == asked {
            control.key_requested = None;
        }
    }

    /// As [`Self::forget_request`].
    pub(super) fn forget_recovery(&self, request: Option<RecoveryRequest>) {
        let mut control = self.control();
        if control.recovery == request {
            control.recovery = None;
        }
    }

    pub(super) fn put(&self, picture: &Picture) {
        if self.is_wanted() {
            self.slot.put(picture.clone());
        }
    }

    pub(super) fn take(&self, timeout: Duration) -> Taken<Picture> {
        self.slot.take(timeout)
    }

    /// Pictures that found the encoder busy.
    pub(super) fn dropped(&self) -> u64 {
        self.slot.replaced()
    }

    /// Leaves out a picture that waits.
    pub(super) fn clear(&self) {
        self.slot.clear();
    }

    pub(super) fn close(&self) {
        self.slot.close();
    }

    /// Adds this layer's figures to those of the others.
    pub(super) fn add_to(&self, all: &mut VideoSenderStats, now: Instant) {
        let dropped = self.dropped();
        let wanted = self.is_wanted();
        let mut progress = self.progress();
        let (fps, kbps) = progress.encoded.rates(now);
        let own = &progress.stats;
        all.frames_encoded += own.frames_encoded;
        all.frames_skipped += own.frames_skipped;
        all.key_frames += own.key_frames;
        all.recoveries += own.recoveries;
        all.frames_dropped += dropped;
        all.kbps += kbps;
        if (wanted || all.codec.is_none()) && own.width * own.height >= all.width * all.height {
            (all.width, all.height, all.fps) = (own.width, own.height, fps);
            (all.encode_ms, all.quantiser, all.codec) = (own.encode_ms, own.quantiser, own.codec);
        }
    }
}
