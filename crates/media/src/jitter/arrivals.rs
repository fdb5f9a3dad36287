//! Arrivals by sequence number: which of the last packets have come, and in what runs they are lost.

/// What remains of the counts after a packet: half after some 14 s of 20 ms packets.
const FORGET_FACTOR: f32 = 0.999;
/// A longer jump of the numbers is a path that was dead or a stream that began anew, not loss in a burst.
const MAX_RUN_PACKETS: u16 = 50;
/// With less than this the mean says nothing.
const MIN_RUNS: f32 = 1.5;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    newest: Option<u16>,
    /// Which of the 64 packets up to the newest one have come, newest lowest.
    come: u64,
    /// Packets lost and runs of them, both decaying.
    lost: f32,
    runs: f32,
}

impl Arrivals {
    /// How far a packet is after the newest one; 1 for the first.
    pub(super) fn step(&self, sequence: u16) -> i16 {
        self.newest.map_or(1, |newest| sequence.wrapping_sub(newest).cast_signed())
    }

    /// Whether that packet has come already, as far as remembered.
    pub(super) fn has(&self, sequence: u16) -> bool {
        let step = self.step(sequence);
        self.newest.is_some() && step <= 0 && step > -64 && self.come & (1 << -step) != 0
    }

    pub(super) fn note(&mut self, sequence: u16) {
        let step = self.step(sequence);
        self.lost *= FORGET_FACTOR;
        self.runs *= FORGET_FACTOR;
        if step > 0 {
            let skipped = step.unsigned_abs() - 1;
            if self.newest.is_some() && (1..=MAX_RUN_PACKETS).contains(&skipped) {
                self.lost += f32::from(skipped);
                self.runs += 1.0;
            }
            self.come = self.come.checked_shl(u32::from(step.unsigned_abs())).unwrap_or(0) | 1;
            self.newest = Some(sequence);
        } else if step > -64 && !self.has(sequence) {
            // Late, not lost: most often a run of its own.
            self.lost = (self.lost - 1.0).max(0.0);
            self.runs = (self.runs - 1.0).max(0.0).min(self.lost);
            self.come |= 1 << -step;
        }
    }

    /// Mean run of packets lost in a row, 1 while too few were.
    pub(super) fn burst(&self) -> f32 {
        if self.runs < MIN_RUNS { 1.0 } else { (self.lost / self.runs).max(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_known_across_the_wrap() {
        let mut arrivals = Arrivals::default();
        assert!(!arrivals.has(7));
        for sequence in [65_530, 65_533, 65_535, 2, 1] {
            assert!(!arrivals.has(sequence));
            arrivals.note(sequence);
            assert!(arrivals.has(sequence));
        }
        assert!([65_531, 65_534, 0, 3].iter().all(|sequence| !arrivals.has(*sequence)));
    }

    #[test]
    fn runs_are_told_from_single_losses() {
        for run in [1_u16, 2, 5] {
            let mut arrivals = Arrivals::default();
            (0..3000).filter(|sequence| sequence % 20 >= run).for_each(|sequence| arrivals.note(sequence));
            assert!((arrivals.burst() - f32::from(run)).abs() < 0.1, "{run}: {}", arrivals.burst());
        }
    }

    #[test]
    fn reordering_is_no_loss() {
        let mut arrivals = Arrivals::default();
        for pair in 0..500_u16 {
            arrivals.note(pair * 2 + 1);
            arrivals.note(pair * 2);
        }
        assert_eq!(arrivals.burst(), 1.0);
    }
}
