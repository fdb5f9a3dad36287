//! Facts read from our own descriptions.

use bellwire_media::{Codec, TrackKind};

use super::formats::{self, Format};
use super::{kind_of, text, transport};

#[derive(Clone, Debug)]
pub(crate) struct OwnDescription {
    pub(crate) ufrag: String,
    pub(crate) fingerprint: Vec<u8>,
    /// By the numbers the other side has to send them with.
    pub(crate) audio: Vec<Format>,
    pub(crate) video: Vec<Format>,
}

/// `None` only for what is no description of ours.
pub(crate) fn read(own: &str) -> Option<OwnDescription> {
    let session = text::parse(own).ok()?;
    let live = || session.media.iter().filter(|media| media.port != 0);
    let formats = |wanted: TrackKind| {
        let section = live().find(|media| kind_of(&media.media) == Some(wanted));
        let all = [Codec::Opus, Codec::H264, Codec::Vp8];
        section.map(|media| formats::read(media, wanted, &all)).unwrap_or_default()
    };
    let transport = live().next()?;
    Some(OwnDescription {
        ufrag: transport::inherited(transport, &session, "ice-ufrag")?.to_owned(),
        fingerprint: transport::fingerprint(transport, &session).ok()?,
        audio: formats(TrackKind::Audio),
        video: formats(TrackKind::Video),
    })
}
