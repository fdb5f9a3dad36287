//! The receiving pipeline of one call: packets in from any thread, pictures out when they are due.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tracing::{debug, info};

use super::assembler::{AssembledFrame, FrameAssembler};
use super::meter::Meter;
use super::show::{Freezes, Waiting};
use crate::codec::{Unplayable, VideoDecoder, open_decoder};
use crate::thread::Thread;
use crate::{Codec, FrameSink, Packet, PlayoutClock};

/// Packets waiting for the thread; when full the newest is dropped and counted. A key frame at 4 Mbit/s
/// is some two hundred packets.
const QUEUE: usize = 1024;
/// Pictures a decoder may hold back to bring them into order (H.264 A.3.1 allows 16).
const MOST_REORDERED: usize = 32;

/// Where received pictures go and who says when.
#[derive(Clone)]
pub struct VideoReceiverConfig {
    /// Without a clock every picture is shown at once.
    pub clock: Option<Arc<dyn PlayoutClock>>,
    pub sink: Arc<dyn FrameSink>,
    /// Called when the sender must send a key frame; already rate-limited.
    pub key_frame_wanted: Arc<dyn Fn() + Send + Sync>,
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
    pub freezes: u32,
    pub freeze_ms: u32,
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
    shared: Arc<Shared>,
    _thread: ThreadOf,
}

/// Closes the queue before the thread is waited for.
#[derive(Debug)]
struct ThreadOf {
    shared: Arc<Shared>,
    thread: Option<Thread>,
}

impl Drop for ThreadOf {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
        self.thread = None;
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<(Codec, Packet)>,
    closed: bool,
    paused: bool,
    round_trip: Option<Duration>,
    stats: VideoReceiverStats,
    shown: Meter,
    received: Meter,
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
        Self { shared: shared.clone(), _thread: ThreadOf { shared, thread: Some(thread) } }
    }

    /// Takes a packet from any thread; never blocks for long.
    pub fn push(&self, codec: Codec, packet: Packet) {
        let mut state = self.shared.lock();
        if state.queue.len() >= QUEUE {
            state.stats.packets_dropped += 1;
            return;
        }
        state.queue.push_back((codec, packet));
        drop(state);
        self.shared.wake.notify_one();
    }

    /// The path's round-trip time.
    pub fn set_round_trip(&self, round_trip: Duration) {
        self.shared.lock().round_trip = Some(round_trip);
    }

    /// The sender switched its camera off: the gap to come is no freeze.
    pub fn sender_paused(&self) {
        self.shared.lock().paused = true;
    }

    pub fn stats(&self) -> VideoReceiverStats {
        let now = Instant::now();
        let mut state = self.shared.lock();
        let fps = state.shown.rates(now).0;
        let kbps = state.received.rates(now).1;
        VideoReceiverStats { fps, kbps, ..state.stats.clone() }
    }
}

/// One codec's way through the pipeline. Each has its own, so that stragglers of a codec just left do
/// no harm to its successor.
struct Lane {
    assembler: FrameAssembler,
    decoder: Option<Box<dyn VideoDecoder>>,
    /// Timestamp and arrival of the last pictures given to the decoder, newest first.
    given: VecDeque<(u32, Instant)>,
    /// Timestamp of the last picture that came out.
    last: Option<u32>,
}

struct Pipeline {
    config: VideoReceiverConfig,
    shared: Arc<Shared>,
    lanes: Vec<(Codec, Lane)>,
    waiting: Waiting,
    freezes: Freezes,
    decode_ms: f32,
    round_trip: Option<Duration>,
    /// Why the newest key frame could not be shown.
    unplayable: Option<Unplayable>,
}

impl Pipeline {
    fn new(config: VideoReceiverConfig, shared: Arc<Shared>) -> Self {
        Self {
            config,
            shared,
            lanes: Vec::new(),
            waiting: Waiting::default(),
            freezes: Freezes::default(),
            decode_ms: 0.0,
            round_trip: None,
            unplayable: None,
        }
    }

    fn run(&mut self) {
        while let Some(packets) = self.wait() {
            for (codec, packet) in packets {
                if let Some(lane) = self.lane(codec) {
                    lane.assembler.push(packet);
                }
            }
            for index in 0..self.lanes.len() {
                while let Some(frame) = self.lanes[index].1.assembler.poll(Instant::now()) {
                    self.decode(index, frame);
                    // Pictures due must not wait for a pile of others.
                    self.release();
                }
                if self.lanes[index].1.assembler.take_key_request(Instant::now()) {
                    debug!("Key frame wanted");
                    self.shared.lock().stats.key_requests += 1;
                    (self.config.key_frame_wanted)();
                }
            }
            self.release();
            self.account();
        }
    }

    /// Waits for packets or the next deadline; `None` at the end.
    fn wait(&mut self) -> Option<Vec<(Codec, Packet)>> {
        let repairs = self.lanes.iter().filter_map(|(_, lane)| lane.assembler.deadline());
        let deadline = repairs.chain(self.waiting.deadline()).min();
        let mut state = self.shared.lock();
        loop {
            if state.closed {
                return None;
            }
            if std::mem::take(&mut state.paused) {
                self.freezes.pause();
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if !state.queue.is_empty() || left == Some(Duration::ZERO) {
                if let Some(round_trip) = state.round_trip.take() {
                    self.round_trip = Some(round_trip);
                    for (_, lane) in &mut self.lanes {
                        lane.assembler.set_round_trip(round_trip);
                    }
                }
                let packets: Vec<_> = state.queue.drain(..).collect();
                for (_, packet) in &packets {
                    state.received.add(packet.arrived, packet.payload.len());
                }
                return Some(packets);
            }
            let left = left.unwrap_or(Duration::from_secs(3600));
            state = self.shared.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lane(&mut self, codec: Codec) -> Option<&mut Lane> {
        if codec == Codec::Opus {
            return None;
        }
        let index = self.lanes.iter().position(|&(of, _)| of == codec).unwrap_or_else(|| {
            let mut assembler = FrameAssembler::new(codec);
            if let Some(round_trip) = self.round_trip {
                assembler.set_round_trip(round_trip);
            }
            self.lanes.push((codec, Lane { assembler, decoder: None, given: VecDeque::new(), last: None }));
            self.lanes.len() - 1
        });
        Some(&mut self.lanes[index].1)
    }

    fn decode(&mut self, index: usize, picture: AssembledFrame) {
        let codec = picture.codec;
        for (of, lane) in &mut self.lanes {
            if *of != codec {
                lane.decoder = None;
            }
        }
        let lane = &mut self.lanes[index].1;
        let began = Instant::now();
        let decoder = match &mut lane.decoder {
            Some(decoder) => decoder,
            none => match open_decoder(codec) {
                Ok(decoder) => {
                    info!(?codec, "Video decoder started");
                    none.insert(decoder)
                }
                Err(error) => {
                    debug!(%error, "No decoder for a received picture");
                    return;
                }
            },
        };
        lane.given.truncate(MOST_REORDERED);
        lane.given.push_front((picture.timestamp, picture.arrived));
        let decoded = match decoder.decode(&picture.data) {
            Ok(decoded) => decoded,
            Err(error) => {
                debug!(%error, "Received picture was refused");
                lane.decoder = None;
                lane.assembler.refuse();
                if let Some(why) = error.unplayable()
                    && self.unplayable.replace(why) != Some(why)
                {
                    info!(?why, "Received pictures cannot be shown");
                    (self.config.unplayable)(Some(why));
                }
                return;
            }
        };
        if decoded.needs_key && decoded.frame.is_none() && picture.key {
            lane.assembler.refuse();
        } else if decoded.needs_key {
            lane.assembler.need_key();
        } else if decoded.frame.is_some() {
            lane.assembler.accepted();
        }
        let took = began.elapsed().as_secs_f32() * 1000.0;
        self.decode_ms = if self.decode_ms == 0.0 { took } else { self.decode_ms * 0.95 + took * 0.05 };
        let mut state = self.shared.lock();
        let stats = &mut state.stats;
        stats.key_frames += u64::from(picture.key);
        stats.codec = Some(codec);
        let Some(mut frame) = decoded.frame else { return };
        stats.frames_decoded += 1;
        stats.damaged += u64::from(decoded.damaged);
        (stats.width, stats.height) = (frame.width, frame.height);
        drop(state);
        if self.unplayable.take().is_some() {
            (self.config.unplayable)(None);
        }
        let lane = &mut self.lanes[index].1;
        let own = lane.given.get(decoded.behind).copied();
        let (timestamp, arrived) = own.unwrap_or((picture.timestamp, picture.arrived));
        let before = lane.last.is_some_and(|last| timestamp.wrapping_sub(last).cast_signed() < 0);
        if decoded.reorders && before {
            // Its turn passed before the stream was known to reorder.
            return;
        }
        lane.last = Some(timestamp);
        frame.timestamp = timestamp;
        frame.at = arrived;
        let due = match &self.config.clock {
            Some(clock) => clock.due(timestamp, arrived),
            None => arrived,
        };
        self.waiting.hold(due, frame);
    }

    fn release(&mut self) {
        loop {
            let now = Instant::now();
            let Some(frame) = self.waiting.release(now) else { return };
            self.freezes.shown(now);
            let mut state = self.shared.lock();
            state.stats.frames_shown += 1;
            state.shown.add(now, 0);
            drop(state);
            self.config.sink.frame(frame);
        }
    }

    fn account(&self) {
        let mut state = self.shared.lock();
        let stats = &mut state.stats;
        let all = || self.lanes.iter().map(|(_, lane)| lane.assembler.stats());
        stats.packets = all().map(|lane| lane.packets).sum();
        stats.packets_useless = all().map(|lane| lane.useless).sum();
        stats.frames_received = all().map(|lane| lane.frames).sum();
        stats.gaps = all().map(|lane| lane.gaps).sum();
        stats.freezes = self.freezes.count;
        stats.freeze_ms = u32::try_from(self.freezes.total.as_millis()).unwrap_or(u32::MAX);
        stats.decode_ms = self.decode_ms;
    }
}
