//! Packet groups: packets sent close together count as one, and arrival against departure between groups
//! shows whether the queue grew. Sans-IO.

use std::time::{Duration, Instant};

/// Packets sent within this time of the group's first belong to it.
const GROUP_SPAN: Duration = Duration::from_millis(5);
/// A group held up on the way and let go at once is one burst, up to this length.
const MAX_BURST: Duration = Duration::from_millis(100);
const BURST_GAP_MS: f64 = 5.0;
/// A longer gap is a restart or a pause, not a queue.
const RESET_GAP_MS: f64 = 3_000.0;

/// From one group to the next, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delta {
    pub(crate) sent: f64,
    pub(crate) arrived: f64,
    /// When the later group was complete, by the other side's clock.
    pub(crate) at: f64,
}

#[derive(Clone, Copy, Debug)]
struct PacketGroup {
    first_sent: Instant,
    last_sent: Instant,
    last_arrived: f64,
}

#[derive(Debug, Default)]
pub(crate) struct PacketGroups {
    previous: Option<PacketGroup>,
    current: Option<PacketGroup>,
}

fn ms(from: Instant, to: Instant) -> f64 {
    if to >= from {
        to.duration_since(from).as_secs_f64() * 1e3
    } else {
        from.duration_since(to).as_secs_f64() * -1e3
    }
}

impl PacketGroups {
    pub(crate) fn arrived(&mut self, sent: Instant, arrived: f64) -> Option<Delta> {
        let fresh = PacketGroup { first_sent: sent, last_sent: sent, last_arrived: arrived };
        let Some(current) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        let since_first = ms(current.first_sent, sent);
        if since_first < 0.0 {
            // Overtaken on the way: its group is over.
            return None;
        }
        let gap = arrived - current.last_arrived;
        let slower = gap - ms(current.last_sent, sent);
        let released_at_once = slower < 0.0
            && (0.0..=BURST_GAP_MS).contains(&gap)
            && since_first < MAX_BURST.as_secs_f64() * 1e3;
        if since_first <= GROUP_SPAN.as_secs_f64() * 1e3 || released_at_once {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrived = current.last_arrived.max(arrived);
            return None;
        }
        let done = *current;
        let before = self.previous.replace(done);
        self.current = Some(fresh);
        let before = before?;
        let delta = Delta {
            sent: ms(before.last_sent, done.last_sent),
            arrived: done.last_arrived - before.last_arrived,
            at: done.last_arrived,
        };
        if delta.sent > RESET_GAP_MS || delta.arrived.abs() > RESET_GAP_MS || delta.arrived < 0.0 {
            self.previous = None;
            return None;
        }
        Some(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_one_group_and_gaps_are_compared() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut groups = PacketGroups::default();
        for (sent, arrived) in [(0, 100.0), (2, 101.0), (33, 133.0), (34, 134.0)] {
            assert_eq!(groups.arrived(at(sent), arrived), None);
        }
        // The third group closes the second: sent 32 ms after the first, arrived 33 ms after it.
        assert_eq!(groups.arrived(at(66), 170.0), Some(Delta { sent: 32.0, arrived: 33.0, at: 134.0 }));
    }

    #[test]
    fn a_long_pause_is_not_a_queue() {
        let start = Instant::now();
        let mut groups = PacketGroups::default();
        for second in 0..4 {
            let sent = start + Duration::from_secs(second * 10);
            assert_eq!(groups.arrived(sent, second as f64 * 10_500.0), None);
        }
    }
}
