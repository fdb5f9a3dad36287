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
    /// A queue stands, and far less than the estimate comes out of it.
    pub(super) collapsed: bool,
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

    /// The path is known to carry this, bit/s.
    pub(super) fn raise(&mut self, now: Instant, bps: f64) {
        if bps > self.rate.bps() {
            self.rate.set(now, bps);
        }
    }

    /// The path is known to carry no more than this, bit/s.
    pub(super) fn bound(&mut self, now: Instant, bps: f64) {
        if bps < self.rate.bps() {
            self.rate.set(now, bps);
        }
    }

    /// Delays so far are by another clock than those from now on.
    pub(super) fn clock_changed(&mut self) {
        (self.groups, self.trend) = (PacketGroups::default(), Trendline::default());
        self.standing = StandingQueue::default();
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
        let usage = if full || known.collapsed { NetworkUsage::Over } else { self.trend.usage() };
        match known.probe {
            Some(bps) if usage != NetworkUsage::Over => self.rate.set(now, bps),
            Some(_) | None => self.rate.update(now, usage, known.acknowledged, known.round_trip),
        }
        drained && usage != NetworkUsage::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known {
        acknowledged: Some(1e6),
        collapsed: false,
        probe: None,
        round_trip: Duration::from_millis(50),
    };

    struct Stream {
        control: DelayControl,
        start: Instant,
        /// Milliseconds since the start.
        now: f64,
        delay: f64,
    }

    impl Stream {
        fn new() -> Self {
            let control = DelayControl::new(Limits { start: 1e6, min: 1e4, max: 4e6 });
            Self { control, start: Instant::now(), now: 0.0, delay: 20.0 }
        }

        /// Packets every 10 ms, each later than the one before by so many milliseconds, told of at once.
        fn run(&mut self, packets: u32, later: f64, known: Known) {
            for _ in 0..packets {
                self.now += 10.0;
                self.delay += later;
                let sent = self.start + Duration::from_secs_f64(self.now / 1e3);
                let result = PacketResult::new(sent, Some(5e5 + self.now + self.delay), 1_250);
                self.control.feedback(sent + Duration::from_millis(50), &[result], known);
            }
        }
    }

    #[test]
    fn a_growing_queue_lowers_the_rate_and_a_probe_raises_it_again() {
        let mut stream = Stream::new();
        stream.run(100, 0.0, KNOWN);
        assert!(stream.control.rate().bps() > 1e6);
        stream.run(40, 4.0, KNOWN);
        assert!(stream.control.rate().bps() < 0.86e6, "{}", stream.control.rate().bps());
        stream.run(40, -4.0, KNOWN);
        stream.run(100, 0.0, KNOWN);
        stream.run(1, 0.0, Known { probe: Some(3e6), ..KNOWN });
        assert!((stream.control.rate().bps() - 3e6).abs() < 1.0, "{}", stream.control.rate().bps());
    }

    #[test]
    fn after_a_gap_in_the_feedback_overuse_is_forgotten() {
        let mut stream = Stream::new();
        stream.run(100, 0.0, KNOWN);
        while stream.control.usage() != NetworkUsage::Over {
            stream.run(1, 4.0, KNOWN);
        }
        stream.now += 800.0;
        stream.run(1, 0.0, KNOWN);
        assert_eq!(stream.control.usage(), NetworkUsage::Normal);
    }
}
