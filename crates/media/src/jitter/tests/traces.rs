//! Playout over traces of jitter: what is made up although nothing is lost, and what delay that costs.

use super::*;

/// Pseudo-random numbers 0..1, the same each run.
pub(super) struct Lottery(pub(super) u64);

impl Lottery {
    pub(super) fn draw(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Lateness in microseconds of sound that shares a queue with video: 30 frames a second that take 80 % of the
/// link, some of them four times as large, each sent at 2.5 times the link's share.
fn behind_video(bits_per_second: f64, seconds: u64, seed: u64) -> Vec<u64> {
    let mut lottery = Lottery(seed);
    let mean_bytes = 0.8 * bits_per_second / 8.0 / 30.0;
    // When the queue is empty again, and what stands in line.
    let mut free_us = 0.0_f64;
    let mut video: Vec<(u64, f64)> = Vec::new();
    for frame in 0..seconds * 30 {
        let large = if frame % 150 == 75 { 4.0 } else { 1.0 };
        let bytes = mean_bytes * (0.5 + lottery.draw()) * large * 0.95;
        let pieces = (bytes / 1140.0).ceil().max(1.0);
        for piece in 0..pieces as u64 {
            let spread = bytes / pieces * 8.0 / (2.5 * bits_per_second) * 1e6;
            video.push((frame * 1_000_000 / 30 + (piece as f64 * spread) as u64, bytes / pieces));
        }
    }
    let mut waiting = video.into_iter().peekable();
    let mut late = Vec::new();
    for packet in 0..seconds * 50 {
        let now = packet * 20_000;
        while let Some((at, bytes)) = waiting.next_if(|(at, _)| *at <= now) {
            free_us = free_us.max(at as f64) + bytes * 8e6 / bits_per_second;
        }
        free_us = free_us.max(now as f64) + 140.0 * 8e6 / bits_per_second;
        late.push((free_us - now as f64) as u64);
    }
    late
}

/// Share of samples made up, and the mean delay in ms against the fastest packet, both after five seconds.
fn play(late: &[u64]) -> (f64, f64) {
    let mut bench = Bench::new(0, 0);
    late.iter().enumerate().for_each(|(index, late)| bench.send(index as u16, *late));
    let end = late.len() as u64 * 20_000;
    bench.play(0, 5_000_000, 0);
    let (before, mut delays) = (bench.concealed + bench.silent, Vec::new());
    for second in 5..end / 1_000_000 {
        bench.play(second * 1_000_000, (second + 1) * 1_000_000, 0);
        delays.push(bench.delay_ms((second + 1) * 1_000_000));
    }
    let made_up = (bench.concealed + bench.silent - before) as f64 / (end - 5_000_000) as f64 / 0.048;
    (made_up, delays.iter().sum::<f64>() / delays.len().max(1) as f64)
}

#[test]
fn behind_video_hardly_anything_is_made_up() {
    for rate in [500_000.0, 1_000_000.0, 2_500_000.0] {
        let mut shares = Vec::new();
        for seed in [11, 22, 33] {
            let late = behind_video(rate, 60, seed);
            let (made_up, delay) = play(&late);
            println!("{rate}: seed {seed}: {:.3} % made up, {delay:.0} ms", made_up * 100.0);
            assert!(delay < 160.0, "{rate}: {delay} ms");
            shares.push(made_up);
        }
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        assert!(mean <= 0.0015, "{rate}: {shares:?}");
    }
}

#[test]
fn on_a_clean_path_the_delay_stays_low() {
    let mut lottery = Lottery(5);
    let late: Vec<u64> = (0..3000).map(|_| (lottery.draw() * 4_000.0) as u64).collect();
    let (made_up, delay) = play(&late);
    assert_eq!(made_up, 0.0);
    assert!(delay <= 45.0, "{delay}");
}

#[test]
fn peaks_that_come_again_are_remembered() {
    // As of a radio that looks for other stations: 120 ms of nothing each 7 s.
    let late: Vec<u64> = (0..4500_u64)
        .map(|index| {
            let into = index * 20_000 % 7_000_000;
            if into < 120_000 { 120_000 - into } else { 1_000 }
        })
        .collect();
    let (made_up, delay) = play(&late);
    // The second one is still a surprise, and as it is long so is the third.
    assert!(made_up < 0.003, "{made_up}");
    assert!(delay < 170.0, "{delay}");
}

#[test]
fn reordering_is_waited_for() {
    let mut lottery = Lottery(9);
    let late: Vec<u64> = (0..4500).map(|_| if lottery.draw() < 0.05 { 45_000 } else { 5_000 }).collect();
    let (made_up, delay) = play(&late);
    assert!(made_up < 0.0005, "{made_up}");
    assert!(delay < 90.0, "{delay}");
}

/// A link becomes narrow and what was under way fills its queue for two seconds. Once that was forgotten, a third of a
/// second of speech was skipped at a time.
#[test]
fn a_queue_that_has_drained_costs_no_speech() {
    let queue = |packet: u64| if (150..250).contains(&packet) { 400 } else { packet % 7 * 3 };
    let mut bench = Bench::new(0, 0);
    (0..1500).for_each(|packet| bench.send(packet as u16, queue(packet) * 1_000));
    bench.play(0, 29_000_000, 0);
    assert_eq!(bench.buffer.stats().skipped, 0);
    let delay = bench.delay_ms(29_000_000);
    assert!(delay <= 80.0, "{delay}");
}
