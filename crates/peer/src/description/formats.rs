//! Payload types of a section that are codecs of ours (RFC 8866 6.6, RFC 6184 8.1, RFC 7587 7, RFC 7741 6,
//! RFC 4588 8).

use bellwire_media::{Codec, DRED_VERSION, TrackKind};
use bytes::Bytes;

use super::text::MediaText;
use crate::{codecs, parameter_sets};

/// Feedback we understand; anything else is not answered.
const FEEDBACK: [(&str, &str); 6] = [
    ("transport-cc", ""),
    ("goog-remb", ""),
    ("ccm", "fir"),
    ("nack", ""),
    ("nack", "pli"),
    codecs::REFERENCE_FEEDBACK,
];
/// Baseline at level 1, which a missing `profile-level-id` stands for (RFC 6184 8.1).
const INFERRED_PROFILE: &str = "42000a";

/// A payload type of the other side that is a codec of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) payload_type: u8,
    pub(crate) codec: Codec,
    /// Whether we can send it; packetization-mode 0 of H.264 can only be received, as our pictures do
    /// not fit into single packets.
    pub(crate) sends: bool,
    /// Which of our own formats it is.
    pub(crate) rank: usize,
    /// Parameters as the connection knows them, see [`codecs`].
    pub(crate) known_as: String,
    /// Parameters as the other side has to be answered.
    pub(crate) answered: Option<String>,
    pub(crate) feedback: Vec<(String, String)>,
    /// Payload type of its retransmissions.
    pub(crate) repair: Option<u8>,
    /// H.264 parameter sets of the stream, Annex B.
    pub(crate) sets: Option<Bytes>,
    pub(crate) sound: SoundParameters,
}

/// What can be done beside plain Opus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SoundParameters {
    /// Payload type of RED around it (RFC 2198).
    pub(crate) red: Option<u8>,
    /// DRED of our version is read.
    pub(crate) history: bool,
    /// Silence is better left out (RFC 7587 6.1).
    pub(crate) dtx: bool,
}

impl Format {
    /// One without parameters, feedback and repairs.
    pub(crate) fn plain(payload_type: u8, codec: Codec) -> Self {
        Self {
            payload_type,
            codec,
            sends: true,
            rank: 0,
            known_as: String::new(),
            answered: None,
            feedback: Vec::new(),
            repair: None,
            sets: None,
            sound: SoundParameters::default(),
        }
    }

    /// Feedback without a detail, as `transport-cc`.
    pub(crate) fn has_feedback(&self, wanted: &str) -> bool {
        self.feedback.iter().any(|(kind, detail)| kind == wanted && detail.is_empty())
    }

    /// Long-term references are kept and told of, see [`crate::picture_feedback`].
    pub(crate) fn keeps_references(&self) -> bool {
        let (kind, detail) = codecs::REFERENCE_FEEDBACK;
        self.codec == Codec::H264
            && self.feedback.iter().any(|(k, d)| (k.as_str(), d.as_str()) == (kind, detail))
    }
}

struct Map {
    name: String,
    clock: u32,
}

/// Parameters of a payload type, however many lines they are spread over: names in lower case.
fn parameters(media: &MediaText, payload_type: u8) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for line in media.attributes.all("fmtp") {
        let Some((number, rest)) = line.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
        if number.parse() != Ok(payload_type) {
            continue;
        }
        for parameter in rest.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim().trim_matches('"');
            list.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    list
}

fn parameter<'a>(list: &'a [(String, String)], name: &str) -> Option<&'a str> {
    list.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

fn map(media: &MediaText, payload_type: u8) -> Option<Map> {
    media.attributes.all("rtpmap").find_map(|line| {
        let (number, rest) = line.split_once(|c: char| c.is_ascii_whitespace())?;
        if number.parse() != Ok(payload_type) {
            return None;
        }
        let mut parts = rest.split('/').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        Some(Map { name, clock: parts.next()?.parse().ok()? })
    })
}

fn feedback(media: &MediaText, payload_type: u8) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for line in media.attributes.all("rtcp-fb") {
        let lower = line.to_ascii_lowercase();
        let mut words = lower.split_ascii_whitespace();
        let Some(number) = words.next() else { continue };
        if number != "*" && number.parse() != Ok(payload_type) {
            continue;
        }
        let kind = words.next().unwrap_or_default();
        let detail = words.next().unwrap_or_default();
        let entry = (kind.to_owned(), detail.to_owned());
        if FEEDBACK.contains(&(kind, detail)) && !list.contains(&entry) {
            list.push(entry);
        }
    }
    list
}

/// Which of our profiles a `profile-level-id` belongs to (RFC 6184 8.1, table 5); `None` for those we
/// cannot decode.
fn h264_profile(profile_level_id: &str) -> Option<usize> {
    if profile_level_id.len() != 6 || !profile_level_id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(profile_level_id.get(at..at + 2)?, 16).ok();
    let (profile, constraints) = (byte(0)?, byte(2)?);
    let [set0, set1] = [0x80, 0x40].map(|bit| constraints & bit != 0);
    let known_as = match (profile, set0, set1) {
        (0x42, _, true) | (0x4d, true, _) | (0x58, true, true) => "42e0",
        (0x42, _, false) | (0x58, true, false) => "4200",
        (0x4d, false, _) => "4d00",
        (0x64, ..) => "6400",
        _ => return None,
    };
    codecs::H264_PROFILES.iter().position(|(own, _)| own.starts_with(known_as))
}

fn h264(parameters: &[(String, String)]) -> Option<(usize, bool, String, String)> {
    let profile = parameter(parameters, "profile-level-id").unwrap_or(INFERRED_PROFILE);
    let mode = match parameter(parameters, "packetization-mode").unwrap_or("0") {
        "0" => 0,
        "1" => 1,
        // Interleaved mode or nonsense.
        _ => return None,
    };
    let rank = h264_profile(profile)?;
    let (own, _) = codecs::H264_PROFILES.get(rank)?;
    let level = profile.get(4..)?.to_ascii_lowercase();
    let known_as = format!(
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}{level}",
        own.get(..4).unwrap_or_default()
    );
    // Everything but the level has to come back as it was offered (RFC 6184 8.2.2).
    let asymmetry = parameter(parameters, "level-asymmetry-allowed") == Some("1");
    let asymmetry = if asymmetry { "level-asymmetry-allowed=1;" } else { "" };
    let answered = format!("{asymmetry}packetization-mode={mode};profile-level-id={profile}");
    Some((rank, mode == 1, known_as, answered))
}

fn format(media: &MediaText, payload_type: u8, kind: TrackKind) -> Option<Format> {
    // Static payload types without a map are none of ours.
    let map = map(media, payload_type)?;
    let parameters = parameters(media, payload_type);
    let mut feedback = feedback(media, payload_type);
    if map.name != "h264" {
        let (kind, detail) = codecs::REFERENCE_FEEDBACK;
        feedback.retain(|(k, d)| (k.as_str(), d.as_str()) != (kind, detail));
    }
    let plain = Format { feedback, ..Format::plain(payload_type, Codec::Opus) };
    match (kind, map.name.as_str(), map.clock) {
        (TrackKind::Audio, "opus", 48_000) => {
            let said = |name, value: &str| parameter(&parameters, name) == Some(value);
            let history = DRED_VERSION > 0 && said(codecs::DRED_PARAMETER, &DRED_VERSION.to_string());
            let sound = SoundParameters { red: None, history, dtx: said("usedtx", "1") };
            Some(Format { known_as: codecs::opus().sdp_fmtp_line, sound, ..plain })
        }
        (TrackKind::Video, "vp8", 90_000) => Some(Format { codec: Codec::Vp8, ..plain }),
        (TrackKind::Video, "h264", 90_000) => {
            let (rank, sends, known_as, answered) = h264(&parameters)?;
            let sets = parameter(&parameters, "sprop-parameter-sets").and_then(parameter_sets::annex_b);
            Some(Format {
                codec: Codec::H264,
                sends,
                rank,
                known_as,
                answered: Some(answered),
                sets,
                ..plain
            })
        }
        _ => None,
    }
}

/// The formats of a section both sides have, in the section's order and each of ours once. Those that
/// cannot be sent are left only where there is no other.
pub(crate) fn read(media: &MediaText, kind: TrackKind, wanted: &[Codec]) -> Vec<Format> {
    let mut numbers: Vec<u8> = Vec::new();
    for number in media.formats.iter().filter_map(|f| f.parse::<u8>().ok()).filter(|n| *n < 128) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let mut found: Vec<Format> = Vec::new();
    for number in &numbers {
        let Some(format) = format(media, *number, kind).filter(|f| wanted.contains(&f.codec)) else {
            continue;
        };
        let same = |f: &Format| (f.codec, f.rank, f.sends) == (format.codec, format.rank, format.sends);
        if !found.iter().any(same) {
            found.push(format);
        }
    }
    if found.iter().any(|f| f.sends) {
        found.retain(|f| f.sends);
    }
    for number in &numbers {
        if kind == TrackKind::Audio
            && map(media, *number).is_some_and(|map| map.name == "red" && map.clock == 48_000)
        {
            let packed = red_contents(media, *number);
            if let Some(format) =
                found.iter_mut().find(|f| packed.is_none_or(|packed| packed == f.payload_type))
            {
                format.sound.red = format.sound.red.or(Some(*number));
            }
        }
        if map(media, *number).is_none_or(|map| map.name != "rtx" || map.clock != 90_000) {
            continue;
        }
        let repaired = parameter(&parameters(media, *number), "apt").and_then(|apt| apt.parse::<u8>().ok());
        if let Some(format) =
            found.iter_mut().find(|f| Some(f.payload_type) == repaired && f.repair.is_none())
        {
            format.repair = Some(*number);
        }
    }
    found
}

/// The payload type of what is in RED (`a=fmtp:63 111/111`), where that is said.
fn red_contents(media: &MediaText, payload_type: u8) -> Option<u8> {
    let parameters = parameters(media, payload_type);
    let (types, _) = parameters.first()?;
    types.split('/').next()?.trim().parse().ok()
}

/// The format to send: the first of `wanted` that can be, in its best profile.
pub(crate) fn best<'a>(formats: &'a [Format], wanted: &[Codec]) -> Option<&'a Format> {
    let place = |f: &Format| wanted.iter().position(|w| *w == f.codec);
    formats.iter().filter(|f| f.sends && place(f).is_some()).min_by_key(|f| (place(f), f.rank))
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;

    const BOTH: [Codec; 2] = [Codec::H264, Codec::Vp8];

    fn video(numbers: &str, lines: &[&str]) -> Vec<Format> {
        let lines: String = lines.iter().map(|line| format!("a={line}\r\n")).collect();
        let session =
            text::parse(&format!("v=0\r\nm=video 9 RTP/SAVPF {numbers}\r\n{lines}")).expect("readable");
        read(&session.media[0], TrackKind::Video, &BOTH)
    }

    #[test]
    fn redundancy_around_opus_is_found_by_what_it_says_is_in_it() {
        let sound = |lines: &[&str]| {
            let lines: String = lines.iter().map(|line| format!("a={line}\r\n")).collect();
            let text = format!("v=0\r\nm=audio 9 RTP/SAVPF 111 63 9\r\na=rtpmap:111 opus/48000/2\r\n{lines}");
            let session = text::parse(&text).expect("readable");
            read(&session.media[0], TrackKind::Audio, &[Codec::Opus])[0].sound
        };
        let red = |lines: &[&str]| sound(lines).red;
        assert_eq!(red(&["rtpmap:63 red/48000/2", "fmtp:63 111/111"]), Some(63));
        assert_eq!(red(&["rtpmap:63 RED/48000/2"]), Some(63), "it says nothing");
        assert_eq!(red(&["rtpmap:63 red/48000/2", "fmtp:63 9/9"]), None, "of another codec");
        assert_eq!(red(&["rtpmap:63 red/8000"]), None);
        assert_eq!(red(&[]), None);
        let ours = format!("fmtp:111 usedtx=1;{}={DRED_VERSION}", codecs::DRED_PARAMETER);
        assert_eq!(sound(&[&ours]), SoundParameters { red: None, history: DRED_VERSION > 0, dtx: true });
        let other = format!("fmtp:111 minptime=10;{}=200", codecs::DRED_PARAMETER);
        assert_eq!(sound(&[&other]), SoundParameters::default());
    }

    fn h264(parameters: &str) -> Vec<Format> {
        video("99", &["rtpmap:99 H264/90000", &format!("fmtp:99 {parameters}")])
    }

    #[test]
    fn parameters_are_read_however_they_are_spelled() {
        for spelled in [
            "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            "packetization-mode=1; profile-level-id=42e01f; level-asymmetry-allowed=1",
            " profile-level-id = 42E01F ;Packetization-Mode= 1;;",
            "PROFILE-LEVEL-ID=42e01f;x-google-start-bitrate=800;packetization-mode=1;sprop-parameter-sets=Z0Lg,aM4=",
            "packetization-mode=1;\tprofile-level-id=\"42e01f\"",
        ] {
            let found = h264(spelled);
            assert_eq!(found.len(), 1, "{spelled}");
            assert!(found[0].sends, "{spelled}");
            assert!(
                found[0].known_as.ends_with("profile-level-id=42e01f"),
                "{spelled}: {}",
                found[0].known_as
            );
        }
        let split = video(
            "99",
            &["rtpmap:99 h264/90000", "fmtp:99 packetization-mode=1", "fmtp:99 profile-level-id=640c1f"],
        );
        assert_eq!(split[0].answered.as_deref(), Some("packetization-mode=1;profile-level-id=640c1f"));
    }

    #[test]
    fn profiles_are_told_apart_by_profile_and_constraints() {
        let rank = |id: &str| h264_profile(id);
        for constrained in ["42e01f", "42c01f", "42401f", "42C0FF", "4d801f", "4D8028", "58c01f"] {
            assert_eq!(rank(constrained), Some(0), "{constrained}");
        }
        for baseline in ["42001f", "42801f", "58801f"] {
            assert_eq!(rank(baseline), Some(1), "{baseline}");
        }
        for main in ["4d001f", "4d401f"] {
            assert_eq!(rank(main), Some(2), "{main}");
        }
        for high in ["64001f", "640c1f", "640028"] {
            assert_eq!(rank(high), Some(3), "{high}");
        }
        for unknown in ["58001f", "6e001f", "7a0028", "f4001f", "42e0", "42e01g", "42é01", ""] {
            assert_eq!(rank(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn single_nal_mode_is_taken_only_where_there_is_nothing_else() {
        for only in ["profile-level-id=42e01f", "packetization-mode=0;profile-level-id=42e01f", ""] {
            let found = h264(only);
            assert_eq!((found.len(), found[0].sends), (1, false), "{only}");
            assert!(best(&found, &BOTH).is_none());
        }
        let bare = video("99", &["rtpmap:99 H264/90000"]);
        assert_eq!(bare[0].answered.as_deref(), Some("packetization-mode=0;profile-level-id=42000a"));
        let both = video(
            "99 98 96",
            &[
                "rtpmap:99 H264/90000",
                "fmtp:99 profile-level-id=42e01f",
                "rtpmap:98 H264/90000",
                "fmtp:98 packetization-mode=1;profile-level-id=42e01f",
                "rtpmap:96 VP8/90000",
            ],
        );
        assert_eq!(both.iter().map(|f| f.payload_type).collect::<Vec<_>>(), [98, 96]);
        assert!(h264("packetization-mode=2;profile-level-id=42e01f").is_empty());
    }

    #[test]
    fn odd_numbers_and_codecs_without_a_map_are_passed_over() {
        let found = video(
            "0 8 31 200 -1 x 96 96 97 35",
            &[
                "rtpmap:96 vp8/90000",
                "rtpmap:97 RTX/90000",
                "fmtp:97 rtx-time=3000; apt=96",
                "rtpmap:200 VP8/90000",
                "rtpmap:35 VP8/8000",
                "rtcp-fb:* nack",
                "rtcp-fb:96  NACK  pli",
                "rtcp-fb:96 nack pli",
                "rtcp-fb:96 nack rpsi",
            ],
        );
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].payload_type, found[0].repair), (96, Some(97)));
        let feedback: Vec<_> = found[0].feedback.iter().map(|(k, d)| (k.as_str(), d.as_str())).collect();
        assert_eq!(feedback, [("nack", ""), ("nack", "pli")]);
    }

    #[test]
    fn references_are_agreed_on_for_h264_alone() {
        let found = video(
            "96 125",
            &[
                "rtpmap:96 VP8/90000",
                "rtpmap:125 H264/90000",
                "fmtp:125 packetization-mode=1",
                "rtcp-fb:* ACK rpsi",
            ],
        );
        let agreed: Vec<_> = found.iter().map(|f| (f.codec, f.keeps_references())).collect();
        assert_eq!(agreed, [(Codec::Vp8, false), (Codec::H264, true)]);
        assert!(found[0].feedback.is_empty());
    }

    #[test]
    fn the_best_is_of_the_first_wanted_codec_and_its_best_profile() {
        let found = video(
            "96 102 125",
            &[
                "rtpmap:96 VP8/90000",
                "rtpmap:102 H264/90000",
                "fmtp:102 packetization-mode=1;profile-level-id=64001f",
                "rtpmap:125 H264/90000",
                "fmtp:125 packetization-mode=1;profile-level-id=42e01f",
            ],
        );
        assert_eq!(best(&found, &BOTH).map(|f| f.payload_type), Some(125));
        assert_eq!(best(&found, &[Codec::Vp8, Codec::H264]).map(|f| f.payload_type), Some(96));
        assert_eq!(best(&found, &[]), None);
    }
}
