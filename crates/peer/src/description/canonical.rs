//! Canonical form of a remote description, as the connection reads it.
//!
//! Written anew rather than patched, so that the connection never sees what it would choke on: each
//! section has a mid, all are bundled, codecs are spelled as it spells its own, and every section goes
//! both ways, since it gives up for good what is once inactive (rtc 0.21.1, `set_remote_description`).

use std::fmt::Write as _;

use super::layout::Layout;
use super::transport::Role;
use super::{Remote, Section};
use crate::codecs;
use bellwire_media::{Codec, TrackKind};

/// Digits as the connection compares them.
fn hex(fingerprint: &[u8]) -> String {
    let pairs: Vec<String> = fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// `role` is ours, `known` are the remote candidates admitted.
pub(crate) fn write(remote: &Remote, layout: &Layout, role: Role, known: &[String]) -> String {
    let carried: Vec<(&Section, TrackKind)> =
        remote.sections.iter().filter_map(|s| Some((s, s.carries?))).collect();
    let mids: Vec<&str> = carried.iter().map(|(_, kind)| layout.internal_mid(*kind)).collect();
    let mut text = String::from("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
    let mut line = |line: &str| {
        text.push_str(line);
        text.push_str("\r\n");
    };
    line(&format!("a=group:BUNDLE {}", mids.join(" ")));
    if remote.lite {
        line("a=ice-lite");
    }
    // What they are, said without a choice.
    let setup = if role == Role::Client { "passive" } else { "active" };
    for (at, (section, kind)) in carried.iter().enumerate() {
        let numbers: Vec<String> = section
            .formats
            .iter()
            .flat_map(|f| [Some(f.payload_type), f.repair, f.sound.red])
            .flatten()
            .map(|n| n.to_string())
            .collect();
        line(&format!("m={} 9 UDP/TLS/RTP/SAVPF {}", section.media, numbers.join(" ")));
        line("c=IN IP4 0.0.0.0");
        line(&format!("a=mid:{}", layout.internal_mid(*kind)));
        line("a=sendrecv");
        line(&format!("a=ice-ufrag:{}", remote.ufrag));
        line(&format!("a=ice-pwd:{}", remote.pwd));
        line(&format!("a=fingerprint:sha-256 {}", hex(&remote.fingerprint)));
        line(&format!("a=setup:{setup}"));
        line("a=rtcp-mux");
        line(&formats(section));
        for (id, uri) in &section.extensions {
            line(&format!("a=extmap:{id} {uri}"));
        }
        if let Some(sources) = section.sources {
            let media = &section.media;
            // A stream is announced only with a name, which has no meaning.
            line(&format!("a=msid:remote {media}"));
            if let Some(repair) = sources.repair {
                line(&format!("a=ssrc-group:FID {} {repair}", sources.media));
            }
            line(&format!("a=ssrc:{} cname:remote", sources.media));
            if let Some(repair) = sources.repair {
                line(&format!("a=ssrc:{repair} cname:remote"));
            }
        }
        if at == 0 {
            for candidate in known {
                line(&format!("a=candidate:{candidate}"));
            }
        }
    }
    text
}

fn formats(section: &Section) -> String {
    let mut lines = Vec::new();
    for format in &section.formats {
        let number = format.payload_type;
        let name = match format.codec {
            Codec::Opus => "opus/48000/2",
            Codec::H264 => "H264/90000",
            Codec::Vp8 => "VP8/90000",
        };
        lines.push(format!("a=rtpmap:{number} {name}"));
        if !format.known_as.is_empty() {
            lines.push(format!("a=fmtp:{number} {}", format.known_as));
        }
        for (kind, detail) in &format.feedback {
            let mut line = format!("a=rtcp-fb:{number} {kind}");
            if !detail.is_empty() {
                let _infallible = write!(line, " {detail}");
            }
            lines.push(line);
        }
        if let Some(red) = format.sound.red {
            lines.push(format!("a=rtpmap:{red} red/48000/2"));
            lines.push(format!("a=fmtp:{red} {}", codecs::RED_PARAMETERS));
        }
        if let Some(repair) = format.repair {
            lines.push(format!("a=rtpmap:{repair} rtx/{}", codecs::clock_rate(format.codec)));
            lines.push(format!("a=fmtp:{repair} apt={number}"));
        }
    }
    lines.join("\r\n")
}
