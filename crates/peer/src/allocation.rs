//! Bitrate allocation: what of the target is left for the video encoder. Sans-IO.
//!
//! As in libwebrtc (`call/rtp_video_sender.cc`) everything else that is sent comes off first: sound,
//! retransmissions and headers. Where the pacer's queue is long the encoder gets less, so that it drains. On a long way
//! that loses packets fewer of them make a steadier picture, see [`steady`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);
/// Shorter measurements are too rough.
const MIN_WINDOW: Duration = Duration::from_millis(500);
/// Sound before it is measured, bit/s: 32 kbit/s of Opus with headers.
const AUDIO_BPS: f64 = 48_000.0;
/// Retransmissions take no more of the target than this: the pacer sends no more either.
const MAX_REPAIR_FRACTION: f64 = 0.4;
/// With so much waiting in the pacer the encoder gets less, at most `MIN_QUEUE_FACTOR` times.
const SHORT_QUEUE: Duration = Duration::from_millis(100);
const LONG_QUEUE: Duration = Duration::from_millis(400);
const MIN_QUEUE_FACTOR: f64 = 0.5;
/// A packet of video, bits.
const PACKET_BITS: f64 = 1_200.0 * 8.0;
/// Of a shorter round trip a second repair is not seen; from the other one on it stops the picture.
const SHORT_ROUND_TRIP: f64 = 0.12;
const LONG_ROUND_TRIP: f64 = 0.2;
/// So many packets a second may have to be asked for a second time. (At 5 % loss: 1.2 Mbit/s; with 2.4 the picture stood
/// still twice as long, and no viewer gains from its sharpness what they lose by that.)
const SECOND_REPAIRS_PER_SECOND: f64 = 0.4;
/// Requests are lost as well as their answers, and most of both are sent twice.
const REPAIR_LOSS_FACTOR: f64 = 1.2;
/// It is not made less steady than this, bit/s: the picture would lose more.
const MIN_STEADY_BPS: f64 = 600_000.0;
/// Where much is lost, this part of all pictures is to be whole after it was sent and two repairs.
const WHOLE_FRACTION: f64 = 0.9;
const PICTURES_PER_SECOND: f64 = 30.0;
/// It is not made smaller than this for that, bit/s.
const MIN_WHOLE_BPS: f64 = 300_000.0;

/// What has been sent since the connection began, bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SentTotals {
    /// Headers included.
    pub(crate) audio: u64,
    /// Retransmissions of video, headers included, and those that never had their turn: were they left out, the
    /// encoder would get what they lacked, and they would never have it. Padding is only sent where there is room.
    pub(crate) repairs: u64,
    /// Headers of video that is no retransmission.
    pub(crate) headers: u64,
}

/// Rates of the last second.
#[derive(Debug, Default)]
pub(crate) struct Allocation {
    samples: VecDeque<(Instant, SentTotals)>,
}

impl Allocation {
    pub(crate) fn update(&mut self, now: Instant, totals: SentTotals) {
        while self.samples.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= WINDOW) {
            self.samples.pop_front();
        }
        self.samples.push_back((now, totals));
    }

    /// Bit/s for the video encoder. `queue`: how long what waits in the pacer takes to leave.
    pub(crate) fn video(&self, target: f64, queue: Duration) -> f64 {
        let (mut audio, mut others) = (AUDIO_BPS, 0.0);
        if let (Some((from, first)), Some((to, last))) = (self.samples.front(), self.samples.back())
            && to.saturating_duration_since(*from) >= MIN_WINDOW
        {
            let seconds = to.saturating_duration_since(*from).as_secs_f64();
            let rate = |of: fn(&SentTotals) -> u64| of(last).saturating_sub(of(first)) as f64 * 8.0 / seconds;
            audio = rate(|totals| totals.audio);
            let repairs = rate(|totals| totals.repairs).min(target * MAX_REPAIR_FRACTION);
            others = repairs + rate(|totals| totals.headers);
        }
        (target - audio - others).max(0.0) * queue_factor(queue)
    }
}

/// The most for a camera's picture on a path that loses packets, bit/s. Each packet may have to be repaired, and where the
/// repair is lost as well the picture waits for another round trip. `loss`: the fraction lost over some seconds;
/// `recent_loss`: the same, or what has just set in if that is more.
pub(crate) fn steady(loss: f64, recent_loss: f64, round_trip: Duration) -> f64 {
    repaired_once(loss, round_trip).min(repaired_twice(recent_loss))
}

/// The most with which second repairs on a long way are rare.
fn repaired_once(loss: f64, round_trip: Duration) -> f64 {
    let seen = (round_trip.as_secs_f64() - SHORT_ROUND_TRIP) / (LONG_ROUND_TRIP - SHORT_ROUND_TRIP);
    if seen <= 0.0 || loss <= 0.0 {
        return f64::INFINITY;
    }
    let repaired_twice = loss * (loss * REPAIR_LOSS_FACTOR).min(1.0);
    let packets_per_second = SECOND_REPAIRS_PER_SECOND / (repaired_twice * seen.min(1.0));
    (packets_per_second * PACKET_BITS).max(MIN_STEADY_BPS)
}

/// The most with which third repairs are rare. Little for a quarter lost and more: with ten packets each, at 30 % one
/// picture in four would stay incomplete, whatever it is predicted from.
fn repaired_twice(loss: f64) -> f64 {
    let whole = 1.0 - loss.clamp(0.0, 1.0).powi(3);
    if loss.is_nan() || whole >= 1.0 {
        return f64::INFINITY;
    }
    let packets = WHOLE_FRACTION.ln() / whole.ln();
    (packets * PICTURES_PER_SECOND * PACKET_BITS).max(MIN_WHOLE_BPS)
}

fn queue_factor(queue: Duration) -> f64 {
    let above = queue.saturating_sub(SHORT_QUEUE).as_secs_f64() / (LONG_QUEUE - SHORT_QUEUE).as_secs_f64();
    1.0 - (1.0 - MIN_QUEUE_FACTOR) * above.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_else_is_sent_comes_off_the_target() {
        let (mut allocation, start) = (Allocation::default(), Instant::now());
        assert_eq!(allocation.video(500_000.0, Duration::ZERO), 452_000.0);
        for tenth in 0..50_u64 {
            let totals = SentTotals { audio: tenth * 500, repairs: tenth * 1_000, headers: tenth * 125 };
            allocation.update(start + Duration::from_millis(tenth * 100), totals);
        }
        let video = allocation.video(500_000.0, Duration::ZERO);
        assert!((video - (500_000.0 - 40_000.0 - 80_000.0 - 10_000.0)).abs() < 1.0, "{video}");
        // Retransmissions are bounded by the pacer.
        let video = allocation.video(100_000.0, Duration::ZERO);
        assert!((video - (100_000.0 - 40_000.0 - 40_000.0 - 10_000.0)).abs() < 1.0, "{video}");
        assert!(allocation.samples.len() <= 12);
        assert_eq!(allocation.video(10_000.0, Duration::ZERO), 0.0);
    }

    #[test]
    fn on_a_long_way_that_loses_packets_fewer_are_sent() {
        let kbps = |loss, ms| steady(loss, 0.0, Duration::from_millis(ms)) / 1e3;
        assert!((1_200.0..1_350.0).contains(&kbps(0.05, 200)), "{}", kbps(0.05, 200));
        assert_eq!(kbps(0.05, 300), kbps(0.05, 200));
        assert!(kbps(0.05, 160) > 2_400.0 && kbps(0.01, 300) > 10_000.0);
        assert_eq!([kbps(0.2, 100), kbps(0.0, 500), kbps(f64::NAN, 100)], [f64::INFINITY; 3]);
        assert_eq!([kbps(0.3, 500), kbps(1.0, 3_000)], [600.0; 2]);
    }

    #[test]
    fn where_much_is_lost_fewer_are_sent() {
        let kbps = |loss| steady(0.0, loss, Duration::from_millis(50)) / 1e3;
        assert!(kbps(0.2) > 3_000.0 && kbps(0.1) > 20_000.0, "{} {}", kbps(0.2), kbps(0.1));
        assert!((1_000.0..1_200.0).contains(&kbps(0.3)), "{}", kbps(0.3));
        assert_eq!([kbps(0.6), kbps(1.0), kbps(7.0)], [300.0; 3]);
        assert_eq!([kbps(0.0), kbps(-1.0), kbps(f64::NAN)], [f64::INFINITY; 3]);
    }

    #[test]
    fn a_long_queue_makes_the_encoder_slower() {
        let allocation = Allocation::default();
        let of_full = |ms| allocation.video(1_048_000.0, Duration::from_millis(ms)) / 1_000_000.0;
        assert_eq!([of_full(100), of_full(250), of_full(400), of_full(9_000)], [1.0, 0.75, 0.5, 0.5]);
    }
}
