//! Entry points for the fuzz targets of `tests/fuzz`: untrusted descriptions, candidates and server
//! addresses. Not part of any program.

use bellwire_call::{Sdp, SdpKind};
use bellwire_media::{Codec, TrackKind};
use bytes::Bytes;
use rtc::peer_connection::sdp::RTCSessionDescription;

use crate::config::IceServer;
use crate::description::layout::Layout;
use crate::description::transport::Role;
use crate::description::{self, Remote, Wanted, canonical};
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
    for line in text.lines().take(64) {
        let _ = candidates::usable(line);
        let server =
            IceServer { urls: vec![line.to_owned()], username: "u".to_owned(), credential: "c".to_owned() };
        for server in ice_servers::without_lookup(&[server]).unwrap_or_default() {
            for url in server.urls {
                // What we write we can read.
                assert!(url.starts_with("stun:") || url.starts_with("turn:"), "{url:?} from {line:?}");
                let again = IceServer { urls: vec![url.clone()], ..IceServer::default() };
                let again = ice_servers::without_lookup(&[again]).and_then(|list| list.into_iter().next());
                assert_eq!(again.map(|server| server.urls), Some(vec![url]));
            }
        }
    }
}
