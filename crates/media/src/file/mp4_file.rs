//! MP4 file behind its parsers. Its metadata is read and validated by [`super::mp4_validate`]; media data
//! stays on the disk, so memory does not grow with the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use re_mp4::Mp4;
use symphonia::core::io::MediaSource;

use super::mp4_validate::{InvalidMp4, Mp4Validator, Purpose};

/// Metadata of ten hours in fragments of a second has some 20 MiB.
const MAX_METADATA_BYTES: u64 = 64 * 1024 * 1024;
/// Most boxes side by side.
const MAX_BOXES: usize = 200_000;
/// Most samples of all tracks together.
const MAX_SAMPLES: u64 = 4_000_000;

/// Where a file's bytes come from.
pub(crate) trait Stored: Read + Seek + Send + Sync {}
impl<T: Read + Seek + Send + Sync> Stored for T {}

/// Opens a regular file. Pipes and devices could block the reader without end.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "this is no file"));
    }
    File::open(path)
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Mp4Error {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Invalid(#[from] InvalidMp4),
    #[error("the file is empty")]
    Empty,
    #[error("the file is not a sound MP4 file")]
    Broken,
    #[error("not an MP4 file: {0}")]
    Parse(re_mp4::Error),
}

/// A validated MP4 file; reads like the file, without the hidden boxes.
pub(crate) struct Mp4File {
    source: Box<dyn Stored>,
    /// Of the file, in bytes.
    length: u64,
    /// Behind the last whole box.
    end: u64,
    at: u64,
    /// What is read in place of the file's own bytes, by position.
    boxes: BTreeMap<u64, Vec<u8>>,
    /// Coding of hidden audio that cannot be played.
    pub(crate) unheard: Option<[u8; 4]>,
}

impl Mp4File {
    /// Validates a file for one of its parsers.
    pub(crate) fn open(mut source: Box<dyn Stored>, purpose: Purpose) -> Result<Self, Mp4Error> {
        let length = source.seek(SeekFrom::End(0))?;
        if length == 0 {
            return Err(Mp4Error::Empty);
        }
        let mut film = Self { source, length, end: 0, at: 0, boxes: BTreeMap::new(), unheard: None };
        let mut validator =
            Mp4Validator::new(usize::try_from(length.min(MAX_SAMPLES)).unwrap_or(usize::MAX), purpose);
        film.validate(&mut validator)?;
        film.unheard = validator.unheard;
        Ok(film)
    }

    fn validate(&mut self, validator: &mut Mp4Validator) -> Result<(), Mp4Error> {
        let (mut at, mut room, mut has_metadata) = (0, MAX_METADATA_BYTES, false);
        for _ in 0..MAX_BOXES {
            self.end = at;
            if at >= self.length {
                return Ok(());
            }
            let Some((name, header, size)) = self.header(at)? else {
                // What describes the film is there: a tail that is no box does no harm.
                return if has_metadata { Ok(()) } else { Err(InvalidMp4::of(b"last").into()) };
            };
            let whole = at.checked_add(size).filter(|end| *end <= self.length);
            match &name {
                b"moov" | b"moof" | b"ftyp" => {
                    let Some(left) = whole.and_then(|_| room.checked_sub(size)) else {
                        // The last fragment of a film cut short is left out.
                        return if has_metadata { Ok(()) } else { Err(InvalidMp4::of(&name).into()) };
                    };
                    room = left;
                    let mut bytes = self.bytes(at, size as usize)?;
                    validator.validate(&mut bytes)?;
                    has_metadata |= &name == b"moov";
                    self.boxes.insert(at, bytes);
                }
                b"mdat" | b"free" => {}
                _ => {
                    let mut bytes = self.bytes(at, header as usize)?;
                    bytes[4..8].copy_from_slice(b"free");
                    self.boxes.insert(at, bytes);
                }
            }
            // Pictures may be missing from a file that was cut short, but not what describes them.
            let Some(end) = whole else { return Ok(()) };
            at = end;
        }
        Err(InvalidMp4::of(b"last").into())
    }

    /// Name, bytes of the header, bytes of all; `None` where there is no box.
    fn header(&mut self, at: u64) -> Result<Option<([u8; 4], u64, u64)>, Mp4Error> {
        if self.length - at < 8 {
            return Ok(None);
        }
        let bytes = self.bytes(at, 8)?;
        let &[a, b, c, d, e, f, g, h] = bytes.as_slice() else { return Ok(None) };
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            // To the end of the file.
            0 if [e, f, g, h] == *b"mdat" => (8, self.length - at),
            1 if self.length - at >= 16 => {
                let large = self.bytes(at + 8, 8)?;
                (16, large.iter().fold(0, |size, byte| size << 8 | u64::from(*byte)))
            }
            size => (8, u64::from(size)),
        };
        Ok((size >= header).then_some(([e, f, g, h], header, size)))
    }

    /// Bytes of the file itself.
    pub(crate) fn bytes(&mut self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        if at.checked_add(count as u64).is_none_or(|end| end > self.length) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.source.seek(SeekFrom::Start(at))?;
        let mut bytes = vec![0; count];
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Of the file, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The file again, for another look.
    pub(crate) fn into_source(self) -> Box<dyn Stored> {
        self.source
    }

    /// The tables of the film.
    pub(crate) fn index(&mut self) -> Result<Mp4, Mp4Error> {
        self.at = 0;
        let end = self.end;
        // The parser indexes its tables unchecked and so panics on some broken files.
        catch_unwind(AssertUnwindSafe(|| Mp4::read(&mut *self, end)))
            .map_err(|_| Mp4Error::Broken)?
            .map_err(Mp4Error::Parse)
    }
}

impl Read for Mp4File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let mut most = out.len().min(left);
        if most == 0 {
            return Ok(0);
        }
        if let Some((start, bytes)) = self.boxes.range(..=self.at).next_back()
            && let Some(rest) = bytes.get((self.at - start) as usize..).filter(|rest| !rest.is_empty())
        {
            let count = rest.len().min(most);
            out[..count].copy_from_slice(&rest[..count]);
            self.at += count as u64;
            return Ok(count);
        }
        if let Some((next, _)) = self.boxes.range(self.at..).next() {
            most = most.min(usize::try_from(next - self.at).unwrap_or(usize::MAX));
        }
        self.source.seek(SeekFrom::Start(self.at))?;
        let count = self.source.read(&mut out[..most])?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Mp4File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.at = at.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MediaSource for Mp4File {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
