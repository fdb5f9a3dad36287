//! Audio capture thread: source, processing, mute, Opus, sink.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rtrb::Consumer;

use super::FRAME;
use super::audio_processor::AudioProcessor;
use super::encoding_plan::{AudioPath, EncodingPlan};
use super::source::Source;
use super::stats::AudioMeters;
use super::stream::StreamEvents;
use super::voice_activity::VoiceActivity;
use crate::codec::opus::{MAX_PACKET_SAMPLES, OPUS_CLOCK_HZ, OpusEncoder, PACKET_SAMPLES};
use crate::slot::Slot;
use crate::thread::Thread;
use crate::{Codec, EncodedFrame, EncodedSink, Processing};

/// How far the sample count may drift from the clock before timestamps jump.
const MAX_TIMESTAMP_DRIFT: Duration = Duration::from_millis(120);
/// Packets no longer than this need not be sent (RFC 7587 3.1.3).
const MAX_SILENT_BYTES: usize = 2;
/// Longest park of the thread, also when no device wakes it.
const MAX_PARK: Duration = Duration::from_millis(5);

/// Controls of the capture thread, set from any thread.
#[derive(Debug)]
pub(super) struct SendControls {
    pub(super) stop: AtomicBool,
    pub(super) microphone: AtomicBool,
    pub(super) sending: AtomicBool,
    /// What is known of the path.
    pub(super) path: Mutex<AudioPath>,
    /// Another source to change to; newest wins.
    pub(super) source: Slot<String>,
    /// Other processing to change to; newest wins.
    pub(super) processing: Slot<Processing>,
}

impl SendControls {
    pub(super) fn path(&self) -> AudioPath {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change_path(&self, change: impl FnOnce(&mut AudioPath)) {
        change(&mut self.path.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Inputs of the capture thread.
pub(super) struct SendPlan {
    pub(super) microphone: String,
    pub(super) processing: Processing,
    /// Timestamps count from here, and files play from here.
    pub(super) epoch: Instant,
    pub(super) controls: Arc<SendControls>,
    pub(super) meters: Arc<AudioMeters>,
    pub(super) out: Arc<dyn EncodedSink>,
    pub(super) events: StreamEvents,
    /// What the speaker plays, in frames of 10 ms.
    pub(super) played: Consumer<f32>,
}

/// Starts the thread; it ends when `controls.stop` is set.
pub(super) fn start(plan: SendPlan) -> Thread {
    Thread::spawn("media-audio-out", move || run(plan))
}

fn run(plan: SendPlan) {
    let SendPlan { microphone, processing, epoch, controls, meters, out, events, mut played } = plan;
    let mut path = controls.path();
    let mut plan = EncodingPlan::new(&path, None);
    let mut encoder = match OpusEncoder::new(plan.settings) {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::error!(%error, "Voice cannot be encoded");
            return;
        }
    };
    let mut source = Source::open(&microphone, epoch, events);
    let mut voice = AudioProcessor::new(processing);
    let mut speech = VoiceActivity::new(processing.echo);
    let mut was_silent = false;
    let mut gain = if controls.microphone.load(Ordering::Relaxed) { 1.0 } else { 0.0 };
    let mut packet = OpusPacketizer::new(epoch);
    let mut frame = [0.0; FRAME];
    while !controls.stop.load(Ordering::Relaxed) {
        if let Some(id) = controls.source.clear() {
            source.change(&id, Instant::now());
        }
        if let Some(processing) = controls.processing.clear() {
            voice.set(processing);
            speech.set_cancelled(processing.echo);
        }
        while played.slots() >= FRAME {
            let mut far = [0.0; FRAME];
            let _ = played.pop_entire_slice(&mut far);
            voice.played(&far);
            speech.played(&far);
            source.played(&far);
        }
        let Some(heard) = source.next(Instant::now(), &mut frame) else {
            meters.microphone_is(source.label());
            std::thread::park_timeout(MAX_PARK);
            continue;
        };
        if heard.raw {
            voice.heard(&mut frame);
        }
        let wanted = if controls.microphone.load(Ordering::Relaxed) {
            speech.reset();
            meters.muted_speech(false);
            1.0
        } else {
            meters.muted_speech(speech.heard(&frame));
            0.0
        };
        fade(&mut frame, gain, wanted);
        gain = wanted;
        meters.frame_sent(&frame);
        let Some((captured, timestamp)) = packet.add(&frame, heard.captured, plan.samples) else { continue };
        if !controls.sending.load(Ordering::Relaxed) {
            continue;
        }
        match encoder.encode(&packet.samples) {
            Ok(data) => {
                // The first packet of a silence is sent all the same: it says that there is one.
                let silent = plan.settings.dtx && data.len() <= MAX_SILENT_BYTES;
                if !silent || !was_silent {
                    meters.packet_sent(data.len() * (usize::from(plan.copies.count) + 1));
                    out.send(EncodedFrame {
                        codec: Codec::Opus,
                        data,
                        timestamp,
                        captured,
                        duration: packet.duration(),
                        key: false,
                        layer: 0,
                    });
                }
                was_silent = silent;
            }
            Err(error) => tracing::debug!(%error, "Voice could not be encoded"),
        }
        let burst = meters.loss_burst();
        let known = AudioPath { burst, ..controls.path() };
        if known != path {
            path = known;
            let next = EncodingPlan::new(&path, Some(plan));
            if let Err(error) = encoder.set(next.settings) {
                tracing::debug!(%error, "The encoder refused a setting");
            }
            if next.copies != plan.copies {
                out.set_copies(next.copies);
            }
            if next != plan {
                tracing::debug!(?path, ?next, "Sound is encoded otherwise");
            }
            plan = next;
        }
    }
}

/// From one gain to another over the frame, so that muting does not click.
fn fade(frame: &mut [f32; FRAME], from: f32, to: f32) {
    if from == to {
        frame.iter_mut().for_each(|sample| *sample *= to);
        return;
    }
    for (index, sample) in frame.iter_mut().enumerate() {
        *sample *= from + (to - from) * (index as f32 + 1.0) / FRAME as f32;
    }
}

/// Joins frames to packets whose timestamps count samples, not arrivals.
struct OpusPacketizer {
    epoch: Instant,
    samples: Vec<f32>,
    full: bool,
    begun: Instant,
    /// Samples since the epoch of the packet's beginning.
    position: i64,
    started: bool,
}

impl OpusPacketizer {
    fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            samples: Vec::with_capacity(MAX_PACKET_SAMPLES),
            full: false,
            begun: epoch,
            position: 0,
            started: false,
        }
    }

    /// When `frame` completes a packet of `length` samples, tells when that was captured and its RTP timestamp.
    fn add(&mut self, frame: &[f32; FRAME], captured: Instant, length: usize) -> Option<(Instant, u32)> {
        if self.full {
            self.position += self.samples.len() as i64;
            self.samples.clear();
            self.full = false;
        }
        if self.samples.is_empty() {
            let by_clock = captured.saturating_duration_since(self.epoch).as_micros() as i64 * 48 / 1000;
            let gap = MAX_TIMESTAMP_DRIFT.as_micros() as i64 * 48 / 1000;
            // Never backwards: a device that hurries after a delay catches up by itself.
            if !self.started || by_clock - self.position > gap {
                self.position = by_clock.max(self.position);
                self.started = true;
            }
            self.begun = captured;
        }
        self.samples.extend_from_slice(frame);
        // A packet begun with another length keeps to one that Opus has.
        self.full = self.samples.len() >= length && self.samples.len().is_multiple_of(PACKET_SAMPLES);
        self.full.then_some((self.begun, self.position as u32))
    }

    fn duration(&self) -> Duration {
        Duration::from_millis(self.samples.len() as u64 * 1000 / u64::from(OPUS_CLOCK_HZ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_count_samples_and_jump_only_over_a_gap() {
        let epoch = Instant::now();
        let mut packets = OpusPacketizer::new(epoch);
        let mut stamps = Vec::new();
        let frame = [0.0; FRAME];
        for index in 0..10_u64 {
            let wobble = index % 3;
            let gap = if index >= 6 { 400 } else { 0 };
            let captured = epoch + Duration::from_millis(100 + index * 10 + wobble + gap);
            stamps.extend(packets.add(&frame, captured, 960).map(|(_, timestamp)| timestamp));
        }
        assert_eq!(stamps[..3], [4800, 5760, 6720]);
        assert!((4800 + 48 * 460..4800 + 48 * 464).contains(&stamps[3]), "{stamps:?}");
        assert_eq!(stamps[4], stamps[3] + 960);
    }

    #[test]
    fn a_packet_may_get_longer_and_shorter_at_any_time() {
        let epoch = Instant::now();
        let mut packets = OpusPacketizer::new(epoch);
        let (mut next, mut lengths) = (0, Vec::new());
        for index in 0..60_u64 {
            let length = if (13..40).contains(&index) { 2880 } else { 960 };
            let captured = epoch + Duration::from_millis(index * 10);
            if let Some((_, timestamp)) = packets.add(&[0.0; FRAME], captured, length) {
                assert_eq!(timestamp, next);
                next += packets.samples.len() as u32;
                lengths.push(packets.samples.len());
            }
        }
        assert!(lengths.iter().all(|length| [960, 1920, 2880].contains(length)), "{lengths:?}");
        assert!(lengths.contains(&2880) && lengths.ends_with(&[960, 960]));
    }

    #[test]
    fn muting_fades_within_a_frame() {
        let mut frame = [1.0; FRAME];
        fade(&mut frame, 1.0, 0.0);
        assert!(frame[0] > 0.99 && frame[FRAME - 1] == 0.0);
        assert!(frame.windows(2).all(|pair| pair[0] - pair[1] < 0.01));
        fade(&mut frame, 0.0, 0.0);
        assert_eq!(frame, [0.0; FRAME]);
    }
}
