//! Packet groups: packets sent close together count as one, and arrival against departure between groups
//! shows whether the queue grew. Sans-IO.
//!
//! After libwebrtc's `goog_cc/inter_arrival_delta.cc`. Packets have to come in order of arrival.

use std::time::Instant;

/// Packets sent within this time of the group's first belong to it.
const GROUP_SPAN_MS: f64 = 5.0;
/// A group held up on the way and let go at once is one burst, up to this length of arriving.
const MAX_BURST_MS: f64 = 100.0;
const BURST_GAP_MS: f64 = 5.0;
/// A clock of the other side that runs ahead of ours by more than this between two groups was set anew.
const MAX_CLOCK_JUMP_MS: f64 = 3_000.0;

/// From one group to the next, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Delta {
    pub(super) sent: f64,
    pub(super) arrived: f64,
    /// When the later group was complete, by the other side's clock.
    pub(super) at: f64,
}

#[derive(Clone, Copy, Debug)]
struct PacketGroup {
    first_sent: Instant,
    last_sent: Instant,
    first_arrived: f64,
    last_arrived: f64,
}

impl PacketGroup {
    fn includes(&self, sent: Instant, arrived: f64) -> bool {
        if signed_ms(self.first_sent, sent) <= GROUP_SPAN_MS {
            return true;
        }
        let gap = arrived - self.last_arrived;
        let held_up = gap < signed_ms(self.last_sent, sent);
        held_up && gap <= BURST_GAP_MS && arrived - self.first_arrived < MAX_BURST_MS
    }
}

#[derive(Debug, Default)]
pub(super) struct PacketGroups {
    previous: Option<PacketGroup>,
    current: Option<PacketGroup>,
}

impl PacketGroups {
    /// A group is judged once the first packet of the next arrives.
    pub(super) fn arrived(&mut self, sent: Instant, arrived: f64) -> Option<Delta> {
        let fresh =
            PacketGroup { first_sent: sent, last_sent: sent, first_arrived: arrived, last_arrived: arrived };
        let Some(current) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        if sent < current.first_sent {
            // Overtaken on the way: its group is over.
            return None;
        }
        if current.includes(sent, arrived) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrived = current.last_arrived.max(arrived);
            return None;
        }
        let done = *current;
        let before = self.previous.replace(done);
        self.current = Some(fresh);
        let before = before?;
        let delta = Delta {
            sent: signed_ms(before.last_sent, done.last_sent),
            arrived: done.last_arrived - before.last_arrived,
            at: done.last_arrived,
        };
        if delta.arrived < 0.0 || (delta.arrived - delta.sent).abs() > MAX_CLOCK_JUMP_MS {
            *self = Self::default();
            return None;
        }
        Some(delta)
    }
}

fn signed_ms(from: Instant, to: Instant) -> f64 {
    let ahead = to.checked_duration_since(from).map(|d| d.as_secs_f64() * 1e3);
    ahead.unwrap_or_else(|| from.saturating_duration_since(to).as_secs_f64() * -1e3)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn packets_held_up_and_let_go_at_once_are_one_group() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut groups = PacketGroups::default();
        for (sent, arrived) in [(0, 100.0), (20, 180.0), (40, 181.0), (60, 182.0), (80, 183.0)] {
            assert_eq!(groups.arrived(at(sent), arrived), None);
        }
        assert_eq!(groups.arrived(at(100), 200.0), Some(Delta { sent: 80.0, arrived: 83.0, at: 183.0 }));
    }

    #[test]
    fn an_overtaken_packet_is_left_out() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut groups = PacketGroups::default();
        for (sent, arrived) in [(0, 100.0), (20, 120.0), (10, 121.0)] {
            assert_eq!(groups.arrived(at(sent), arrived), None);
        }
        assert_eq!(groups.arrived(at(40), 140.0), Some(Delta { sent: 20.0, arrived: 20.0, at: 120.0 }));
    }

    #[test]
    fn a_clock_set_anew_is_not_a_queue() {
        let start = Instant::now();
        let mut groups = PacketGroups::default();
        for (second, arrived) in [(0, 0.0), (1, 1_000.0), (2, 12_000.0), (3, 13_000.0)] {
            let delta = groups.arrived(start + Duration::from_secs(second), arrived);
            assert!(delta.is_none_or(|delta| delta.arrived < 2_000.0), "{delta:?}");
        }
    }
}
