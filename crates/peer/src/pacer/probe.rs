//! Running probe: packets that leave at a cluster's own rate, to see whether the path carries it. Sans-IO.

use std::time::{Duration, Instant};

use crate::bandwidth::{ProbeCluster, ProbeClusterId};

/// A probe that so long finds nothing to send has measured nothing.
const MAX_STALL: Duration = Duration::from_millis(50);
/// Where timers are late the rate cannot be kept; libwebrtc has 20 ms.
const MAX_DELAY: Duration = Duration::from_millis(20);

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
            || now.saturating_duration_since(self.last) > MAX_STALL
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
        let stalled = Probe::new(start, cluster);
        assert!(!stalled.is_over(start + MAX_STALL) && stalled.is_over(start + MAX_STALL * 2));
    }
}
