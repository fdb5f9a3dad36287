//! Tests of sender and receiver joined by packets that are lost, duplicated and out of order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::codec::Unplayable;
use crate::video::image::Planes;
use crate::video::packetize::Packetizer;
use crate::video::{
    SourceEvent, VideoFormat, VideoOutputs, VideoReceiver, VideoReceiverConfig, VideoSender,
    VideoSenderConfig, read_frame_number,
};
use crate::{Codec, EncodedFrame, EncodedSink, FrameSink, Packet, PlayoutClock, VideoFrame};

/// Long enough for a busy machine, short enough to fail one day.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_secs(90);

/// Keeps what it is given; tests wait for what they want to see in it.
pub(crate) struct Seen<T> {
    items: Mutex<Vec<T>>,
    more: Condvar,
}

impl<T> Seen<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { items: Mutex::new(Vec::new()), more: Condvar::new() })
    }

    pub(crate) fn add(&self, item: T) {
        self.items.lock().expect("no test panics inside").push(item);
        self.more.notify_all();
    }

    /// Waits until the test is content with what was seen.
    pub(crate) fn wait<R>(&self, what: &str, mut content: impl FnMut(&[T]) -> Option<R>) -> R {
        let until = Instant::now() + WAIT_LIMIT;
        let mut items = self.items.lock().expect("no test panics inside");
        loop {
            if let Some(result) = content(&items) {
                return result;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never seen: {what}, of {} in all", items.len());
            items = self.more.wait_timeout(items, left).expect("no test panics inside").0;
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.items.lock().expect("no test panics inside").len()
    }
}

/// What a picture was, without its pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) number: Option<u32>,
    pub(crate) timestamp: u32,
    pub(crate) size: (u32, u32),
    /// In the middle: luma and the two chromas.
    pub(crate) colour: [u8; 3],
}

impl FrameSink for Seen<Shown> {
    fn frame(&self, frame: VideoFrame) {
        self.add(Shown {
            number: read_frame_number(&frame),
            timestamp: frame.timestamp,
            size: (frame.width, frame.height),
            colour: middle(&frame),
        });
    }
}

/// Luma and chromas of the picture's middle.
pub(crate) fn middle(frame: &VideoFrame) -> [u8; 3] {
    let (w, h) = (frame.width as usize, frame.height as usize);
    let (x, y) = (w / 4, h / 4);
    let chroma = y * (w / 2) + x;
    let planes = Planes::of(frame).expect("a sound picture");
    [planes.y[y * 2 * w + x * 2], planes.u[chroma], planes.v[chroma]]
}

impl EncodedSink for Seen<EncodedFrame> {
    fn send(&self, frame: EncodedFrame) {
        self.add(frame);
    }
}

fn format(width: u32, height: u32) -> VideoFormat {
    VideoFormat { width, height, fps: 30 }
}

pub(crate) struct Sending {
    pub(crate) sender: VideoSender,
    pub(crate) self_view: Arc<Seen<Shown>>,
    pub(crate) events: Arc<Seen<SourceEvent>>,
}

pub(crate) fn send(config: VideoSenderConfig, encoded: Arc<dyn EncodedSink>) -> Sending {
    let (self_view, events) = (Seen::new(), Seen::new());
    let outputs = VideoOutputs {
        encoded,
        self_view: self_view.clone(),
        events: {
            let events = events.clone();
            Arc::new(move |event| events.add(event))
        },
    };
    Sending { sender: VideoSender::start(config, outputs), self_view, events }
}

pub(crate) fn pattern(codec: Codec) -> VideoSenderConfig {
    VideoSenderConfig {
        source: "test:pattern".into(),
        format: format(320, 180),
        codec,
        bitrate: 400_000,
        ..VideoSenderConfig::default()
    }
}

/// A wire between the pipelines with a fault for every packet it chooses.
struct Wire {
    receiver: OnceLock<Arc<VideoReceiver>>,
    state: Mutex<(Packetizer, VecDeque<Packet>)>,
    packets: AtomicU64,
    fault: fn(u64) -> Fault,
}

#[derive(PartialEq)]
enum Fault {
    None,
    Lose,
    Double,
    Delay,
}

impl Wire {
    fn new(fault: fn(u64) -> Fault) -> Arc<Self> {
        let packetizer = Packetizer { payload_size: 300, ..Packetizer::new(65_000) };
        Arc::new(Self {
            receiver: OnceLock::new(),
            state: Mutex::new((packetizer, VecDeque::new())),
            packets: AtomicU64::new(0),
            fault,
        })
    }
}

impl EncodedSink for Wire {
    fn send(&self, frame: EncodedFrame) {
        let Some(receiver) = self.receiver.get() else { return };
        let mut state = self.state.lock().expect("no test panics inside");
        let (packetizer, delayed) = &mut *state;
        for packet in packetizer.cut(&frame, Instant::now()) {
            let late = delayed.pop_front();
            match (self.fault)(self.packets.fetch_add(1, Ordering::SeqCst)) {
                Fault::None => receiver.push(frame.codec, packet),
                Fault::Lose => {}
                Fault::Double => {
                    receiver.push(frame.codec, packet.clone());
                    receiver.push(frame.codec, packet);
                }
                Fault::Delay => delayed.push_back(packet),
            }
            if let Some(late) = late {
                receiver.push(frame.codec, late);
            }
        }
    }
}

struct Call {
    sending: Sending,
    receiver: Arc<VideoReceiver>,
    shown: Arc<Seen<Shown>>,
}

fn call(config: VideoSenderConfig, fault: fn(u64) -> Fault, clock: Option<Arc<dyn PlayoutClock>>) -> Call {
    let wire = Wire::new(fault);
    let sending = send(VideoSenderConfig { sending: false, ..config }, wire.clone());
    let shown: Arc<Seen<Shown>> = Seen::new();
    let wanted = Arc::new(AtomicU64::new(0));
    let receiver = Arc::new(VideoReceiver::start(VideoReceiverConfig {
        clock,
        sink: shown.clone(),
        key_frame_wanted: {
            let wanted = wanted.clone();
            Arc::new(move || {
                wanted.fetch_add(1, Ordering::SeqCst);
            })
        },
        picture_feedback: Arc::new(|_| {}),
        unplayable: Arc::new(|_| {}),
    }));
    receiver.inlet().set_round_trip(Duration::from_millis(20));
    assert!(wire.receiver.set(receiver.clone()).is_ok());
    sending.sender.set_sending(true);
    let call = Call { sending, receiver, shown };
    // The way back: requests for key frames reach the sender.
    call.carry(&wanted);
    call
}

impl Call {
    /// Carries key-frame requests until something was shown; tests that lose packets go on themselves.
    fn carry(&self, wanted: &AtomicU64) {
        let until = Instant::now() + WAIT_LIMIT;
        let mut done = 0;
        while self.shown.count() < 60 {
            assert!(Instant::now() < until, "{:?} {:?}", self.sending.sender.stats(), self.receiver.stats());
            if wanted.load(Ordering::SeqCst) > done {
                done = wanted.load(Ordering::SeqCst);
                self.sending.sender.force_key(0);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn assert_in_order(shown: &[Shown]) {
    for pair in shown.windows(2) {
        let (one, two) = (pair[0], pair[1]);
        assert!(two.timestamp.wrapping_sub(one.timestamp).cast_signed() > 0, "{one:?} {two:?}");
        assert!(two.number > one.number, "{one:?} {two:?}");
    }
}

#[test]
fn numbered_pictures_arrive_in_order_with_the_stamp_of_their_capture() {
    for &codec in crate::codec::video_codecs() {
        let config = pattern(codec);
        let epoch = config.epoch;
        let call = call(config, |_| Fault::None, None);
        let shown = call.shown.wait("sixty pictures", |all| (all.len() >= 60).then(|| all.to_vec()));
        assert_in_order(&shown);
        // Picture n of the pattern is captured n thirtieths of a second after the epoch.
        for picture in &shown {
            let expected = u64::from(picture.number.expect("numbered")) * 33_333_333 * 90_000 / 1_000_000_000;
            assert!(u64::from(picture.timestamp).abs_diff(expected) <= 1, "{picture:?}");
            assert_eq!(picture.size, (320, 180));
        }
        let (sent, got) = (call.sending.sender.stats(), call.receiver.stats());
        assert_eq!((got.gaps, got.damaged, got.codec), (0, 0, Some(codec)));
        assert!(got.frames_shown >= 60 && got.key_frames >= 1 && got.packets > 60);
        assert_eq!((got.width, got.height, sent.width, sent.height), (320, 180, 320, 180));
        assert!(sent.frames_encoded >= 60 && sent.key_frames >= 1 && sent.kbps > 0.0 && sent.encode_ms > 0.0);
        drop(call);
        assert!(epoch.elapsed() < WAIT_LIMIT * 2);
    }
}

#[test]
fn loss_doubling_and_disorder_end_in_a_picture_that_goes_on() {
    for &codec in crate::codec::video_codecs() {
        let fault = |n: u64| match n % 97 {
            // Nothing is lost in the first key frame, much later, and then nothing again.
            40 if n > 200 && n < 1200 => Fault::Lose,
            11 | 57 => Fault::Double,
            5 | 23 | 71 => Fault::Delay,
            _ => Fault::None,
        };
        let call = call(pattern(codec), fault, None);
        let shown = call.shown.wait("sixty pictures", |all| (all.len() >= 60).then(|| all.to_vec()));
        assert_in_order(&shown);
        assert!(shown.iter().all(|picture| picture.number.is_some()));
        let stats = call.receiver.stats();
        assert!(stats.packets_useless > 0, "{stats:?}");
    }
}

#[test]
fn a_camera_switched_off_sends_nothing_and_on_again_begins_with_a_key_frame() {
    let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
    let sending = send(pattern(Codec::H264), encoded.clone());
    encoded.wait("ten pictures", |all| (all.len() >= 10).then_some(()));
    sending.sender.set_on(false);
    // The source is closed once its name is gone.
    let until = Instant::now() + WAIT_LIMIT;
    while !sending.sender.stats().source.is_empty() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(5));
    }
    // One picture may have been on its way.
    std::thread::sleep(Duration::from_millis(300));
    let (sent, seen) = (encoded.count(), sending.self_view.count());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!((encoded.count(), sending.self_view.count()), (sent, seen));
    sending.sender.set_on(true);
    let first = encoded.wait("a picture after the pause", |all| all.get(sent).cloned());
    assert!(first.key);
    let opened = sending.events.wait("two openings", |all| (all.len() >= 2).then(|| all.to_vec()));
    assert!(opened.iter().all(|event| matches!(event, SourceEvent::Opened { .. })), "{opened:?}");
}

#[test]
fn self_view_runs_before_the_call_and_forced_keys_come() {
    let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
    let sending = send(VideoSenderConfig { sending: false, ..pattern(Codec::H264) }, encoded.clone());
    sending.self_view.wait("self-view", |all| (all.len() >= 10).then_some(()));
    assert_eq!(encoded.count(), 0);
    sending.sender.set_sending(true);
    assert!(encoded.wait("the first picture", |all| all.first().cloned()).key);
    std::thread::sleep(Duration::from_millis(400));
    sending.sender.force_key(0);
    encoded
        .wait("a second key frame", |all| (all.iter().filter(|frame| frame.key).count() >= 2).then_some(()));
}

#[test]
fn size_follows_the_bit_rate_and_codecs_change_in_mid_stream() {
    let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
    let config = VideoSenderConfig { format: format(1280, 720), bitrate: 1_300_000, ..pattern(Codec::H264) };
    let sending = send(config, encoded.clone());
    let size = |wanted: (u32, u32)| {
        let until = Instant::now() + WAIT_LIMIT;
        loop {
            let stats = sending.sender.stats();
            if (stats.width, stats.height) == wanted {
                return;
            }
            assert!(Instant::now() < until, "{stats:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    size((1280, 720));
    sending.sender.set_bitrate(600_000);
    size((960, 540));
    sending.sender.set_bitrate(200_000);
    size((640, 360));
    sending.sender.set_bitrate(60_000);
    size((320, 180));
    sending.sender.set_bitrate(2_000_000);
    size((1280, 720));
    if crate::codec::video_codecs().contains(&Codec::Vp8) {
        sending.sender.set_codec(Codec::Vp8);
        let first = encoded.wait("VP8", |all| all.iter().find(|frame| frame.codec == Codec::Vp8).cloned());
        assert!(first.key);
    }
}

#[test]
fn a_source_that_is_not_there_is_an_event_and_another_may_take_its_place() {
    let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
    let sending = send(
        VideoSenderConfig { source: "camera:no such camera".into(), ..pattern(Codec::H264) },
        encoded.clone(),
    );
    sending.events.wait("the loss", |all| {
        all.first()
            .map(|event| assert!(matches!(event, SourceEvent::Lost { message, .. } if !message.is_empty())))
    });
    sending.sender.set_source("test:pattern");
    sending.events.wait("the return", |all| {
        all.contains(&SourceEvent::Back { label: "Test pattern".into() }).then_some(())
    });
    encoded.wait("pictures", |all| (all.len() >= 5).then_some(()));
}

/// Every picture an hour later than anyone would believe.
struct Never;

impl PlayoutClock for Never {
    fn due(&self, _: u32, arrived: Instant, _: Instant) -> Instant {
        arrived + Duration::from_secs(3600)
    }
}

#[test]
fn a_mad_clock_delays_but_does_not_stop_the_picture() {
    let call = call(pattern(Codec::H264), |_| Fault::None, Some(Arc::new(Never)));
    let shown = call.shown.wait("sixty pictures", |all| (all.len() >= 60).then(|| all.to_vec()));
    assert_in_order(&shown);
}

#[test]
fn a_flood_of_nonsense_leaves_the_receiver_able() {
    let shown: Arc<Seen<Shown>> = Seen::new();
    let wanted: Arc<Seen<()>> = Seen::new();
    let receiver = VideoReceiver::start(VideoReceiverConfig {
        clock: None,
        sink: shown.clone(),
        key_frame_wanted: {
            let wanted = wanted.clone();
            Arc::new(move || wanted.add(()))
        },
        picture_feedback: Arc::new(|_| {}),
        unplayable: Arc::new(|_| {}),
    });
    for number in 0..20_000u32 {
        let codec = [Codec::H264, Codec::Vp8, Codec::Opus][number as usize % 3];
        receiver.push(
            codec,
            Packet {
                sequence: (number / 3) as u16,
                timestamp: number / 9,
                marker: number % 9 == 0,
                payload: number.wrapping_mul(2_654_435_761).to_be_bytes().to_vec().into(),
                arrived: Instant::now(),
            },
        );
    }
    wanted.wait("a request for a key frame", |all| (!all.is_empty()).then_some(()));
    assert!(wanted.count() < 200, "asked {} times", wanted.count());
    let stats = receiver.stats();
    assert!(stats.packets + stats.packets_dropped > 0);
}

#[test]
fn a_stream_that_cannot_be_shown_is_said_once_and_a_better_one_is_shown() {
    let shown: Arc<Seen<Shown>> = Seen::new();
    let said: Arc<Seen<Option<Unplayable>>> = Seen::new();
    let receiver = VideoReceiver::start(VideoReceiverConfig {
        clock: None,
        sink: shown.clone(),
        key_frame_wanted: Arc::new(|| {}),
        picture_feedback: Arc::new(|_| {}),
        unplayable: {
            let said = said.clone();
            Arc::new(move |why| said.add(why))
        },
    });
    let mut sequence = 0_u16;
    let mut push = |codec, timestamp, payload: &[u8]| {
        let (payload, arrived) = (payload.to_vec().into(), Instant::now());
        receiver.push(codec, Packet { sequence, timestamp, marker: true, payload, arrived });
        sequence += 1;
    };
    // VP8 key frames of 5120x2880, then H.264 in another stream.
    for number in 0..20 {
        push(Codec::Vp8, number * 3000, &[0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x14, 0x40, 0x0b, 0, 0]);
    }
    said.wait("the reason", |all| (!all.is_empty()).then_some(()));
    let stream = include_bytes!("../../codec/testdata/grey-main.h264");
    let first = crate::codec::h264::annex_b::units(stream);
    let slice = first.iter().position(|unit| unit[0] & 0x1f == 5).expect("a key frame");
    let mut stap = vec![0x78];
    for unit in first[..=slice].iter().filter(|unit| matches!(unit[0] & 0x1f, 5 | 7 | 8)) {
        stap.extend_from_slice(&u16::try_from(unit.len()).expect("small").to_be_bytes());
        stap.extend_from_slice(unit);
    }
    push(Codec::H264, 90_000, &stap);
    shown.wait("the other stream", |all| (!all.is_empty()).then_some(()));
    said.wait("that it is over", |all| (all.len() >= 2).then_some(()));
    said.wait("nothing more", |all| (*all == [Some(Unplayable::TooLarge), None]).then_some(()));
}
