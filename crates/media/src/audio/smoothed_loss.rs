//! Loss of a path over several reports of the other end: believed sooner where it begins than where it ends.

/// Weights of a report above and below what is known.
const ATTACK: f32 = 0.5;
const DECAY: f32 = 0.1;
/// So many reports of no loss at all in a row are rare while a path loses packets, in bursts or not; from then on another
/// weight counts. A link that has become narrow loses much for a second, and nothing once less is sent.
const LOSSLESS_REPORTS: u32 = 3;
const LOSSLESS_DECAY: f32 = 0.4;

/// Smooths reports of one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossSmoother {
    /// Reports in a row that miss nothing.
    lossless: u32,
}

impl LossSmoother {
    /// What is known of the path once the other end has missed `fraction` (0 to 1) of the last second or so.
    pub fn hear(&mut self, known: Option<f32>, fraction: f32) -> f32 {
        let fraction = fraction.clamp(0.0, 1.0);
        self.lossless = if fraction > 0.0 { 0 } else { self.lossless.saturating_add(1) };
        let known = known.unwrap_or(fraction);
        let weight = if fraction > known {
            ATTACK
        } else if self.lossless >= LOSSLESS_REPORTS {
            LOSSLESS_DECAY
        } else {
            DECAY
        };
        known + (fraction - known) * weight
    }
}
