//! Video codec traits, and the table of codecs. Codecs know neither packets nor pacing; audio has one codec
//! and needs no trait.

pub mod h264;
pub(crate) mod opus;
#[cfg(feature = "vp8")]
pub mod vp8;

use bytes::Bytes;

use crate::{Codec, VideoFrame};

/// What an encoder is made with. A change of size means a new encoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncoderConfig {
    /// Even, at least 16.
    pub width: u32,
    /// Even, at least 16.
    pub height: u32,
    /// Frames per second the rate control reckons with.
    pub fps: f32,
    /// Bits per second.
    pub bitrate: u32,
    /// Largest slice in bytes (H.264 only); 0 makes one slice per picture.
    pub max_slice: u32,
    /// Text and windows instead of a camera's picture: sharp rather than smooth, no picture left out.
    pub screen: bool,
    /// Temporal layers (H.264 only): of two, every second picture can be left out on the way.
    pub temporal_layers: u32,
    /// Threads, each with slices of its own (H.264 only).
    pub threads: u32,
    /// Long-term references are kept, from which lost pictures can be recovered (H.264 of a camera only).
    pub long_term: bool,
}

/// How coarsely a picture was quantised, in the codec's own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiser {
    pub value: f32,
    /// Below this the bit rate would do for a larger picture.
    pub fine: f32,
    /// Above this a smaller picture would look better.
    pub coarse: f32,
}

/// One picture as the encoder made it: an H.264 Annex B access unit or a whole VP8 frame.
#[derive(Clone, Debug)]
pub struct EncodedPicture {
    pub data: Bytes,
    pub key: bool,
    /// Whoever decodes it keeps a long-term reference from then on.
    pub keeps: Option<LongTermReference>,
    /// It is predicted from a long-term reference that was confirmed, as asked for by [`VideoEncoder::recover`].
    pub recovers: bool,
}

impl EncodedPicture {
    /// One that has nothing to do with long-term references.
    pub(crate) fn plain(data: Bytes, key: bool) -> Self {
        Self { data, key, keeps: None, recovers: false }
    }
}

/// A picture that decoders keep until they are told to replace it. It has a meaning for its encoder only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LongTermReference(pub(crate) u64);

/// What came out of a decoder for one encoded picture.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// `at` is the moment of decoding; the caller sets `at` and `timestamp`.
    pub frame: Option<VideoFrame>,
    /// Parts of the picture were guessed.
    pub damaged: bool,
    /// Nothing to come will be right until a key frame arrives.
    pub needs_key: bool,
    /// The stream sends pictures in another order than they are shown in.
    pub reorders: bool,
    /// How many calls ago the data of `frame` was given.
    pub behind: usize,
    /// Pictures before `frame` that came out only now, with the same figure.
    pub earlier: Vec<(VideoFrame, usize)>,
}

/// What a codec library answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    #[error("this build has no {0:?} video")]
    Unsupported(Codec),
    #[error("{what} failed with code {code}")]
    Library { what: &'static str, code: i64 },
    #[error("a picture of {width}x{height} cannot be coded here")]
    Size { width: u32, height: u32 },
    #[error("pictures of this kind cannot be shown here: {0:?}")]
    Unplayable(Unplayable),
}

impl CodecError {
    /// What about the stream itself cannot be shown; `None` for any other failure.
    pub fn unplayable(&self) -> Option<Unplayable> {
        match self {
            Self::Size { .. } => Some(Unplayable::TooLarge),
            Self::Unplayable(why) => Some(*why),
            Self::Unsupported(_) | Self::Library { .. } => None,
        }
    }
}

/// Why the pictures of a sound stream cannot be shown. Another key frame of the same stream is no help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unplayable {
    /// More pixels than are decoded here, or none.
    TooLarge,
    /// Fields instead of whole pictures.
    Interlaced,
    /// More than eight bits a sample.
    BitDepth,
    /// Another colour format than 4:2:0.
    Chroma,
    /// Whole key frames, but none the decoder knows how to decode.
    Unknown,
}

/// Makes pictures small.
pub trait VideoEncoder: Send {
    /// `Ok(None)` when rate control left the picture out. The picture's size must be the configured one.
    fn encode(&mut self, frame: &VideoFrame, force_key: bool) -> Result<Option<EncodedPicture>, CodecError>;
    /// Bits per second from the next picture on.
    fn set_bitrate(&mut self, bits_per_second: u32) -> Result<(), CodecError>;
    /// Frames per second the rate control reckons with from the next picture on.
    fn set_frame_rate(&mut self, fps: f32) -> Result<(), CodecError>;
    /// The other end has decoded and keeps that reference. One that is unknown or out of use is ignored, and so is this
    /// by codecs without long-term references.
    fn confirm(&mut self, _reference: LongTermReference) {}
    /// The other end has nothing that came after that reference: a picture soon is predicted from it, or from a newer one
    /// that was confirmed, see [`EncodedPicture::recovers`]. Where that is not possible the pictures go on as they were:
    /// whoever asked asks for a key frame then.
    fn recover(&mut self, _reference: LongTermReference) {}
    /// That of the last picture; `None` where the library does not say.
    fn quantiser(&mut self) -> Option<Quantiser> {
        None
    }
}

/// Decoder of pictures. Its input is untrusted.
pub trait VideoDecoder: Send {
    /// The next picture is no key frame, and decoding begins with it all the same: what is missing is made up
    /// until it has been replaced. Codecs without such places do nothing.
    fn join(&mut self) {}
    /// Never fails for bad input: that is a [`Decoded`] that needs a key frame.
    fn decode(&mut self, data: &[u8]) -> Result<Decoded, CodecError>;
}

/// An encoder for `codec`.
pub fn open_encoder(codec: Codec, config: EncoderConfig) -> Result<Box<dyn VideoEncoder>, CodecError> {
    let EncoderConfig { width, height, .. } = config;
    if width % 2 != 0 || height % 2 != 0 || width < 16 || height < 16 || width > 4096 || height > 4096 {
        return Err(CodecError::Size { width, height });
    }
    match codec {
        Codec::H264 => Ok(Box::new(h264::H264Encoder::new(config)?)),
        #[cfg(feature = "vp8")]
        Codec::Vp8 => Ok(Box::new(vp8::Vp8Encoder::new(config)?)),
        #[cfg(not(feature = "vp8"))]
        Codec::Vp8 => Err(CodecError::Unsupported(codec)),
        Codec::Opus => Err(CodecError::Unsupported(codec)),
    }
}

/// A decoder for `codec`.
pub fn open_decoder(codec: Codec) -> Result<Box<dyn VideoDecoder>, CodecError> {
    match codec {
        Codec::H264 => Ok(Box::new(h264::H264Decoder::new()?)),
        #[cfg(feature = "vp8")]
        Codec::Vp8 => Ok(Box::new(vp8::Vp8Decoder::new()?)),
        #[cfg(not(feature = "vp8"))]
        Codec::Vp8 => Err(CodecError::Unsupported(codec)),
        Codec::Opus => Err(CodecError::Unsupported(codec)),
    }
}

/// The video codecs this build has, best first.
pub fn video_codecs() -> &'static [Codec] {
    #[cfg(feature = "vp8")]
    return &[Codec::H264, Codec::Vp8];
    #[cfg(not(feature = "vp8"))]
    &[Codec::H264]
}

/// Larger pictures are refused, so that a remote peer cannot exhaust memory.
pub(crate) const MAX_PIXELS: usize = 4096 * 2304;
