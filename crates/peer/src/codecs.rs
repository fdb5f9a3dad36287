//! Codecs a connection offers, and the choice among the common ones.

use bellwire_media::{Codec, DRED_VERSION, TrackKind};
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MediaEngine,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::shared::error::Result;

/// H.264 profiles by what browsers offer, best first: constrained baseline, baseline, main, high.
/// All are of level 4.0, which is 1920x1080 at 30 a second; browsers offer less and match whatever the level.
/// All are packetization-mode 1; what we send is constrained baseline, which every one of them includes.
pub(crate) const H264_PROFILES: [(&str, u8); 4] =
    [("42e028", 125), ("420028", 102), ("4d0028", 104), ("640028", 106)];
const VP8_PAYLOAD_TYPE: u8 = 96;
const OPUS_PAYLOAD_TYPE: u8 = 111;
/// As Chromium has it.
const RED_PAYLOAD_TYPE: u8 = 63;
const MIME_TYPE_RED: &str = "audio/red";
/// What packets in RED are, by our own payload type (RFC 2198 5), as many as there may be at least.
pub(crate) const RED_PARAMETERS: &str = "111/111";
/// Parameter of Opus by which clients of ours tell each other the version of DRED they read. It is a private one:
/// the draft has none, and its bitstream changes between versions. Others pass it over (RFC 7587 7).
pub(crate) const DRED_PARAMETER: &str = "x-bellwire-dred";

/// Feedback by which clients of ours agree on long-term references of H.264, see [`crate::picture_feedback`].
pub(crate) const REFERENCE_FEEDBACK: (&str, &str) = ("ack", "rpsi");

pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(crate) const TRANSPORT_CC: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/// When a packet left; only where the other side estimates nothing itself, see [`crate::description`].
pub(crate) const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// RTP clock in ticks a second.
pub(crate) fn clock_rate(codec: Codec) -> u32 {
    match codec {
        Codec::Opus => 48_000,
        Codec::H264 | Codec::Vp8 => 90_000,
    }
}

pub(crate) fn mime_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => MIME_TYPE_OPUS,
        Codec::H264 => MIME_TYPE_H264,
        Codec::Vp8 => MIME_TYPE_VP8,
    }
}

pub(crate) fn kind_of(codec: Codec) -> TrackKind {
    match codec {
        Codec::Opus => TrackKind::Audio,
        Codec::H264 | Codec::Vp8 => TrackKind::Video,
    }
}

/// The codec a MIME type stands for, if it is one of ours.
pub(crate) fn codec_of(mime_type: &str) -> Option<Codec> {
    let is = |other: &str| mime_type.eq_ignore_ascii_case(other);
    if is(MIME_TYPE_OPUS) {
        Some(Codec::Opus)
    } else if is(MIME_TYPE_H264) {
        Some(Codec::H264)
    } else if is(MIME_TYPE_VP8) {
        Some(Codec::Vp8)
    } else {
        None
    }
}

fn feedback(kinds: &[(&str, &str)]) -> Vec<RTCPFeedback> {
    kinds.iter().map(|(t, p)| RTCPFeedback { typ: (*t).to_owned(), parameter: (*p).to_owned() }).collect()
}

fn h264(profile: &str) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format!("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"),
        rtcp_feedback: [video_feedback(), feedback(&[REFERENCE_FEEDBACK])].concat(),
    }
}

fn video_feedback() -> Vec<RTCPFeedback> {
    feedback(&[("transport-cc", ""), ("goog-remb", ""), ("ccm", "fir"), ("nack", ""), ("nack", "pli")])
}

/// Opus as we receive it: with in-band FEC, without packets of silence, with DRED where it is built in.
pub(crate) fn opus() -> RTCRtpCodec {
    let mut parameters = "minptime=10;useinbandfec=1;usedtx=1".to_owned();
    if DRED_VERSION > 0 {
        parameters.push_str(&format!(";{DRED_PARAMETER}={DRED_VERSION}"));
    }
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: parameters,
        rtcp_feedback: feedback(&[("transport-cc", "")]),
    }
}

fn red() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_RED.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: RED_PARAMETERS.to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

fn with_repair(rtp_codec: RTCRtpCodec, payload_type: u8) -> [RTCRtpCodecParameters; 2] {
    let repair = RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format!("apt={payload_type}"),
        rtcp_feedback: Vec::new(),
    };
    [
        RTCRtpCodecParameters { rtp_codec, payload_type },
        RTCRtpCodecParameters { rtp_codec: repair, payload_type: payload_type + 1 },
    ]
}

/// Every video codec offered, each with its repair stream, in the order of `wanted`.
pub(crate) fn video_codecs(wanted: &[Codec]) -> Vec<RTCRtpCodecParameters> {
    let mut list = Vec::new();
    for codec in wanted {
        match codec {
            Codec::H264 => {
                for (profile, payload_type) in H264_PROFILES {
                    list.extend(with_repair(h264(profile), payload_type));
                }
            }
            Codec::Vp8 => {
                let vp8 = RTCRtpCodec {
                    mime_type: MIME_TYPE_VP8.to_owned(),
                    clock_rate: 90_000,
                    channels: 0,
                    sdp_fmtp_line: String::new(),
                    rtcp_feedback: video_feedback(),
                };
                list.extend(with_repair(vp8, VP8_PAYLOAD_TYPE));
            }
            Codec::Opus => {}
        }
    }
    list
}

pub(crate) fn media_engine(video: &[Codec]) -> Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    let opus = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: OPUS_PAYLOAD_TYPE };
    engine.register_codec(opus, RtpCodecKind::Audio)?;
    // Behind Opus: Chromium sends copies all the time where RED comes first, and only Opus else.
    let red = RTCRtpCodecParameters { rtp_codec: red(), payload_type: RED_PAYLOAD_TYPE };
    engine.register_codec(red, RtpCodecKind::Audio)?;
    for codec in video_codecs(video) {
        engine.register_codec(codec, RtpCodecKind::Video)?;
    }
    let mut extension = |uri: &str, kind| {
        engine.register_header_extension(RTCRtpHeaderExtensionCapability { uri: uri.to_owned() }, kind, None)
    };
    for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
        extension(TRANSPORT_CC, kind)?;
        extension(MID, kind)?;
    }
    extension(STREAM_ID, RtpCodecKind::Video)?;
    extension(REPAIRED_STREAM_ID, RtpCodecKind::Video)?;
    extension(ABS_SEND_TIME, RtpCodecKind::Video)?;
    Ok(engine)
}

/// How good a negotiated codec is for us; lower is better, `None` cannot be sent.
fn rank(codec: &RTCRtpCodecParameters, wanted: &[Codec]) -> Option<(usize, usize)> {
    let kind = codec_of(&codec.rtp_codec.mime_type)?;
    let place = wanted.iter().position(|w| *w == kind)?;
    if kind != Codec::H264 {
        return Some((place, 0));
    }
    let fmtp = codec.rtp_codec.sdp_fmtp_line.to_ascii_lowercase();
    if !fmtp.contains("packetization-mode=1") {
        return None;
    }
    let profile =
        H264_PROFILES.iter().position(|(p, _)| fmtp.contains(&format!("profile-level-id={}", &p[..4])));
    Some((place, profile.unwrap_or(H264_PROFILES.len())))
}

/// Brings the best codec first, so that an answer tells the other side what we would rather receive.
pub(crate) fn by_preference(
    negotiated: &[RTCRtpCodecParameters],
    wanted: &[Codec],
) -> Vec<RTCRtpCodecParameters> {
    let mut media: Vec<_> = negotiated.iter().filter_map(|c| Some((rank(c, wanted)?, c))).collect();
    media.sort_by_key(|(r, _)| *r);
    let mut list = Vec::with_capacity(negotiated.len());
    for (_, codec) in media {
        list.push(codec.clone());
        let apt = format!("apt={}", codec.payload_type);
        list.extend(negotiated.iter().filter(|c| c.rtp_codec.sdp_fmtp_line == apt).cloned());
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Codec; 2] = [Codec::H264, Codec::Vp8];

    #[test]
    fn constrained_baseline_wins_over_other_profiles_and_vp8() {
        let mut list = video_codecs(&BOTH);
        list.reverse();
        let first = |wanted: &[Codec]| by_preference(&list, wanted).first().map(|c| c.payload_type);
        assert_eq!(first(&BOTH), Some(125));
        assert_eq!(first(&[Codec::Vp8, Codec::H264]), Some(96));
    }

    #[test]
    fn single_nal_mode_and_foreign_codecs_are_never_chosen() {
        let mut mode0 = h264("42e028");
        mode0.sdp_fmtp_line = mode0.sdp_fmtp_line.replace("mode=1", "mode=0");
        let list = [RTCRtpCodecParameters { rtp_codec: mode0, payload_type: 108 }];
        assert!(by_preference(&list, &BOTH).is_empty());
    }

    #[test]
    fn preference_keeps_each_repair_stream_behind_its_codec() {
        let list = video_codecs(&[Codec::Vp8, Codec::H264]);
        let types: Vec<_> = by_preference(&list, &BOTH).iter().map(|c| c.payload_type).collect();
        assert_eq!(types, [125, 126, 102, 103, 104, 105, 106, 107, 96, 97]);
    }
}
