//! Opus encoder of one voice, with every control that the audio plan uses.
#![allow(unsafe_code, reason = "bindings to a C library")]

use std::ffi::c_int;
use std::ptr::NonNull;

use bytes::Bytes;
use opusic_sys as sys;

use super::{MAX_PACKET_SAMPLES, OPUS_CLOCK_HZ, OpusError, checked};

/// The search effort of the encoder, 0 to 10. Above 9 nothing audible is gained.
const COMPLEXITY: c_int = 9;
/// A frame of 1275 bytes and a second of DRED.
const MAX_PACKET_BYTES: usize = 1_400;

/// What can be changed while encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncoderSettings {
    /// Bits per second of payload, redundancy of the codec's own included.
    pub(crate) bits_per_second: u32,
    /// Packets lost of a hundred, as the encoder is to assume. It decides what share of the rate is redundancy.
    pub(crate) loss_percent: u8,
    /// In-band FEC.
    pub(crate) fec: bool,
    /// Reach of DRED in units of 10 ms, 0 to 100; without `neural-audio` nothing is sent.
    pub(crate) history: u8,
    /// Leave out packets while there is silence (discontinuous transmission, RFC 7587 3.1.3).
    pub(crate) dtx: bool,
}

/// Encodes one voice.
#[derive(Debug)]
pub(crate) struct OpusEncoder {
    state: NonNull<sys::OpusEncoder>,
    settings: Option<EncoderSettings>,
    scratch: Vec<u8>,
}

// SAFETY: the state is reached through `&mut self` only and libopus keeps nothing per thread.
unsafe impl Send for OpusEncoder {}

impl OpusEncoder {
    pub(crate) fn new(settings: EncoderSettings) -> Result<Self, OpusError> {
        let mut code = 0;
        // SAFETY: `code` outlives the call; the result is checked before use.
        let state = unsafe {
            sys::opus_encoder_create(
                OPUS_CLOCK_HZ.cast_signed(),
                1,
                sys::OPUS_APPLICATION_VOIP,
                &raw mut code,
            )
        };
        checked(code)?;
        let state = NonNull::new(state).ok_or(OpusError::OutOfMemory)?;
        let mut this = Self { state, settings: None, scratch: vec![0; MAX_PACKET_BYTES] };
        this.control(sys::OPUS_SET_COMPLEXITY_REQUEST, COMPLEXITY)?;
        this.control(sys::OPUS_SET_SIGNAL_REQUEST, sys::OPUS_SIGNAL_VOICE)?;
        this.set(settings)?;
        Ok(this)
    }

    /// Applies what differs from before.
    pub(crate) fn set(&mut self, wanted: EncoderSettings) -> Result<(), OpusError> {
        let before = self.settings;
        if before == Some(wanted) {
            return Ok(());
        }
        let differs = |field: fn(&EncoderSettings) -> u32| before.as_ref().map(field) != Some(field(&wanted));
        if differs(|s| s.bits_per_second) {
            self.control(sys::OPUS_SET_BITRATE_REQUEST, wanted.bits_per_second.cast_signed())?;
        }
        if differs(|s| u32::from(s.fec)) {
            self.control(sys::OPUS_SET_INBAND_FEC_REQUEST, c_int::from(wanted.fec))?;
        }
        if differs(|s| u32::from(s.loss_percent)) {
            self.control(sys::OPUS_SET_PACKET_LOSS_PERC_REQUEST, c_int::from(wanted.loss_percent.min(100)))?;
        }
        if differs(|s| u32::from(s.dtx)) {
            self.control(sys::OPUS_SET_DTX_REQUEST, c_int::from(wanted.dtx))?;
        }
        if cfg!(feature = "neural-audio") && differs(|s| u32::from(s.history)) {
            self.control(sys::OPUS_SET_DRED_DURATION_REQUEST, c_int::from(wanted.history.min(100)))?;
        }
        self.settings = Some(wanted);
        Ok(())
    }

    /// Encodes 10, 20, 40 or 60 ms.
    pub(crate) fn encode(&mut self, pcm: &[f32]) -> Result<Bytes, OpusError> {
        let samples = pcm.len().min(MAX_PACKET_SAMPLES);
        // SAFETY: the state is alive; libopus reads `samples` floats, of which `pcm` has at least as many, and
        // writes at most the length of `scratch`. Lengths fit: both are below 6000.
        let length = checked(unsafe {
            sys::opus_encode_float(
                self.state.as_ptr(),
                pcm.as_ptr(),
                samples as c_int,
                self.scratch.as_mut_ptr(),
                self.scratch.len() as c_int,
            )
        })?;
        Ok(Bytes::copy_from_slice(&self.scratch[..length]))
    }

    fn control(&mut self, request: c_int, value: c_int) -> Result<(), OpusError> {
        // SAFETY: the state is alive, and every request made here takes one `int`.
        checked(unsafe { sys::opus_encoder_ctl(self.state.as_ptr(), request, value) }).map(drop)
    }
}

impl Drop for OpusEncoder {
    fn drop(&mut self) {
        // SAFETY: made by `opus_encoder_create`, and used no more.
        unsafe { sys::opus_encoder_destroy(self.state.as_ptr()) }
    }
}
