//! Probe control: when to send packets faster than the estimate for a moment, and how fast. Sans-IO.
//!
//! After libwebrtc's `goog_cc/probe_controller.cc`, with two differences. At the start the probe at six times
//! the rate waits for the result of the one at three times: on a thin link both at once fill the queue. And a
//! sender that is not limited by the application probes as well once the known capacity is outdated, where
//! libwebrtc only grows by 8 % a second.

use std::time::{Duration, Instant};

use super::loss_control::LossState;
use super::{ProbeCluster, ProbeClusterId};

const MIN_PACKETS: u32 = 5;
const MIN_DURATION: Duration = Duration::from_millis(15);
/// Jitter stretches a short cluster so that it seems to come through slowly: it lasts some times the jitter.
const JITTER_FACTOR: f64 = 6.0;
const MAX_DURATION: Duration = Duration::from_millis(150);
/// What it holds passes in this time at the estimated rate, unless five packets are more.
const MAX_PROBE_SECONDS: f64 = 0.25;
const FIRST_FACTOR: f64 = 3.0;
const NEXT_FACTOR: f64 = 2.0;
/// The next probe follows if this part of the last came through.
const GO_ON_FRACTION: f64 = 0.7;
/// Results that take longer are not waited for.
const MAX_WAIT: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_secs(5);
/// Time since the queue last grew and since the last probe, where packets show that the path carries more than before.
const OUTGROWN_PERIOD: Duration = Duration::from_secs(2);
/// Behind a shaper that lets bursts pass they always do. If the queue grows so soon after such a probe, it was in vain,
/// and the next one waits four times as long.
const IN_VAIN: Duration = Duration::from_secs(8);
const MAX_OUTGROWN_PERIOD: Duration = Duration::from_secs(128);
/// Useful rates are probed up to this factor: frames come in bursts.
const MAX_USEFUL_FACTOR: f64 = 2.0;
/// An estimate this near to the highest useful rate is not probed for more.
const ENOUGH_FRACTION: f64 = 0.95;
/// Below this part of the known capacity slow growth would take too long.
const FAR_BELOW_FRACTION: f64 = 0.6;
/// Probes at the start that may go without a result, lost or held up.
const MAX_START_TRIES: u32 = 3;
/// While loss is the limit a probe stays near the estimate.
const LOSS_LIMITED_FACTOR: f64 = 1.5;
/// A fall to below this part of the estimate is checked with a probe at that part of the rate before it.
const LARGE_DROP_FRACTION: f64 = 0.66;
const AFTER_DROP_FRACTION: f64 = 0.85;
const DROP_TIMEOUT: Duration = Duration::from_secs(5);
/// Too near the estimate to tell anything.
const UNCERTAINTY: f64 = 0.05;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Start,
    /// Goes on if the estimate comes above this.
    Waiting {
        go_on_above: f64,
    },
    Done,
}

/// What limits the estimate at present.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Bit/s.
    pub(super) estimate: f64,
    pub(super) loss: LossState,
    /// The queue grows or drains.
    pub(super) delay_changes: bool,
    /// Interarrival jitter, milliseconds.
    pub(super) jitter_ms: f64,
    /// What is sent is not answered.
    pub(super) silent: bool,
    /// A probe has just had a result.
    pub(super) probed: bool,
    pub(super) application_limited_since: Option<Instant>,
    /// When the queue last made the estimate fall.
    pub(super) backed_off: Option<Instant>,
    /// Where the path last overflowed, bit/s.
    pub(super) capacity: Option<f64>,
    /// Packets come too soon for that.
    pub(super) outgrown: bool,
}

#[derive(Clone, Copy, Debug)]
struct Drop {
    at: Instant,
    before: f64,
}

#[derive(Debug)]
pub(super) struct ProbeControl {
    phase: Phase,
    /// Highest rate of the configuration and highest useful one, bit/s.
    max: f64,
    useful: f64,
    useful_raised: bool,
    estimate: f64,
    pending: Option<ProbeCluster>,
    last: Option<Instant>,
    last_after_drop: Option<Instant>,
    drop: Option<Drop>,
    /// When a path that seemed to carry more was last probed, and how long the next such probe waits.
    outgrown: Option<Instant>,
    /// The same while it is not known whether it was in vain.
    unjudged: Option<Instant>,
    outgrown_period: Duration,
    /// Probes at the start so far; none are due any more once one had a result.
    start_tries: u32,
    next_id: u32,
}

impl ProbeControl {
    pub(super) fn new(start: f64, max: f64) -> Self {
        Self {
            phase: Phase::Start,
            max,
            useful: max,
            useful_raised: false,
            estimate: start,
            pending: None,
            last: None,
            last_after_drop: None,
            drop: None,
            outgrown: None,
            unjudged: None,
            outgrown_period: OUTGROWN_PERIOD,
            start_tries: 0,
            next_id: 0,
        }
    }

    /// Starts again on another path; ids go on, so that late results of the old one are told apart.
    pub(super) fn restart(&mut self, start: f64) {
        let (next_id, useful) = (self.next_id, self.useful);
        *self = Self { next_id, useful, ..Self::new(start, self.max) };
    }

    pub(super) fn in_progress(&self) -> bool {
        self.pending.is_some() || matches!(self.phase, Phase::Waiting { .. })
    }

    /// The cluster that the pacer should send now.
    pub(super) fn take(&mut self, now: Instant) -> Option<ProbeCluster> {
        if self.phase == Phase::Start {
            self.start_tries += 1;
            self.begin(now, FIRST_FACTOR * self.estimate, GoOn::Yes, self.max, MIN_DURATION);
        }
        let cluster = self.pending.take()?;
        // Waiting for the result begins when it is sent.
        self.last = Some(now);
        Some(cluster)
    }

    /// A raised one is probed for at the next timeout.
    pub(super) fn set_useful(&mut self, bps: f64) {
        self.useful_raised |= bps > self.useful;
        self.useful = bps;
    }

    /// The estimate may have changed.
    pub(super) fn estimated(&mut self, now: Instant, situation: &Situation) {
        if situation.estimate < LARGE_DROP_FRACTION * self.estimate {
            self.drop = Some(Drop { at: now, before: self.estimate });
        }
        if situation.probed {
            self.start_tries = MAX_START_TRIES;
        }
        self.estimate = situation.estimate;
        if let Phase::Waiting { go_on_above } = self.phase
            && self.pending.is_none()
            && self.estimate > go_on_above
        {
            self.start_probe(now, NEXT_FACTOR * self.estimate, GoOn::Yes, situation);
        }
    }

    /// The queue has drained after overuse: was the fall right?
    pub(super) fn drained(&mut self, now: Instant, situation: &Situation) {
        let Some(drop) = self.drop else { return };
        let wanted = AFTER_DROP_FRACTION * drop.before;
        let recent = now.saturating_duration_since(drop.at) < DROP_TIMEOUT;
        let rested = self.last_after_drop.is_none_or(|at| now.saturating_duration_since(at) > PERIOD);
        if self.phase == Phase::Done
            && recent
            && rested
            && (1.0 - UNCERTAINTY) * wanted > situation.estimate
            && self.start_probe(now, wanted, GoOn::No, situation)
        {
            self.last_after_drop = Some(now);
        }
    }

    pub(super) fn timeout(&mut self, now: Instant, situation: &Situation) {
        let waited = self.last.is_none_or(|at| now.saturating_duration_since(at) > MAX_WAIT);
        if matches!(self.phase, Phase::Waiting { .. }) && self.pending.is_none() && waited {
            let again = self.start_tries < MAX_START_TRIES && situation.backed_off.is_none();
            self.phase = if again { Phase::Start } else { Phase::Done };
        }
        let raised = std::mem::take(&mut self.useful_raised);
        if self.phase != Phase::Done || situation.estimate >= ENOUGH_FRACTION * self.useful.min(self.max) {
            return;
        }
        if raised && situation.application_limited_since.is_some() {
            self.start_probe(now, NEXT_FACTOR * situation.estimate, GoOn::Yes, situation);
            return;
        }
        let passed = |since: Option<Instant>, time: Duration| {
            since.is_none_or(|at| now.saturating_duration_since(at) >= time)
        };
        let rested = |since: Option<Instant>| passed(since, PERIOD);
        let outgrown = situation.capacity.is_none_or(|bps| situation.estimate < FAR_BELOW_FRACTION * bps);
        let due = match situation.application_limited_since {
            Some(since) => rested(Some(since)),
            // Near the capacity growth is additive and probes would only take from others.
            None if situation.outgrown => false,
            None => outgrown && rested(situation.backed_off),
        };
        self.judge_outgrown(now, situation);
        let may_be_wider = situation.application_limited_since.is_none() && situation.outgrown;
        if may_be_wider
            && passed(situation.backed_off, OUTGROWN_PERIOD)
            && passed(self.outgrown, self.outgrown_period)
            && passed(self.last, OUTGROWN_PERIOD)
            && self.start_probe(now, NEXT_FACTOR * situation.estimate, GoOn::Yes, situation)
        {
            (self.outgrown, self.unjudged) = (Some(now), Some(now));
        } else if due && rested(self.last) {
            self.start_probe(now, NEXT_FACTOR * situation.estimate, GoOn::Yes, situation);
        }
    }

    /// Whether the last probe of a path that seemed to carry more was in vain.
    fn judge_outgrown(&mut self, now: Instant, situation: &Situation) {
        let Some(at) = self.unjudged else { return };
        if situation.backed_off.is_some_and(|backed_off| backed_off > at) {
            self.outgrown_period = (self.outgrown_period * 4).min(MAX_OUTGROWN_PERIOD);
            self.unjudged = None;
        } else if now.saturating_duration_since(at) >= IN_VAIN {
            self.outgrown_period = OUTGROWN_PERIOD;
            self.unjudged = None;
        }
    }

    fn start_probe(&mut self, now: Instant, bps: f64, go_on: GoOn, situation: &Situation) -> bool {
        if situation.silent {
            return false;
        }
        let mut most = self.max.min(MAX_USEFUL_FACTOR * self.useful);
        match situation.loss {
            LossState::Free => {}
            LossState::Increasing => most = most.min(LOSS_LIMITED_FACTOR * situation.estimate),
            LossState::Decreasing => {
                self.phase = Phase::Done;
                return false;
            }
        }
        if situation.delay_changes {
            self.phase = Phase::Done;
            return false;
        }
        let jitter = Duration::try_from_secs_f64(JITTER_FACTOR * situation.jitter_ms / 1e3);
        let short =
            Duration::try_from_secs_f64(MAX_PROBE_SECONDS * situation.estimate / bps.min(most).max(1.0));
        let longest = short.unwrap_or(MIN_DURATION).clamp(MIN_DURATION, MAX_DURATION);
        let duration = jitter.unwrap_or(MIN_DURATION).clamp(MIN_DURATION, longest);
        self.begin(now, bps, go_on, most, duration);
        true
    }

    fn begin(&mut self, now: Instant, bps: f64, go_on: GoOn, most: f64, min_duration: Duration) {
        let id = ProbeClusterId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        let capped = bps >= most;
        let bps = bps.min(most);
        self.pending = Some(ProbeCluster { id, bps, min_packets: MIN_PACKETS, min_duration });
        self.last = Some(now);
        self.phase = match go_on {
            GoOn::Yes if !capped => Phase::Waiting { go_on_above: GO_ON_FRACTION * bps },
            GoOn::Yes | GoOn::No => Phase::Done,
        };
    }
}

/// Whether a higher probe follows one that came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoOn {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(estimate: f64) -> Situation {
        Situation {
            estimate,
            loss: LossState::Free,
            delay_changes: false,
            jitter_ms: 0.0,
            silent: false,
            probed: true,
            application_limited_since: None,
            backed_off: None,
            capacity: None,
            outgrown: false,
        }
    }

    fn started() -> (ProbeControl, Instant) {
        (ProbeControl::new(3e5, 1e7), Instant::now())
    }

    fn rate(cluster: Option<ProbeCluster>) -> f64 {
        cluster.expect("a cluster").bps
    }

    #[test]
    fn a_path_that_carries_more_than_before_is_probed_soon() {
        let (mut control, start) = (ProbeControl::new(3e5, 2.5e6), Instant::now());
        control.phase = Phase::Done;
        let at = |seconds| start + Duration::from_secs(seconds);
        let seen = |outgrown| Situation {
            backed_off: Some(start),
            capacity: Some(5e5),
            outgrown,
            ..situation(4.5e5)
        };
        control.timeout(at(9), &seen(false));
        assert!(control.take(at(9)).is_none(), "near the known capacity");
        control.timeout(at(1), &seen(true));
        assert!(control.take(at(1)).is_none(), "too soon");
        control.timeout(at(2), &seen(true));
        assert!(control.take(at(2)).is_some_and(|probe| probe.bps > 8e5));
        control.phase = Phase::Done;
        // A shaper that lets bursts pass: the queue grows, and the path seems to carry more all the same.
        let shaped = |at| Situation { backed_off: Some(at), ..seen(true) };
        control.timeout(at(9), &shaped(at(3)));
        assert!(control.take(at(9)).is_none(), "the last one was in vain");
        control.timeout(at(10), &shaped(at(3)));
        assert!(control.take(at(10)).is_some());
        control.phase = Phase::Done;
        control.timeout(at(19), &shaped(at(3)));
        assert!(control.take(at(19)).is_some(), "that one was not");
    }

    #[test]
    fn the_start_probes_three_and_six_times_and_further_while_it_comes_through() {
        let (mut control, now) = started();
        assert!((rate(control.take(now)) - 9e5).abs() < 1.0);
        assert_eq!(control.take(now), None);
        for (came, next) in [(9e5, 1.8e6), (1.8e6, 3.6e6), (3.6e6, 7.2e6), (7.2e6, 1e7)] {
            control.estimated(now, &situation(came));
            assert!((rate(control.take(now)) - next).abs() < 1.0);
        }
        control.estimated(now, &situation(9.9e6));
        assert_eq!(control.take(now), None);
    }

    #[test]
    fn a_probe_that_does_not_come_through_is_the_last() {
        let (mut control, now) = started();
        control.take(now);
        control.estimated(now, &situation(5e5));
        assert_eq!(control.take(now), None);
        control.timeout(now + Duration::from_secs(2), &Situation { capacity: Some(5e5), ..situation(5e5) });
        assert!(!control.in_progress());
    }

    fn quiet(now: Instant, estimate: f64) -> Situation {
        Situation { application_limited_since: Some(now), capacity: Some(5e5), ..situation(estimate) }
    }

    #[test]
    fn a_quiet_application_is_probed_for_every_5_s_up_to_what_is_useful() {
        let (mut control, now) = started();
        control.take(now);
        control.estimated(now, &situation(3e5));
        control.timeout(now + Duration::from_secs(2), &quiet(now, 3e5));
        assert_eq!(control.take(now), None);
        let later = now + Duration::from_secs(6);
        control.timeout(later, &quiet(now, 3e5));
        assert!((rate(control.take(later)) - 6e5).abs() < 1.0);
        control.set_useful(2e5);
        control.timeout(later + Duration::from_secs(7), &quiet(now, 3e5));
        assert_eq!(control.take(later), None);
    }

    #[test]
    fn a_large_fall_is_checked_once_the_queue_has_drained() {
        let (mut control, now) = started();
        control.take(now);
        control.estimated(now, &situation(4e6));
        control.phase = Phase::Done;
        control.pending = None;
        control.estimated(now, &situation(1e6));
        control.drained(now, &situation(1e6));
        assert!((rate(control.take(now)) - 3.4e6).abs() < 1.0);
        control.drained(now, &situation(1e6));
        assert_eq!(control.take(now), None);
    }

    #[test]
    fn falling_loss_based_estimates_are_not_probed() {
        let (mut control, now) = started();
        control.take(now);
        control.estimated(now, &situation(3e5));
        control.timeout(now + Duration::from_secs(2), &situation(3e5));
        let later = now + Duration::from_secs(10);
        control.timeout(later, &Situation { loss: LossState::Decreasing, ..quiet(now, 3e5) });
        assert_eq!(control.take(later), None);
        control.timeout(later, &Situation { loss: LossState::Increasing, ..quiet(now, 3e5) });
        assert!((rate(control.take(later)) - 4.5e5).abs() < 1.0);
    }
}
