//! Congestion window: how much may be on its way unacknowledged, and what the encoders get when it is full. Sans-IO.
//!
//! Where a queue of seconds builds up, in both directions at once, feedback comes seconds late and the estimate stays
//! what it was. Packets that nobody acknowledges show it at once. After `CongestionWindowPushbackController` in
//! libwebrtc's `goog_cc`, with the queue Chromium accepts. On thin links, where two packets fill the window, the estimate
//! alone counts.
//!
//! Little is on its way once little is sent, and an estimate from before the queue would come back while the queue is
//! still there. So the age of the oldest unacknowledged packet counts as well: more is sent only once feedback is on
//! time again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::PacketResult;
use super::reported_path::ReportedPath;

/// A queue that is accepted on top of the round trip and of the pause between two reports.
const ACCEPTED_QUEUE: Duration = Duration::from_millis(350);
/// The longest pause between two reports of libwebrtc's `RemoteEstimatorProxy`.
const MAX_REPORT_INTERVAL: Duration = Duration::from_millis(250);
/// The shortest round trip of so long a time is the path's own, and the longest pause between reports tells what is
/// usual.
const WINDOW: Duration = Duration::from_secs(10);
/// Packets have waited for a report longer than a moment ago, by twice the longest pause between reports of the last
/// seconds: a queue may be growing that nothing has told of yet.
const PAUSES_OF_SILENCE: u32 = 2;
const MIN_SILENCE: Duration = Duration::from_millis(150);
const MAX_SILENCE: Duration = Duration::from_millis(550);
/// What is sent of the estimate at least while reports go on to come: it may be the way back that became longer.
const HEARD_FRACTION: f64 = 0.5;
/// A queue that others have filled for longer than this is no surprise.
const MOMENT: Duration = Duration::from_secs(1);
/// Part of what comes through that leaves room for the queue to drain.
const DRAIN_FACTOR: f64 = 0.5;
/// A queue this short on the way there is none: it is the way back that is late.
const FREE_QUEUE: Duration = Duration::from_millis(100);
/// A longer one is drained by sending next to nothing.
const LONG_QUEUE: Duration = Duration::from_millis(500);
/// A queue that has stood for so long is not drained by the estimate alone.
const STANDING: Duration = Duration::from_secs(1);
/// Two full packets.
const MIN_WINDOW_BYTES: f64 = 3_000.0;
/// The window takes nothing from an estimate below this, and no more from one above: sound goes on.
const MIN_PUSHED_BPS: f64 = 25_000.0;
/// Jitter delays a packet by some times its mean.
const JITTER_FACTOR: u32 = 4;
/// Fill above which less is sent, and much less; below the last one everything again.
const FULL: f64 = 1.0;
const OVERFULL: f64 = 1.5;
const NEARLY_EMPTY: f64 = 0.1;
/// For so long after feedback was late an empty window says nothing.
const EASING: Duration = Duration::from_secs(2);
/// Factors for each update.
const LESS: f64 = 0.95;
const MUCH_LESS: f64 = 0.9;
/// Where the rate of a link falls to a fifth, its queue is full within a tenth of a second.
const SILENT: f64 = 0.8;
const MORE: f64 = 1.05;
/// A bound on memory: more packets are on their way on no path a call takes.
const MAX_PACKETS: usize = 10_000;

/// What the window is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions<'a> {
    /// Bit/s.
    pub(super) estimate: f64,
    /// Smoothed; counts before any feedback came.
    pub(super) round_trip: Duration,
    pub(super) jitter: Duration,
    pub(super) path: &'a ReportedPath,
}

#[derive(Debug)]
pub(super) struct CongestionWindow {
    /// When each packet left, and its bytes; the oldest first.
    unacknowledged: VecDeque<(Instant, usize)>,
    bytes: usize,
    /// When a round trip ended and how long it took, both rising: the first is the shortest of the window.
    round_trips: VecDeque<(Instant, Duration)>,
    /// Those of the last moment, in the same way, and the last one: a report last came when that ended.
    recent: VecDeque<(Instant, Duration)>,
    latest: Option<(Instant, Duration)>,
    /// Part of the estimate that may be sent.
    ratio: f64,
    /// When a pause between reports ended and how long it was, the first rising and the second falling: the first is
    /// the longest of the window.
    pauses: VecDeque<(Instant, Duration)>,
    /// Since when silence has made the window smaller; until a report of what left after that.
    silent_since: Option<Instant>,
    /// Since when feedback has been later than any queue that is accepted.
    late_since: Option<Instant>,
    late_at: Option<Instant>,
    /// It is, but by the way back alone.
    free: bool,
    /// What may be sent in any case, bit/s.
    floor: f64,
}

impl Default for CongestionWindow {
    fn default() -> Self {
        Self {
            unacknowledged: VecDeque::new(),
            bytes: 0,
            round_trips: VecDeque::new(),
            recent: VecDeque::new(),
            latest: None,
            ratio: 1.0,
            pauses: VecDeque::new(),
            silent_since: None,
            late_since: None,
            late_at: None,
            free: false,
            floor: MIN_PUSHED_BPS,
        }
    }
}

impl CongestionWindow {
    pub(super) fn sent(&mut self, now: Instant, size: usize) {
        if self.unacknowledged.len() >= MAX_PACKETS {
            self.drop_oldest();
        }
        self.unacknowledged.push_back((now, size));
        self.bytes += size;
    }

    /// What left before a packet that has arrived is on its way no more.
    pub(super) fn feedback(&mut self, now: Instant, results: &[PacketResult]) {
        let arrived = results.iter().filter(|result| result.arrived.is_some());
        let Some(last) = arrived.map(|result| result.sent).max() else { return };
        let took = now.saturating_duration_since(last);
        if let Some((before, _)) = self.latest.replace((now, took)) {
            let pause = now.saturating_duration_since(before);
            self.pauses
                .retain(|(at, longer)| *longer > pause && now.saturating_duration_since(*at) <= WINDOW);
            self.pauses.push_back((now, pause));
        }
        for (times, window) in [(&mut self.round_trips, WINDOW), (&mut self.recent, MOMENT)] {
            times.retain(|(at, shorter)| *shorter < took && now.saturating_duration_since(*at) <= window);
            times.push_back((now, took));
        }
        while self.unacknowledged.front().is_some_and(|(sent, _)| *sent <= last) {
            self.drop_oldest();
        }
    }

    /// Called about every 25 ms.
    pub(super) fn update(&mut self, now: Instant, conditions: Conditions<'_>) {
        let Conditions { estimate, round_trip, jitter, path } = conditions;
        let round_trip = self.round_trips.front().map_or(round_trip, |(_, shortest)| *shortest);
        self.floor = floor(now, path);
        let expected = round_trip + JITTER_FACTOR * jitter;
        let age = self.unacknowledged.front().map(|(sent, _)| now.saturating_duration_since(*sent));
        let older = |than: Duration| age.is_some_and(|age| age > expected + than);
        if older(ACCEPTED_QUEUE + MAX_REPORT_INTERVAL) {
            self.late_since.get_or_insert(now);
            self.late_at = Some(now);
        } else {
            self.late_since = None;
        }
        // What left since then had nothing to wait for on its way: it is the way back that is late.
        self.free = self.late_since.is_some_and(|since| path.sent() > Some(since))
            && path.is_known(now)
            && path.queue().is_some_and(|queue| queue < FREE_QUEUE);
        let usual = self.recent.front().map_or(expected, |(_, shortest)| *shortest + JITTER_FACTOR * jitter);
        let silence = self.silence();
        let mut alarmed = self.latest.is_some() && age.is_some_and(|age| age > usual + silence);
        if alarmed {
            self.silent_since.get_or_insert(now);
        }
        // What left then, before much less was sent, says whether there is a queue.
        let told = self.silent_since.filter(|since| path.sent() > Some(*since));
        let was_false = told.is_some_and(|since| path.sent() <= Some(since + silence))
            && path.is_known(now)
            && path.queue().is_some_and(|queue| queue < FREE_QUEUE);
        if was_false {
            // It was the way back, and if that stays longer, it is no surprise any more.
            self.recent.clear();
            self.recent.extend(self.latest);
            alarmed = false;
        }
        if told.is_some() {
            self.silent_since = None;
        }
        let heard = self.latest.is_some_and(|(at, _)| now.saturating_duration_since(at) <= silence);
        let window = (estimate * (round_trip + ACCEPTED_QUEUE).as_secs_f64() / 8.0).max(MIN_WINDOW_BYTES);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
        let fill = self.bytes as f64 / window;
        self.ratio *= if self.free {
            MORE
        } else if was_false && self.late_since.is_none() {
            1.0 / self.ratio
        } else if alarmed && !(heard && self.ratio * SILENT < HEARD_FRACTION) {
            SILENT
        } else if fill > OVERFULL || self.late_since.is_some() {
            MUCH_LESS
        } else if fill > FULL || path.standing_for(now) > STANDING {
            LESS
        } else if fill < NEARLY_EMPTY && !self.was_late(now) {
            1.0 / self.ratio
        } else {
            MORE
        };
        // So that it comes back soon from a long silence.
        self.ratio = self.ratio.clamp(self.floor / estimate.max(self.floor), 1.0);
    }

    /// For how long feedback has been later than any queue that is accepted; `None`: it is on time.
    pub(super) fn late_for(&self, now: Instant) -> Option<Duration> {
        self.late_since.filter(|_| !self.free).map(|since| now.saturating_duration_since(since))
    }

    fn silence(&self) -> Duration {
        let longest = self.pauses.front().map_or(MAX_SILENCE, |(_, pause)| *pause);
        longest.saturating_mul(PAUSES_OF_SILENCE).clamp(MIN_SILENCE, MAX_SILENCE)
    }

    /// Little is on its way because little was sent.
    fn was_late(&self, now: Instant) -> bool {
        self.late_at.is_some_and(|at| now.saturating_duration_since(at) < EASING)
    }

    /// What may be sent of this estimate, bit/s.
    pub(super) fn push_back(&self, estimate: f64) -> f64 {
        if self.ratio < 1.0 { (estimate * self.ratio).max(self.floor.min(estimate)) } else { estimate }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, size)) = self.unacknowledged.pop_front() {
            self.bytes -= size;
        }
    }
}

/// What drains a queue without a break in the picture, or, where that would take too long, sound.
fn floor(now: Instant, path: &ReportedPath) -> f64 {
    let drains = (FREE_QUEUE..LONG_QUEUE).contains(&path.queue().unwrap_or_default());
    let rate = path.rate().filter(|_| path.is_known(now) && drains);
    rate.map_or(MIN_PUSHED_BPS, |rate| (rate * DRAIN_FACTOR).max(MIN_PUSHED_BPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 2_500_000.0;
    const TICK: Duration = Duration::from_millis(25);
    const ROUND_TRIP: Duration = Duration::from_millis(50);

    fn arrived(sent: Instant) -> PacketResult {
        PacketResult::new(sent, Some(1.0), 1_250)
    }

    /// Sends at the rate it allows for a second; `late`: how long feedback takes, `None` where it stays away.
    fn send(window: &mut CongestionWindow, from: Instant, late: Option<Duration>) -> f64 {
        send_for(window, from, 1, late)
    }

    fn send_for(window: &mut CongestionWindow, from: Instant, seconds: u32, late: Option<Duration>) -> f64 {
        let mut sent = VecDeque::new();
        let mut left = 0.0;
        let path = &ReportedPath::default();
        let conditions = Conditions { estimate: RATE, round_trip: ROUND_TRIP, jitter: Duration::ZERO, path };
        for tick in 0..40 * seconds {
            let now = from + TICK * tick;
            left += window.push_back(RATE) * TICK.as_secs_f64() / 8.0;
            while left >= 1_250.0 {
                left -= 1_250.0;
                window.sent(now, 1_250);
                sent.push_back(now);
            }
            while let Some(late) = late
                && let Some(at) = sent.front().copied()
                && at + late <= now
            {
                sent.pop_front();
                window.feedback(now, &[arrived(at)]);
            }
            window.update(now, conditions);
        }
        window.push_back(RATE)
    }

    #[test]
    fn feedback_in_time_leaves_the_estimate_alone() {
        let (mut window, start) = (CongestionWindow::default(), Instant::now());
        assert_eq!(send(&mut window, start, Some(Duration::from_millis(300))), RATE);
    }

    #[test]
    fn without_feedback_less_is_sent_within_a_second_and_all_again_soon_after() {
        let (mut window, start) = (CongestionWindow::default(), Instant::now());
        let pushed = send(&mut window, start, None);
        assert!((MIN_PUSHED_BPS..RATE / 4.0).contains(&pushed), "{pushed}");
        for second in 1..5 {
            send(&mut window, start + Duration::from_secs(second), None);
        }
        assert_eq!(window.push_back(RATE), MIN_PUSHED_BPS, "sound goes on");
        let back = start + Duration::from_secs(5);
        window.feedback(back + ROUND_TRIP, &[arrived(back)]);
        assert_eq!(send_for(&mut window, back + ROUND_TRIP, 3, Some(ROUND_TRIP)), RATE);
    }

    #[test]
    fn feedback_that_comes_seconds_late_does_not_bring_an_old_estimate_back() {
        let (mut window, start) = (CongestionWindow::default(), Instant::now());
        assert_eq!(send(&mut window, start, Some(ROUND_TRIP)), RATE);
        // The queue of both directions takes three seconds; what comes says so, packet by packet.
        let filled = start + Duration::from_secs(1);
        assert_eq!(send_for(&mut window, filled, 8, Some(Duration::from_secs(3))), MIN_PUSHED_BPS);
    }

    /// Sends for a second, then for half a second without any report, and then hears of all at once: how long each had
    /// been on its way, ms. What may be sent of the estimate at the end of the silence and after it.
    fn after_silence(way: impl Fn(u32) -> f64) -> (f64, f64) {
        let (mut window, start) = (CongestionWindow::default(), Instant::now());
        let mut path = ReportedPath::default();
        let result = |tick: u32| {
            let sent = start + TICK * tick;
            PacketResult::new(sent, Some(9e5 + f64::from(tick) * 25.0 + way(tick)), 1_250)
        };
        let mut lowest = RATE;
        for tick in 0..61_u32 {
            let now = start + TICK * tick;
            window.sent(now, 1_250);
            let told: Vec<PacketResult> = match tick {
                2..=40 => vec![result(tick - 2)],
                60 => (41..51).map(result).collect(),
                _ => Vec::new(),
            };
            if !told.is_empty() {
                window.feedback(now, &told);
                path.feedback(now, Duration::ZERO, &told);
            }
            let conditions =
                Conditions { estimate: RATE, round_trip: ROUND_TRIP, jitter: Duration::ZERO, path: &path };
            window.update(now, conditions);
            if tick < 60 {
                lowest = lowest.min(window.push_back(RATE));
            }
        }
        (lowest, window.push_back(RATE))
    }

    #[test]
    fn less_is_sent_while_a_queue_may_be_growing_and_all_again_if_there_was_none() {
        let (silent, after) = after_silence(|_| 25.0);
        assert!(silent < 0.3 * RATE, "{silent}");
        assert_eq!(after, RATE, "the way back was held up");
        let (_, after) = after_silence(|tick| if tick < 40 { 25.0 } else { 250.0 });
        assert!(after < 0.4 * RATE, "{after}: there is a queue");
    }

    #[test]
    fn a_way_back_that_becomes_longer_is_found_out() {
        let (mut window, start) = (CongestionWindow::default(), Instant::now());
        let mut path = ReportedPath::default();
        let mut lowest = RATE;
        // A report every 50 ms of what left 50 ms before, and from the second second on of what left 350 ms before.
        for tick in 0..160_u32 {
            let now = start + TICK * tick;
            window.sent(now, 1_250);
            let way_back = if tick < 40 { 2 } else { 14 };
            if tick % 2 == 0 && tick >= way_back {
                let result = |of: u32| {
                    PacketResult::new(start + TICK * of, Some(9e5 + f64::from(of) * 25.0 + 25.0), 1_250)
                };
                let told: Vec<PacketResult> = (tick - way_back..=tick - way_back + 1).map(result).collect();
                window.feedback(now, &told);
                path.feedback(now, Duration::ZERO, &told);
            }
            let conditions =
                Conditions { estimate: RATE, round_trip: ROUND_TRIP, jitter: Duration::ZERO, path: &path };
            window.update(now, conditions);
            lowest = lowest.min(window.push_back(RATE));
        }
        assert!(lowest >= 0.4 * RATE, "{lowest}");
        assert_eq!(window.push_back(RATE), RATE, "it stays longer, and is no surprise");
    }

    #[test]
    fn one_report_that_is_lost_is_no_alarm_however_rare_they_are() {
        for every in [2_u32, 4, 8, 10] {
            let (mut window, start) = (CongestionWindow::default(), Instant::now());
            let path = &ReportedPath::default();
            let conditions =
                Conditions { estimate: RATE, round_trip: ROUND_TRIP, jitter: Duration::ZERO, path };
            for tick in 0..200_u32 {
                let now = start + TICK * tick;
                window.sent(now, 1_250);
                // Of what left 50 ms before; the one around the hundredth tick is lost.
                if tick % every == 0 && tick >= 2 && tick / every != 100 / every {
                    window.feedback(now, &[arrived(start + TICK * (tick - 2))]);
                }
                window.update(now, conditions);
                assert_eq!(window.push_back(RATE), RATE, "every {every} ticks, at {tick}");
            }
        }
    }

    #[test]
    fn losses_alone_empty_nothing_and_memory_is_bounded() {
        let (mut window, start) = (CongestionWindow::default(), Instant::now());
        for _ in 0..MAX_PACKETS + 5 {
            window.sent(start, 100);
        }
        window.feedback(start, &[PacketResult { arrived: None, ..arrived(start) }]);
        assert_eq!((window.unacknowledged.len(), window.bytes), (MAX_PACKETS, MAX_PACKETS * 100));
        window.feedback(start, &[arrived(start)]);
        assert_eq!((window.unacknowledged.len(), window.bytes), (0, 0));
        assert_eq!(window.push_back(10_000.0), 10_000.0, "an estimate below the minimum stays what it is");
    }
}
