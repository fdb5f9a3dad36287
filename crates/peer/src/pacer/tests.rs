use rtc::interceptor::{Interceptor, RTCPFeedback};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::NackPair;
use rtc::rtp::header::Header;
use rtc::sansio::Protocol;

use super::*;
use crate::bandwidth::ProbeCluster;
use crate::interceptor::{Filtered, test_packets};

const AUDIO: u32 = 1;
const VIDEO: u32 = 2;
const REPAIRS: u32 = 3;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Sender {
    shared: Arc<Shared>,
    pacer: Filtered<Pacer>,
    number: u16,
    start: Instant,
}

impl Sender {
    fn new(target: u32) -> Self {
        let shared = Arc::new(Shared::new(None, target));
        let mut pacer = Filtered::new(Pacer::new(Arc::clone(&shared)));
        pacer.bind_local_stream(&StreamInfo {
            ssrc: AUDIO,
            mime_type: "audio/opus".to_owned(),
            ..Default::default()
        });
        pacer.bind_local_stream(&StreamInfo {
            ssrc: VIDEO,
            ssrc_rtx: Some(REPAIRS),
            payload_type_rtx: Some(97),
            mime_type: "video/VP8".to_owned(),
            rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
            ..Default::default()
        });
        Self { shared, pacer, number: 65_530, start: Instant::now() }
    }

    /// A frame of packets of 1200 bytes, its timestamp the time in ms.
    fn frame(&mut self, at: u64, packets: usize) {
        for n in 1..=packets {
            let header = Header {
                ssrc: VIDEO,
                timestamp: u32::try_from(at).expect("small"),
                sequence_number: self.number,
                marker: n == packets,
                ..Default::default()
            };
            self.number = self.number.wrapping_add(1);
            let packet = test_packets::rtp(self.start + ms(at), header, vec![0; 1_188]);
            self.pacer.handle_write(packet).expect("never refuses");
        }
    }

    fn key_frame(&mut self, at: u64, packets: usize) {
        self.shared.note_key_frame(u32::try_from(at).expect("small"));
        self.frame(at, packets);
    }

    fn nack(&mut self, at: u64, packet_id: u16, lost_packets: u16) {
        let nack = TransportLayerNack {
            sender_ssrc: 9,
            media_ssrc: VIDEO,
            nacks: vec![NackPair { packet_id, lost_packets }],
        };
        self.pacer.handle_read(test_packets::rtcp(self.start + ms(at), nack)).expect("never refuses");
        while self.pacer.poll_read().is_some() {}
    }

    fn left(&mut self) -> Vec<Left> {
        let mut left = Vec::new();
        while let Some(message) = self.pacer.poll_write() {
            let sent_as = SentAs::of(&message.message);
            let at = message.now - self.start;
            if let Packet::Rtp(packet) = message.message.packet {
                let (header, size) = (packet.header, packet.payload.len() + 12);
                left.push(Left {
                    at,
                    ssrc: header.ssrc,
                    number: header.sequence_number,
                    timestamp: header.timestamp,
                    size,
                    sent_as,
                });
            }
        }
        left
    }

    /// Runs its timers up to `until`.
    fn run(&mut self, until: u64) -> Vec<Left> {
        let mut left = self.left();
        while let Some(due) = self.pacer.poll_timeout().filter(|due| *due <= self.start + ms(until)) {
            self.pacer.handle_timeout(due).expect("never refuses");
            left.extend(self.left());
        }
        left
    }
}

#[derive(Clone, Copy, Debug)]
struct Left {
    at: Duration,
    ssrc: u32,
    number: u16,
    timestamp: u32,
    size: usize,
    sent_as: SentAs,
}

#[test]
fn a_burst_of_video_is_spread_and_sound_overtakes_it() {
    let mut sender = Sender::new(1_000_000);
    sender.key_frame(0, 50);
    let sound = Header { ssrc: AUDIO, ..Default::default() };
    sender.pacer.handle_write(test_packets::rtp(sender.start, sound, vec![0; 100])).expect("never refuses");
    let at_once = sender.left();
    assert!(at_once.len() < 6, "{} packets left at once", at_once.len());
    assert_eq!(at_once.last().map(|left| left.ssrc), Some(AUDIO));
    let rest = sender.run(10_000);
    assert_eq!(rest.len() + at_once.len(), 51);
    // 50 packets of 9600 bit at 1.5 Mbit/s.
    let took = rest.last().expect("something waited").at;
    assert!(took > ms(240) && took < ms(325), "{took:?}");
    assert!(rest.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[test]
fn an_encoder_far_above_the_target_loses_whole_frames_up_to_a_key_frame_and_numbers_go_on() {
    let mut sender = Sender::new(300_000);
    sender.key_frame(0, 3);
    let mut left = Vec::new();
    for frame in 1..60 {
        sender.frame(frame * 33, 4);
        left.extend(sender.run(frame * 33 + 32));
    }
    assert!(sender.shared.sending.pacer_frames_dropped.load(Ordering::Relaxed) > 20);
    assert!(sender.shared.pending.key_frame.load(Ordering::Relaxed));
    let before = left.last().expect("something left").at;
    assert!(before < ms(1_200), "{before:?}: nothing leaves but what waits for the key frame");
    sender.key_frame(2_000, 3);
    sender.frame(2_033, 1);
    left.extend(sender.run(5_000));
    assert_eq!(left.last().map(|left| left.timestamp), Some(2_033));
    let expected = (0..left.len()).map(|n| 65_530_u16.wrapping_add(u16::try_from(n).expect("few")));
    assert!(left.iter().map(|left| left.number).eq(expected), "no gap where frames were dropped");
    for timestamp in left.iter().map(|left| left.timestamp) {
        let packets = left.iter().filter(|left| left.timestamp == timestamp).count();
        assert!([1, 3, 4].contains(&packets), "whole frames only");
    }
}

#[test]
fn a_key_frame_takes_the_place_of_what_waits_before_it() {
    let mut sender = Sender::new(300_000);
    sender.key_frame(0, 1);
    for frame in 1..4 {
        sender.frame(frame, 4);
    }
    sender.key_frame(4, 2);
    sender.frame(5, 1);
    let left = sender.run(5_000);
    let of = |timestamp| left.iter().filter(|left| left.timestamp == timestamp).count();
    assert_eq!([of(0), of(2), of(3), of(4), of(5)], [1, 0, 0, 2, 1], "{left:?}");
    assert!([0, 4].contains(&of(1)), "whole frames only");
    assert!(sender.shared.sending.pacer_frames_dropped.load(Ordering::Relaxed) >= 2);
    // A short wait costs no frame.
    let mut sender = Sender::new(2_000_000);
    (0..3).for_each(|frame| sender.frame(frame, 1));
    sender.key_frame(3, 2);
    assert_eq!(sender.run(5_000).len(), 5);
}

#[test]
fn a_long_key_frame_is_sent_whole_and_what_follows_waits_for_it() {
    let mut sender = Sender::new(300_000);
    sender.key_frame(0, 30);
    let mut left = Vec::new();
    for frame in 1..30 {
        sender.frame(frame * 33, 1);
        left.extend(sender.run(frame * 33 + 32));
    }
    left.extend(sender.run(5_000));
    assert_eq!(left.len(), 59);
    assert_eq!(sender.shared.sending.pacer_frames_dropped.load(Ordering::Relaxed), 0);
}

#[test]
fn repairs_go_before_new_pictures_once_a_round_trip_and_within_their_budget() {
    let mut sender = Sender::new(300_000);
    sender.shared.round_trip_us.store(100_000, Ordering::Relaxed);
    sender.key_frame(0, 17);
    let first = sender.run(2_000);
    assert_eq!(first.len(), 17);
    sender.frame(2_000, 10);
    let mut left = sender.left();
    // Everything, again and again.
    for at in (2_001..2_081).step_by(20) {
        sender.nack(at, first[0].number, 0xFFFF);
        left.extend(sender.run(at + 19));
    }
    left.extend(sender.run(2_090));
    let media = left.iter().take(4).filter(|left| left.ssrc == VIDEO).count();
    assert!(media <= 2 && left[media].ssrc == REPAIRS, "{left:?}");
    left.extend(sender.run(4_000));
    let repairs: Vec<_> = left.iter().filter(|left| left.ssrc == REPAIRS).collect();
    assert!(repairs.len() <= 17, "{}", repairs.len());
    assert!(repairs.iter().all(|left| left.at < ms(2_300)), "stale ones are dropped");
    let in_a_second: usize = left.iter().filter(|l| l.at < ms(3_000)).map(|l| l.size * 8).sum();
    assert!(in_a_second as f64 <= 1.2 * 300_000.0, "{in_a_second}");
    assert!(sender.shared.counters.video.retransmissions_refused.load(Ordering::Relaxed) >= 51);
    // Numbers never sent, and streams that are not ours.
    sender.nack(4_000, 9_999, 0xFFFF);
    assert!(sender.run(5_000).is_empty());
}

#[test]
fn what_left_before_a_key_frame_is_not_sent_again() {
    let mut sender = Sender::new(300_000);
    sender.shared.round_trip_us.store(100_000, Ordering::Relaxed);
    sender.key_frame(0, 3);
    sender.frame(100, 10);
    let first = sender.run(2_000);
    // Some wait for their turn when the key frame comes, others are asked for after it.
    sender.frame(2_000, 8);
    sender.nack(2_001, first[4].number, 0x00FF);
    sender.key_frame(2_010, 8);
    let mut left = sender.run(2_600);
    sender.nack(2_600, first[3].number, 0);
    left.extend(sender.run(3_000));
    let begun = left.iter().position(|left| left.timestamp == 2_010 && left.ssrc == VIDEO);
    let (before, after) = left.split_at(begun.expect("the key frame left"));
    let repairs = |left: &[Left]| left.iter().filter(|left| left.ssrc == REPAIRS).count();
    assert!(repairs(before) < 9, "{}", repairs(before));
    assert_eq!(repairs(after), 0);
    // The key frame itself is.
    sender.nack(3_000, after[0].number, 1);
    let left = sender.run(4_000);
    assert_eq!(left.iter().filter(|left| left.ssrc == REPAIRS).count(), 2);
    // Numbers go round; a key frame long ago is not one to come.
    sender.shared.target.store(50_000_000, Ordering::Relaxed);
    for frame in 0..400 {
        sender.frame(10_000 + frame * 500, 100);
        sender.run(10_490 + frame * 500);
    }
    let newest = sender.number.wrapping_sub(5);
    sender.nack(211_000, newest, 0);
    assert_eq!(sender.run(212_000).len(), 1);
}

/// The lock-up seen at 20 % loss: sound and pictures took a little more than the target, so that no repair left; key
/// frames in place of what was missing took still more.
#[test]
fn an_encoder_above_the_target_leaves_repairs_their_part() {
    let mut sender = Sender::new(300_000);
    sender.shared.round_trip_us.store(100_000, Ordering::Relaxed);
    let mut repairs = 0;
    for frame in 0..240_u64 {
        // 1.4 times the target, and one packet of each frame is lost, which is known half a second later.
        let at = frame * 46;
        sender.frame(at, 2);
        let left = sender.run(at + 20);
        if frame >= 11 {
            sender.nack(at + 20, sender.number.wrapping_sub(24), 0);
        }
        let left = left.into_iter().chain(sender.run(at + 45));
        repairs += left.filter(|left| left.ssrc == REPAIRS && left.at >= ms(1_000)).count();
    }
    let bps = repairs as f64 * 9_600.0 / 10.0;
    assert!((0.15 * 300_000.0..=0.25 * 300_000.0).contains(&bps), "{bps} bit/s");
    assert!(sender.shared.sending.repair_bytes_expired.load(Ordering::Relaxed) > 0, "the rest is known");
}

#[test]
fn a_probe_leaves_at_its_rate_with_media_first_and_padding_after_it() {
    let mut sender = Sender::new(300_000);
    sender.key_frame(0, 3);
    sender.run(1_000);
    let cluster =
        |id, bps| ProbeCluster { id: ProbeClusterId(id), bps, min_packets: 5, min_duration: ms(60) };
    sender.shared.set_probe(Some((sender.start + ms(1_000), cluster(1, 1.2e6))));
    sender.frame(1_000, 3);
    let left = sender.run(1_999);
    let marked: Vec<_> = left.iter().filter(|left| left.sent_as.probe == Some(ProbeClusterId(1))).collect();
    assert_eq!(left.len(), marked.len());
    let padding: Vec<bool> = marked.iter().map(|left| left.sent_as.padding).collect();
    assert_eq!(padding, [false, false, false, true, true, true, true, true]);
    assert!(marked.iter().skip(3).all(|left| left.ssrc == REPAIRS));
    let (first, last) = (marked[0].at, marked[7].at);
    assert!((ms(54)..=ms(60)).contains(&(last - first)), "{:?}", last - first);
    assert_eq!(sender.shared.sending.probes_sent.load(Ordering::Relaxed), 1);
    // A picture that is paused does not keep a probe from leaving, and no timer runs after it.
    sender.shared.set_probe(Some((sender.start + ms(9_000), cluster(2, 1.2e6))));
    let paused = sender.run(20_000);
    assert!(paused.len() >= 5, "{paused:?}");
    assert!(paused.iter().all(|left| left.sent_as.probe == Some(ProbeClusterId(2)) && left.sent_as.padding));
    // On a thin path packets are further apart than a probe may stall.
    sender.shared.set_probe(Some((sender.start + ms(20_000), cluster(4, 1e5))));
    let slow = sender.run(30_000);
    assert_eq!(slow.len(), 5, "{slow:?}");
    let time = slow[4].at - slow[0].at;
    assert!((ms(370)..=ms(400)).contains(&time), "{time:?} at 100 kbit/s");
    // Without any picture ever there is nothing to fill one with.
    let mut sender = Sender::new(300_000);
    sender.shared.set_probe(Some((sender.start, cluster(3, 1.2e6))));
    assert!(sender.run(2_000).is_empty());
    assert_eq!(sender.pacer.poll_timeout(), None);
}
