//! Bandwidth estimation from transport feedback: how much the path carries. Sans-IO.
//!
//! ```text
//!  reports ─► groups ─► trend ─► over/under/normal ─┐
//!     │                                             ├─► rate ─┐
//!     ├─► acknowledged ─────────────────────────────┘         ├─ min ─► target
//!     └─► loss ───────────────────────────────────────────────┘
//! ```
//! The queue at the bottleneck is the signal: packets arriving ever later than they were sent mean
//! it grows. Loss only counts where it is heavy. The crate's own estimator is not used: it never
//! backs off before the queue overflows.

mod acknowledged;
mod loss_control;
mod packet_groups;
mod rate_control;
mod trendline;

#[cfg(test)]
mod simulation;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rtc::interceptor::{BandwidthEstimator, EstimatorStats, PacketReport};

use self::acknowledged::AcknowledgedBitrate;
use self::loss_control::LossControl;
use self::packet_groups::PacketGroups;
use self::rate_control::RateControl;
use self::trendline::{NetworkUsage, Trendline};
use crate::shared::Shared;

/// Bounds of the estimate, bit/s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) start: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Feedback on one packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketResult {
    pub(crate) sent: Instant,
    /// Milliseconds of the other side's clock, whose zero is arbitrary; `None`: it did not arrive.
    pub(crate) arrived: Option<f64>,
    /// Bytes.
    pub(crate) size: usize,
}

#[derive(Debug)]
pub(crate) struct Estimator {
    limits: Limits,
    groups: PacketGroups,
    trend: Trendline,
    acknowledged: AcknowledgedBitrate,
    rate: RateControl,
    loss: LossControl,
    /// Time from sending to hearing of it, smoothed.
    round_trip: Option<f64>,
}

impl Estimator {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            groups: PacketGroups::default(),
            trend: Trendline::default(),
            acknowledged: AcknowledgedBitrate::default(),
            rate: RateControl::new(limits),
            loss: LossControl::new(limits),
            round_trip: None,
        }
    }

    /// Takes one feedback message, packets in the order they were sent.
    pub(crate) fn feedback(&mut self, now: Instant, results: &[PacketResult]) {
        let mut over = false;
        for result in results {
            self.loss.count(result.arrived.is_some());
            let Some(arrived) = result.arrived else { continue };
            let took = now.saturating_duration_since(result.sent).as_secs_f64();
            self.round_trip = Some(self.round_trip.map_or(took, |old| 0.9 * old + 0.1 * took));
            self.acknowledged.arrived(arrived, result.size);
            if let Some(delta) = self.groups.arrived(result.sent, arrived) {
                over |= self.trend.update(delta) == NetworkUsage::Over;
            }
        }
        let usage = if over { NetworkUsage::Over } else { self.trend.usage() };
        let round_trip = Duration::from_secs_f64(self.round_trip.unwrap_or(0.1));
        self.rate.update(now, usage, self.acknowledged.bps(), round_trip);
        self.loss.judge(now, self.rate.bps());
    }

    pub(crate) fn target(&self) -> f64 {
        self.rate.bps().min(self.loss.bps()).clamp(self.limits.min, self.limits.max)
    }
}

/// The estimator as the interceptor chain wants it, its result published to the rest of the peer.
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
        if reports.is_empty() {
            return;
        }
        let results: Vec<PacketResult> = reports
            .iter()
            .map(|report| PacketResult {
                sent: report.departure,
                arrived: report.arrival.filter(|_| report.arrived).map(|at| at.as_secs_f64() * 1e3),
                size: report.size,
            })
            .collect();
        self.inner.feedback(now, &results);
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
        let mut stats = EstimatorStats::default();
        stats.delay_based_bitrate = Some(self.inner.rate.bps());
        stats.loss_based_bitrate = Some(self.inner.loss.bps());
        stats.round_trip_time = self.inner.round_trip.map(Duration::from_secs_f64);
        stats
    }
}
