//! Doors for the fuzz targets of `tests/fuzz`: descriptions, candidates and server addresses from
//! strangers. Not part of any program.

use bellwire_call::{IceCandidate, Sdp, SdpKind};
use bellwire_media::Codec;

use crate::config::IceServer;
use crate::{codecs, negotiate, servers};

const WANTED: [Codec; 2] = [Codec::H264, Codec::Vp8];

/// A session description, as offer and as answer.
pub fn description(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    for kind in [SdpKind::Offer, SdpKind::Answer] {
        let Ok(found) = negotiate::inspect(&Sdp { kind, sdp: text.clone() }, kind) else { continue };
        assert!(!found.ufrag.is_empty() && !found.first_mid.is_empty() && found.fingerprint.len() >= 20);
        assert_eq!(negotiate::security_code(&found.fingerprint, &[7; 32]).len(), 23);
        let candidate = IceCandidate {
            candidate: text.lines().last().unwrap_or_default().to_owned(),
            sdp_mid: Some(found.first_mid.clone()),
            sdp_m_line_index: None,
            username_fragment: Some(found.ufrag.clone()),
        };
        assert!(negotiate::belongs(&candidate, &found.ufrag));
        for section in &found.video {
            let best = codecs::best(section, &WANTED).map(|(codec, _)| codec.payload_type);
            let sorted = codecs::by_preference(section, &WANTED);
            assert_eq!(best, sorted.first().map(|codec| codec.payload_type));
        }
    }
}

/// Lines of candidates and of STUN and TURN addresses.
pub fn addresses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for line in text.lines().take(64) {
        let _ = negotiate::usable_candidate(line);
        let server =
            IceServer { urls: vec![line.to_owned()], username: "u".to_owned(), credential: "c".to_owned() };
        for server in servers::without_lookup(&[server]).unwrap_or_default() {
            for url in server.urls {
                // What we write we can read.
                assert!(url.starts_with("stun:") || url.starts_with("turn:"), "{url:?} from {line:?}");
                let again = IceServer { urls: vec![url.clone()], ..IceServer::default() };
                let again = servers::without_lookup(&[again]).and_then(|list| list.into_iter().next());
                assert_eq!(again.map(|server| server.urls), Some(vec![url]));
            }
        }
    }
}
