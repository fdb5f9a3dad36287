//! Probe estimator: the rate that a cluster of packets, sent at a chosen rate, came through with. Sans-IO.
//!
//! After libwebrtc's `goog_cc/probe_bitrate_estimator.cc`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{PacketResult, ProbeCluster, within};

/// A cluster counts once this part of its packets and bytes has come.
const MIN_RECEIVED_FRACTION: f64 = 0.8;
/// Received faster than sent by more than this: held up and let go at once, which measures nothing.
const MAX_RECEIVE_RATIO: f64 = 2.0;
/// Received slower than this part of the sending rate: the link was full.
const SATURATED_RATIO: f64 = 0.9;
/// How much of a full link is taken.
const TARGET_UTILISATION: f64 = 0.95;
const MAX_INTERVAL_MS: f64 = 1_000.0;
/// Clusters that are followed at once; the oldest is forgotten.
const MAX_CLUSTERS: usize = 8;

#[derive(Debug)]
struct Measured {
    cluster: ProbeCluster,
    packets: u32,
    bytes: f64,
    first_sent: Instant,
    last_sent: Instant,
    last_sent_bytes: f64,
    first_arrived: f64,
    last_arrived: f64,
    first_arrived_bytes: f64,
}

#[derive(Debug, Default)]
pub(super) struct ProbeEstimator {
    taken: VecDeque<ProbeCluster>,
    measured: VecDeque<Measured>,
    /// What came through of the last cluster that the link did not carry, bit/s, and when it was reported.
    filled: Option<(Instant, f64)>,
    /// The rate of the last cluster that came through, bit/s, and when it was reported.
    found: Option<(Instant, f64)>,
}

impl ProbeEstimator {
    /// The pacer begins to send this cluster.
    pub(super) fn taken(&mut self, cluster: ProbeCluster) {
        if self.taken.len() == MAX_CLUSTERS {
            self.taken.pop_front();
        }
        self.taken.push_back(cluster);
    }

    /// What the link carries by a cluster that filled it within this time, bit/s.
    pub(super) fn filled_within(&self, now: Instant, age: Duration) -> Option<f64> {
        within(self.filled, now, age)
    }

    /// The rate that the last cluster came through with, if it was reported within this time, bit/s.
    pub(super) fn found_within(&self, now: Instant, age: Duration) -> Option<f64> {
        within(self.found, now, age)
    }

    /// Takes a packet that arrived. A cluster gives its rate in bit/s once enough of it has come, and again
    /// with each further packet.
    #[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
    pub(super) fn arrived(&mut self, now: Instant, result: &PacketResult) -> Option<f64> {
        let (id, arrived) = (result.probe?, result.arrived?);
        let bytes = result.size as f64;
        let index = match self.measured.iter().position(|m| m.cluster.id == id) {
            Some(index) => index,
            None => {
                let cluster = *self.taken.iter().find(|cluster| cluster.id == id)?;
                if self.measured.len() == MAX_CLUSTERS {
                    self.measured.pop_front();
                }
                self.measured.push_back(Measured {
                    cluster,
                    packets: 0,
                    bytes: 0.0,
                    first_sent: result.sent,
                    last_sent: result.sent,
                    last_sent_bytes: bytes,
                    first_arrived: arrived,
                    last_arrived: arrived,
                    first_arrived_bytes: bytes,
                });
                self.measured.len() - 1
            }
        };
        let measured = self.measured.get_mut(index)?;
        measured.add(result.sent, arrived, bytes);
        let (sent, received) = measured.rates()?;
        let found = if received < sent * SATURATED_RATIO {
            self.filled = Some((now, received));
            received * TARGET_UTILISATION
        } else {
            if self.filled.is_some_and(|(_, bps)| bps < received) {
                self.filled = None;
            }
            sent.min(received)
        };
        self.found = Some((now, found));
        Some(found)
    }
}

impl Measured {
    fn add(&mut self, sent: Instant, arrived: f64, bytes: f64) {
        self.packets += 1;
        self.bytes += bytes;
        self.first_sent = self.first_sent.min(sent);
        if sent >= self.last_sent {
            (self.last_sent, self.last_sent_bytes) = (sent, bytes);
        }
        if arrived < self.first_arrived {
            (self.first_arrived, self.first_arrived_bytes) = (arrived, bytes);
        }
        self.last_arrived = self.last_arrived.max(arrived);
    }

    /// Bit/s with which it was sent and received, once enough of it has come.
    fn rates(&self) -> Option<(f64, f64)> {
        let min_bytes = self.cluster.bps * self.cluster.min_duration.as_secs_f64() / 8.0;
        if f64::from(self.packets) < f64::from(self.cluster.min_packets) * MIN_RECEIVED_FRACTION
            || self.bytes < min_bytes * MIN_RECEIVED_FRACTION
        {
            return None;
        }
        let send_ms = self.last_sent.saturating_duration_since(self.first_sent).as_secs_f64() * 1e3;
        let receive_ms = self.last_arrived - self.first_arrived;
        let valid = |ms: f64| ms > 0.0 && ms <= MAX_INTERVAL_MS;
        if !valid(send_ms) || !valid(receive_ms) {
            return None;
        }
        // The last packet takes its time after the last departure, the first before the first arrival.
        let sent = (self.bytes - self.last_sent_bytes) * 8e3 / send_ms;
        let received = (self.bytes - self.first_arrived_bytes) * 8e3 / receive_ms;
        (received <= sent * MAX_RECEIVE_RATIO).then_some((sent, received))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ProbeClusterId;
    use super::*;

    const CLUSTER: ProbeCluster = ProbeCluster {
        id: ProbeClusterId(3),
        bps: 1e6,
        min_packets: 5,
        min_duration: Duration::from_millis(15),
    };

    /// Packets of 1250 bytes sent and received this many milliseconds apart.
    fn probe(count: u32, sent_gap: f64, arrived_gap: f64) -> Option<f64> {
        probe_of(&mut ProbeEstimator::default(), Instant::now(), count, sent_gap, arrived_gap)
    }

    fn probe_of(
        estimator: &mut ProbeEstimator,
        start: Instant,
        count: u32,
        sent_gap: f64,
        arrived_gap: f64,
    ) -> Option<f64> {
        estimator.taken(CLUSTER);
        let mut bps = None;
        for n in 0..count {
            bps = estimator.arrived(
                start,
                &PacketResult {
                    probe: Some(CLUSTER.id),
                    ..PacketResult::new(
                        start + Duration::from_secs_f64(f64::from(n) * sent_gap / 1e3),
                        Some(5e5 + f64::from(n) * arrived_gap),
                        1_250,
                    )
                },
            );
        }
        bps
    }

    #[test]
    fn a_free_link_gives_the_rate_sent_and_a_full_one_nearly_its_own() {
        assert!((probe(5, 10.0, 10.0).expect("enough") - 1e6).abs() < 1e3);
        assert!((probe(5, 10.0, 20.0).expect("enough") - 0.95 * 5e5).abs() < 1e3);
        assert!((probe(5, 10.0, 9.0).expect("enough") - 1e6).abs() < 1e3);
    }

    #[test]
    fn what_a_cluster_that_filled_the_link_found_is_known_for_a_while() {
        let (start, age) = (Instant::now(), Duration::from_secs(30));
        let mut estimator = ProbeEstimator::default();
        probe_of(&mut estimator, start, 5, 10.0, 10.0);
        assert_eq!(estimator.filled_within(start, age), None, "the link carried it");
        let mut estimator = ProbeEstimator::default();
        probe_of(&mut estimator, start, 5, 10.0, 20.0);
        assert!((estimator.filled_within(start, age).expect("known") - 5e5).abs() < 1e3);
        assert_eq!(estimator.filled_within(start + age * 2, age), None);
    }

    #[test]
    fn too_few_packets_or_impossible_times_give_nothing() {
        assert_eq!(probe(3, 10.0, 10.0), None);
        assert_eq!(probe(5, 10.0, 4.0), None);
        assert_eq!(probe(5, 10.0, 0.0), None);
        assert_eq!(probe(5, 0.0, 10.0), None);
        assert_eq!(probe(5, 10.0, 400.0), None);
    }

    #[test]
    fn a_cluster_never_asked_for_is_ignored() {
        let result = PacketResult {
            probe: Some(ProbeClusterId(9)),
            ..PacketResult::new(Instant::now(), Some(0.0), 1_250)
        };
        assert_eq!(ProbeEstimator::default().arrived(Instant::now(), &result), None);
    }
}
