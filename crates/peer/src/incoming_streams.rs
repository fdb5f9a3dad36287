//! Incoming RTP streams, identified by payload type, declared SSRC and mid (RFC 8843 9.2), so that they need
//! not be declared: many endpoints leave `a=ssrc` out.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bellwire_media::{Codec, TrackKind};
use bytes::Bytes;
use rtc::interceptor::{Interceptor, Packet, RTCPFeedback, RTPHeaderExtension, StreamInfo, TaggedPacket};
use rtc::rtp::header::Header;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use rtc::shared::marshal::MarshalSize;

use crate::codecs::{self, clock_rate};
use crate::description::Sources;
use crate::description::formats::Format;
use crate::receive_estimate::{Incoming, SendTime};
use crate::report_interval::{Pace, ReportInterval};
use crate::shared::Shared;

/// Undeclared streams accepted on one connection.
const MAX_UNDECLARED_STREAMS: usize = 32;

/// One kind of media as it may come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct IncomingKind {
    /// By our own numbers first: they are what the other side has to use (RFC 3264 6.1).
    pub(crate) formats: Vec<Format>,
    pub(crate) sources: Option<Sources>,
    pub(crate) mid: Option<String>,
    pub(crate) extensions: Vec<(u8, &'static str)>,
    /// The other side is to be told what we can receive.
    pub(crate) wants_remb: bool,
}

impl IncomingKind {
    /// What an extension says in a packet.
    fn said(&self, header: &Header, uri: &str) -> Option<Bytes> {
        let (id, _) = self.extensions.iter().find(|(_, known)| *known == uri)?;
        header.get_extension(*id)
    }

    fn format(&self, payload_type: u8) -> Option<&Format> {
        let plain = self.formats.iter().find(|f| f.payload_type == payload_type);
        plain.or_else(|| self.formats.iter().find(|f| f.sound.red == Some(payload_type)))
    }

    fn repaired(&self, payload_type: u8) -> Option<&Format> {
        self.formats.iter().find(|f| f.repair == Some(payload_type))
    }

    fn knows(&self, payload_type: u8) -> bool {
        self.format(payload_type).or_else(|| self.repaired(payload_type)).is_some()
    }

    fn declares(&self, ssrc: u32) -> bool {
        self.sources.is_some_and(|s| s.media == ssrc || s.repair == Some(ssrc))
    }

    /// Numbers of before stay valid where they mean nothing else now: packets may be under way.
    pub(crate) fn after(mut self, before: &Self) -> Self {
        if !self.formats.is_empty() {
            let old: Vec<Format> =
                before.formats.iter().filter(|f| !self.knows(f.payload_type)).cloned().collect();
            self.formats.extend(old);
        }
        self
    }

    fn info(&self, format: &Format, ssrc: u32, repair: Option<u32>) -> StreamInfo {
        let feedback =
            |(kind, detail): &(String, String)| RTCPFeedback { typ: kind.clone(), parameter: detail.clone() };
        let extension = |(id, uri): &(u8, &'static str)| RTPHeaderExtension {
            uri: (*uri).to_owned(),
            id: u16::from(*id),
        };
        StreamInfo {
            ssrc,
            ssrc_rtx: repair,
            payload_type: format.payload_type,
            payload_type_rtx: repair.and(format.repair),
            mime_type: codecs::mime_type(format.codec).to_owned(),
            clock_rate: clock_rate(format.codec),
            rtcp_feedback: format.feedback.iter().map(feedback).collect(),
            rtp_header_extensions: self.extensions.iter().map(extension).collect(),
            ..Default::default()
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct IncomingStreams {
    pub(crate) audio: IncomingKind,
    pub(crate) video: IncomingKind,
}

impl IncomingStreams {
    fn of(&self, kind: TrackKind) -> &IncomingKind {
        match kind {
            TrackKind::Audio => &self.audio,
            TrackKind::Video => &self.video,
        }
    }

    fn kind(&self, header: &Header) -> Option<TrackKind> {
        let number = header.payload_type;
        match (self.audio.knows(number), self.video.knows(number)) {
            (true, false) => return Some(TrackKind::Audio),
            (false, true) => return Some(TrackKind::Video),
            (false, false) => return None,
            (true, true) => {}
        }
        // The same number for both: only the stream or its section tells.
        for kind in [TrackKind::Audio, TrackKind::Video] {
            let incoming = self.of(kind);
            let named = incoming.said(header, codecs::MID);
            let named =
                named.is_some_and(|named| incoming.mid.as_deref().map(str::as_bytes) == Some(&named[..]));
            if incoming.declares(header.ssrc) || named {
                return Some(kind);
            }
        }
        None
    }

    pub(crate) fn codec(&self, header: &Header) -> Option<Codec> {
        let incoming = self.of(self.kind(header)?);
        incoming.format(header.payload_type).map(|f| f.codec)
    }

    /// The payload type of what is in a packet of RED.
    pub(crate) fn in_red(&self, header: &Header) -> Option<u8> {
        let format = self.of(self.kind(header)?).format(header.payload_type)?;
        (format.payload_type != header.payload_type).then_some(format.payload_type)
    }

    /// Whether the other side has declared the packet's stream.
    pub(crate) fn declares(&self, kind: TrackKind, ssrc: u32) -> bool {
        self.of(kind).declares(ssrc)
    }

    /// Parameter sets of the packet's format.
    pub(crate) fn sets(&self, header: &Header) -> Option<Bytes> {
        self.of(self.kind(header)?).format(header.payload_type)?.sets.clone()
    }

    /// The payload type that a retransmission repeats a packet of.
    pub(crate) fn repaired(&self, header: &Header) -> Option<u8> {
        Some(self.of(self.kind(header)?).repaired(header.payload_type)?.payload_type)
    }

    /// What a packet says for our estimate of the path towards us; `None`: the other side waits for none.
    pub(crate) fn estimated(&self, packet: &rtc::rtp::Packet) -> Option<Incoming> {
        if !self.video.wants_remb {
            return None;
        }
        let header = &packet.header;
        let kind = self.kind(header)?;
        let of_video = kind == TrackKind::Video;
        let picture = of_video && self.video.format(header.payload_type).is_some();
        let absolute = self.video.said(header, codecs::ABS_SEND_TIME).filter(|_| of_video);
        // Padding has the time of the picture before it.
        let timestamp = (picture && !packet.payload.is_empty()).then_some(header.timestamp);
        let sent = SendTime::read(absolute.as_deref(), timestamp);
        let (ssrc, number) = (header.ssrc, header.sequence_number);
        Some(Incoming { ssrc, number, size: packet.marshal_size(), picture, sent })
    }

    /// The stream a packet of an unknown one belongs to; for a retransmission, of `pictures`, the stream
    /// it repairs.
    pub(crate) fn stream(&self, header: &Header, pictures: Option<u32>) -> Option<StreamInfo> {
        let incoming = self.of(self.kind(header)?);
        if let Some(format) = incoming.format(header.payload_type) {
            return Some(incoming.info(format, header.ssrc, None));
        }
        let format = incoming.repaired(header.payload_type)?;
        Some(incoming.info(format, pictures.filter(|of| *of != header.ssrc)?, Some(header.ssrc)))
    }
}

/// Streams an interceptor knows, and new ones to announce to it.
#[derive(Debug, Default)]
pub(crate) struct KnownStreams {
    ssrcs: HashSet<u32>,
    learned: usize,
}

impl KnownStreams {
    pub(crate) fn note(&mut self, info: &StreamInfo) {
        self.ssrcs.insert(info.ssrc);
        self.ssrcs.extend(info.ssrc_rtx);
    }

    pub(crate) fn forget(&mut self, info: &StreamInfo) {
        self.ssrcs.remove(&info.ssrc);
        if let Some(repair) = info.ssrc_rtx {
            self.ssrcs.remove(&repair);
        }
    }

    /// A stream not known so far, if the packet begins one.
    pub(crate) fn learn(&mut self, shared: &Shared, packet: &Packet) -> Option<StreamInfo> {
        let Packet::Rtp(packet) = packet else { return None };
        if self.ssrcs.contains(&packet.header.ssrc) || self.learned >= MAX_UNDECLARED_STREAMS {
            return None;
        }
        let info = shared.stream(&packet.header)?;
        self.learned += 1;
        self.note(&info);
        Some(info)
    }
}

/// An interceptor that also gets undeclared streams, with their first packet.
pub(crate) struct StreamLearner<I> {
    inner: I,
    shared: Arc<Shared>,
    known: KnownStreams,
    /// Where what it sends is spaced out on thin paths.
    interval: Option<ReportInterval>,
}

impl<I> StreamLearner<I> {
    pub(crate) fn new(inner: I, shared: &Arc<Shared>) -> Self {
        Self { inner, shared: Arc::clone(shared), known: KnownStreams::default(), interval: None }
    }

    /// One whose timeouts send reports, less often on thin paths.
    pub(crate) fn paced(inner: I, shared: &Arc<Shared>, pace: Pace) -> Self {
        Self { interval: Some(ReportInterval::new(pace)), ..Self::new(inner, shared) }
    }

    /// Before this no report is due. Reports share the way with what we send.
    #[expect(clippy::cast_precision_loss, reason = "rates are far below 2^52 bit/s")]
    fn report_due(&self) -> Option<Instant> {
        self.interval.as_ref()?.due(self.shared.target.load(Ordering::Relaxed) as f64)
    }
}

impl<I: Interceptor> Protocol<TaggedPacket, TaggedPacket, ()> for StreamLearner<I> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Some(info) = self.known.learn(&self.shared, &message.message.packet) {
            self.inner.bind_remote_stream(&info);
        }
        self.inner.handle_read(message)
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inner.poll_read()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.inner.handle_write(message)
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.inner.poll_write()
    }

    fn handle_event(&mut self, event: ()) -> Result<(), Error> {
        self.inner.handle_event(event)
    }

    fn poll_event(&mut self) -> Option<()> {
        self.inner.poll_event()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.report_due().is_some_and(|due| due > now) {
            return Ok(());
        }
        if let Some(interval) = &mut self.interval
            && self.inner.poll_timeout().is_some_and(|due| due <= now)
        {
            interval.reported(now);
        }
        self.inner.handle_timeout(now)
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        let due = self.inner.poll_timeout()?;
        Some(self.report_due().map_or(due, |report| due.max(report)))
    }

    fn close(&mut self) -> Result<(), Error> {
        self.inner.close()
    }
}

impl<I: Interceptor> Interceptor for StreamLearner<I> {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        self.inner.bind_local_stream(info);
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.inner.unbind_local_stream(info);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.known.note(info);
        self.inner.bind_remote_stream(info);
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.known.forget(info);
        self.inner.unbind_remote_stream(info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(payload_type: u8, codec: Codec, repair: Option<u8>) -> Format {
        let feedback = vec![("nack".to_owned(), String::new())];
        Format { feedback, repair, ..Format::plain(payload_type, codec) }
    }

    fn header(ssrc: u32, payload_type: u8) -> Header {
        Header { ssrc, payload_type, ..Default::default() }
    }

    fn incoming_streams(audio: u8, video: u8) -> IncomingStreams {
        let mid = vec![(3, codecs::MID)];
        IncomingStreams {
            audio: IncomingKind {
                formats: vec![format(audio, Codec::Opus, None)],
                sources: Some(Sources { media: 1, repair: None }),
                mid: Some("a".to_owned()),
                extensions: mid.clone(),
                ..IncomingKind::default()
            },
            video: IncomingKind {
                formats: vec![format(video, Codec::Vp8, Some(97))],
                sources: None,
                mid: Some("v".to_owned()),
                extensions: mid,
                ..IncomingKind::default()
            },
        }
    }

    #[test]
    fn payload_types_tell_streams_apart_and_repairs_their_stream() {
        let incoming_streams = incoming_streams(111, 96);
        assert_eq!(incoming_streams.codec(&header(7, 111)), Some(Codec::Opus));
        assert_eq!(incoming_streams.codec(&header(7, 96)), Some(Codec::Vp8));
        assert_eq!(incoming_streams.codec(&header(7, 97)), None);
        assert_eq!(incoming_streams.codec(&header(7, 0)), None);
        let stream = incoming_streams.stream(&header(7, 96), None).expect("known");
        assert_eq!((stream.ssrc, stream.mime_type.as_str(), stream.clock_rate), (7, "video/VP8", 90_000));
        assert_eq!(stream.rtcp_feedback.len(), 1);
        let repair = incoming_streams.stream(&header(8, 97), Some(7)).expect("known");
        assert_eq!((repair.ssrc, repair.ssrc_rtx, repair.payload_type_rtx), (7, Some(8), Some(97)));
        assert!(incoming_streams.stream(&header(8, 97), None).is_none(), "of nothing seen yet");
    }

    #[test]
    fn one_number_for_both_kinds_is_told_apart_by_stream_or_section() {
        let incoming_streams = incoming_streams(96, 96);
        assert_eq!(incoming_streams.codec(&header(1, 96)), Some(Codec::Opus));
        assert_eq!(incoming_streams.codec(&header(9, 96)), None);
        let mut named = header(9, 96);
        named.set_extension(3, bytes::Bytes::from_static(b"v")).expect("fits");
        assert_eq!(incoming_streams.codec(&named), Some(Codec::Vp8));
    }

    #[test]
    fn streams_are_learned_once_and_not_without_end() {
        let shared = Shared::new(None, 1);
        shared.expect(incoming_streams(111, 96));
        let packet =
            |ssrc| Packet::Rtp(rtc::rtp::Packet { header: header(ssrc, 111), payload: bytes::Bytes::new() });
        let mut known = KnownStreams::default();
        assert!(known.learn(&shared, &packet(5)).is_some());
        assert!(known.learn(&shared, &packet(5)).is_none());
        let learned = (6..1_000).filter(|ssrc| known.learn(&shared, &packet(*ssrc)).is_some()).count();
        assert_eq!(learned, MAX_UNDECLARED_STREAMS - 1);
    }
}
