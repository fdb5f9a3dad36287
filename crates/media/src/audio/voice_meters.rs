//! Statistics and level of one member's voice, filled by the playout thread.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::stats::{Completed, DirectionMeter};
use crate::jitter::JitterStats;

/// A snapshot; rates and levels are of the last whole second.
#[derive(Clone, Debug, Default)]
pub(crate) struct VoiceStats {
    pub(crate) kbps: f32,
    pub(crate) level_db: f32,
    pub(crate) delay_ms: f32,
    /// Share 0..1 of played samples that were sent and did not come, or came damaged.
    pub(crate) concealed: f32,
    pub(crate) packets: JitterStats,
}

/// See the module; never touched by a callback.
#[derive(Debug, Default)]
pub(crate) struct VoiceMeters(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stats: VoiceStats,
    received: DirectionMeter,
    played: u64,
    concealed: u64,
}

impl VoiceMeters {
    pub(super) fn packet_received(&self, bytes: usize) {
        self.lock().received.bytes += bytes;
    }

    /// True ten times a second, when figures of the buffer are due.
    pub(super) fn frame_played(&self, frame: &[f32]) -> bool {
        let mut state = self.lock();
        state.played += frame.len() as u64;
        let Completed { short, long } = state.received.frame(frame);
        if let Some((level, kbps)) = long {
            state.stats.level_db = level;
            state.stats.kbps = kbps;
        }
        short
    }

    /// Samples that came damaged and were made up.
    pub(super) fn concealed(&self, samples: usize) {
        self.lock().concealed += samples as u64;
    }

    pub(super) fn buffer(&self, delay_ms: f32, packets: JitterStats) {
        let mut state = self.lock();
        state.stats.delay_ms = delay_ms;
        state.stats.packets = packets;
    }

    /// dBFS of the last 100 ms.
    pub(crate) fn level_db(&self) -> f32 {
        self.lock().received.level_db
    }

    pub(crate) fn stats(&self) -> VoiceStats {
        let state = self.lock();
        let missing = state.concealed + state.stats.packets.missing;
        let concealed = missing as f32 / state.played.max(1) as f32;
        VoiceStats { concealed: concealed.min(1.0), ..state.stats.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_packets_makes_a_rate_and_a_level() {
        let meters = VoiceMeters::default();
        for index in 0..100 {
            if index % 2 == 0 {
                meters.packet_received(80);
            }
            assert_eq!(meters.frame_played(&[0.1; 480]), index % 10 == 9);
        }
        meters.concealed(4800);
        let stats = meters.stats();
        assert!((stats.kbps - 32.0).abs() < 0.01);
        assert!((stats.level_db + 20.0).abs() < 0.1 && (meters.level_db() + 20.0).abs() < 0.1);
        assert!((stats.concealed - 0.1).abs() < 0.001);
        meters.buffer(40.0, JitterStats { missing: 2400, ..JitterStats::default() });
        assert!((meters.stats().concealed - 0.15).abs() < 0.001);
    }
}
