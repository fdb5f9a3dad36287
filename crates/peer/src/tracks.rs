//! Local tracks, one of each kind: frames in from media threads, RTP out to the connection.
//!
//! Each kind has one track for the whole call; muting and switching cameras change what is fed into
//! it, never the track.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bellwire_media::{Codec, Copies, EncodedFrame, EncodedSink, TrackKind};
use bytes::Bytes;
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::header::Header;
use rtc::rtp::packetizer::Payloader;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters, RtpCodecKind,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;

use crate::codecs::{clock_rate, kind_of};
use crate::h264_payload::H264Payloads;
use crate::red::EarlierPackets;
use crate::shared::{RtpClock, SendPlan, Shared, lock};

/// Largest RTP payload: leaves room for RTP, SRTP, TURN and IPv6 headers in 1280 bytes.
const MAX_PAYLOAD_BYTES: usize = 1_140;
/// One second of sound. Full: the newest frame is dropped and counted.
const AUDIO_QUEUE_FRAMES: usize = 50;
/// Half a second of pictures. Full: the newest is dropped and counted, and a key frame is wanted.
const VIDEO_QUEUE_FRAMES: usize = 15;

/// One of our tracks, as the connection and the writer know it.
pub(crate) struct Track {
    pub(crate) rtp: Arc<TrackLocalStaticRTP>,
    kind: TrackKind,
    ssrc: u32,
    repair_ssrc: u32,
}

impl Track {
    pub(crate) fn new(kind: TrackKind, codec: RTCRtpCodec, stream: &str) -> Self {
        let ssrc = rand::random_range(1..=u32::MAX);
        let repair_ssrc = ssrc.wrapping_add(1).max(1);
        let mut track = Self { rtp: placeholder(), kind, ssrc, repair_ssrc };
        track.rtp = Arc::new(TrackLocalStaticRTP::new(track.described(codec, stream)));
        track
    }

    /// The track as the connection describes it, sending `codec`.
    pub(crate) fn described(&self, codec: RTCRtpCodec, stream: &str) -> MediaStreamTrack {
        let (name, kind, rtx) = match self.kind {
            TrackKind::Audio => ("audio", RtpCodecKind::Audio, None),
            TrackKind::Video => {
                ("video", RtpCodecKind::Video, Some(RTCRtpRtxParameters { ssrc: self.repair_ssrc }))
            }
        };
        let id = format!("{name}-{:08x}", self.ssrc);
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(self.ssrc),
                rtx,
                ..Default::default()
            },
            codec,
            ..Default::default()
        };
        MediaStreamTrack::new(stream.to_owned(), id, name.to_owned(), kind, vec![coding])
    }
}

fn placeholder() -> Arc<TrackLocalStaticRTP> {
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::default()))
}

/// Where media puts its frames. Before the connection is up they are dropped: there is nobody to
/// hear them, and what waits would be late.
pub(crate) struct TrackSink {
    kind: TrackKind,
    shared: Arc<Shared>,
    frames: mpsc::Sender<EncodedFrame>,
}

impl EncodedSink for TrackSink {
    fn set_copies(&self, copies: Copies) {
        *lock(&self.shared.copies) = copies;
    }

    fn send(&self, frame: EncodedFrame) {
        if !self.shared.is_connected() {
            return;
        }
        if self.frames.try_send(frame).is_err() {
            self.shared.counters.of(self.kind).frames_dropped.fetch_add(1, Ordering::Relaxed);
            if self.kind == TrackKind::Video {
                // Whatever follows refers to the picture just lost.
                self.shared.want_key_frame();
            }
        }
    }
}

/// Both sinks, and what the writer reads.
pub(crate) struct TrackQueues {
    pub(crate) audio: mpsc::Receiver<EncodedFrame>,
    pub(crate) video: mpsc::Receiver<EncodedFrame>,
}

pub(crate) fn sinks(shared: &Arc<Shared>) -> (Arc<TrackSink>, Arc<TrackSink>, TrackQueues) {
    let (audio_in, audio) = mpsc::channel(AUDIO_QUEUE_FRAMES);
    let (video_in, video) = mpsc::channel(VIDEO_QUEUE_FRAMES);
    let sink = |kind, frames| Arc::new(TrackSink { kind, shared: Arc::clone(shared), frames });
    (sink(TrackKind::Audio, audio_in), sink(TrackKind::Video, video_in), TrackQueues { audio, video })
}

/// Cuts frames into RTP packets of one stream.
pub(crate) struct Packetizer {
    ssrc: u32,
    sequence: u16,
    h264: H264Payloads,
    vp8: Vp8Payloader,
    earlier: EarlierPackets,
}

impl Packetizer {
    pub(crate) fn new(ssrc: u32) -> Self {
        let mut vp8 = Vp8Payloader::default();
        vp8.enable_picture_id = true;
        Self {
            ssrc,
            sequence: rand::random(),
            h264: H264Payloads::default(),
            vp8,
            earlier: EarlierPackets::default(),
        }
    }

    /// `copies` says which earlier packets each one of sound repeats.
    pub(crate) fn packets(
        &mut self,
        frame: &EncodedFrame,
        plan: SendPlan,
        copies: Copies,
    ) -> Vec<rtc::rtp::Packet> {
        let mut payload_type = plan.payload_type;
        let payloads = match frame.codec {
            Codec::Opus => {
                let copies = plan.red.map_or_else(Copies::default, |_| copies);
                let packed = self.earlier.with(copies, payload_type, frame.timestamp, &frame.data);
                if packed.is_some() {
                    payload_type = plan.red.unwrap_or(payload_type);
                }
                Ok(vec![packed.unwrap_or_else(|| frame.data.clone())])
            }
            Codec::H264 => Ok(self.h264.cut(&frame.data, MAX_PAYLOAD_BYTES)),
            Codec::Vp8 => self.vp8.payload(MAX_PAYLOAD_BYTES, &frame.data),
        };
        let payloads: Vec<Bytes> = payloads.unwrap_or_else(|error| {
            tracing::debug!(%error, "a frame cannot be cut into packets");
            Vec::new()
        });
        let last = payloads.len().saturating_sub(1);
        let mut packets = Vec::with_capacity(payloads.len());
        for (at, payload) in payloads.into_iter().enumerate() {
            let header = Header {
                version: 2,
                // End of a picture; sound sets it at the start of a talk spurt only.
                marker: at == last && kind_of(frame.codec) == TrackKind::Video,
                payload_type,
                sequence_number: self.sequence,
                timestamp: frame.timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            };
            self.sequence = self.sequence.wrapping_add(1);
            packets.push(rtc::rtp::Packet { header, payload });
        }
        packets
    }
}

/// Puts frames on the wire until cancelled or both sinks are gone; sound first.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) audio: Arc<Track>,
    pub(crate) video: Option<Arc<Track>>,
}

impl Writer {
    pub(crate) async fn run(self, mut queues: TrackQueues, cancel: CancellationToken) {
        let mut audio = Packetizer::new(self.audio.ssrc);
        let mut video = self.video.as_ref().map(|track| Packetizer::new(track.ssrc));
        loop {
            let frame = tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(frame) = queues.audio.recv() => frame,
                Some(frame) = queues.video.recv() => frame,
                else => break,
            };
            let (track, packetizer, kind) = match kind_of(frame.codec) {
                TrackKind::Audio => (&self.audio, &mut audio, TrackKind::Audio),
                TrackKind::Video => {
                    let (Some(track), Some(packetizer)) = (&self.video, &mut video) else { continue };
                    (track, packetizer, TrackKind::Video)
                }
            };
            self.write(track, packetizer, kind, &frame).await;
        }
    }

    async fn write(&self, track: &Track, packetizer: &mut Packetizer, kind: TrackKind, frame: &EncodedFrame) {
        let plan = (*lock(self.shared.plans.of(kind))).filter(|plan| plan.codec == frame.codec);
        let Some(plan) = plan else {
            self.shared.counters.of(kind).frames_dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        *lock(self.shared.clocks.of(kind)) = Some(RtpClock {
            captured: frame.captured,
            timestamp: frame.timestamp,
            rate: clock_rate(frame.codec),
        });
        if frame.key && kind == TrackKind::Video {
            self.shared.note_key_frame(frame.timestamp);
        }
        let copies = *lock(&self.shared.copies);
        for packet in packetizer.packets(frame, plan, copies) {
            if track.rtp.write_rtp(packet).await.is_err() {
                // The connection is closing; the frame is dropped.
                self.shared.counters.of(kind).frames_dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn nearest(count: u8) -> Copies {
        Copies { count, spacing: 1 }
    }

    fn plan(codec: Codec, payload_type: u8) -> SendPlan {
        SendPlan { codec, payload_type, red: None, long_term: false }
    }

    fn frame(codec: Codec, data: Vec<u8>, timestamp: u32) -> EncodedFrame {
        let captured = Instant::now();
        EncodedFrame {
            codec,
            data: data.into(),
            timestamp,
            captured,
            duration: Duration::from_millis(20),
            key: true,
            layer: 0,
        }
    }

    #[test]
    fn a_picture_keeps_its_timestamp_and_ends_with_the_marker() {
        let mut packetizer = Packetizer::new(9);
        let mut data = vec![0, 0, 0, 1, 0x65];
        data.resize(5_000, 7);
        let packets = packetizer.packets(&frame(Codec::H264, data, 1234), plan(Codec::H264, 125), nearest(3));
        assert_eq!(packets.len(), 5);
        assert!(packets.iter().all(|p| p.header.timestamp == 1234 && p.payload.len() <= MAX_PAYLOAD_BYTES));
        let markers: Vec<_> = packets.iter().map(|p| p.header.marker).collect();
        assert_eq!(markers, [false, false, false, false, true]);
        let next = packetizer.packets(
            &frame(Codec::H264, vec![0, 0, 0, 1, 0x41, 1], 4321),
            plan(Codec::H264, 125),
            nearest(3),
        );
        assert_eq!(next[0].header.sequence_number, packets[4].header.sequence_number.wrapping_add(1));
    }

    #[test]
    fn sound_is_one_packet_as_it_is() {
        let packets = Packetizer::new(9).packets(
            &frame(Codec::Opus, vec![1, 2, 3], 960),
            plan(Codec::Opus, 111),
            nearest(1),
        );
        assert_eq!(packets.len(), 1);
        assert_eq!(packets[0].payload[..], [1, 2, 3]);
        assert!(!packets[0].header.marker);
    }

    #[test]
    fn sound_repeats_earlier_packets_where_red_is_agreed() {
        let mut packetizer = Packetizer::new(9);
        let with_red = SendPlan { red: Some(63), ..plan(Codec::Opus, 111) };
        let mut send = |n: u8, plan, copies| {
            let packets = packetizer.packets(
                &frame(Codec::Opus, vec![0x78, n], u32::from(n) * 960),
                plan,
                nearest(copies),
            );
            (packets[0].header.payload_type, packets[0].payload.clone())
        };
        assert_eq!(send(1, with_red, 2).0, 111, "nothing to repeat yet");
        let (number, payload) = send(2, with_red, 2);
        assert_eq!(number, 63);
        assert_eq!(crate::red::parse(&payload, 111).map(|parts| parts.copies.len()), Some(1));
        assert_eq!(send(3, with_red, 0), (111, Bytes::from_static(&[0x78, 3])));
        assert_eq!(send(4, plan(Codec::Opus, 111), 2).0, 111);
        let (_, payload) = send(5, with_red, 3);
        assert_eq!(crate::red::parse(&payload, 111).map(|parts| parts.copies.len()), Some(3));
    }

    #[test]
    fn a_full_queue_drops_counts_and_wants_a_key_frame() {
        let shared = Arc::new(Shared::new(None, 1));
        let (_audio, video, queues) = sinks(&shared);
        video.send(frame(Codec::Vp8, vec![1], 0));
        assert!(queues.video.is_empty(), "nothing is kept before the connection is up");
        shared.connected.store(true, Ordering::Relaxed);
        for _ in 0..VIDEO_QUEUE_FRAMES + 2 {
            video.send(frame(Codec::Vp8, vec![1], 0));
        }
        assert_eq!(shared.counters.video.frames_dropped.load(Ordering::Relaxed), 2);
        assert!(shared.pending.key_frame.load(Ordering::Relaxed));
    }
}
