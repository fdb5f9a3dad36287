//! Tests of the playout delay on traces of frames whose packets are lost and repaired, in stepped time.

use super::*;

/// A path with loss, repair and jitter. Random, but the same each time.
struct Path {
    round_trip: Duration,
    /// Share of packets lost, of repairs too.
    loss: f64,
    jitter: Duration,
    random: u64,
}

impl Path {
    fn new(round_trip_ms: u64, loss: f64, jitter_ms: u64) -> Self {
        let [round_trip, jitter] = [round_trip_ms, jitter_ms].map(Duration::from_millis);
        Self { round_trip, loss, jitter, random: 0x9e37_79b9_7f4a_7c15 }
    }

    /// 0..1
    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How long after it was sent a packet came, and whether it had to be repaired.
    fn packet(&mut self) -> (Duration, bool) {
        let mut way = self.round_trip / 2 + self.jitter.mul_f64(self.chance());
        let mut repaired = false;
        while self.chance() < self.loss {
            // Asked for at once, and again after a quarter more than the round trip.
            way += if repaired { self.round_trip.mul_f64(1.25) } else { self.round_trip };
            repaired = true;
        }
        (way, repaired)
    }
}

/// What came of a trace.
#[derive(Debug)]
struct Shown {
    /// As libwebrtc reckons it: time by the sum of the squared intervals.
    harmonic_fps: f64,
    /// Mean time between ready and shown, without repairs.
    added: Duration,
    delay: Duration,
}

/// Sends 30 frames a second of `packets` packets and shows them; the first `settle` seconds do not count.
fn run(delay: &mut PlayoutDelay, path: &mut Path, packets: u32, seconds: u32, settle: u32) -> Shown {
    let start = Instant::now();
    let (mut last_ready, mut last_shown) = (start, None::<Instant>);
    let (mut total, mut squares, mut added, mut frames) = (0.0, 0.0, Duration::ZERO, 0);
    for number in 0..seconds * 30 {
        let captured = start + Duration::from_secs(1) * number / 30;
        let (mut arrived, mut repaired) = (captured, false);
        for _ in 0..packets {
            let (way, lost) = path.packet();
            arrived = arrived.max(captured + way);
            repaired |= lost;
        }
        let ready = arrived.max(last_ready);
        last_ready = ready;
        let timestamp = 4_294_900_000_u32.wrapping_add(number * 3000);
        let due = delay.frame(Arrival { timestamp, arrived, ready, repaired });
        assert!(due >= ready && due <= ready + MAX_PLAYOUT_DELAY);
        // In order, however the delay changes.
        let shown = last_shown.map_or(due, |last| last.max(due));
        if number >= settle * 30 {
            if let Some(last) = last_shown {
                let gap = (shown - last).as_secs_f64();
                total += gap;
                squares += gap * gap;
            }
            added += shown - ready;
            frames += 1;
        }
        last_shown = Some(shown);
    }
    Shown { harmonic_fps: total / squares, added: added / frames.max(1), delay: delay.delay() }
}

#[test]
fn a_clean_path_gets_no_delay() {
    for jitter in [0, 5] {
        let shown = run(&mut PlayoutDelay::default(), &mut Path::new(100, 0.0, jitter), 8, 30, 0);
        assert_eq!(shown.delay, Duration::ZERO, "{shown:?}");
        assert!(shown.added < Duration::from_millis(1), "{shown:?}");
    }
}

#[test]
fn under_loss_with_repairs_the_picture_keeps_its_beat() {
    for (loss, round_trip, least) in
        [(0.02, 100, 27.5), (0.05, 100, 23.0), (0.1, 100, 16.0), (0.05, 30, 29.0)]
    {
        let mut delay = PlayoutDelay::default();
        delay.set_round_trip(Duration::from_millis(round_trip));
        let mut path = Path::new(round_trip, loss, 5);
        let shown = run(&mut delay, &mut path, 8, 60, 5);
        assert!(shown.harmonic_fps > least, "{loss} at {round_trip} ms: {shown:?}");
        assert!(shown.delay >= Duration::from_millis(round_trip), "{shown:?}");
    }
}

#[test]
fn without_the_delay_the_same_trace_stutters() {
    let mut path = Path::new(100, 0.05, 5);
    let (start, mut last_ready) = (Instant::now(), None::<Instant>);
    let (mut total, mut squares) = (0.0, 0.0);
    for number in 0..900 {
        let captured = start + Duration::from_secs(1) * number / 30;
        let arrived = (0..8).map(|_| captured + path.packet().0).max().expect("packets");
        let ready = last_ready.map_or(arrived, |last: Instant| last.max(arrived));
        if let Some(last) = last_ready.replace(ready) {
            let gap = (ready - last).as_secs_f64();
            total += gap;
            squares += gap * gap;
        }
    }
    assert!(total / squares < 20.0, "{}", total / squares);
}

#[test]
fn the_delay_grows_at_once_and_shrinks_slowly() {
    let mut delay = PlayoutDelay::default();
    delay.set_round_trip(Duration::from_millis(100));
    let start = Instant::now();
    let mut frame = |number: u32, late_ms: u64, repaired: bool| {
        let arrived = start + Duration::from_millis(u64::from(number) * 40 + 50 + late_ms);
        delay.frame(Arrival { timestamp: number * 3600, arrived, ready: arrived, repaired });
        delay.delay().as_millis()
    };
    for number in 0..100 {
        assert_eq!(frame(number, 0, false), 0);
    }
    assert_eq!(frame(100, 110, true), 0);
    assert_eq!(frame(110, 110, true), 0, "two in ten seconds are no reason");
    assert!(frame(120, 110, true) >= 110);
    // Ten seconds later the repairs are forgotten, and then the delay goes away at 20 ms a second.
    let mut last = 200;
    for number in 121..700 {
        let now = frame(number, 0, false);
        assert!(now <= last && last - now <= 90, "{number}: {last} -> {now}");
        assert!(now > 0 || number > 300, "{number}");
        last = now;
    }
    assert_eq!(last, 0);
}

#[test]
fn a_longer_way_is_no_delay_for_ever_and_the_delay_is_bounded() {
    let mut delay = PlayoutDelay::default();
    delay.set_round_trip(Duration::from_secs(3));
    let start = Instant::now();
    for number in 0..3000_u32 {
        let way = if number < 300 { 50 } else { 250 };
        let arrived = start + Duration::from_millis(u64::from(number) * 33 + way);
        let ready = arrived + Duration::from_millis(u64::from(number % 7) * 10);
        let due = delay.frame(Arrival { timestamp: number * 2970, arrived, ready, repaired: number < 600 });
        assert!(due >= ready && due <= ready + MAX_PLAYOUT_DELAY);
        assert!(delay.delay() <= MAX_PLAYOUT_DELAY);
    }
    assert_eq!(delay.delay(), Duration::ZERO);
}

#[test]
fn a_clock_that_jumps_begins_anew() {
    let mut delay = PlayoutDelay::default();
    let start = Instant::now();
    for number in 0..600_u32 {
        let timestamp = if number < 300 { number * 3000 } else { 3_000_000_000 + number * 3000 };
        let arrived = start + Duration::from_secs(1) * number / 30;
        let due = delay.frame(Arrival { timestamp, arrived, ready: arrived, repaired: false });
        assert!(due - arrived < Duration::from_millis(1), "{number}: {:?}", due - arrived);
    }
}
