//! Simulated other side and our memory of what was sent: transport feedback, rarer on thin paths, and its
//! results in order of arrival, with packets given up after a while and corrected when they come after all.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::link::{Link, Path};
use crate::bandwidth::{PacketResult, ProbeClusterId};

/// A report that says of no packet anything, with the headers below it.
const REPORT_BYTES: f64 = 76.0;
/// Reports take this part of what the other side may send, within these bounds of their interval: as libwebrtc's
/// `remote_estimate_proxy.cc` and our own receiver do.
const REPORT_FRACTION: f64 = 0.05;
const REPORT_INTERVAL_MS: (f64, f64) = (50.0, 250.0);
const SOUND_INTERVAL_MS: f64 = 20.0;
/// A packet not reported is given up after a round trip and this.
const GIVE_UP_MS: f64 = 100.0;
/// The other side's clock against the simulation's.
const CLOCK_OFFSET_MS: f64 = 5e5;

#[derive(Debug)]
struct Report {
    at: f64,
    arrivals: Vec<(u64, f64)>,
    /// Numbers it covers. A packet that no report covers is neither lost nor arrived.
    from: u64,
    up_to: u64,
}

#[derive(Debug)]
struct Sent {
    at: f64,
    size: usize,
    probe: Option<ProbeClusterId>,
    given_up: bool,
    /// Some report covered it.
    covered: bool,
}

#[derive(Debug)]
pub(super) struct Receiver {
    start: Instant,
    next: u64,
    history: BTreeMap<u64, Sent>,
    /// By arrival in microseconds and number.
    arriving: BTreeMap<(u64, u64), f64>,
    arrived: Vec<(u64, f64)>,
    highest: Option<u64>,
    reported: Option<u64>,
    next_report: f64,
    next_sound: f64,
    /// What the other side may send itself, bit/s.
    pub(super) target: f64,
    reports: VecDeque<Report>,
    pub(super) back: Path,
    /// Bytes on the wire by the hundred milliseconds in which they arrived.
    pub(super) received: Vec<f64>,
}

impl Receiver {
    pub(super) fn new(start: Instant, back: Path) -> Self {
        Self {
            start,
            next: 0,
            history: BTreeMap::new(),
            arriving: BTreeMap::new(),
            arrived: Vec::new(),
            highest: None,
            reported: None,
            next_report: REPORT_INTERVAL_MS.0,
            next_sound: 0.0,
            target: f64::INFINITY,
            reports: VecDeque::new(),
            back,
            received: Vec::new(),
        }
    }

    pub(super) fn instant(&self, ms: f64) -> Instant {
        self.start + Duration::from_secs_f64(ms / 1e3)
    }

    /// Milliseconds.
    fn report_interval(&self) -> f64 {
        let (least, most) = REPORT_INTERVAL_MS;
        (REPORT_BYTES * 8e3 / (REPORT_FRACTION * self.target)).clamp(least, most)
    }

    pub(super) fn sent(
        &mut self,
        now: f64,
        size: usize,
        wire: f64,
        probe: Option<ProbeClusterId>,
        arrives: Option<f64>,
    ) {
        let number = self.next;
        self.next += 1;
        self.history.insert(number, Sent { at: now, size, probe, given_up: false, covered: false });
        if let Some(arrives) = arrives {
            self.arriving.insert(((arrives * 1e3) as u64, number), wire);
        }
    }

    /// Results of the feedback that reaches us now.
    pub(super) fn feedback(&mut self, now: f64, back: Option<&mut Link>) -> Vec<PacketResult> {
        while let Some((&(us, number), &wire)) = self.arriving.first_key_value() {
            let at = us as f64 / 1e3;
            if at > now {
                break;
            }
            self.arriving.pop_first();
            self.arrived.push((number, at));
            self.highest = self.highest.max(Some(number));
            let bin = (at / 100.0) as usize;
            if self.received.len() <= bin {
                self.received.resize(bin + 1, 0.0);
            }
            self.received[bin] += wire;
        }
        if now >= self.next_sound {
            // The other side's sound takes the same way: a burst of losses is over after so many packets, not reports.
            self.next_sound += SOUND_INTERVAL_MS;
            self.back.carry(now);
        }
        if now >= self.next_report {
            self.next_report += self.report_interval();
            if let (false, Some(up_to)) = (self.arrived.is_empty(), self.highest) {
                let arrivals = std::mem::take(&mut self.arrived);
                let from = self.reported.map_or(0, |reported| reported + 1);
                self.reported = Some(up_to);
                let bytes = REPORT_BYTES + 2.0 * arrivals.len() as f64;
                let left = back.map_or(Some(now), |back| back.carry(now, bytes));
                if let Some(at) = left.and_then(|left| self.back.carry(left)) {
                    self.reports.push_back(Report { at, arrivals, from, up_to });
                }
            }
        }
        let mut results = Vec::new();
        let due: Vec<Report> = {
            let (due, later) = self.reports.drain(..).partition(|report| report.at <= now);
            self.reports = later;
            Vec::from(due)
        };
        for report in due {
            self.take(report, now, &mut results);
        }
        results
    }

    fn take(&mut self, report: Report, now: f64, results: &mut Vec<PacketResult>) {
        let before = report.from.checked_sub(1).and_then(|number| self.history.get(&number));
        let mut after_gap = before.is_some_and(|sent| !sent.covered);
        for (number, at) in report.arrivals {
            let Some(sent) = self.history.remove(&number) else { continue };
            let after_gap = std::mem::take(&mut after_gap);
            results.push(PacketResult { after_gap, ..self.result(&sent, Some(at + CLOCK_OFFSET_MS)) });
        }
        if report.from <= report.up_to {
            for (_, sent) in self.history.range_mut(report.from..=report.up_to) {
                sent.covered = true;
            }
        }
        let grace = 2.0 * self.back.delay(now) + GIVE_UP_MS;
        let mut lost = Vec::new();
        for (number, sent) in self.history.range_mut(..=report.up_to) {
            if sent.covered && !sent.given_up && now - sent.at > grace {
                sent.given_up = true;
                lost.push(*number);
            }
        }
        results.extend(lost.iter().map(|number| {
            let sent = &self.history[number];
            PacketResult { correction: false, ..self.result(sent, None) }
        }));
        self.history.retain(|_, sent| now - sent.at < 5_000.0);
    }

    fn result(&self, sent: &Sent, arrived: Option<f64>) -> PacketResult {
        PacketResult {
            sent: self.instant(sent.at),
            arrived,
            size: sent.size,
            probe: sent.probe,
            correction: sent.given_up,
            after_gap: false,
        }
    }
}
