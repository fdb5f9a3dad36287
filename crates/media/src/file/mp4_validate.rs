//! Validation of MP4 boxes before a parser sees them. Parsers trust sizes and counts: some send them in
//! circles, some make them exhaust memory. Media data is not read.

use std::ops::Range;

/// Deepest nesting of boxes.
const MAX_BOX_DEPTH: u32 = 12;
const BOX_HEADER_BYTES: usize = 8;
/// Where the boxes inside an `avc1` begin (ISO 14496-12 12.1.3), counted from behind its header.
const SAMPLE_ENTRY_BYTES: usize = 78;
/// A handler's name begins here, counted from behind its header.
const HANDLER_NAME_OFFSET: usize = 24;

/// The file is no valid MP4.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the file's {box_type} box is not sound")]
pub(crate) struct InvalidMp4 {
    box_type: String,
}

impl InvalidMp4 {
    pub(super) fn of(box_type: &[u8]) -> Self {
        Self { box_type: String::from_utf8_lossy(box_type).into_owned() }
    }
}

/// The parser that will see the boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one of tables and pictures.
    Index,
    /// The one of sound.
    Sound,
}

/// How a kind of box is validated.
#[derive(Clone, Copy)]
enum Kind {
    /// Boxes begin this far behind its header.
    Container(usize),
    /// At least so long, without its header.
    Leaf(usize),
    SampleSizes,
    Run,
    /// How sound is coded; of use to its own parser only.
    SoundEntry,
    /// A picture stream whose parameter sets are in the stream itself (ISO/IEC 14496-15, 5.4.2.1).
    InBand,
    /// Of no use to us.
    Other,
}

fn kind(box_type: &[u8]) -> Kind {
    match box_type {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts" | b"dinf" | b"mvex" | b"moof" | b"traf" => {
            Kind::Container(0)
        }
        b"stsd" | b"dref" => Kind::Container(8),
        b"avc1" => Kind::Container(SAMPLE_ENTRY_BYTES),
        b"hdlr" => Kind::Leaf(HANDLER_NAME_OFFSET),
        b"mvhd" | b"tkhd" | b"mdhd" | b"vmhd" | b"smhd" | b"elst" | b"stts" | b"ctts" | b"stss" | b"stsc"
        | b"stco" | b"co64" | b"trex" | b"mehd" | b"mfhd" | b"tfhd" | b"tfdt" | b"ftyp" | b"url " => {
            Kind::Leaf(4)
        }
        b"avcC" => Kind::Leaf(7),
        b"mdat" | b"free" => Kind::Leaf(0),
        b"mp4a" => Kind::SoundEntry,
        b"avc3" => Kind::InBand,
        b"stsz" => Kind::SampleSizes,
        b"trun" => Kind::Run,
        _ => Kind::Other,
    }
}

/// Refuses boxes that break a parser, and hides boxes it does not need.
pub(super) struct Mp4Validator {
    /// Samples that may still be announced: each has at least a byte.
    samples: usize,
    purpose: Purpose,
    /// Coding of audio that cannot be played; its tracks are hidden.
    pub(super) unheard: Option<[u8; 4]>,
}

impl Mp4Validator {
    pub(super) fn new(samples: usize, purpose: Purpose) -> Self {
        Self { samples, purpose, unheard: None }
    }

    /// Validates whole boxes of a file.
    pub(super) fn validate(&mut self, file: &mut [u8]) -> Result<(), InvalidMp4> {
        let whole = 0..file.len();
        BoxWalk { validator: self, file }.boxes(whole, 0)
    }
}

struct BoxWalk<'a> {
    validator: &'a mut Mp4Validator,
    file: &'a mut [u8],
}

impl BoxWalk<'_> {
    fn boxes(&mut self, within: Range<usize>, depth: u32) -> Result<(), InvalidMp4> {
        let mut at = within.start;
        while at < within.end {
            let invalid = InvalidMp4::of;
            let Some(&[a, b, c, d, ref name @ ..]) =
                self.file.get(at..(at + BOX_HEADER_BYTES).min(within.end))
            else {
                return Err(invalid(b"last"));
            };
            let name: [u8; 4] = name.try_into().map_err(|_| invalid(b"last"))?;
            let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
                1 if depth == 0 => {
                    (BOX_HEADER_BYTES + 8, self.large(at + BOX_HEADER_BYTES).ok_or_else(|| invalid(&name))?)
                }
                size => (BOX_HEADER_BYTES, usize::try_from(size).unwrap_or(usize::MAX)),
            };
            let end = at.checked_add(size).filter(|_| size >= header).ok_or_else(|| invalid(&name))?;
            if end > within.end {
                return Err(invalid(&name));
            }
            let body = at + header..end;
            if name == *b"trak" {
                if let Some(coding) = self.unheard(&body) {
                    self.validator.unheard = Some(coding);
                    self.file[at + 4..at + BOX_HEADER_BYTES].copy_from_slice(b"free");
                    at = end;
                    continue;
                }
                self.measured(&body);
            }
            let valid = match kind(&name) {
                Kind::Container(skip) => {
                    let inside = body.start + skip;
                    if depth < MAX_BOX_DEPTH && inside <= end {
                        self.boxes(inside..end, depth + 1)?;
                        true
                    } else {
                        false
                    }
                }
                Kind::Leaf(least) => body.len() >= least,
                Kind::SampleSizes => self.sample_sizes(&body),
                Kind::Run => self.word(body.start + 4).is_some_and(|count| self.announce(count)),
                Kind::InBand => {
                    self.file[at + 7] = b'1';
                    continue;
                }
                Kind::SoundEntry if self.validator.purpose == Purpose::Sound => {
                    self.sound_entry(&body, depth)?;
                    true
                }
                Kind::Other | Kind::SoundEntry => {
                    self.file[at + 4..at + BOX_HEADER_BYTES].copy_from_slice(b"free");
                    true
                }
            };
            if !valid {
                return Err(invalid(&name));
            }
            at = end;
        }
        Ok(())
    }

    /// How a track's sound is coded, if that is nothing we can play. Cameras write uncompressed sound, and
    /// each of its samples would count as one here: a minute of it has some millions.
    fn unheard(&self, track: &Range<usize>) -> Option<[u8; 4]> {
        let media = self.child(track, b"mdia")?;
        let handler = self.child(&media, b"hdlr")?.start + 8;
        if self.file.get(handler..handler + 4)? != b"soun" {
            return None;
        }
        let tables = self.child(&self.child(&media, b"minf")?, b"stbl")?;
        let entry = self.child(&tables, b"stsd")?.start + 12;
        let name = *self.file.get(entry..)?.first_chunk()?;
        (name != *b"mp4a").then_some(name)
    }

    /// The body of the first box of a kind within others.
    fn child(&self, within: &Range<usize>, name: &[u8; 4]) -> Option<Range<usize>> {
        let mut at = within.start;
        while at + BOX_HEADER_BYTES <= within.end {
            let size = usize::try_from(self.word(at)?).ok().filter(|size| *size >= BOX_HEADER_BYTES)?;
            let end = at.checked_add(size).filter(|end| *end <= within.end)?;
            if self.file.get(at + 4..at + BOX_HEADER_BYTES)? == name {
                return Some(at + BOX_HEADER_BYTES..end);
            }
            at = end;
        }
        None
    }

    /// Recorders that were cut short, and those that stream, leave a track's length out or write nonsense,
    /// and
    /// the parser takes times off it: it becomes what the table of times adds up to.
    fn measured(&mut self, track: &Range<usize>) -> Option<()> {
        let media = self.child(track, b"mdia")?;
        let tables = self.child(&self.child(&media, b"minf")?, b"stbl")?;
        let times = self.child(&tables, b"stts")?;
        let entries = self.file.get(times.start + 8..times.end)?.chunks_exact(8);
        let entries = entries.take(usize::try_from(self.word(times.start + 4)?).unwrap_or(usize::MAX));
        let ticks = |entry: &[u8]| {
            let word =
                |at: usize| entry[at..at + 4].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            word(0) * word(4)
        };
        let total = entries.map(ticks).fold(0, u64::saturating_add);
        let head = self.child(&media, b"mdhd")?;
        let long = *self.file.get(head.start)? == 1;
        // A length of nothing is right where all samples are in fragments.
        if total == 0 || !long && total > u64::from(u32::MAX) {
            return None;
        }
        let (from, bytes) =
            if long { (24, &total.to_be_bytes()[..]) } else { (16, &total.to_be_bytes()[4..]) };
        let place = self.file.get_mut(head.start + from..(head.start + from + bytes.len()).min(head.end))?;
        (place.len() == bytes.len()).then(|| place.copy_from_slice(bytes))
    }

    /// One size for all samples says how many there are without a byte for each.
    fn sample_sizes(&mut self, body: &Range<usize>) -> bool {
        match (self.word(body.start + 4), self.word(body.start + 8)) {
            (Some(_), Some(count)) if body.len() >= 12 => self.announce(count),
            _ => false,
        }
    }

    /// The boxes in it begin later in QuickTime's versions of it.
    fn sound_entry(&mut self, body: &Range<usize>, depth: u32) -> Result<(), InvalidMp4> {
        let version = self.file.get(body.start + 9).filter(|_| body.len() >= 28);
        let skip = match version {
            Some(0) => 28,
            Some(1) => 44,
            Some(2) => 64,
            _ => return Err(InvalidMp4::of(b"mp4a")),
        };
        let inside = body.start + skip;
        if depth >= MAX_BOX_DEPTH || inside > body.end {
            return Err(InvalidMp4::of(b"mp4a"));
        }
        let mut at = inside;
        while at < body.end {
            let size = self.word(at).and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
            if size == 0 && body.end - at == 4 {
                // QuickTime ends such a list with four zeros.
                return Ok(());
            }
            let end = at.checked_add(size).filter(|end| size >= BOX_HEADER_BYTES && *end <= body.end);
            at = end.ok_or_else(|| InvalidMp4::of(b"mp4a"))?;
        }
        Ok(())
    }

    fn announce(&mut self, count: u32) -> bool {
        let left = usize::try_from(count).ok().and_then(|count| self.validator.samples.checked_sub(count));
        left.map(|left| self.validator.samples = left).is_some()
    }

    fn word(&self, at: usize) -> Option<u32> {
        Some(u32::from_be_bytes(*self.file.get(at..)?.first_chunk()?))
    }

    fn large(&self, at: usize) -> Option<usize> {
        usize::try_from(u64::from_be_bytes(*self.file.get(at..)?.first_chunk()?)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator(file: &mut [u8]) -> Result<(), InvalidMp4> {
        Mp4Validator::new(file.len(), Purpose::Index).validate(file)
    }

    fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + BOX_HEADER_BYTES).unwrap().to_be_bytes();
        [&size[..], name, body].concat()
    }

    #[test]
    fn boxes_that_send_a_parser_in_circles_are_refused() {
        for size in 1_u8..8 {
            let mut inner = boxed(b"free", &[]);
            inner[3] = size;
            let mut file = boxed(b"moov", &inner);
            assert!(validator(&mut file).is_err(), "{size}");
        }
        let mut longer_than_its_parent = boxed(b"moov", &[0, 0, 0, 99, b'm', b'v', b'h', b'd']);
        assert!(validator(&mut longer_than_its_parent).is_err());
        let mut deep = boxed(b"moov", &[]);
        for _ in 0..20 {
            deep = boxed(b"moov", &deep);
        }
        assert!(validator(&mut deep).is_err());
        assert!(validator(&mut [1, 2, 3]).is_err());
    }

    #[test]
    fn more_samples_than_bytes_are_refused() {
        let sizes =
            |count: u32| boxed(b"stsz", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &count.to_be_bytes()].concat());
        assert_eq!(validator(&mut sizes(20)), Ok(()));
        assert!(validator(&mut sizes(21)).is_err());
        let run = boxed(b"trun", &[0, 0, 0, 0, 0, 0, 0, 14]);
        let mut twice = boxed(b"moof", &boxed(b"traf", &[run.clone(), run].concat()));
        assert_eq!(validator(&mut twice), Ok(()));
        twice[31] = 40;
        assert!(validator(&mut twice).is_err());
    }

    #[test]
    fn what_we_have_no_use_for_is_hidden() {
        let mut file = [boxed(b"ftyp", b"isom"), boxed(b"udta", b"whatever")].concat();
        assert_eq!(validator(&mut file), Ok(()));
        assert_eq!(&file[16..20], b"free");
    }

    #[test]
    fn how_sound_is_coded_is_for_its_own_parser_and_looked_at_too() {
        let entry = |inside: &[u8]| boxed(b"mp4a", &[&[0; 28][..], inside].concat());
        let validate = |file: &mut Vec<u8>, purpose| Mp4Validator::new(99, purpose).validate(file);
        let mut file = entry(&boxed(b"esds", b"how"));
        assert_eq!(validate(&mut file, Purpose::Sound), Ok(()));
        assert_eq!(&file[4..8], b"mp4a");
        assert_eq!(validate(&mut file, Purpose::Index), Ok(()));
        assert_eq!(&file[4..8], b"free");
        assert!(validate(&mut entry(&[0, 0, 0, 0, b'e', b's', b'd', b's']), Purpose::Sound).is_err());
        assert!(validate(&mut entry(&[0, 0, 0, 99, b'e', b's', b'd', b's']), Purpose::Sound).is_err());
        assert!(validate(&mut boxed(b"mp4a", &[0; 20]), Purpose::Sound).is_err());
    }
}
