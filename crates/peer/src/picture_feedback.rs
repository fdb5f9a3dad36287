//! Feedback on pictures that are kept and lost: reference picture selection indication (RPSI, RFC 4585 6.3.3), where both
//! sides have agreed on it (`a=rtcp-fb:… ack rpsi`, 4.2). RFC 6184 defines no native bit string for H.264; this is the one
//! between clients of ours. It names pictures by their RTP timestamp, which means nothing wrong to an encoder made anew.
//!
//! ```text
//!  V=2 P=0 FMT=3 | PT=206 | length=4 | SSRC | SSRC of the pictures
//!  padding bits=8 | 0, payload type | kind (8): 1 kept, 2 lost after | RTP timestamp (32) | 0 (8)
//! ```
//!
//! What is kept travels with packets of RTCP that leave anyway, some times because they get lost, and then once a second:
//! an encoder keeps nothing new before it knows. The newest is enough. A loss is told at once and once more soon after, and
//! again by whoever waits for the answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_media::{PictureFeedback, TrackKind};
use bytes::{BufMut, BytesMut};
use rtc::interceptor::{AttributedPacket, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::raw_packet::RawPacket;
use rtc::shared::TransportContext;

use crate::codecs::{codec_of, kind_of};
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::shared::{Shared, lock};

/// RTCP packets that tell of a picture that is kept soon after it came, how far apart they are, and those after them.
const KEPT_COPIES: u8 = 3;
const BETWEEN_COPIES: Duration = Duration::from_millis(50);
const BETWEEN_LATER_COPIES: Duration = Duration::from_secs(1);
/// Between a loss told and the same told again, and how long it is the same to whoever hears it.
const TIME_TO_COPY: Duration = Duration::from_millis(20);
const SAME_LOSS: Duration = Duration::from_millis(100);
/// Payload-specific feedback, and its format.
const PACKET_TYPE: u8 = 206;
const FORMAT: u8 = 3;
const LENGTH: usize = 20;
/// Bits at the end that are none of the string.
const PADDING_BITS: u8 = 8;
const KEPT: u8 = 1;
const LOST: u8 = 2;

/// A message about the stream of pictures `media_ssrc`, sent in this payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Indication {
    media_ssrc: u32,
    payload_type: u8,
    feedback: PictureFeedback,
}

impl Indication {
    fn packet(self, sender_ssrc: u32) -> RawPacket {
        let (kind, timestamp) = match self.feedback {
            PictureFeedback::Kept(timestamp) => (KEPT, timestamp),
            PictureFeedback::Lost { kept } => (LOST, kept),
        };
        let mut bytes = BytesMut::with_capacity(LENGTH);
        bytes.put_slice(&[0x80 | FORMAT, PACKET_TYPE, 0, (LENGTH / 4 - 1) as u8]);
        bytes.put_u32(sender_ssrc);
        bytes.put_u32(self.media_ssrc);
        bytes.put_slice(&[PADDING_BITS, self.payload_type & 0x7f, kind]);
        bytes.put_u32(timestamp);
        bytes.put_u8(0);
        RawPacket(bytes.freeze())
    }

    /// `None`: another packet, or another codec's.
    fn read(packet: &dyn rtcp::Packet) -> Option<Self> {
        let RawPacket(bytes) = packet.as_any().downcast_ref::<RawPacket>()?;
        Self::of(bytes)
    }

    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (head, [padding, payload_type, kind, time @ .., last]) = bytes.split_at(12) else { return None };
        let [0x83, PACKET_TYPE, 0, 4, _, _, _, _, ssrc @ ..] = head else { return None };
        if (*padding, *payload_type & 0x80, *last) != (PADDING_BITS, 0, 0) {
            return None;
        }
        let timestamp = u32::from_be_bytes(time.try_into().ok()?);
        let feedback = match *kind {
            KEPT => PictureFeedback::Kept(timestamp),
            LOST => PictureFeedback::Lost { kept: timestamp },
            _ => return None,
        };
        let media_ssrc = u32::from_be_bytes(ssrc.try_into().ok()?);
        Some(Self { media_ssrc, payload_type: *payload_type, feedback })
    }
}

pub(crate) struct PictureFeedbacks {
    shared: Arc<Shared>,
    ssrc: u32,
    /// Our pictures.
    local: Option<u32>,
    /// The picture of theirs that is told of, how many copies are to come soon, and when the last one left.
    kept: Option<(u32, u8, Option<Instant>)>,
    /// The picture of ours that was last told to be kept.
    heard: Option<u32>,
    /// A loss of theirs to be told again, and when.
    again: Option<(u32, Instant)>,
    /// The loss of ours that was last told, and when.
    lost: Option<(u32, Instant)>,
}

impl PictureFeedbacks {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let ssrc = rand::random_range(1..=u32::MAX);
        Self { shared, ssrc, local: None, kept: None, heard: None, again: None, lost: None }
    }

    fn hear(&mut self, now: Instant, packet: &dyn rtcp::Packet) {
        let Some(Indication { media_ssrc, payload_type, feedback }) = Indication::read(packet) else {
            return;
        };
        let plan = *lock(&self.shared.plans.video);
        let agreed = plan.is_some_and(|plan| plan.long_term && plan.payload_type == payload_type);
        if !agreed || self.local != Some(media_ssrc) {
            return;
        }
        match feedback {
            PictureFeedback::Kept(timestamp) if self.heard.replace(timestamp) == Some(timestamp) => return,
            PictureFeedback::Kept(_) => {}
            PictureFeedback::Lost { kept } => {
                let same = |(before, at)| before == kept && now.saturating_duration_since(at) < SAME_LOSS;
                if self.lost.is_some_and(same) {
                    return;
                }
                self.lost = Some((kept, now));
                self.shared.sending.recoveries_asked_by_remote.fetch_add(1, Ordering::Relaxed);
            }
        }
        lock(&self.shared.pending.picture_feedback).add(feedback);
        self.shared.changed.notify_one();
    }

    /// The packet that tells it; `None` where that was not agreed, or nothing is known of their pictures.
    fn packet(&self, feedback: PictureFeedback) -> Option<RawPacket> {
        let agreed = self.shared.long_term.load(Ordering::Relaxed) && self.shared.is_connected();
        let media_ssrc = self.shared.remote_video_ssrc.load(Ordering::Relaxed);
        let payload_type = self.shared.remote_h264.load(Ordering::Relaxed);
        let known = agreed && media_ssrc != 0 && payload_type != 0;
        known.then(|| Indication { media_ssrc, payload_type, feedback }.packet(self.ssrc))
    }
}

impl PacketFilter for PictureFeedbacks {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        if let Packet::Rtcp(packets) = &message.message.packet {
            packets.iter().for_each(|packet| self.hear(message.now, packet.as_ref()));
        }
        inbound.push_back(message);
    }

    fn sent(&mut self, mut message: TaggedPacket, outbound: &mut PacketQueue) {
        if let Packet::Rtcp(packets) = &mut message.message.packet {
            if let Some(kept) = lock(&self.shared.own_feedback).kept.take() {
                self.kept = Some((kept, KEPT_COPIES, None));
            }
            if let Some((kept, copies, said)) = self.kept {
                let pause = if copies > 0 { BETWEEN_COPIES } else { BETWEEN_LATER_COPIES };
                let due = said.is_none_or(|at| message.now.saturating_duration_since(at) >= pause);
                if due && let Some(packet) = self.packet(PictureFeedback::Kept(kept)) {
                    packets.push(Box::new(packet));
                    self.kept = Some((kept, copies.saturating_sub(1), Some(message.now)));
                }
            }
        }
        outbound.push_back(message);
    }

    /// A loss is noticed when any other interceptor's time has come, which is within milliseconds.
    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        let news = lock(&self.shared.own_feedback).lost.take();
        let copy = self.again.take_if(|(_, at)| *at <= now).map(|(kept, _)| kept);
        let Some(kept) = news.or(copy) else { return };
        let Some(packet) = self.packet(PictureFeedback::Lost { kept }) else { return };
        if news.is_some() {
            self.again = Some((kept, now + TIME_TO_COPY));
            self.shared.sending.recoveries_asked.fetch_add(1, Ordering::Relaxed);
        }
        outbound.push_back(TaggedPacket {
            now,
            transport: TransportContext::default(),
            message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(packet)])),
        });
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.again.map(|(_, at)| at)
    }

    fn bind_local(&mut self, stream: &StreamInfo) {
        if codec_of(&stream.mime_type).map(kind_of) == Some(TrackKind::Video) {
            self.local = Some(stream.ssrc);
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwire_media::Codec;
    use proptest::prelude::*;
    use rtc::interceptor::Interceptor;
    use rtc::rtcp::receiver_report::ReceiverReport;
    use rtc::sansio::Protocol;

    use super::*;
    use crate::interceptor::Filtered;
    use crate::interceptor::test_packets::rtcp;
    use crate::shared::SendPlan;

    /// An end that sends pictures in stream `own`, and receives those of stream `theirs`.
    fn end(own: u32, theirs: u32, long_term: bool) -> (Arc<Shared>, Filtered<PictureFeedbacks>) {
        let shared = Arc::new(Shared::new(None, 300_000));
        shared.connected.store(true, Ordering::Relaxed);
        shared.long_term.store(long_term, Ordering::Relaxed);
        shared.remote_video_ssrc.store(theirs, Ordering::Relaxed);
        shared.remote_h264.store(125, Ordering::Relaxed);
        let plan = SendPlan { codec: Codec::H264, payload_type: 125, red: None, long_term };
        *lock(&shared.plans.video) = Some(plan);
        let mut filter = Filtered::new(PictureFeedbacks::new(Arc::clone(&shared)));
        filter.bind_local_stream(&StreamInfo {
            ssrc: own,
            mime_type: "video/H264".to_owned(),
            ..Default::default()
        });
        (shared, filter)
    }

    /// Lets a report of ours leave.
    fn report(end: &mut Filtered<PictureFeedbacks>, now: Instant) -> TaggedPacket {
        end.handle_write(rtcp(now, ReceiverReport::default())).expect("never refuses");
        end.poll_write().expect("packets pass")
    }

    fn packets(message: &TaggedPacket) -> usize {
        if let Packet::Rtcp(packets) = &message.message.packet { packets.len() } else { 0 }
    }

    fn heard(shared: &Shared) -> Vec<PictureFeedback> {
        lock(&shared.pending.picture_feedback).take().collect()
    }

    #[test]
    fn what_is_kept_travels_with_reports_and_is_news_once() {
        let ((ours, mut viewer), (theirs, mut sender)) = (end(1, 2, true), end(2, 1, true));
        let mut now = Instant::now();
        assert_eq!(packets(&report(&mut viewer, now)), 1, "there is nothing to tell");
        for kept in [90_u32, 93_000] {
            lock(&ours.own_feedback).add(PictureFeedback::Kept(kept));
            for copy in 0..KEPT_COPIES + 2 {
                let message = report(&mut viewer, now);
                assert_eq!(packets(&message), 2, "{kept} {copy}");
                sender.handle_read(message).expect("never refuses");
                let news = if copy == 0 { vec![PictureFeedback::Kept(kept)] } else { Vec::new() };
                assert_eq!(heard(&theirs), news);
                assert_eq!(packets(&report(&mut viewer, now + BETWEEN_COPIES / 2)), 1, "a burst takes both");
                let later = copy + 1 >= KEPT_COPIES;
                now += if later { BETWEEN_LATER_COPIES } else { BETWEEN_COPIES };
            }
            assert_eq!(packets(&report(&mut viewer, now - BETWEEN_LATER_COPIES / 2)), 1, "once a second");
        }
    }

    #[test]
    fn a_loss_is_told_at_once_and_once_more_and_heard_once() {
        let ((ours, mut viewer), (theirs, mut sender)) = (end(1, 2, true), end(2, 1, true));
        let start = Instant::now();
        let mut tell = |after| {
            viewer.handle_timeout(start + after).expect("never refuses");
            viewer.poll_write()
        };
        for round in 0..2 {
            let begin = SAME_LOSS * round;
            lock(&ours.own_feedback).add(PictureFeedback::Lost { kept: 7 });
            let first = tell(begin).expect("a packet of its own");
            assert!(tell(begin + TIME_TO_COPY / 2).is_none(), "too soon");
            let copy = tell(begin + TIME_TO_COPY).expect("the copy");
            assert!(tell(begin + TIME_TO_COPY * 2).is_none(), "that was enough");
            sender.handle_read(first).expect("never refuses");
            sender.handle_read(copy).expect("never refuses");
            assert_eq!(heard(&theirs), [PictureFeedback::Lost { kept: 7 }]);
        }
        assert_eq!(ours.sending.recoveries_asked.load(Ordering::Relaxed), 2);
        assert_eq!(theirs.sending.recoveries_asked_by_remote.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn without_an_agreement_nothing_is_told_or_heard() {
        let ((ours, mut viewer), (theirs, mut sender)) = (end(1, 2, false), end(2, 1, true));
        lock(&ours.own_feedback).add(PictureFeedback::Kept(5));
        lock(&ours.own_feedback).add(PictureFeedback::Lost { kept: 5 });
        assert_eq!(packets(&report(&mut viewer, Instant::now())), 1);
        viewer.handle_timeout(Instant::now()).expect("never refuses");
        assert!(viewer.poll_write().is_none());
        for (at, media_ssrc, payload_type) in [(1, 2, 125), (2, 2, 96), (3, 1, 125)] {
            let indication = Indication { media_ssrc, payload_type, feedback: PictureFeedback::Kept(at) };
            sender.handle_read(rtcp(Instant::now(), indication.packet(9))).expect("never refuses");
            assert!(sender.poll_read().is_some(), "packets pass");
        }
        assert_eq!(heard(&theirs), [PictureFeedback::Kept(1)], "another codec, another stream");
        let indication = Indication { media_ssrc: 1, payload_type: 125, feedback: PictureFeedback::Kept(1) };
        viewer.handle_read(rtcp(Instant::now(), indication.packet(9))).expect("never refuses");
        assert_eq!(heard(&ours), []);
    }

    proptest! {
        #[test]
        fn only_what_is_written_like_that_is_read(
            media_ssrc in any::<u32>(), payload_type in 0..128_u8, timestamp in any::<u32>(), lost in any::<bool>(),
            at in 0..LENGTH, bit in 0..8_u8)
        {
            let feedback = if lost {
                PictureFeedback::Lost { kept: timestamp }
            } else {
                PictureFeedback::Kept(timestamp)
            };
            let indication = Indication { media_ssrc, payload_type, feedback };
            let bytes = indication.packet(9).0;
            prop_assert_eq!(Indication::of(&bytes), Some(indication));
            for length in 0..LENGTH {
                prop_assert_eq!(Indication::of(&bytes[..length]), None);
            }
            prop_assert_eq!(Indication::of(&[&bytes[..], &[0; 4]].concat()), None);
            let mut changed = bytes.to_vec();
            changed[at] ^= 1_u8 << bit;
            let read = Indication::of(&changed);
            // Who says it is of no interest.
            prop_assert!((4..8).contains(&at) || read != Some(indication));
        }

        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Indication::of(&bytes);
        }
    }
}
