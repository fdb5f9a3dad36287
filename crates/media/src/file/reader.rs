//! H.264 pictures out of an MP4 file in order of display. It knows no clock; [`super::ClipSource`] does.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use re_mp4::{Mp4, StsdBoxContent, Track, TrackKind};
use tracing::debug;

use super::vet::vet;
use crate::codec::h264::{H264Decoder, Ordered};
use crate::{SourceError, VideoFrame};

/// A clip is held in memory whole; anything larger is not a clip.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// More pictures than this are never held back for one that does not come.
const MAX_HELD: usize = 20;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// A file with H.264 video, opened and indexed.
pub struct Clip {
    bytes: Vec<u8>,
    /// In order of decoding.
    samples: Vec<Sample>,
    /// The place in order of display of each sample.
    places: Vec<usize>,
    /// SPS and PPS, Annex B.
    parameters: Vec<u8>,
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    length_size: usize,
    loop_length: Duration,
}

struct Sample {
    range: Range<usize>,
    shown: Duration,
    key: bool,
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clip({} pictures, {:?})", self.samples.len(), self.loop_length)
    }
}

/// After how long the file begins again: the end of its longest track.
pub fn loop_length(path: &Path) -> Result<Duration, SourceError> {
    let mut bytes = read(path)?;
    Ok(longest(&parse(&mut bytes)?))
}

fn failed(what: impl std::fmt::Display) -> SourceError {
    SourceError::Failed(what.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let opening = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            SourceError::NotFound(path.display().to_string())
        } else if error.kind() == std::io::ErrorKind::PermissionDenied {
            SourceError::Denied
        } else {
            failed(error)
        }
    };
    let size = std::fs::metadata(path).map_err(opening)?.len();
    if size > MAX_BYTES {
        return Err(failed("the file is too large to be played in a loop"));
    }
    std::fs::read(path).map_err(opening)
}

fn parse(bytes: &mut [u8]) -> Result<Mp4, SourceError> {
    vet(bytes).map_err(failed)?;
    let bytes = &*bytes;
    // The parser indexes its tables unchecked and so panics on some broken files.
    catch_unwind(AssertUnwindSafe(|| Mp4::read_bytes(bytes)))
        .map_err(|_| failed("the file is not a sound MP4 file"))?
        .map_err(|error| failed(format_args!("not an MP4 file: {error}")))
}

fn longest(mp4: &Mp4) -> Duration {
    let end = |track: &Track| {
        let last = |sample: &re_mp4::Sample| {
            ticks(sample.composition_timestamp.max(0).unsigned_abs() + sample.duration, track.timescale)
        };
        track.samples.iter().map(last).max().unwrap_or_default()
    };
    mp4.tracks().values().map(end).max().unwrap_or_default().max(Duration::from_millis(40))
}

fn ticks(value: u64, per_second: u64) -> Duration {
    let nanos = u128::from(value) * 1_000_000_000 / u128::from(per_second.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Clip {
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Self::of(read(path)?)
    }

    /// A clip of a file's whole content.
    pub(crate) fn of(mut bytes: Vec<u8>) -> Result<Self, SourceError> {
        let mp4 = parse(&mut bytes)?;
        let track = mp4
            .tracks()
            .values()
            .find(|track| track.kind == Some(TrackKind::Video))
            .ok_or_else(|| failed("the file has no video"))?;
        let StsdBoxContent::Avc1(avc) = &track.trak(&mp4).mdia.minf.stbl.stsd.contents else {
            return Err(failed("only H.264 video can be played from a file"));
        };
        let mut parameters = Vec::new();
        let sets = avc.avcc.sequence_parameter_sets.iter().chain(&avc.avcc.picture_parameter_sets);
        for set in sets {
            parameters.extend_from_slice(&START_CODE);
            parameters.extend_from_slice(&set.bytes);
        }
        let mut samples = Vec::with_capacity(track.samples.len());
        for sample in &track.samples {
            let end = sample.offset.saturating_add(sample.size);
            // A file cut short still plays to where it was cut.
            if end > bytes.len() as u64 {
                break;
            }
            let shown = ticks(sample.composition_timestamp.max(0).unsigned_abs(), track.timescale);
            samples.push(Sample { range: sample.offset as usize..end as usize, shown, key: sample.is_sync });
        }
        if samples.is_empty() {
            return Err(failed("the file has no pictures"));
        }
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by_key(|&index| samples[index].shown);
        let mut places = vec![0; samples.len()];
        for (place, index) in order.into_iter().enumerate() {
            places[index] = place;
        }
        let length_size = usize::from(avc.avcc.length_size_minus_one & 3) + 1;
        let loop_length = longest(&mp4);
        Ok(Self { bytes, samples, places, parameters, length_size, loop_length })
    }

    /// After how long the clip begins again.
    pub fn loop_length(&self) -> Duration {
        self.loop_length
    }

    /// How many pictures it has.
    pub fn pictures(&self) -> usize {
        self.samples.len()
    }

    /// The access unit as Annex B, with parameter sets before key frames.
    fn annex_b(&self, sample: &Sample) -> Vec<u8> {
        let mut unit = if sample.key { self.parameters.clone() } else { Vec::new() };
        let mut rest = self.bytes.get(sample.range.clone()).unwrap_or_default();
        while let Some((length, after)) = rest.split_at_checked(self.length_size) {
            let length = length.iter().fold(0usize, |sum, &byte| sum << 8 | usize::from(byte));
            let Some((nal, after)) = after.split_at_checked(length) else {
                debug!("Stored picture is cut short");
                break;
            };
            unit.extend_from_slice(&START_CODE);
            unit.extend_from_slice(nal);
            rest = after;
        }
        unit
    }
}

/// Decodes a clip once, from its first picture to its last.
pub struct ClipReader {
    clip: Arc<Clip>,
    decoder: H264Decoder,
    next_sample: usize,
    flushed: bool,
    /// The place in order of display that comes next.
    next_place: usize,
    /// Decoded pictures whose turn has not come, by place.
    held: BTreeMap<usize, VideoFrame>,
}

impl std::fmt::Debug for ClipReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClipReader(at {} of {:?})", self.next_place, self.clip)
    }
}

impl ClipReader {
    pub fn new(clip: Arc<Clip>) -> Result<Self, SourceError> {
        let decoder = H264Decoder::new().map_err(failed)?;
        Ok(Self { clip, decoder, next_sample: 0, flushed: false, next_place: 0, held: BTreeMap::new() })
    }

    /// Starts at the last key frame shown at or before `position`, when that is ahead of the reader.
    pub fn skip_to(&mut self, position: Duration) -> Result<(), SourceError> {
        let samples = &self.clip.samples;
        let key =
            (0..samples.len()).rev().find(|&index| samples[index].key && samples[index].shown <= position);
        if let Some(index) = key
            && index > self.next_sample
        {
            self.decoder = H264Decoder::new().map_err(failed)?;
            self.held.clear();
            self.next_sample = index;
            self.next_place = self.clip.places[index];
        }
        Ok(())
    }

    /// The next picture in order of display and when it is shown, from the clip's beginning; `None` at
    /// the end.
    pub fn next_picture(&mut self) -> Result<Option<(Duration, VideoFrame)>, SourceError> {
        loop {
            let overdue = self.flushed || self.held.len() > MAX_HELD;
            if let Some(entry) = self.held.first_entry()
                && (overdue || *entry.key() <= self.next_place)
            {
                let (place, frame) = entry.remove_entry();
                self.next_place = place + 1;
                return Ok(Some((self.shown(place), frame)));
            }
            if self.flushed {
                return Ok(None);
            }
            let ordered = match self.clip.samples.get(self.next_sample) {
                Some(sample) => {
                    let unit = self.clip.annex_b(sample);
                    self.next_sample += 1;
                    self.decoder.decode_ordered(&unit, self.next_sample as u64)
                }
                None => {
                    let last = self.decoder.flush_ordered();
                    self.flushed = !matches!(last, Ok(Some(_)));
                    last
                }
            };
            self.hold(ordered.map_err(failed)?);
        }
    }

    /// Marks count from one, since the decoder takes zero for none.
    fn hold(&mut self, ordered: Option<Ordered>) {
        let Some(Ordered { mark, frame }) = ordered else { return };
        let index = usize::try_from(mark).unwrap_or(0).wrapping_sub(1);
        match self.clip.places.get(index) {
            Some(&place) if place >= self.next_place => {
                self.held.insert(place, frame);
            }
            Some(_) | None => debug!(mark, "Decoded picture has lost its place"),
        }
    }

    fn shown(&self, place: usize) -> Duration {
        let index = self.clip.places.iter().position(|&other| other == place);
        index.map_or(Duration::ZERO, |index| self.clip.samples[index].shown)
    }
}
