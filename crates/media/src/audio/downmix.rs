//! Downmix of many channels to one, with the weights of ITU-R BS.775-4, annex 4: the centre keeps its
//! loudness and the bass effects are left out. A silent channel does not lower the others.

/// Default channel layouts by number of channels.
const DEFAULT_LAYOUTS: [&[Channel]; 9] = {
    use Channel::{Bass, Centre, Front, Rear};
    [
        &[],
        &[Centre],
        &[Front, Front],
        &[Front, Front, Centre],
        &[Front, Front, Rear, Rear],
        &[Front, Front, Centre, Rear, Rear],
        &[Front, Front, Centre, Bass, Rear, Rear],
        &[Front, Front, Centre, Bass, Rear, Rear, Rear],
        &[Front, Front, Centre, Bass, Rear, Rear, Rear, Rear],
    ]
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Front,
    Centre,
    Rear,
    Bass,
}

impl Channel {
    /// Of the bits of `dwChannelMask` in `WAVEFORMATEXTENSIBLE`.
    fn of(bit: u32) -> Self {
        match bit {
            0 | 1 | 6 | 7 => Self::Front,
            2 => Self::Centre,
            3 => Self::Bass,
            _ => Self::Rear,
        }
    }

    fn weight(self) -> f32 {
        match self {
            Self::Front => std::f32::consts::FRAC_1_SQRT_2,
            Self::Centre => 1.0,
            Self::Rear => 0.5,
            Self::Bass => 0.0,
        }
    }
}

/// See the module.
pub(super) struct Downmix {
    weights: Vec<f32>,
}

impl Downmix {
    /// For `channels`, which stand where the mask says, in the order of its bits.
    pub(super) fn new(channels: usize, speakers: Option<u32>) -> Self {
        let channels = channels.max(1);
        let told = speakers.map(|mask| {
            let bits = (0..32).filter(move |bit| mask >> bit & 1 == 1);
            bits.map(Channel::of).collect::<Vec<_>>()
        });
        let places = told.filter(|places| places.len() == channels);
        let places = places.or_else(|| DEFAULT_LAYOUTS.get(channels).map(|places| places.to_vec()));
        let mut weights: Vec<f32> = match (channels, places) {
            (1, _) => vec![1.0],
            // What is in both is as loud as it was.
            (2, _) => vec![0.5, 0.5],
            (_, Some(places)) => places.into_iter().map(Channel::weight).collect(),
            (_, None) => vec![1.0 / channels as f32; channels],
        };
        if weights.iter().all(|weight| *weight == 0.0) {
            weights.fill(1.0 / channels as f32);
        }
        Self { weights }
    }

    /// Appends the mixture of interleaved channels.
    pub(super) fn mix(&self, interleaved: &[f32], out: &mut Vec<f32>) {
        if self.weights.len() == 1 {
            return out.extend_from_slice(interleaved);
        }
        out.extend(interleaved.chunks_exact(self.weights.len()).map(|frame| {
            let sum: f32 = frame.iter().zip(&self.weights).map(|(sample, weight)| sample * weight).sum();
            sum.clamp(-1.0, 1.0)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of one channel alone.
    fn alone(channels: usize, speakers: Option<u32>, channel: usize) -> f32 {
        let mut frame = vec![0.0; channels];
        frame[channel] = 0.8;
        let mut out = Vec::new();
        Downmix::new(channels, speakers).mix(&frame, &mut out);
        out[0] / 0.8
    }

    #[test]
    fn a_voice_in_the_centre_is_as_loud_as_it_was() {
        for (channels, centre) in [(1, 0), (3, 2), (5, 2), (6, 2), (7, 2), (8, 2)] {
            assert!((alone(channels, None, centre) - 1.0).abs() < 1e-6, "{channels}");
        }
        let mut both = Vec::new();
        Downmix::new(2, None).mix(&[0.8, 0.8], &mut both);
        assert_eq!(both, [0.8]);
    }

    #[test]
    fn sides_and_rear_are_weaker_and_bass_is_left_out() {
        for (channels, bass, rear) in [(6, 3, 4), (7, 3, 6), (8, 3, 7)] {
            assert!((20.0 * alone(channels, None, 0).log10() + 3.01).abs() < 0.01);
            assert!((20.0 * alone(channels, None, rear).log10() + 6.02).abs() < 0.01);
            assert_eq!(alone(channels, None, bass), 0.0);
        }
        // Front left and right, bass, back centre.
        assert_eq!(alone(4, Some(0x10b), 2), 0.0);
        assert_eq!(alone(4, Some(0x10b), 3), 0.5);
        // A mask of another number of channels is not believed.
        assert_eq!(alone(4, Some(0x3f), 2), 0.5);
        assert_eq!(alone(1, Some(8), 0), 1.0);
    }

    #[test]
    fn a_loud_mixture_does_not_wrap() {
        let mut out = Vec::new();
        Downmix::new(6, None).mix(&[1.0; 12], &mut out);
        assert_eq!(out, [1.0, 1.0]);
    }
}
