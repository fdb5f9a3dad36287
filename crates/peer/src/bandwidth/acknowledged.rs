//! Acknowledged bit rate: bytes the other side received, by its own clock. Sans-IO.

use std::collections::VecDeque;

/// Long enough to hold several frames, short enough to follow a change of the path.
const WINDOW_MS: f64 = 500.0;
/// A shorter window is not representative.
const MIN_WINDOW_MS: f64 = 100.0;

#[derive(Debug, Default)]
pub(crate) struct AcknowledgedBitrate {
    packets: VecDeque<(f64, usize)>,
    bytes: usize,
}

impl AcknowledgedBitrate {
    pub(crate) fn arrived(&mut self, at: f64, size: usize) {
        // Packets that overtook each other need no order here, only a window.
        self.packets.push_back((at, size));
        self.bytes += size;
        while let Some((oldest, size)) = self.packets.front().copied()
            && (at - oldest > WINDOW_MS || at - oldest < -WINDOW_MS)
        {
            self.packets.pop_front();
            self.bytes -= size;
        }
    }

    /// Bit/s; `None` before enough was received to tell.
    #[expect(clippy::cast_precision_loss, reason = "half a second of bytes")]
    pub(crate) fn bps(&self) -> Option<f64> {
        let (first, size) = self.packets.front()?;
        let (last, _) = self.packets.back()?;
        let span = last - first;
        // The first packet began to arrive before the window did.
        (span >= MIN_WINDOW_MS).then(|| (self.bytes - size) as f64 * 8e3 / span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_measured_and_old_packets_are_forgotten() {
        let mut acknowledged = AcknowledgedBitrate::default();
        for n in 0..100 {
            acknowledged.arrived(f64::from(n) * 10.0, 1_250);
        }
        let bps = acknowledged.bps().expect("enough received");
        assert!((bps - 1e6).abs() < 1.0, "{bps}");
        for n in 100..200 {
            acknowledged.arrived(f64::from(n) * 10.0, 125);
        }
        let bps = acknowledged.bps().expect("enough received");
        assert!((bps - 1e5).abs() < 1.0, "{bps}");
    }

    #[test]
    fn a_moment_says_nothing() {
        let mut acknowledged = AcknowledgedBitrate::default();
        acknowledged.arrived(0.0, 1_000);
        acknowledged.arrived(50.0, 1_000);
        assert_eq!(acknowledged.bps(), None);
    }
}
