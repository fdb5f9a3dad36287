//! Audio level of a stream, for meters and statistics.

/// What silence is called, dBFS.
pub(crate) const SILENCE_DB: f32 = -90.0;

/// Gathers the power of a stream until it is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    power: f64,
    samples: u64,
}

impl Level {
    pub(crate) fn add(&mut self, sound: &[f32]) {
        self.power += sound.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
        self.samples += sound.len() as u64;
    }

    /// dBFS of what was added since the last time, 0 being a full-scale square wave.
    pub(crate) fn take(&mut self) -> f32 {
        let Self { power, samples } = std::mem::take(self);
        if samples == 0 {
            return SILENCE_DB;
        }
        ((10.0 * (power / samples as f64).log10()) as f32).max(SILENCE_DB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_decibels_of_full_scale() {
        let mut level = Level::default();
        assert_eq!(level.take(), SILENCE_DB);
        level.add(&[0.1; 480]);
        assert!((level.take() + 20.0).abs() < 0.01);
        level.add(&[0.0; 480]);
        assert_eq!(level.take(), SILENCE_DB);
    }
}
