//! Video of a call: sources, the sending and the receiving pipeline, and pixel work. It knows packets, but
//! not their transport.
//!
//! ```text
//!  source ─► video-capture ─► self-view
//!                 └─newest wins─► video-encode: quality ─► scale ─► encode ─► EncodedSink
//!  packets ─► queue ─► video-receive: assemble ─► decode ─► hold until due ─► FrameSink
//! ```

mod assembler;
mod camera;
mod convert;
mod depacketize;
pub(crate) mod frame_pool;
pub(crate) mod image;
mod mirror;
mod mjpeg;
#[cfg(test)]
pub(crate) mod packetize;
pub(crate) mod pattern;
mod playout_delay;
mod presentation;
mod quality_ladder;
mod rate_meter;
mod receiver;
mod resample_plane;
mod screen;
mod sender;
mod source;
mod source_table;
#[cfg(test)]
pub(crate) mod tests;

pub use assembler::{AssembledFrame, AssemblerStats, FrameAssembler};
pub use image::{Scaler, fit, i420_to_rgba, psnr_y, scale_to_fit};
pub use mirror::Mirror;
pub use pattern::read_frame_number;
pub use quality_ladder::{EncoderLoad, QualityLadder, QualityStep};
pub(crate) use receiver::VideoInlet;
pub use receiver::{VideoReceiver, VideoReceiverConfig, VideoReceiverStats};
pub use screen::{ScreenInfo, screen_preview};
pub use sender::{
    MAX_LAYERS, SourceEvent, VideoLayer, VideoOutputs, VideoSender, VideoSenderConfig, VideoSenderStats,
};
pub use source::{SourceError, SourceInfo, VideoFormat, VideoSource};
pub use source_table::{list_cameras, list_screens, list_sources, open_source, open_source_at};
