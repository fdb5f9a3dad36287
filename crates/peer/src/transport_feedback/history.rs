//! History of packets under transport-wide feedback: what has left, and what became of it. Sans-IO.
//!
//! As in libwebrtc's `transport_feedback_adapter.cc` a later report may show a packet reported missing.
//! Here it is given up for lost after a time, and an arrival after that is told as a correction.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::report::{Arrival, Status};
use crate::bandwidth::{PacketResult, ProbeClusterId};
use crate::sequence::{unwrap_near, wrapped};

/// Half of the numbers: beyond it a number would have two meanings.
const MAX_PACKETS: usize = 1 << 15;
const MAX_AGE: Duration = Duration::from_secs(10);
/// Reordering beyond this and a round trip is loss.
const LATE_MARGIN: Duration = Duration::from_millis(100);
const MIN_LATE_WAIT: Duration = Duration::from_millis(200);
const MAX_LATE_WAIT: Duration = Duration::from_secs(2);

/// The latest packets are those that left within this time, and by so much before the newest one that arrived.
const LATEST: Duration = Duration::from_millis(400);
const OVERTAKEN: Duration = Duration::from_millis(40);

/// Packets that are in a report, and those of them that have not arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) packets: usize,
    pub(super) lost: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Nothing heard.
    Open,
    /// Reported missing, for the first time at that instant.
    Missing(Instant),
    Arrived,
    /// Told to the estimator as lost.
    Lost,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    sent: Instant,
    size: usize,
    probe: Option<ProbeClusterId>,
    state: State,
}

#[derive(Debug, Default)]
pub(super) struct History {
    /// Number of the first packet kept; the others follow without gaps.
    first: i64,
    packets: VecDeque<Packet>,
    /// Packets in the state `Missing`.
    missing: usize,
}

impl History {
    /// The number of the packet that leaves now.
    pub(super) fn sent(&mut self, now: Instant, size: usize, probe: Option<ProbeClusterId>) -> u16 {
        while self.packets.len() >= MAX_PACKETS
            || self.packets.front().is_some_and(|p| now.saturating_duration_since(p.sent) > MAX_AGE)
        {
            if let Some(Packet { state: State::Missing(_), .. }) = self.packets.pop_front() {
                self.missing -= 1;
            }
            self.first += 1;
        }
        self.packets.push_back(Packet { sent: now, size, probe, state: State::Open });
        wrapped(self.next() - 1)
    }

    /// The number that [`Self::sent`] will give.
    pub(super) fn next_number(&self) -> u16 {
        wrapped(self.next())
    }

    /// What a report tells that was not known: packets that arrived, in order of arrival, and after them
    /// those given up for lost.
    pub(super) fn report(
        &mut self,
        now: Instant,
        statuses: &[Status],
        round_trip: Option<Duration>,
    ) -> Vec<PacketResult> {
        let mut results = Vec::new();
        let after_gap = self.follows_unreported(statuses);
        for status in statuses {
            let number = unwrap_near(self.next() - 1, status.number);
            let at = usize::try_from(number - self.first).ok();
            let Some(packet) = at.and_then(|at| self.packets.get_mut(at)) else { continue };
            let arrived = match status.arrival {
                Arrival::Missing => {
                    if packet.state == State::Open {
                        packet.state = State::Missing(now);
                        self.missing += 1;
                    }
                    continue;
                }
                Arrival::Untimed => None,
                Arrival::At(at) => Some(at),
            };
            let correction = match packet.state {
                State::Arrived => continue,
                State::Open => false,
                State::Missing(_) => {
                    self.missing -= 1;
                    false
                }
                State::Lost => true,
            };
            packet.state = State::Arrived;
            // Without a time it is not lost, and that is all.
            if arrived.is_some() {
                let Packet { sent, size, probe, .. } = *packet;
                results.push(PacketResult { probe, correction, ..PacketResult::new(sent, arrived, size) });
            }
        }
        results.sort_by(|a, b| a.arrived.unwrap_or_default().total_cmp(&b.arrived.unwrap_or_default()));
        if let Some(first) = results.first_mut() {
            first.after_gap = after_gap;
        }
        self.give_up(now, round_trip, &mut results);
        results
    }

    /// Whether the packet before those of a report is in none.
    fn follows_unreported(&self, statuses: &[Status]) -> bool {
        let lowest = statuses.iter().map(|status| unwrap_near(self.next() - 1, status.number)).min();
        let before = lowest.and_then(|lowest| usize::try_from(lowest - 1 - self.first).ok());
        before.and_then(|at| self.packets.get(at)).is_some_and(|packet| packet.state == State::Open)
    }

    fn give_up(&mut self, now: Instant, round_trip: Option<Duration>, results: &mut Vec<PacketResult>) {
        if self.missing == 0 {
            return;
        }
        let wait = round_trip.unwrap_or_default() + LATE_MARGIN;
        let wait = wait.clamp(MIN_LATE_WAIT, MAX_LATE_WAIT);
        for packet in &mut self.packets {
            if let State::Missing(since) = packet.state
                && now.saturating_duration_since(since) >= wait
            {
                packet.state = State::Lost;
                self.missing -= 1;
                let Packet { sent, size, probe, .. } = *packet;
                results.push(PacketResult { probe, ..PacketResult::new(sent, None, size) });
            }
        }
    }

    /// What reports have said so far of the latest packets, but for those that others may only have overtaken.
    pub(super) fn latest(&self) -> Reported {
        let newest = self.packets.iter().rev().find(|packet| packet.state == State::Arrived);
        let Some(end) = newest.and_then(|packet| packet.sent.checked_sub(OVERTAKEN)) else {
            return Reported::default();
        };
        let mut all = Reported::default();
        for packet in self.packets.iter().rev().skip_while(|packet| packet.sent > end) {
            if end.saturating_duration_since(packet.sent) > LATEST {
                break;
            }
            all.packets += usize::from(packet.state != State::Open);
            all.lost += usize::from(matches!(packet.state, State::Missing(_) | State::Lost));
        }
        all
    }

    fn next(&self) -> i64 {
        self.first + i64::try_from(self.packets.len()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(number: u16, ms: f64) -> Status {
        Status { number, arrival: Arrival::At(ms) }
    }

    fn missing(number: u16) -> Status {
        Status { number, arrival: Arrival::Missing }
    }

    /// The size of each packet is 1000 plus its number.
    fn sent(count: usize, now: Instant) -> History {
        let mut history = History::default();
        for n in 0..count {
            history.sent(now + ms(n as u64), 1_000 + n, None);
        }
        history
    }

    fn told(results: &[PacketResult]) -> Vec<(usize, bool, bool)> {
        results.iter().map(|r| (r.size - 1_000, r.arrived.is_some(), r.correction)).collect()
    }

    #[test]
    fn arrivals_are_told_once_and_in_order_of_arrival() {
        let now = Instant::now();
        let mut history = sent(5, now);
        let report = [at(0, 50.0), at(1, 90.0), at(2, 60.0), at(2, 10.0)];
        assert_eq!(
            told(&history.report(now, &report, None)),
            [(0, true, false), (2, true, false), (1, true, false)]
        );
        assert!(history.report(now, &report, None).is_empty());
    }

    #[test]
    fn a_missing_packet_stays_open_until_a_round_trip_and_some_has_passed() {
        let now = Instant::now();
        let mut history = sent(5, now);
        let rtt = Some(ms(150));
        assert_eq!(
            told(&history.report(now, &[missing(0), missing(1), at(2, 10.0)], rtt)),
            [(2, true, false)]
        );
        let late = history.report(now + ms(100), &[at(1, 20.0), missing(0)], rtt);
        assert_eq!(told(&late), [(1, true, false)]);
        assert!(history.report(now + ms(249), &[], rtt).is_empty());
        assert_eq!(told(&history.report(now + ms(250), &[], rtt)), [(0, false, false)]);
        assert!(history.report(now + ms(900), &[missing(0)], rtt).is_empty());
        assert_eq!(told(&history.report(now + ms(900), &[at(0, 30.0)], rtt)), [(0, true, true)]);
        assert!(history.report(now + ms(901), &[at(0, 30.0), missing(0)], rtt).is_empty());
    }

    #[test]
    fn packets_of_lost_reports_are_not_taken_for_lost() {
        let now = Instant::now();
        let mut history = sent(5, now);
        assert_eq!(told(&history.report(now, &[at(4, 10.0)], None)), [(4, true, false)]);
        assert!(history.report(now + ms(5_000), &[], None).is_empty());
    }

    #[test]
    fn what_follows_packets_of_a_lost_report_is_marked() {
        let now = Instant::now();
        let mut history = sent(9, now);
        let marked = |results: &[PacketResult]| results.iter().map(|r| r.after_gap).collect::<Vec<_>>();
        assert_eq!(marked(&history.report(now, &[at(0, 10.0), missing(1)], None)), [false]);
        assert_eq!(marked(&history.report(now, &[at(2, 20.0)], None)), [false], "the one before is reported");
        // The report of the fourth and fifth never came; the seventh overtook the sixth.
        assert_eq!(marked(&history.report(now, &[at(5, 60.0), at(6, 55.0)], None)), [true, false]);
        assert_eq!(marked(&history.report(now, &[at(3, 30.0), at(4, 40.0)], None)), [false, false]);
    }

    #[test]
    fn numbers_never_sent_are_ignored_and_numbers_wrap() {
        let now = Instant::now();
        let mut history = sent(3, now);
        let all: Vec<Status> = (0..=u16::MAX).map(|number| at(number, 1.0)).collect();
        assert_eq!(history.report(now, &all, None).len(), 3);
        assert!(history.report(now, &all, None).is_empty());
        assert!(History::default().report(now, &all, None).is_empty());
        for n in 3..70_000_usize {
            let next = history.next_number();
            assert_eq!(history.sent(now, 1_000 + n, None), next);
        }
        assert_eq!(history.packets.len(), MAX_PACKETS);
        let number = wrapped(69_999);
        assert_eq!(told(&history.report(now, &[at(number, 1.0)], None)), [(69_999, true, false)]);
        let everything: Vec<Status> = (0..=u16::MAX).map(missing).collect();
        assert!(history.report(now, &everything, None).is_empty());
        assert_eq!(history.report(now + ms(200), &[], None).len(), MAX_PACKETS - 1);
        history.sent(now + MAX_AGE + ms(1), 1, None);
        assert_eq!((history.packets.len(), history.missing), (1, 0));
    }
}
