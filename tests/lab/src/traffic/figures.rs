//! Figures of the traffic on the link: rates, queue, losses, how soon the link was used.

use super::{Direction, Logged};
use crate::link::Fate;
use crate::numbers::percentile;

/// A stretch of time, Unix microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from_us: u64,
    pub to_us: u64,
}

impl Span {
    pub fn seconds(self) -> f64 {
        self.to_us.saturating_sub(self.from_us) as f64 / 1e6
    }

    pub fn holds(self, at_us: u64) -> bool {
        (self.from_us..self.to_us).contains(&at_us)
    }
}

/// Window over which a rate counts as reached.
const REACHED_WINDOW_US: u64 = 500_000;
const REACHED_STEP_US: u64 = 50_000;

/// One direction's packets, in order of sending.
#[derive(Debug)]
pub struct Traffic {
    packets: Vec<Logged>,
}

impl Traffic {
    pub fn of(log: &[Logged], direction: Direction) -> Self {
        Self { packets: log.iter().filter(|packet| packet.direction == direction).copied().collect() }
    }

    fn within(&self, span: Span) -> impl Iterator<Item = &Logged> {
        let first = self.packets.partition_point(|packet| packet.sent_us < span.from_us);
        self.packets[first..].iter().take_while(move |packet| packet.sent_us < span.to_us)
    }

    /// What was put on the link, IP headers included.
    pub fn sent_kbps(&self, span: Span) -> f64 {
        kbps(self.within(span).filter(|packet| !packet.copy), span)
    }

    /// What passed.
    pub fn received_kbps(&self, span: Span) -> f64 {
        kbps(self.within(span).filter(|packet| packet.fate == Fate::Delivered && !packet.copy), span)
    }

    /// Time waited for the bottleneck, ms; `None` without packets.
    pub fn queue_ms(&self, span: Span, fraction: f64) -> Option<f64> {
        let passed = self.within(span).filter(|packet| matches!(packet.fate, Fate::Delivered | Fate::Lost));
        let mut waits: Vec<f64> = passed.map(|packet| packet.queue_us as f64 / 1e3).collect();
        percentile(&mut waits, fraction)
    }

    pub fn count(&self, span: Span, fate: Fate) -> usize {
        self.within(span).filter(|packet| packet.fate == fate && !packet.copy).count()
    }

    /// Seconds from `since_us` until half a second carried `kbps`.
    pub fn reached_s(&self, since_us: u64, until_us: u64, wanted_kbps: f64) -> Option<f64> {
        let mut end = since_us;
        while end < until_us {
            end += REACHED_STEP_US;
            let span = Span { from_us: end.saturating_sub(REACHED_WINDOW_US), to_us: end };
            if self.received_kbps(span) >= wanted_kbps {
                return Some((end - since_us) as f64 / 1e6);
            }
        }
        None
    }

    /// Rate of each piece of `step_us`, kbit/s.
    pub fn series(&self, span: Span, step_us: u64) -> Vec<f64> {
        let pieces = (span.to_us - span.from_us) / step_us.max(1);
        let piece = |n| Span { from_us: span.from_us + n * step_us, to_us: span.from_us + (n + 1) * step_us };
        (0..pieces).map(|n| self.received_kbps(piece(n)).round()).collect()
    }

    /// Longest wait of each piece of `step_us`, ms.
    pub fn queue_series(&self, span: Span, step_us: u64) -> Vec<f64> {
        let pieces = (span.to_us - span.from_us) / step_us.max(1);
        let piece = |n| Span { from_us: span.from_us + n * step_us, to_us: span.from_us + (n + 1) * step_us };
        (0..pieces).map(|n| self.queue_ms(piece(n), 1.0).unwrap_or(0.0).round()).collect()
    }

    /// Share of the flow that began first in what the two largest flows carried, percent.
    pub fn first_share_percent(&self, span: Span) -> Option<f64> {
        let mut flows: Vec<((u16, u16), u64, u64)> = Vec::new();
        for packet in self.packets.iter().filter(|packet| packet.fate == Fate::Delivered) {
            let key = (packet.headers.from_port, packet.headers.to_port);
            let bytes = if span.holds(packet.sent_us) { u64::from(packet.bytes) } else { 0 };
            match flows.iter_mut().find(|flow| flow.0 == key) {
                Some(flow) => flow.2 += bytes,
                None => flows.push((key, packet.sent_us, bytes)),
            }
        }
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.2));
        let [first, second] = flows.get(..2)? else { return None };
        let older = if first.1 <= second.1 { first } else { second };
        Some(100.0 * older.2 as f64 / (first.2 + second.2).max(1) as f64)
    }
}

fn kbps<'a>(packets: impl Iterator<Item = &'a Logged>, span: Span) -> f64 {
    packets.map(|packet| f64::from(packet.bytes)).sum::<f64>() * 8.0 / 1e3 / span.seconds().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Headers;

    fn packet(sent_us: u64, port: u16) -> Logged {
        Logged {
            sent_us,
            direction: Direction::FromCaller,
            bytes: 1250,
            fate: Fate::Delivered,
            queue_us: sent_us % 10_000,
            total_us: 0,
            copy: false,
            headers: Headers { from_port: port, ..Headers::default() },
        }
    }

    #[test]
    fn a_rate_is_that_of_its_span_and_is_reached_in_time() {
        // 1 Mbit/s from the second second on.
        let log: Vec<Logged> = (100..300).map(|n| packet(n * 10_000, 1)).collect();
        let traffic = Traffic::of(&log, Direction::FromCaller);
        let second = |n: u64| Span { from_us: n * 1_000_000, to_us: (n + 1) * 1_000_000 };
        assert_eq!(traffic.received_kbps(second(0)), 0.0);
        assert!((traffic.received_kbps(second(1)) - 1000.0).abs() < 1e-6);
        assert_eq!(traffic.reached_s(0, 3_000_000, 800.0), Some(1.4));
        assert_eq!(traffic.reached_s(0, 3_000_000, 2_000.0), None);
        assert_eq!(traffic.series(Span { from_us: 0, to_us: 2_000_000 }, 1_000_000), [0.0, 1000.0]);
        assert!(Traffic::of(&log, Direction::FromCallee).queue_ms(second(1), 0.5).is_none());
    }

    #[test]
    fn the_older_flow_has_its_share() {
        let mut log: Vec<Logged> = (0..100).map(|n| packet(n * 10_000, 1)).collect();
        log.extend((50..150).flat_map(|n| [packet(n * 10_000, 2), packet(n * 10_000 + 1, 2)]));
        let span = Span { from_us: 500_000, to_us: 1_000_000 };
        let share = Traffic::of(&log, Direction::FromCaller).first_share_percent(span).unwrap();
        assert!((share - 100.0 / 3.0).abs() < 0.1, "{share}");
    }
}
