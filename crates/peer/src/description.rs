//! Session descriptions of other endpoints: parsed with all that RFC 8866, 3264, 8829 and 8843 let them leave
//! out or say at session level, and rewritten in the one form the connection understands. Sans-IO.
//!
//! ```text
//!  their text ─ text ─► sections ─ read ─► Remote ─ canonical ─► connection
//!  our text  ◄──────────── layout (order, mids, refusals, directions) ◄──┘
//! ```
//!
//! The connection sees at most one section of sound and one of pictures, on one transport and always in
//! both directions. What is refused, held or unknown is kept by [`layout`] and by the plans for sending.

pub(crate) mod canonical;
pub(crate) mod formats;
pub(crate) mod layout;
pub(crate) mod own_description;
pub(crate) mod text;
pub(crate) mod transport;

use bellwire_call::{Sdp, SdpKind};
use bellwire_media::{Codec, TrackKind};

use crate::{candidates, codecs};
use formats::Format;
use layout::Layout;
use text::{MediaText, SessionText};
use transport::{Direction, Setup};

/// Payload types given back in a refusal; a section has no more numbers.
const MAX_FORMATS: usize = 128;

const KINDS: [TrackKind; 2] = [TrackKind::Audio, TrackKind::Video];

/// Why a description was refused.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DescriptionError {
    #[error("the description has {0} bytes")]
    TooLarge(usize),
    #[error("an {expected:?} was expected")]
    WrongKind { expected: SdpKind },
    #[error("the description is malformed: {0}")]
    Malformed(String),
    #[error("the description has no ICE credentials")]
    NoIceCredentials,
    #[error("the description has no certificate fingerprint")]
    NoFingerprint,
    #[error("none of the certificate fingerprints can be checked: {0}")]
    UnusableFingerprint(String),
    #[error("sections of one transport have different certificate fingerprints")]
    ConflictingFingerprints,
    /// Within one connection it stays what the security code was made of.
    #[error("the certificate fingerprint has changed")]
    FingerprintChanged,
    /// RFC 4145 4: no connection is to be made for now.
    #[error("the other side holds the connection back")]
    HoldConnection,
    #[error("unknown DTLS role: {0}")]
    UnknownSetup(String),
    #[error("the DTLS role has changed")]
    RoleChanged,
    /// Every section of sound and pictures has port 0.
    #[error("the other side refuses sound and pictures")]
    EverythingRefused,
    #[error("no codec and transport in common: {0}")]
    NothingInCommon(String),
    #[error("the answer has {answered} sections for {offered}")]
    MoreSectionsThanOffered { offered: usize, answered: usize },
}

impl DescriptionError {
    /// Whether the description was read whole and no media can flow by it. What is cut short, too large or
    /// out of turn says nothing about the other side.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::TooLarge(_) | Self::WrongKind { .. } | Self::Malformed(_) => false,
            Self::NoIceCredentials
            | Self::NoFingerprint
            | Self::UnusableFingerprint(_)
            | Self::ConflictingFingerprints
            | Self::FingerprintChanged
            | Self::HoldConnection
            | Self::UnknownSetup(_)
            | Self::RoleChanged
            | Self::EverythingRefused
            | Self::NothingInCommon(_)
            | Self::MoreSectionsThanOffered { .. } => true,
        }
    }
}

/// Streams a section declares (RFC 5576).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sources {
    pub(crate) media: u32,
    pub(crate) repair: Option<u32>,
}

/// One section of theirs.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) media: String,
    pub(crate) protocol: String,
    pub(crate) payload_types: Vec<String>,
    pub(crate) mid: Option<String>,
    /// Refused by the other side.
    pub(crate) refused: bool,
    pub(crate) direction: Direction,
    /// What we have in common.
    pub(crate) formats: Vec<Format>,
    pub(crate) sources: Option<Sources>,
    /// Header extensions we know.
    pub(crate) extensions: Vec<(u8, &'static str)>,
    /// What the connection carries of it; `None`: refused by us or by them.
    pub(crate) carries: Option<TrackKind>,
}

impl Section {
    /// Our side of it: never more than the other side allows (RFC 3264 6.1).
    pub(crate) fn our_direction(&self) -> Direction {
        Direction {
            sends: self.direction.receives && self.formats.iter().any(|f| f.sends),
            receives: self.direction.sends,
        }
    }

    /// The other side's sender waits to be told what we can receive (draft-alvestrand-rmcat-remb-03): it has no use
    /// for transport-wide feedback.
    pub(crate) fn wants_remb(&self) -> bool {
        let numbers = self.extensions.iter().any(|(_, uri)| *uri == codecs::TRANSPORT_CC);
        let has = |feedback| self.formats.iter().any(|format| format.has_feedback(feedback));
        has("goog-remb") && !(numbers && has("transport-cc"))
    }
}

/// A description fit to be applied.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) kind: SdpKind,
    pub(crate) sections: Vec<Section>,
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
    pub(crate) lite: bool,
    /// `None`: it does not say.
    pub(crate) setup: Option<Setup>,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) candidates: Vec<String>,
    /// Sections carried, the one whose transport is used first.
    pub(crate) bundled: Vec<usize>,
    /// Whether it said so; without a BUNDLE group our answer has none either.
    pub(crate) says_bundle: bool,
    /// Sections with a transport of their own, which we do not use.
    pub(crate) elsewhere: Vec<usize>,
}

impl Remote {
    pub(crate) fn carrying(&self, kind: TrackKind) -> Option<&Section> {
        self.sections.iter().find(|s| s.carries == Some(kind))
    }
}

/// What we can do with sections of each kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// `None`: no pictures in this call.
    pub(crate) video: Option<&'a [Codec]>,
}

impl Wanted<'_> {
    pub(crate) fn codecs(&self, kind: TrackKind) -> &[Codec] {
        match kind {
            TrackKind::Audio => &[Codec::Opus],
            TrackKind::Video => self.video.unwrap_or_default(),
        }
    }
}

pub(crate) fn kind_of(media: &str) -> Option<TrackKind> {
    match media {
        "audio" => Some(TrackKind::Audio),
        "video" => Some(TrackKind::Video),
        _ => None,
    }
}

/// Any RTP profile: with a fingerprint all of them mean DTLS-SRTP (RFC 8829 5.1.2).
fn is_rtp(protocol: &str) -> bool {
    let upper = protocol.to_ascii_uppercase();
    upper.split('/').any(|part| part == "RTP")
        && ["AVP", "AVPF", "SAVP", "SAVPF"].iter().any(|p| upper.ends_with(p))
}

fn sources(media: &MediaText) -> Option<Sources> {
    let number = |word: Option<&str>| word.and_then(|w| w.parse::<u32>().ok());
    let mut repairs = Vec::new();
    for group in media.attributes.all("ssrc-group") {
        let mut words = group.split_ascii_whitespace();
        if words.next().is_some_and(|kind| kind.eq_ignore_ascii_case("FID"))
            && let (Some(of), Some(by)) = (number(words.next()), number(words.next()))
        {
            repairs.push((of, by));
        }
    }
    let lines = media.attributes.all("ssrc");
    let mut declared = lines.filter_map(|line| number(line.split_ascii_whitespace().next()));
    let media = declared.find(|ssrc| !repairs.iter().any(|(_, by)| by == ssrc))?;
    let repair = repairs.iter().find(|(of, by)| *of == media && *by != media).map(|(_, by)| *by);
    Some(Sources { media, repair })
}

fn extensions(media: &MediaText, session: &SessionText) -> Vec<(u8, &'static str)> {
    let mut list: Vec<(u8, &'static str)> = Vec::new();
    for line in media.attributes.all("extmap").chain(session.attributes.all("extmap")) {
        let mut words = line.split_ascii_whitespace();
        let id = words.next().and_then(|word| word.split('/').next()?.parse::<u8>().ok());
        // One-byte headers only (RFC 8285 4.2).
        let Some(id) = id.filter(|id| (1..=14).contains(id)) else { continue };
        let known = [codecs::MID, codecs::TRANSPORT_CC, codecs::ABS_SEND_TIME];
        let Some(uri) = words.next().and_then(|word| known.into_iter().find(|uri| *uri == word)) else {
            continue;
        };
        if !list.iter().any(|(i, u)| *i == id || *u == uri) {
            list.push((id, uri));
        }
    }
    list
}

fn section(media: &MediaText, session: &SessionText, kind: SdpKind, wanted: Wanted<'_>) -> Section {
    let formats = match kind_of(&media.media) {
        Some(kind) if is_rtp(&media.protocol) => formats::read(media, kind, wanted.codecs(kind)),
        _ => Vec::new(),
    };
    // Port 0 says no, but for a section that is offered only as part of a bundle (RFC 8843 6).
    let mid = media.attributes.value("mid");
    let bundled = |mid| transport::bundles(session).iter().any(|group| group.contains(&mid));
    let only_bundled =
        kind == SdpKind::Offer && media.attributes.has("bundle-only") && mid.is_some_and(bundled);
    let mut section = Section {
        media: media.media.clone(),
        protocol: media.protocol.clone(),
        payload_types: media.formats.iter().take(MAX_FORMATS).cloned().collect(),
        mid: mid.map(str::to_owned),
        refused: media.port == 0 && !only_bundled,
        direction: Direction::read(&media.attributes, &session.attributes),
        formats,
        sources: sources(media),
        extensions: extensions(media, session),
        carries: None,
    };
    // Four bytes in every packet, for an estimate that we do not make otherwise.
    if !section.wants_remb() {
        section.extensions.retain(|(_, uri)| *uri != codecs::ABS_SEND_TIME);
    }
    section
}

/// Reads a description of the other side. `layout` is what has been negotiated so far; for an answer,
/// with our offer.
pub(crate) fn read(
    sdp: &Sdp,
    expected: SdpKind,
    wanted: Wanted<'_>,
    layout: &Layout,
) -> Result<Remote, DescriptionError> {
    if sdp.kind != expected {
        return Err(DescriptionError::WrongKind { expected });
    }
    let mut session = text::parse(&sdp.sdp)?;
    if expected == SdpKind::Answer {
        session.media = layout.arranged(session.media);
    }
    let mut sections: Vec<Section> =
        session.media.iter().map(|media| section(media, &session, expected, wanted)).collect();
    without_ambiguous_mids(&mut sections)?;
    choose(&mut sections, &session, expected, layout)?;
    let elsewhere = one_transport(&mut sections, &session, expected);
    let bundled = order(&sections, &session);
    let Some(transport) = bundled.first().and_then(|at| session.media.get(*at)) else {
        return Err(nothing(&sections));
    };
    let live = || bundled.iter().filter_map(|at| session.media.get(*at));
    // A section we do not carry may be the one that describes the transport of its group (RFC 8843 7.1.3).
    let sharing = sharing(&sections, &session, &bundled);
    let all = || live().chain(sharing.iter().filter_map(|at| session.media.get(*at)));
    let (ufrag, pwd) = all()
        .find_map(|media| transport::credentials(media, &session))
        .ok_or(DescriptionError::NoIceCredentials)?;
    let role = transport::inherited(transport, &session, "setup")
        .or_else(|| all().find_map(|media| media.attributes.value("setup")));
    let setup = transport::setup(role, expected)?;
    let mut fingerprint = transport::fingerprint(transport, &session);
    for media in live() {
        match (&fingerprint, transport::fingerprint(media, &session)) {
            (Ok(known), Ok(other)) if *known != other => {
                return Err(DescriptionError::ConflictingFingerprints);
            }
            (Err(DescriptionError::NoFingerprint), Ok(other)) => fingerprint = Ok(other),
            _ => {}
        }
    }
    if fingerprint == Err(DescriptionError::NoFingerprint) {
        let said = |media| transport::fingerprint(media, &session);
        let found = all().map(said).find(|found| *found != Err(DescriptionError::NoFingerprint));
        fingerprint = found.unwrap_or(fingerprint);
    }
    let reached: Vec<usize> = bundled.iter().chain(&sharing).copied().collect();
    let says_bundle = !transport::bundles(&session).is_empty();
    Ok(Remote {
        kind: expected,
        ufrag: ufrag.to_owned(),
        pwd: pwd.to_owned(),
        lite: session.attributes.has("ice-lite"),
        setup,
        fingerprint: fingerprint?,
        candidates: candidates::described(&session, &reached, ufrag),
        bundled,
        says_bundle,
        elsewhere,
        sections,
    })
}

/// Mids name sections; the same one twice names none.
fn without_ambiguous_mids(sections: &mut [Section]) -> Result<(), DescriptionError> {
    let mut seen: Vec<&str> = Vec::new();
    for mid in sections.iter().filter_map(|s| s.mid.as_deref()) {
        if seen.contains(&mid) {
            return Err(DescriptionError::Malformed("two sections have the same mid".to_owned()));
        }
        seen.push(mid);
    }
    Ok(())
}

/// Decides which section carries what: one of each kind.
fn choose(
    sections: &mut [Section],
    session: &SessionText,
    kind: SdpKind,
    layout: &Layout,
) -> Result<(), DescriptionError> {
    if kind == SdpKind::Answer && sections.len() > layout.len() {
        let (offered, answered) = (layout.len(), sections.len());
        return Err(DescriptionError::MoreSectionsThanOffered { offered, answered });
    }
    for kind_wanted in KINDS {
        let usable = |s: &Section| {
            let direction = s.our_direction();
            kind_of(&s.media) == Some(kind_wanted)
                && !s.refused
                && !s.formats.is_empty()
                // A section that only receives what we cannot send is of no use, unless it is held.
                && (direction != Direction::NONE || s.direction == Direction::NONE)
        };
        let before = layout.place_of(kind_wanted);
        let found = match kind {
            SdpKind::Answer => before.filter(|at| sections.get(*at).is_some_and(usable)),
            SdpKind::Offer => before
                .filter(|at| sections.get(*at).is_some_and(usable))
                .or_else(|| sections.iter().position(usable)),
        };
        let found = match kind {
            SdpKind::Answer => found,
            SdpKind::Offer => found.map(|at| livelier(sections, session, at, usable)),
        };
        if let Some(section) = found.and_then(|at| sections.get_mut(at)) {
            section.carries = Some(kind_wanted);
        }
    }
    Ok(())
}

/// Another usable section of the same bundle where more flows than in `at`: browsers leave a section held or
/// one-way and add another when a track is taken away and a new one put in its place.
fn livelier(
    sections: &[Section],
    session: &SessionText,
    at: usize,
    usable: impl Fn(&Section) -> bool,
) -> usize {
    let ways = |at: usize| {
        let direction = sections[at].our_direction();
        u8::from(direction.sends) + u8::from(direction.receives)
    };
    let others = group_of(sections, session, at).into_iter().filter(|other| usable(&sections[*other]));
    others.fold(at, |best, other| if ways(other) > ways(best) { other } else { best })
}

/// The sections of the BUNDLE group that a section is in, itself among them, in the group's order.
fn group_of(sections: &[Section], session: &SessionText, at: usize) -> Vec<usize> {
    let Some(mid) = sections.get(at).and_then(|section| section.mid.as_deref()) else { return Vec::new() };
    let group = transport::bundles(session).into_iter().find(|group| group.contains(&mid));
    let place = |mid: &str| sections.iter().position(|section| section.mid.as_deref() == Some(mid));
    group.into_iter().flatten().filter_map(place).collect()
}

/// Sections that are not carried, but belong to the bundle of those that are.
fn sharing(sections: &[Section], session: &SessionText, bundled: &[usize]) -> Vec<usize> {
    let group = bundled.first().map(|first| group_of(sections, session, *first)).unwrap_or_default();
    group.into_iter().filter(|at| !bundled.contains(at)).collect()
}

/// Kinds of media now flowing that a description, whatever becomes of it, says no to.
pub(crate) fn refusals(sdp: &Sdp, layout: &Layout) -> Vec<TrackKind> {
    let Ok(mut session) = text::parse(&sdp.sdp) else { return Vec::new() };
    if sdp.kind == SdpKind::Answer {
        session.media = layout.arranged(session.media);
    }
    let refused = |kind: &TrackKind| {
        let section = layout.place_of(*kind).and_then(|at| session.media.get(at));
        section.is_some_and(|media| {
            let section = self::section(media, &session, sdp.kind, Wanted { video: None });
            section.refused || !section.direction.receives
        })
    };
    KINDS.into_iter().filter(refused).collect()
}

/// We have one transport: sections that have another are not carried. Returns which those are.
fn one_transport(sections: &mut [Section], session: &SessionText, kind: SdpKind) -> Vec<usize> {
    let carried: Vec<usize> = (0..sections.len()).filter(|at| sections[*at].carries.is_some()).collect();
    let Some(first) = carried.first().copied() else { return Vec::new() };
    let groups = transport::bundles(session);
    let group_of = |at: usize| {
        let mid = sections.get(at)?.mid.as_deref()?;
        groups.iter().position(|group| group.contains(&mid))
    };
    let mut apart = Vec::new();
    for at in carried.into_iter().skip(1) {
        let (a, b) = (&session.media[first], &session.media[at]);
        let together = match (group_of(first), group_of(at)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => same_transport(a, b, session),
            // An answer may take back the bundling of a section, not its name.
            _ => kind == SdpKind::Answer && same_transport(a, b, session),
        };
        if !together {
            apart.push(at);
        }
    }
    for at in &apart {
        sections[*at].carries = None;
    }
    apart
}

/// Whether two sections without a BUNDLE group share a transport: endpoints that
/// know one transport only often do not say so.
fn same_transport(a: &MediaText, b: &MediaText, session: &SessionText) -> bool {
    let candidates = |m: &MediaText| {
        let mut list: Vec<String> = m.attributes.all("candidate").map(str::to_owned).collect();
        list.sort_unstable();
        list
    };
    let (of_a, of_b) = (candidates(a), candidates(b));
    let credentials = |m| transport::credentials(m, session);
    let same_credentials = match (credentials(a), credentials(b)) {
        (Some(a), Some(b)) => a == b,
        // One of them relies on the other's.
        _ => true,
    };
    same_credentials && a.port == b.port && (of_b.is_empty() || of_a.is_empty() || of_a == of_b)
}

/// The sections carried, in the order of their group.
fn order(sections: &[Section], session: &SessionText) -> Vec<usize> {
    let mut carried: Vec<usize> = (0..sections.len()).filter(|at| sections[*at].carries.is_some()).collect();
    let groups = transport::bundles(session);
    let place = |at: &usize| {
        let mid = sections[*at].mid.as_deref();
        mid.and_then(|mid| groups.iter().find_map(|group| group.iter().position(|m| *m == mid)))
    };
    carried.sort_by_key(|at| place(at).unwrap_or(usize::MAX));
    carried
}

fn nothing(sections: &[Section]) -> DescriptionError {
    let mut ours = sections.iter().filter(|s| kind_of(&s.media).is_some()).peekable();
    if ours.peek().is_some() && ours.all(|s| s.refused) {
        return DescriptionError::EverythingRefused;
    }
    let offered: Vec<String> =
        sections.iter().take(8).map(|s| format!("{} {}", s.media, s.protocol)).collect();
    DescriptionError::NothingInCommon(offered.join(", ").chars().take(200).collect())
}

#[cfg(test)]
mod tests;
