//! Audio statistics and level meters, filled by the two audio threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::level::{Level, SILENCE_DB};
use crate::jitter::JitterStats;

/// Frames of 10 ms between levels for the meter.
const LEVEL_INTERVAL_FRAMES: u32 = 10;
/// Frames of 10 ms between figures of the last second.
const STATS_INTERVAL_FRAMES: u32 = 100;

/// A snapshot; rates and levels are of the last whole second.
#[derive(Clone, Debug, Default)]
pub(crate) struct AudioStats {
    pub(crate) muted: bool,
    pub(crate) kbps_sent: f32,
    pub(crate) kbps_received: f32,
    pub(crate) level_sent_db: f32,
    pub(crate) level_received_db: f32,
    pub(crate) delay_ms: f32,
    /// Share 0..1 of played samples that were sent and did not come, or came damaged.
    pub(crate) concealed: f32,
    pub(crate) underruns: u64,
    pub(crate) packets: JitterStats,
    pub(crate) microphone: String,
    pub(crate) speaker: String,
}

/// Shared by the sound threads; never touched by a callback.
#[derive(Debug, Default)]
pub(crate) struct AudioMeters(Mutex<State>);

/// Levels for the UI, ten times a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    /// dBFS.
    pub(crate) microphone_db: f32,
    pub(crate) speaker_db: f32,
    /// The user speaks into the muted microphone.
    pub(crate) muted_speech: bool,
}

#[derive(Debug, Default)]
struct State {
    muted_speech: bool,
    stats: AudioStats,
    sent: DirectionMeter,
    received: DirectionMeter,
    played: u64,
    concealed: u64,
    /// Mean run of packets lost in a row on the way here.
    loss_burst: f32,
}

#[derive(Debug)]
struct DirectionMeter {
    frames: u32,
    bytes: usize,
    short: Level,
    long: Level,
    /// Of the last 100 ms.
    level_db: f32,
}

impl Default for DirectionMeter {
    fn default() -> Self {
        let (short, long) = (Level::default(), Level::default());
        Self { frames: 0, bytes: 0, short, long, level_db: SILENCE_DB }
    }
}

/// What a frame of one direction completed.
struct Completed {
    short: bool,
    /// Level in dBFS and kbit/s of a second.
    long: Option<(f32, f32)>,
}

impl DirectionMeter {
    fn frame(&mut self, frame: &[f32]) -> Completed {
        self.short.add(frame);
        self.long.add(frame);
        self.frames += 1;
        let short = self.frames.is_multiple_of(LEVEL_INTERVAL_FRAMES);
        if short {
            self.level_db = self.short.take();
        }
        let long = self.frames.is_multiple_of(STATS_INTERVAL_FRAMES).then(|| {
            let kbps = std::mem::take(&mut self.bytes) as f32 * 8.0 / 1000.0;
            (self.long.take(), kbps)
        });
        Completed { short, long }
    }
}

impl AudioMeters {
    pub(super) fn frame_sent(&self, frame: &[f32]) {
        let mut state = self.lock();
        if let Some((level, kbps)) = state.sent.frame(frame).long {
            state.stats.level_sent_db = level;
            state.stats.kbps_sent = kbps;
        }
    }

    pub(super) fn muted_speech(&self, heard: bool) {
        self.lock().muted_speech = heard;
    }

    pub(super) fn packet_sent(&self, bytes: usize) {
        self.lock().sent.bytes += bytes;
    }

    pub(super) fn packet_received(&self, bytes: usize) {
        self.lock().received.bytes += bytes;
    }

    /// Returns levels ten times a second.
    pub(super) fn frame_played(&self, frame: &[f32]) -> Option<Levels> {
        let mut state = self.lock();
        state.played += frame.len() as u64;
        let completed = state.received.frame(frame);
        if let Some((level, kbps)) = completed.long {
            state.stats.level_received_db = level;
            state.stats.kbps_received = kbps;
        }
        completed.short.then_some(Levels {
            microphone_db: state.sent.level_db,
            speaker_db: state.received.level_db,
            muted_speech: state.muted_speech,
        })
    }

    pub(super) fn concealed(&self, samples: usize) {
        self.lock().concealed += samples as u64;
    }

    pub(super) fn buffer(&self, delay_ms: f32, packets: JitterStats, underruns: u64) {
        let mut state = self.lock();
        state.stats.delay_ms = delay_ms;
        state.stats.packets = packets;
        state.stats.underruns = underruns;
    }

    pub(super) fn lost_in_bursts_of(&self, packets: f32) {
        self.lock().loss_burst = packets;
    }

    /// Mean run of packets lost in a row, as seen in what is received: reports of the other end name no runs, and
    /// what loses packets in bursts mostly does so both ways.
    pub(super) fn loss_burst(&self) -> f32 {
        self.lock().loss_burst.max(1.0)
    }

    pub(super) fn microphone_is(&self, label: &str) {
        replace(&mut self.lock().stats.microphone, label);
    }

    pub(super) fn speaker_is(&self, label: &str) {
        replace(&mut self.lock().stats.speaker, label);
    }

    pub(crate) fn stats(&self) -> AudioStats {
        let state = self.lock();
        let missing = state.concealed + state.stats.packets.missing;
        let concealed = missing as f32 / state.played.max(1) as f32;
        AudioStats { concealed: concealed.min(1.0), ..state.stats.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn replace(label: &mut String, with: &str) {
    if label != with {
        with.clone_into(label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_packets_makes_a_rate_and_a_level() {
        let meters = AudioMeters::default();
        for index in 0..100 {
            if index % 2 == 0 {
                meters.packet_received(80);
            }
            let levels = meters.frame_played(&[0.1; 480]);
            assert_eq!(levels.is_some(), index % 10 == 9);
        }
        meters.concealed(4800);
        let stats = meters.stats();
        assert!((stats.kbps_received - 32.0).abs() < 0.01);
        assert!((stats.level_received_db + 20.0).abs() < 0.1);
        assert!((stats.concealed - 0.1).abs() < 0.001);
        meters.buffer(40.0, JitterStats { missing: 2400, ..JitterStats::default() }, 0);
        assert!((meters.stats().concealed - 0.15).abs() < 0.001);
    }
}
