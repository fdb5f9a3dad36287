//! What has to be known of a description before the connection may see it. Sans-IO.
//!
//! The connection changes state before it has checked everything, so a description it would choke
//! on half-way is refused here.

use bellwire_call::{IceCandidate, Sdp, SdpKind};
use rtc::ice::candidate::unmarshal_candidate;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtp_transceiver::rtp_sender::{RTCRtpCodec, RTCRtpCodecParameters};
use sha2::{Digest, Sha256};

/// A real description of a call has some kilobytes.
pub(crate) const MOST_BYTES: usize = 256 * 1024;
const MOST_SECTIONS: usize = 32;
const MOST_CANDIDATE_BYTES: usize = 1024;

/// Why a description was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DescriptionError {
    #[error("the description has {0} bytes")]
    TooLarge(usize),
    #[error("an {expected:?} was expected")]
    WrongKind { expected: SdpKind },
    #[error("the description is malformed: {0}")]
    Malformed(String),
}

/// A description fit to be applied, and what is needed of it later.
pub(crate) struct Description {
    pub(crate) parsed: RTCSessionDescription,
    pub(crate) ufrag: String,
    pub(crate) first_mid: String,
    pub(crate) fingerprint: Vec<u8>,
    /// The codecs of each video section, with the payload types used there.
    pub(crate) video: Vec<Vec<RTCRtpCodecParameters>>,
}

pub(crate) fn inspect(sdp: &Sdp, expected: SdpKind) -> Result<Description, DescriptionError> {
    if sdp.kind != expected {
        return Err(DescriptionError::WrongKind { expected });
    }
    if sdp.sdp.len() > MOST_BYTES {
        return Err(DescriptionError::TooLarge(sdp.sdp.len()));
    }
    let malformed = |what: &str| DescriptionError::Malformed(what.to_owned());
    let text = without_bad_candidates(&sdp.sdp);
    let parsed = match expected {
        SdpKind::Offer => RTCSessionDescription::offer(text),
        SdpKind::Answer => RTCSessionDescription::answer(text),
    };
    let parsed = parsed.map_err(|e| DescriptionError::Malformed(e.to_string()))?;
    let session = parsed.unmarshal().map_err(|e| DescriptionError::Malformed(e.to_string()))?;
    let sections = &session.media_descriptions;
    if sections.is_empty() || sections.len() > MOST_SECTIONS {
        return Err(malformed("unlikely number of sections"));
    }
    let mut mids: Vec<&str> = Vec::new();
    for section in sections {
        let mid = section.attribute("mid").flatten().filter(|mid| !mid.is_empty());
        let mid = mid.ok_or_else(|| malformed("a section has no mid"))?;
        if mids.contains(&mid) {
            return Err(malformed("two sections have the same mid"));
        }
        mids.push(mid);
    }
    let anywhere = |key: &str| {
        let session = session.attribute(key).map(String::as_str);
        session.or_else(|| sections.iter().find_map(|s| s.attribute(key).flatten()))
    };
    let ufrag = anywhere("ice-ufrag").filter(|u| !u.is_empty()).ok_or_else(|| malformed("no ice-ufrag"))?;
    anywhere("ice-pwd").filter(|p| !p.is_empty()).ok_or_else(|| malformed("no ice-pwd"))?;
    let fingerprint = anywhere("fingerprint").and_then(fingerprint_bytes);
    let fingerprint = fingerprint.ok_or_else(|| malformed("no usable fingerprint"))?;
    let video = sections
        .iter()
        .filter(|s| s.media_name.media == "video")
        .map(|s| {
            let types = s.media_name.formats.iter().filter_map(|f| f.parse().ok());
            let named = types.filter_map(|t| Some((t, session.get_codec_for_payload_type(t).ok()?)));
            named.map(|(payload_type, codec)| RTCRtpCodecParameters {
                payload_type,
                rtp_codec: RTCRtpCodec {
                    mime_type: format!("video/{}", codec.name),
                    clock_rate: codec.clock_rate,
                    sdp_fmtp_line: codec.fmtp,
                    ..Default::default()
                },
            })
        })
        .map(Iterator::collect)
        .collect();
    let first_mid = mids.first().map_or_else(String::new, |mid| (*mid).to_owned());
    Ok(Description { ufrag: ufrag.to_owned(), first_mid, fingerprint, video, parsed })
}

/// Candidates the connection cannot read would make it refuse the whole description.
fn without_bad_candidates(sdp: &str) -> String {
    let mut text = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        let keep = line.strip_prefix("a=candidate:").is_none_or(|c| usable_candidate(c) == Ok(true));
        if keep {
            text.push_str(line);
            text.push_str("\r\n");
        }
    }
    text
}

/// Whether the connection can make use of a candidate; `Err` if it cannot be read at all.
pub(crate) fn usable_candidate(candidate: &str) -> Result<bool, ()> {
    if candidate.len() > MOST_CANDIDATE_BYTES {
        return Err(());
    }
    let bare = candidate.trim();
    let bare = bare.strip_prefix("a=").unwrap_or(bare);
    let bare = bare.strip_prefix("candidate:").unwrap_or(bare);
    if bare.is_empty() {
        // End of candidates.
        return Ok(false);
    }
    let mut words = bare.split_ascii_whitespace();
    // Names hidden by mDNS are not resolved: the other side's checks tell us its address.
    if words.nth(4).is_some_and(|address| address.to_ascii_lowercase().ends_with(".local")) {
        return Ok(false);
    }
    unmarshal_candidate(bare).map(|_| true).map_err(|_| ())
}

/// Whether a candidate belongs to a description with this ufrag; one that does not say belongs to any.
pub(crate) fn belongs(candidate: &IceCandidate, ufrag: &str) -> bool {
    candidate.username_fragment.as_deref().is_none_or(|of| of.is_empty() || of == ufrag)
}

fn fingerprint_bytes(value: &str) -> Option<Vec<u8>> {
    let (_algorithm, digits) = value.trim().split_once(' ')?;
    let bytes: Option<Vec<u8>> = digits.trim().split(':').map(|h| u8::from_str_radix(h, 16).ok()).collect();
    bytes.filter(|b| b.len() >= 20)
}

/// Digits both people see when nobody sits between them: made of both fingerprints, whoever asks.
pub(crate) fn security_code(ours: &[u8], theirs: &[u8]) -> String {
    let (first, second) = if ours <= theirs { (ours, theirs) } else { (theirs, ours) };
    let mut hash = Sha256::new();
    hash.update(first);
    hash.update([0]);
    hash.update(second);
    let digest = hash.finalize();
    let groups = digest.chunks_exact(4).take(4).map(|four| {
        let number = four.iter().fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
        format!("{:05}", number % 100_000)
    });
    groups.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINGERPRINT: &str = "sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";

    fn text(candidate: &str) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:{FINGERPRINT}\r\n\
             m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n\
             a=ice-pwd:0123456789012345678901\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n\
             a=fmtp:97 apt=96\r\n{candidate}"
        )
    }

    fn offer(sdp: String) -> Sdp {
        Sdp { kind: SdpKind::Offer, sdp }
    }

    #[test]
    fn a_sound_description_tells_what_is_needed() {
        let found = inspect(&offer(text("")), SdpKind::Offer).expect("sound");
        assert_eq!(found.ufrag, "abcd");
        assert_eq!(found.fingerprint.len(), 32);
        assert_eq!(found.video[0][0].rtp_codec.mime_type, "video/VP8");
        assert_eq!(found.video[0][0].payload_type, 96);
    }

    #[test]
    fn unsound_descriptions_are_refused() {
        let refused = |sdp: String| inspect(&offer(sdp), SdpKind::Offer).err();
        assert!(matches!(refused("x".repeat(MOST_BYTES + 1)), Some(DescriptionError::TooLarge(_))));
        for broken in ["mid:0", "ice-ufrag:abcd", "ice-pwd:0123456789012345678901", FINGERPRINT] {
            let sdp = text("").replace(broken, "x:1");
            assert!(matches!(refused(sdp), Some(DescriptionError::Malformed(_))), "{broken}");
        }
        for garbage in ["", "v=0", "\u{0}\u{1}", "m=audio", "v=0\r\nm=\r\n"] {
            assert!(refused(garbage.to_owned()).is_some(), "{garbage:?}");
        }
        let wrong = inspect(&offer(text("")), SdpKind::Answer).err();
        assert_eq!(wrong, Some(DescriptionError::WrongKind { expected: SdpKind::Answer }));
    }

    #[test]
    fn candidates_nobody_can_read_do_not_spoil_the_description() {
        let sdp = text(
            "a=candidate:garbage\r\na=candidate:1 1 udp 5 x.local 9 typ host\r\n\
                        a=candidate:1 1 udp 2130706431 192.0.2.1 9 typ host\r\n",
        );
        let found = inspect(&offer(sdp), SdpKind::Offer).expect("sound");
        assert_eq!(found.parsed.sdp.matches("a=candidate").count(), 1);
    }

    #[test]
    fn candidates_are_told_apart() {
        assert_eq!(usable_candidate("candidate:1 1 udp 2130706431 192.0.2.1 9 typ host"), Ok(true));
        assert_eq!(usable_candidate("candidate:1 1 udp 5 8f3c.local 9 typ host"), Ok(false));
        assert_eq!(usable_candidate(""), Ok(false));
        assert_eq!(usable_candidate("candidate:what"), Err(()));
        assert_eq!(usable_candidate(&"x".repeat(5_000)), Err(()));
    }

    #[test]
    fn the_code_is_the_same_on_both_sides_and_depends_on_both() {
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        let code = security_code(&a, &b);
        assert_eq!(code, security_code(&b, &a));
        assert_ne!(code, security_code(&a, &c));
        assert_eq!(code.len(), 4 * 5 + 3);
    }
}
