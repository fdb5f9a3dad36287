//! Audio track of an MP4 file, packet by packet, at the times its edit list gives.

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::Timestamp;

use super::downmix::Downmix;
use super::sound_clip::SoundError;
use crate::file::{EditList, Mp4File, Purpose, Stored, Time, Tracks};

const NANOS_PER_SECOND: i128 = 1_000_000_000;
/// After so many undecodable packets before the first good one, decoding ends.
const MAX_UNDECODABLE_PACKETS: u32 = 50;

/// An open film.
pub(super) struct Mp4Audio {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Ticks of the track in a second.
    timescale: u64,
    /// After how long sound and pictures begin over.
    pub(super) length: std::time::Duration,
    pub(super) rate: u32,
    channels: usize,
    edits: EditList,
    mix: Downmix,
    broken: u32,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
}

/// How sound is coded, for a person to look up.
fn words(name: [u8; 4]) -> String {
    match &name {
        b"sowt" | b"twos" | b"lpcm" | b"ipcm" | b"fpcm" | b"in24" | b"in32" | b"fl32" | b"fl64" | b"raw " => {
            "PCM".into()
        }
        b"alac" => "ALAC".into(),
        b"Opus" => "Opus".into(),
        b"fLaC" => "FLAC".into(),
        b"ac-3" | b"ec-3" => "AC-3".into(),
        b".mp3" => "MP3".into(),
        b"samr" | b"sawb" => "AMR".into(),
        b"alaw" | b"ulaw" => "G.711".into(),
        other => other.escape_ascii().to_string(),
    }
}

impl Mp4Audio {
    pub(super) fn open(source: Box<dyn Stored>) -> Result<Self, SoundError> {
        let mut film = Mp4File::open(source, Purpose::Index)?;
        let mp4 = film.index()?;
        let handler = *b"soun";
        let track = mp4.tracks().values().find(|track| {
            track.trak(&mp4).mdia.hdlr.handler_type.value == handler && !track.samples.is_empty()
        });
        let track = track
            .ok_or_else(|| film.unheard.map_or(SoundError::Silent, |name| SoundError::Coding(words(name))))?;
        let tracks = Tracks::of(&mp4);
        let (edits, length) = (tracks.edits(&mp4, track), tracks.length);
        let (id, timescale) = (track.track_id, track.timescale);
        drop(mp4);
        let film = Mp4File::open(film.into_source(), Purpose::Sound)?;
        let stream = MediaSourceStream::new(Box::new(film), Default::default());
        let format = symphonia::default::get_probe().probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )?;
        let track = format.tracks().iter().find(|track| track.id == id);
        let track = track.or_else(|| format.default_track(TrackType::Audio)).ok_or(SoundError::Silent)?;
        let parameters =
            track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or(SoundError::Silent)?;
        let declared = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| {
                // The AAC decoder knows no surround sound and says so in its own words.
                if declared > 2 && matches!(error, MediaError::Unsupported(_)) {
                    SoundError::Channels { channels: declared }
                } else {
                    error.into()
                }
            })?;
        let rate = parameters.sample_rate.unwrap_or(48_000);
        if !(8_000..=192_000).contains(&rate) {
            return Err(super::wav::WavError::Rate(rate).into());
        }
        let (track, channels) = (track.id, declared.max(1));
        Ok(Self {
            format,
            decoder,
            track,
            timescale,
            length,
            rate,
            channels,
            edits,
            mix: Downmix::new(channels, None),
            broken: 0,
            interleaved: Vec::new(),
            mono: Vec::new(),
        })
    }

    /// Appends a piece as one channel and says when it is heard, in nanoseconds; `None` at the end.
    pub(super) fn read(&mut self, out: &mut Vec<f32>) -> Result<Option<Time>, SoundError> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                // A film cut short sounds up to there.
                Ok(None) | Err(MediaError::IoError(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if packet.track_id != self.track {
                continue;
            }
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(error @ MediaError::DecodeError(_)) => {
                    self.broken = self.broken.saturating_add(1);
                    if self.broken == MAX_UNDECODABLE_PACKETS {
                        return Err(error.into());
                    }
                    continue;
                }
                Err(MediaError::Unsupported(_)) if self.channels > 2 => {
                    return Err(SoundError::Channels { channels: self.channels });
                }
                Err(error) => return Err(error.into()),
            };
            // One that can be decoded counts for all of them.
            self.broken = u32::MAX / 2;
            let (channels, rate) = (decoded.spec().channels().count().max(1), decoded.spec().rate());
            if rate != self.rate && (8_000..=192_000).contains(&rate) {
                self.rate = rate;
            }
            if channels != self.channels {
                self.channels = channels;
                self.mix = Downmix::new(channels, None);
            }
            decoded.copy_to_vec_interleaved(&mut self.interleaved);
            // What a broken packet decodes to may be no number at all.
            self.interleaved.iter_mut().filter(|sample| !sample.is_finite()).for_each(|sample| *sample = 0.0);
            self.mono.clear();
            self.mix.mix(&self.interleaved, &mut self.mono);
            let begin = crate::file::time(packet.pts.get(), self.timescale);
            let length = self.nanos(self.mono.len());
            let Some(shown) = self.edits.shown(begin, begin.saturating_add(length)) else { continue };
            let (from, count) = (self.samples(shown.cut), self.samples(shown.length));
            let rest = self.mono.get(from..).unwrap_or_default();
            let piece = &rest[..count.min(rest.len())];
            if piece.is_empty() {
                continue;
            }
            out.extend_from_slice(piece);
            return Ok(Some(shown.at));
        }
    }

    /// Goes to what is heard at `shown` nanoseconds, or a little before that.
    pub(super) fn seek(&mut self, shown: Time) -> Result<(), SoundError> {
        let ticks = i128::from(self.edits.media(shown)) * i128::from(self.timescale) / NANOS_PER_SECOND;
        let ts = Timestamp::new(i64::try_from(ticks.max(0)).unwrap_or(0));
        let to = SeekTo::Timestamp { ts, track_id: self.track };
        self.decoder.reset();
        match self.format.seek(SeekMode::Accurate, to) {
            Ok(_) => Ok(()),
            // Behind the sound's end there is none.
            Err(MediaError::SeekError(_)) if shown > 0 => {
                let ts = Timestamp::ZERO;
                self.format.seek(SeekMode::Accurate, SeekTo::Timestamp { ts, track_id: self.track })?;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn nanos(&self, samples: usize) -> Time {
        Time::try_from(samples as i128 * NANOS_PER_SECOND / i128::from(self.rate)).unwrap_or(0)
    }

    fn samples(&self, time: Time) -> usize {
        let half = NANOS_PER_SECOND / 2;
        usize::try_from((i128::from(time) * i128::from(self.rate) + half) / NANOS_PER_SECOND)
            .unwrap_or(usize::MAX)
    }
}
