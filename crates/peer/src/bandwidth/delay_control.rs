//! Delay-based estimate: packet groups, trendline and rate control in one. Sans-IO.
//!
//! After libwebrtc's `goog_cc/delay_based_bwe.cc`; what a gap in the feedback does is after str0m's
//! `src/bwe/delay/control.rs`.

use std::time::{Duration, Instant};

use super::packet_groups::PacketGroups;
use super::rate_control::RateControl;
use super::standing_queue::StandingQueue;
use super::trendline::{NetworkUsage, Trendline};
use super::{Limits, PacketResult};

/// After a gap this long the queue may be anything: what was concluded before it is dropped.
const MAX_FEEDBACK_GAP: Duration = Duration::from_millis(500);
/// After one this long the detector starts again.
const STREAM_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct DelayControl {
    groups: PacketGroups,
    trend: Trendline,
    standing: StandingQueue,
    rate: RateControl,
    heard: Option<Instant>,
}

/// What else is known when feedback comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Bit/s.
    pub(super) acknowledged: Option<f64>,
    /// Bit/s that a probe found.
    pub(super) probe: Option<f64>,
    pub(super) round_trip: Duration,
}

impl DelayControl {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            groups: PacketGroups::default(),
            trend: Trendline::default(),
            standing: StandingQueue::default(),
            rate: RateControl::new(limits),
            heard: None,
        }
    }

    pub(super) fn rate(&self) -> &RateControl {
        &self.rate
    }

    pub(super) fn usage(&self) -> NetworkUsage {
        self.trend.usage()
    }

    /// Nothing has been heard for long.
    pub(super) fn lower(&mut self, now: Instant, factor: f64) {
        self.rate.set(now, self.rate.bps() * factor);
    }

    /// Takes feedback with at least one arrived packet. True: the queue has drained after overuse.
    pub(super) fn feedback(&mut self, now: Instant, results: &[PacketResult], known: Known) -> bool {
        let gap = self.heard.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.heard = Some(now);
        if gap > STREAM_TIMEOUT {
            (self.groups, self.trend) = (PacketGroups::default(), Trendline::default());
        } else if gap > MAX_FEEDBACK_GAP.max(2 * known.round_trip) {
            self.trend.drop_hypothesis();
        }
        let mut drained = false;
        let mut before = self.trend.usage();
        for result in results {
            let Some(arrived) = result.arrived else { continue };
            if let Some(delta) = self.groups.arrived(result.sent, arrived) {
                self.trend.update(delta);
            }
            let usage = self.trend.usage();
            drained |= before == NetworkUsage::Under && usage == NetworkUsage::Normal;
            before = usage;
        }
        let full = self.standing.feedback(results);
        let usage = if full { NetworkUsage::Over } else { self.trend.usage() };
        match known.probe {
            Some(bps) if usage != NetworkUsage::Over => self.rate.set(now, bps),
            Some(_) | None => self.rate.update(now, usage, known.acknowledged, known.round_trip),
        }
        drained && usage != NetworkUsage::Over
    }
}
