//! Presentation of decoded frames: a queue until they are due, and freeze detection. Time is a parameter.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::VideoFrame;

/// A frame is 1.4 MB at 720p; more than this are not queued.
const MAX_QUEUED_FRAMES: usize = 24;
/// A due time later than this after arrival is clamped.
const MAX_FRAME_DELAY: Duration = Duration::from_secs(2);

/// Shorter gaps are no freeze.
const MIN_FREEZE: Duration = Duration::from_millis(150);

/// Decoded frames in order, each waiting until it is due.
#[derive(Debug, Default)]
pub(crate) struct FrameQueue {
    pictures: VecDeque<(Instant, VideoFrame)>,
}

impl FrameQueue {
    pub(crate) fn hold(&mut self, due: Instant, frame: VideoFrame) {
        self.pictures.push_back((due.min(frame.at + MAX_FRAME_DELAY), frame));
    }

    /// The first picture, if it is due or too many wait behind it.
    pub(crate) fn release(&mut self, now: Instant) -> Option<VideoFrame> {
        let due = self.deadline()?;
        if due > now && self.pictures.len() <= MAX_QUEUED_FRAMES {
            return None;
        }
        self.pictures.pop_front().map(|(due, frame)| VideoFrame { at: due, ..frame })
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.pictures.front().map(|&(due, _)| due)
    }
}

/// Counts freezes: a gap of more than 150 ms that is also three times the usual one, unless the sender made
/// none.
#[derive(Debug, Default)]
pub(crate) struct Freezes {
    last: Option<Instant>,
    /// RTP timestamp of the last picture, 90 kHz.
    last_sent: u32,
    usual: Option<Duration>,
    pub(crate) count: u32,
    pub(crate) total: Duration,
    longest: Duration,
    /// When the first packet came.
    began: Option<Instant>,
    /// From then to the first picture.
    pub(crate) first: Option<Duration>,
    /// Nobody looked since the last picture.
    paused: bool,
}

impl Freezes {
    /// Nobody looks until the next picture: the time until then is no freeze.
    pub(crate) fn pause(&mut self) {
        self.paused = self.last.is_some();
        if self.last.is_none() {
            self.began = None;
        }
    }

    /// A packet came.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.began.get_or_insert(now);
    }

    /// The longest freeze; that there is no picture yet is one.
    pub(crate) fn longest(&self, now: Instant) -> Duration {
        let none_yet = self.began.filter(|_| self.last.is_none());
        none_yet.map_or(self.longest, |began| now.saturating_duration_since(began))
    }

    /// A picture is shown. `sent` is its RTP timestamp if nothing was lost between it and the last one.
    pub(crate) fn shown(&mut self, now: Instant, sent: Option<u32>) {
        let between = sent.map(|sent| sent.wrapping_sub(self.last_sent) / 90);
        self.last_sent = sent.unwrap_or_default();
        let Some(last) = self.last.replace(now) else {
            self.first = self.began.map(|began| now.saturating_duration_since(began));
            self.longest = self.first.unwrap_or_default();
            return;
        };
        if std::mem::take(&mut self.paused) {
            return;
        }
        let gap = now.saturating_duration_since(last);
        // Nothing was sent for most of that time: a still screen, or a camera switched off.
        if between.is_some_and(|between| u128::from(between) * 4 >= gap.as_millis() * 3 && gap > MIN_FREEZE) {
            return;
        }
        let Some(usual) = self.usual else {
            self.usual = Some(gap.min(Duration::from_millis(100)));
            return;
        };
        if gap > MIN_FREEZE.max(usual * 3) {
            self.count += 1;
            self.total += gap;
            self.longest = self.longest.max(gap);
        } else {
            self.usual = Some((usual * 15 + gap) / 16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(at: Instant, timestamp: u32) -> VideoFrame {
        VideoFrame { width: 2, height: 2, i420: vec![0; 6].into(), at, timestamp }
    }

    #[test]
    fn pictures_wait_for_their_time_in_order() {
        let now = Instant::now();
        let mut waiting = FrameQueue::default();
        waiting.hold(now + Duration::from_millis(50), picture(now, 1));
        waiting.hold(now, picture(now, 2));
        waiting.hold(now + Duration::from_secs(3600), picture(now, 3));
        assert!(waiting.release(now).is_none());
        let later = waiting.deadline().expect("pictures wait");
        let order: Vec<_> =
            std::iter::from_fn(|| waiting.release(later)).map(|frame| frame.timestamp).collect();
        assert_eq!(order, [1, 2]);
        assert_eq!(waiting.deadline(), Some(now + MAX_FRAME_DELAY));
        for number in 0..100 {
            waiting.hold(now + Duration::from_secs(1), picture(now, number));
        }
        while waiting.release(now).is_some() {}
        assert_eq!(waiting.pictures.len(), MAX_QUEUED_FRAMES);
    }

    #[test]
    fn only_unusual_gaps_are_freezes() {
        let (mut freezes, mut now) = (Freezes::default(), Instant::now());
        let mut show = |freezes: &mut Freezes, gap| {
            now += Duration::from_millis(gap);
            freezes.shown(now, None);
        };
        for _ in 0..30 {
            show(&mut freezes, 33);
        }
        show(&mut freezes, 140);
        assert_eq!(freezes.count, 0);
        show(&mut freezes, 400);
        assert_eq!((freezes.count, freezes.total), (1, Duration::from_millis(400)));
    }

    #[test]
    fn no_picture_yet_is_the_longest_freeze() {
        let (mut freezes, start) = (Freezes::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(freezes.longest(at(9000)), Duration::ZERO, "nothing was sent");
        freezes.begin(at(1000));
        freezes.begin(at(2000));
        assert_eq!(freezes.longest(at(2500)).as_millis(), 1500);
        freezes.shown(at(3000), None);
        for number in 1..30 {
            freezes.shown(at(3000 + number * 33), None);
        }
        freezes.shown(at(5500), None);
        assert_eq!((freezes.first, freezes.count), (Some(Duration::from_secs(2)), 1));
        assert_eq!(freezes.longest(at(9000)).as_millis(), 2000);
        freezes.shown(at(8000), None);
        assert_eq!(freezes.longest(at(9000)).as_millis(), 2500);
    }

    #[test]
    fn a_sender_that_stops_is_no_freeze_and_a_network_that_does_is_one() {
        let (mut freezes, start) = (Freezes::default(), Instant::now());
        let mut show = |shown: u64, sent: Option<u64>| {
            freezes.shown(start + Duration::from_millis(shown), sent.map(|ms| (ms * 90) as u32));
            freezes.count
        };
        for number in 0..30 {
            assert_eq!(show(number * 40, Some(number * 40)), 0);
        }
        assert_eq!(show(9000, Some(8990)), 0, "nothing was sent");
        assert_eq!(show(9600, Some(9030)), 1, "it was held up on the way");
        assert_eq!(show(9640, Some(9070)), 1);
        assert_eq!(show(12_000, None), 2, "what was sent was lost");
    }
}
