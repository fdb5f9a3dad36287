//! How much the path carries, estimated from when the other side received what we sent (transport
//! feedback). Sans-IO.
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
mod groups;
mod loss;
mod rate;
mod trend;

#[cfg(test)]
mod simulation;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rtc::interceptor::{BandwidthEstimator, EstimatorStats, PacketReport};

use self::acknowledged::Acknowledged;
use self::groups::Groups;
use self::loss::Loss;
use self::rate::Rate;
use self::trend::{Trend, Usage};
use crate::shared::Shared;

/// Bounds of the estimate, bit/s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) start: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// What became of one packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) sent: Instant,
    /// Milliseconds of the other side's clock, whose zero is arbitrary; `None`: it did not arrive.
    pub(crate) arrived: Option<f64>,
    /// Bytes.
    pub(crate) size: usize,
}

#[derive(Debug)]
pub(crate) struct Estimator {
    limits: Limits,
    groups: Groups,
    trend: Trend,
    acknowledged: Acknowledged,
    rate: Rate,
    loss: Loss,
    /// Time from sending to hearing of it, smoothed.
    round_trip: Option<f64>,
}

impl Estimator {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            groups: Groups::default(),
            trend: Trend::default(),
            acknowledged: Acknowledged::default(),
            rate: Rate::new(limits),
            loss: Loss::new(limits),
            round_trip: None,
        }
    }

    /// Takes one feedback message, packets in the order they were sent.
    pub(crate) fn feedback(&mut self, now: Instant, fates: &[Fate]) {
        let mut over = false;
        for fate in fates {
            self.loss.count(fate.arrived.is_some());
            let Some(arrived) = fate.arrived else { continue };
            let took = now.saturating_duration_since(fate.sent).as_secs_f64();
            self.round_trip = Some(self.round_trip.map_or(took, |old| 0.9 * old + 0.1 * took));
            self.acknowledged.arrived(arrived, fate.size);
            if let Some(delta) = self.groups.arrived(fate.sent, arrived) {
                over |= self.trend.update(delta) == Usage::Over;
            }
        }
        let usage = if over { Usage::Over } else { self.trend.usage() };
        let round_trip = Duration::from_secs_f64(self.round_trip.unwrap_or(0.1));
        self.rate.update(now, usage, self.acknowledged.bps(), round_trip);
        self.loss.judge(now, self.rate.bps());
    }

    pub(crate) fn target(&self) -> f64 {
        self.rate.bps().min(self.loss.bps()).clamp(self.limits.least, self.limits.most)
    }
}

/// The estimator as the interceptor chain wants it, its result published to the rest of the peer.
pub(crate) struct Published {
    inner: Estimator,
    shared: Arc<Shared>,
}

impl Published {
    pub(crate) fn new(limits: Limits, shared: Arc<Shared>) -> Self {
        Self { inner: Estimator::new(limits), shared }
    }
}

impl BandwidthEstimator for Published {
    fn on_reports(&mut self, now: Instant, reports: &[PacketReport]) {
        if reports.is_empty() {
            return;
        }
        let fates: Vec<Fate> = reports
            .iter()
            .map(|report| Fate {
                sent: report.departure,
                arrived: report.arrival.filter(|_| report.arrived).map(|at| at.as_secs_f64() * 1e3),
                size: report.size,
            })
            .collect();
        self.inner.feedback(now, &fates);
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
