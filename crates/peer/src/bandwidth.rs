//! Bandwidth estimator: how much the path carries, from transport feedback. Sans-IO.
//!
//! ```text
//!  feedback ─► groups ─► trend ─► over/under/normal ─► rate ─┐
//!     │                                        ▲  ▲          ├─ least ─► target
//!     ├─► acknowledged rate ───────────────────┘  │          │
//!     ├─► probe estimator ────────────────────────┘          │
//!     └─► loss observations ─► likeliest channel ────────────┤
//!  REMB, most useful rate ───────────────────────────────────┘
//!  what is on its way unacknowledged ─► congestion window ─► less than that, and less and less while feedback is late
//!  target, application-limited region, loss state ─► probe control ─► clusters for the pacer
//! ```
//! After Google's congestion control as in libwebrtc (`modules/congestion_controller/goog_cc`, first
//! described in draft-ietf-rmcat-gcc). The crate's own estimator is not used: it never backs off before the queue
//! overflows.

mod acknowledged;
mod application_limited;
mod congestion_window;
mod delay_control;
mod jitter;
mod late_feedback;
mod link_capacity;
mod loss_control;
mod packet_groups;
mod probe_control;
mod probe_estimator;
mod rate_control;
mod receive_side;
mod reported_path;
mod round_trip;
mod standing_queue;
mod trendline;

#[cfg(test)]
mod simulation;

use std::time::{Duration, Instant};

use self::acknowledged::AcknowledgedBitrate;
use self::application_limited::ApplicationLimited;
use self::congestion_window::{Conditions, CongestionWindow};
use self::delay_control::{DelayControl, Known};
use self::jitter::Jitter;
use self::late_feedback::LateFeedback;
use self::loss_control::LossControl;
use self::probe_control::{ProbeControl, Situation};
use self::probe_estimator::ProbeEstimator;
pub(crate) use self::receive_side::ReceiveSide;
use self::reported_path::ReportedPath;
use self::round_trip::RoundTrip;
use self::trendline::NetworkUsage;

/// Part of what a link carries that leaves room for whatever else it has to carry.
const CAPACITY_FRACTION: f64 = 0.5;

/// Part of what came out of a queue that a call begins with again once the queue is gone, if that was lately.
const RECOVERY_FRACTION: f64 = 0.7;
const KNOWN_CAPACITY_AGE: Duration = Duration::from_secs(5);
/// Where nothing is known after a collapse, the least that it begins with, bit/s.
const RECOVERY_BPS: f64 = 100_000.0;
/// For so long what a probe found is known to be carried; less than to an alarm when the path has become thin since.
const KNOWN_PROBE_AGE: Duration = Duration::from_secs(2);

/// Bounds of the estimate, bit/s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) start: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProbeClusterId(pub(crate) u32);

/// Packets to be sent at a rate of their own, media first and padding where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProbeCluster {
    pub(crate) id: ProbeClusterId,
    pub(crate) bps: f64,
    /// At least so many packets and so much time; padding packets need not be larger than both ask for.
    pub(crate) min_packets: u32,
    pub(crate) min_duration: Duration,
}

/// What became of one packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketResult {
    pub(crate) sent: Instant,
    /// Milliseconds of the other side's clock, whose zero is arbitrary; `None`: it is lost for good.
    pub(crate) arrived: Option<f64>,
    /// Bytes.
    pub(crate) size: usize,
    pub(crate) probe: Option<ProbeClusterId>,
    /// It was reported lost before and has arrived after all.
    pub(crate) correction: bool,
    /// What left just before it is in no report: one was lost, or is late.
    pub(crate) after_gap: bool,
}

impl PacketResult {
    /// Of a packet that belongs to no probe, told of once and in order.
    pub(crate) fn new(sent: Instant, arrived: Option<f64>, size: usize) -> Self {
        Self { sent, arrived, size, probe: None, correction: false, after_gap: false }
    }
}

/// A figure that was found no longer ago than this.
pub(crate) fn within(found: Option<(Instant, f64)>, now: Instant, age: Duration) -> Option<f64> {
    found.filter(|(at, _)| now.saturating_duration_since(*at) <= age).map(|(_, figure)| figure)
}

/// What the estimator knows, for statistics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stats {
    pub(crate) delay_based_bps: f64,
    /// `None`: loss sets no limit.
    pub(crate) loss_based_bps: Option<f64>,
    pub(crate) acknowledged_bps: Option<f64>,
    /// Where the path last overflowed.
    pub(crate) capacity_bps: Option<f64>,
    /// Part of all packets that the path loses at any rate.
    pub(crate) inherent_loss: f64,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) application_limited: bool,
    pub(crate) probing: bool,
}

#[derive(Debug)]
pub(crate) struct Estimator {
    limits: Limits,
    /// Told by the other side, bit/s.
    remb: Option<f64>,
    /// Largest useful rate, bit/s.
    useful: f64,
    acknowledged: AcknowledgedBitrate,
    /// Set when the application ceases to be the limit, until a packet sent after it is acknowledged.
    fast_change_from: Option<Instant>,
    application_limited: ApplicationLimited,
    window: CongestionWindow,
    probe_estimator: ProbeEstimator,
    probe_control: ProbeControl,
    delay: DelayControl,
    loss: LossControl,
    round_trip: RoundTrip,
    jitter: Jitter,
    path: ReportedPath,
    late: LateFeedback,
    /// Packets sent before this went another way.
    path_since: Option<Instant>,
}

impl Estimator {
    pub(crate) fn new(limits: Limits) -> Self {
        let mut application_limited = ApplicationLimited::default();
        application_limited.set_estimate(limits.start);
        Self {
            limits,
            remb: None,
            useful: limits.max,
            acknowledged: AcknowledgedBitrate::default(),
            fast_change_from: None,
            application_limited,
            window: CongestionWindow::default(),
            probe_estimator: ProbeEstimator::default(),
            probe_control: ProbeControl::new(limits.start, limits.max),
            delay: DelayControl::new(limits),
            loss: LossControl::new(limits),
            round_trip: RoundTrip::default(),
            jitter: Jitter::default(),
            path: ReportedPath::default(),
            late: LateFeedback::default(),
            path_since: None,
        }
    }

    /// Every RTP packet that leaves.
    pub(crate) fn sent(&mut self, now: Instant, size: usize) {
        self.round_trip.sent(now);
        self.application_limited.sent(now, size);
        self.window.sent(now, size);
        self.note_end_of_application_limit();
    }

    /// Takes the results of one feedback message: arrived packets in order of arrival, lost ones anywhere.
    pub(crate) fn feedback(&mut self, now: Instant, results: &[PacketResult]) {
        let of_this_path: Vec<PacketResult>;
        let mut results = results;
        if let Some(since) = self.path_since {
            of_this_path = results.iter().filter(|result| result.sent >= since).copied().collect();
            results = &of_this_path;
        }
        if results.is_empty() {
            return;
        }
        self.round_trip.feedback(now, results);
        self.window.feedback(now, results);
        self.jitter.feedback(results);
        self.path.feedback(now, self.jitter.time(), results);
        let probe = self.acknowledge(now, results);
        let mut drained = false;
        if results.iter().any(|result| result.arrived.is_some()) {
            let collapsed = self.path.collapsed(self.estimate(), self.jitter.time());
            let collapsed = collapsed.filter(|_| self.application_limited.since().is_none());
            let probed = self.probe_estimator.found_within(now, KNOWN_PROBE_AGE);
            let known = Known {
                acknowledged: collapsed.or_else(|| proven(now, &self.acknowledged, &self.path, probed)),
                collapsed: collapsed.is_some(),
                probe: probe.filter(|bps| *bps > self.delay.rate().bps() || !self.settled()),
                round_trip: self.round_trip.or_default(),
            };
            drained = self.delay.feedback(now, results, known);
        }
        let limited = self.application_limited.since().is_some();
        self.loss.feedback(results, self.delay.rate().bps(), self.acknowledged.bps(), limited);
        let situation = Situation { probed: probe.is_some(), ..self.estimated(now) };
        self.probe_control.estimated(now, &situation);
        // What came out of a queue lately is known without a probe.
        if drained && self.path.capacity_within(now, KNOWN_CAPACITY_AGE).is_none() {
            self.probe_control.drained(now, &situation);
        }
    }

    /// Called about every 25 ms.
    pub(crate) fn timeout(&mut self, now: Instant) {
        self.application_limited.update(now);
        self.note_end_of_application_limit();
        if let Some(factor) = self.round_trip.silence_factor(now) {
            self.delay.lower(now, factor);
        }
        let estimate = self.estimate();
        let conditions = Conditions {
            estimate,
            round_trip: self.round_trip.or_default(),
            jitter: self.jitter.time(),
            path: &self.path,
        };
        self.window.update(now, conditions);
        let late = self.window.late_for(now);
        let capacity = LateFeedback::trusted_capacity(now, late, &self.path);
        if let Some(factor) = self.late.factor(now, late, estimate, capacity) {
            self.delay.lower(now, factor);
            self.acknowledged.expect_fast_change();
        }
        let known = self.path.capacity_within(now, KNOWN_CAPACITY_AGE);
        if let Some(capacity) = known.filter(|_| late.is_none() && self.late.has_collapsed()) {
            // The congestion window has opened again; what is left of the estimate may be far more than the path carries.
            self.delay.bound(now, capacity);
        }
        if self.late.take_recovery(now) {
            // What was lost in the collapse says nothing of the path at this rate, and what was acknowledged before it
            // nothing at all.
            self.loss = LossControl::new(self.limits);
            self.acknowledged = AcknowledgedBitrate::default();
            match known {
                Some(capacity) => self.delay.raise(now, RECOVERY_FRACTION * capacity),
                // Nothing waited when reports came again: what passes now is where probes begin.
                None => self.delay.bound(now, self.path.rate().unwrap_or_default().max(RECOVERY_BPS)),
            }
            self.probe_control.restart(self.estimate());
        }
        let situation = self.estimated(now);
        self.probe_control.timeout(now, &situation);
    }

    /// The next cluster that the pacer should send.
    pub(crate) fn take_probe(&mut self, now: Instant) -> Option<ProbeCluster> {
        let cluster = self.probe_control.take(now)?;
        self.probe_estimator.taken(cluster);
        Some(cluster)
    }

    /// Bit/s for all RTP of ours: audio, video, retransmissions and padding.
    pub(crate) fn target(&self) -> f64 {
        self.window.push_back(self.estimate())
    }

    /// What the path is believed to carry of what is useful, bit/s.
    fn estimate(&self) -> f64 {
        let estimate = self.delay.rate().bps().min(self.loss.bps().unwrap_or(f64::INFINITY));
        let estimate = estimate.min(self.remb.unwrap_or(f64::INFINITY));
        estimate.clamp(self.limits.min, self.limits.max).min(self.useful)
    }

    /// How long the queue of the path was by the newest report.
    pub(crate) fn queue(&self) -> Option<Duration> {
        self.path.queue()
    }

    /// Upper bound told by the other side (REMB, draft-alvestrand-rmcat-remb), bit/s; `None`: none.
    pub(crate) fn set_remb(&mut self, bps: Option<f64>) {
        self.remb = bps.filter(|bps| bps.is_finite() && *bps > 0.0);
    }

    /// The largest useful rate: what encoder and audio together can use, bit/s.
    pub(crate) fn set_max(&mut self, bps: f64) {
        self.useful = bps.max(0.0);
        self.probe_control.set_useful(self.useful);
    }

    /// Another path, or the same after an outage: what was learnt does not hold. A thin one that was silent because its
    /// queue was full is not filled again at once: what came out of that is where it begins, and probes find more.
    pub(crate) fn path_changed(&mut self, now: Instant) {
        let known = self.path.capacity(now).map(|bps| RECOVERY_FRACTION * bps);
        let start = known.map_or(self.limits.start, |bps| bps.clamp(self.limits.min, self.limits.start));
        let mut probe_control = std::mem::replace(&mut self.probe_control, ProbeControl::new(0.0, 0.0));
        probe_control.restart(start);
        let limits = self.limits;
        let anew = Self::new(Limits { start, ..limits });
        *self = Self { probe_control, useful: self.useful, path_since: Some(now), limits, ..anew };
    }

    pub(crate) fn stats(&self, now: Instant) -> Stats {
        Stats {
            delay_based_bps: self.delay.rate().bps(),
            loss_based_bps: self.loss.bps(),
            acknowledged_bps: self.acknowledged.bps(),
            capacity_bps: self.overflows_at(now),
            inherent_loss: self.loss.inherent_loss(),
            round_trip: self.round_trip.measured(),
            application_limited: self.application_limited.since().is_some(),
            probing: self.probe_control.in_progress(),
        }
    }

    /// The rate at which the path was last seen to overflow, bit/s. The delay control forgets its own with the first
    /// burst that comes through faster than what overflowed; what came out of a queue, and of a probe that filled the
    /// path, is known all the same.
    fn overflows_at(&self, now: Instant) -> Option<f64> {
        let (burst, probe) =
            (self.path.burst_capacity(now), self.probe_estimator.filled_within(now, KNOWN_CAPACITY_AGE));
        let seen = || burst.into_iter().chain(probe).find(|bps| !self.path.is_faster_than(*bps));
        self.delay.rate().capacity().or_else(seen)
    }

    /// Measures what arrived; gives what a probe found, bit/s.
    fn acknowledge(&mut self, now: Instant, results: &[PacketResult]) -> Option<f64> {
        let limited = self.application_limited.since().is_some();
        let mut probe = None;
        for result in results {
            let Some(arrived) = result.arrived else { continue };
            if self.fast_change_from.is_some_and(|from| result.sent >= from) {
                self.acknowledged.expect_fast_change();
                self.fast_change_from = None;
            }
            self.acknowledged.arrived(arrived, result.size, limited, result.after_gap);
            probe = self.probe_estimator.arrived(now, result).or(probe);
        }
        probe
    }

    /// Whether a probe may only raise the estimate: one lowered by jitter proves nothing.
    fn settled(&self) -> bool {
        self.acknowledged.bps().is_some()
    }

    fn note_end_of_application_limit(&mut self) {
        if let Some(ended) = self.application_limited.take_ended() {
            self.fast_change_from = Some(ended);
        }
    }

    /// The estimate made known to those that follow it.
    fn estimated(&mut self, now: Instant) -> Situation {
        let estimate = self.estimate();
        // Who sends less because the window is full is not limited by itself.
        self.application_limited.set_estimate(self.target());
        let rate = self.delay.rate();
        Situation {
            estimate,
            loss: self.loss.state(),
            delay_changes: self.delay.usage() != NetworkUsage::Normal,
            application_limited_since: self.application_limited.since(),
            backed_off: rate.backed_off(),
            capacity: rate.capacity(),
            outgrown: rate.capacity().is_some_and(|bps| self.path.is_faster_than(bps)),
            jitter_ms: self.jitter.ms(),
            silent: self.round_trip.is_silent() || self.late.is_recent(now),
            probed: false,
        }
    }
}

/// What the path is known to carry, bit/s. Where little is sent little is acknowledged, and when an encoder begins to use
/// what a probe found, what is acknowledged follows later than the queue; half of what a probe found lately, and of what
/// came out of a queue when more was sent, holds on.
fn proven(
    now: Instant,
    acknowledged: &AcknowledgedBitrate,
    path: &ReportedPath,
    probed: Option<f64>,
) -> Option<f64> {
    let capacity = path.capacity(now).unwrap_or_default().max(probed.unwrap_or_default());
    acknowledged.bps().map(|bps| bps.max(CAPACITY_FRACTION * capacity))
}
