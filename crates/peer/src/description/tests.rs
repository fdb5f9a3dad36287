//! Tests of descriptions of other stacks, in all the ways such texts vary. Each case gives what is carried,
//! in which direction, with what codec and role, or why it is refused.

mod stacks;

use std::fmt::Write as _;

use rtc::peer_connection::sdp::RTCSessionDescription;

use super::transport::Role;
use super::*;
use stacks::{ICE, PRINT, Stack};

const BOTH: [Codec; 2] = [Codec::H264, Codec::Vp8];

/// What comes of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    /// Number and our direction.
    sound: Option<(u8, &'static str)>,
    /// What is sent, if anything, and our direction.
    pictures: Option<(Option<(Codec, u8)>, &'static str)>,
    role: Role,
    sections: usize,
}

impl Outcome {
    fn usual(stack: &Stack) -> Self {
        let sends = |direction: &str| direction.starts_with("send");
        let video = stack.video.filter(|_| sends(stack.pictures));
        Self {
            sound: Some((stack.opus, stack.sound)),
            pictures: stack.together.then_some((video, stack.pictures)),
            role: Role::Server,
            sections: stack.sections.len(),
        }
    }
}

type Result<T> = std::result::Result<T, DescriptionError>;

fn outcome(remote: &Remote, layout: &Layout) -> Result<Outcome> {
    let role = Role::beside(remote.setup, remote.kind, None)?;
    let next = layout.with(remote);
    let planned = |kind, wanted: &[Codec]| {
        let section = remote.carrying(kind)?;
        let best = formats::best(&section.formats, wanted).filter(|_| next.direction(kind).sends);
        Some((best.map(|f| (f.codec, f.payload_type)), next.direction(kind).name()))
    };
    let number = remote.carrying(TrackKind::Audio).and_then(|s| s.formats.first()).map(|f| f.payload_type);
    let sound = planned(TrackKind::Audio, &[Codec::Opus]).and_then(|(_, name)| Some((number?, name)));
    Ok(Outcome { sound, pictures: planned(TrackKind::Video, &BOTH), role, sections: next.len() })
}

fn sdp(kind: SdpKind, text: &str) -> Sdp {
    Sdp { kind, sdp: text.to_owned() }
}

const WANTED: Wanted<'static> = Wanted { video: Some(&BOTH) };

/// The text for the connection must be one that it can parse.
fn offered(text: &str) -> Result<Outcome> {
    let remote = read(&sdp(SdpKind::Offer, text), SdpKind::Offer, WANTED, &Layout::default())?;
    let found = outcome(&remote, &Layout::default())?;
    let layout = Layout::default().with(&remote);
    let told = canonical::write(&remote, &layout, found.role, &remote.candidates);
    let parsed = RTCSessionDescription::offer(told.clone()).and_then(|d| d.unmarshal());
    let sections = parsed.map(|session| session.media_descriptions.len());
    assert_eq!(sections.ok(), Some(remote.bundled.len()), "{told}");
    let answer = layout.answer(&told, found.role).text;
    assert_eq!(answer.lines().filter(|l| l.starts_with("m=")).count(), found.sections, "{answer}");
    Ok(found)
}

fn each(text: &str, change: impl Fn(&str) -> Option<String>) -> String {
    text.lines().filter_map(change).fold(String::new(), |mut text, line| {
        let _infallible = write!(text, "{line}\r\n");
        text
    })
}

fn without(text: &str, beginnings: &[&str]) -> String {
    each(text, |line| (!beginnings.iter().any(|b| line.starts_with(b))).then(|| line.to_owned()))
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} in {text}");
    text.replace(from, to)
}

/// Changes the first section of a kind only.
fn within(text: &str, media: &str, change: impl Fn(&str) -> String) -> String {
    let at = text.find(&format!("m={media}")).expect("there is one");
    let end = text[at + 1..].find("\nm=").map_or(text.len(), |end| at + 1 + end + 1);
    format!("{}{}{}", &text[..at], change(&text[at..end]), &text[end..])
}

fn refused(section: &str) -> String {
    let mut words: Vec<&str> = section.splitn(3, ' ').collect();
    words[1] = "0";
    words.join(" ")
}

const DIRECTIONS: [&str; 4] = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];

fn directed(section: &str, direction: &str) -> String {
    without(section, &DIRECTIONS) + direction + "\r\n"
}

type Variation = (&'static str, fn(&str) -> String, fn(&Stack, Outcome) -> Result<Outcome>);

fn same(_: &Stack, usual: Outcome) -> Result<Outcome> {
    Ok(usual)
}

/// Pictures in a direction of ours, where they are carried at all.
fn pictures(stack: &Stack, usual: Outcome, name: &'static str) -> Outcome {
    let video = stack.video.filter(|_| name.starts_with("send"));
    Outcome { pictures: usual.pictures.map(|_| (video, name)), ..usual }
}

const VARIATIONS: &[Variation] = &[
    ("as it is", str::to_owned, same),
    ("lines ended by LF", |t| t.replace("\r\n", "\n"), same),
    ("no end of the last line", |t| t.trim_end().to_owned(), same),
    ("no a=ssrc", |t| without(t, &["a=ssrc"]), same),
    ("no a=msid", |t| without(t, &["a=msid"]), same),
    ("no mids and groups", |t| without(t, &["a=mid", "a=group"]), same),
    ("no groups", |t| without(t, &["a=group"]), same),
    ("no rtcp-fb and extmap", |t| without(t, &["a=rtcp-fb", "a=extmap"]), same),
    ("no c= and s=", |t| without(t, &["c=", "s=", "t=", "o="]), same),
    (
        "spaces in parameters",
        |t| {
            each(t, |l| {
                Some(if l.starts_with("a=fmtp") {
                    l.replace(';', " ;  ").replace('=', " = ").replacen(" = ", "=", 1)
                } else {
                    l.to_owned()
                })
            })
        },
        same,
    ),
    (
        "upper case of codecs",
        |t| {
            each(t, |l| {
                Some(if l.starts_with("a=rtpmap:") {
                    l.replacen("a=rtpmap", "", 1).to_uppercase().replacen(':', "a=rtpmap:", 1)
                } else {
                    l.to_owned()
                })
            })
        },
        same,
    ),
    (
        "passive",
        |t| changed(t, "setup:actpass", "setup:passive"),
        |_, usual| Ok(Outcome { role: Role::Client, ..usual }),
    ),
    ("active", |t| changed(t, "setup:actpass", "setup:active"), same),
    ("no role", |t| without(t, &["a=setup"]), same),
    (
        "held back",
        |t| changed(t, "setup:actpass", "setup:holdconn"),
        |_, _| Err(DescriptionError::HoldConnection),
    ),
    (
        "unknown role",
        |t| changed(t, "setup:actpass", "setup:maybe"),
        |_, _| Err(DescriptionError::UnknownSetup("maybe".to_owned())),
    ),
    (
        "all at session level",
        |t| {
            let rest = without(t, &["a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup"]);
            rest.replacen("m=", &format!("{}\r\n{}\r\n{PRINT}\r\na=setup:passive\r\nm=", ICE[0], ICE[1]), 1)
        },
        |_, usual| Ok(Outcome { role: Role::Client, ..usual }),
    ),
    ("no certificate", |t| without(t, &["a=fingerprint"]), |_, _| Err(DescriptionError::NoFingerprint)),
    (
        "weak certificate",
        |t| {
            let rest = without(t, &["a=fingerprint"]);
            rest.replacen("m=", "a=fingerprint:sha-1 00:11\r\nm=", 1)
        },
        |_, _| Err(DescriptionError::UnusableFingerprint("sha-1".to_owned())),
    ),
    ("no password", |t| without(t, &["a=ice-pwd"]), |_, _| Err(DescriptionError::NoIceCredentials)),
    ("pictures refused", |t| within(t, "video", refused), |_, usual| Ok(Outcome { pictures: None, ..usual })),
    (
        "pictures refused in short",
        |t| within(t, "video", |v| without(&refused(v), &["a=", "c=", "b="])),
        |_, usual| Ok(Outcome { pictures: None, ..usual }),
    ),
    (
        "pictures held",
        |t| within(t, "video", |v| directed(v, "a=inactive")),
        |s, u| Ok(pictures(s, u, "inactive")),
    ),
    (
        "pictures sent only",
        |t| within(t, "video", |v| directed(v, "a=sendonly")),
        |s, u| Ok(pictures(s, u, "recvonly")),
    ),
    (
        "pictures received only",
        |t| within(t, "video", |v| directed(v, "a=recvonly")),
        |s, usual| match s.video {
            Some(_) => Ok(pictures(s, usual, "sendonly")),
            // Neither side would send any.
            None => Ok(Outcome { pictures: None, ..usual }),
        },
    ),
    (
        "all held at session level",
        |t| without(t, &DIRECTIONS).replacen("m=", "a=inactive\r\nm=", 1),
        |s, usual| Ok(Outcome { sound: Some((s.opus, "inactive")), ..pictures(s, usual, "inactive") }),
    ),
    (
        "no directions",
        |t| without(t, &DIRECTIONS),
        |s, usual| {
            let name = if s.video.is_some() { "sendrecv" } else { "recvonly" };
            Ok(Outcome { sound: Some((s.opus, "sendrecv")), ..pictures(s, usual, name) })
        },
    ),
    (
        "sound refused",
        |t| within(t, "audio", refused),
        |s, usual| {
            let sends = s.pictures.starts_with("send");
            Ok(Outcome { sound: None, pictures: Some((s.video.filter(|_| sends), s.pictures)), ..usual })
        },
    ),
    (
        "both refused",
        |t| within(&within(t, "video", refused), "audio", refused),
        |_, _| Err(DescriptionError::EverythingRefused),
    ),
    (
        "text and a second video behind",
        |t| {
            format!(
                "{t}m=text 9 RTP/SAVPF 98\r\na=mid:tx\r\na=rtpmap:98 t140/1000\r\nm=video 9 RTP/SAVPF 98\r\na=rtpmap:98 VP8/90000\r\n"
            )
        },
        |_, usual| Ok(Outcome { sections: usual.sections + 2, ..usual }),
    ),
    (
        "text in front",
        |t| t.replacen("m=", "m=text 9 RTP/SAVPF 98\r\na=rtpmap:98 t140/1000\r\nm=", 1),
        |_, usual| Ok(Outcome { sections: usual.sections + 1, ..usual }),
    ),
    (
        "unknown lines",
        |t| {
            each(t, |l| {
                Some(if l.starts_with("m=") {
                    format!("{l}\r\ni=x\r\nk=prompt\r\ny=?\r\na=x-new:1")
                } else {
                    l.to_owned()
                })
            })
        },
        same,
    ),
    (
        "a garbled candidate",
        |t| {
            t.replacen(
                "a=rtpmap",
                "a=candidate:what\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\na=rtpmap",
                1,
            )
        },
        same,
    ),
];

#[test]
fn offers_of_all_stacks_come_out_as_they_should() {
    let mut cases = 0;
    for stack in stacks::all() {
        for (name, vary, expect) in VARIATIONS {
            let text = vary(&stack.text());
            let expected = expect(stack, Outcome::usual(stack));
            assert_eq!(offered(&text), expected, "{} with {name}:\n{text}", stack.name);
            cases += 1;
        }
    }
    assert!(cases >= 400, "{cases}");
}

/// Our offer of sound and pictures, as far as a layout knows it.
fn own_offer() -> Layout {
    let text = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendrecv\r\n\
                m=video 9 UDP/TLS/RTP/SAVPF 125\r\na=mid:1\r\na=sendrecv\r\n";
    Layout::default().offer(text).1
}

fn answered(text: &str) -> Result<Outcome> {
    let layout = own_offer();
    outcome(&read(&sdp(SdpKind::Answer, text), SdpKind::Answer, WANTED, &layout)?, &layout)
}

/// A stack's text as an answer: sound and pictures only, in the order offered.
fn as_answer(stack: &Stack) -> String {
    let section = |media: &str| {
        let found = stack.sections.iter().find(|s| s[0].starts_with(&format!("m={media}")));
        let lines = found.into_iter().copied().flatten().filter(|l| !l.starts_with("a=mid"));
        lines.map(|line| format!("{line}\r\n")).collect::<String>()
    };
    let session: String = stack.session.iter().map(|line| format!("{line}\r\n")).collect();
    let session = without(&session, &["a=group"]);
    format!("v=0\r\n{session}{}{}", section("audio"), section("video"))
        .replace("setup:actpass", "setup:active")
}

#[test]
fn answers_of_all_stacks_come_out_as_they_should() {
    for stack in stacks::all() {
        let usual = Outcome { sections: 2, ..Outcome::usual(stack) };
        let text = as_answer(stack);
        let cases: [(&str, String, Result<Outcome>); 8] = [
            ("as it is", text.clone(), Ok(usual.clone())),
            (
                "passive",
                text.replace(":active", ":passive"),
                Ok(Outcome { role: Role::Client, ..usual.clone() }),
            ),
            ("no role", without(&text, &["a=setup"]), Ok(Outcome { role: Role::Client, ..usual.clone() })),
            ("no a=ssrc", without(&text, &["a=ssrc"]), Ok(usual.clone())),
            (
                "pictures refused",
                within(&text, "video", refused),
                Ok(Outcome { pictures: None, ..usual.clone() }),
            ),
            (
                "pictures left out",
                within(&text, "video", |_| String::new()),
                Ok(Outcome { pictures: None, ..usual.clone() }),
            ),
            (
                "pictures held",
                within(&text, "video", |v| directed(v, "a=inactive")),
                Ok(pictures(stack, usual.clone(), "inactive")),
            ),
            (
                "one more",
                format!("{text}m=text 0 X 0\r\n"),
                Err(DescriptionError::MoreSectionsThanOffered { offered: 2, answered: 3 }),
            ),
        ];
        for (name, text, expected) in cases {
            assert_eq!(answered(&text), expected, "{} with {name}:\n{text}", stack.name);
        }
    }
}

#[test]
fn an_answer_in_another_order_is_put_right_by_its_mids() {
    let [sound, pictures] =
        [("audio", "0", "111 opus/48000/2"), ("video", "1", "96 VP8/90000")].map(|(media, mid, map)| {
            let number = map.split(' ').next().unwrap_or_default();
            format!("m={media} 9 RTP/SAVPF {number}\r\na=mid:{mid}\r\na=rtpmap:{map}\r\n")
        });
    let head = format!("v=0\r\na=group:BUNDLE 0 1\r\n{}\r\n{}\r\n{PRINT}\r\n", ICE[0], ICE[1]);
    let turned = answered(&format!("{head}{pictures}{sound}"));
    assert_eq!(turned, answered(&format!("{head}{sound}{pictures}")));
    assert!(turned.is_ok_and(|found| found.sound.is_some() && found.pictures.is_some()));
    let alone = answered(&format!("{head}{pictures}"));
    assert!(alone.is_ok_and(|found| found.sound.is_none() && found.pictures.is_some()));
    let twice = answered(&format!("{head}{pictures}{pictures}"));
    assert!(matches!(twice, Err(DescriptionError::Malformed(_))), "{twice:?}");
}

fn chromium() -> &'static Stack {
    stacks::all().find(|stack| stack.name == "chromium").expect("there is one")
}

#[test]
fn sections_of_one_transport_have_one_certificate() {
    let other = PRINT.replace("00:11", "01:11");
    let text = chromium().text();
    let at = text.find("m=video").expect("there is one");
    let text = format!("{}{}", &text[..at], text[at..].replace(PRINT, &other));
    assert_eq!(offered(&text), Err(DescriptionError::ConflictingFingerprints));
}

#[test]
fn a_section_offered_only_within_the_bundle_is_no_refusal() {
    let text = chromium().text();
    let bundled = within(&text, "video", |v| refused(v) + "a=bundle-only\r\n");
    assert_eq!(offered(&bundled), Ok(Outcome::usual(chromium())));
    let unbundled = without(&bundled, &["a=group"]);
    assert_eq!(offered(&unbundled), Ok(Outcome { pictures: None, ..Outcome::usual(chromium()) }));
}

/// Endpoints whose first section carries data describe the transport there and nowhere else.
#[test]
fn the_transport_may_be_described_in_a_section_of_the_bundle_that_we_refuse() {
    let own = ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup", "a=candidate"];
    let bare = without(&chromium().text(), &own);
    let bare = changed(&bare, "BUNDLE 0 1 2", "BUNDLE x 0 1");
    let candidate = "candidate:1 1 udp 2130706431 192.0.2.9 5000 typ host";
    for (first, mid) in [
        ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:x"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:0 PCMU/8000", "a=mid:x"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 98\r\na=rtpmap:98 AV1/90000", "a=mid:x"),
    ] {
        let lines = [first, mid, ICE[0], ICE[1], PRINT, "a=setup:passive", &format!("a={candidate}"), ""];
        let text = bare.replacen("m=", &(lines.join("\r\n") + "m="), 1);
        let only = within(&text, "video 9 UDP/TLS/RTP/SAVPF 96", |v| refused(v) + "a=bundle-only\r\n");
        for text in [&text, &only] {
            let usual = Outcome::usual(chromium());
            let expected = Outcome { role: Role::Client, sections: usual.sections + 1, ..usual };
            assert_eq!(offered(text), Ok(expected), "{text}");
            let remote = read(&sdp(SdpKind::Offer, text), SdpKind::Offer, WANTED, &Layout::default());
            let found = remote.map(|remote| remote.candidates);
            assert_eq!(found, Ok(vec![candidate.trim_start_matches("candidate:").to_owned()]));
        }
        // Outside of the bundle it is another transport.
        let apart = changed(&text, "BUNDLE x 0 1", "BUNDLE 0 1");
        assert_eq!(offered(&apart), Err(DescriptionError::NoIceCredentials));
    }
}

/// A browser that takes its camera away and puts in another adds a section, and leaves the first as it is.
#[test]
fn of_two_sections_of_a_bundle_the_one_in_which_more_flows_is_carried() {
    let text = changed(&chromium().text(), "BUNDLE 0 1 2", "BUNDLE 0 1 2 3");
    let at = text.find("m=video").expect("there is one");
    let end = text.find("m=application").expect("there is one");
    let second = text[at..end].replace("a=mid:1", "a=mid:3");
    let with = |first: &str, second_direction: &str| {
        let text = within(&text, "video", |v| directed(v, first));
        text + &directed(&second, second_direction)
    };
    for (first, second, carried) in [
        ("a=inactive", "a=sendrecv", Some(3)),
        ("a=inactive", "a=sendonly", Some(3)),
        ("a=recvonly", "a=sendrecv", Some(3)),
        ("a=sendonly", "a=sendrecv", Some(3)),
        ("a=sendrecv", "a=sendonly", Some(1)),
        ("a=recvonly", "a=sendonly", Some(1)),
        ("a=inactive", "a=inactive", Some(1)),
    ] {
        let text = with(first, second);
        // At first, and after the first section was carried alone.
        let alone =
            read(&sdp(SdpKind::Offer, &chromium().text()), SdpKind::Offer, WANTED, &Layout::default());
        let before = Layout::default().with(&alone.expect("a sound offer"));
        for layout in [Layout::default(), before] {
            let remote = read(&sdp(SdpKind::Offer, &text), SdpKind::Offer, WANTED, &layout).expect("sound");
            let found = remote.sections.iter().position(|s| s.carries == Some(TrackKind::Video));
            assert_eq!(found, carried, "{first} {second}");
        }
    }
}

/// The body of the fuzz target, over every text with each of its lines left out, and cut there.
#[cfg(feature = "fuzzing")]
#[test]
fn no_line_is_taken_for_granted() {
    for stack in stacks::all() {
        let text = stack.text();
        for at in 0..text.lines().count() {
            let lines = text.lines().enumerate();
            let fewer: String =
                lines.filter(|(n, _)| *n != at).map(|(_, line)| format!("{line}\r\n")).collect();
            crate::fuzzing::description(fewer.as_bytes());
            let cut: String = text.lines().take(at).map(|line| format!("{line}\n")).collect();
            crate::fuzzing::description(cut.as_bytes());
        }
    }
}
