use bellwire_media::Codec;
use rtc::rtp::header::Header;
use rtc::sansio::Protocol;

use super::*;
use crate::codecs::ABS_SEND_TIME;
use crate::description::formats::Format;
use crate::incoming_streams::{IncomingKind, IncomingStreams};
use crate::interceptor::{Filtered, test_packets};

const LIMITS: Limits = Limits { start: 300e3, min: 20e3, max: 4e6 };

fn format(payload_type: u8, codec: Codec) -> Format {
    Format { repair: (codec == Codec::Vp8).then_some(97), ..Format::plain(payload_type, codec) }
}

/// A connection's end with the time in hand.
struct Bench {
    shared: Arc<Shared>,
    remb: Filtered<Remb>,
    start: Instant,
    number: u16,
}

impl Bench {
    fn new(wants_remb: bool) -> Self {
        let shared = Arc::new(Shared::new(None, 300_000));
        let incoming = |formats| IncomingKind { formats, ..IncomingKind::default() };
        shared.expect(IncomingStreams {
            audio: incoming(vec![format(111, Codec::Opus)]),
            video: IncomingKind {
                extensions: vec![(4, ABS_SEND_TIME)],
                wants_remb,
                ..incoming(vec![format(96, Codec::Vp8)])
            },
        });
        let remb = Filtered::new(Remb::new(LIMITS, Arc::clone(&shared)));
        Self { shared, remb, start: Instant::now(), number: 0 }
    }

    fn at(&self, ms: f64) -> Instant {
        self.start + Duration::from_secs_f64(ms / 1e3)
    }

    /// A packet that left then and comes so much later, both in milliseconds.
    fn packet(&mut self, ssrc: u32, payload_type: u8, sent: f64, late: f64, size: usize) {
        self.number += u16::from(ssrc == 7);
        let (sequence_number, timestamp) = (self.number, (sent * 90.0) as u32);
        let mut header = Header { ssrc, payload_type, sequence_number, timestamp, ..Default::default() };
        let ticks = (((sent + 60e3) * 262.144) as u32).to_be_bytes();
        header.set_extension(4, ticks[1..].to_vec().into()).expect("it fits");
        self.remb
            .handle_read(test_packets::rtp(self.at(sent + late), header, vec![0; size]))
            .expect("never refuses");
        assert!(self.remb.poll_read().is_some(), "packets pass");
    }

    /// What is told until then: when, how much and of which streams.
    fn told(&mut self, ms: f64) -> Vec<(Instant, f32, Vec<u32>)> {
        let mut told = Vec::new();
        while let Some(due) = self.remb.poll_timeout().filter(|due| *due <= self.at(ms)) {
            self.remb.handle_timeout(due).expect("never refuses");
            while let Some(message) = self.remb.poll_write() {
                let Packet::Rtcp(packets) = message.message.packet else { panic!("RTCP expected") };
                let remb = packets[0].as_any().downcast_ref::<ReceiverEstimatedMaximumBitrate>();
                let remb = remb.expect("a REMB");
                told.push((due, remb.bitrate, remb.ssrcs.clone()));
            }
        }
        told
    }

    /// A megabit a second of pictures, with sound and repairs, each packet later by so much than the one before.
    fn call(&mut self, from: f64, to: f64, mut late: f64, later: f64) -> Vec<(Instant, f32, Vec<u32>)> {
        let mut told = Vec::new();
        let mut ms = from;
        while ms < to {
            self.packet(7, 96, ms, late, 1_250);
            self.packet(8, 97, ms, late, 20);
            self.packet(9, 111, ms, late, 50);
            late += later;
            ms += 10.0;
            told.extend(self.told(ms));
        }
        told
    }
}

#[test]
fn the_estimate_is_told_once_a_second_and_at_once_when_it_falls() {
    let mut bench = Bench::new(true);
    let told = bench.call(0.0, 10_000.0, 20.0, 0.0);
    assert!((9..=10).contains(&told.len()), "{} times", told.len());
    assert!(told.windows(2).all(|pair| pair[1].0 - pair[0].0 >= INTERVAL));
    assert!(told.iter().all(|(_, bps, ssrcs)| *ssrcs == [7] && (1e6..1.7e6).contains(&f64::from(*bps))));
    let (last, before, _) = told.last().cloned().expect("told before");
    assert_eq!(bench.shared.remb_sent_bps.load(Ordering::Relaxed), before as u64);
    let told = bench.call(10_000.0, 11_500.0, 20.0, 3.0);
    let (fell, after, _) = told.iter().find(|(_, bps, _)| *bps < before * 0.97).expect("it falls");
    assert!(*fell - last < Duration::from_millis(1_700) && *after < 1e6, "{after}");
    let gaps: Vec<Duration> = told.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(gaps.iter().any(|gap| *gap < INTERVAL) || *fell - last < INTERVAL, "{gaps:?}");
}

#[test]
fn a_sender_with_feedback_of_another_kind_is_told_nothing() {
    let mut bench = Bench::new(false);
    assert!(bench.call(0.0, 5_000.0, 20.0, 0.0).is_empty());
    assert_eq!(bench.remb.poll_timeout(), None, "and it costs no timer");
    assert_eq!(bench.shared.remb_sent_bps.load(Ordering::Relaxed), 0);
}

#[test]
fn without_pictures_nothing_is_told() {
    let mut bench = Bench::new(true);
    assert!(!bench.call(0.0, 2_000.0, 20.0, 0.0).is_empty());
    for packet in 0..500 {
        let ms = 2_000.0 + f64::from(packet) * 20.0;
        bench.packet(9, 111, ms, 20.0, 50);
        let told = bench.told(ms);
        assert!(ms < 4_100.0 || told.is_empty(), "the camera is off");
    }
}
