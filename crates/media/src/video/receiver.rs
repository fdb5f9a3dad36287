//! Receiving pipeline of one member's pictures: packets in from any thread, frames out when they are due.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;

use super::rate_meter::RateMeter;
use pipeline::Pipeline;

use crate::codec::Unplayable;
use crate::thread::Thread;
use crate::{Codec, FrameSink, Packet, PictureFeedback, PlayoutClock};

/// Packets waiting for the thread; when full the newest is dropped and counted. A key frame at 4 Mbit/s
/// is some two hundred packets.
const MAX_QUEUED_PACKETS: usize = 1024;

/// Where received pictures go and who says when.
#[derive(Clone)]
pub struct VideoReceiverConfig {
    /// Without a clock every picture is shown at once.
    pub clock: Option<Arc<dyn PlayoutClock>>,
    pub sink: Arc<dyn FrameSink>,
    /// Called when the sender must send a key frame; already rate-limited.
    pub key_frame_wanted: Arc<dyn Fn() + Send + Sync>,
    /// Called with what the sender is to be told, once [`VideoReceiver::set_long_term`] has said that it understands.
    pub picture_feedback: Arc<dyn Fn(PictureFeedback) + Send + Sync>,
    /// Called once with why the stream cannot be shown, and with `None` when it can again.
    pub unplayable: Arc<dyn Fn(Option<Unplayable>) + Send + Sync>,
}

impl std::fmt::Debug for VideoReceiverConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VideoReceiverConfig")
    }
}

/// Figures since the start; rates are those of the last second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VideoReceiverStats {
    pub packets: u64,
    /// Packets the full queue had no room for.
    pub packets_dropped: u64,
    /// Packets that came again or too late.
    pub packets_useless: u64,
    /// Whole pictures put together.
    pub frames_received: u64,
    pub frames_decoded: u64,
    pub frames_shown: u64,
    pub key_frames: u64,
    /// Pictures shown though parts were guessed.
    pub damaged: u64,
    /// Times the picture could not go on for a missing packet.
    pub gaps: u64,
    pub key_requests: u64,
    /// Requests for a picture that is predicted from one kept for that, instead of a key frame.
    pub recovery_requests: u64,
    /// Times a picture nobody needs was left out instead of waited for (`nal_ref_idc` 0).
    pub frames_skipped: u64,
    pub freezes: u32,
    pub freeze_ms: u32,
    /// The longest time without a new picture since the first packet, the wait for the first picture included.
    pub longest_freeze_ms: u32,
    /// From the first packet to the first picture.
    pub first_picture_ms: Option<u32>,
    /// What the video's own jitter and repairs add to the shortest way.
    pub playout_delay_ms: u32,
    pub width: u32,
    pub height: u32,
    /// Pictures shown per second.
    pub fps: f32,
    /// Payload only.
    pub kbps: f32,
    /// Mean time to decode a picture, ms.
    pub decode_ms: f32,
    /// Empty until a picture came.
    pub codec: Option<Codec>,
}

/// Owns the pipeline's thread; dropping it ends and joins it.
#[derive(Debug)]
pub struct VideoReceiver {
    inlet: VideoInlet,
    _thread: PipelineThread,
}

/// Where packets go in; may outlive the pipeline, and does nothing then.
#[derive(Clone, Debug)]
pub(crate) struct VideoInlet {
    shared: Arc<Shared>,
}

/// Closes the queue before the thread is waited for.
#[derive(Debug)]
struct PipelineThread {
    shared: Arc<Shared>,
    thread: Option<Thread>,
}

impl Drop for PipelineThread {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.shared.wake.notify_all();
        self.thread = None;
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

/// What waits for the thread.
#[derive(Debug)]
enum Input {
    Packet(Codec, Packet),
    /// Another sender's stream follows.
    Anew,
    /// Parameter sets of the description, Annex B.
    Sets(Bytes),
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Input>,
    /// Parameter sets the description names.
    sets: Bytes,
    closed: bool,
    round_trip: Option<Duration>,
    /// Nobody looks at the pictures.
    hidden: bool,
    /// The sender keeps long-term references.
    long_term: bool,
    stats: VideoReceiverStats,
    shown: RateMeter,
    received: RateMeter,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VideoReceiver {
    pub fn start(config: VideoReceiverConfig) -> Self {
        let shared = Arc::new(Shared::default());
        let mut pipeline = Pipeline::new(config, shared.clone());
        let thread = Thread::spawn("video-receive", move || pipeline.run());
        let inlet = VideoInlet { shared: shared.clone() };
        Self { inlet, _thread: PipelineThread { shared, thread: Some(thread) } }
    }

    pub(crate) fn inlet(&self) -> VideoInlet {
        self.inlet.clone()
    }

    /// Takes a packet from any thread; never blocks for long.
    pub fn push(&self, codec: Codec, packet: Packet) {
        self.inlet.push(codec, packet);
    }

    /// Hidden pictures are not decoded. Once they are looked at again, one key frame is asked for as soon as packets
    /// come.
    pub fn set_visible(&self, visible: bool) {
        let mut state = self.inlet.shared.lock();
        state.hidden = !visible;
        drop(state);
        self.inlet.shared.wake.notify_one();
    }

    /// Whether the sender keeps long-term references and understands [`PictureFeedback`], as both sides have agreed.
    pub fn set_long_term(&self, agreed: bool) {
        self.inlet.shared.lock().long_term = agreed;
        self.inlet.shared.wake.notify_one();
    }

    /// Figures since the start.
    pub fn stats(&self) -> VideoReceiverStats {
        self.inlet.stats()
    }
}

impl VideoInlet {
    /// As [`VideoReceiver::push`].
    pub(crate) fn push(&self, codec: Codec, packet: Packet) {
        let mut state = self.shared.lock();
        if state.closed {
            return;
        }
        if state.queue.len() >= MAX_QUEUED_PACKETS {
            state.stats.packets_dropped += 1;
            return;
        }
        state.queue.push_back(Input::Packet(codec, packet));
        // Of hidden pictures nothing is urgent.
        let wake = !state.hidden || state.queue.len() >= MAX_QUEUED_PACKETS / 4;
        drop(state);
        if wake {
            self.shared.wake.notify_one();
        }
    }

    /// Packets of another stream follow: their numbers and times have nothing to do with those before.
    pub(crate) fn begin_anew(&self) {
        let mut state = self.shared.lock();
        if !state.closed && state.queue.len() < MAX_QUEUED_PACKETS {
            state.queue.push_back(Input::Anew);
        }
    }

    /// H.264 parameter sets of the description, Annex B; the stream's own go before.
    pub(crate) fn set_parameter_sets(&self, sets: &[u8]) {
        let mut state = self.shared.lock();
        if state.sets != *sets && !state.closed && state.queue.len() < MAX_QUEUED_PACKETS {
            state.sets = Bytes::copy_from_slice(sets);
            let sets = state.sets.clone();
            state.queue.push_back(Input::Sets(sets));
        }
    }

    /// The path's round-trip time.
    pub(crate) fn set_round_trip(&self, round_trip: Duration) {
        self.shared.lock().round_trip = Some(round_trip);
    }

    pub(crate) fn stats(&self) -> VideoReceiverStats {
        let now = Instant::now();
        let mut state = self.shared.lock();
        let fps = state.shown.rates(now).0;
        let kbps = state.received.rates(now).1;
        VideoReceiverStats { fps, kbps, ..state.stats.clone() }
    }
}

mod decode_lane;
pub(crate) mod pipeline;
