//! Tests of descriptions as other endpoints write them, between two peers on loopback: missing or
//! session-level attributes have their defaults, and refused media is not sent.

#[path = "support/pair.rs"]
mod support;

use anyhow::{Context, Result};
use bellwire_call::{Sdp, SdpKind};
use bellwire_media::Codec;
use bellwire_peer::{DescriptionError, NegotiateError, PeerEvent, PeerState};
use support::{Pair, Side, Stream, config, until};

type Change = fn(&str) -> String;

fn as_is(text: &str) -> String {
    text.to_owned()
}

fn each(text: &str, change: impl Fn(&str) -> Option<String>) -> String {
    text.lines().filter_map(change).map(|line| line + "\r\n").collect()
}

fn without(text: &str, beginnings: &[&str]) -> String {
    each(text, |line| (!beginnings.iter().any(|b| line.starts_with(b))).then(|| line.to_owned()))
}

/// Changes only what belongs to the section of pictures.
fn pictures(text: &str, change: impl Fn(&str) -> String) -> String {
    let at = text.find("m=video").unwrap_or(text.len());
    let (before, rest) = text.split_at(at);
    let end = rest[1..].find("\r\nm=").map_or(rest.len(), |end| end + 3);
    let (section, after) = rest.split_at(end);
    format!("{before}{}{after}", change(section))
}

/// The first line of each kind moves to session level, the others go.
fn at_session_level(text: &str, beginnings: &[&str]) -> String {
    let lines: String = beginnings
        .iter()
        .filter_map(|b| text.lines().find(|line| line.starts_with(b)))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let rest = without(text, beginnings);
    let at = rest.find("m=").unwrap_or(rest.len());
    format!("{}{lines}{}", &rest[..at], &rest[at..])
}

fn sections(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("m=")).collect()
}

fn direction(text: &str, media: &str) -> String {
    let at = text.find(&format!("m={media}")).unwrap_or(text.len());
    let known = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
    text[at..].lines().find(|line| known.contains(line)).unwrap_or_default().to_owned()
}

/// `from` offers, the other answers, each text changed on its way; returns the answer as written.
async fn negotiate(from: &Side, to: &Side, offer: Change, answer: Change) -> Result<String> {
    let text = from.peer.create_offer(false).await?.sdp;
    let answered = to.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer(&text) }).await?.sdp;
    from.peer.accept_answer(Sdp { kind: SdpKind::Answer, sdp: answer(&answered) }).await?;
    Ok(answered)
}

async fn connected(offer: Change, answer: Change) -> Result<(Pair, String)> {
    let pair = Pair::new(config(), config()).await?;
    let answered = negotiate(&pair.a, &pair.b, offer, answer).await?;
    pair.wait_connected().await?;
    Ok((pair, answered))
}

/// Sound goes both ways; pictures only where they are expected, although both sides have them to send.
async fn flows(pair: &Pair, pictures_to_a: bool, pictures_to_b: bool) -> Result<()> {
    let _streams = [Stream::start(&pair.a, 1_000), Stream::start(&pair.b, 1_000)];
    for (side, expected) in [(&pair.a, pictures_to_a), (&pair.b, pictures_to_b)] {
        let before = (side.heard.count(Codec::Opus), side.heard.count(Codec::H264));
        until("sound", || side.heard.count(Codec::Opus) > before.0 + 25).await?;
        if expected {
            until("pictures", || side.heard.count(Codec::H264) > before.1 + 10).await?;
        } else {
            assert_eq!(side.heard.count(Codec::H264), before.1, "pictures were refused");
        }
    }
    Ok(())
}

async fn everything_flows(cases: &[(&str, Change, Change)]) -> Result<()> {
    for (name, offer, answer) in cases {
        let (pair, _) = connected(*offer, *answer).await.with_context(|| (*name).to_owned())?;
        flows(&pair, true, true).await.with_context(|| (*name).to_owned())?;
        assert_eq!(pair.a.peer.security_code(), pair.b.peer.security_code(), "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_need_not_be_declared() -> Result<()> {
    let undeclared: Change = |t| without(t, &["a=ssrc"]);
    let nameless: Change = |t| without(t, &["a=ssrc", "a=msid"]);
    everything_flows(&[
        ("offer", undeclared, as_is),
        ("answer", as_is, undeclared),
        ("pictures", |t| pictures(t, |v| without(v, &["a=ssrc"])), as_is),
        ("nameless", nameless, nameless),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undeclared_stream_is_counted_reported_and_asked_for_key_frames() -> Result<()> {
    let undeclared: Change = |t| without(t, &["a=ssrc"]);
    let (pair, _) = connected(undeclared, undeclared).await?;
    let _streams = [Stream::start(&pair.a, 3_000), Stream::start(&pair.b, 3_000)];
    until("pictures", || pair.b.heard.count(Codec::H264) > 10).await?;
    pair.a.forget();
    pair.b.peer.request_key_frame();
    until("the request", || pair.a.saw(|e| *e == PeerEvent::KeyFrameWanted)).await?;
    // Reports of loss come from streams that the other side has bound.
    until("a report", || pair.a.saw(|e| matches!(e, PeerEvent::RemoteLoss { .. }))).await?;
    let stats = pair.b.peer.stats().await;
    assert!(stats.video.packets_received > 10 && stats.audio.packets_received > 0);
    let estimated = |e: &PeerEvent| matches!(e, PeerEvent::TargetBitrate { bps, .. } if *bps > 700_000);
    until("an estimate", || pair.a.saw(estimated)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sections_need_not_be_named_or_bundled() -> Result<()> {
    let nameless: Change =
        |t| each(&without(t, &["a=mid", "a=group"]), |l| (!l.contains("sdes:mid")).then(|| l.to_owned()));
    let (pair, answer) = connected(nameless, nameless).await?;
    assert!(!answer.contains("a=mid") && !answer.contains("a=group"), "{answer}");
    flows(&pair, true, true).await?;
    // The next offers of both are understood as well.
    negotiate(&pair.b, &pair.a, nameless, nameless).await?;
    negotiate(&pair.a, &pair.b, as_is, as_is).await?;
    flows(&pair, true, true).await?;
    let alone: Change = |t| without(t, &["a=group"]);
    everything_flows(&[
        ("offer", alone, as_is),
        ("answer", as_is, alone),
        ("mids of the answer", as_is, nameless),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_given_back_as_they_were() -> Result<()> {
    let named: Change = |t| {
        let t = t.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE sound pictures");
        t.replace("a=mid:0", "a=mid:sound").replace("a=mid:1", "a=mid:pictures")
    };
    let (pair, answer) = connected(named, as_is).await?;
    assert!(
        answer.contains("a=group:BUNDLE sound pictures") && answer.contains("a=mid:pictures"),
        "{answer}"
    );
    flows(&pair, true, true).await?;
    let own = |e: &PeerEvent| matches!(e, PeerEvent::Candidate(c) if c.sdp_mid.as_deref() == Some("sound"));
    until("a candidate of the first section", || pair.b.saw(own)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_dtls_role_can_be_taken_at_either_level() -> Result<()> {
    let passive: Change = |t| t.replace("a=setup:actpass", "a=setup:passive");
    let (pair, answer) = connected(passive, as_is).await?;
    assert!(answer.contains("a=setup:active"), "{answer}");
    flows(&pair, true, true).await?;
    // The role stays, also where the next offer leaves it open.
    let again = negotiate(&pair.a, &pair.b, as_is, as_is).await?;
    assert!(again.contains("a=setup:active"), "{again}");
    let (pair, answer) = connected(|t| t.replace("a=setup:actpass", "a=setup:active"), as_is).await?;
    assert!(answer.contains("a=setup:passive"), "{answer}");
    let offer = pair.b.peer.create_offer(false).await?.sdp.replace("actpass", "active");
    let changed = pair.a.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer }).await;
    assert!(
        matches!(changed, Err(NegotiateError::Description(DescriptionError::RoleChanged))),
        "{changed:?}"
    );
    everything_flows(&[
        ("answer's role at session level", as_is, |t| at_session_level(t, &["a=setup"])),
        (
            "offer's role at session level",
            |t| at_session_level(&t.replace("actpass", "PASSIVE"), &["a=setup"]),
            as_is,
        ),
        ("no role", |t| without(t, &["a=setup"]), as_is),
        ("answer without a role", as_is, |t| without(t, &["a=setup"])),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_and_certificates_may_stand_anywhere() -> Result<()> {
    const ALL: [&str; 4] = ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup"];
    let others: Change = |t| {
        each(t, |line| {
            let weak = "a=fingerprint:sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13";
            let strong = format!("a=fingerprint:SHA-512 {}", ["AB"; 64].join(":"));
            let good = line.replace("sha-256", "SHA-256");
            Some(if line.starts_with("a=fingerprint") {
                format!("{weak}\r\n{strong}\r\n{good}")
            } else {
                good
            })
        })
    };
    everything_flows(&[
        ("session level", |t| at_session_level(t, &ALL), |t| at_session_level(t, &ALL)),
        ("several fingerprints", others, others),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_does_not_match_is_refused() -> Result<()> {
    let pair = Pair::new(config(), config()).await?;
    let other: Change = |t| {
        each(t, |line| {
            let wrong = format!("a=fingerprint:sha-256 {}", ["AB"; 32].join(":"));
            Some(if line.starts_with("a=fingerprint") { wrong } else { line.to_owned() })
        })
    };
    negotiate(&pair.a, &pair.b, other, as_is).await?;
    // In the time in which a sound pair connects and talks.
    let (sound, _) = connected(as_is, as_is).await?;
    flows(&sound, true, true).await?;
    assert!(!pair.b.saw(|e| *e == PeerEvent::State(PeerState::Connected)));
    assert_ne!(pair.a.peer.security_code(), pair.b.peer.security_code());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_certificate_behind_the_security_code_stays() -> Result<()> {
    let (pair, _) = connected(as_is, as_is).await?;
    let code = pair.b.peer.security_code();
    let wrong = format!("a=fingerprint:sha-256 {}", ["AB"; 32].join(":"));
    let swap = |t: &str| {
        each(t, |l| Some(if l.starts_with("a=fingerprint") { wrong.clone() } else { l.to_owned() }))
    };
    let offer = swap(&pair.a.peer.create_offer(false).await?.sdp);
    let refused = pair.b.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer }).await;
    let changed =
        |e: &NegotiateError| matches!(e, NegotiateError::Description(DescriptionError::FingerprintChanged));
    assert!(refused.as_ref().is_err_and(changed), "{refused:?}");
    assert_eq!(pair.b.peer.security_code(), code);
    flows(&pair, true, true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codec_parameters_may_be_spelled_with_spaces() -> Result<()> {
    let spaced: Change = |t| {
        each(t, |l| {
            Some(if l.starts_with("a=fmtp") {
                l.replace(';', " ; ").replace("42e0", "42E0")
            } else {
                l.to_owned()
            })
        })
    };
    everything_flows(&[("offer", spaced, as_is), ("answer", as_is, spaced)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_an_offer_refuses_are_never_sent() -> Result<()> {
    let refusals: [(&str, Change); 4] = [
        ("port 0, all lines left", |t| t.replace("m=video 9", "m=video 0")),
        ("port 0, short", |t| {
            pictures(t, |_| "m=video 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n".to_owned())
        }),
        ("port 0, inactive", |t| {
            pictures(&t.replace("m=video 9", "m=video 0"), |v| v.replace("sendrecv", "inactive"))
        }),
        ("sound only", |t| pictures(t, |_| String::new()).replace("BUNDLE 0 1", "BUNDLE 0")),
    ];
    for (name, refusal) in refusals {
        let (pair, answer) = connected(refusal, as_is).await.with_context(|| name.to_owned())?;
        assert!(sections(&answer).iter().all(|m| !m.starts_with("m=video 9")), "{name}: {answer}");
        flows(&pair, false, false).await.with_context(|| name.to_owned())?;
    }
    let held: [(&str, Change, &str, bool); 3] = [
        ("inactive", |t| pictures(t, |v| v.replace("sendrecv", "inactive")), "a=inactive", false),
        ("sendonly", |t| pictures(t, |v| v.replace("sendrecv", "sendonly")), "a=recvonly", true),
        ("recvonly", |t| pictures(t, |v| v.replace("sendrecv", "recvonly")), "a=sendonly", false),
    ];
    for (name, change, expected, to_b) in held {
        let (pair, answer) = connected(change, as_is).await.with_context(|| name.to_owned())?;
        assert_eq!(direction(&answer, "video"), expected, "{name}");
        flows(&pair, name == "recvonly", to_b).await.with_context(|| name.to_owned())?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_an_answer_refuses_are_never_sent() -> Result<()> {
    let refusals: [(&str, Change); 6] = [
        ("port 0, all lines left", |t| t.replace("m=video 9", "m=video 0")),
        ("port 0, short", |t| pictures(t, |_| "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n".to_owned())),
        ("left out", |t| pictures(t, |_| String::new())),
        ("inactive", |t| pictures(t, |v| v.replace("sendrecv", "inactive"))),
        ("sendonly", |t| pictures(t, |v| v.replace("sendrecv", "sendonly"))),
        ("sendonly at session level", |t| {
            let t = without(t, &["a=sendrecv"]).replacen("m=", "a=sendonly\r\nm=", 1);
            t.replace("m=video", "a=sendrecv\r\nm=video")
        }),
    ];
    for (name, refusal) in refusals {
        let (pair, _) = connected(as_is, refusal).await.with_context(|| name.to_owned())?;
        // The answerer has not heard of the change made on the way, and sends.
        let _streams = [Stream::start(&pair.a, 1_000), Stream::start(&pair.b, 1_000)];
        until("sound", || pair.b.heard.count(Codec::Opus) > 25).await.with_context(|| name.to_owned())?;
        assert_eq!(pair.b.heard.count(Codec::H264), 0, "{name}");
        assert_eq!(pair.a.peer.stats().await.video.packets_sent, 0, "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holding_and_resuming_is_obeyed_both_ways() -> Result<()> {
    let (pair, _) = connected(as_is, as_is).await?;
    let hold: Change = |t| pictures(t, |v| v.replace("sendrecv", "inactive"));
    for (from, to) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
        flows(&pair, true, true).await?;
        let answer = negotiate(from, to, hold, as_is).await?;
        assert_eq!(direction(&answer, "video"), "a=inactive");
        // What was under way arrives.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        flows(&pair, false, false).await?;
        to.forget();
        let answer = negotiate(from, to, as_is, as_is).await?;
        assert_eq!(direction(&answer, "video"), "a=sendrecv");
        until("a key frame to begin with", || to.saw(|e| *e == PeerEvent::KeyFrameWanted)).await?;
    }
    flows(&pair, true, true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_sections_are_refused_in_their_place_for_good() -> Result<()> {
    let more: Change = |t| {
        let text = "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:t\r\na=rtpmap:98 t140/1000\r\na=sendrecv\r\n";
        let image = "m=image 9 udptl t38\r\na=mid:i\r\n";
        let second = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=rtpmap:96 VP8/90000\r\na=recvonly\r\n";
        let at = t.find("m=video").unwrap_or(t.len());
        format!("{}{text}{}{second}{image}", &t[..at], &t[at..]).replace("BUNDLE 0 1", "BUNDLE 0 t 1 2")
    };
    let fewer: Change = |t| {
        let cut: String = t
            .split("m=")
            .enumerate()
            .filter(|(at, _)| [0, 1, 3].contains(at))
            .map(|(at, part)| if at == 0 { part.to_owned() } else { format!("m={part}") })
            .collect();
        cut
    };
    let (pair, answer) = connected(more, fewer).await?;
    let kinds: Vec<_> =
        sections(&answer).iter().map(|m| m.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(kinds, ["m=audio 9", "m=text 0", "m=video 9", "m=video 0", "m=image 0"], "{answer}");
    assert!(answer.contains("a=group:BUNDLE 0 1\r\n"), "{answer}");
    flows(&pair, true, true).await?;
    // Sections never go away again (RFC 3264 8).
    let offer = pair.b.peer.create_offer(false).await?.sdp;
    assert_eq!(sections(&offer).len(), 5, "{offer}");
    assert!(
        offer.contains("m=text 0 UDP/TLS/RTP/SAVPF 98") && offer.contains("m=image 0 udptl t38"),
        "{offer}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_on_another_transport_is_refused() -> Result<()> {
    let apart: Change = |t| {
        let t = without(t, &["a=group"]);
        pictures(&t, |v| v.replace("a=ice-ufrag:", "a=ice-ufrag:x").replace("a=ice-pwd:", "a=ice-pwd:x"))
    };
    let (pair, answer) = connected(apart, as_is).await?;
    assert!(sections(&answer)[1].starts_with("m=video 0"), "{answer}");
    flows(&pair, false, false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_nal_mode_is_received_only() -> Result<()> {
    let single: Change = |t| {
        pictures(t, |v| {
            let v = without(v, &["a=rtpmap", "a=fmtp", "a=rtcp-fb", "a=ssrc", "m="]);
            let head = "m=video 9 UDP/TLS/RTP/SAVPF 99\r\na=rtpmap:99 H264/90000\r\n";
            format!("{head}a=fmtp:99 profile-level-id=42e01f\r\n{v}")
        })
    };
    let (pair, answer) = connected(single, as_is).await?;
    assert_eq!(direction(&answer, "video"), "a=recvonly");
    assert!(answer.contains("a=fmtp:99 packetization-mode=0;profile-level-id=42e01f"), "{answer}");
    flows(&pair, false, false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_work_says_why_at_once() -> Result<()> {
    let cases: [(&str, Change, DescriptionError); 6] = [
        ("no ICE", |t| without(t, &["a=ice-ufrag"]), DescriptionError::NoIceCredentials),
        ("no certificate", |t| without(t, &["a=fingerprint"]), DescriptionError::NoFingerprint),
        (
            "weak certificate",
            |t| t.replace("sha-256", "sha-1"),
            DescriptionError::UnusableFingerprint("sha-1".to_owned()),
        ),
        ("held back", |t| t.replace("actpass", "holdconn"), DescriptionError::HoldConnection),
        ("all refused", |t| t.replace(" 9 UDP", " 0 UDP"), DescriptionError::EverythingRefused),
        (
            "other codecs",
            |t| pictures(t, |_| String::new()).replace("opus/48000", "speex/16000"),
            DescriptionError::NothingInCommon("audio UDP/TLS/RTP/SAVPF".to_owned()),
        ),
    ];
    let pair = Pair::new(config(), config()).await?;
    let offer = pair.a.peer.create_offer(false).await?.sdp;
    for (name, change, expected) in cases {
        let refused = pair.b.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: change(&offer) }).await;
        match refused {
            Err(NegotiateError::Description(error)) => assert_eq!(error, expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    // None of them has spoilt anything.
    let answer = pair.b.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer }).await?;
    pair.a.peer.accept_answer(answer).await?;
    pair.wait_connected().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusing_everything_later_ends_all_sending() -> Result<()> {
    let (pair, _) = connected(as_is, as_is).await?;
    flows(&pair, true, true).await?;
    let offer = pair.a.peer.create_offer(false).await?.sdp.replace(" 9 UDP", " 0 UDP");
    let refused = pair.b.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer }).await;
    assert!(matches!(refused, Err(NegotiateError::Description(DescriptionError::EverythingRefused))));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let before = pair.a.heard.count(Codec::Opus);
    let dropped = pair.b.peer.stats().await.audio.frames_dropped;
    let _stream = Stream::start(&pair.b, 1_000);
    let mut now = dropped;
    while now < dropped + 20 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        now = pair.b.peer.stats().await.audio.frames_dropped;
    }
    assert_eq!(pair.a.heard.count(Codec::Opus), before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_description_of_no_use_is_obeyed_in_what_it_refuses() -> Result<()> {
    let (pair, _) = connected(as_is, as_is).await?;
    let offer = pair.a.peer.create_offer(false).await?.sdp.replace("opus/48000", "speex/16000");
    let offer = offer.replace("m=video 9", "m=video 0");
    let refused = pair.b.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer }).await;
    assert!(matches!(refused, Err(NegotiateError::Description(DescriptionError::NothingInCommon(_)))));
    // The call goes on unchanged, but for the refused camera.
    flows(&pair, false, true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_in_a_new_section_is_followed() -> Result<()> {
    let moved: Change = |t| {
        let (before, first) = t.split_at(t.find("m=video").unwrap_or(t.len()));
        let (held, second) = (first.replace("a=sendrecv", "a=inactive"), first.replace("a=mid:1", "a=mid:9"));
        format!("{}{held}{second}", before.replace("BUNDLE 0 1", "BUNDLE 0 1 9"))
    };
    let back: Change =
        |t| pictures(t, |_| String::new()).replace("a=mid:9", "a=mid:1").replace("BUNDLE 0 9", "BUNDLE 0 1");
    let (pair, _) = connected(as_is, as_is).await?;
    let answer = negotiate(&pair.a, &pair.b, moved, back).await?;
    assert!(sections(&answer)[1].starts_with("m=video 0"), "{answer}");
    flows(&pair, true, true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_number_may_mean_two_codecs() -> Result<()> {
    // Of sound, but VP8 has it in the section of pictures.
    let shared: Change = |t| {
        let at = t.find("m=video").unwrap_or(t.len());
        format!("{}{}", t[..at].replace("111", "96"), &t[at..])
    };
    everything_flows(&[("offer", shared, as_is)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_comes_back_when_they_ask_for_it() -> Result<()> {
    let sound: Change = |t| pictures(t, |_| String::new()).replace("BUNDLE 0 1", "BUNDLE 0");
    let (pair, _) = connected(sound, as_is).await?;
    // Our own next offer does not ask again for what has been refused.
    let again = negotiate(&pair.a, &pair.b, as_is, as_is).await?;
    assert!(sections(&again)[1].starts_with("m=video 0"), "{again}");
    flows(&pair, false, false).await?;
    // Of two that both know pictures, the other one may.
    let (pair, _) = connected(as_is, |t| t.replace("m=video 9", "m=video 0")).await?;
    let asked = negotiate(&pair.b, &pair.a, as_is, as_is).await?;
    assert!(sections(&asked)[1].starts_with("m=video 9"), "{asked}");
    flows(&pair, true, true).await
}
