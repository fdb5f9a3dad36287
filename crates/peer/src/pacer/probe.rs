//! Running probe: packets that leave at a cluster's own rate, to see whether the path carries it. Sans-IO.

use std::time::{Duration, Instant};

use crate::bandwidth::{ProbeCluster, ProbeClusterId};

/// A probe that has had nothing to send for so long, though a packet was due, has measured nothing.
const MAX_STALL: Duration = Duration::from_millis(50);
/// Where timers are late the rate cannot be kept; libwebrtc has 20 ms.
const MAX_DELAY: Duration = Duration::from_millis(20);
/// The fewest packets of a probe take no longer at its own rate, if they are padding.
const MAX_SECONDS: f64 = 0.25;
/// Smaller packets would be mostly headers.
const LEAST_MAX_PADDING_BYTES: f64 = 200.0;

#[derive(Debug)]
pub(super) struct Probe {
    cluster: ProbeCluster,
    started: Instant,
    last: Instant,
    packets: u32,
    bits: f64,
}

impl Probe {
    pub(super) fn new(now: Instant, cluster: ProbeCluster) -> Self {
        Self { cluster, started: now, last: now, packets: 0, bits: 0.0 }
    }

    pub(super) fn id(&self) -> ProbeClusterId {
        self.cluster.id
    }

    /// Bytes of a padding packet at most: with larger ones the fewest packets of a slow probe would fill the queue of
    /// the path it measures.
    pub(super) fn max_padding(&self) -> usize {
        let bytes = self.cluster.bps * MAX_SECONDS / 8.0 / f64::from(self.cluster.min_packets.max(1));
        bytes.max(LEAST_MAX_PADDING_BYTES) as usize
    }

    /// When the next packet leaves.
    pub(super) fn due(&self) -> Instant {
        self.started + Duration::from_secs_f64(self.bits / self.cluster.bps.max(1.0))
    }

    pub(super) fn sent(&mut self, now: Instant, bits: f64) {
        if self.packets == 0 {
            self.started = now;
        } else if now > self.due() + MAX_DELAY {
            // Not made up for: a burst would measure the burst.
            self.started += now.saturating_duration_since(self.due());
        }
        self.packets += 1;
        self.bits += bits;
        self.last = now;
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        let enough = self.cluster.bps * self.cluster.min_duration.as_secs_f64();
        (self.packets >= self.cluster.min_packets && self.bits >= enough)
            || now.saturating_duration_since(self.due().max(self.last)) > MAX_STALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_keeps_its_rate_and_ends_with_both_packets_and_time() {
        let start = Instant::now();
        let cluster = ProbeCluster {
            id: ProbeClusterId(3),
            bps: 1e6,
            min_packets: 5,
            min_duration: Duration::from_millis(60),
        };
        let (mut probe, mut now, mut sent) = (Probe::new(start, cluster), start, 0);
        while !probe.is_over(now) {
            now = probe.due().max(now);
            probe.sent(now, 10_000.0);
            sent += 1;
        }
        // Six packets of 10 ms each; the sixth leaves after five.
        assert_eq!((sent, now - start), (6, Duration::from_millis(50)));
        // At a low rate packets are further apart than a probe may stall.
        let mut slow = Probe::new(start, ProbeCluster { bps: 100e3, ..cluster });
        assert_eq!(slow.max_padding(), 625);
        let mut now = start;
        for _ in 0..5 {
            assert!(!slow.is_over(now), "{:?}", now - start);
            slow.sent(now, 9_000.0);
            now = slow.due();
        }
        assert!(slow.is_over(now));
        let stalled = Probe::new(start, cluster);
        assert!(!stalled.is_over(start + MAX_STALL) && stalled.is_over(start + MAX_STALL * 2));
    }
}
