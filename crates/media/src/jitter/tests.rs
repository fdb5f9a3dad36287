use bytes::Bytes;
use proptest::prelude::*;

use super::*;

mod traces;

/// 20 ms, one frame (TOC 0x78: hybrid fullband 20 ms).
fn payload(number: u16) -> Bytes {
    let [high, low] = number.to_be_bytes();
    Bytes::copy_from_slice(&[0x78, high, low])
}

fn number(payload: &Bytes) -> u16 {
    u16::from_be_bytes([payload[1], payload[2]])
}

/// A sender and a listener with stepped time.
struct Bench {
    start: Instant,
    buffer: JitterBuffer,
    /// Packets under way, by arrival in microseconds.
    wire: Vec<(u64, Packet)>,
    first_sequence: u16,
    first_timestamp: u32,
    queued: u32,
    played: Vec<u16>,
    recovered: Vec<u16>,
    concealed: u64,
    silent: u64,
    total: u64,
}

impl Bench {
    fn new(first_sequence: u16, first_timestamp: u32) -> Self {
        Self {
            start: Instant::now(),
            buffer: JitterBuffer::new(),
            wire: Vec::new(),
            first_sequence,
            first_timestamp,
            queued: 0,
            played: Vec::new(),
            recovered: Vec::new(),
            concealed: 0,
            silent: 0,
            total: 0,
        }
    }

    /// Puts packet `index` on the wire, to come `lateness_us` after its time.
    fn send(&mut self, index: u16, lateness_us: u64) {
        self.send_as(index, u32::from(index).wrapping_mul(960), u64::from(index) * 20_000 + lateness_us);
    }

    fn send_as(&mut self, index: u16, offset: u32, at_us: u64) {
        let packet = Packet {
            sequence: self.first_sequence.wrapping_add(index),
            timestamp: self.first_timestamp.wrapping_add(offset),
            marker: false,
            payload: payload(index),
            arrived: self.start + Duration::from_micros(at_us),
        };
        self.wire.push((at_us, packet));
    }

    fn at(&self, us: u64) -> Instant {
        self.start + Duration::from_micros(us)
    }

    /// Plays from 0 to `until_us` in 10 ms steps of the listener's clock, which runs `ppm` fast.
    fn play(&mut self, from_us: u64, until_us: u64, ppm: i64) {
        self.wire.sort_by_key(|(at, _)| *at);
        let mut wire = std::mem::take(&mut self.wire).into_iter().peekable();
        let step = (10_000 - ppm / 100) as u64;
        let mut clock = from_us;
        while clock < until_us {
            while let Some((_, packet)) = wire.next_if(|(at, _)| *at <= clock) {
                self.buffer.insert(packet);
            }
            let now = self.at(clock);
            while self.queued < 480 {
                self.decode(now);
            }
            self.queued -= 480;
            self.total += 480;
            clock += step;
        }
        self.wire = wire.collect();
    }

    fn decode(&mut self, now: Instant) {
        match self.buffer.next(now, self.queued) {
            Step::Silence { samples } => {
                self.queued += samples;
                self.silent += u64::from(samples);
            }
            Step::Conceal { samples } => {
                self.queued += samples;
                self.concealed += u64::from(samples);
            }
            Step::Recover { samples, from, .. } => {
                // In-band FEC: of the packet before only.
                let restored = from.ahead <= 960;
                if restored {
                    self.recovered.push(number(&from.packet).wrapping_sub(1));
                } else {
                    self.concealed += u64::from(samples);
                }
                self.buffer.repaired(restored, 960);
                self.queued += samples;
            }
            Step::Play(payload) => {
                self.played.push(number(&payload));
                self.queued += 960;
                match self.buffer.pace(now, self.queued) {
                    Pace::Keep => {}
                    Pace::Faster(_) => self.queued -= 240,
                    Pace::Slower(_) => self.queued += 240,
                }
            }
        }
    }

    fn delay_ms(&self, us: u64) -> f64 {
        self.buffer.delay(self.at(us), self.queued).map_or(-1.0, |delay| delay.as_secs_f64() * 1000.0)
    }
}

fn range(from: u16, to: u16) -> Vec<u16> {
    (from..to).collect()
}

#[test]
fn a_steady_stream_is_played_whole_and_soon() {
    let mut bench = Bench::new(10, 1000);
    (0..500).for_each(|index| bench.send(index, 0));
    bench.play(0, 10_000_000, 0);
    assert_eq!(bench.played[..490], range(0, 490));
    assert_eq!(bench.concealed, 0);
    assert!(bench.delay_ms(10_000_000) <= 50.0, "{}", bench.delay_ms(10_000_000));
}

#[test]
fn reordered_and_doubled_packets_are_played_once_in_order() {
    let mut bench = Bench::new(0, 0);
    for index in 0..200 {
        bench.send(index, if index % 3 == 0 { 25_000 } else { 0 });
        bench.send(index, 27_000);
    }
    bench.play(0, 4_000_000, 0);
    assert_eq!(bench.played[..190], range(0, 190));
    assert!(bench.buffer.stats().duplicate > 100);
}

#[test]
fn numbers_may_wrap() {
    let mut bench = Bench::new(u16::MAX - 20, u32::MAX - 20 * 960 + 5);
    (0..100).for_each(|index| bench.send(index, 0));
    bench.play(0, 2_000_000, 0);
    assert_eq!(bench.played[..90], range(0, 90));
}

#[test]
fn a_lost_packet_comes_back_from_its_successor() {
    let mut bench = Bench::new(0, 0);
    (0..200).filter(|index| index % 20 != 7).for_each(|index| bench.send(index, 0));
    bench.play(0, 3_900_000, 0);
    let lost: Vec<u16> = (0..190).filter(|index| index % 20 == 7).collect();
    assert_eq!(bench.recovered[..lost.len()], lost);
    assert_eq!(bench.buffer.stats().late, 0);
}

#[test]
fn of_two_lost_packets_the_first_is_made_up_and_the_second_restored() {
    let mut bench = Bench::new(0, 0);
    (0..300).filter(|index| !matches!(index % 50, 30 | 31)).for_each(|index| bench.send(index, 0));
    bench.play(0, 5_900_000, 0);
    assert_eq!(bench.recovered, [31, 81, 131, 181, 231, 281]);
    assert!(bench.concealed >= 6 * 960, "{}", bench.concealed);
}

#[test]
fn a_late_packet_is_waited_for_rather_than_lost() {
    let mut bench = Bench::new(0, 0);
    for index in 0..200 {
        bench.send(index, if index >= 100 { 70_000 } else { 0 });
    }
    bench.play(0, 4_100_000, 0);
    assert_eq!(bench.played[..195], range(0, 195), "the whole path became 70 ms longer");
}

#[test]
fn jitter_is_learned_and_then_costs_hardly_anything() {
    let mut bench = Bench::new(0, 0);
    // A pseudo-random 0..60 ms, the same each run.
    let mut state = 1_u32;
    for index in 0..3000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bench.send(index, u64::from(state >> 16) * 60_000 / 65_536);
    }
    bench.play(0, 20_000_000, 0);
    let before = bench.concealed + bench.silent;
    bench.play(20_000_000, 20_000_000, 0);
    let late = bench.buffer.stats().late;
    assert!(before < 48_000, "learning took {before} samples");
    assert!(late <= 30, "{late} of 1000 packets were late");
    let delay = bench.delay_ms(20_000_000);
    assert!((40.0..130.0).contains(&delay), "{delay}");
}

#[test]
fn the_delay_comes_down_after_the_jitter_is_over() {
    let mut bench = Bench::new(0, 0);
    for index in 0..2500 {
        bench.send(index, if index < 300 && index % 4 == 0 { 150_000 } else { 0 });
    }
    bench.play(0, 48_000_000, 0);
    assert!(bench.delay_ms(48_000_000) < 60.0, "{}", bench.delay_ms(48_000_000));
}

#[test]
fn clocks_that_drift_apart_do_not_matter() {
    for ppm in [-300, 300] {
        let mut bench = Bench::new(0, 0);
        (0..30_000).for_each(|index| bench.send(index, 0));
        bench.play(0, 590_000_000, ppm);
        let delay = bench.delay_ms(590_000_000);
        assert!((0.0..80.0).contains(&delay), "{ppm} ppm: {delay} ms");
        assert!(bench.concealed < 48_000, "{ppm} ppm: {}", bench.concealed);
        assert!(bench.played.len() > 29_000);
    }
}

#[test]
fn a_sender_that_starts_over_is_followed() {
    let mut bench = Bench::new(0, 0);
    (0..100).for_each(|index| bench.send(index, 0));
    for index in 100..300_u16 {
        bench.send_as(
            index.wrapping_add(9000),
            0x9000_0000 + u32::from(index) * 960,
            u64::from(index) * 20_000,
        );
    }
    bench.play(0, 6_000_000, 0);
    let after = bench.played.iter().filter(|number| **number > 9000).count();
    assert!(after > 185, "{after}");
    assert_eq!(bench.buffer.stats().restarts, 1);
}

#[test]
fn after_a_standstill_old_sound_is_skipped() {
    let mut bench = Bench::new(0, 0);
    for index in 0..1200_u64 {
        let sent = index * 20_000;
        let arrives = if (4_000_000..5_500_000).contains(&sent) { 5_500_000 + index } else { sent };
        bench.send_as(index as u16, index as u32 * 960, arrives);
    }
    bench.play(0, 23_900_000, 0);
    let delay = bench.delay_ms(23_900_000);
    assert!(delay < 100.0, "{delay}");
    assert_eq!(bench.played.last().copied().unwrap_or_default() / 10, 119);
    assert!(bench.buffer.stats().skipped > 20);
}

#[test]
fn a_way_that_became_much_longer_is_accepted() {
    let mut bench = Bench::new(0, 0);
    for index in 0..600 {
        bench.send(index, if index >= 200 { 900_000 } else { 0 });
    }
    bench.play(0, 12_500_000, 0);
    assert_eq!(bench.buffer.stats().restarts, 1);
    assert!(bench.delay_ms(12_500_000) < 100.0, "{}", bench.delay_ms(12_500_000));
    assert!(bench.played.len() > 570, "{}", bench.played.len());
}

#[test]
fn a_pause_of_the_sender_is_no_loss() {
    let mut bench = Bench::new(0, 0);
    for index in 0..200_u64 {
        let pause = if index >= 100 { 10_000_000 } else { 0 };
        bench.send_as(index as u16, (index * 960 + pause * 48 / 1000) as u32, index * 20_000 + pause);
    }
    bench.play(0, 13_950_000, 0);
    assert_eq!(bench.played[..195], range(0, 195));
    assert!(bench.recovered.is_empty());
}

#[test]
fn numbers_used_up_without_sound_are_no_loss() {
    let mut bench = Bench::new(65_500, 7);
    let mut sequence = 0_u16;
    for index in 0..100_u16 {
        // Every tenth packet comes after a pause of two that the sender filled with padding.
        let time = u32::from(index) + u32::from(index / 10) * 2;
        bench.send_as(sequence, time * 960, u64::from(time) * 20_000);
        sequence += 1;
        if index % 10 == 9 {
            for _ in 0..2 {
                bench.send_as(sequence, time * 960, u64::from(time) * 20_000 + 1);
                bench.wire.last_mut().expect("just sent").1.payload = Bytes::new();
                sequence += 1;
            }
        }
    }
    bench.play(0, 2_500_000, 0);
    assert_eq!(bench.played.len(), 100);
    assert!(bench.recovered.is_empty(), "nothing was lost: {:?}", bench.recovered);
    assert_eq!(bench.buffer.stats().malformed, 0);
    assert_eq!(bench.buffer.stats().missing, 0);
}

#[test]
fn garbage_is_counted_and_dropped() {
    let mut buffer = JitterBuffer::new();
    let packet = |payload: &'static [u8]| Packet {
        sequence: 0,
        timestamp: 0,
        marker: false,
        payload: Bytes::from_static(payload),
        arrived: Instant::now(),
    };
    buffer.insert(packet(&[3]));
    buffer.insert(packet(&[0x78; 4000]));
    assert_eq!(buffer.stats().malformed, 2);
    assert!(buffer.packets.is_empty());
}

proptest! {
    #[test]
    fn whatever_comes_memory_is_bounded_and_sound_goes_on(
        packets in proptest::collection::vec((any::<u16>(), any::<u32>(), 0_u64..3_000_000, proptest::collection::vec(any::<u8>(), 0..4)), 0..600),
    ) {
        let mut buffer = JitterBuffer::new();
        let start = Instant::now();
        for (step, (sequence, timestamp, at, payload)) in packets.into_iter().enumerate() {
            let arrived = start + Duration::from_micros(at);
            buffer.insert(Packet { sequence, timestamp, marker: false, payload: payload.into(), arrived });
            prop_assert!(buffer.packets.len() <= MAX_PACKETS);
            let now = start + Duration::from_millis(step as u64 * 10);
            let samples = match buffer.next(now, 0) {
                Step::Silence { samples } | Step::Conceal { samples } => samples,
                Step::Recover { samples, .. } => samples,
                Step::Play(_) => 960,
            };
            prop_assert!(samples > 0 && samples <= MAX_PACKET_SAMPLES as u32);
        }
    }

    #[test]
    fn whatever_the_network_does_in_bounds_order_holds(
        fates in proptest::collection::vec((0_u64..120_000, 0_u8..10), 1..400),
    ) {
        let mut bench = Bench::new(65_000, u32::MAX - 100_000);
        for (index, (lateness, fate)) in fates.iter().enumerate() {
            if *fate > 0 {
                bench.send(index as u16, *lateness);
            }
        }
        bench.play(0, fates.len() as u64 * 20_000 + 1_000_000, 0);
        prop_assert!(bench.played.is_sorted());
        prop_assert_eq!(bench.buffer.stats().restarts, 0);
    }
}
