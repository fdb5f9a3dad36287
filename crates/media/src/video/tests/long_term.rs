//! Tests of recovery from long-term references over a link that loses pictures and feedback.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::film;
use super::pipeline::{Seen, Shown, WAIT_LIMIT, pattern, send};
use crate::codec::{
    EncoderConfig, LongTermReference, VideoDecoder, VideoEncoder, open_decoder, open_encoder,
};
use crate::video::packetize::Packetizer;
use crate::video::receiver::pipeline::{Bench, hash};
use crate::video::{VideoLayer, VideoReceiver, VideoReceiverConfig, VideoReceiverStats, scale_to_fit};
use crate::{Codec, EncodedFrame, EncodedSink, Packet, PictureFeedback, VideoFrame};

const INTERVAL: Duration = Duration::from_micros(33_333);
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// A picture on its way.
struct Sent {
    number: usize,
    recovers: bool,
    packets: Vec<Packet>,
}

/// One encoder and one receiver in stepped time. Feedback and pictures take half a round trip each.
struct Link {
    config: EncoderConfig,
    encoder: Box<dyn VideoEncoder>,
    packetizer: Packetizer,
    kept: BTreeMap<u32, LongTermReference>,
    feedback: VecDeque<(Duration, PictureFeedback)>,
    /// A key frame was asked for, which comes after half a round trip.
    requests: u32,
    bench: Bench,
    /// Gets everything at once.
    whole: Box<dyn VideoDecoder>,
    expected: BTreeMap<u32, u64>,
    film: &'static [VideoFrame],
    number: usize,
    keys: Vec<usize>,
    recoveries: Vec<usize>,
}

fn small_film() -> &'static [VideoFrame] {
    static FILM: OnceLock<Vec<VideoFrame>> = OnceLock::new();
    FILM.get_or_init(|| film(200).iter().map(|frame| scale_to_fit(frame, 320, 180)).collect())
}

impl Link {
    fn new(layers: u32, long_term: bool) -> Self {
        let config = EncoderConfig {
            width: 320,
            height: 180,
            fps: 30.0,
            bitrate: 200_000,
            max_slice: 0,
            screen: false,
            temporal_layers: layers,
            threads: 1,
            long_term,
        };
        let mut bench = Bench::new();
        bench.set_round_trip(ROUND_TRIP);
        if long_term {
            bench.set_long_term();
        }
        Self {
            config,
            encoder: open_encoder(Codec::H264, config).expect("an encoder"),
            packetizer: Packetizer { payload_size: 300, ..Packetizer::new(65_500) },
            kept: BTreeMap::new(),
            feedback: VecDeque::new(),
            requests: 0,
            bench,
            whole: open_decoder(Codec::H264).expect("a decoder"),
            expected: BTreeMap::new(),
            film: small_film(),
            number: 0,
            keys: Vec::new(),
            recoveries: Vec::new(),
        }
    }

    fn now(&self) -> Duration {
        INTERVAL * self.number as u32
    }

    /// What the sender has heard by now.
    fn hear(&mut self) {
        while let Some((_, feedback)) =
            self.feedback.pop_front_if(|(at, _)| *at <= INTERVAL * self.number as u32)
        {
            match feedback {
                PictureFeedback::Kept(timestamp) => {
                    if let Some(reference) = self.kept.get(&timestamp) {
                        self.encoder.confirm(*reference);
                    }
                }
                PictureFeedback::Lost { kept } => self.encoder.recover(self.kept[&kept]),
            }
        }
    }

    fn encode(&mut self) -> Option<Sent> {
        self.hear();
        let number = self.number;
        let requested = std::mem::replace(&mut self.requests, self.bench.requests()) != self.bench.requests();
        let frame = &self.film[number % self.film.len()];
        let picture = self.encoder.encode(frame, requested).expect("encodes");
        self.number += 1;
        let picture = picture?;
        let timestamp = number as u32 * 3000;
        let seen = self.whole.decode(&picture.data).expect("decodes").frame.expect("one in, one out");
        self.expected.insert(timestamp, hash(&seen));
        if let Some(reference) = picture.keeps {
            self.kept.insert(timestamp, reference);
        }
        let (key, recovers, bytes) = (picture.key, picture.recovers, picture.data.len());
        if key {
            self.keys.push(bytes);
        }
        if recovers {
            self.recoveries.push(bytes);
        }
        let frame = EncodedFrame {
            codec: Codec::H264,
            data: picture.data,
            timestamp,
            captured: frame.at,
            duration: INTERVAL,
            key,
            layer: 0,
        };
        Some(Sent { number, recovers, packets: self.packetizer.cut(&frame, Instant::now()) })
    }

    fn deliver(&mut self, packets: Vec<Packet>) {
        self.bench.receive(self.now() + ROUND_TRIP / 2, Codec::H264, packets);
    }

    /// Takes what the receiver says; `lost` says which of it never arrives.
    fn listen(&mut self, lost: impl Fn(PictureFeedback) -> bool) {
        let heard = self.now() + ROUND_TRIP;
        for feedback in self.bench.take_feedback().into_iter().filter(|feedback| !lost(*feedback)) {
            self.feedback.push_back((heard, feedback));
        }
    }

    /// Sends so many pictures; `fate` chooses which packets arrive.
    fn run(&mut self, pictures: usize, mut fate: impl FnMut(Sent) -> Vec<Packet>) {
        for _ in 0..pictures {
            let packets = self.encode().map(&mut fate).unwrap_or_default();
            self.deliver(packets);
            self.listen(|_| false);
        }
    }

    /// All that was shown is what the encoder meant, and it went on to the end.
    fn check(&self) -> VideoReceiverStats {
        let (seen, stats) = (self.bench.seen(), self.bench.stats());
        assert!(seen.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp));
        for picture in &seen {
            assert_eq!(
                Some(&picture.hash),
                self.expected.get(&picture.timestamp),
                "{}",
                picture.timestamp / 3000
            );
        }
        let last = seen.last().expect("something was shown").timestamp / 3000;
        assert!(last as usize + 5 > self.number, "{last} of {}", self.number);
        assert_eq!(stats.damaged, 0, "{stats:?}");
        stats
    }
}

fn all(sent: Sent) -> Vec<Packet> {
    sent.packets
}

#[test]
fn a_lost_picture_is_recovered_from_without_a_key_frame() {
    for layers in [1, 2] {
        let mut link = Link::new(layers, true);
        link.run(60, all);
        for lost in [2, 4] {
            let from = link.number;
            link.run(60, |sent| if sent.number < from + lost { Vec::new() } else { sent.packets });
        }
        let stats = link.check();
        assert_eq!((link.bench.requests(), link.keys.len()), (0, 1), "{layers} layers: {stats:?}");
        assert_eq!((link.recoveries.len(), stats.recovery_requests), (2, 2), "{layers} layers");
        let largest = link.recoveries.iter().max().expect("two");
        assert!(*largest < link.keys[0], "{layers} layers: {:?} and {:?}", link.recoveries, link.keys);
    }
}

#[test]
fn a_recovery_is_smaller_than_the_key_frame_it_replaces() {
    let mut bytes = [0, 0];
    for (total, long_term) in bytes.iter_mut().zip([true, false]) {
        let mut link = Link::new(1, long_term);
        link.run(60, all);
        let from = link.number;
        link.run(60, |sent| if sent.number < from + 3 { Vec::new() } else { sent.packets });
        link.check();
        *total = link.recoveries.iter().chain(&link.keys[1..]).sum::<usize>();
        assert_eq!((link.recoveries.len() == 1, link.keys.len() == 1), (long_term, long_term));
    }
    assert!(bytes[0] < bytes[1], "{bytes:?}");
}

#[test]
fn lost_confirmations_do_no_harm() {
    let mut link = Link::new(1, true);
    link.run(60, all);
    // The newest reference is known by the request alone.
    for round in 0..60 {
        let packets = link.encode().map(|sent| if round == 40 { Vec::new() } else { sent.packets });
        link.deliver(packets.unwrap_or_default());
        link.listen(|feedback| matches!(feedback, PictureFeedback::Kept(_)));
    }
    let stats = link.check();
    assert_eq!((link.bench.requests(), link.keys.len(), link.recoveries.len()), (0, 1, 1), "{stats:?}");
    // Marking goes on after that.
    let from = link.number;
    link.run(60, |sent| if sent.number == from + 30 { Vec::new() } else { sent.packets });
    link.check();
    assert_eq!((link.bench.requests(), link.recoveries.len()), (0, 2));
}

#[test]
fn a_lost_recovery_is_asked_for_once_more_and_then_a_key_frame() {
    for (lost, keys) in [(1, 0), (9, 1)] {
        let mut link = Link::new(1, true);
        link.run(60, all);
        let (from, mut recoveries) = (link.number, 0);
        link.run(120, |sent| {
            recoveries += usize::from(sent.recovers);
            let gone = sent.number == from || sent.recovers && recoveries <= lost;
            if gone { Vec::new() } else { sent.packets }
        });
        let stats = link.check();
        assert_eq!((stats.recovery_requests, link.recoveries.len()), (2, 2), "{lost} lost: {stats:?}");
        assert_eq!((link.bench.requests(), link.keys.len()), (keys, keys as usize + 1), "{lost} lost");
    }
}

#[test]
fn a_recovery_in_disorder_and_in_parts_is_used() {
    let mut link = Link::new(1, true);
    link.run(60, all);
    let (from, mut late) = (link.number, Vec::new());
    link.run(60, |sent| {
        let mut packets = std::mem::take(&mut late);
        if sent.number == from {
            return packets;
        }
        packets.extend(sent.packets);
        if sent.recovers {
            packets.reverse();
            late.push(packets.pop().expect("several packets"));
        }
        packets
    });
    let stats = link.check();
    assert_eq!((link.bench.requests(), stats.recovery_requests, stats.gaps), (0, 1, 1), "{stats:?}");
}

#[test]
fn a_repair_that_is_faster_is_used() {
    for layers in [1, 2] {
        let mut link = Link::new(layers, true);
        link.run(60, all);
        let (from, mut missing) = (link.number, Vec::new());
        link.run(80, |mut sent| {
            if missing.is_empty() && sent.number >= from && sent.number < from + 2 {
                missing = sent.packets.split_off(1);
                missing.extend(std::mem::take(&mut sent.packets));
                return Vec::new();
            }
            // After the request, before its answer.
            if sent.number == from + 12 {
                sent.packets.append(&mut missing);
            }
            sent.packets
        });
        let stats = link.check();
        assert_eq!((link.bench.requests(), stats.gaps), (0, 0), "{layers} layers: {stats:?}");
        assert!(stats.recovery_requests <= 1, "{layers} layers: {stats:?}");
    }
}

#[test]
fn what_the_sender_itself_lost_is_recovered_from_too() {
    let mut link = Link::new(1, true);
    link.run(60, all);
    let (from, mut back) = (link.number, 0);
    link.run(60, |mut sent| {
        if sent.number == from {
            back = sent.packets.len() as u16;
            return Vec::new();
        }
        // No number is missing.
        sent.packets.iter_mut().for_each(|packet| packet.sequence = packet.sequence.wrapping_sub(back));
        sent.packets
    });
    let stats = link.check();
    assert_eq!((link.bench.requests(), stats.recovery_requests), (0, 1), "{stats:?}");
}

#[test]
fn pictures_of_the_upper_layer_are_left_out_without_a_word() {
    let mut link = Link::new(2, true);
    let mut number = 0;
    link.run(150, |sent| {
        number += 1;
        // Not the ones others are decoded from.
        let upper = sent.packets[0].payload[0] & 0x60 == 0;
        if upper && number > 30 && number % 3 == 0 { Vec::new() } else { sent.packets }
    });
    let stats = link.check();
    assert_eq!((link.bench.requests(), stats.recovery_requests, stats.gaps), (0, 0, 0), "{stats:?}");
    assert!(stats.frames_skipped > 10, "{stats:?}");
}

#[test]
fn a_sender_that_keeps_nothing_is_asked_for_key_frames_as_ever() {
    let mut link = Link::new(1, false);
    link.run(60, all);
    let from = link.number;
    link.run(60, |sent| if sent.number == from { Vec::new() } else { sent.packets });
    let stats = link.check();
    assert_eq!((link.bench.requests(), link.keys.len(), stats.recovery_requests), (1, 2, 0), "{stats:?}");
}

#[test]
fn what_follows_a_lost_key_frame_is_not_taken_for_a_recovery() {
    for (before, long_term) in (1..12).flat_map(|before| [(before, false), (before, true)]) {
        let mut link = Link::new(1, long_term);
        link.run(before, all);
        link.requests = u32::MAX;
        link.run(70, |sent| if sent.number == before { Vec::new() } else { sent.packets });
        link.check();
        assert_eq!(link.keys.len(), 3, "after {before} pictures");
    }
}

#[test]
fn while_a_key_frame_is_repaired_nothing_is_asked_for() {
    let mut link = Link::new(1, true);
    link.run(60, all);
    let (from, mut missing) = (link.number, Vec::new());
    link.requests = u32::MAX;
    link.run(60, |mut sent| {
        if sent.number == from {
            missing = sent.packets.split_off(2);
        }
        // Later than a recovery would be asked for, sooner than the key frame is given up.
        if sent.number == from + 13 {
            sent.packets.append(&mut missing);
        }
        sent.packets
    });
    let stats = link.check();
    assert_eq!((link.bench.requests(), stats.recovery_requests, stats.gaps), (0, 0, 0), "{stats:?}");
}

#[test]
fn after_a_key_frame_that_is_not_kept_a_key_frame_is_asked_for_as_ever() {
    let mut link = Link::new(1, true);
    link.run(60, all);
    let config = EncoderConfig { long_term: false, ..link.config };
    link.encoder = open_encoder(Codec::H264, config).expect("another encoder");
    link.run(30, all);
    let from = link.number;
    link.run(60, |sent| if sent.number == from { Vec::new() } else { sent.packets });
    let stats = link.check();
    assert_eq!((link.bench.requests(), link.keys.len(), stats.recovery_requests), (1, 3, 0), "{stats:?}");
}

/// Carries pictures to a receiver and loses some of them.
struct Wire {
    receiver: OnceLock<Arc<VideoReceiver>>,
    state: Mutex<(Packetizer, u32)>,
}

impl EncodedSink for Wire {
    fn send(&self, frame: EncodedFrame) {
        let Some(receiver) = self.receiver.get() else { return };
        let mut state = self.state.lock().expect("no test panics inside");
        let (packetizer, pictures) = &mut *state;
        *pictures += 1;
        let packets = packetizer.cut(&frame, Instant::now());
        if frame.key || !matches!(*pictures, 40 | 41) {
            packets.into_iter().for_each(|packet| receiver.push(frame.codec, packet));
        }
    }
}

#[test]
fn sender_and_receiver_recover_together() {
    let state = Mutex::new((Packetizer { payload_size: 300, ..Packetizer::new(9) }, 0));
    let wire = Arc::new(Wire { receiver: OnceLock::new(), state });
    let mut config = pattern(Codec::H264);
    config.sending = false;
    let sending = send(config, wire.clone());
    sending.sender.set_layer(0, Some(VideoLayer { long_term: true, ..VideoLayer::default() }));
    let shown: Arc<Seen<Shown>> = Seen::new();
    let told: Arc<Seen<PictureFeedback>> = Seen::new();
    let keys: Arc<Seen<()>> = Seen::new();
    let receiver = Arc::new(VideoReceiver::start(VideoReceiverConfig {
        clock: None,
        sink: shown.clone(),
        key_frame_wanted: {
            let keys = keys.clone();
            Arc::new(move || keys.add(()))
        },
        picture_feedback: {
            let told = told.clone();
            Arc::new(move |feedback| told.add(feedback))
        },
        unplayable: Arc::new(|_| {}),
    }));
    receiver.set_long_term(true);
    receiver.inlet().set_round_trip(Duration::from_millis(50));
    assert!(wire.receiver.set(receiver.clone()).is_ok());
    sending.sender.set_sending(true);
    let until = Instant::now() + WAIT_LIMIT;
    let (mut heard, mut asked) = (0, 0);
    while sending.sender.stats().recoveries == 0 || shown.count() < 80 {
        assert!(Instant::now() < until, "{:?} {:?}", sending.sender.stats(), receiver.stats());
        let news = told.wait("what is there", |all| Some(all[heard..].to_vec()));
        heard += news.len();
        news.into_iter().for_each(|feedback| sending.sender.picture_feedback(0, feedback));
        // On a busy machine the answer may come too late.
        if keys.count() > asked {
            asked = keys.count();
            sending.sender.force_key(0);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let stats = receiver.stats();
    assert!(stats.recovery_requests >= 1 && stats.damaged == 0, "{stats:?}");
    assert!(shown.wait("pictures", |all| Some(all.iter().all(|picture| picture.number.is_some()))));
}

#[test]
fn nonsense_from_the_other_end_makes_no_more_than_key_frames_now_and_then() {
    for long_term in [true, false] {
        let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
        let began = Instant::now();
        let sending = send(pattern(Codec::H264), encoded.clone());
        sending.sender.set_layer(0, Some(VideoLayer { long_term, ..VideoLayer::default() }));
        let mut chance = 1_u32;
        while encoded.count() < 60 {
            assert!(began.elapsed() < WAIT_LIMIT);
            chance = chance.wrapping_mul(2_654_435_761).wrapping_add(7);
            sending.sender.picture_feedback(0, PictureFeedback::Kept(chance));
            sending.sender.picture_feedback(0, PictureFeedback::Lost { kept: chance });
            sending.sender.picture_feedback(7, PictureFeedback::Lost { kept: chance });
            std::thread::sleep(Duration::from_millis(1));
        }
        let stats = sending.sender.stats();
        // The first, then one in 300 ms.
        let most = 2 + began.elapsed().as_millis() as u64 / 300;
        assert!(stats.key_frames <= most && stats.recoveries == 0, "{stats:?}");
    }
}
