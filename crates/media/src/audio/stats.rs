//! Audio statistics and level meters of a call, filled by the two audio threads. Those of one member are
//! [`super::voice_meters`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::level::{Level, SILENCE_DB};

/// Frames of 10 ms between levels for the meter.
const LEVEL_INTERVAL_FRAMES: u32 = 10;
/// Frames of 10 ms between figures of the last second.
const STATS_INTERVAL_FRAMES: u32 = 100;

/// What is sent, and the devices: a snapshot; rates and levels are of the last whole second.
#[derive(Clone, Debug, Default)]
pub(crate) struct AudioStats {
    pub(crate) muted: bool,
    pub(crate) kbps: f32,
    pub(crate) level_db: f32,
    pub(crate) underruns: u64,
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
    played: DirectionMeter,
    /// Mean run of packets lost in a row on the way here.
    loss_burst: f32,
}

/// Meter of one stream of sound.
#[derive(Debug)]
pub(super) struct DirectionMeter {
    frames: u32,
    pub(super) bytes: usize,
    short: Level,
    long: Level,
    /// Of the last 100 ms.
    pub(super) level_db: f32,
}

impl Default for DirectionMeter {
    fn default() -> Self {
        let (short, long) = (Level::default(), Level::default());
        Self { frames: 0, bytes: 0, short, long, level_db: SILENCE_DB }
    }
}

/// What a frame of one direction completed.
pub(super) struct Completed {
    pub(super) short: bool,
    /// Level in dBFS and kbit/s of a second.
    pub(super) long: Option<(f32, f32)>,
}

impl DirectionMeter {
    pub(super) fn frame(&mut self, frame: &[f32]) -> Completed {
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
            state.stats.level_db = level;
            state.stats.kbps = kbps;
        }
    }

    pub(super) fn muted_speech(&self, heard: bool) {
        self.lock().muted_speech = heard;
    }

    pub(super) fn packet_sent(&self, bytes: usize) {
        self.lock().sent.bytes += bytes;
    }

    /// Takes a frame of what is played of all members; returns levels ten times a second.
    pub(super) fn frame_played(&self, frame: &[f32]) -> Option<Levels> {
        let mut state = self.lock();
        state.played.frame(frame).short.then_some(Levels {
            microphone_db: state.sent.level_db,
            speaker_db: state.played.level_db,
            muted_speech: state.muted_speech,
        })
    }

    pub(super) fn underruns_are(&self, underruns: u64) {
        self.lock().stats.underruns = underruns;
    }

    pub(super) fn lost_in_bursts_of(&self, packets: f32) {
        self.lock().loss_burst = packets;
    }

    /// Mean run of packets lost in a row, the longest of those received from members: reports of the other end name no runs, and
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
        self.lock().stats.clone()
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
    fn levels_come_ten_times_a_second_and_figures_every_second() {
        let meters = AudioMeters::default();
        for index in 0..100 {
            if index % 2 == 0 {
                meters.packet_sent(80);
            }
            meters.frame_sent(&[0.1; 480]);
            let levels = meters.frame_played(&[0.01; 480]);
            assert_eq!(levels.is_some(), index % 10 == 9);
            if let Some(levels) = levels {
                assert!((levels.microphone_db + 20.0).abs() < 0.1 && (levels.speaker_db + 40.0).abs() < 0.1);
            }
        }
        let stats = meters.stats();
        assert!((stats.kbps - 32.0).abs() < 0.01);
        assert!((stats.level_db + 20.0).abs() < 0.1);
    }
}
