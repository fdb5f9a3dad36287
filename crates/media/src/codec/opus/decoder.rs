//! Opus decoder of one voice: packets, what later packets say of lost ones, and concealment.
#![allow(unsafe_code, reason = "bindings to a C library")]

use std::ffi::c_int;
use std::ptr::NonNull;

use bytes::Bytes;
use opusic_sys as sys;

use super::{MAX_PACKET_SAMPLES, OPUS_CLOCK_HZ, OpusError, checked};

/// From 5 on gaps are concealed by a neural network, at 6 and 7 SILK is enhanced by LACE or NoLACE as well, each
/// where `neural-audio` has it linked.
const COMPLEXITY: c_int = 7;
/// How far back a packet's DRED is read: libopus has a second at most.
const MAX_HISTORY_SAMPLES: c_int = OPUS_CLOCK_HZ as c_int;
/// Shortest piece libopus makes up (2.5 ms).
const STEP_SAMPLES: usize = 120;

/// How a gap was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restored {
    /// From a copy at a lower rate (in-band FEC).
    Fec,
    /// From features of the speech (DRED).
    History,
    /// Not at all: it is made up.
    Concealed,
}

/// Decodes one voice and makes up what is missing of it.
#[derive(Debug)]
pub(crate) struct OpusDecoder {
    state: NonNull<sys::OpusDecoder>,
    history: Option<HistoryReader>,
    scratch: Vec<f32>,
}

// SAFETY: the state is reached through `&mut self` only and libopus keeps nothing per thread.
unsafe impl Send for OpusDecoder {}

impl OpusDecoder {
    pub(crate) fn new() -> Result<Self, OpusError> {
        let mut code = 0;
        // SAFETY: `code` outlives the call; the result is checked before use.
        let state = unsafe { sys::opus_decoder_create(OPUS_CLOCK_HZ.cast_signed(), 1, &raw mut code) };
        checked(code)?;
        let state = NonNull::new(state).ok_or(OpusError::OutOfMemory)?;
        let history = if cfg!(feature = "neural-audio") { Some(HistoryReader::new()?) } else { None };
        let this = Self { state, history, scratch: vec![0.0; MAX_PACKET_SAMPLES] };
        // SAFETY: the state is alive, and the request takes one `int`.
        checked(unsafe {
            sys::opus_decoder_ctl(this.state.as_ptr(), sys::OPUS_SET_COMPLEXITY_REQUEST, COMPLEXITY)
        })?;
        Ok(this)
    }

    /// Decodes a packet.
    pub(crate) fn decode(&mut self, payload: &[u8]) -> Result<&[f32], OpusError> {
        self.run(Some(payload), MAX_PACKET_SAMPLES, false)
    }

    /// Continues the voice over a gap of `samples`, a multiple of 2.5 ms.
    pub(crate) fn conceal(&mut self, samples: usize) -> Result<&[f32], OpusError> {
        self.run(None, samples, false)
    }

    /// Restores `samples` that begin `ahead` samples before `following`, by what that packet carries of them.
    pub(crate) fn restore(
        &mut self,
        following: &Bytes,
        ahead: usize,
        samples: usize,
    ) -> Result<(&[f32], Restored), OpusError> {
        let samples = samples.min(MAX_PACKET_SAMPLES).next_multiple_of(STEP_SAMPLES);
        let length = super::packet_samples(following).map_or(0, |samples| samples as usize);
        if ahead <= length && has_fec(following) {
            // The copy is of the whole packet; what was concealed of it already is left out.
            let skip = length - ahead;
            let sound = self.run(Some(following), length, true)?;
            let until = (skip + samples).min(sound.len());
            return Ok((sound.get(skip..until).unwrap_or_default(), Restored::Fec));
        }
        if self.reach(following) >= ahead
            && let Some(history) = &self.history
        {
            // SAFETY: both states are alive and DRED was parsed into its own; libopus writes `samples` floats,
            // which `scratch` has. Lengths fit: an offset is at most some seconds.
            let written = checked(unsafe {
                sys::opus_decoder_dred_decode_float(
                    self.state.as_ptr(),
                    history.features.as_ptr(),
                    ahead as c_int,
                    self.scratch.as_mut_ptr(),
                    samples as c_int,
                )
            })?;
            return Ok((&self.scratch[..written], Restored::History));
        }
        Ok((self.conceal(samples)?, Restored::Concealed))
    }

    /// How many samples before a packet its redundancy reaches back; 0 if it has none.
    pub(crate) fn reach(&mut self, packet: &Bytes) -> usize {
        let history = self.history.as_mut().map_or(0, |history| history.read(packet));
        let fec = if has_fec(packet) { super::packet_samples(packet).map_or(0, |n| n as usize) } else { 0 };
        history.max(fec)
    }

    fn run(&mut self, payload: Option<&[u8]>, samples: usize, fec: bool) -> Result<&[f32], OpusError> {
        let samples = samples.min(self.scratch.len());
        let payload = payload.filter(|payload| !payload.is_empty());
        let (data, length) = payload.map_or((std::ptr::null(), 0), |p| (p.as_ptr(), p.len()));
        let length = c_int::try_from(length).map_err(|_| OpusError::BadArgument)?;
        // SAFETY: the state is alive; libopus reads `length` bytes of `data` and writes at most `samples`
        // floats, which `scratch` has.
        let written = checked(unsafe {
            sys::opus_decode_float(
                self.state.as_ptr(),
                data,
                length,
                self.scratch.as_mut_ptr(),
                samples as c_int,
                c_int::from(fec),
            )
        })?;
        Ok(&self.scratch[..written])
    }
}

impl Drop for OpusDecoder {
    fn drop(&mut self) {
        // SAFETY: made by `opus_decoder_create`, and used no more.
        unsafe { sys::opus_decoder_destroy(self.state.as_ptr()) }
    }
}

/// Whether a packet repeats the one before it at a lower rate.
fn has_fec(packet: &[u8]) -> bool {
    let Ok(length) = c_int::try_from(packet.len()) else { return false };
    // SAFETY: libopus reads `length` bytes, of which there is the first one that it does not check for.
    length > 0 && unsafe { sys::opus_packet_has_lbrr(packet.as_ptr(), length) } == 1
}

/// Reads the DRED of packets.
#[derive(Debug)]
struct HistoryReader {
    decoder: NonNull<sys::OpusDREDDecoder>,
    features: NonNull<sys::OpusDRED>,
    /// Whose features they are, and how many samples before it they begin.
    read: Option<(Bytes, usize)>,
}

impl HistoryReader {
    fn new() -> Result<Self, OpusError> {
        let (mut code, mut other) = (0, 0);
        // SAFETY: the codes outlive the calls; both results are checked before use.
        let (decoder, features) =
            unsafe { (sys::opus_dred_decoder_create(&raw mut code), sys::opus_dred_alloc(&raw mut other)) };
        let (Some(decoder), Some(features)) = (NonNull::new(decoder), NonNull::new(features)) else {
            // SAFETY: libopus frees a null pointer as `free` does: not at all.
            unsafe {
                sys::opus_dred_decoder_destroy(decoder);
                sys::opus_dred_free(features);
            }
            return Err(OpusError::OutOfMemory);
        };
        let this = Self { decoder, features, read: None };
        checked(code)?;
        checked(other)?;
        Ok(this)
    }

    /// Reads a packet's features; returns how many samples before it they reach back.
    fn read(&mut self, packet: &Bytes) -> usize {
        if let Some((_, reach)) = self.read.as_ref().filter(|(last, _)| last == packet) {
            return *reach;
        }
        let Ok(length) = c_int::try_from(packet.len()) else { return 0 };
        let mut end = 0;
        // SAFETY: both states are alive; libopus reads `length` bytes of the packet and writes one `int`.
        let reach = checked(unsafe {
            sys::opus_dred_parse(
                self.decoder.as_ptr(),
                self.features.as_ptr(),
                packet.as_ptr(),
                length,
                MAX_HISTORY_SAMPLES,
                OPUS_CLOCK_HZ.cast_signed(),
                &raw mut end,
                0,
            )
        })
        .unwrap_or(0);
        self.read = Some((packet.clone(), reach));
        reach
    }
}

impl Drop for HistoryReader {
    fn drop(&mut self) {
        // SAFETY: made by the matching functions, and used no more.
        unsafe {
            sys::opus_dred_decoder_destroy(self.decoder.as_ptr());
            sys::opus_dred_free(self.features.as_ptr());
        }
    }
}
