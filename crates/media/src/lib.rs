//! bellwire-media
mod frame;
mod packet;

pub use frame::{FrameSink, SourceError, VideoFrame, VideoSource};
pub use packet::{Codec, EncodedFrame, EncodedSink, Packet, PacketReceiver, SenderReport, SharedReceiver, TrackKind};
