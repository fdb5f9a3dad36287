//! Statistics interceptor at the wire end of the chain: sees every packet of both directions, changes none.
//!
//! Counts packets, measures the round trip by our sender reports, passes the other
//! side's sender reports to media, notices key-frame requests and signs of life.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bellwire_media::{SenderReport as MediaSenderReport, TrackKind};
use rtc::interceptor::{Attribute, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::shared::marshal::MarshalSize;

use crate::codecs::{codec_of, kind_of};
use crate::incoming_streams::KnownStreams;
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::sent_as::SentAs;
use crate::shared::Shared;

/// Sender reports remembered for the round trip: two streams, one a second each, for some seconds.
const MAX_REMEMBERED_REPORTS: usize = 16;

#[derive(Clone, Copy)]
struct Stream {
    kind: TrackKind,
    repair: bool,
}

pub(crate) struct StatsInterceptor {
    shared: Arc<Shared>,
    local: HashMap<u32, Stream>,
    remote: HashMap<u32, Stream>,
    known: KnownStreams,
    /// Middle 32 bits of the NTP time of reports of ours, and when they left.
    reports_sent: VecDeque<(u32, Instant)>,
}

impl StatsInterceptor {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            local: HashMap::new(),
            remote: HashMap::new(),
            known: KnownStreams::default(),
            reports_sent: VecDeque::with_capacity(MAX_REMEMBERED_REPORTS),
        }
    }

    fn rtcp_in(&mut self, now: Instant, packet: &dyn rtcp::Packet) {
        let any = packet.as_any();
        if any.is::<PictureLossIndication>() || any.is::<FullIntraRequest>() {
            self.shared.sending.key_frames_asked_by_remote.fetch_add(1, Ordering::Relaxed);
            self.shared.want_key_frame();
        } else if let Some(report) = any.downcast_ref::<SenderReport>() {
            // Layers, further tracks and repairs have clocks of their own.
            if let Some(stream) = self.remote.get(&report.ssrc).filter(|stream| !stream.repair)
                && self.shared.is_shown(stream.kind, report.ssrc)
                && let Some(receiver) = self.shared.receiver()
            {
                let clock = MediaSenderReport { ntp: report.ntp_time, rtp: report.rtp_time };
                receiver.sender_report(stream.kind, clock);
            }
            self.echoes(now, &report.reports);
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            self.echoes(now, &report.reports);
        } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>()
            && let Some(stream) = self.local.get(&nack.media_ssrc)
        {
            let counters = self.shared.counters.of(stream.kind);
            counters.nacks_received.fetch_add(1, Ordering::Relaxed);
            counters.packets_requested_by_remote.fetch_add(packets_named(nack), Ordering::Relaxed);
        }
    }

    /// What the other side says of our streams.
    fn echoes(&mut self, now: Instant, reports: &[ReceptionReport]) {
        let mut worst: Option<f32> = None;
        for report in reports {
            let Some(stream) = self.local.get(&report.ssrc).copied().filter(|s| !s.repair) else { continue };
            let fraction = f32::from(report.fraction_lost) / 256.0;
            // Sound alone: what it needs of redundancy says nothing of pictures, and theirs are repaired.
            if stream.kind == TrackKind::Audio {
                worst = Some(worst.map_or(fraction, |w| w.max(fraction)));
            }
            self.shared.counters.of(stream.kind).remote_lost.store(report.total_lost, Ordering::Relaxed);
            self.round_trip(now, report);
        }
        if let Some(fraction) = worst {
            self.shared.note_loss(fraction);
        }
    }

    fn remote_stream(&mut self, info: &StreamInfo) {
        self.remote.extend(streams(info).into_iter().flatten());
        if codec_of(&info.mime_type).map(kind_of) == Some(TrackKind::Video) {
            self.shared.remote_video_ssrc.store(info.ssrc, Ordering::Relaxed);
        }
    }

    fn round_trip(&mut self, now: Instant, report: &ReceptionReport) {
        if report.last_sender_report == 0 {
            return;
        }
        let sent = self.reports_sent.iter().rev().find(|(ntp, _)| *ntp == report.last_sender_report);
        let Some((_, sent)) = sent else { return };
        // `delay` is in units of 1/65536 s and under the other side's control: a nonsensical one is dropped.
        let held = Duration::from_secs_f64(f64::from(report.delay) / 65_536.0);
        let Some(rtt) = now.saturating_duration_since(*sent).checked_sub(held) else { return };
        let sample = u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX).max(1);
        let old = self.shared.round_trip_us.load(Ordering::Relaxed);
        let smooth =
            if old == 0 { sample } else { (old / 8).saturating_mul(7).saturating_add(sample / 8).max(1) };
        self.shared.round_trip_us.store(smooth, Ordering::Relaxed);
        if let Some(receiver) = self.shared.receiver() {
            receiver.round_trip(Duration::from_micros(smooth));
        }
    }

    fn rtcp_out(&mut self, now: Instant, packet: &dyn rtcp::Packet) {
        let any = packet.as_any();
        if let Some(report) = any.downcast_ref::<SenderReport>() {
            if self.reports_sent.len() == MAX_REMEMBERED_REPORTS {
                self.reports_sent.pop_front();
            }
            self.reports_sent.push_back((middle(report.ntp_time), now));
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            for block in &report.reports {
                if let Some(stream) = self.remote.get(&block.ssrc).filter(|s| !s.repair) {
                    self.shared.counters.of(stream.kind).lost.store(block.total_lost, Ordering::Relaxed);
                }
            }
        } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>()
            && let Some(stream) = self.remote.get(&nack.media_ssrc)
        {
            let counters = self.shared.counters.of(stream.kind);
            counters.nacks_sent.fetch_add(1, Ordering::Relaxed);
            counters.packets_requested.fetch_add(packets_named(nack), Ordering::Relaxed);
        } else if any.is::<PictureLossIndication>() || any.is::<FullIntraRequest>() {
            self.shared.sending.key_frames_asked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn packets_named(nack: &TransportLayerNack) -> u64 {
    nack.nacks.iter().map(|pair| 1 + u64::from(pair.lost_packets.count_ones())).sum()
}

/// Middle 32 of the 64 bits of an NTP time, as receiver reports echo it.
#[expect(clippy::cast_possible_truncation, reason = "the cut is the definition")]
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

fn streams(info: &StreamInfo) -> Option<[(u32, Stream); 2]> {
    let kind = kind_of(codec_of(&info.mime_type)?);
    let repair = info.ssrc_rtx.unwrap_or(info.ssrc);
    Some([
        (repair, Stream { kind, repair: true }),
        // Second, so that it wins where there is no repair stream.
        (info.ssrc, Stream { kind, repair: false }),
    ])
}

impl PacketFilter for StatsInterceptor {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        self.shared.note_heard(message.now);
        if let Some(info) = self.known.learn(&self.shared, &message.message.packet) {
            // Which of several is shown is decided where packets are delivered.
            let shown = self.shared.remote_video_ssrc.load(Ordering::Relaxed);
            self.remote_stream(&info);
            if shown != 0 {
                self.shared.remote_video_ssrc.store(shown, Ordering::Relaxed);
            }
        }
        match &message.message.packet {
            Packet::Rtp(packet) => {
                if let Some(stream) = self.remote.get(&packet.header.ssrc) {
                    let counters = self.shared.counters.of(stream.kind);
                    if !stream.repair {
                        counters.packets_received.fetch_add(1, Ordering::Relaxed);
                    }
                    counters.bytes_received.fetch_add(packet.marshal_size() as u64, Ordering::Relaxed);
                }
            }
            Packet::Rtcp(packets) => {
                for packet in packets {
                    self.rtcp_in(message.now, packet.as_ref());
                }
            }
            _ => {}
        }
        inbound.push_back(message);
    }

    fn sent(&mut self, message: TaggedPacket, outbound: &mut PacketQueue) {
        match &message.message.packet {
            Packet::Rtp(packet) => {
                self.shared.note_sent(message.now);
                if let Some(stream) = self.local.get(&packet.header.ssrc) {
                    let counters = self.shared.counters.of(stream.kind);
                    let (size, add) = (packet.marshal_size() as u64, |counter: &AtomicU64, by| {
                        counter.fetch_add(by, Ordering::Relaxed);
                    });
                    add(&counters.bytes_sent, size);
                    if SentAs::of(&message.message).padding {
                        add(&counters.padding_bytes_sent, size);
                    } else if stream.repair || message.message.has(&Attribute::Retransmission) {
                        add(&counters.retransmissions_sent, 1);
                        add(&counters.retransmitted_bytes, size);
                    } else {
                        add(&counters.packets_sent, 1);
                        add(&counters.header_bytes_sent, packet.header.marshal_size() as u64);
                    }
                }
            }
            Packet::Rtcp(packets) => {
                for packet in packets {
                    self.rtcp_out(message.now, packet.as_ref());
                }
            }
            _ => {}
        }
        outbound.push_back(message);
    }

    fn bind_local(&mut self, info: &StreamInfo) {
        self.local.extend(streams(info).into_iter().flatten());
    }

    fn unbind_local(&mut self, info: &StreamInfo) {
        self.local.remove(&info.ssrc);
    }

    fn bind_remote(&mut self, info: &StreamInfo) {
        self.known.note(info);
        // A repair stream is bound a second time in its own right, after the stream it repairs.
        if !self.remote.contains_key(&info.ssrc) {
            self.remote_stream(info);
        }
    }

    fn unbind_remote(&mut self, info: &StreamInfo) {
        self.known.forget(info);
        self.remote.remove(&info.ssrc);
    }
}

#[cfg(test)]
mod tests {
    use rtc::interceptor::Interceptor;
    use rtc::sansio::Protocol;

    use super::*;
    use crate::interceptor::{Filtered, test_packets::rtcp};
    use crate::shared::lock;

    fn video(ssrc: u32) -> StreamInfo {
        StreamInfo { ssrc, ssrc_rtx: Some(ssrc + 1), mime_type: "video/VP8".to_owned(), ..Default::default() }
    }

    #[test]
    fn the_round_trip_leaves_out_the_time_the_other_side_held_the_report() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut interceptor = Filtered::new(StatsInterceptor::new(Arc::clone(&shared)));
        interceptor.bind_local_stream(&video(7));
        let sound = StreamInfo { ssrc: 5, mime_type: "audio/opus".to_owned(), ..Default::default() };
        interceptor.bind_local_stream(&sound);
        let start = Instant::now();
        let report = SenderReport { ssrc: 7, ntp_time: 0x0000_1234_5678_0000, ..Default::default() };
        interceptor.handle_write(rtcp(start, report)).expect("never refuses");
        let block = ReceptionReport {
            ssrc: 7,
            fraction_lost: 128,
            total_lost: 3,
            last_sender_report: 0x1234_5678,
            delay: 65_536 / 2,
            ..Default::default()
        };
        let of_sound = ReceptionReport { ssrc: 5, fraction_lost: 64, ..Default::default() };
        let back = ReceiverReport { ssrc: 1, reports: vec![block, of_sound], ..Default::default() };
        interceptor.handle_read(rtcp(start + Duration::from_millis(580), back)).expect("never refuses");
        assert_eq!(shared.round_trip_us.load(Ordering::Relaxed), 80_000);
        // The loss of sound; that of pictures is the bandwidth estimator's.
        assert_eq!(*lock(&shared.pending.loss), Some(0.25));
        assert_eq!(shared.counters.video.remote_lost.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn a_lying_delay_measures_nothing() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut interceptor = Filtered::new(StatsInterceptor::new(Arc::clone(&shared)));
        interceptor.bind_local_stream(&video(7));
        let now = Instant::now();
        let report = SenderReport { ssrc: 7, ntp_time: 9 << 16, ..Default::default() };
        interceptor.handle_write(rtcp(now, report)).expect("never refuses");
        let block = ReceptionReport { ssrc: 7, last_sender_report: 9, delay: u32::MAX, ..Default::default() };
        let back = ReceiverReport { ssrc: 1, reports: vec![block], ..Default::default() };
        interceptor.handle_read(rtcp(now, back)).expect("never refuses");
        assert_eq!(shared.round_trip_us.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_picture_loss_asks_for_a_key_frame_and_any_packet_is_a_sign_of_life() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut interceptor = Filtered::new(StatsInterceptor::new(Arc::clone(&shared)));
        shared.note_sent(Instant::now());
        assert!(shared.take_heard().unheard_since.is_some());
        let pli = PictureLossIndication { sender_ssrc: 0, media_ssrc: 7 };
        interceptor.handle_read(rtcp(Instant::now(), pli)).expect("never refuses");
        assert!(shared.pending.key_frame.load(Ordering::Relaxed));
        assert!(shared.take_heard().unheard_since.is_none());
    }

    #[test]
    fn binding_a_repair_stream_in_its_own_right_does_not_make_it_media() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut interceptor = Filtered::new(StatsInterceptor::new(Arc::clone(&shared)));
        interceptor.bind_remote_stream(&video(7));
        interceptor.bind_remote_stream(&StreamInfo { ssrc_rtx: None, ..video(8) });
        assert_eq!(shared.remote_video_ssrc.load(Ordering::Relaxed), 7);
        assert!(interceptor.filter.remote.get(&8).is_some_and(|s| s.repair));
    }

    /// Lip sync goes by the clock of the stream that is shown: each stream begins its times anywhere.
    #[test]
    fn only_the_clock_of_the_stream_that_is_shown_is_told() {
        use std::sync::Mutex;

        use bellwire_media::{Codec, Packet as MediaPacket, PacketReceiver};

        #[derive(Default)]
        struct Clocks(Mutex<Vec<(TrackKind, u32)>>);

        impl PacketReceiver for Clocks {
            fn packet(&self, _codec: Codec, _packet: MediaPacket) {}

            fn sender_report(&self, kind: TrackKind, report: MediaSenderReport) {
                lock(&self.0).push((kind, report.rtp));
            }

            fn round_trip(&self, _rtt: Duration) {}
        }

        let clocks = Arc::new(Clocks::default());
        let shared = Arc::new(Shared::new(Some(clocks.clone()), 1));
        let mut interceptor = Filtered::new(StatsInterceptor::new(Arc::clone(&shared)));
        let sound = |ssrc| StreamInfo { ssrc, mime_type: "audio/opus".to_owned(), ..Default::default() };
        // A camera with its repairs and a shared screen; two microphones.
        [video(7), video(17), sound(21), sound(22)]
            .iter()
            .for_each(|info| interceptor.bind_remote_stream(info));
        let mut report = |ssrc: u32| {
            let report = SenderReport { ssrc, rtp_time: ssrc * 1000, ..Default::default() };
            interceptor.handle_read(rtcp(Instant::now(), report)).expect("never refuses");
        };
        shared.remote_video_ssrc.store(7, Ordering::Relaxed);
        shared.remote_audio_ssrc.store(22, Ordering::Relaxed);
        [7, 8, 17, 21, 22].into_iter().for_each(&mut report);
        let told = std::mem::take(&mut *lock(&clocks.0));
        assert_eq!(told, [(TrackKind::Video, 7_000), (TrackKind::Audio, 22_000)]);
        // Before there is any sound, any stream may be the one.
        shared.remote_audio_ssrc.store(0, Ordering::Relaxed);
        report(21);
        assert_eq!(*lock(&clocks.0), [(TrackKind::Audio, 21_000)]);
    }
}
