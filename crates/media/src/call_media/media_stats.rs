//! Statistics of a call with one member: what is sent and what is received in one record.

use serde::Serialize;

use super::stats::{MemberStats, SentStats};

/// Figures of a call's media with one member since its start, or of the last second where a rate is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MediaStats {
    /// Pictures the camera or what is shared gave.
    pub frames_captured: u64,
    pub frames_sent: u64,
    /// Pictures the encoder was too busy for.
    pub frames_dropped: u64,
    /// Pictures shown.
    pub frames_received: u64,
    pub fps_sent: f32,
    pub fps_received: f32,
    pub width_sent: u32,
    pub height_sent: u32,
    pub width_received: u32,
    pub height_received: u32,
    pub freezes: u32,
    pub freeze_ms: u32,
    /// The longest time without a new picture since the first packet; that there is none yet counts.
    pub longest_freeze_ms: u32,
    /// From the first packet of video to the first picture.
    pub first_picture_ms: Option<u32>,
    /// Pictures decoded, whether shown or not.
    pub frames_decoded: u64,
    /// Times a picture nobody needs was left out instead of waited for.
    pub frames_left_out: u64,
    /// Pictures the encoder's rate control left out.
    pub frames_skipped: u64,
    pub key_frames_sent: u64,
    pub key_frames_requested: u64,
    /// Pictures predicted from one that the other end kept, because others were lost: instead of key frames.
    pub recoveries_sent: u64,
    pub recoveries_requested: u64,
    /// What jitter and repairs of the video add to the shortest way, ms.
    pub video_delay_ms: u32,
    /// From a picture's capture to its display, ms, smoothed; none until the sender's reports came.
    pub capture_to_display_ms: Option<f32>,
    /// Mean time to encode and to decode a picture, ms.
    pub encode_ms: f32,
    pub decode_ms: f32,
    /// Quantiser of the last picture sent, in the codec's own scale (H.264: 0..51).
    pub quantiser: Option<f32>,
    /// The path carries sound only, so no picture is sent.
    pub picture_paused: bool,
    /// Payload only, without RTP and below.
    pub video_kbps_sent: f32,
    pub video_kbps_received: f32,
    pub audio_kbps_sent: f32,
    pub audio_kbps_received: f32,
    /// Depth of the audio jitter buffer, ms.
    pub jitter_ms: f32,
    /// dBFS of the last second, after processing and mute; -90 is silence.
    pub audio_level_sent_db: f32,
    pub audio_level_received_db: f32,
    /// Samples made up because their packet was missing, as a fraction 0..1 of all played. Pauses of the
    /// sender are none.
    pub concealed: f32,
    /// Audio packets that came too late to be played, and that were restored from later ones.
    pub audio_late: u64,
    pub audio_restored: u64,
    /// 10 ms frames the speaker asked for and did not get.
    pub underruns: u64,
    pub microphone_muted: bool,
    pub camera_off: bool,
    /// Empty until something was sent.
    pub video_codec_sent: String,
    pub video_codec_received: String,
    /// How far video is shown after (+) or before (-) its audio, ms.
    pub av_offset_ms: f32,
    /// Names of the devices in use, empty where none is.
    pub microphone: String,
    pub speaker: String,
    /// Of the camera or of what is shared.
    pub picture_source: String,
}

impl MediaStats {
    /// What is sent, and what is received of that member.
    pub fn of(sent: &SentStats, received: &MemberStats) -> Self {
        Self {
            frames_captured: sent.frames_captured,
            frames_sent: sent.frames,
            frames_dropped: sent.frames_dropped,
            frames_received: received.frames,
            fps_sent: sent.fps,
            fps_received: received.fps,
            width_sent: sent.width,
            height_sent: sent.height,
            width_received: received.width,
            height_received: received.height,
            freezes: received.freezes,
            freeze_ms: received.freeze_ms,
            longest_freeze_ms: received.longest_freeze_ms,
            first_picture_ms: received.first_picture_ms,
            frames_decoded: received.frames_decoded,
            frames_left_out: received.frames_left_out,
            frames_skipped: sent.frames_skipped,
            key_frames_sent: sent.key_frames,
            key_frames_requested: received.key_frames_requested,
            recoveries_sent: sent.recoveries,
            recoveries_requested: received.recoveries_requested,
            video_delay_ms: received.video_delay_ms,
            capture_to_display_ms: received.capture_to_display_ms,
            encode_ms: sent.encode_ms,
            decode_ms: received.decode_ms,
            quantiser: sent.quantiser,
            picture_paused: sent.picture_paused,
            video_kbps_sent: sent.video_kbps,
            video_kbps_received: received.video_kbps,
            audio_kbps_sent: sent.audio_kbps,
            audio_kbps_received: received.audio_kbps,
            jitter_ms: received.jitter_ms,
            audio_level_sent_db: sent.audio_level_db,
            audio_level_received_db: received.audio_level_db,
            concealed: received.concealed,
            audio_late: received.audio_late,
            audio_restored: received.audio_restored,
            underruns: sent.underruns,
            microphone_muted: sent.microphone_muted,
            camera_off: sent.camera_off,
            video_codec_sent: sent.video_codec.clone(),
            video_codec_received: received.video_codec.clone(),
            av_offset_ms: received.av_offset_ms,
            microphone: sent.microphone.clone(),
            speaker: sent.speaker.clone(),
            picture_source: sent.picture_source.clone(),
        }
    }
}
