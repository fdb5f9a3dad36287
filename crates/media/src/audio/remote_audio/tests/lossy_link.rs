//! Speech over a lossy link in virtual time: encoder, loss, jitter, jitter buffer and decoder as in a call, with
//! the plan the policy makes for that loss.

use super::*;
use crate::audio::encoding_plan::{AudioPath, EncodingPlan};
use crate::audio::redundancy_policy::AudioFeatures;
use crate::codec::opus::{OPUS_CLOCK_HZ, without_padding};

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

/// How a link treats packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// Share of packets lost, and the mean length of a run of them (Gilbert).
    pub(super) loss: f64,
    pub(super) burst: f64,
    /// Each packet is late by up to so many ms, whatever the others are: with more than 20 they overtake.
    pub(super) jitter_ms: f64,
    /// What the whole path carries, bit/s.
    pub(super) total: u32,
}

impl Link {
    pub(super) fn fates(self, packets: usize, seed: u64) -> Vec<Option<u64>> {
        let mut lottery = Lottery(seed);
        for _ in 0..10 {
            lottery.draw();
        }
        let leave = 1.0 / self.burst;
        let enter = leave * self.loss / (1.0 - self.loss);
        let mut bad = false;
        let fate = |index| {
            let draw = lottery.draw();
            bad = if bad { draw >= leave } else { draw < enter };
            // A triangle: as of two queues in a row.
            let late = (lottery.draw() + lottery.draw()) / 2.0 * self.jitter_ms * 1000.0;
            (!bad || index < 6).then_some(late as u64)
        };
        (0..packets).map(fate).collect()
    }

    /// The plan for this link once its loss is known.
    pub(super) fn plan(self, takes: AudioFeatures) -> EncodingPlan {
        let path = AudioPath {
            loss: Some(self.loss as f32),
            burst: self.burst as f32,
            total: Some(self.total),
            takes,
            ..AudioPath::new(true)
        };
        EncodingPlan::new(&path, None)
    }
}

/// What was heard.
pub(super) struct Heard {
    pub(super) sound: Vec<f32>,
    /// Share 0..1 of it that was made up.
    pub(super) made_up: f32,
    pub(super) delay_ms: f64,
    /// Payload sent, copies included.
    pub(super) kbps: f64,
}

/// Sends `speech` over `link` as `plan` says.
pub(super) fn send(speech: &[f32], plan: EncodingPlan, link: Link, seed: u64) -> Heard {
    let mut encoder = OpusEncoder::new(plan.settings).unwrap();
    let packets: Vec<Bytes> =
        speech.chunks_exact(plan.samples).map(|piece| encoder.encode(piece).unwrap()).collect();
    let bare: Vec<Bytes> = packets.iter().map(without_padding).collect();
    let packet_us = plan.samples as u64 * 1_000_000 / u64::from(OPUS_CLOCK_HZ);
    let mut bytes = 0;
    let mut arrivals = Vec::new();
    for (index, fate) in link.fates(packets.len(), seed).into_iter().enumerate() {
        let copied = plan.copies.distances().filter_map(|distance| bare.get(index.checked_sub(distance)?));
        bytes += packets[index].len() + copied.map(Bytes::len).sum::<usize>();
        arrivals.extend(fate.map(|late| ((index as u64 + 1) * packet_us + late, index)));
    }
    arrivals.sort_unstable();
    let meters = Arc::new(VoiceMeters::default());
    let mut remote = RemoteAudio::new(meters.clone()).unwrap();
    let (start, mut frame, mut sound, mut delays) = (Instant::now(), [0.0; FRAME], Vec::new(), Vec::new());
    let mut arrivals = arrivals.into_iter().peekable();
    for step in 0..speech.len() as u64 / FRAME as u64 + 40 {
        let now = start + Duration::from_millis(step * 10);
        while let Some((at, index)) = arrivals.next_if(|(at, _)| *at <= step * 10_000) {
            let packet = |index: usize, payload: &Bytes| Packet {
                sequence: index as u16,
                timestamp: (index * plan.samples) as u32,
                marker: false,
                payload: payload.clone(),
                arrived: start + Duration::from_micros(at),
            };
            for copy in plan.copies.distances().rev().filter_map(|distance| index.checked_sub(distance)) {
                remote.jitter.insert_copy(&packet(copy, &bare[copy]));
            }
            remote.jitter.insert(packet(index, &packets[index]));
        }
        remote.frame(now, &mut frame);
        sound.extend_from_slice(&frame);
        meters.frame_played(&frame);
        delays.extend(remote.jitter.delay(now, remote.ready.len() as u32).map(|d| d.as_secs_f64() * 1000.0));
    }
    meters.buffer(0.0, remote.jitter.stats());
    Heard {
        sound,
        made_up: meters.stats().concealed,
        delay_ms: delays.iter().sum::<f64>() / delays.len().max(1) as f64,
        kbps: bytes as f64 * 8.0 / speech.len() as f64 * f64::from(OPUS_CLOCK_HZ) / 1000.0,
    }
}

const RANDOM_10: Link = Link { loss: 0.1, burst: 1.1, jitter_ms: 10.0, total: 1_000_000 };
const RANDOM_20: Link = Link { loss: 0.2, burst: 1.25, jitter_ms: 10.0, total: 1_000_000 };
const BURSTS_30: Link = Link { loss: 0.3, burst: 5.0, jitter_ms: 10.0, total: 1_000_000 };
const INTERNATIONAL: Link = Link { loss: 0.107, burst: 4.0, jitter_ms: 200.0, total: 300_000 };
const OURS: AudioFeatures = AudioFeatures { copies: true, history: true, dtx: false, repairs: false };

#[test]
fn with_copies_and_history_hardly_anything_is_made_up() {
    let speech = &speech()[..OPUS_CLOCK_HZ as usize * 12];
    for (link, most) in [(RANDOM_10, 0.01), (RANDOM_20, 0.02), (INTERNATIONAL, 0.05), (BURSTS_30, 0.08)] {
        let ours = send(speech, link.plan(OURS), link, 7919);
        let plain = send(speech, link.plan(AudioFeatures::default()), link, 7919);
        let (ours, plain) = (ours.made_up, plain.made_up);
        assert!(ours < most, "{link:?}: {ours} made up");
        assert!(ours < plain / 2.0, "{link:?}: {ours} with, {plain} without");
    }
}

#[test]
fn a_clean_link_adds_hardly_any_delay() {
    let link = Link { loss: 0.0, burst: 1.0, jitter_ms: 5.0, ..RANDOM_10 };
    let heard = send(&speech()[..OPUS_CLOCK_HZ as usize * 12], link.plan(OURS), link, 7919);
    assert_eq!(heard.made_up, 0.0);
    assert!(heard.delay_ms < 45.0, "{}", heard.delay_ms);
}

/// Writes what is heard over each link with each kind of redundancy, for ears and for PESQ.
#[test]
#[ignore = "writes files to listen to"]
fn samples_to_listen_to() {
    let folder = std::path::PathBuf::from(std::env::var("BELLWIRE_SAMPLES").expect("names a folder"));
    let speech = speech();
    let none = AudioFeatures::default();
    for (name, link) in [
        ("clean", Link { loss: 0.0, burst: 1.0, ..RANDOM_10 }),
        ("random-5", Link { loss: 0.05, burst: 1.05, ..RANDOM_10 }),
        ("random-10", RANDOM_10),
        ("random-20", RANDOM_20),
        ("bursts-30", BURSTS_30),
        ("international", INTERNATIONAL),
        ("thin-60k", Link { loss: 0.0, burst: 1.0, total: 60_000, ..RANDOM_10 }),
        ("thin-30k", Link { loss: 0.0, burst: 1.0, total: 30_000, ..RANDOM_10 }),
    ] {
        for (takes, kind) in [
            (none, "fec"),
            (AudioFeatures { copies: true, ..none }, "red"),
            (AudioFeatures { history: true, ..none }, "dred"),
            (OURS, "all"),
        ] {
            let plan = link.plan(takes);
            for seed in [11_u64, 22, 33].map(|seed| seed * 7919) {
                let heard = send(&speech, plan, link, seed);
                let path = folder.join(format!("{name}.{kind}.{seed}.wav"));
                let spec = hound::WavSpec {
                    channels: 1,
                    sample_rate: OPUS_CLOCK_HZ,
                    bits_per_sample: 16,
                    sample_format: hound::SampleFormat::Int,
                };
                let mut file = hound::WavWriter::create(&path, spec).unwrap();
                for sample in &heard.sound {
                    file.write_sample((sample.clamp(-1.0, 1.0) * 32767.0) as i16).unwrap();
                }
                file.finalize().unwrap();
                println!(
                    "{name} {kind} {seed} {:.1} kbit/s, {:.2} % made up, {:.0} ms, {plan:?}",
                    heard.kbps,
                    heard.made_up * 100.0,
                    heard.delay_ms
                );
            }
        }
    }
}
