//! Reader of H.264 frames from an MP4 file in display order. It knows no clock; [`super::FileSource`] does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use re_mp4::{Mp4, StsdBoxContent, Track, TrackKind};
use tracing::debug;

use super::edit_list::{EditList, Time, time};
use super::mp4_file::{Mp4Error, Mp4File, open_file};
use super::mp4_validate::Purpose;
use super::rotation::Rotation;
use super::sps_check;
use super::units::{START_CODE, units};
use crate::codec::h264::{H264Decoder, Ordered, headers};
use crate::{SourceError, VideoFrame};

/// Frames held for reordering at most.
const MAX_REORDERED_FRAMES: usize = 20;
/// Largest stored picture, bytes.
const MAX_SAMPLE_BYTES: u64 = 32 * 1024 * 1024;
/// Samples in a row without a frame before the stream counts as undecodable.
const MAX_SAMPLES_WITHOUT_FRAME: usize = 300;
const ONLY_H264: &str = "only H.264 video can be played from a file";

/// A file with H.264 video, opened and indexed. Its pictures stay in the file until they are decoded.
pub struct Mp4Video {
    film: Mutex<Mp4File>,
    /// In order of decoding.
    samples: Vec<Sample>,
    /// The place in order of display of each sample.
    places: Vec<usize>,
    /// The sample of each place.
    order: Vec<usize>,
    /// Where decoding begins: the key frame of the first picture that is shown.
    first: usize,
    /// SPS and PPS, Annex B.
    parameters: Vec<u8>,
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    length_size: usize,
    turn: Rotation,
    loop_length: Duration,
}

struct Sample {
    offset: u64,
    size: u64,
    /// When it is shown; `None` where the film's edits leave it out.
    shown: Option<Duration>,
    key: bool,
}

impl std::fmt::Debug for Mp4Video {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mp4Video({} pictures, {:?})", self.samples.len(), self.loop_length)
    }
}

/// Other coding is hidden from the parser, but not that there are pictures.
fn no_pictures(mp4: &Mp4) -> SourceError {
    let any = mp4.moov.traks.iter().any(|trak| trak.mdia.hdlr.handler_type.value == *b"vide");
    failed(if any { ONLY_H264 } else { "the file has no video" })
}

/// After how long the file begins again: the end of its longest track.
pub fn loop_length(path: &Path) -> Result<Duration, SourceError> {
    let mut film = open(path)?;
    Ok(Tracks::of(&film.index()?).length)
}

fn failed(what: impl std::fmt::Display) -> SourceError {
    SourceError::Failed(what.to_string())
}

impl From<Mp4Error> for SourceError {
    fn from(error: Mp4Error) -> Self {
        failed(error)
    }
}

fn open(path: &Path) -> Result<Mp4File, SourceError> {
    let file = open_file(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            SourceError::NotFound(path.display().to_string())
        } else if error.kind() == std::io::ErrorKind::PermissionDenied {
            SourceError::Denied
        } else {
            failed(error)
        }
    })?;
    Ok(Mp4File::open(Box::new(file), Purpose::Index)?)
}

/// What sound and pictures of a film have in common: its beginning and its length.
pub(crate) struct Tracks {
    /// Where tracks without edits begin.
    origin: Time,
    pub(crate) length: Duration,
}

impl Tracks {
    pub(crate) fn of(mp4: &Mp4) -> Self {
        // Fragments out of the middle of a longer film do not begin at zero.
        let begins = mp4.tracks().values().filter_map(|track| {
            let first = track.samples.first()?;
            Some(time(first.composition_timestamp, track.timescale))
        });
        let origin = begins.min().unwrap_or(0).max(0);
        let end = |track: &Track| {
            let edits = edits(mp4, track).unwrap_or_else(|| EditList::none(origin));
            let ends = track.samples.iter().filter_map(|sample| {
                let shown = shown(&edits, track, sample)?;
                Some(shown.0.saturating_add(shown.1))
            });
            ends.max()
        };
        let longest = mp4.tracks().values().filter_map(end).max().unwrap_or_default();
        Self { origin, length: longest.max(Duration::from_millis(40)) }
    }

    /// The edits of a track.
    pub(crate) fn edits(&self, mp4: &Mp4, track: &Track) -> EditList {
        edits(mp4, track).unwrap_or_else(|| EditList::none(self.origin))
    }
}

fn edits(mp4: &Mp4, track: &Track) -> Option<EditList> {
    let trak = track.trak(mp4);
    // The parser makes the first picture's time zero.
    let ctts = trak.mdia.minf.stbl.ctts.as_ref().and_then(|list| list.entries.first());
    let whole = trak.mdia.minf.stbl.stsz.sample_count > 0;
    let first = match (ctts, track.samples.first()) {
        (Some(offset), Some(sample)) if whole => {
            i64::from(offset.sample_offset).saturating_sub(sample.composition_timestamp)
        }
        _ => 0,
    };
    EditList::of(mp4, trak, first)
}

/// When and for how long a sample is shown.
fn shown(edits: &EditList, track: &Track, sample: &re_mp4::Sample) -> Option<(Duration, Duration)> {
    let begin = time(sample.composition_timestamp.max(0), track.timescale);
    let length = time(i64::try_from(sample.duration).unwrap_or(i64::MAX), track.timescale);
    let shown = edits.shown(begin, begin.saturating_add(length))?;
    let duration = |time: Time| Duration::from_nanos(time.max(0).unsigned_abs());
    Some((duration(shown.at), duration(shown.length)))
}

impl Mp4Video {
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Self::of(open(path)?)
    }

    /// A clip of a file's content.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn of_source(source: Box<dyn super::Stored>) -> Result<Self, SourceError> {
        Self::of(Mp4File::open(source, Purpose::Index)?)
    }

    fn of(mut film: Mp4File) -> Result<Self, SourceError> {
        let mp4 = film.index()?;
        let track = mp4
            .tracks()
            .values()
            .find(|track| track.kind == Some(TrackKind::Video))
            .ok_or_else(|| no_pictures(&mp4))?;
        let trak = track.trak(&mp4);
        let StsdBoxContent::Avc1(avc) = &trak.mdia.minf.stbl.stsd.contents else {
            return Err(failed(ONLY_H264));
        };
        if let Some(words) =
            avc.avcc.sequence_parameter_sets.iter().find_map(|set| sps_check::trouble(&set.bytes))
        {
            return Err(failed(words));
        }
        let mut parameters = Vec::new();
        let sets = avc.avcc.sequence_parameter_sets.iter().chain(&avc.avcc.picture_parameter_sets);
        for set in sets {
            parameters.extend_from_slice(&START_CODE);
            parameters.extend_from_slice(&set.bytes);
        }
        let tracks = Tracks::of(&mp4);
        let edits = tracks.edits(&mp4, track);
        let mut samples = Vec::with_capacity(track.samples.len());
        let mut order = Vec::with_capacity(track.samples.len());
        for (index, sample) in track.samples.iter().enumerate() {
            // A file cut short still plays to where it was cut.
            if sample.offset.saturating_add(sample.size) > film.length() {
                break;
            }
            let shown = shown(&edits, track, sample).map(|(at, _)| at);
            samples.push(Sample { offset: sample.offset, size: sample.size, shown, key: sample.is_sync });
            order.push((sample.composition_timestamp, index));
        }
        if samples.iter().all(|sample| sample.shown.is_none()) {
            return Err(failed("the file has no pictures"));
        }
        order.sort_unstable();
        let mut places = vec![0; samples.len()];
        let order: Vec<usize> = order.into_iter().map(|(_, index)| index).collect();
        for (place, index) in order.iter().enumerate() {
            places[*index] = place;
        }
        let shown = samples.iter().zip(&places).filter(|(sample, _)| sample.shown.is_some());
        let beginning = shown.map(|(_, place)| *place).min().unwrap_or(0);
        let before = |index: &usize| samples[*index].key && places[*index] <= beginning;
        let first = (0..samples.len()).rev().find(before).unwrap_or(0);
        let length_size = usize::from(avc.avcc.length_size_minus_one & 3) + 1;
        let (turn, loop_length) = (Rotation::of(&trak.tkhd), tracks.length);
        let film = Mutex::new(film);
        Ok(Self { film, samples, places, order, first, parameters, length_size, turn, loop_length })
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
    fn annex_b(&self, sample: &Sample) -> Result<Vec<u8>, SourceError> {
        if sample.size > MAX_SAMPLE_BYTES {
            return Err(failed("the file has a picture of impossible size"));
        }
        let mut film = self.film.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = film.bytes(sample.offset, sample.size as usize).map_err(failed)?;
        drop(film);
        let mut unit = if sample.key { self.parameters.clone() } else { Vec::new() };
        let useful = |nal: &&[u8]| nal.first().is_some_and(|kind| headers::is_for_decoder(kind & 31));
        for nal in units(&stored, self.length_size).into_iter().filter(useful) {
            // Sets may be in the stream as well, or only there.
            if nal.first().is_some_and(|kind| kind & 31 == 7)
                && let Some(words) = sps_check::trouble(nal)
            {
                return Err(failed(words));
            }
            unit.extend_from_slice(&START_CODE);
            unit.extend_from_slice(nal);
        }
        Ok(unit)
    }
}

/// Decodes a clip once, from its first picture to its last.
pub struct Mp4VideoReader {
    clip: Arc<Mp4Video>,
    decoder: H264Decoder,
    next_sample: usize,
    flushed: bool,
    /// The place in order of display that comes next.
    next_place: usize,
    /// Decoded pictures whose turn has not come, by place.
    held: BTreeMap<usize, VideoFrame>,
    /// When the last picture was shown.
    last: Option<Duration>,
    /// Stored pictures since the decoder gave one.
    barren: usize,
}

/// What a step of a [`Mp4VideoReader`] came to.
pub(super) enum Step {
    /// When it is shown, from the clip's beginning.
    Picture(Duration, VideoFrame),
    Nothing,
    End,
}

impl std::fmt::Debug for Mp4VideoReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClipReader(at {} of {:?})", self.next_place, self.clip)
    }
}

impl Mp4VideoReader {
    pub fn new(clip: Arc<Mp4Video>) -> Result<Self, SourceError> {
        let decoder = H264Decoder::new().map_err(failed)?;
        let (next_sample, next_place) = (clip.first, clip.places[clip.first]);
        let held = BTreeMap::new();
        Ok(Self { clip, decoder, next_sample, flushed: false, next_place, held, last: None, barren: 0 })
    }

    /// Starts at the last key frame shown at or before `position`, when that is ahead of the reader.
    pub fn skip_to(&mut self, position: Duration) -> Result<(), SourceError> {
        let samples = &self.clip.samples;
        let key = (0..samples.len())
            .rev()
            .find(|&index| samples[index].key && samples[index].shown.is_some_and(|shown| shown <= position));
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
            match self.step()? {
                Step::Picture(shown, frame) => return Ok(Some((shown, frame))),
                Step::Nothing => {}
                Step::End => return Ok(None),
            }
        }
    }

    /// Takes out a picture whose turn has come, or decodes one.
    pub(super) fn step(&mut self) -> Result<Step, SourceError> {
        let overdue = self.flushed || self.held.len() > MAX_REORDERED_FRAMES;
        if let Some(entry) = self.held.first_entry()
            && (overdue || *entry.key() <= self.next_place)
        {
            let (place, frame) = entry.remove_entry();
            self.next_place = place + 1;
            // What edits leave out, or would show again, is not shown.
            let shown = self.shown(place).filter(|shown| self.last.is_none_or(|last| *shown > last));
            let Some(shown) = shown else { return Ok(Step::Nothing) };
            self.last = Some(shown);
            return Ok(Step::Picture(shown, self.clip.turn.apply(frame)));
        }
        if self.flushed {
            return Ok(Step::End);
        }
        let ordered = match self.clip.samples.get(self.next_sample) {
            Some(sample) => {
                let unit = self.clip.annex_b(sample)?;
                self.next_sample += 1;
                self.decoder.decode_ordered(&unit, self.next_sample as u64)
            }
            None => {
                let last = self.decoder.flush_ordered();
                self.flushed = !matches!(last, Ok(Some(_)));
                last
            }
        };
        self.hold(ordered.map_err(failed)?)?;
        Ok(Step::Nothing)
    }

    /// Marks count from one, since the decoder takes zero for none.
    fn hold(&mut self, ordered: Option<Ordered>) -> Result<(), SourceError> {
        let Some(Ordered { mark, frame }) = ordered else {
            self.barren += 1;
            if self.barren > MAX_SAMPLES_WITHOUT_FRAME {
                return Err(failed("the file's pictures cannot be decoded"));
            }
            return Ok(());
        };
        self.barren = 0;
        let index = usize::try_from(mark).unwrap_or(0).wrapping_sub(1);
        match self.clip.places.get(index) {
            Some(&place) if place >= self.next_place => {
                self.held.insert(place, frame);
            }
            Some(_) | None => debug!(mark, "Decoded picture has lost its place"),
        }
        Ok(())
    }

    fn shown(&self, place: usize) -> Option<Duration> {
        self.clip.samples[*self.clip.order.get(place)?].shown
    }
}
