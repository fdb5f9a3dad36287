//! Entry points for the fuzz targets of `tests/fuzz`: untrusted packets and files. Not part of any program.

use std::io::Cursor;
use std::panic;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::audio::SoundClip;
use crate::codec::h264::parameter_sets::ParameterSets;
use crate::codec::h264::sps::Sps;
use crate::codec::h264::{annex_b, headers, sps};
use crate::codec::opus::{OpusDecoder, Restored, without_padding};
use crate::file::{Mp4Video, Mp4VideoReader};
use crate::jitter::{JitterBuffer, Step};
use crate::video::FrameAssembler;
use crate::{Codec, Packet};

/// Pictures decoded of one file.
const MAX_PICTURES: usize = 6;

/// Sound read of one file.
const MAX_SECONDS: u32 = 2;

/// Takes an input apart; zeros behind its end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> u8 {
        self.slice(1).first().copied().unwrap_or(0)
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn slice(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Packets of a picture stream into whole pictures.
///
/// The first byte chooses the codec, and whether the sender keeps long-term references. Then packet after packet: a byte
/// of flags (two bits how the sequence number goes on, marker, new picture, time passes, decoder wants a key frame, long
/// payload, another sender), a length, the payload.
pub fn video(data: &[u8]) {
    let mut input = Reader(data);
    let kind = input.byte();
    let codec = if kind & 1 == 0 { Codec::H264 } else { Codec::Vp8 };
    let mut assembler = FrameAssembler::new(codec);
    assembler.set_long_term(kind & 2 != 0);
    let mut now = Instant::now();
    let (mut sequence, mut timestamp, mut pushed, mut bytes) = (65_530_u16, u32::MAX - 6000, 0, 0);
    while !input.is_empty() {
        let flags = input.byte();
        sequence = match flags & 3 {
            0 | 1 => sequence.wrapping_add(1),
            2 => sequence.wrapping_sub(u16::from(input.byte())),
            _ => sequence.wrapping_add(input.word()),
        };
        if flags & 8 != 0 {
            timestamp = timestamp.wrapping_add(3000);
        }
        if flags & 16 != 0 {
            now += Duration::from_millis(u64::from(input.byte()) * 4);
            assembler.set_round_trip(Duration::from_millis(u64::from(input.byte()) * 8));
        }
        if flags & 32 != 0 {
            assembler.need_key();
        }
        if flags & 128 != 0 {
            assembler.begin_anew();
        }
        let length = if flags & 64 != 0 { input.word() } else { u16::from(input.byte()) };
        let payload = Bytes::copy_from_slice(input.slice(length.into()));
        (pushed, bytes) = (pushed + 1, bytes + payload.len());
        assembler.push(Packet { sequence, timestamp, marker: flags & 4 != 0, payload, arrived: now });
        let mut frames = 0;
        while let Some(frame) = assembler.poll(now) {
            frames += 1;
            assert!(frames <= pushed, "pictures out of nothing");
            assert!(frame.data.len() <= bytes * 5, "a picture grows");
            assembler.decoded(frame.timestamp);
        }
        let _ =
            (assembler.take_kept(), assembler.take_recovery_request(now), assembler.take_key_request(now));
        assert!(assembler.deadline().is_none_or(|deadline| deadline > now), "a deadline that has passed");
    }
    assert_eq!(assembler.stats().packets, pushed as u64);
}

/// What is read of H.264 units before a decoder sees them: parameter sets, slices, messages. Annex B.
pub fn units(data: &[u8]) {
    let mut sets = ParameterSets::default();
    for unit in annex_b::units(data) {
        let _ =
            (headers::slice(&unit[1..]), headers::recovery_point(&unit[1..]), sps::is_bidirectional(unit));
        if let Some(sps) = Sps::parse(unit) {
            let pixels = sps.width.saturating_mul(sps.height);
            assert!(pixels >= 256, "a picture has a macroblock");
            let refused = sps.unplayable(1 << 22).is_some();
            assert!(refused || pixels <= 1 << 22, "what is decoded has a size that is allowed");
        }
        sets.describe(unit);
        sets.note(unit);
    }
    let kept = sets.annex_b();
    assert!(kept.len() <= 32 * 1028, "sets without end");
    // What is kept is read the same way again.
    let mut again = ParameterSets::default();
    annex_b::units(&kept).into_iter().for_each(|unit| again.note(unit));
    assert!(again.annex_b().len() <= kept.len());
}

/// Packets of a voice through the jitter buffer and the decoder.
///
/// Each begins with a byte: the lowest two bits choose a packet, time to play, or both.
pub fn audio(data: &[u8]) {
    let mut input = Reader(data);
    let Ok(mut decoder) = OpusDecoder::new() else { return };
    let mut jitter = JitterBuffer::new();
    let mut now = Instant::now();
    let (mut sequence, mut timestamp) = (65_500_u16, u32::MAX - 48_000);
    while !input.is_empty() {
        let flags = input.byte();
        if flags & 1 == 0 {
            sequence = match flags >> 2 & 3 {
                0 | 1 => sequence.wrapping_add(1),
                2 => sequence.wrapping_sub(u16::from(input.byte())),
                _ => input.word(),
            };
            timestamp = match flags >> 4 & 3 {
                0 | 1 => timestamp.wrapping_add(960),
                2 => timestamp.wrapping_add(u32::from(input.word())),
                _ => u32::from(input.word()) << 16 | u32::from(input.word()),
            };
            now += Duration::from_millis(if flags & 64 != 0 { input.byte().into() } else { 20 });
            let length = if flags & 128 != 0 { input.word() } else { u16::from(input.byte()) };
            let payload = Bytes::copy_from_slice(input.slice(length.into()));
            let bare = without_padding(&payload);
            assert!(bare.len() <= payload.len(), "longer without padding");
            let packet = Packet { sequence, timestamp, marker: false, payload: bare, arrived: now };
            jitter.insert_copy(&packet);
            jitter.insert(Packet { payload, ..packet });
        }
        if flags & 3 != 0 {
            let queued = u32::from(input.byte()) * 16;
            play(&mut jitter, &mut decoder, now, queued);
        }
    }
}

fn play(jitter: &mut JitterBuffer, decoder: &mut OpusDecoder, now: Instant, queued: u32) {
    const MAX_OPUS_SAMPLES: u32 = 5760;
    match jitter.next(now, queued) {
        Step::Silence { samples } => assert!((1..=MAX_OPUS_SAMPLES).contains(&samples)),
        Step::Play(payload) => drop(decoder.decode(&payload).map(<[f32]>::len)),
        Step::Recover { samples, from, later } => {
            let later = later.unwrap_or_else(|| from.clone());
            assert!(
                (1..=MAX_OPUS_SAMPLES).contains(&samples)
                    && samples <= from.ahead
                    && from.ahead <= later.ahead
            );
            let reach = decoder.reach(&from.packet);
            let restored = decoder.restore(&later.packet, later.ahead as usize, samples as usize);
            jitter.repaired(restored.is_ok_and(|(_, how)| how != Restored::Concealed), reach);
        }
        Step::Conceal { samples } => {
            assert!((1..=MAX_OPUS_SAMPLES).contains(&samples));
            let _ = decoder.conceal(samples as usize).map(<[f32]>::len);
        }
    }
    let _ = (jitter.pace(now, queued), jitter.delay(now, queued), jitter.position(queued));
    assert!(jitter.target() <= Duration::from_millis(500));
}

/// A file as a camera, and as a microphone or ringtone.
pub fn clip(data: &[u8]) {
    sound(data);
    pictures(data);
}

fn sound(data: &[u8]) {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let sound = SoundClip::read_whole(Box::new(Cursor::new(data.to_vec())), MAX_SECONDS);
    panic::set_hook(hook);
    if let Ok(sound) = sound {
        assert!(sound.samples.len() <= MAX_SECONDS as usize * 48_000, "longer than asked for");
        assert!(sound.samples.iter().all(|sample| sample.is_finite()), "no number");
    }
}

fn pictures(data: &[u8]) {
    // The parser's panics are caught where it is called; a fuzzer's hook would end the process before.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let clip = Mp4Video::of_source(Box::new(Cursor::new(data.to_vec())));
    panic::set_hook(hook);
    let Ok(mut reader) = clip.and_then(|clip| Mp4VideoReader::new(Arc::new(clip))) else { return };
    if reader.skip_to(Duration::from_millis(400)).is_err() {
        return;
    }
    for _ in 0..MAX_PICTURES {
        if !matches!(reader.next_picture(), Ok(Some(_))) {
            return;
        }
    }
}
