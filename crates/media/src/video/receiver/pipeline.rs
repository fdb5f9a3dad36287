//! Work of the receiver's thread. Time is a parameter, so that tests replay streams without waiting.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tracing::{debug, info};

use super::decode_lane::{DecodeLane, Outcome, Picture};
use super::{Input, Shared, VideoReceiverConfig};
use crate::codec::Unplayable;
use crate::video::assembler::AssembledFrame;
use crate::video::playout_delay::{Arrival, PlayoutDelay};
use crate::video::presentation::{FrameQueue, Freezes};
use crate::{Codec, PictureFeedback};

pub(super) struct Pipeline {
    config: VideoReceiverConfig,
    shared: Arc<Shared>,
    lanes: Vec<(Codec, DecodeLane)>,
    waiting: FrameQueue,
    delay: PlayoutDelay,
    freezes: Freezes,
    /// Gaps of all lanes, those left out too, when a picture was last shown.
    gaps_shown: u64,
    decode_ms: f32,
    round_trip: Option<Duration>,
    /// Parameter sets of the description.
    sets: Bytes,
    /// Why the newest key frame could not be shown.
    unplayable: Option<Unplayable>,
    /// Nobody looks: packets are passed over.
    hidden: bool,
    /// The sender keeps long-term references.
    long_term: bool,
}

impl Pipeline {
    pub(super) fn new(config: VideoReceiverConfig, shared: Arc<Shared>) -> Self {
        Self {
            config,
            shared,
            lanes: Vec::new(),
            waiting: FrameQueue::default(),
            delay: PlayoutDelay::default(),
            freezes: Freezes::default(),
            gaps_shown: 0,
            decode_ms: 0.0,
            round_trip: None,
            sets: Bytes::new(),
            unplayable: None,
            hidden: false,
            long_term: false,
        }
    }

    pub(super) fn run(&mut self) {
        let mut inputs = VecDeque::new();
        while self.wait(&mut inputs) {
            self.step(&mut inputs, &Instant::now);
        }
    }

    /// Takes in what came and does what is due.
    pub(super) fn step(&mut self, inputs: &mut VecDeque<Input>, clock: &dyn Fn() -> Instant) {
        self.take_in(inputs);
        for index in 0..self.lanes.len() {
            while let Some(frame) = self.lanes[index].1.assembler.poll(clock()) {
                self.decode(index, frame, clock());
                // Pictures due must not wait for a pile of others.
                self.release(clock());
            }
            self.tell(index, clock());
            if self.lanes[index].1.assembler.take_key_request(clock()) {
                debug!("Key frame wanted");
                self.shared.lock().stats.key_requests += 1;
                (self.config.key_frame_wanted)();
            }
        }
        self.release(clock());
        self.account(clock());
    }

    /// Tells the sender what is kept and lost of its pictures.
    fn tell(&mut self, index: usize, now: Instant) {
        let assembler = &mut self.lanes[index].1.assembler;
        if let Some(kept) = assembler.take_kept() {
            (self.config.picture_feedback)(PictureFeedback::Kept(kept));
        }
        if let Some(kept) = assembler.take_recovery_request(now) {
            debug!("Recovery wanted");
            self.shared.lock().stats.recovery_requests += 1;
            (self.config.picture_feedback)(PictureFeedback::Lost { kept });
        }
    }

    fn take_in(&mut self, inputs: &mut VecDeque<Input>) {
        for input in inputs.drain(..) {
            match input {
                // What it takes to come back is kept: some senders name their parameter sets once only.
                Input::Packet(codec, packet) if self.hidden => {
                    if let Some(lane) = self.lane(codec) {
                        lane.pass_over(&packet);
                    }
                }
                Input::Packet(codec, packet) => {
                    self.freezes.begin(packet.arrived);
                    if let Some(lane) = self.lane(codec) {
                        lane.push(packet);
                    }
                }
                Input::Anew => {
                    self.lanes.iter_mut().for_each(|(_, lane)| lane.assembler.begin_anew());
                    self.delay.reset();
                }
                Input::Sets(sets) => {
                    self.lanes.iter_mut().for_each(|(_, lane)| lane.describe(&sets));
                    self.sets = sets;
                }
            }
        }
    }

    /// When [`Self::step`] has something to do though nothing came.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let repairs = self.lanes.iter().filter_map(|(_, lane)| lane.assembler.deadline());
        repairs.chain(self.waiting.deadline()).min()
    }

    /// The path's round-trip time.
    pub(super) fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = Some(round_trip);
        self.delay.set_round_trip(round_trip);
        for (_, lane) in &mut self.lanes {
            lane.assembler.set_round_trip(round_trip);
        }
    }

    /// Whether the sender keeps long-term references.
    pub(super) fn set_long_term(&mut self, agreed: bool) {
        if std::mem::replace(&mut self.long_term, agreed) != agreed {
            self.lanes.iter_mut().for_each(|(_, lane)| lane.assembler.set_long_term(agreed));
        }
    }

    /// Stops decoding, or begins again with the next key frame, which is asked for once packets come.
    pub(super) fn set_hidden(&mut self, hidden: bool) {
        if std::mem::replace(&mut self.hidden, hidden) || !hidden {
            return;
        }
        for (_, lane) in &mut self.lanes {
            lane.rest();
            lane.assembler.begin_anew();
        }
        self.waiting = FrameQueue::default();
        self.delay.reset();
        self.freezes.pause();
    }

    /// Waits for packets or the next deadline and moves what came into `inputs`; false at the end.
    fn wait(&mut self, inputs: &mut VecDeque<Input>) -> bool {
        let deadline = self.deadline();
        let mut state = self.shared.lock();
        loop {
            if state.closed {
                return false;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let changed = state.hidden != self.hidden || state.long_term != self.long_term;
            if !state.queue.is_empty() || left == Some(Duration::ZERO) || changed {
                // Both keep their memory.
                std::mem::swap(&mut state.queue, inputs);
                for input in inputs.iter() {
                    if let Input::Packet(_, packet) = input {
                        state.received.add(packet.arrived, packet.payload.len());
                    }
                }
                let (round_trip, hidden) = (state.round_trip.take(), state.hidden);
                let long_term = state.long_term;
                drop(state);
                if self.hidden && !hidden {
                    // What came while nobody looked.
                    self.take_in(inputs);
                }
                self.set_hidden(hidden);
                self.set_long_term(long_term);
                if let Some(round_trip) = round_trip {
                    self.set_round_trip(round_trip);
                }
                return true;
            }
            let left = left.unwrap_or(Duration::from_secs(3600));
            state = self.shared.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lane(&mut self, codec: Codec) -> Option<&mut DecodeLane> {
        if codec == Codec::Opus {
            return None;
        }
        let index = self.lanes.iter().position(|&(of, _)| of == codec).unwrap_or_else(|| {
            let mut lane = DecodeLane::new(codec);
            if let Some(round_trip) = self.round_trip {
                lane.assembler.set_round_trip(round_trip);
            }
            lane.describe(&self.sets);
            lane.assembler.set_long_term(self.long_term);
            self.lanes.push((codec, lane));
            self.lanes.len() - 1
        });
        Some(&mut self.lanes[index].1)
    }

    fn decode(&mut self, index: usize, picture: AssembledFrame, now: Instant) {
        let codec = picture.codec;
        for (of, lane) in &mut self.lanes {
            if *of != codec {
                lane.rest();
            }
        }
        let began = Instant::now();
        let key = picture.key;
        let outcome = self.lanes[index].1.decode(&picture);
        let took = began.elapsed().as_secs_f32() * 1000.0;
        self.decode_ms = if self.decode_ms == 0.0 { took } else { self.decode_ms * 0.95 + took * 0.05 };
        let mut state = self.shared.lock();
        let stats = &mut state.stats;
        stats.key_frames += u64::from(key);
        stats.codec = Some(codec);
        let pictures = match outcome {
            Outcome::Pictures(pictures) => pictures,
            Outcome::Hopeless(why) => {
                drop(state);
                if self.unplayable.replace(why) != Some(why) {
                    info!(?why, "Received pictures cannot be shown");
                    (self.config.unplayable)(Some(why));
                }
                return;
            }
        };
        let Some(newest) = pictures.last() else { return };
        stats.frames_decoded += pictures.len() as u64;
        stats.damaged += pictures.iter().filter(|picture| picture.damaged).count() as u64;
        (stats.width, stats.height) = (newest.frame.width, newest.frame.height);
        drop(state);
        if self.unplayable.take().is_some() {
            (self.config.unplayable)(None);
        }
        for Picture { frame, repaired, .. } in pictures.into_iter().filter(|picture| picture.shown) {
            let (timestamp, arrived) = (frame.timestamp, frame.at);
            let ready = now.max(arrived);
            let smooth = self.delay.frame(Arrival { timestamp, arrived, ready, repaired });
            let due = match &self.config.clock {
                Some(clock) => clock.due(timestamp, ready, smooth),
                None => smooth,
            };
            if !repaired {
                self.lanes[index].1.assembler.set_slack(due.saturating_duration_since(arrived));
            }
            self.waiting.hold(due, frame);
        }
    }

    /// Gaps that were given up, and with them those that were left out.
    fn gaps(&self) -> (u64, u64) {
        let gaps = self.lanes.iter().map(|(_, lane)| lane.assembler.stats());
        gaps.fold((0, 0), |(given_up, skipped), lane| (given_up + lane.gaps, skipped + lane.skipped))
    }

    fn release(&mut self, now: Instant) {
        while let Some(frame) = self.waiting.release(now) {
            let (given_up, skipped) = self.gaps();
            let gaps = given_up + skipped;
            let whole = std::mem::replace(&mut self.gaps_shown, gaps) == gaps;
            self.freezes.shown(now, whole.then_some(frame.timestamp));
            let mut state = self.shared.lock();
            state.stats.frames_shown += 1;
            state.shown.add(now, 0);
            drop(state);
            if let Some(clock) = &self.config.clock {
                clock.shown(frame.timestamp, now);
            }
            self.config.sink.frame(frame);
        }
    }

    fn account(&mut self, now: Instant) {
        let longest = self.freezes.longest(now);
        let mut state = self.shared.lock();
        let stats = &mut state.stats;
        let all = || self.lanes.iter().map(|(_, lane)| lane.assembler.stats());
        stats.packets = all().map(|lane| lane.packets).sum();
        stats.packets_useless = all().map(|lane| lane.useless).sum();
        stats.frames_received = all().map(|lane| lane.frames).sum();
        (stats.gaps, stats.frames_skipped) = self.gaps();
        let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        stats.freezes = self.freezes.count;
        stats.freeze_ms = ms(self.freezes.total);
        stats.longest_freeze_ms = ms(longest);
        stats.first_picture_ms = self.freezes.first.map(ms);
        stats.playout_delay_ms = ms(self.delay.delay());
        stats.decode_ms = self.decode_ms;
    }
}

#[cfg(test)]
mod bench;
#[cfg(test)]
pub(crate) use bench::{Bench, Seen, hash};
