//! Loss-based estimate: tells loss of the path itself from loss by a full queue. Sans-IO.
//!
//! After libwebrtc's `goog_cc/loss_based_bwe_v2.cc` with its default parameters. Random loss must not take the
//! rate to the floor, so it is held between two bounds: what was acknowledged, and a balance of loss and rate.

mod likelihood;
mod observations;
mod rate_dependence;

use std::time::{Duration, Instant};

use self::likelihood::Channel;
use self::observations::Observations;
use self::rate_dependence::{RateDependence, Verdict};
use super::{Limits, PacketResult};

const MIN_OBSERVATIONS: u64 = 3;
const INITIAL_INHERENT_LOSS: f64 = 0.01;
const CANDIDATE_FACTORS: [f64; 3] = [1.02, 1.0, 0.95];
/// Most that the rate may be at a loss above the offset: balance / (loss - offset).
const UPPER_BOUND_BALANCE_BPS: f64 = 100e3;
const UPPER_BOUND_LOSS_OFFSET: f64 = 0.05;
/// Part of that bound which is kept where less loss is not to be had by sending less.
const INHERENT_FLOOR_FRACTION: f64 = 0.6;
const MAX_INHERENT_LOSS: f64 = 0.5;
/// Growth while limited by loss, at most this in each window.
const MAX_INCREASE_FACTOR: f64 = 1.3;
const INCREASE_WINDOW: Duration = Duration::from_millis(300);
/// Growth stays within reach of what is acknowledged, closer while something is lost and a held rate was not much
/// exceeded.
const RAMP_UP_FACTOR: f64 = 1.5;
const RAMP_UP_FACTOR_IN_HOLD: f64 = 1.2;
/// Added to that where nothing was lost for long.
const REACH_MARGIN_BPS: f64 = 10e3;
const FIRST_LOSSLESS: Duration = Duration::from_secs(15);
const MAX_LOSSLESS: Duration = Duration::from_secs(120);
/// An application that sends less than this part of what it may is idle.
const IDLE_FRACTION: f64 = 0.6;
/// Growth with each observation of it, up to what the delay allows.
const IDLE_GROWTH: f64 = 1.08;
const NO_LOSS: f64 = 0.01;
const HOLD_THRESHOLD: f64 = 1.3;
/// After a decrease the rate is held, longer each time; not the minute of libwebrtc, which keeps an unlucky
/// rate for too long.
const FIRST_HOLD: Duration = Duration::from_millis(300);
const MAX_HOLD: Duration = Duration::from_secs(10);

/// What decides the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LossState {
    /// Loss does not limit it.
    Free,
    Increasing,
    Decreasing,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Option<Instant>,
    duration: Duration,
    bps: f64,
}

impl Default for Hold {
    fn default() -> Self {
        Self { until: None, duration: FIRST_HOLD, bps: f64::INFINITY }
    }
}

/// For how long nothing has been lost. What counts as long doubles each time loss came back after it.
#[derive(Debug)]
struct Lossless {
    since: Option<Instant>,
    long: Duration,
}

impl Default for Lossless {
    fn default() -> Self {
        Self { since: None, long: FIRST_LOSSLESS }
    }
}

impl Lossless {
    fn observed(&mut self, now: Instant, mean_loss: f64) {
        if mean_loss < NO_LOSS {
            self.since.get_or_insert(now);
        } else {
            if self.is_long(now) {
                self.long = (self.long * 2).min(MAX_LOSSLESS);
            }
            self.since = None;
        }
    }

    fn is_long(&self, now: Instant) -> bool {
        self.since.is_some_and(|at| now.saturating_duration_since(at) >= self.long)
    }
}

#[derive(Debug)]
pub(super) struct LossControl {
    limits: Limits,
    observations: Observations,
    channel: Option<Channel>,
    state: LossState,
    bps: f64,
    mean_loss: f64,
    lossless: Lossless,
    dependence: RateDependence,
    hold: Hold,
    /// Start of the window of growth and the most that the rate may be in it.
    window: Option<(Instant, f64)>,
}

impl LossControl {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            observations: Observations::default(),
            channel: None,
            state: LossState::Free,
            bps: limits.max,
            mean_loss: 0.0,
            lossless: Lossless::default(),
            dependence: RateDependence::default(),
            hold: Hold::default(),
            window: None,
        }
    }

    pub(super) fn state(&self) -> LossState {
        if self.observations.count() < MIN_OBSERVATIONS { LossState::Free } else { self.state }
    }

    /// Bit/s that loss allows; `None`: it sets no limit.
    pub(super) fn bps(&self) -> Option<f64> {
        match self.state() {
            LossState::Free => None,
            LossState::Increasing | LossState::Decreasing => Some(self.bps),
        }
    }

    /// Part of all packets that the path loses at any rate.
    pub(super) fn inherent_loss(&self) -> f64 {
        self.channel.map_or(0.0, |channel| channel.inherent_loss)
    }

    /// `delay_based`: what the delay allows; `application_limited`: what is acknowledged says nothing of the path.
    pub(super) fn feedback(
        &mut self,
        results: &[PacketResult],
        delay_based: f64,
        acknowledged: Option<f64>,
        application_limited: bool,
    ) {
        if !self.observations.add(results) {
            return;
        }
        let Some(sent) = self.observations.last_sent() else { return };
        self.mean_loss = self.observations.mean_loss();
        self.lossless.observed(sent, self.mean_loss);
        let (rate, loss) = self.observations.recent();
        self.dependence.update(sent, rate, loss);
        let current = *self
            .channel
            .get_or_insert(Channel { inherent_loss: INITIAL_INHERENT_LOSS, bandwidth: delay_based });
        // What is lost of little has other causes than how much was sent.
        let idle = application_limited && rate < IDLE_FRACTION * current.bandwidth;
        let mut best = self.best_candidate(current, delay_based, acknowledged, application_limited);
        if idle {
            let more = delay_based.min(IDLE_GROWTH * current.bandwidth);
            best.bandwidth = best.bandwidth.max(current.bandwidth).max(more);
        }
        let explained = self.dependence.verdict() == Verdict::Inherent;
        if !explained && self.mean_loss > best.inherent_loss && best.bandwidth > current.bandwidth {
            best.bandwidth = current.bandwidth;
        }
        if self.state != LossState::Free {
            let proven = acknowledged.filter(|_| !idle);
            best.bandwidth = self.bounded_growth(sent, current.bandwidth, best.bandwidth, proven);
        }
        let floor =
            acknowledged.unwrap_or(0.0).max(self.limits.min).max(self.inherent_floor(current.bandwidth));
        let bounded = best.bandwidth.min(self.upper_bound()).min(delay_based).max(floor);
        self.channel = Some(if bounded < best.bandwidth {
            Channel { bandwidth: bounded, inherent_loss: 0.0 }
        } else {
            Channel { bandwidth: best.bandwidth.max(floor), ..best }
        });
        self.decide(sent, bounded, floor, delay_based);
        if idle && self.state == LossState::Decreasing && bounded >= current.bandwidth {
            self.state = LossState::Increasing;
        }
        let over = self.window.is_none_or(|(at, _)| sent.saturating_duration_since(at) > INCREASE_WINDOW);
        if self.state != LossState::Free && over {
            let bandwidth = self.channel.map_or(bounded, |channel| channel.bandwidth);
            self.window = Some((sent, bandwidth * MAX_INCREASE_FACTOR));
        }
    }

    fn best_candidate(
        &self,
        current: Channel,
        delay_based: f64,
        acknowledged: Option<f64>,
        application_limited: bool,
    ) -> Channel {
        let most = match self.window {
            Some((_, most)) if self.state != LossState::Free => most,
            Some(_) | None => self.limits.max,
        };
        let acknowledged = acknowledged.filter(|_| !application_limited);
        let delay_based = Some(delay_based).filter(|bps| *bps > current.bandwidth);
        let mean_loss = match self.dependence.verdict() {
            Verdict::Inherent => None,
            Verdict::Unknown | Verdict::Congestion => Some(self.mean_loss),
        };
        let objective = |channel: Channel| channel.objective(&self.observations, mean_loss);
        CANDIDATE_FACTORS
            .iter()
            .map(|factor| factor * current.bandwidth)
            .chain(acknowledged)
            .chain(delay_based)
            .map(|bps| Channel { bandwidth: bps.min(most.max(current.bandwidth)), ..current })
            .map(|channel| channel.feasible().fitted(&self.observations))
            .max_by(|a, b| objective(*a).total_cmp(&objective(*b)))
            .unwrap_or(current)
    }

    fn bounded_growth(&self, sent: Instant, current: f64, wanted: f64, acknowledged: Option<f64>) -> f64 {
        let mut bps = wanted;
        if let Some((at, most)) = self.window
            && sent.saturating_duration_since(at) < INCREASE_WINDOW
        {
            bps = bps.min(most);
        }
        if bps <= current {
            return bps;
        }
        let Some(acknowledged) = acknowledged else { return bps };
        let held = acknowledged < HOLD_THRESHOLD * self.hold.bps
            && self.hold.bps.is_finite()
            && self.dependence.verdict() != Verdict::Inherent
            && self.mean_loss >= NO_LOSS;
        let factor = if held { RAMP_UP_FACTOR_IN_HOLD } else { RAMP_UP_FACTOR };
        // What the path loses at any rate is no reason to send less.
        let inherent = match self.dependence.verdict() {
            Verdict::Inherent => self.mean_loss,
            Verdict::Unknown => self.inherent_loss().min(self.mean_loss),
            Verdict::Congestion => 0.0,
        };
        let reach = acknowledged / (1.0 - inherent.min(MAX_INHERENT_LOSS));
        // Sound alone, of which nothing is lost, would keep the rate that it was driven to.
        let margin = if self.lossless.is_long(sent) { REACH_MARGIN_BPS } else { 0.0 };
        current.max(bps.min(factor * reach + margin))
    }

    fn decide(&mut self, sent: Instant, bounded: f64, floor: f64, delay_based: f64) {
        let limited = bounded < delay_based && bounded < self.limits.max;
        let holds =
            self.mean_loss > UPPER_BOUND_LOSS_OFFSET && self.hold.until.is_some_and(|until| until > sent);
        if self.state == LossState::Decreasing && limited && holds {
            self.hold.bps = self.hold.bps.max(floor);
            self.bps = bounded.min(self.hold.bps);
            return;
        }
        let grows = bounded > self.bps || (bounded >= self.bps && self.state == LossState::Increasing);
        if !limited {
            self.state = LossState::Free;
            self.hold = Hold::default();
        } else if grows && self.state != LossState::Free {
            self.state = LossState::Increasing;
        } else {
            if self.state != LossState::Decreasing {
                let until = sent.checked_add(self.hold.duration);
                let duration = (self.hold.duration * 2).min(MAX_HOLD);
                self.hold = Hold { until, duration, bps: bounded };
            }
            self.state = LossState::Decreasing;
        }
        self.bps = bounded;
    }

    /// Where sending less loses no less, the rate falls no further than this.
    fn inherent_floor(&self, current: f64) -> f64 {
        match self.dependence.verdict() {
            Verdict::Inherent => (INHERENT_FLOOR_FRACTION * self.upper_bound()).min(current),
            Verdict::Unknown | Verdict::Congestion => 0.0,
        }
    }

    fn upper_bound(&self) -> f64 {
        let above = self.mean_loss - UPPER_BOUND_LOSS_OFFSET;
        if above > 0.0 { UPPER_BOUND_BALANCE_BPS / above } else { self.limits.max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { start: 3e5, min: 1e4, max: 4e6 };

    /// Packets of 1250 bytes every 10 ms (1 Mbit/s) for some seconds, every n-th lost (0: none).
    fn run(control: &mut LossControl, now: &mut Instant, seconds: u32, lose_every: u32) {
        for n in 1..=seconds * 100 {
            *now += Duration::from_millis(10);
            let lost = lose_every > 0 && n % lose_every == 0;
            let result = PacketResult::new(*now, (!lost).then_some(0.0), 1_250);
            let acknowledged = if lose_every > 0 { 1e6 - 1e6 / f64::from(lose_every) } else { 1e6 };
            control.feedback(&[result], 1e6, Some(acknowledged), false);
        }
    }

    #[test]
    fn light_loss_takes_next_to_nothing_and_heavy_loss_does_not_take_everything() {
        let (mut control, mut now) = (LossControl::new(LIMITS), Instant::now());
        run(&mut control, &mut now, 5, 0);
        assert_eq!(control.bps(), None);
        run(&mut control, &mut now, 5, 50);
        assert!(control.bps().is_none_or(|bps| bps > 0.95e6), "{:?}", control.bps());
        run(&mut control, &mut now, 5, 4);
        assert_eq!(control.state(), LossState::Decreasing);
        assert!((0.7e6..0.95e6).contains(&control.bps().unwrap_or(0.0)), "{:?}", control.bps());
        run(&mut control, &mut now, 20, 0);
        assert_eq!(control.bps(), None, "the loss is over");
    }

    #[test]
    fn a_moment_is_not_judged() {
        let (mut control, now) = (LossControl::new(LIMITS), Instant::now());
        let lost = PacketResult::new(now, None, 1_250);
        control.feedback(&[lost; 100], 1e6, None, false);
        assert_eq!(control.bps(), None);
    }
}
