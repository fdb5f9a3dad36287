//! Packets, encoded frames and the traits between media and its transport. Owned by media, so that media
//! knows nothing of the network.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;

/// Which of a call's two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    Audio,
    Video,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// RTP clock 48 kHz.
    Opus,
    /// RTP clock 90 kHz, constrained baseline, packetization-mode 1 (RFC 6184).
    H264,
    /// RTP clock 90 kHz (RFC 7741).
    Vp8,
}

/// One RTP packet as it arrived: the payload is still in its RTP payload format.
#[derive(Clone, Debug)]
pub struct Packet {
    pub sequence: u16,
    /// In the codec's RTP clock.
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Bytes,
    pub arrived: Instant,
}

/// One encoded frame on its way out: H.264 as Annex B access unit, VP8 as a whole frame, Opus as one packet.
#[derive(Clone, Debug)]
pub struct EncodedFrame {
    pub codec: Codec,
    pub data: Bytes,
    /// In the codec's RTP clock. Both tracks of a call derive it from `captured`, see [`EncodedSink`].
    pub timestamp: u32,
    pub captured: Instant,
    pub duration: Duration,
    pub key: bool,
    /// Which of the picture's encodings, see [`VideoLayer`](crate::VideoLayer); 0 for sound.
    pub layer: u8,
}

/// Says which instant an RTP timestamp stands for, by the sender's clock (RTCP SR, RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug)]
pub struct SenderReport {
    /// NTP time, 32.32 fixed point.
    pub ntp: u64,
    pub rtp: u32,
}

/// Earlier frames that a sound packet repeats: with a count of 3 and a spacing of 2, those 2, 4 and 6 before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    pub count: u8,
    /// 1 or more where there are any. Copies further apart outlast longer bursts, and are waited for longer.
    pub spacing: u8,
}

impl Copies {
    /// How many packets earlier each is, nearest first.
    pub fn distances(self) -> impl DoubleEndedIterator<Item = usize> {
        (1..=self.count).map(move |copy| usize::from(copy) * usize::from(self.spacing.max(1)))
    }
}

/// What the receiver of pictures tells their sender where both sides have agreed on long-term references. Pictures are
/// named by their RTP timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFeedback {
    /// The picture was decoded, and is kept as a long-term reference.
    Kept(u32),
    /// Pictures after `kept`, the newest one kept, are lost: another one is to be predicted from that.
    Lost { kept: u32 },
}

/// Where encoded frames go. Implemented by the carrier; called from media threads, so it must not
/// block: full means drop and count.
pub trait EncodedSink: Send + Sync {
    fn send(&self, frame: EncodedFrame);
    /// Which earlier frames each sound packet from now on repeats (RFC 2198), where the other end takes it.
    fn set_copies(&self, _copies: Copies) {}
}

/// Where received packets go. Implemented by media; called from the carrier's tasks, never blocks.
pub trait PacketReceiver: Send + Sync {
    fn packet(&self, codec: Codec, packet: Packet);
    /// A copy of an earlier sound packet, carried by a later one (RFC 2198) and said before it; `arrived` is
    /// the later one's.
    fn copy(&self, _packet: Packet) {}
    /// The packets of `kind` to come are another stream's: numbers and times begin anew.
    fn begins_anew(&self, _kind: TrackKind) {}
    /// H.264 parameter sets named in the description (`sprop-parameter-sets`, RFC 6184 8.1), Annex B. Said
    /// before each packet they belong to, so that it reaches whoever takes the packets.
    fn parameter_sets(&self, _sets: &[u8]) {}
    fn sender_report(&self, kind: TrackKind, report: SenderReport);
    /// Round-trip time of the path, for the jitter buffer's decision whether to wait for a repair.
    fn round_trip(&self, rtt: Duration);
}

pub type SharedReceiver = Arc<dyn PacketReceiver>;
