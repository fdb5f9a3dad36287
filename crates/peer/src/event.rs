//! Events of a connection.

use bellwire_call::IceCandidate;
use bellwire_media::{AudioFeatures, Codec, PictureFeedback};
use serde::Serialize;

use crate::wishes::Wish;

/// How the connection as a whole is doing (`RTCPeerConnectionState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerState {
    Connecting,
    Connected,
    /// No answer to connectivity checks for some seconds; may come back by itself.
    Disconnected,
    /// Given up; only an ICE restart helps.
    Failed,
    Closed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// A local candidate for the other side.
    Candidate(IceCandidate),
    State(PeerState),
    /// We keep sending and have heard nothing for about a second, or longer where the other side is heard
    /// seldom, or our address is gone; restart ICE now rather than wait for [`PeerState::Disconnected`].
    PathSilent,
    /// Heard again after [`PeerEvent::PathSilent`].
    PathBack,
    /// This machine has an address more that may lead to the other side, or does so better than the one in
    /// use: an ICE restart takes it up.
    NewAddress,
    /// The other side cannot decode what it has and wants a key frame.
    KeyFrameWanted,
    /// What the path carries, bit/s, RTP headers and audio included.
    TargetBitrate {
        bps: u32,
        /// What of it is left for the video encoder after sound, retransmissions and headers.
        video_bps: u32,
        /// The most with which a camera's picture does not stand still for repairs that are lost as well; `u32::MAX`: no
        /// limit.
        steady_bps: u32,
    },
    /// The video codec the other side accepts and we prefer: encode this one.
    SendCodec(Codec),
    /// Whether the other side keeps long-term references of the pictures we send and tells so, and does the same for those
    /// it sends; said before [`PeerEvent::SendCodec`].
    LongTermReferences(bool),
    /// What the other side keeps or lost of our pictures.
    PictureFeedback(PictureFeedback),
    /// What the other side can make use of in the sound we send.
    SendAudio(AudioFeatures),
    /// Share of our packets with sound that the other side lost since its last report, 0 to 1; sooner, where loss sets in
    /// between two reports, that of all our packets.
    RemoteLoss {
        fraction: f32,
    },
    /// The other side shows our picture in another size than before, or its person's hand is up; only from programs
    /// that say so.
    RemoteWish(Wish),
}
