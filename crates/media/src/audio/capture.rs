//! Audio capture thread: source, processing, mute, Opus, sink.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rtrb::Consumer;

use super::FRAME;
use super::audio_processor::AudioProcessor;
use super::source::Source;
use super::stats::AudioMeters;
use super::stream::StreamEvents;
use super::voice_activity::VoiceActivity;
use crate::codec::opus::{OpusEncoder, PACKET_SAMPLES};
use crate::slot::Slot;
use crate::thread::Thread;
use crate::{Codec, EncodedFrame, EncodedSink, Processing};

/// How far the sample count may drift from the clock before timestamps jump.
const MAX_TIMESTAMP_DRIFT: Duration = Duration::from_millis(120);
/// Longest park of the thread, also when no device wakes it.
const MAX_PARK: Duration = Duration::from_millis(5);

/// Controls of the capture thread, set from any thread.
#[derive(Debug)]
pub(super) struct SendControls {
    pub(super) stop: AtomicBool,
    pub(super) microphone: AtomicBool,
    pub(super) sending: AtomicBool,
    /// Fraction of packets the other end misses, in ten-thousandths.
    pub(super) loss: AtomicU32,
    /// Another source to change to; newest wins.
    pub(super) source: Slot<String>,
    /// Other processing to change to; newest wins.
    pub(super) processing: Slot<Processing>,
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
    let mut encoder = match OpusEncoder::new() {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::error!(%error, "Voice cannot be encoded");
            return;
        }
    };
    let mut source = Source::open(&microphone, epoch, events);
    let mut voice = AudioProcessor::new(processing);
    let mut speech = VoiceActivity::new(processing.echo);
    let mut loss = 0;
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
        let Some((captured, timestamp)) = packet.add(&frame, heard.captured) else { continue };
        if !controls.sending.load(Ordering::Relaxed) {
            continue;
        }
        let reported = controls.loss.load(Ordering::Relaxed);
        if reported != loss {
            loss = reported;
            if let Err(error) = encoder.set_loss(loss as f32 / 10_000.0) {
                tracing::debug!(%error, "The encoder refused a loss rate");
            }
        }
        match encoder.encode(&packet.samples) {
            Ok(data) => {
                meters.packet_sent(data.len());
                out.send(EncodedFrame {
                    codec: Codec::Opus,
                    data,
                    timestamp,
                    captured,
                    duration: Duration::from_millis(20),
                    key: false,
                });
            }
            Err(error) => tracing::debug!(%error, "Voice could not be encoded"),
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
            samples: Vec::with_capacity(PACKET_SAMPLES),
            full: false,
            begun: epoch,
            position: 0,
            started: false,
        }
    }

    /// When `frame` completes a packet, tells when that was captured and its RTP timestamp.
    fn add(&mut self, frame: &[f32; FRAME], captured: Instant) -> Option<(Instant, u32)> {
        if self.full {
            self.samples.clear();
            self.full = false;
            self.position += PACKET_SAMPLES as i64;
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
        self.full = self.samples.len() >= PACKET_SAMPLES;
        self.full.then_some((self.begun, self.position as u32))
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
            stamps.extend(packets.add(&frame, captured).map(|(_, timestamp)| timestamp));
        }
        assert_eq!(stamps[..3], [4800, 5760, 6720]);
        assert!((4800 + 48 * 460..4800 + 48 * 464).contains(&stamps[3]), "{stamps:?}");
        assert_eq!(stamps[4], stamps[3] + 960);
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
