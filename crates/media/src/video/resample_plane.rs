//! Resampling of one plane of 8-bit samples to another size, with a triangle filter as wide as what an output sample
//! covers: thin lines neither vanish nor flicker. The weights are made once for each pair of sizes, and nothing is
//! taken from the heap afterwards. Pure.

/// Weights of an output sample add up to this; with 8-bit samples their products and sums fit into 16 bits.
const ONE: u16 = 256;
const HALF: u16 = ONE / 2;
/// Output rows made at once, one in each 16 bits of a word.
const LANES: usize = 4;
const HALVES: u64 = 0x0080_0080_0080_0080;
/// Pairs of sizes whose weights are kept: luma and chroma, both ways, of two sizes.
const MAX_AXES: usize = 8;

/// How the samples along one axis become those of another length.
#[derive(Debug)]
struct Axis {
    from: usize,
    to: usize,
    /// Input samples of each output sample.
    taps: usize,
    /// First input sample of each output sample.
    starts: Vec<usize>,
    /// `taps` of each output sample, in 1/256.
    weights: Vec<u16>,
}

impl Axis {
    fn new(from: usize, to: usize) -> Self {
        let scale = from as f64 / to as f64;
        // As wide as one input sample at least: in between two of them when the plane grows.
        let reach = scale.max(1.0);
        let taps = ((reach * 2.0).ceil() as usize + 1).min(from);
        let mut axis = Self { from, to, taps, starts: Vec::new(), weights: Vec::new() };
        let mut exact = vec![0.0; taps];
        for output in 0..to {
            let centre = (output as f64 + 0.5) * scale;
            let first = ((centre - reach).floor().max(0.0) as usize).min(from - taps);
            for (tap, weight) in exact.iter_mut().enumerate() {
                let distance = ((first + tap) as f64 + 0.5 - centre).abs();
                *weight = (1.0 - distance / reach).max(0.0);
            }
            axis.starts.push(first);
            axis.push_weights(&exact);
        }
        axis.trim();
        axis
    }

    /// Rounded so that they add up to one, whatever is lost in each.
    fn push_weights(&mut self, exact: &[f64]) {
        let sum: f64 = exact.iter().sum();
        let (mut total, mut given) = (0.0, 0);
        for weight in exact {
            total += weight / sum * f64::from(ONE);
            let upto = total.round() as u16;
            self.weights.push(upto - given);
            given = upto;
        }
    }

    /// Leaves out taps at the ends that no output sample needs.
    fn trim(&mut self) {
        let used = |weights: &[u16]| {
            let first = weights.iter().position(|&weight| weight > 0).unwrap_or(0);
            let last = weights.iter().rposition(|&weight| weight > 0).unwrap_or(0);
            (first, last + 1 - first)
        };
        let most = self.weights.chunks_exact(self.taps).map(|weights| used(weights).1).max().unwrap_or(1);
        let mut weights = Vec::with_capacity(self.to * most);
        for (start, old) in self.starts.iter_mut().zip(self.weights.chunks_exact(self.taps)) {
            let first = used(old).0.min(self.taps - most);
            *start += first;
            weights.extend_from_slice(&old[first..first + most]);
        }
        (self.taps, self.weights) = (most, weights);
    }
}

/// Makes planes of other sizes and keeps what it needs for that.
#[derive(Debug, Default)]
pub(crate) struct Resampler {
    axes: Vec<Axis>,
    rows: [Vec<u8>; LANES],
    sums: Vec<u16>,
    /// Rows of the source's width, and of the target's.
    wide: Vec<u64>,
    narrow: Vec<u64>,
}

impl Resampler {
    /// Fills `target`, a plane of the size `to`, from `source`, one of the size `from` (width and height). `None` when
    /// a plane has not the bytes of its size.
    pub(crate) fn resample(
        &mut self,
        source: &[u8],
        from: (usize, usize),
        target: &mut [u8],
        to: (usize, usize),
    ) -> Option<()> {
        let bytes = |(width, height): (usize, usize)| width.checked_mul(height).filter(|&bytes| bytes > 0);
        if bytes(from)? != source.len() || bytes(to)? != target.len() {
            return None;
        }
        self.keep_axes([(from.0, to.0), (from.1, to.1)]);
        let (across, down) = (find(&self.axes, from.0, to.0)?, find(&self.axes, from.1, to.1)?);
        self.rows.iter_mut().for_each(|row| row.resize(from.0, 0));
        self.wide.resize(from.0, 0);
        self.narrow.resize(to.0, 0);
        // Down first: that is the quick half, and it leaves fewer rows for the other.
        let mut outputs = down.starts.iter().zip(down.weights.chunks_exact(down.taps));
        for targets in target.chunks_mut(to.0 * LANES) {
            // Of the last rows, some lanes keep what was in them; nobody reads it.
            let count = targets.len() / to.0;
            for (row, (&start, weights)) in self.rows.iter_mut().zip(outputs.by_ref().take(count)) {
                let lines = &source[start * from.0..(start + down.taps) * from.0];
                blend_lines(lines, weights, row, &mut self.sums);
            }
            join_rows(&self.rows, &mut self.wide);
            blend_words(&self.wide, across, &mut self.narrow);
            split_rows(&self.narrow, targets);
        }
        Some(())
    }

    /// Makes the weights for these pairs of lengths where they are missing.
    fn keep_axes(&mut self, pairs: [(usize, usize); 2]) {
        let missing = |axes: &[Axis], (from, to)| find(axes, from, to).is_none();
        // Before either is made: none that was found may go.
        if self.axes.len() + pairs.len() > MAX_AXES && pairs.iter().any(|pair| missing(&self.axes, *pair)) {
            self.axes.clear();
        }
        for (from, to) in pairs {
            if missing(&self.axes, (from, to)) {
                self.axes.push(Axis::new(from, to));
            }
        }
    }
}

fn find(axes: &[Axis], from: usize, to: usize) -> Option<&Axis> {
    axes.iter().find(|axis| (axis.from, axis.to) == (from, to))
}

fn blend_lines(lines: &[u8], weights: &[u16], row: &mut [u8], sums: &mut Vec<u16>) {
    let mut lines = lines.chunks_exact(row.len());
    let mut line = || lines.next().unwrap_or_default();
    match *weights {
        [_] => row.copy_from_slice(line()),
        [a, b] => {
            let samples = row.iter_mut().zip(line()).zip(line());
            samples.for_each(|((row, &x), &y)| *row = high(plus(plus(0, a, x), b, y)));
        }
        [a, b, c] => {
            let samples = row.iter_mut().zip(line()).zip(line()).zip(line());
            samples.for_each(|(((row, &x), &y), &z)| {
                *row = high(plus(plus(plus(0, a, x), b, y), c, z));
            });
        }
        [a, b, c, d] => {
            let samples = row.iter_mut().zip(line()).zip(line()).zip(line()).zip(line());
            samples.for_each(|((((row, &x), &y), &z), &w)| {
                *row = high(plus(plus(plus(plus(0, a, x), b, y), c, z), d, w));
            });
        }
        _ => {
            sums.clear();
            sums.resize(row.len(), 0);
            for (weight, line) in weights.iter().zip(lines) {
                sums.iter_mut().zip(line).for_each(|(sum, &sample)| *sum = plus(*sum, *weight, sample));
            }
            row.iter_mut().zip(sums).for_each(|(row, sum)| *row = high(*sum));
        }
    }
}

/// The sum with one more weighted sample. No check for an overflow, which weights that add up to one cannot cause: in
/// builds with such checks it would keep the compiler from working on many samples at once.
#[inline(always)]
fn plus(sum: u16, weight: u16, sample: u8) -> u16 {
    sum.wrapping_add(weight.wrapping_mul(u16::from(sample)))
}

/// The rounded sum of weighted samples, at most 255 x 256 before.
#[inline(always)]
fn high(sum: u16) -> u8 {
    (sum.wrapping_add(HALF) >> 8) as u8
}

fn join_rows([a, b, c, d]: &[Vec<u8>; LANES], wide: &mut [u64]) {
    for ((((word, &a), &b), &c), &d) in wide.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *word = u64::from_le_bytes([a, 0, b, 0, c, 0, d, 0]);
    }
}

/// The samples are the high bytes of the lanes.
fn split_rows(narrow: &[u64], targets: &mut [u8]) {
    let mut rows = targets.chunks_exact_mut(narrow.len());
    let mut row = || rows.next().unwrap_or_default();
    let (first, second, third, fourth) = (row(), row(), row(), row());
    if fourth.is_empty() {
        for (lane, row) in [first, second, third].into_iter().enumerate() {
            let samples = row.iter_mut().zip(narrow);
            samples.for_each(|(sample, word)| *sample = word.to_le_bytes()[lane * 2 + 1]);
        }
        return;
    }
    let samples = narrow.iter().zip(first).zip(second).zip(third).zip(fourth);
    for ((((word, a), b), c), d) in samples {
        [_, *a, _, *b, _, *c, _, *d] = word.to_le_bytes();
    }
}

/// All lanes of a word at once: none of them overflows into the next.
fn blend_words(wide: &[u64], axis: &Axis, narrow: &mut [u64]) {
    match axis.taps {
        1 => blend_few::<1>(wide, axis, narrow),
        2 => blend_few::<2>(wide, axis, narrow),
        3 => blend_few::<3>(wide, axis, narrow),
        4 => blend_few::<4>(wide, axis, narrow),
        5 => blend_few::<5>(wide, axis, narrow),
        6 => blend_few::<6>(wide, axis, narrow),
        taps => {
            let outputs = narrow.iter_mut().zip(&axis.starts).zip(axis.weights.chunks_exact(taps));
            for ((output, &start), weights) in outputs {
                *output = weighted(&wide[start..start + taps], weights);
            }
        }
    }
}

fn blend_few<const TAPS: usize>(wide: &[u64], axis: &Axis, narrow: &mut [u64]) {
    let (weights, _) = axis.weights.as_chunks::<TAPS>();
    for ((output, &start), weights) in narrow.iter_mut().zip(&axis.starts).zip(weights) {
        let Some(words) = wide.get(start..).and_then(<[u64]>::first_chunk::<TAPS>) else { continue };
        *output = weighted(words, weights);
    }
}

#[inline(always)]
fn weighted(words: &[u64], weights: &[u16]) -> u64 {
    words
        .iter()
        .zip(weights)
        .fold(HALVES, |sum, (word, &weight)| sum.wrapping_add(word.wrapping_mul(u64::from(weight))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resampled(source: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
        let mut target = vec![0; to.0 * to.1];
        Resampler::default().resample(source, from, &mut target, to).expect("sizes fit");
        target
    }

    #[test]
    fn a_line_that_falls_between_samples_stays_visible_and_keeps_its_light() {
        for column in 0..64 {
            let mut source = vec![0; 64 * 8];
            source.iter_mut().skip(column).step_by(64).for_each(|sample| *sample = 240);
            let target = resampled(&source, (64, 8), (48, 6));
            let light: u32 = target[..48].iter().map(|&sample| u32::from(sample)).sum();
            assert!((150..=212).contains(&light), "{column}: {light}, of 180");
        }
    }

    #[test]
    fn a_slope_stays_one_and_is_not_moved() {
        let source: Vec<u8> = (0..20).flat_map(|_| (0..200).map(|x| x + 20)).collect();
        for width in [150, 100, 64, 50] {
            let target = resampled(&source, (200, 20), (width, 10));
            for (x, &sample) in target.iter().enumerate().take(width - 4).skip(4) {
                let wanted = (x as f64 + 0.5) * 200.0 / width as f64 - 0.5 + 20.0;
                assert!((f64::from(sample) - wanted).abs() <= 1.0, "{width}, {x}: {sample} {wanted}");
            }
        }
    }

    #[test]
    fn planes_of_other_sizes_than_stated_are_refused() {
        let mut resampler = Resampler::default();
        assert!(resampler.resample(&[0; 11], (4, 3), &mut [0; 4], (2, 2)).is_none());
        assert!(resampler.resample(&[0; 12], (4, 3), &mut [0; 5], (2, 2)).is_none());
        assert!(resampler.resample(&[], (0, 3), &mut [0; 4], (2, 2)).is_none());
        assert!(resampler.resample(&[0; 12], (4, 3), &mut [], (0, 2)).is_none());
        assert!(resampler.resample(&[0; 12], (usize::MAX, 3), &mut [0; 4], (2, 2)).is_none());
        assert!(resampler.resample(&[0; 12], (4, 3), &mut [0; 4], (2, 2)).is_some());
    }

    #[test]
    fn weights_of_a_few_sizes_are_kept() {
        let mut resampler = Resampler::default();
        for width in 1..50 {
            let mut target = vec![0; width * 2];
            assert!(resampler.resample(&[7; 400], (100, 4), &mut target, (width, 2)).is_some());
            assert!(target.iter().all(|&sample| sample == 7));
            assert!(resampler.axes.len() <= MAX_AXES);
        }
    }

    #[test]
    fn sizes_seen_before_make_no_difference() {
        let mut resampler = Resampler::default();
        // A window that is dragged about, with a picture that is turned now and then.
        for step in 0..200_usize {
            let (long, short) = (96, 54 - step % 3 * 2);
            let from = if step % 5 == 0 { (short, long) } else { (long, short) };
            let to = (20 + step % 3 * 30, 20 + step * 11 % 90);
            let source: Vec<u8> = (0..from.0 * from.1).map(|at| (at * 31 % 251) as u8).collect();
            let mut target = vec![0; to.0 * to.1];
            assert!(resampler.resample(&source, from, &mut target, to).is_some(), "{from:?} to {to:?}");
            assert_eq!(target, resampled(&source, from, to), "{from:?} to {to:?}");
        }
    }

    proptest! {
        #[test]
        fn a_flat_plane_stays_flat_and_every_weight_adds_up(
            from in (1usize..80, 1usize..80), to in (1usize..80, 1usize..80), value: u8,
        ) {
            let source = vec![value; from.0 * from.1];
            prop_assert!(resampled(&source, from, to).iter().all(|&sample| sample == value));
            let axis = Axis::new(from.0, to.0);
            for (weights, start) in axis.weights.chunks_exact(axis.taps).zip(&axis.starts) {
                prop_assert_eq!(weights.iter().sum::<u16>(), ONE);
                prop_assert!(start + axis.taps <= from.0);
            }
        }
    }
}
