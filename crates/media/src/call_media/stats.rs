//! Statistics of a call's media: what is sent, what is received of each member, and both in one record.

use serde::Serialize;

use crate::Codec;
use crate::audio::{AudioStats, VoiceStats};
use crate::lip_sync::LipSync;
use crate::video::{VideoReceiverStats, VideoSenderStats};

/// Figures of what is sent, to however many, and of the devices: since the start, or of the last second where a rate is
/// given.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SentStats {
    /// Pictures the camera or what is shared gave.
    pub frames_captured: u64,
    /// Pictures encoded; each layer has its own.
    pub frames: u64,
    /// Pictures the encoder was too busy for.
    pub frames_dropped: u64,
    /// Pictures the encoder's rate control left out.
    pub frames_skipped: u64,
    pub fps: f32,
    pub width: u32,
    pub height: u32,
    pub key_frames: u64,
    /// Pictures predicted from one that the other end kept, because others were lost.
    pub recoveries: u64,
    /// Mean time to encode a picture, ms.
    pub encode_ms: f32,
    /// Quantiser of the last picture, in the codec's own scale (H.264: 0..51).
    pub quantiser: Option<f32>,
    /// The path carries sound only, so no picture is sent.
    pub picture_paused: bool,
    /// Payload only, without RTP and below.
    pub video_kbps: f32,
    pub audio_kbps: f32,
    /// dBFS of the last second, after processing and mute; -90 is silence.
    pub audio_level_db: f32,
    pub microphone_muted: bool,
    pub camera_off: bool,
    /// Empty until a picture was sent.
    pub video_codec: String,
    /// 10 ms frames the speaker asked for and did not get.
    pub underruns: u64,
    /// Names of the devices in use, empty where none is.
    pub microphone: String,
    pub speaker: String,
    /// Of the camera or of what is shared.
    pub picture_source: String,
}

/// Figures of what is received of one member, since they joined or of the last second where a rate is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MemberStats {
    /// Pictures shown.
    pub frames: u64,
    /// Pictures decoded, whether shown or not.
    pub frames_decoded: u64,
    /// Times a picture nobody needs was left out instead of waited for.
    pub frames_left_out: u64,
    pub fps: f32,
    pub width: u32,
    pub height: u32,
    pub freezes: u32,
    pub freeze_ms: u32,
    /// The longest time without a new picture since the first packet; that there is none yet counts.
    pub longest_freeze_ms: u32,
    /// From the first packet of video to the first picture.
    pub first_picture_ms: Option<u32>,
    pub key_frames_requested: u64,
    /// Asked for instead of a key frame.
    pub recoveries_requested: u64,
    /// What jitter and repairs of the video add to the shortest way, ms.
    pub video_delay_ms: u32,
    /// From a picture's capture to its display, ms, smoothed; none until the sender's reports came.
    pub capture_to_display_ms: Option<f32>,
    /// Mean time to decode a picture, ms.
    pub decode_ms: f32,
    /// Payload only, without RTP and below.
    pub video_kbps: f32,
    pub audio_kbps: f32,
    /// Depth of the audio jitter buffer, ms.
    pub jitter_ms: f32,
    /// dBFS of the last second; -90 is silence.
    pub audio_level_db: f32,
    /// Samples made up because their packet was missing, as a fraction 0..1 of all played. Pauses of the
    /// sender are none.
    pub concealed: f32,
    /// Audio packets that came too late to be played, and that were restored from later ones.
    pub audio_late: u64,
    pub audio_restored: u64,
    /// Empty until a picture came.
    pub video_codec: String,
    /// How far video is shown after (+) or before (-) its audio, ms.
    pub av_offset_ms: f32,
}

impl SentStats {
    pub(super) fn new(audio: AudioStats, video: VideoSenderStats, camera_off: bool) -> Self {
        Self {
            frames_captured: video.frames_captured,
            frames: video.frames_encoded,
            frames_dropped: video.frames_dropped,
            frames_skipped: video.frames_skipped,
            fps: video.fps,
            width: video.width,
            height: video.height,
            key_frames: video.key_frames,
            recoveries: video.recoveries,
            encode_ms: video.encode_ms,
            quantiser: video.quantiser,
            picture_paused: video.paused,
            video_kbps: video.kbps,
            audio_kbps: audio.kbps,
            audio_level_db: audio.level_db,
            microphone_muted: audio.muted,
            camera_off,
            video_codec: video.codec.map(codec_name).unwrap_or_default().into(),
            underruns: audio.underruns,
            microphone: audio.microphone,
            speaker: audio.speaker,
            picture_source: video.source,
        }
    }
}

impl MemberStats {
    pub(super) fn new(audio: &VoiceStats, video: &VideoReceiverStats, clock: &LipSync) -> Self {
        Self {
            frames: video.frames_shown,
            frames_decoded: video.frames_decoded,
            frames_left_out: video.frames_skipped,
            fps: video.fps,
            width: video.width,
            height: video.height,
            freezes: video.freezes,
            freeze_ms: video.freeze_ms,
            longest_freeze_ms: video.longest_freeze_ms,
            first_picture_ms: video.first_picture_ms,
            key_frames_requested: video.key_requests,
            recoveries_requested: video.recovery_requests,
            video_delay_ms: video.playout_delay_ms,
            capture_to_display_ms: clock.display_delay_ms(),
            decode_ms: video.decode_ms,
            video_kbps: video.kbps,
            audio_kbps: audio.kbps,
            jitter_ms: audio.delay_ms,
            audio_level_db: audio.level_db,
            concealed: audio.concealed,
            audio_late: audio.packets.late,
            audio_restored: audio.packets.recovered,
            video_codec: video.codec.map(codec_name).unwrap_or_default().into(),
            av_offset_ms: clock.offset_ms(),
        }
    }
}

fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "opus",
        Codec::H264 => "H264",
        Codec::Vp8 => "VP8",
    }
}
