//! VP8 codec by libvpx with WebRTC's settings. One thread only: with more, libvpx burns a core in spin locks
//! whenever the machine is busy.
#![allow(unsafe_code, reason = "bindings to a C library")]

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;
use std::ptr;
use std::time::Instant;

use bytes::Bytes;
use tracing::debug;
use vpx_sys as sys;

use super::{
    CodecError, Decoded, EncodedPicture, EncoderConfig, MAX_PIXELS, Quantiser, VideoDecoder, VideoEncoder,
};
use crate::VideoFrame;
use crate::video::frame_pool::FramePool;
use crate::video::image::{Planes, pack};

/// Ticks per second of the encoder's clock, the RTP clock of video.
const CLOCK_HZ: i32 = 90_000;

/// Quantiser indices (0..127) between which a picture's size suits its bit rate (libwebrtc's `QualityScaler` for VP8).
const FINE_INDEX: f32 = 29.0;
const COARSE_INDEX: f32 = 95.0;

fn check(what: &'static str, code: sys::vpx_codec_err_t) -> Result<(), CodecError> {
    if code == sys::vpx_codec_err_t::VPX_CODEC_OK {
        return Ok(());
    }
    Err(CodecError::Library { what, code: code as i64 })
}

/// Owns one encoder instance of the library.
pub struct Vp8Encoder {
    /// Boxed because the library keeps the address.
    context: Box<sys::vpx_codec_ctx_t>,
    settings: Box<sys::vpx_codec_enc_cfg_t>,
    config: EncoderConfig,
    /// When the next picture is due, in ticks of [`CLOCK_HZ`].
    time: i64,
}

// SAFETY: the instance has no thread affinity, and `&mut self` keeps its use to one thread at a time.
unsafe impl Send for Vp8Encoder {}

impl std::fmt::Debug for Vp8Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vp8Encoder({:?})", self.config)
    }
}

impl Vp8Encoder {
    pub fn new(config: EncoderConfig) -> Result<Self, CodecError> {
        // Zeroed memory stays `MaybeUninit` until the library has filled it: some of the struct's enums
        // have no zero.
        let mut settings = Box::new(MaybeUninit::<sys::vpx_codec_enc_cfg_t>::zeroed());
        // SAFETY: the interface is a static of the library; it fills the whole struct on success.
        let settings = unsafe {
            let code = sys::vpx_codec_enc_config_default(sys::vpx_codec_vp8_cx(), settings.as_mut_ptr(), 0);
            check("asking for VP8 defaults", code)?;
            Box::from_raw(Box::into_raw(settings).cast::<sys::vpx_codec_enc_cfg_t>())
        };
        let settings = tuned(settings, &config);
        let mut context = Box::new(MaybeUninit::<sys::vpx_codec_ctx_t>::zeroed());
        // SAFETY: zeroed is the state the library expects; `settings` outlives the context because both
        // are fields of one struct whose drop ends the context first.
        let context = unsafe {
            let code = sys::vpx_codec_enc_init_ver(
                context.as_mut_ptr(),
                sys::vpx_codec_vp8_cx(),
                &raw const *settings,
                0,
                sys::VPX_ENCODER_ABI_VERSION as c_int,
            );
            check("starting the VP8 encoder", code)?;
            Box::from_raw(Box::into_raw(context).cast::<sys::vpx_codec_ctx_t>())
        };
        let mut this = Self { context, settings, config, time: 0 };
        use sys::vp8e_enc_control_id as id;
        this.control(id::VP8E_SET_CPUUSED, -6)?;
        this.control(id::VP8E_SET_STATIC_THRESHOLD, if config.screen { 100 } else { 1 })?;
        this.control(id::VP8E_SET_SCREEN_CONTENT_MODE, c_int::from(config.screen))?;
        this.control(id::VP8E_SET_MAX_INTRA_BITRATE_PCT, 300)?;
        this.control(id::VP8E_SET_NOISE_SENSITIVITY, 0)?;
        Ok(this)
    }

    fn control(&mut self, id: sys::vp8e_enc_control_id, value: c_int) -> Result<(), CodecError> {
        // SAFETY: the context is started, and each control used here takes one int.
        check("tuning the VP8 encoder", unsafe {
            sys::vpx_codec_control_(&raw mut *self.context, id as c_int, value)
        })
    }

    fn apply(&mut self, what: &'static str) -> Result<(), CodecError> {
        // SAFETY: the context is started and the settings are complete.
        check(what, unsafe {
            sys::vpx_codec_enc_config_set(&raw mut *self.context, &raw const *self.settings)
        })
    }
}

fn tuned(
    mut settings: Box<sys::vpx_codec_enc_cfg_t>,
    config: &EncoderConfig,
) -> Box<sys::vpx_codec_enc_cfg_t> {
    settings.g_w = config.width;
    settings.g_h = config.height;
    settings.g_threads = 1;
    settings.g_timebase = sys::vpx_rational { num: 1, den: CLOCK_HZ };
    settings.g_error_resilient = 0;
    settings.g_pass = sys::vpx_enc_pass::VPX_RC_ONE_PASS;
    settings.g_lag_in_frames = 0;
    settings.rc_dropframe_thresh = if config.screen { 0 } else { 30 };
    settings.rc_resize_allowed = 0;
    settings.rc_end_usage = sys::vpx_rc_mode::VPX_CBR;
    settings.rc_target_bitrate = (config.bitrate / 1000).max(1);
    settings.rc_min_quantizer = 2;
    settings.rc_max_quantizer = 56;
    settings.rc_undershoot_pct = 100;
    settings.rc_overshoot_pct = 15;
    settings.rc_buf_sz = 1000;
    settings.rc_buf_initial_sz = 500;
    settings.rc_buf_optimal_sz = 600;
    settings.kf_mode = sys::vpx_kf_mode::VPX_KF_AUTO;
    settings.kf_min_dist = 0;
    settings.kf_max_dist = 3000;
    settings
}

impl VideoEncoder for Vp8Encoder {
    fn encode(&mut self, frame: &VideoFrame, force_key: bool) -> Result<Option<EncodedPicture>, CodecError> {
        let size = CodecError::Size { width: frame.width, height: frame.height };
        if (frame.width, frame.height) != (self.config.width, self.config.height)
            || Planes::of(frame).is_none()
        {
            return Err(size);
        }
        let duration = (f64::from(CLOCK_HZ) / f64::from(self.config.fps.max(1.0))) as i64;
        let flags = if force_key { i64::from(sys::VPX_EFLAG_FORCE_KF) } else { 0 };
        let mut image = MaybeUninit::<sys::vpx_image_t>::zeroed();
        // SAFETY: the frame's memory is I420 of the size stated, without padding (checked above), is only
        // read, and outlives the call.
        unsafe {
            let wrapped = sys::vpx_img_wrap(
                image.as_mut_ptr(),
                sys::vpx_img_fmt::VPX_IMG_FMT_I420,
                frame.width,
                frame.height,
                1,
                frame.i420.as_ptr().cast_mut(),
            );
            if wrapped.is_null() {
                return Err(size);
            }
            let code = sys::vpx_codec_encode(
                &raw mut *self.context,
                wrapped,
                self.time,
                duration as _,
                flags as _,
                sys::VPX_DL_REALTIME as _,
            );
            check("encoding VP8", code)?;
        }
        self.time += duration;
        let mut iterator: sys::vpx_codec_iter_t = ptr::null();
        let mut picture = None;
        loop {
            // SAFETY: the context is started; packets are valid until the next encode.
            let packet = unsafe { sys::vpx_codec_get_cx_data(&raw mut *self.context, &raw mut iterator) };
            if packet.is_null() {
                return Ok(picture);
            }
            // SAFETY: non-null packets are live; the union holds a frame when the kind says so.
            unsafe {
                if (*packet).kind != sys::vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
                    continue;
                }
                let coded = (*packet).data.frame;
                if coded.buf.is_null() || coded.sz == 0 {
                    continue;
                }
                let bytes =
                    std::slice::from_raw_parts(coded.buf.cast::<u8>().cast_const(), coded.sz as usize);
                let key = coded.flags & sys::VPX_FRAME_IS_KEY != 0;
                picture = Some(EncodedPicture::plain(Bytes::copy_from_slice(bytes), key));
            }
        }
    }

    fn set_bitrate(&mut self, bits_per_second: u32) -> Result<(), CodecError> {
        self.settings.rc_target_bitrate = (bits_per_second / 1000).max(1);
        self.config.bitrate = bits_per_second;
        self.apply("setting the VP8 bit rate")
    }

    fn set_frame_rate(&mut self, fps: f32) -> Result<(), CodecError> {
        // The rate control reads it from the pictures' durations.
        self.config.fps = fps;
        Ok(())
    }

    fn quantiser(&mut self) -> Option<Quantiser> {
        let mut value: c_int = 0;
        // SAFETY: the context is started, and this control takes a pointer to an int.
        let code = unsafe {
            sys::vpx_codec_control_(
                &raw mut *self.context,
                sys::vp8e_enc_control_id::VP8E_GET_LAST_QUANTIZER as c_int,
                &raw mut value,
            )
        };
        let known = code == sys::vpx_codec_err_t::VPX_CODEC_OK;
        known.then_some(Quantiser { value: value as f32, fine: FINE_INDEX, coarse: COARSE_INDEX })
    }
}

impl Drop for Vp8Encoder {
    fn drop(&mut self) {
        // SAFETY: started in `new`, ended once.
        unsafe { sys::vpx_codec_destroy(&raw mut *self.context) };
    }
}

/// Owns one decoder instance of the library.
pub struct Vp8Decoder {
    context: Box<sys::vpx_codec_ctx_t>,
    /// Whether a key frame was decoded: before that every picture is noise.
    started: bool,
    pool: FramePool,
}

// SAFETY: the instance has no thread affinity, and `&mut self` keeps its use to one thread at a time.
unsafe impl Send for Vp8Decoder {}

impl std::fmt::Debug for Vp8Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vp8Decoder")
    }
}

impl Vp8Decoder {
    pub fn new() -> Result<Self, CodecError> {
        let settings = sys::vpx_codec_dec_cfg { threads: 1, w: 0, h: 0 };
        let mut context = Box::new(MaybeUninit::<sys::vpx_codec_ctx_t>::zeroed());
        // SAFETY: zeroed is the state the library expects; the settings are copied.
        let context = unsafe {
            let code = sys::vpx_codec_dec_init_ver(
                context.as_mut_ptr(),
                sys::vpx_codec_vp8_dx(),
                &raw const settings,
                0,
                sys::VPX_DECODER_ABI_VERSION as c_int,
            );
            check("starting the VP8 decoder", code)?;
            Box::from_raw(Box::into_raw(context).cast::<sys::vpx_codec_ctx_t>())
        };
        Ok(Self { context, started: false, pool: FramePool::default() })
    }
}

/// Width and height stated by a key frame (RFC 6386 9.1); `None` for a frame that depends on others.
fn key_size(data: &[u8]) -> Option<(usize, usize)> {
    let &[first, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = data else { return None };
    if first & 1 != 0 {
        return None;
    }
    let side = |low, high| usize::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((side(w0, w1), side(h0, h1)))
}

impl VideoDecoder for Vp8Decoder {
    fn decode(&mut self, data: &[u8]) -> Result<Decoded, CodecError> {
        let key = key_size(data);
        if let Some((width, height)) = key
            && (width < 2 || height < 2 || width * height > MAX_PIXELS)
        {
            return Err(CodecError::Size { width: width as u32, height: height as u32 });
        }
        let hopeless = Decoded { needs_key: true, ..Decoded::default() };
        let Ok(length) = c_uint::try_from(data.len()) else { return Ok(hopeless) };
        if length == 0 || (!self.started && key.is_none()) {
            return Ok(hopeless);
        }
        // SAFETY: `data` is only read during the call.
        let code = unsafe {
            sys::vpx_codec_decode(&raw mut *self.context, data.as_ptr(), length, ptr::null_mut(), 0)
        };
        if code != sys::vpx_codec_err_t::VPX_CODEC_OK {
            debug!(?code, "VP8 picture did not decode");
            return Ok(hopeless);
        }
        self.started = true;
        let mut iterator: sys::vpx_codec_iter_t = ptr::null();
        // SAFETY: the context is started; the image is valid until the next call, and is copied before.
        let frame = unsafe {
            let image = sys::vpx_codec_get_frame(&raw mut *self.context, &raw mut iterator);
            if image.is_null() { None } else { copy_out(&mut self.pool, &*image)? }
        };
        Ok(Decoded { frame, ..Decoded::default() })
    }
}

fn copy_out(pool: &mut FramePool, image: &sys::vpx_image_t) -> Result<Option<VideoFrame>, CodecError> {
    let (width, height) = (image.d_w as usize, image.d_h as usize);
    let strides = [0, 1, 2].map(|plane| usize::try_from(image.stride[plane]).unwrap_or(0));
    // An odd picture has a chroma column more than half its width; packing leaves it out.
    let wrong = image.fmt != sys::vpx_img_fmt::VPX_IMG_FMT_I420
        || width < 2
        || height < 2
        || width * height > MAX_PIXELS
        || strides[0] < width
        || strides[1] < width / 2
        || strides[2] < width / 2
        || image.planes[..3].iter().any(|plane| plane.is_null());
    if wrong {
        return Err(CodecError::Size { width: image.d_w, height: image.d_h });
    }
    // SAFETY: the library states `height` rows of the stride given (half as many for chroma), the last
    // of which has at least its visible part.
    let (y, u, v) = unsafe {
        let plane = |index: usize, rows: usize, columns: usize| {
            std::slice::from_raw_parts(
                image.planes[index].cast_const(),
                strides[index] * (rows - 1) + columns,
            )
        };
        (plane(0, height, width), plane(1, height / 2, width / 2), plane(2, height / 2, width / 2))
    };
    Ok(pack(pool, Planes { y, u, v }, strides, width, height).map(|i420| VideoFrame {
        width: (width & !1) as u32,
        height: (height & !1) as u32,
        i420,
        at: Instant::now(),
        timestamp: 0,
    }))
}
