//! Tests of two peers in one process, over real sockets on loopback.

#[path = "support/pair.rs"]
mod support;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bellwire_call::{IceCandidate, Sdp, SdpKind};
use bellwire_media::{Codec, Copies, DRED_VERSION, PictureFeedback, TrackKind};
use bellwire_peer::{NegotiateError, NetworkWatch, PathKind, PeerConfig, PeerEvent, PeerState};
use support::{Pair, Stream, WAIT_LIMIT, config, frame, locked, picture, side, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_arrive_whole_and_in_their_own_time() -> Result<()> {
    let pair = Pair::connected().await?;
    let sent = picture(3, 5_000);
    pair.a.peer.video_sink().send(sent.clone());
    pair.a.peer.audio_sink().send(frame(Codec::Opus, vec![1, 2, 3], 960, false));
    let heard = &pair.b.heard;
    until("sound", || heard.count(Codec::Opus) == 1).await?;
    until("the picture's last packet", || {
        locked(&heard.packets).iter().any(|(c, p)| *c == Codec::H264 && p.marker)
    })
    .await?;
    let packets = locked(&heard.packets).clone();
    let sound = packets.iter().find(|(c, _)| *c == Codec::Opus).context("sound")?;
    assert_eq!((sound.1.timestamp, &sound.1.payload[..]), (960, &[1, 2, 3][..]));
    let mut parts: Vec<_> =
        packets.iter().filter(|(c, _)| *c == Codec::H264).map(|(_, p)| p.clone()).collect();
    parts.sort_by_key(|p| p.sequence);
    // Probes are padded with packets that were sent already.
    parts.dedup_by_key(|p| p.sequence);
    assert!(parts.iter().all(|p| p.timestamp == 3 * 3_000));
    // FU-A: two bytes of header, then the picture without its start code and NAL header.
    let body: Vec<u8> = parts.iter().flat_map(|p| p.payload[2..].to_vec()).collect();
    assert_eq!(body, sent.data[5..]);
    assert!(pair.a.saw(|e| *e == PeerEvent::SendCodec(Codec::H264)));
    assert!(pair.b.saw(|e| *e == PeerEvent::SendCodec(Codec::H264)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_repeats_earlier_packets_between_clients_of_ours() -> Result<()> {
    let pair = Pair::connected().await?;
    let agreed = |e: &PeerEvent| matches!(e, PeerEvent::SendAudio(takes) if takes.copies && takes.dtx && takes.history == (DRED_VERSION > 0));
    for side in [&pair.a, &pair.b] {
        until("what the other side takes", || side.saw(agreed)).await?;
    }
    let sink = pair.b.peer.audio_sink();
    sink.set_copies(Copies { count: 1, spacing: 1 });
    for number in 0..3_u8 {
        sink.send(frame(Codec::Opus, vec![0x78, number], u32::from(number) * 960, false));
    }
    let heard = &pair.a.heard;
    until("sound", || heard.count(Codec::Opus) == 3).await?;
    let payloads: Vec<_> =
        locked(&heard.packets).iter().map(|(_, p)| (p.sequence, p.payload.clone())).collect();
    assert!(payloads.iter().all(|(_, payload)| payload.len() == 2), "{payloads:?}");
    let copies: Vec<_> = locked(&heard.copies).iter().map(|p| (p.sequence, p.payload.clone())).collect();
    assert_eq!(copies, payloads[..2]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_and_lost_of_pictures_is_told_between_clients_of_ours() -> Result<()> {
    let pair = Pair::connected().await?;
    for side in [&pair.a, &pair.b] {
        until("the agreement", || side.saw(|e| *e == PeerEvent::LongTermReferences(true))).await?;
    }
    let _streams = [Stream::start(&pair.a, 1_000), Stream::start(&pair.b, 1_000)];
    until("pictures", || pair.b.heard.count(Codec::H264) > 0).await?;
    for feedback in [PictureFeedback::Kept(3_000), PictureFeedback::Lost { kept: 3_000 }] {
        pair.b.peer.tell_picture_feedback(feedback);
        until("it arrives", || pair.a.saw(|e| *e == PeerEvent::PictureFeedback(feedback))).await?;
    }
    assert_eq!(pair.b.peer.stats().await.recoveries_requested, 1);
    assert_eq!(pair.a.peer.stats().await.recoveries_requested_by_remote, 1);
    Ok(())
}

/// Either way round: one of the two does not name the feedback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_agree_is_told_nothing_of_what_is_kept() -> Result<()> {
    let silent = |sdp: Sdp| {
        let lines: Vec<&str> = sdp.sdp.lines().filter(|line| !line.ends_with(" ack rpsi")).collect();
        Sdp { sdp: lines.join("\r\n") + "\r\n", ..sdp }
    };
    for of_offer in [true, false] {
        let pair = Pair::new(config(), config()).await?;
        let offer = pair.a.peer.create_offer(false).await?;
        assert!(offer.sdp.contains("a=rtcp-fb:125 ack rpsi\r\n"), "{}", offer.sdp);
        assert!(!offer.sdp.contains("a=rtcp-fb:96 ack rpsi"), "{}", offer.sdp);
        let answer = pair.b.peer.accept_offer(if of_offer { silent(offer) } else { offer }).await?;
        assert_eq!(answer.sdp.contains(" ack rpsi"), !of_offer, "{}", answer.sdp);
        pair.a.peer.accept_answer(if of_offer { answer } else { silent(answer) }).await?;
        pair.wait_connected().await?;
        until("the end of the negotiation", || {
            pair.a.saw(|e| *e == PeerEvent::LongTermReferences(false))
                && pair.b.saw(|e| *e == PeerEvent::LongTermReferences(!of_offer))
        })
        .await?;
        let _streams = [Stream::start(&pair.a, 1_000), Stream::start(&pair.b, 1_000)];
        until("pictures", || pair.a.heard.count(Codec::H264) > 0 && pair.b.heard.count(Codec::H264) > 0)
            .await?;
        // What was not agreed is not told, and not heard where only one side thinks that it was.
        for side in [&pair.a, &pair.b] {
            side.peer.tell_picture_feedback(PictureFeedback::Lost { kept: 1 });
        }
        pair.b.peer.request_key_frame();
        until("something told later", || pair.a.saw(|e| *e == PeerEvent::KeyFrameWanted)).await?;
        for side in [&pair.a, &pair.b] {
            assert!(!side.saw(|e| matches!(e, PeerEvent::PictureFeedback(_))));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameter_sets_of_the_description_come_with_its_pictures() -> Result<()> {
    const NAMED: &str = ";sprop-parameter-sets=Z0IACvhBog==,aM44gA==";
    let pair = Pair::new(config(), config()).await?;
    let offer = pair.a.peer.create_offer(false).await?;
    let named = |line: &str| {
        let more = if line.contains("profile-level-id") { NAMED } else { "" };
        format!("{line}{more}\r\n")
    };
    let sdp: String = offer.sdp.lines().map(named).collect();
    let answer = pair.b.peer.accept_offer(Sdp { sdp, ..offer }).await?;
    pair.a.peer.accept_answer(answer).await?;
    pair.wait_connected().await?;
    let _stream = Stream::start(&pair.a, 1_000);
    until("pictures", || pair.b.heard.count(Codec::H264) > 0).await?;
    let sets = locked(&pair.b.heard.sets).first().cloned().context("said before the first picture")?;
    assert_eq!(sets, [0, 0, 0, 1, 0x67, 0x42, 0, 0x0a, 0xf8, 0x41, 0xa2, 0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_see_the_same_security_code() -> Result<()> {
    let pair = Pair::new(config(), config()).await?;
    assert_eq!(pair.a.peer.security_code(), None);
    Pair::negotiate(&pair.a, &pair.b, false).await?;
    let code = pair.a.peer.security_code().context("known after the answer")?;
    assert_eq!(pair.b.peer.security_code(), Some(code));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_round_trip_and_estimate_come_with_media() -> Result<()> {
    let pair = Pair::connected().await?;
    let _streams = [Stream::start(&pair.a, 3_000), Stream::start(&pair.b, 3_000)];
    let (a, b) = (&pair.a, &pair.b);
    until("sender reports of both kinds", || {
        let reports = locked(&b.heard.reports);
        [TrackKind::Audio, TrackKind::Video].iter().all(|kind| reports.iter().any(|(k, _)| k == kind))
    })
    .await?;
    until("a round trip", || !locked(&a.heard.round_trips).is_empty()).await?;
    until("the estimate to grow from its start", || {
        a.saw(|e| matches!(e, PeerEvent::TargetBitrate { bps, .. } if *bps > 700_000))
    })
    .await?;
    until("a loss report", || a.saw(|e| matches!(e, PeerEvent::RemoteLoss { .. }))).await?;
    let stats = a.peer.stats().await;
    assert!(stats.audio.packets_sent > 0 && stats.video.packets_sent > stats.audio.packets_sent);
    assert!(stats.audio.packets_received > 0 && stats.video.bytes_received > 0);
    assert_eq!(stats.path, Some(PathKind::Direct));
    assert!(stats.round_trip.is_some());
    assert!(!a.saw(|e| *e == PeerEvent::PathSilent));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_frame_can_be_asked_for() -> Result<()> {
    let pair = Pair::connected().await?;
    let _stream = Stream::start(&pair.a, 1_000);
    until("pictures", || pair.b.heard.count(Codec::H264) > 0).await?;
    pair.a.forget();
    pair.b.peer.request_key_frame();
    until("the request", || pair.a.saw(|e| *e == PeerEvent::KeyFrameWanted)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_side_may_offer_again_and_restart_ice_while_media_flows() -> Result<()> {
    let pair = Pair::connected().await?;
    let _streams = [Stream::start(&pair.a, 1_000), Stream::start(&pair.b, 1_000)];
    let (a, b) = (&*pair.a, &*pair.b);
    for (from, to, restart) in [(b, a, false), (a, b, false), (b, a, true), (a, b, true)] {
        Pair::negotiate(from, to, restart).await.with_context(|| format!("restart {restart}"))?;
        // Through the old path it may go on a moment; what counts is what comes later.
        tokio::time::sleep(Duration::from_millis(if restart { 1_000 } else { 100 })).await;
        for side in [a, b] {
            let before = (side.heard.count(Codec::Opus), side.heard.count(Codec::H264));
            until("media goes on", || {
                side.heard.count(Codec::Opus) > before.0 + 10 && side.heard.count(Codec::H264) > before.1 + 10
            })
            .await
            .with_context(|| format!("restart {restart}"))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_best_common_codec_is_sent() -> Result<()> {
    let only = |codec| PeerConfig { video_codecs: vec![codec], ..config() };
    for (a, b, expected) in [
        (config(), only(Codec::Vp8), Codec::Vp8),
        (only(Codec::Vp8), config(), Codec::Vp8),
        (only(Codec::H264), config(), Codec::H264),
        (config(), only(Codec::H264), Codec::H264),
    ] {
        let pair = Pair::new(a, b).await?;
        Pair::negotiate(&pair.a, &pair.b, false).await?;
        pair.wait_connected().await?;
        for (from, to) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
            until("the codec", || from.saw(|e| *e == PeerEvent::SendCodec(expected))).await?;
            let data = if expected == Codec::H264 { vec![0, 0, 0, 1, 0x65, 9, 9] } else { vec![9, 9, 9] };
            from.peer.video_sink().send(frame(expected, data, 90, true));
            until("its packets", || to.heard.count(expected) == 1).await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_call_has_no_pictures() -> Result<()> {
    let voice = || PeerConfig { video: false, ..config() };
    let pair = Pair::new(voice(), voice()).await?;
    let offer = pair.a.peer.create_offer(false).await?;
    assert!(!offer.sdp.contains("m=video"));
    let answer = pair.b.peer.accept_offer(offer).await?;
    pair.a.peer.accept_answer(answer).await?;
    pair.wait_connected().await?;
    pair.a.peer.audio_sink().send(frame(Codec::Opus, vec![1], 0, false));
    until("sound", || pair.b.heard.count(Codec::Opus) == 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_and_harms_nothing() -> Result<()> {
    let pair = Pair::connected().await?;
    let peer = &pair.a.peer;
    let sdp = |kind, text: &str| Sdp { kind, sdp: text.to_owned() };
    let broken = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
    for text in ["", "nonsense", broken, &"a".repeat(300 * 1024)] {
        assert!(peer.accept_offer(sdp(SdpKind::Offer, text)).await.is_err());
    }
    let stray = peer.accept_answer(sdp(SdpKind::Answer, broken)).await;
    assert!(matches!(stray, Err(NegotiateError::Description(_))));
    let late = pair.b.peer.create_offer(false).await?;
    let answer = Sdp { kind: SdpKind::Answer, sdp: late.sdp.clone() };
    assert!(matches!(peer.accept_answer(answer).await, Err(NegotiateError::NoOffer)));
    let candidate = |text: &str| IceCandidate {
        candidate: text.to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    };
    assert!(peer.add_candidate(candidate("candidate:bogus")).await.is_err());
    for harmless in ["", "candidate:1 1 udp 5 8f3c-aa.local 9 typ host"] {
        peer.add_candidate(candidate(harmless)).await?;
    }
    // An offer with a section that cannot be placed is rolled back as a whole.
    let odd = late.sdp.replace("a=ice-pwd", "a=not-pwd");
    assert!(peer.accept_offer(sdp(SdpKind::Offer, &odd)).await.is_err());
    let answer = peer.accept_offer(late).await?;
    pair.b.peer.accept_answer(answer).await?;
    pair.a.peer.audio_sink().send(frame(Codec::Opus, vec![5], 0, false));
    until("sound still flows", || pair.b.heard.count(Codec::Opus) == 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_may_come_before_the_offer() -> Result<()> {
    let (a, mut from_a) = side(config()).await?;
    let (b, _from_b) = side(config()).await?;
    let offer = a.peer.create_offer(false).await?;
    let early = tokio::time::timeout(WAIT_LIMIT, from_a.recv()).await?.context("a candidate")?;
    b.peer.add_candidate(early).await?;
    let answer = b.peer.accept_offer(offer).await?;
    a.peer.accept_answer(answer).await?;
    // Only one side's candidates are ever passed on: enough, the other is learned from its checks.
    until("connected", || a.saw(|e| *e == PeerEvent::State(PeerState::Connected))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_offer_gives_way_to_theirs() -> Result<()> {
    let pair = Pair::new(config(), config()).await?;
    let _ours = pair.a.peer.create_offer(false).await?;
    Pair::negotiate(&pair.b, &pair.a, false).await?;
    pair.wait_connected().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_do_not_answer_delay_nothing() -> Result<()> {
    let servers = || PeerConfig {
        ice_servers: vec![bellwire_peer::IceServer {
            urls: vec!["stun:127.0.0.1:9".to_owned(), "stun:no-such-host.invalid".to_owned()],
            ..Default::default()
        }],
        ..config()
    };
    let pair = Pair::new(servers(), servers()).await?;
    Pair::negotiate(&pair.a, &pair.b, false).await?;
    pair.wait_connected().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_gone_silent_is_noticed_before_ice_gives_up() -> Result<()> {
    let Pair { a, b } = Pair::connected().await?;
    let _stream = Stream::start(&a, 1_000);
    until("pictures", || b.heard.count(Codec::H264) > 0).await?;
    drop(b);
    until("silence", || a.saw(|e| *e == PeerEvent::PathSilent)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_that_nobody_answers_leaves_the_path_as_it_is() -> Result<()> {
    let Pair { a, b } = Pair::connected().await?;
    let _streams = [Stream::start(&a, 1_000), Stream::start(&b, 1_000)];
    until("pictures", || b.heard.count(Codec::H264) > 0).await?;
    a.forget();
    let first = a.peer.create_offer(true).await?;
    let offer = a.peer.create_offer(true).await?;
    assert_ne!(ufrag(&first), ufrag(&offer), "each has credentials of its own");
    let before = b.heard.count(Codec::Opus);
    until("sound goes on", || b.heard.count(Codec::Opus) > before + 50).await?;
    assert!(!a.saw(|e| matches!(e, PeerEvent::State(_) | PeerEvent::Candidate(_))), "nothing has happened");
    // The answer to the last one is followed, and that to the first can not be.
    let answer = b.peer.accept_offer(offer).await?;
    a.peer.accept_answer(answer).await?;
    until("the new path", || a.saw(|e| *e == PeerEvent::State(PeerState::Connected))).await?;
    let before = b.heard.count(Codec::Opus);
    until("sound on the new path", || b.heard.count(Codec::Opus) > before + 50).await
}

fn ufrag(description: &Sdp) -> Option<&str> {
    description.sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_of_theirs_takes_the_place_of_a_restart_of_ours() -> Result<()> {
    let Pair { a, b } = Pair::connected().await?;
    let _streams = [Stream::start(&a, 1_000), Stream::start(&b, 1_000)];
    let _ours = a.peer.create_offer(true).await?;
    Pair::negotiate(&b, &a, true).await?;
    let before = (a.heard.count(Codec::Opus), b.heard.count(Codec::Opus));
    until("sound", || {
        a.heard.count(Codec::Opus) > before.0 + 50 && b.heard.count(Codec::Opus) > before.1 + 50
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loss_of_our_address_is_told_at_once_and_a_new_one_is_too() -> Result<()> {
    let addresses = tokio::sync::watch::Sender::new(bellwire_peer::local_addresses::usable());
    let ours = addresses.borrow().clone();
    let watched =
        PeerConfig { network: Some(NetworkWatch::of(addresses.subscribe())), ..PeerConfig::default() };
    let pair = Pair::new(watched, PeerConfig::default()).await?;
    Pair::negotiate(&pair.a, &pair.b, false).await?;
    pair.wait_connected().await?;
    let Pair { a, b } = pair;
    let _streams = [Stream::start(&a, 1_000), Stream::start(&b, 1_000)];
    until("pictures", || b.heard.count(Codec::H264) > 0).await?;
    addresses.send_replace(Vec::new());
    until("the loss", || a.saw(|e| *e == PeerEvent::PathSilent)).await?;
    // It is there after all: only told to be gone.
    until("the path", || a.saw(|e| *e == PeerEvent::PathBack)).await?;
    // A path that is lost in earnest.
    a.forget();
    drop(b);
    until("silence", || a.saw(|e| *e == PeerEvent::PathSilent)).await?;
    if ours.iter().any(|ip| !ip.is_loopback()) {
        addresses.send_replace(ours);
        until("the address", || a.saw(|e| *e == PeerEvent::NewAddress)).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_alone_and_both_kinds_of_addresses_connect() -> Result<()> {
    let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    for (of_a, of_b) in [(vec![v6], vec![v6]), (vec![v4, v6], vec![v6]), (vec![v4, v6], vec![v4, v6])] {
        let bound = |to: &[IpAddr]| PeerConfig { bind: Some(to.to_vec()), ..config() };
        let pair = Pair::new(bound(&of_a), bound(&of_b)).await?;
        Pair::negotiate(&pair.a, &pair.b, false).await?;
        pair.wait_connected().await.with_context(|| format!("{of_a:?} {of_b:?}"))?;
        let _stream = Stream::start(&pair.a, 1_000);
        until("pictures", || pair.b.heard.count(Codec::H264) > 0).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_ends_every_task() -> Result<()> {
    let (a, _candidates) = side(config()).await?;
    let (audio, seen) = (a.peer.audio_sink(), a.seen);
    a.peer.create_offer(false).await?;
    tokio::time::timeout(WAIT_LIMIT, a.peer.close()).await?;
    audio.send(frame(Codec::Opus, vec![1], 0, false));
    // The events end with the peer: only the test holds the log.
    until("the end of events", || Arc::strong_count(&seen) == 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_call_declines_pictures_and_stays_connected() -> Result<()> {
    let pair = Pair::new(config(), PeerConfig { video: false, ..config() }).await?;
    Pair::negotiate(&pair.a, &pair.b, false).await?;
    pair.wait_connected().await?;
    pair.a.peer.audio_sink().send(frame(Codec::Opus, vec![1], 0, false));
    pair.b.peer.audio_sink().send(frame(Codec::Opus, vec![2], 0, false));
    until("sound both ways", || pair.b.heard.count(Codec::Opus) == 1 && pair.a.heard.count(Codec::Opus) == 1)
        .await
}
