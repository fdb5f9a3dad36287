//! Bandwidth estimator with the interface the transport side is written against, over the present one.
//!
//! Temporary: once `bandwidth` has these names itself this file goes and its users import from there.

use std::time::{Duration, Instant};

use crate::bandwidth;
pub(crate) use crate::bandwidth::Limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProbeClusterId(pub(crate) u32);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProbeCluster {
    pub(crate) id: ProbeClusterId,
    pub(crate) bps: f64,
    pub(crate) min_packets: u32,
    pub(crate) min_duration: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketResult {
    pub(crate) sent: Instant,
    pub(crate) arrived: Option<f64>,
    pub(crate) size: usize,
    #[expect(dead_code, reason = "the present estimator does not probe")]
    pub(crate) probe: Option<ProbeClusterId>,
    pub(crate) correction: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stats {
    pub(crate) delay_based_bps: f64,
    pub(crate) loss_based_bps: Option<f64>,
    pub(crate) acknowledged_bps: Option<f64>,
    pub(crate) inherent_loss: f64,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) application_limited: bool,
    pub(crate) probing: bool,
}

#[derive(Debug)]
pub(crate) struct Estimator {
    limits: Limits,
    inner: bandwidth::Estimator,
    remb: Option<f64>,
}

impl Estimator {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, inner: bandwidth::Estimator::new(limits), remb: None }
    }

    pub(crate) fn sent(&mut self, _now: Instant, _size: usize) {}

    pub(crate) fn feedback(&mut self, now: Instant, results: &[PacketResult]) {
        let results: Vec<_> = results
            .iter()
            .filter(|result| !result.correction)
            .map(|result| bandwidth::PacketResult {
                sent: result.sent,
                arrived: result.arrived,
                size: result.size,
            })
            .collect();
        self.inner.feedback(now, &results);
    }

    pub(crate) fn timeout(&mut self, _now: Instant) {}

    pub(crate) fn take_probe(&mut self, _now: Instant) -> Option<ProbeCluster> {
        None
    }

    pub(crate) fn target(&self) -> f64 {
        self.inner.target().min(self.remb.unwrap_or(f64::INFINITY)).max(self.limits.min)
    }

    pub(crate) fn set_remb(&mut self, bps: Option<f64>) {
        self.remb = bps;
    }

    pub(crate) fn path_changed(&mut self, _now: Instant) {
        self.inner = bandwidth::Estimator::new(self.limits);
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            delay_based_bps: self.target(),
            loss_based_bps: None,
            acknowledged_bps: None,
            inherent_loss: 0.0,
            round_trip: None,
            application_limited: false,
            probing: false,
        }
    }
}
