//! What happens between a decoded picture and the eye: waiting until it is due, and noticing when the
//! picture stands still. It is told the time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::VideoFrame;

/// A picture is 1.4 MB at 720p; more than this are not held, whatever the clock says.
const MAX_HELD: usize = 24;
/// No clock is believed that wants a picture later than this after its arrival.
const LONGEST_HOLD: Duration = Duration::from_secs(2);

/// Decoded pictures in order, each waiting for its time.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pictures: VecDeque<(Instant, VideoFrame)>,
}

impl Waiting {
    pub(crate) fn hold(&mut self, due: Instant, frame: VideoFrame) {
        self.pictures.push_back((due.min(frame.at + LONGEST_HOLD), frame));
    }

    /// The first picture, if it is due or too many wait behind it.
    pub(crate) fn release(&mut self, now: Instant) -> Option<VideoFrame> {
        let due = self.deadline()?;
        if due > now && self.pictures.len() <= MAX_HELD {
            return None;
        }
        self.pictures.pop_front().map(|(due, frame)| VideoFrame { at: due, ..frame })
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.pictures.front().map(|&(due, _)| due)
    }
}

/// Counts freezes: a gap of more than 150 ms that is also three times the usual one.
#[derive(Debug, Default)]
pub(crate) struct Freezes {
    last: Option<Instant>,
    usual: Option<Duration>,
    pub(crate) count: u32,
    pub(crate) total: Duration,
}

impl Freezes {
    pub(crate) fn shown(&mut self, now: Instant) {
        let Some(last) = self.last.replace(now) else { return };
        let gap = now.saturating_duration_since(last);
        let Some(usual) = self.usual else {
            self.usual = Some(gap.min(Duration::from_millis(100)));
            return;
        };
        if gap > Duration::from_millis(150).max(usual * 3) {
            self.count += 1;
            self.total += gap;
        } else {
            self.usual = Some((usual * 15 + gap) / 16);
        }
    }

    /// The gap that begins now is meant, e.g. the camera was switched off.
    pub(crate) fn pause(&mut self) {
        self.last = None;
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
        let mut waiting = Waiting::default();
        waiting.hold(now + Duration::from_millis(50), picture(now, 1));
        waiting.hold(now, picture(now, 2));
        waiting.hold(now + Duration::from_secs(3600), picture(now, 3));
        assert!(waiting.release(now).is_none());
        let later = waiting.deadline().expect("pictures wait");
        let order: Vec<_> =
            std::iter::from_fn(|| waiting.release(later)).map(|frame| frame.timestamp).collect();
        assert_eq!(order, [1, 2]);
        assert_eq!(waiting.deadline(), Some(now + LONGEST_HOLD));
        for number in 0..100 {
            waiting.hold(now + Duration::from_secs(1), picture(now, number));
        }
        while waiting.release(now).is_some() {}
        assert_eq!(waiting.pictures.len(), MAX_HELD);
    }

    #[test]
    fn only_unusual_gaps_are_freezes() {
        let (mut freezes, mut now) = (Freezes::default(), Instant::now());
        let mut show = |freezes: &mut Freezes, gap| {
            now += Duration::from_millis(gap);
            freezes.shown(now);
        };
        for _ in 0..30 {
            show(&mut freezes, 33);
        }
        show(&mut freezes, 140);
        assert_eq!(freezes.count, 0);
        show(&mut freezes, 400);
        assert_eq!((freezes.count, freezes.total), (1, Duration::from_millis(400)));
        freezes.pause();
        show(&mut freezes, 9000);
        assert_eq!(freezes.count, 1);
    }
}
