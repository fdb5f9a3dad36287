//! Layout of a session: its sections in their order, which never changes (RFC 3264 8), and our descriptions
//! written for it. The connection knows only the sections it carries.

use bellwire_call::SdpKind;
use bellwire_media::TrackKind;

use super::formats::Format;
use super::text::{Attributes, MediaText};
use super::transport::{Direction, Role};
use super::{KINDS, Remote, kind_of};
use crate::codecs::ABS_SEND_TIME;

/// One section, from our side.
#[derive(Clone, Debug)]
struct Slot {
    media: String,
    protocol: String,
    payload_types: Vec<String>,
    /// `None`: the other side names none.
    mid: Option<String>,
    /// What of the connection stands here; `None`: refused.
    carries: Option<TrackKind>,
    direction: Direction,
    /// As last described by the other side; empty before.
    formats: Vec<Format>,
    /// Whether packets are to say when they left.
    send_times: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    slots: Vec<Slot>,
    /// Mids by which the connection knows sound and pictures, once it has given any.
    internal: [Option<String>; 2],
    /// Whether ours is said to be a bundle.
    bundled: Vec<usize>,
    says_bundle: bool,
}

/// A description of ours for the other side.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) text: String,
    /// Mid and place of the section whose transport is used.
    pub(crate) mid: Option<String>,
    pub(crate) index: u16,
}

/// The connection's text, cut at its `m=` lines.
struct Pieces<'a> {
    session: Vec<&'a str>,
    sections: Vec<(TrackKind, Vec<&'a str>)>,
    /// Candidates, which it writes into its first section.
    candidates: Vec<&'a str>,
}

fn cut(text: &str) -> Pieces<'_> {
    let mut pieces = Pieces { session: Vec::new(), sections: Vec::new(), candidates: Vec::new() };
    // Data sections and the like: never asked for, so passed over.
    let mut skipping = false;
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(media) = line.strip_prefix("m=") {
            let kind = media.split(' ').next().and_then(kind_of);
            skipping = kind.is_none();
            pieces.sections.extend(kind.map(|kind| (kind, vec![line])));
        } else if line.starts_with("a=candidate:") || line == "a=end-of-candidates" {
            pieces.candidates.push(line);
        } else if let Some((_, section)) = pieces.sections.last_mut().filter(|_| !skipping) {
            section.push(line);
        } else if !skipping && !line.starts_with("a=group:") {
            pieces.session.push(line);
        }
    }
    pieces
}

fn place(kind: TrackKind) -> usize {
    match kind {
        TrackKind::Audio => 0,
        TrackKind::Video => 1,
    }
}

impl Layout {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Where sound or pictures stand.
    pub(crate) fn place_of(&self, kind: TrackKind) -> Option<usize> {
        self.slots.iter().position(|slot| slot.carries == Some(kind))
    }

    /// The section a candidate names.
    pub(crate) fn named(&self, mid: Option<&str>, index: Option<u16>) -> Option<usize> {
        let by_mid = mid.and_then(|mid| self.slots.iter().position(|slot| slot.mid.as_deref() == Some(mid)));
        by_mid.or_else(|| index.map(usize::from))
    }

    /// The sections of an answer in our order: as they come (RFC 3264 6), unless their mids say
    /// otherwise; one left out is refused.
    pub(crate) fn arranged(&self, mut media: Vec<MediaText>) -> Vec<MediaText> {
        let place = |m: &MediaText| {
            let mid = m.attributes.value("mid")?;
            self.slots.iter().position(|slot| slot.mid.as_deref() == Some(mid))
        };
        let places: Option<Vec<usize>> = media.iter().map(place).collect();
        let Some(places) = places.filter(|places| !places.is_sorted() || media.len() < self.slots.len())
        else {
            return media;
        };
        let refused = |slot: &Slot| MediaText {
            media: slot.media.clone(),
            port: 0,
            protocol: slot.protocol.clone(),
            formats: slot.payload_types.clone(),
            attributes: Attributes::default(),
        };
        let mut list: Vec<MediaText> = self.slots.iter().map(refused).collect();
        for (at, media) in places.into_iter().zip(media.drain(..)) {
            list[at] = media;
        }
        list
    }

    /// The name the connection has for it.
    pub(crate) fn internal_mid(&self, kind: TrackKind) -> &str {
        let default = if kind == TrackKind::Audio { "0" } else { "1" };
        self.internal[place(kind)].as_deref().unwrap_or(default)
    }

    /// What may be sent of a kind, by the last pair of descriptions.
    pub(crate) fn direction(&self, kind: TrackKind) -> Direction {
        let slot = self.slots.iter().find(|slot| slot.carries == Some(kind));
        slot.map_or(Direction::NONE, |slot| slot.direction)
    }

    /// The same session after an offer of theirs, or after their answer to ours.
    pub(crate) fn with(&self, remote: &Remote) -> Self {
        let mut next = self.clone();
        for kind in KINDS {
            next.internal[place(kind)] = Some(self.internal_mid(kind).to_owned());
        }
        for (at, section) in remote.sections.iter().enumerate() {
            let mid = match remote.kind {
                SdpKind::Offer => section.mid.clone(),
                SdpKind::Answer => self.slots.get(at).and_then(|slot| slot.mid.clone()),
            };
            let slot = Slot {
                media: section.media.clone(),
                protocol: section.protocol.clone(),
                payload_types: section.payload_types.clone(),
                mid,
                carries: section.carries,
                direction: section.our_direction(),
                formats: section.formats.clone(),
                send_times: section.extensions.iter().any(|(_, uri)| *uri == ABS_SEND_TIME),
            };
            match next.slots.get_mut(at) {
                Some(known) => *known = slot,
                None => next.slots.push(slot),
            }
        }
        // Left out of theirs: refused.
        for slot in next.slots.iter_mut().skip(remote.sections.len()) {
            slot.carries = None;
        }
        next.bundled.clone_from(&remote.bundled);
        next.says_bundle = remote.says_bundle;
        next
    }

    /// Our answer to the offer this layout is [`Layout::with`], from the connection's own; `role` is
    /// what we are in DTLS.
    pub(crate) fn answer(&self, own: &str, role: Role) -> Written {
        self.write(&cut(own), role.name())
    }

    /// Our offer, from the connection's own, and the layout it makes.
    pub(crate) fn offer(&self, own: &str) -> (Written, Self) {
        let pieces = cut(own);
        let mut next = self.clone();
        for (kind, lines) in &pieces.sections {
            let named = lines.iter().find_map(|line| line.strip_prefix("a=mid:"));
            if let Some(mid) = named {
                next.internal[place(*kind)] = Some(mid.to_owned());
            }
            // Refused before: it stays so until they ask for it.
            let refused = next.slots.iter().any(|slot| kind_of(&slot.media) == Some(*kind));
            match next.place_of(*kind).and_then(|at| next.slots.get_mut(at)) {
                // What is held by the other side is offered as before: holding is theirs to end.
                Some(slot) => slot.direction = Direction::BOTH,
                None if refused => {}
                None => {
                    let mut words = lines.first().map_or("", |line| &line[2..]).split(' ');
                    next.slots.push(Slot {
                        media: words.next().unwrap_or_default().to_owned(),
                        protocol: words.nth(1).unwrap_or_default().to_owned(),
                        payload_types: words.map(str::to_owned).collect(),
                        mid: None,
                        carries: Some(*kind),
                        direction: Direction::BOTH,
                        formats: Vec::new(),
                        send_times: false,
                    });
                }
            }
        }
        for at in 0..next.slots.len() {
            if next.slots[at].mid.is_none() {
                let taken = |mid: &String| next.slots.iter().any(|slot| slot.mid.as_ref() == Some(mid));
                next.slots[at].mid = (at..).map(|n| n.to_string()).find(|mid| !taken(mid));
            }
            // Single packets are all the other side takes, and ours do not fit.
            let slot = &mut next.slots[at];
            if !slot.formats.is_empty() && !slot.formats.iter().any(|f| f.sends) {
                slot.direction.sends = false;
            }
        }
        let live = (0..next.slots.len()).filter(|at| next.slots[*at].carries.is_some());
        let mut bundled: Vec<usize> = self.bundled.clone();
        bundled.retain(|at| next.slots[*at].carries.is_some());
        let new: Vec<usize> = live.filter(|at| !bundled.contains(at)).collect();
        bundled.extend(new);
        next.bundled = bundled;
        next.says_bundle = true;
        (next.write(&pieces, "actpass"), next)
    }

    fn write(&self, pieces: &Pieces<'_>, role: &str) -> Written {
        let mut lines: Vec<String> = pieces.session.iter().map(|line| (*line).to_owned()).collect();
        let names: Vec<&str> =
            self.bundled.iter().filter_map(|at| self.slots.get(*at)?.mid.as_deref()).collect();
        if self.says_bundle && !names.is_empty() {
            lines.push(format!("a=group:BUNDLE {}", names.join(" ")));
        }
        let transport = self.bundled.first().copied();
        for (at, slot) in self.slots.iter().enumerate() {
            let own = slot.carries.and_then(|kind| pieces.sections.iter().find(|(k, _)| *k == kind));
            let Some((_, section)) = own else {
                lines.extend(slot.refusal());
                continue;
            };
            lines.extend(section.iter().filter_map(|line| slot.translated(line, role)));
            if transport == Some(at) {
                lines.extend(pieces.candidates.iter().map(|line| (*line).to_owned()));
            }
        }
        let index = transport.unwrap_or(0);
        Written {
            text: lines.join("\r\n") + "\r\n",
            mid: self.slots.get(index).and_then(|slot| slot.mid.clone()),
            index: u16::try_from(index).unwrap_or(0),
        }
    }
}

impl Slot {
    /// An unused section (RFC 3264 6).
    fn refusal(&self) -> Vec<String> {
        let types = if self.payload_types.is_empty() { "0".to_owned() } else { self.payload_types.join(" ") };
        let mut lines =
            vec![format!("m={} 0 {} {types}", self.media, self.protocol), "c=IN IP4 0.0.0.0".to_owned()];
        lines.extend(self.mid.as_ref().map(|mid| format!("a=mid:{mid}")));
        lines.push("a=inactive".to_owned());
        lines
    }

    /// A line of the connection's section as the other side receives it.
    fn translated(&self, line: &str, role: &str) -> Option<String> {
        if line.starts_with("m=") {
            let types: Vec<&str> = line.split(' ').skip(3).collect();
            return Some(format!("m={} 9 {} {}", self.media, self.protocol, types.join(" ")));
        }
        if line.starts_with("a=mid:") {
            return self.mid.as_ref().map(|mid| format!("a=mid:{mid}"));
        }
        if !self.send_times && line.starts_with("a=extmap:") && line.ends_with(ABS_SEND_TIME) {
            return None;
        }
        if line.starts_with("a=setup:") {
            return Some(format!("a=setup:{role}"));
        }
        if ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(&line) {
            return Some(format!("a={}", self.direction.name()));
        }
        let parameters = line.strip_prefix("a=fmtp:").and_then(|rest| rest.split_once(' '));
        let number = parameters.and_then(|(number, _)| number.parse::<u8>().ok());
        if let Some(packed) = self.formats.iter().find(|f| number.is_some() && f.sound.red == number) {
            let (red, sound) = (number.unwrap_or_default(), packed.payload_type);
            return Some(format!("a=fmtp:{red} {sound}/{sound}"));
        }
        let format = number.and_then(|number| self.formats.iter().find(|f| f.payload_type == number));
        match format.and_then(|f| f.answered.as_ref().map(|answered| (f.payload_type, answered))) {
            Some((number, answered)) => Some(format!("a=fmtp:{number} {answered}")),
            None => Some(line.to_owned()),
        }
    }
}
