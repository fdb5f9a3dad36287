//! Bellwire's media engine: devices, processing, codecs, jitter buffers and lip sync of one call.
//! It knows nothing of the network, of signaling or of windows.
//!
//! ```text
//!  mic ─► callback ─ring─► capture ─► echo, noise, gain ─► opus ──────► EncodedSink
//!                                        ▲ what is being played
//!  speaker ◄─ callback ◄─ring─ playout ◄─┴─ mix ◄─ opus ◄─ jitter ◄──── PacketReceiver of each member
//!                                 │ how late sound is heard
//!  screen ◄─ FrameSink ◄─ clock ◄─┘── decode ◄─ assemble ◄───────────── PacketReceiver
//!  camera ─► newest picture ─► scale ─► encode ───────────────────────► EncodedSink
//! ```
#![deny(unsafe_code)]

mod audio;
mod call_media;
mod clock_drift;
pub mod codec;
mod device_event;
mod device_test;
pub mod file;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod identity;
mod jitter;
mod lip_sync;
mod packet;
mod slot;
#[cfg(test)]
mod test_files;
pub mod thread;
mod tones;
pub mod video;

pub use audio::{
    AudioDevice, AudioFeatures, Direction, LossSmoother, SoundError, SoundSystem, WavError,
    list_audio_devices, offered_ids,
};
pub use call_media::{
    CallMedia, CallMediaConfig, MediaEvent, MediaStats, MemberMedia, MemberOutputs, MemberStats, Outputs,
    Processing, START_BITRATE_BPS, SentStats,
};
pub use codec::opus::{DRED_VERSION, packet_samples, without_padding};
pub use device_event::{DeviceChange, DeviceEvent, DeviceKind, DeviceProblem};
pub use device_test::{AudioTest, CameraTest, DeviceTestEvent, EchoStage};
pub use frame::{FrameSink, VideoFrame};
pub use lip_sync::{LipSync, PlayoutClock};
pub use packet::{
    Codec, Copies, EncodedFrame, EncodedSink, Packet, PacketReceiver, PictureFeedback, SenderReport,
    SharedReceiver, TrackKind,
};
pub use tones::{RingtoneError, Tone, ToneOutputs, TonePlayer, check_ringtone};
pub use video::{MAX_LAYERS, SourceError, VideoLayer, VideoSource};
