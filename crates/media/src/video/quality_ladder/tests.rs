//! Tests of the quality ladder, in stepped time.

use super::*;

const FRAME: Duration = Duration::from_millis(33);

/// A ladder with a clock.
struct Bench {
    ladder: QualityLadder,
    now: Instant,
}

impl Bench {
    fn new(ladder: QualityLadder) -> Self {
        Self { ladder, now: Instant::now() }
    }

    fn choose(&mut self, bitrate: u32) -> Option<u32> {
        self.ladder.choose(bitrate, 1280, self.now).map(|step| step.width)
    }

    /// Encodes for so many seconds and tells the widths chosen, each once.
    fn run(
        &mut self,
        bitrate: u32,
        seconds: u32,
        qp: impl Fn(u32) -> f32,
        load: impl Fn(u32) -> EncoderLoad,
    ) -> Vec<u32> {
        let mut widths = Vec::new();
        for _ in 0..seconds * 30 {
            self.now += FRAME;
            let width = self.choose(bitrate).unwrap_or(0);
            if widths.last() != Some(&width) {
                widths.push(width);
            }
            let quantiser = Quantiser { value: qp(width), fine: 24.0, coarse: 37.0 };
            self.ladder.quantised(quantiser, bitrate, self.now);
            self.ladder.loaded(load(width), self.now);
        }
        widths
    }
}

fn right(_width: u32) -> f32 {
    30.0
}

fn idle(_width: u32) -> EncoderLoad {
    EncoderLoad::Low
}

#[test]
fn bit_rates_find_their_step() {
    for (bitrate, width) in [
        (20_000, 160),
        (45_000, 320),
        (90_000, 480),
        (149_999, 480),
        (150_000, 640),
        (500_000, 960),
        (1_200_000, 1280),
        (9_000_000, 1280),
    ] {
        assert_eq!(Bench::new(QualityLadder::default()).choose(bitrate), Some(width), "{bitrate}");
    }
    let whole = QualityLadder::default().choose(3_000_000, 1920, Instant::now());
    assert_eq!(whole.map(|step| step.height), Some(1080));
    assert_eq!(CAMERA_STEPS[2].bounds(480, 640), (540, 960));
}

/// A camera at 200 kbit/s whose picture is hard to encode: two steps down it still moves.
#[test]
fn a_picture_gets_small_before_it_stutters() {
    let mut bench = Bench::new(QualityLadder::default());
    let hard = |width| if width > 320 { 45.0 } else { 30.0 };
    assert_eq!(bench.run(200_000, 10, hard, |_| EncoderLoad::Normal), [640, 480, 320]);
    let step = bench.ladder.choose(200_000, 1280, bench.now).expect("pictures are sent");
    assert_eq!((step.width, step.fps), (320, 30));
    let step = QualityLadder::default().choose(50_000, 1280, bench.now).expect("pictures are sent");
    assert_eq!((step.width, step.fps), (320, 15));
}

/// After a fall the smallest picture is sent at once; more frames of a size come sooner than a larger size.
#[test]
fn frames_come_before_pixels() {
    let mut bench = Bench::new(QualityLadder::default());
    let mut steps = Vec::new();
    bench.choose(20_000);
    for _ in 0..30 * 40 {
        bench.now += FRAME;
        let step = bench.ladder.choose(100_000, 1280, bench.now).expect("pictures are sent");
        if steps.last() != Some(&(step.width, step.fps)) {
            steps.push((step.width, step.fps));
        }
        // Larger pictures and more of them are coarser.
        let value = if step.width > 320 { 40.0 } else { 27.0 };
        bench.ladder.quantised(Quantiser { value, fine: 24.0, coarse: 37.0 }, 100_000, bench.now);
    }
    assert_eq!(steps, [(160, 15), (160, 30), (480, 30), (320, 30)]);
}

#[test]
fn a_screen_keeps_its_size_until_little_is_left() {
    let now = Instant::now();
    for (bitrate, width, fps) in
        [(2_000_000, 1920, 15), (900_000, 1280, 10), (200_000, 1280, 5), (100_000, 960, 3), (30_000, 960, 1)]
    {
        let step = QualityLadder::screen().choose(bitrate, 1920, now).expect("pictures are sent");
        assert_eq!((step.width, step.fps), (width, fps));
    }
    let small = QualityLadder::screen().choose(2_000_000, 1280, now).expect("pictures are sent");
    assert_eq!((small.width, small.fps), (1280, 10), "the best of the steps of its size");
}

#[test]
fn wavering_changes_nothing_and_rising_takes_time() {
    let mut bench = Bench::new(QualityLadder::default());
    assert_eq!(bench.choose(1_200_000), Some(1280));
    assert_eq!(bench.choose(1_050_000), Some(1280));
    assert_eq!(bench.choose(1_000_000), Some(960));
    assert_eq!(bench.choose(1_300_000), Some(960));
    assert_eq!(bench.choose(50_000), Some(320));
    bench.now += MIN_TIME_BEFORE_UPGRADE;
    assert_eq!(bench.choose(1_300_000), Some(1280));
}

#[test]
fn a_rate_that_swings_changes_the_size_ever_more_rarely() {
    let mut bench = Bench::new(QualityLadder::default());
    let mut sizes = vec![1280];
    let mut swing = |bench: &mut Bench, seconds: u32| {
        for second in 0..seconds {
            let bitrate = if second % 8 < 4 { 1_300_000 } else { 1_000_000 };
            sizes.extend(bench.run(bitrate, 1, right, |_| EncoderLoad::Normal));
        }
        sizes.dedup();
        sizes.len()
    };
    // It would be 60 with an upgrade each time.
    let first = swing(&mut bench, 240);
    assert!((4..=20).contains(&first), "{first} sizes in four minutes");
    // A size that lasted is trusted again.
    bench.run(1_300_000, 60, right, |_| EncoderLoad::Normal);
    assert_eq!(bench.choose(1_000_000), Some(960));
    bench.now += MIN_TIME_BEFORE_UPGRADE;
    assert_eq!(bench.choose(1_300_000), Some(1280));
}

#[test]
fn too_little_for_a_picture_is_sound_only_and_comes_back() {
    let mut bench = Bench::new(QualityLadder::default());
    assert_eq!(bench.run(12_000, 2, right, idle), [160], "a dip is no reason");
    assert_eq!(bench.run(30_000, 1, right, idle), [160]);
    assert_eq!(bench.run(12_000, 10, right, idle), [160, 0]);
    assert_eq!(bench.run(30_000, 10, right, idle), [0], "a little more is not enough");
    assert_eq!(bench.run(60_000, 10, right, idle), [0, 320]);
}

#[test]
fn after_an_outage_pictures_come_back_with_the_path_and_in_its_size() {
    let mut bench = Bench::new(QualityLadder::default());
    assert_eq!(bench.run(2_000_000, 5, right, idle).last(), Some(&1280));
    assert_eq!(bench.run(10_000, 10, right, idle).last(), Some(&0));
    let widths = bench.run(900_000, 1, right, idle);
    assert_eq!(widths, [0, 960], "and not by steps");
    let before = bench.now;
    while bench.choose(10_000).is_some() {
        bench.now += FRAME;
    }
    assert!(bench.now - before >= PAUSE_TIME, "a pause still wants its time");
}

#[test]
fn a_hard_picture_gets_a_smaller_one_and_an_easy_one_a_larger() {
    let mut bench = Bench::new(QualityLadder::default());
    // At 640 the codec does well, above it is out of its depth.
    let hard = |width| if width > 640 { 45.0 } else { 33.0 };
    assert_eq!(bench.run(1_300_000, 60, hard, idle), [1280, 960, 640]);
    let easy = |width| if width > 640 { 30.0 } else { 18.0 };
    assert_eq!(bench.run(1_300_000, 60, easy, idle), [640, 960], "as it turns out, it suits");
    let mut bench = Bench::new(QualityLadder::default());
    assert_eq!(bench.run(400_000, 30, easy, idle), [640, 960]);
    assert_eq!(bench.run(200_000, 30, easy, idle), [640], "far too little for the larger one");
}

#[test]
fn an_overloaded_encoder_gets_less_and_later_more_again() {
    let mut bench = Bench::new(QualityLadder::default());
    let busy = |width| if width > 640 { EncoderLoad::High } else { EncoderLoad::Normal };
    assert_eq!(bench.run(2_000_000, 30, right, busy), [1280, 960, 640]);
    assert_eq!(bench.run(2_000_000, 60, right, idle), [640, 960, 1280]);
    // Too slow for the best step, with time to spare below: tried again ever more rarely.
    let mut bench = Bench::new(QualityLadder::default());
    let between = |width| if width > 960 { EncoderLoad::High } else { EncoderLoad::Low };
    let widths = bench.run(2_000_000, 300, right, between);
    assert!((4..=13).contains(&widths.len()), "{widths:?}");
}

#[test]
fn a_key_frame_that_is_too_large_makes_the_picture_smaller() {
    let mut bench = Bench::new(QualityLadder::default());
    assert_eq!(bench.choose(500_000), Some(960));
    assert!(bench.ladder.too_large(bench.now));
    assert_eq!(bench.choose(500_000), Some(640));
    assert!(bench.ladder.too_large(bench.now));
    assert_eq!(bench.choose(500_000), Some(480));
    assert!(!bench.ladder.too_large(bench.now), "not for ever");
    assert_eq!(bench.choose(500_000), Some(480));
}

#[test]
fn a_large_key_frame_of_a_screen_takes_size_or_rate_and_not_both() {
    let now = Instant::now();
    let mut ladder = QualityLadder::screen();
    let step = |ladder: &mut QualityLadder, bitrate: u32, now: Instant| {
        ladder.choose(bitrate, 1280, now).map(|step| (step.width, step.fps))
    };
    assert_eq!(step(&mut ladder, 700_000, now), Some((1280, 10)));
    assert!(!ladder.too_large(now));
    assert_eq!(step(&mut ladder, 700_000, now), Some((1280, 10)));
    assert_eq!(step(&mut ladder, 200_000, now), Some((1280, 5)));
    assert!(ladder.too_large(now));
    assert_eq!(step(&mut ladder, 200_000, now), Some((960, 3)));
}

#[test]
fn a_lower_frame_rate_is_no_answer_to_a_large_key_frame() {
    let mut bench = Bench::new(QualityLadder::default());
    let step =
        |bench: &mut Bench| bench.ladder.choose(75_000, 1280, bench.now).map(|step| (step.width, step.fps));
    assert_eq!(step(&mut bench), Some((320, 30)));
    assert!(bench.ladder.too_large(bench.now));
    assert_eq!(step(&mut bench), Some((160, 30)));
    assert!(!bench.ladder.too_large(bench.now), "there is no smaller one");
    assert_eq!(step(&mut bench), Some((160, 30)));
}

/// A picture that is easy but for its key frames.
#[test]
fn a_size_whose_key_frames_are_too_large_is_tried_ever_more_rarely() {
    let mut bench = Bench::new(QualityLadder::default());
    let mut tries = 0;
    for _ in 0..120 * 30 {
        bench.now += FRAME;
        let before = bench.choose(250_000);
        let fine = Quantiser { value: 20.0, fine: 24.0, coarse: 37.0 };
        bench.ladder.quantised(fine, 250_000, bench.now);
        if bench.choose(250_000) > Some(480) {
            assert!(bench.ladder.too_large(bench.now));
            tries += usize::from(before <= Some(480));
        }
    }
    assert!((3..=9).contains(&tries), "{tries} key frames");
}
