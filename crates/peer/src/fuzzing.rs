//! Entry points for the fuzz targets of `tests/fuzz`: untrusted descriptions, candidates, server addresses and
//! RTCP. Not part of any program.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_call::{Sdp, SdpKind};
use bellwire_media::{Codec, TrackKind};
use bytes::Bytes;
use rtc::interceptor::{
    AttributedPacket, Packet, RTCPFeedback, RTPHeaderExtension, StreamInfo, TaggedPacket,
};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::shared::TransportContext;

use crate::bandwidth::Limits;
use crate::codecs::TRANSPORT_CC;
use crate::config::IceServer;
use crate::description::layout::Layout;
use crate::description::transport::Role;
use crate::description::{self, Remote, Wanted, canonical};
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::pacer::Pacer;
use crate::picture_feedback::Indication;
use crate::relay_streams::StreamRelays;
use crate::shared::Shared;
use crate::transport_feedback::TransportFeedback;
use crate::{candidates, fingerprints, ice_servers, parameter_sets, red};

const WANTED: [Codec; 2] = [Codec::H264, Codec::Vp8];

/// A session description, as offer and as answer.
pub fn description(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let wanted = Wanted { video: Some(&WANTED) };
    // Something to answer: an offer of theirs, taken for ours.
    let offer = Sdp { kind: SdpKind::Offer, sdp: text.clone() };
    let offered = description::read(&offer, SdpKind::Offer, wanted, &Layout::default());
    let layout = offered.as_ref().map(|remote| Layout::default().with(remote)).unwrap_or_default();
    let answer = Sdp { kind: SdpKind::Answer, sdp: text };
    let answered = description::read(&answer, SdpKind::Answer, wanted, &layout);
    for remote in [offered, answered].into_iter().flatten() {
        check(&remote, &layout);
    }
}

fn check(remote: &Remote, before: &Layout) {
    assert!(!remote.ufrag.is_empty() && !remote.pwd.is_empty() && remote.fingerprint.len() == 32);
    assert_eq!(fingerprints::security_code(&remote.fingerprint, &[7; 32]).len(), 23);
    let layout = before.with(remote);
    assert_eq!(layout.len(), before.len().max(remote.sections.len()));
    let Ok(role) = Role::beside(remote.setup, remote.kind, None) else { return };
    // What the connection gets is readable for it, and reads the same for us.
    let told = canonical::write(remote, &layout, role, &remote.candidates);
    let parsed = RTCSessionDescription::offer(told.clone()).expect("a canonical text is an offer");
    let session = parsed.unmarshal().expect("a canonical text can be read");
    assert_eq!(session.media_descriptions.len(), remote.bundled.len());
    let told = Sdp { kind: SdpKind::Offer, sdp: told };
    let wanted = Wanted { video: Some(&WANTED) };
    let again = description::read(&told, SdpKind::Offer, wanted, &Layout::default()).expect("ours");
    assert_eq!(again.fingerprint, remote.fingerprint);
    for kind in [TrackKind::Audio, TrackKind::Video] {
        let formats = |remote: &Remote| {
            let section = remote.carrying(kind);
            section.map(|s| s.formats.iter().map(|f| (f.payload_type, f.codec, f.repair)).collect::<Vec<_>>())
        };
        assert_eq!(formats(remote), formats(&again), "{kind:?}");
        // What they do not want is not planned.
        if remote.carrying(kind).is_none_or(|s| !s.direction.receives) {
            assert!(!layout.direction(kind).sends);
        }
    }
    let answer = layout.answer(&told.sdp, role).text;
    assert_eq!(answer.lines().filter(|l| l.starts_with("m=")).count(), layout.len());
}

/// The value of `sprop-parameter-sets`.
pub fn parameter_sets(data: &[u8]) {
    if let Some(sets) = parameter_sets::annex_b(&String::from_utf8_lossy(data)) {
        assert!(sets.starts_with(&[0, 0, 0, 1]) && sets.len() <= data.len().max(8) * 5);
        assert!(sets.len() <= 8 * 1028, "sets without end");
    }
}

/// A payload of redundant sound.
pub fn red(data: &[u8]) {
    let payload = Bytes::copy_from_slice(data);
    if let Some(parts) = red::parse(&payload, 111) {
        let copied: usize = parts.copies.iter().map(|(_, copy)| copy.len()).sum();
        assert!(copied + parts.own.len() < data.len(), "more than there was");
    }
}

/// Lines of candidates and of STUN and TURN addresses.
pub fn addresses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let relays = StreamRelays::default();
    for line in text.lines().take(64) {
        let _ = candidates::usable(line);
        let server =
            IceServer { urls: vec![line.to_owned()], username: "u".to_owned(), credential: "c".to_owned() };
        for server in ice_servers::without_lookup(&[server], &relays).unwrap_or_default() {
            for url in server.urls {
                let named = url.strip_prefix("turn:").and_then(|rest| rest.strip_suffix("?transport=udp"));
                if named.is_some_and(|named| relays.look_up(named).is_some()) {
                    // The alias of a relay by TCP or TLS, which the sockets translate.
                    continue;
                }
                // What we write we can read.
                assert!(url.starts_with("stun:") || url.starts_with("turn:"), "{url:?} from {line:?}");
                let again = IceServer { urls: vec![url.clone()], ..IceServer::default() };
                let again =
                    ice_servers::without_lookup(&[again], &relays).and_then(|list| list.into_iter().next());
                assert_eq!(again.map(|server| server.urls), Some(vec![url]));
            }
        }
    }
}

/// RTCP about fifty packets sent: feedback, requests for packets, receiver reports.
pub fn rtcp(data: &[u8]) {
    let _ = Indication::of(data);
    let (media, repair, start) = (0x0102_0304, 0x0506_0708, Instant::now());
    let limits = Limits { start: 300_000.0, min: 60_000.0, max: 2_500_000.0 };
    let shared = Arc::new(Shared::new(None, 300_000));
    let mut pacer = Pacer::new(Arc::clone(&shared));
    let mut control = TransportFeedback::new(limits, Arc::clone(&shared));
    let stream = StreamInfo {
        ssrc: media,
        ssrc_rtx: Some(repair),
        payload_type_rtx: Some(97),
        mime_type: "video/VP8".to_owned(),
        rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
        rtp_header_extensions: vec![RTPHeaderExtension { uri: TRANSPORT_CC.to_owned(), id: 5 }],
        ..Default::default()
    };
    pacer.bind_local(&stream);
    control.bind_local(&stream);
    let tagged = |now, packet| TaggedPacket {
        now,
        transport: TransportContext::default(),
        message: AttributedPacket::new(packet),
    };
    let (mut paced, mut sent) = (PacketQueue::new(), PacketQueue::new());
    for number in 0..50_u16 {
        let now = start + Duration::from_millis(20 * u64::from(number));
        let header = rtc::rtp::header::Header {
            ssrc: media,
            sequence_number: number.wrapping_sub(25),
            timestamp: u32::from(number) * 1_800,
            marker: true,
            ..Default::default()
        };
        let packet = rtc::rtp::Packet { header, payload: vec![1; 500].into() };
        pacer.sent(tagged(now, Packet::Rtp(packet)), &mut paced);
        paced.drain(..).for_each(|packet| control.sent(packet, &mut sent));
    }
    let first = sent.len();
    for after in [1_010, 1_050, 1_500, 4_000] {
        let now = start + Duration::from_millis(after);
        let Ok(packets) = rtc::rtcp::packet::unmarshal(&mut &data[..]) else { return };
        let mut heard = PacketQueue::new();
        control.received(tagged(now, Packet::Rtcp(packets)), &mut heard);
        let mut passed = PacketQueue::new();
        heard.drain(..).for_each(|packet| pacer.received(packet, &mut passed));
        control.timeout(now, &mut sent);
        for late in 0..100 {
            pacer.timeout(now + Duration::from_millis(late), &mut paced);
            paced.drain(..).for_each(|packet| control.sent(packet, &mut sent));
        }
    }
    assert!(sent.len() - first <= 4 * 50, "{} sent for what was asked", sent.len() - first);
    assert!((60_000..=2_500_000).contains(&shared.target.load(Ordering::Relaxed)));
}
