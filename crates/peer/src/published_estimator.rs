//! Bandwidth estimator in the interceptor chain, its target published to the rest of the peer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rtc::interceptor::{BandwidthEstimator, EstimatorStats, PacketReport};

use crate::bandwidth::{Estimator, Limits, PacketResult};
use crate::shared::Shared;

pub(crate) struct PublishedEstimator {
    inner: Estimator,
    shared: Arc<Shared>,
}

impl PublishedEstimator {
    pub(crate) fn new(limits: Limits, shared: Arc<Shared>) -> Self {
        Self { inner: Estimator::new(limits), shared }
    }
}

impl BandwidthEstimator for PublishedEstimator {
    fn on_reports(&mut self, now: Instant, reports: &[PacketReport]) {
        let mut results: Vec<PacketResult> = reports
            .iter()
            .map(|report| PacketResult {
                sent: report.departure,
                arrived: report.arrival.filter(|_| report.arrived).map(|at| at.as_secs_f64() * 1e3),
                size: report.size,
                probe: None,
                correction: false,
            })
            .collect();
        results.sort_by(|a, b| a.arrived.unwrap_or(f64::MAX).total_cmp(&b.arrived.unwrap_or(f64::MAX)));
        for result in &results {
            self.inner.sent(result.sent, result.size);
        }
        self.inner.feedback(now, &results);
        self.inner.timeout(now);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a positive rate"
        )]
        let bps = self.inner.target() as u64;
        self.shared.target.store(bps, Ordering::Relaxed);
        self.shared.changed.notify_one();
    }

    fn target_bitrate(&self) -> f64 {
        self.inner.target()
    }

    fn stats(&self) -> EstimatorStats {
        let known = self.inner.stats();
        let mut stats = EstimatorStats::default();
        stats.delay_based_bitrate = Some(known.delay_based_bps);
        stats.loss_based_bitrate = known.loss_based_bps;
        stats.round_trip_time = known.round_trip;
        stats
    }
}
