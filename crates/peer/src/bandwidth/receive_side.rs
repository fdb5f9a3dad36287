//! Receiver-side estimate: how much the path towards us carries, for senders that are to be told it. Sans-IO.
//!
//! The same parts as the estimate of our own path, by packets that have come in instead of reports of those that left.
//! What only the sender knows is not in it: probes, what is on its way, whether it has more to send.

use std::time::{Duration, Instant};

use super::acknowledged::AcknowledgedBitrate;
use super::delay_control::{DelayControl, Known};
use super::jitter::Jitter;
use super::loss_control::LossControl;
use super::reported_path::ReportedPath;
use super::round_trip::DEFAULT_ROUND_TRIP;
use super::{Limits, PacketResult, proven};

/// The first estimate, as a multiple of what comes: a sender begins below what the path carries.
const FIRST_FACTOR: f64 = 1.5;

#[derive(Debug)]
pub(crate) struct ReceiveSide {
    limits: Limits,
    acknowledged: AcknowledgedBitrate,
    delay: DelayControl,
    loss: LossControl,
    jitter: Jitter,
    path: ReportedPath,
    /// What comes is measured, or a queue was found.
    is_known: bool,
}

impl ReceiveSide {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            acknowledged: AcknowledgedBitrate::default(),
            delay: DelayControl::new(limits),
            loss: LossControl::new(limits),
            jitter: Jitter::default(),
            path: ReportedPath::default(),
            is_known: false,
        }
    }

    /// Takes what became of packets since the last call: those that arrived in order of arrival, those lost anywhere.
    /// `sent` is by the other side's clock, moved to ours by any amount.
    pub(crate) fn evaluate(&mut self, now: Instant, results: &[PacketResult], round_trip: Option<Duration>) {
        for result in results {
            if let Some(arrived) = result.arrived {
                self.acknowledged.arrived(arrived, result.size, false, false);
            }
        }
        self.jitter.feedback(results);
        self.path.feedback(now, self.jitter.time(), results);
        if results.iter().any(|result| result.arrived.is_some()) {
            let collapsed = self.path.collapsed(self.limited(), self.jitter.time());
            let known = Known {
                acknowledged: collapsed.or_else(|| proven(now, &self.acknowledged, &self.path, None)),
                collapsed: collapsed.is_some(),
                probe: None,
                round_trip: round_trip.unwrap_or(DEFAULT_ROUND_TRIP),
            };
            self.delay.feedback(now, results, known);
        }
        self.loss.feedback(results, self.delay.rate().bps(), self.acknowledged.bps(), false);
        let backed_off = self.delay.rate().backed_off().is_some();
        if !self.is_known && (backed_off || self.acknowledged.bps().is_some()) {
            self.is_known = true;
            if let Some(bps) = self.acknowledged.bps().filter(|_| !backed_off) {
                self.delay.raise(now, FIRST_FACTOR * bps);
            }
        }
    }

    /// The times of sending go on by another clock.
    pub(crate) fn clock_changed(&mut self) {
        self.delay.clock_changed();
        (self.jitter, self.path) = (Jitter::default(), ReportedPath::default());
    }

    /// Bit/s for all that the other side sends; `None` before anything is known.
    pub(crate) fn bps(&self) -> Option<f64> {
        self.is_known.then(|| self.limited())
    }

    fn limited(&self) -> f64 {
        let bps = self.delay.rate().bps().min(self.loss.bps().unwrap_or(f64::INFINITY));
        bps.clamp(self.limits.min, self.limits.max)
    }
}
