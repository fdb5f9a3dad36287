//! H.264 codec by openh264: constrained baseline, key frames on request only. It uses the raw bindings
//! because the safe wrapper can neither change the bit rate nor return a concealed picture.
#![allow(unsafe_code, reason = "bindings to a C++ library")]

pub(crate) mod annex_b;
pub(crate) mod headers;
mod long_term;
pub(crate) mod parameter_sets;
pub(crate) mod references;
pub(crate) mod sps;

use std::ffi::{c_int, c_void};
use std::ptr;
use std::time::Instant;

use bytes::Bytes;
use openh264::OpenH264API;
use openh264::decoder::{Decoder, DecoderConfig, Flush};
use openh264_sys2 as sys;
use openh264_sys2::API as _;
use tracing::debug;

use super::{
    CodecError, Decoded, EncodedPicture, EncoderConfig, LongTermReference, MAX_PIXELS, Quantiser,
    VideoDecoder, VideoEncoder,
};
use crate::VideoFrame;
use crate::video::frame_pool::FramePool;
use crate::video::image::{Planes, pack};
use annex_b::units;
use long_term::LongTermReferences;
use sps::Sps;

/// Pictures the library holds for reordering at most (A.3.1).
const MAX_REORDERED_PICTURES: usize = 16;

/// Quantisers between which a picture's size suits its bit rate (libwebrtc's `QualityScaler` for H.264).
const FINE_QP: f32 = 24.0;
const COARSE_QP: f32 = 37.0;

fn check(what: &'static str, code: impl Into<i64>) -> Result<(), CodecError> {
    match code.into() {
        0 => Ok(()),
        code => Err(CodecError::Library { what, code }),
    }
}

fn missing(what: &'static str) -> CodecError {
    CodecError::Library { what, code: -1 }
}

/// Owns one encoder instance of the library.
pub struct H264Encoder {
    encoder: *mut sys::ISVCEncoder,
    api: OpenH264API,
    config: EncoderConfig,
    /// Pictures given so far; the library wants a running time.
    pictures: i64,
    /// Where the library describes a picture; it is large.
    info: Box<sys::SFrameBSInfo>,
    long_term: Option<LongTermReferences>,
}

// SAFETY: the instance has no thread affinity, and `&mut self` keeps its use to one thread at a time.
unsafe impl Send for H264Encoder {}

impl std::fmt::Debug for H264Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "H264Encoder({:?})", self.config)
    }
}

impl H264Encoder {
    pub fn new(config: EncoderConfig) -> Result<Self, CodecError> {
        let api = OpenH264API::from_source();
        let mut encoder: *mut sys::ISVCEncoder = ptr::null_mut();
        // SAFETY: the library writes one pointer to `encoder`.
        check("creating the H.264 encoder", unsafe { api.WelsCreateSVCEncoder(&raw mut encoder) })?;
        if encoder.is_null() {
            return Err(missing("creating the H.264 encoder"));
        }
        let long_term = (config.long_term && !config.screen).then(LongTermReferences::default);
        let this = Self { encoder, api, config, pictures: 0, info: Box::default(), long_term };
        // Before the start, otherwise warnings go to stderr.
        let mut level = sys::WELS_LOG_QUIET;
        this.set_option("silencing the H.264 encoder", sys::ENCODER_OPTION_TRACE_LEVEL, &mut level)?;
        let parameters = this.parameters()?;
        let start = this.vtable().InitializeExt.ok_or_else(|| missing("starting the H.264 encoder"))?;
        // SAFETY: `encoder` is a live instance and `parameters` outlives the call, which copies it.
        check("starting the H.264 encoder", unsafe { start(this.encoder, &raw const parameters) })?;
        Ok(this)
    }

    fn parameters(&self) -> Result<sys::SEncParamExt, CodecError> {
        let EncoderConfig {
            width, height, fps, bitrate, max_slice, screen, temporal_layers, threads, ..
        } = self.config;
        let mut all = sys::SEncParamExt::default();
        let defaults = self.vtable().GetDefaultParams.ok_or_else(|| missing("asking for defaults"))?;
        // SAFETY: the library fills the struct it is given.
        check("asking for defaults", unsafe { defaults(self.encoder, &raw mut all) })?;
        all.iUsageType = if screen { sys::SCREEN_CONTENT_REAL_TIME } else { sys::CAMERA_VIDEO_REAL_TIME };
        all.iPicWidth = width as c_int;
        all.iPicHeight = height as c_int;
        all.fMaxFrameRate = fps;
        all.iRCMode = sys::RC_BITRATE_MODE;
        all.iTargetBitrate = bitrate as c_int;
        // A bit rate given here would be a permanent ceiling.
        all.iMaxBitrate = sys::UNSPECIFIED_BIT_RATE as _;
        all.bEnableFrameSkip = !screen;
        // A cut is no reason for a key frame: nobody lost anything, and several pictures after it would be left out.
        all.bEnableSceneChangeDetect = screen;
        all.uiIntraPeriod = 0;
        all.eSpsPpsIdStrategy = sys::CONSTANT_ID;
        all.iTemporalLayerNum = temporal_layers.clamp(1, 3) as c_int;
        all.iSpatialLayerNum = 1;
        all.iComplexityMode = sys::LOW_COMPLEXITY;
        all.iMultipleThreadIdc = threads.clamp(1, 4) as _;
        all.uiMaxNalSize = max_slice;
        all.bEnableBackgroundDetection = !screen;
        all.bEnableAdaptiveQuant = !screen;
        if self.long_term.is_some() {
            long_term::enable(&mut all, temporal_layers);
        }
        let layer = &mut all.sSpatialLayers[0];
        layer.iVideoWidth = width as c_int;
        layer.iVideoHeight = height as c_int;
        layer.fFrameRate = fps;
        layer.iSpatialBitrate = bitrate as c_int;
        layer.iMaxSpatialBitrate = sys::UNSPECIFIED_BIT_RATE as _;
        layer.uiProfileIdc = sys::PRO_BASELINE;
        if max_slice > 0 {
            layer.sSliceArgument.uiSliceMode = sys::SM_SIZELIMITED_SLICE;
            layer.sSliceArgument.uiSliceSizeConstraint = max_slice;
        } else if threads > 1 {
            // A thread encodes whole slices.
            layer.sSliceArgument.uiSliceMode = sys::SM_FIXEDSLCNUM_SLICE;
            layer.sSliceArgument.uiSliceNum = threads.min(4);
        } else {
            layer.sSliceArgument.uiSliceMode = sys::SM_SINGLE_SLICE;
        }
        Ok(all)
    }

    fn vtable(&self) -> &sys::ISVCEncoderVtbl {
        // SAFETY: `encoder` is a live C++ object, whose first word points to its table of functions.
        unsafe { &**self.encoder }
    }

    fn set_option<T>(
        &self,
        what: &'static str,
        option: sys::ENCODER_OPTION,
        value: &mut T,
    ) -> Result<(), CodecError> {
        let set = self.vtable().SetOption.ok_or_else(|| missing(what))?;
        // SAFETY: every caller passes the type that its option is documented to take; it is read only
        // during the call.
        check(what, unsafe { set(self.encoder, option, ptr::from_mut(value).cast::<c_void>()) })
    }
}

impl VideoEncoder for H264Encoder {
    fn encode(&mut self, frame: &VideoFrame, force_key: bool) -> Result<Option<EncodedPicture>, CodecError> {
        let size = CodecError::Size { width: frame.width, height: frame.height };
        if (frame.width, frame.height) != (self.config.width, self.config.height) {
            return Err(size);
        }
        let Some(planes) = Planes::of(frame) else { return Err(size) };
        if force_key {
            let force = self.vtable().ForceIntraFrame.ok_or_else(|| missing("forcing a key frame"))?;
            // SAFETY: `encoder` is a live, started instance.
            check("forcing a key frame", unsafe { force(self.encoder, true) })?;
        }
        self.tell_references()?;
        let encode = self.vtable().EncodeFrame.ok_or_else(|| missing("encoding"))?;
        let (width, height) = (frame.width as c_int, frame.height as c_int);
        let picture = sys::SSourcePicture {
            iColorFormat: sys::videoFormatI420 as _,
            iStride: [width, width / 2, width / 2, 0],
            pData: [
                planes.y.as_ptr().cast_mut(),
                planes.u.as_ptr().cast_mut(),
                planes.v.as_ptr().cast_mut(),
                ptr::null_mut(),
            ],
            iPicWidth: width,
            iPicHeight: height,
            uiTimeStamp: (self.pictures as f64 * 1000.0 / f64::from(self.config.fps.max(1.0))) as _,
            bPsnrY: false,
            bPsnrU: false,
            bPsnrV: false,
        };
        self.pictures += 1;
        let info = &mut *self.info;
        // SAFETY: the planes have the strides and heights stated (checked by `Planes::of`), are only
        // read, and live through the call; `info` is filled by the library.
        check("encoding", unsafe { encode(self.encoder, &raw const picture, info) })?;
        let mut data = Vec::with_capacity(usize::try_from(info.iFrameSizeInBytes).unwrap_or(0));
        let layers = usize::try_from(info.iLayerNum).unwrap_or(0).min(info.sLayerInfo.len());
        for layer in &info.sLayerInfo[..layers] {
            let units = usize::try_from(layer.iNalCount).unwrap_or(0);
            if units == 0 || layer.pNalLengthInByte.is_null() || layer.pBsBuf.is_null() {
                continue;
            }
            // SAFETY: the library states `iNalCount` lengths, whose units lie back to back at `pBsBuf`,
            // valid until the next call on this instance.
            let bytes = unsafe {
                let lengths = std::slice::from_raw_parts(layer.pNalLengthInByte, units);
                let total = lengths.iter().map(|&length| usize::try_from(length).unwrap_or(0)).sum();
                std::slice::from_raw_parts(layer.pBsBuf, total)
            };
            data.extend_from_slice(bytes);
        }
        if info.eFrameType == sys::videoFrameTypeSkip || data.is_empty() {
            return Ok(None);
        }
        let key = info.eFrameType == sys::videoFrameTypeIDR;
        let found = self.long_term.as_mut().map(|references| references.encoded(&data)).unwrap_or_default();
        let (keeps, recovers) = (found.keeps, found.recovers);
        Ok(Some(EncodedPicture { data: Bytes::from(data), key, keeps, recovers }))
    }

    fn confirm(&mut self, reference: LongTermReference) {
        if let Some(references) = &mut self.long_term {
            references.confirm(reference);
        }
    }

    fn recover(&mut self, reference: LongTermReference) {
        if let Some(references) = &mut self.long_term {
            references.recover(reference);
        }
    }

    fn set_bitrate(&mut self, bits_per_second: u32) -> Result<(), CodecError> {
        let mut bitrate =
            sys::SBitrateInfo { iLayer: sys::SPATIAL_LAYER_ALL, iBitrate: bits_per_second as c_int };
        self.set_option("setting the bit rate", sys::ENCODER_OPTION_BITRATE, &mut bitrate)?;
        self.config.bitrate = bits_per_second;
        Ok(())
    }

    fn set_frame_rate(&mut self, fps: f32) -> Result<(), CodecError> {
        let mut rate = fps;
        self.set_option("setting the frame rate", sys::ENCODER_OPTION_FRAME_RATE, &mut rate)
    }

    fn quantiser(&mut self) -> Option<Quantiser> {
        let get = self.vtable().GetOption?;
        let mut statistics = sys::SEncoderStatistics::default();
        // SAFETY: this option takes a pointer to the struct it fills.
        let code = unsafe {
            get(self.encoder, sys::ENCODER_OPTION_GET_STATISTICS, (&raw mut statistics).cast::<c_void>())
        };
        (code == 0 && statistics.uiAverageFrameQP > 0).then_some(Quantiser {
            value: statistics.uiAverageFrameQP as f32,
            fine: FINE_QP,
            coarse: COARSE_QP,
        })
    }
}

impl Drop for H264Encoder {
    fn drop(&mut self) {
        if let Some(stop) = self.vtable().Uninitialize {
            // SAFETY: `encoder` is live until the next statement; stopping one never started is allowed.
            unsafe { stop(self.encoder) };
        }
        // SAFETY: created by the same library, destroyed once.
        unsafe { self.api.WelsDestroySVCEncoder(self.encoder) };
    }
}

/// Owns one decoder instance of the library, with error concealment on.
pub struct H264Decoder {
    decoder: Decoder,
    /// Access units given to [`VideoDecoder::decode`].
    given: u64,
    /// Whether the stream has slices predicted from later pictures.
    reorders: bool,
    /// Whether it was joined without a key frame.
    joined: bool,
    /// Size of the pictures, before cropping.
    size: Option<(u64, u64)>,
    pool: FramePool,
}

impl std::fmt::Debug for H264Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("H264Decoder")
    }
}

/// A picture out of [`H264Decoder::decode_ordered`] with the mark its data was given.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) mark: u64,
    pub(crate) frame: VideoFrame,
}

impl H264Decoder {
    pub fn new() -> Result<Self, CodecError> {
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let mut decoder = Decoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|_| missing("creating the H.264 decoder"))?;
        conceal(&mut decoder, sys::ERROR_CON_SLICE_MV_COPY_CROSS_IDR_FREEZE_RES_CHANGE)?;
        Ok(Self { decoder, given: 0, reorders: false, joined: false, size: None, pool: FramePool::default() })
    }

    /// Decodes one access unit of a stored stream and returns the picture that is next in order of
    /// display, if that is known by now. Its `mark` is the one its own access unit was given.
    pub(crate) fn decode_ordered(&mut self, data: &[u8], mark: u64) -> Result<Option<Ordered>, CodecError> {
        let Ok(length) = c_int::try_from(data.len()) else { return Ok(None) };
        let mut planes = [ptr::null_mut::<u8>(); 3];
        let mut info = sys::SBufferInfo { uiInBsTimeStamp: mark, ..Default::default() };
        // SAFETY: `data` is only read during the call; `planes` has room for the three pointers written.
        let state = unsafe {
            self.decoder.raw_api().decode_frame2(
                data.as_ptr(),
                length,
                (&raw mut planes).cast(),
                &raw mut info,
            )
        };
        if state != 0 {
            debug!(state, "Stored picture did not decode cleanly");
        }
        self.ordered(&planes, &info)
    }

    /// The last pictures of a stored stream, one per call, until `None`.
    pub(crate) fn flush_ordered(&mut self) -> Result<Option<Ordered>, CodecError> {
        let mut end: c_int = 1;
        let mut planes = [ptr::null_mut::<u8>(); 3];
        let mut info = sys::SBufferInfo::default();
        // SAFETY: the option takes a pointer to an int; no data at all is allowed and ends the access unit
        // the decoder still waits to see the end of; `planes` has room for the three pointers written.
        unsafe {
            let api = self.decoder.raw_api();
            api.set_option(sys::DECODER_OPTION_END_OF_STREAM, (&raw mut end).cast::<c_void>());
            api.decode_frame2(ptr::null(), 0, (&raw mut planes).cast(), &raw mut info);
            if info.iBufferStatus != 1 {
                api.flush_frame((&raw mut planes).cast(), &raw mut info);
            }
        }
        self.ordered(&planes, &info)
    }

    /// A picture held back for its order, of a stream that goes on.
    fn flush_held(&mut self) -> Result<Option<Ordered>, CodecError> {
        let mut planes = [ptr::null_mut::<u8>(); 3];
        let mut info = sys::SBufferInfo::default();
        // SAFETY: `planes` has room for the three pointers written.
        unsafe { self.decoder.raw_api().flush_frame((&raw mut planes).cast(), &raw mut info) };
        self.ordered(&planes, &info)
    }

    fn ordered(
        &mut self,
        planes: &[*mut u8; 3],
        info: &sys::SBufferInfo,
    ) -> Result<Option<Ordered>, CodecError> {
        let frame = self.copy_out(planes, info)?;
        Ok(frame.map(|frame| Ordered { mark: info.uiOutYuvTimeStamp, frame }))
    }

    fn copy_out(
        &mut self,
        planes: &[*mut u8; 3],
        info: &sys::SBufferInfo,
    ) -> Result<Option<VideoFrame>, CodecError> {
        if info.iBufferStatus != 1 || planes.iter().any(|plane| plane.is_null()) {
            return Ok(None);
        }
        // SAFETY: the union has one member.
        let buffer = unsafe { info.UsrData.sSystemBuffer };
        let size = |value: c_int| usize::try_from(value).unwrap_or(0);
        let (width, height) = (size(buffer.iWidth), size(buffer.iHeight));
        let (luma, chroma) = (size(buffer.iStride[0]), size(buffer.iStride[1]));
        if width < 2 || height < 2 || luma < width || chroma < width / 2 || width * height > MAX_PIXELS {
            return Err(CodecError::Size { width: width as u32, height: height as u32 });
        }
        // SAFETY: a ready picture has `height` rows of `luma` bytes, and half as many of `chroma` bytes in
        // each of the other planes; the last row is only promised its visible part. The memory is the
        // decoder's until its next call, and is copied before that.
        let (y, u, v) = unsafe {
            let rows = height / 2;
            (
                std::slice::from_raw_parts(planes[0], luma * (height - 1) + width),
                std::slice::from_raw_parts(planes[1], chroma * (rows - 1) + width / 2),
                std::slice::from_raw_parts(planes[2], chroma * (rows - 1) + width / 2),
            )
        };
        Ok(pack(&mut self.pool, Planes { y, u, v }, [luma, chroma, chroma], width, height).map(|i420| {
            VideoFrame {
                width: (width & !1) as u32,
                height: (height & !1) as u32,
                i420,
                at: Instant::now(),
                timestamp: 0,
            }
        }))
    }
}

/// Chooses how missing parts are made up.
fn conceal(decoder: &mut Decoder, how: sys::ERROR_CON_IDC) -> Result<(), CodecError> {
    let mut how = how as c_int;
    // SAFETY: this option takes a pointer to an int, read during the call.
    let code = unsafe {
        decoder.raw_api().set_option(sys::DECODER_OPTION_ERROR_CON_IDC, (&raw mut how).cast::<c_void>())
    };
    check("choosing the concealment", code)
}

impl VideoDecoder for H264Decoder {
    fn join(&mut self) {
        // Otherwise nothing comes out until a key frame: the first picture is a change of size with errors.
        let how = sys::ERROR_CON_SLICE_MV_COPY_CROSS_IDR;
        self.joined = true;
        if let Err(error) = conceal(&mut self.decoder, how) {
            debug!(%error, "A stream cannot be joined without a key frame");
        }
    }

    fn decode(&mut self, data: &[u8]) -> Result<Decoded, CodecError> {
        let Ok(length) = c_int::try_from(data.len()) else {
            return Ok(Decoded { needs_key: true, ..Decoded::default() });
        };
        if length == 0 {
            return Ok(Decoded::default());
        }
        let mut earlier = Vec::new();
        for unit in units(data) {
            // Before the library allocates for it.
            if let Some(sps) = Sps::parse(unit) {
                if let Some(why) = sps.unplayable(MAX_PIXELS as u64) {
                    return Err(CodecError::Unplayable(why));
                }
                self.reorders |= sps.reordered.is_some_and(|pictures| pictures > 0);
                let size = (sps.width, sps.height);
                if self.size.replace(size).is_some_and(|before| before != size) {
                    // The library forgets the pictures it holds with a change of size.
                    while let Some(last) =
                        self.flush_held()?.filter(|_| earlier.len() < MAX_REORDERED_PICTURES)
                    {
                        let behind = usize::try_from((self.given + 1).saturating_sub(last.mark));
                        earlier.push((last.frame, behind.unwrap_or(0)));
                    }
                }
            }
            self.reorders |= sps::is_bidirectional(unit);
            if self.joined && unit[0] & 0x1f == 5 {
                self.joined = false;
                conceal(&mut self.decoder, sys::ERROR_CON_SLICE_MV_COPY_CROSS_IDR_FREEZE_RES_CHANGE)?;
            }
        }
        self.given += 1;
        let mut planes = [ptr::null_mut::<u8>(); 3];
        let mut info = sys::SBufferInfo { uiInBsTimeStamp: self.given, ..Default::default() };
        // SAFETY: `data` is only read during the call; `planes` has room for the three pointers written. No
        // data at all is allowed and ends the access unit; after it the library may be asked for a picture
        // it holds. The raw calls are used because the safe ones throw a concealed picture away.
        let state = unsafe {
            let api = self.decoder.raw_api();
            let state =
                api.decode_frame_no_delay(data.as_ptr(), length, (&raw mut planes).cast(), &raw mut info);
            // Beyond baseline each picture is held until the next one shows that it does not belong before
            // it, though without bidirectional slices it never does.
            if info.iBufferStatus != 1 && !self.reorders {
                api.flush_frame((&raw mut planes).cast(), &raw mut info);
            }
            state
        };
        let frame = self.copy_out(&planes, &info)?;
        // 1 says that more data is expected, which is no harm.
        let broken = state & !sys::dsFramePending != 0;
        let behind = usize::try_from(self.given.saturating_sub(info.uiOutYuvTimeStamp)).unwrap_or(0);
        Ok(Decoded {
            damaged: broken && frame.is_some(),
            needs_key: broken,
            reorders: self.reorders,
            behind: if frame.is_some() { behind } else { 0 },
            frame,
            earlier,
        })
    }
}

#[cfg(test)]
mod tests;
