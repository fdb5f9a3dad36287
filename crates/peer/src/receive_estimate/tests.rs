use super::*;

const LIMITS: Limits = Limits { start: 300e3, min: 50e3, max: 4e6 };
const PICTURES: u32 = 7;

#[derive(Clone, Copy, Debug)]
enum Times {
    Absolute,
    OfPictures,
}

/// A sender of pictures: a packet each 10 ms, three of them a picture.
struct Sender {
    estimate: ReceiveEstimate,
    start: Instant,
    times: Times,
    /// Packets so far, each with a number.
    packets: u32,
    random: u32,
    /// What its clock shows at first, milliseconds.
    clock: f64,
}

impl Sender {
    fn new(times: Times) -> Self {
        let start = Instant::now() + Duration::from_secs(100);
        Self { estimate: ReceiveEstimate::new(LIMITS), start, times, packets: 0, random: 1, clock: 50e3 }
    }

    /// From 0 to 1.
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.random >> 8) / f64::from(1 << 24)
    }

    fn at(&self, ms: f64) -> Instant {
        self.start + Duration::from_secs_f64(ms / 1e3)
    }

    /// Packets of so many bytes, each with a delay in milliseconds; `None`: it is lost.
    fn send(&mut self, packets: u32, size: usize, mut delay: impl FnMut(&mut Self) -> Option<f64>) {
        for _ in 0..packets {
            let sent = f64::from(self.packets) * 10.0;
            let picture = f64::from(self.packets / 3) * 30.0;
            let number = self.packets as u16;
            self.packets += 1;
            let Some(delay) = delay(self) else { continue };
            let now = self.at(sent + delay);
            if self.estimate.due().is_some_and(|due| due <= now) {
                self.estimate.evaluate(now, None);
            }
            let ticks = |ms: f64, per_ms: f64| ((ms + self.clock) * per_ms) as u64 as u32;
            let sent = match self.times {
                Times::Absolute => SendTime::Absolute(ticks(sent, 262.144) & 0xff_ffff),
                Times::OfPictures => SendTime::Picture(ticks(picture, 90.0).wrapping_sub(9_000_000)),
            };
            self.estimate.received(now, Incoming { ssrc: PICTURES, number, size, picture: true, sent });
        }
    }

    fn bps(&self) -> f64 {
        self.estimate.bps().expect("enough has come")
    }
}

const BOTH: [Times; 2] = [Times::Absolute, Times::OfPictures];

#[test]
fn a_free_path_lets_it_grow_to_one_and_a_half_of_what_comes() {
    for times in BOTH {
        let mut sender = Sender::new(times);
        sender.send(30, 1_250, |_| Some(20.0));
        assert_eq!(sender.estimate.bps(), None, "{times:?}");
        sender.send(100, 1_250, |_| Some(20.0));
        let first = sender.bps();
        // Twice as much, measured to a packet in a window; the wraps of 64 s are passed several times.
        sender.send(20_000, 2_500, |_| Some(20.0));
        let bps = sender.bps();
        assert!(first > 1e6 && bps > 2.9e6 && bps < 1.6 * 2e6, "{times:?}: {first} and {bps}");
        assert_eq!(sender.estimate.pictures(sender.at(200e3)), [PICTURES]);
        assert!(sender.estimate.pictures(sender.at(205e3)).is_empty());
    }
}

#[test]
fn little_that_comes_at_first_does_not_bind_what_follows() {
    let mut sender = Sender::new(Times::Absolute);
    sender.send(300, 50, |_| Some(20.0));
    assert!(sender.bps() >= LIMITS.start, "{}", sender.bps());
}

#[test]
fn a_queue_that_grows_lowers_it() {
    for times in BOTH {
        let mut sender = Sender::new(times);
        sender.send(1_000, 1_250, |_| Some(20.0));
        let before = sender.bps();
        // A fifth more comes in than goes out.
        let mut queue = 0.0;
        sender.send(200, 1_250, |_| {
            queue += 2.0;
            Some(20.0 + queue)
        });
        assert!(before > 1.4e6 && sender.bps() < 0.9e6, "{times:?}: {before}, then {}", sender.bps());
    }
}

#[test]
fn jitter_alone_does_not() {
    for times in BOTH {
        let mut sender = Sender::new(times);
        sender.send(500, 1_250, |_| Some(20.0));
        let (before, mut least) = (sender.bps(), f64::INFINITY);
        for _ in 0..60 {
            sender.send(100, 1_250, |sender| Some(20.0 + 9.0 * sender.chance()));
            least = least.min(sender.bps());
        }
        assert!(least >= 0.95 * before, "{times:?}: {before}, then {least}");
    }
}

#[test]
fn much_loss_lowers_it_and_little_does_not() {
    let mut sender = Sender::new(Times::Absolute);
    sender.send(1_000, 1_250, |_| Some(20.0));
    sender.send(2_000, 1_250, |sender| (sender.chance() > 0.01).then_some(20.0));
    let little = sender.bps();
    sender.send(1_000, 1_250, |sender| (sender.chance() > 0.4).then_some(20.0));
    assert!(little > 1.3e6 && sender.bps() < 0.8e6, "{little}, then {}", sender.bps());
}

#[test]
fn sound_and_repairs_count_and_say_nothing_of_times() {
    let mut sender = Sender::new(Times::OfPictures);
    let sound = |sender: &mut Sender, size| {
        let (now, number) = (sender.at(f64::from(sender.packets) * 10.0 + 21.0), sender.packets as u16);
        let packet = Incoming { ssrc: 9, number, size, picture: false, sent: SendTime::Unknown };
        sender.estimate.received(now, packet);
        sender.estimate.evaluate(now, None);
    };
    for _ in 0..200 {
        sound(&mut sender, 125);
        sender.packets += 1;
    }
    assert_eq!(sender.estimate.bps(), None, "no pictures");
    for _ in 0..1_500 {
        sender.send(1, 1_250, |_| Some(20.0));
        sound(&mut sender, 1_250);
    }
    // Two megabits together.
    let bps = sender.bps();
    assert!(bps > 2.5e6 && bps < 3.1e6, "{bps}");
    assert_eq!(sender.estimate.pictures(sender.at(17e3)), [PICTURES]);
}

#[test]
fn clocks_that_jump_are_no_queue() {
    for times in BOTH {
        let mut sender = Sender::new(times);
        sender.send(1_000, 1_250, |_| Some(20.0));
        let before = sender.bps();
        for jump in [-5e3, 8e3, -150.0, 31e3, -20e3, -2e3] {
            sender.clock += jump;
            sender.send(300, 1_250, |_| Some(20.0));
            assert!(sender.bps() > 0.95 * before, "{times:?}, {jump} ms: {}", sender.bps());
        }
    }
}

#[test]
fn hostile_packets_do_no_harm() {
    let mut chances = Sender::new(Times::Absolute);
    let (mut estimate, mut now) = (ReceiveEstimate::new(LIMITS), chances.start);
    for round in 0..60_000_u32 {
        let mut word = || (chances.chance() * f64::from(1 << 24)) as u32;
        let (ssrc, choice) = (word() % 100, word());
        let sent = match choice % 3 {
            0 => SendTime::Absolute(word()),
            1 => SendTime::Picture(word() << 8),
            _ => SendTime::Unknown,
        };
        let size = [0, 40, 1_500, usize::MAX / 2][word() as usize % if round % 500 == 0 { 4 } else { 3 }];
        let packet = Incoming { ssrc, number: word() as u16, size, picture: word() % 2 == 0, sent };
        match word() % 50 {
            0 => now += Duration::from_secs(u64::from(word() % 100)),
            1 => now -= Duration::from_millis(3),
            _ => now += Duration::from_micros(u64::from(word() % 5_000)),
        }
        estimate.received(now, packet);
        if word() % 20 == 0 {
            estimate.evaluate(now, Some(Duration::from_millis(u64::from(word() % 4_000))));
        }
        assert!(estimate.streams.len() <= MAX_STREAMS && estimate.results.len() <= MAX_TIMED);
        let bps = estimate.bps().unwrap_or(LIMITS.min);
        assert!((LIMITS.min..=LIMITS.max).contains(&bps), "{bps}");
    }
}
