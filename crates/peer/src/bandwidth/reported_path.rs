//! Reported path: how long the queue towards the other side was, and what came out of it, by the newest report. Sans-IO.
//!
//! Feedback that is late tells neither of two directions from the other: a full queue on the way back delays the reports
//! of a way there that is free. The arrival times in the reports do: they are of the way there alone, whatever the
//! reports had to wait for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{PacketResult, within};

/// Arrivals that the rate is taken from, by the other side's clock.
const RATE_WINDOW_MS: f64 = 200.0;
/// The same out of a queue: bursts of loss and jitter are to be as little in it as what came before the queue.
const QUEUE_RATE_WINDOW_MS: f64 = 1_000.0;
/// A shorter time says little of a rate.
const MIN_RATE_SPAN_MS: f64 = 40.0;
/// A shorter queue may be a frame.
const MIN_QUEUE: Duration = Duration::from_millis(100);
/// Shorter than this it is often no queue at all. What comes out of a short one tells how fast a burst may leave, not
/// what the path carries for long.
const MIN_SHORT_QUEUE: Duration = Duration::from_millis(30);
/// One that nothing drains, and the longest time of it: after that the path is longer, or others fill the queue.
const MIN_STANDING_QUEUE: Duration = Duration::from_millis(200);
const MAX_STANDING: Duration = Duration::from_secs(6);
/// Jitter delays packets by some times its mean, a queue by more.
const JITTER_FACTOR: u32 = 4;
/// It seldom delays so many reports in a row by even this.
const LATEST_REPORTS: usize = 3;
const LATEST_JITTER_FACTOR: u32 = 3;
/// The least delay of so long a time is that of an empty queue; the clocks drift apart.
const BASE_WINDOW: Duration = Duration::from_secs(30);
/// An estimate twice too high would fill the queue for long before the trend of the delay lowers it.
const COLLAPSED_FRACTION: f64 = 0.5;
const MIN_PACKETS_OF_A_COLLAPSE: usize = 4;
/// For so long the rate out of a queue counts.
const CAPACITY_AGE: Duration = Duration::from_secs(30);
/// For so long the delays must have shown that the path carries more than it did.
const SPREAD_WINDOW: Duration = Duration::from_secs(2);
const MIN_SPREAD_REPORTS: usize = 10;
/// A packet takes its size by the rate of the path to arrive. Where the largest never take this part of the time that it
/// takes at a rate, the path carries far more than that.
const FASTER_FRACTION: f64 = 0.5;
/// Smaller ones say little.
const MIN_LARGE_BYTES: usize = 600;
/// A report that came longer ago says nothing of the path any more.
const MAX_AGE: Duration = Duration::from_millis(250);

/// Packets of one report. Times are milliseconds.
#[derive(Clone, Copy, Debug)]
struct Arrivals {
    /// When the last one arrived.
    last: f64,
    /// How long after the first one.
    took: f64,
    /// Without the first one.
    packets: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct ReportedPath {
    heard: Option<Instant>,
    /// When the packet left that arrived last.
    sent: Option<Instant>,
    /// Zero of our clock.
    since: Option<Instant>,
    /// When a report came and the least delay in it, both rising: the first is the least of the window.
    base: VecDeque<(Instant, f64)>,
    /// Since when each report has shown a queue of the length that nothing drains.
    standing_since: Option<Instant>,
    /// Least delay of the newest report, milliseconds between two clocks.
    delay: Option<f64>,
    /// When each report of the last seconds came, its longest delay above the least of a long time, ms, and its largest
    /// packet, bytes.
    spreads: VecDeque<(Instant, f64, usize)>,
    /// Queues of the newest reports.
    latest: VecDeque<Duration>,
    /// A report that got lost leaves its packets out of the window, and must leave their time out too.
    reports: VecDeque<Arrivals>,
    /// Those since a queue stands on the path.
    queued: VecDeque<Arrivals>,
    /// What came out of a queue that stood on the path, bit/s, and when that was reported.
    capacity: Option<(Instant, f64)>,
    /// The same of a queue that may have been short.
    short_queued: VecDeque<Arrivals>,
    burst_capacity: Option<(Instant, f64)>,
}

impl ReportedPath {
    pub(super) fn feedback(&mut self, now: Instant, jitter: Duration, results: &[PacketResult]) {
        let (mut first, mut last, mut bytes) = (f64::INFINITY, f64::NEG_INFINITY, 0);
        let (mut least, mut packets) = (f64::INFINITY, 0);
        let (mut most, mut largest) = (f64::NEG_INFINITY, 0);
        for result in results {
            let Some(arrived) = result.arrived else { continue };
            let since = *self.since.get_or_insert(result.sent);
            let delay = arrived - result.sent.saturating_duration_since(since).as_secs_f64() * 1e3;
            self.heard = Some(now);
            (least, most) = (least.min(delay), most.max(delay));
            largest = largest.max(result.size);
            self.sent = Some(result.sent);
            packets += 1;
            bytes += if first.is_finite() { result.size } else { 0 };
            (first, last) = (first.min(arrived), last.max(arrived));
        }
        if least.is_finite() {
            while self.base.back().is_some_and(|(_, longer)| *longer >= least) {
                self.base.pop_back();
            }
            self.base.push_back((now, least));
            while self.base.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > BASE_WINDOW) {
                self.base.pop_front();
            }
            let spread = self.base.front().map_or(0.0, |(_, base)| most - base);
            self.spreads.push_back((now, spread, largest));
            while self
                .spreads
                .front()
                .is_some_and(|(at, ..)| now.saturating_duration_since(*at) > SPREAD_WINDOW)
            {
                self.spreads.pop_front();
            }
            let before = self.queue();
            self.delay = Some(least);
            self.latest.extend(self.queue());
            if self.latest.len() > LATEST_REPORTS {
                self.latest.pop_front();
            }
            if before < Some(MIN_QUEUE) && self.queue() >= Some(MIN_QUEUE) {
                // What came before the queue says nothing of what comes out of it.
                self.reports.clear();
            }
            if self.queue() >= Some(MIN_STANDING_QUEUE + JITTER_FACTOR * jitter) {
                let since = *self.standing_since.get_or_insert(now);
                if now.saturating_duration_since(since) > MAX_STANDING {
                    (self.base, self.standing_since) = (VecDeque::from([(now, least)]), None);
                }
            } else {
                self.standing_since = None;
            }
        }
        if last > first {
            let arrivals = Arrivals { last, took: last - first, packets: packets - 1, bytes };
            keep(&mut self.reports, arrivals, RATE_WINDOW_MS);
            if self.has_queue(jitter) {
                keep(&mut self.queued, arrivals, QUEUE_RATE_WINDOW_MS);
                if let Some(rate) = rate_of(&self.queued) {
                    self.capacity = Some((now, rate));
                }
            } else {
                self.queued.clear();
            }
            if self.queue() >= Some(MIN_SHORT_QUEUE + JITTER_FACTOR * jitter) {
                keep(&mut self.short_queued, arrivals, RATE_WINDOW_MS);
                if let Some(rate) = rate_of(&self.short_queued) {
                    self.burst_capacity = Some((now, rate));
                }
            } else {
                self.short_queued.clear();
            }
        }
    }

    /// Whether anything was heard of it lately.
    pub(super) fn is_known(&self, now: Instant) -> bool {
        self.heard.is_some_and(|at| now.saturating_duration_since(at) <= MAX_AGE)
    }

    /// When the packet left that arrived last.
    pub(super) fn sent(&self) -> Option<Instant> {
        self.sent
    }

    /// How long the fastest packet of the newest report had waited on its way.
    pub(super) fn queue(&self) -> Option<Duration> {
        let (_, base) = self.base.front()?;
        Duration::try_from_secs_f64((self.delay? - base).max(0.0) / 1e3).ok()
    }

    /// Rate of the last arrivals, bit/s; `None`: too few.
    pub(super) fn rate(&self) -> Option<f64> {
        rate_of(&self.reports)
    }

    fn has_queue(&self, jitter: Duration) -> bool {
        self.queue() >= Some(MIN_QUEUE + JITTER_FACTOR * jitter)
            || (self.latest.len() == LATEST_REPORTS
                && self.latest.iter().copied().min() >= Some(MIN_QUEUE + LATEST_JITTER_FACTOR * jitter))
    }

    /// What came out of a queue lately, bit/s.
    pub(super) fn capacity(&self, now: Instant) -> Option<f64> {
        self.capacity_within(now, CAPACITY_AGE)
    }

    /// What came out of a queue lately, however short it was, bit/s: bursts that leave faster make it longer.
    pub(super) fn burst_capacity(&self, now: Instant) -> Option<f64> {
        within(self.burst_capacity, now, CAPACITY_AGE)
    }

    /// The same, if it was reported within this time.
    pub(super) fn capacity_within(&self, now: Instant, age: Duration) -> Option<f64> {
        within(self.capacity, now, age)
    }

    /// Whether large packets come too soon for a path of this rate, bit/s, and have done so for a while.
    pub(super) fn is_faster_than(&self, bps: f64) -> bool {
        let longest = self.spreads.iter().map(|(_, spread, _)| *spread).fold(0.0, f64::max);
        let large = self.spreads.iter().filter(|(.., largest)| *largest >= MIN_LARGE_BYTES);
        let smallest = large.clone().map(|(.., largest)| *largest).min();
        let enough = self.spreads.len() >= MIN_SPREAD_REPORTS && 2 * large.count() >= self.spreads.len();
        #[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
        let takes = |bytes: usize| bytes as f64 * 8e3 / bps;
        enough && smallest.is_some_and(|bytes| longest < FASTER_FRACTION * takes(bytes))
    }

    /// For how long a queue that delays a call has been reported each time.
    pub(super) fn standing_for(&self, now: Instant) -> Duration {
        self.standing_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// What comes out of a queue that stands on the path, bit/s, if it is far less than this estimate.
    pub(super) fn collapsed(&self, estimate: f64, jitter: Duration) -> Option<f64> {
        let packets: usize = self.queued.iter().map(|report| report.packets).sum();
        let enough = packets >= MIN_PACKETS_OF_A_COLLAPSE && self.has_queue(jitter);
        rate_of(&self.queued).filter(|bps| enough && *bps < COLLAPSED_FRACTION * estimate)
    }
}

/// Adds the newest arrivals and forgets those of more than `window` milliseconds before. A clock that was set back ends
/// the window as well.
fn keep(reports: &mut VecDeque<Arrivals>, newest: Arrivals, window: f64) {
    reports.push_back(newest);
    reports.retain(|report| (0.0..=window).contains(&(newest.last - report.last)));
}

/// Bit/s; `None`: too few arrivals.
#[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
fn rate_of(reports: &VecDeque<Arrivals>) -> Option<f64> {
    let took: f64 = reports.iter().map(|report| report.took).sum();
    let bytes: usize = reports.iter().map(|report| report.bytes).sum();
    (took >= MIN_RATE_SPAN_MS).then(|| bytes as f64 * 8e3 / took)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_JITTER: Duration = Duration::ZERO;

    struct Path {
        reported: ReportedPath,
        start: Instant,
    }

    impl Path {
        fn at(&self, ms: f64) -> Instant {
            self.start + Duration::from_secs_f64(ms / 1e3)
        }

        /// A report at a time of packets of 1,250 bytes: when each left and arrived, milliseconds.
        fn report(&mut self, at: f64, packets: &[(f64, f64)]) {
            let result =
                |(sent, arrived): &(f64, f64)| PacketResult::new(self.at(*sent), Some(7e5 + arrived), 1_250);
            let results: Vec<_> = packets.iter().map(result).collect();
            self.reported.feedback(self.at(at), NO_JITTER, &results);
        }
    }

    fn path() -> Path {
        // Far from the clock's zero.
        Path { reported: ReportedPath::default(), start: Instant::now() + Duration::from_secs(10) }
    }

    #[test]
    fn a_late_report_of_an_empty_queue_says_that_the_way_there_is_free() {
        let mut path = path();
        path.report(100.0, &[(0.0, 20.0), (10.0, 30.0)]);
        // Three seconds on its way back.
        path.report(3_100.0, &[(50.0, 70.0), (60.0, 80.0)]);
        assert_eq!(path.reported.queue(), Some(Duration::ZERO));
        assert!(path.reported.is_known(path.at(3_200.0)) && !path.reported.is_known(path.at(3_400.0)));
        assert_eq!(path.reported.sent(), Some(path.at(60.0)));
        assert_eq!(path.reported.collapsed(9e9, NO_JITTER), None);
    }

    #[test]
    fn what_comes_out_of_a_queue_is_the_capacity_also_where_reports_are_lost() {
        let mut path = path();
        path.report(50.0, &[(0.0, 20.0), (10.0, 30.0)]);
        // 20 ms a packet are 500 kbit/s; the reports of 400 ms between these two never came.
        path.report(300.0, &[(100.0, 200.0), (104.0, 220.0), (108.0, 240.0)]);
        path.report(750.0, &[(200.0, 640.0), (204.0, 660.0), (208.0, 680.0), (212.0, 700.0), (216.0, 720.0)]);
        assert_eq!(path.reported.queue(), Some(Duration::from_millis(420)));
        let collapsed = path.reported.collapsed(2.5e6, NO_JITTER);
        assert!(collapsed.is_some_and(|bps| (bps - 5e5).abs() < 1.0), "{collapsed:?}");
        assert_eq!(path.reported.collapsed(9e5, NO_JITTER), None, "the estimate is not far off");
        assert_eq!(path.reported.collapsed(2.5e6, Duration::from_millis(100)), None, "jitter may explain it");
    }

    #[test]
    fn how_fast_bursts_may_leave_is_known_from_a_short_queue() {
        let mut path = path();
        path.report(50.0, &[(0.0, 20.0), (10.0, 30.0)]);
        assert_eq!(path.reported.burst_capacity(path.at(50.0)), None);
        // 1,250 bytes each 10 ms: 1 Mbit/s out of a queue of 40 to 80 ms.
        let burst: Vec<_> = (0..5).map(|n| (100.0 + f64::from(n), 160.0 + 10.0 * f64::from(n))).collect();
        path.report(250.0, &burst);
        let known = path.reported.burst_capacity(path.at(250.0));
        assert!(known.is_some_and(|bps| (bps - 1e6).abs() < 1.0), "{known:?}");
        assert_eq!(path.reported.capacity(path.at(250.0)), None, "too short to say what the path carries");
        assert_eq!(path.reported.burst_capacity(path.at(31_000.0)), None);
    }

    #[test]
    fn a_path_that_has_become_faster_shows_it_by_how_soon_large_packets_come() {
        // Of 1,250 bytes: 20 ms at 500 kbit/s, 4 ms at 2.5 Mbit/s.
        for (takes, faster) in [(20.0, false), (4.0, true)] {
            let mut path = path();
            for report in 0..40 {
                let at = f64::from(report) * 50.0;
                path.report(at + 60.0, &[(at, at + 20.0), (at + 25.0, at + 45.0 + takes)]);
            }
            assert_eq!(path.reported.is_faster_than(5e5), faster, "{takes}");
        }
    }

    #[test]
    fn a_queue_that_nothing_drains_is_taken_for_a_longer_path_in_the_end() {
        let mut path = path();
        path.report(0.0, &[(0.0, 20.0)]);
        let mut longest = Duration::ZERO;
        for report in 1..100_u32 {
            let at = f64::from(report) * 100.0;
            path.report(at + 50.0, &[(at, at + 320.0)]);
            longest = longest.max(path.reported.standing_for(path.at(at + 50.0)));
        }
        assert!((5.5..6.1).contains(&longest.as_secs_f64()), "{longest:?}");
        assert_eq!(path.reported.queue(), Some(Duration::ZERO));
    }
}
