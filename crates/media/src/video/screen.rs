//! Screen capture source of a screen or one window. One file per system grabs pixels; this one decides which
//! frame is sent when.

mod cursor;
#[cfg(target_os = "linux")]
mod x11;
#[cfg(target_os = "linux")]
mod x11_windows;

use std::time::{Duration, Instant};

use super::convert::{PixelLayout, to_i420};
use super::frame_pool::FramePool;
use super::image::{Scaler, fit, i420_to_rgba, scale_to_fit};
use super::source::VideoFormat;
use crate::{SourceError, VideoFrame, VideoSource};

/// Pictures a second; text needs sharpness more than motion.
const CAPTURE_FPS: u32 = 15;
/// An unchanged screen is sent again this often, because the other side may request a key frame.
const UNCHANGED_REPEAT_INTERVAL: Duration = Duration::from_millis(500);

/// The raw pixels of a screen, 4 bytes each: blue, green, red, unused. No padding.
#[derive(Debug, Default)]
struct Pixels {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

/// What a system must do.
trait ScreenGrabber: Send + std::fmt::Debug {
    /// What a person would call it.
    fn label(&self) -> String;
    /// Reads what is to be seen now; false while there is nothing (a minimised window).
    fn grab(&mut self, into: &mut Pixels) -> Result<bool, SourceError>;
}

/// What of the screen is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// One of several monitors, by the name of its output.
    Monitor(String),
    Window(u32),
}

impl Part {
    /// Out of what follows `screen:`.
    fn of(name: &str) -> Option<Self> {
        match name.trim() {
            "" => Some(Self::Whole),
            name => match name.strip_prefix(MONITOR) {
                Some(output) => (!output.is_empty()).then(|| Self::Monitor(output.to_owned())),
                None => number(name).map(Self::Window),
            },
        }
    }
}

const MONITOR: &str = "monitor:";

/// A screen or window that can be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenInfo {
    /// What [`super::open_source`] takes.
    pub id: String,
    /// What a person would call it.
    pub label: String,
    /// One window instead of all that is on a screen.
    pub window: bool,
}

/// A small picture of a screen or window as a PNG file of at most this width and height; `None` while
/// there is nothing to see of it.
pub fn screen_preview(id: &str, width: u32, height: u32) -> Option<Vec<u8>> {
    let name = id.strip_prefix("screen:")?;
    let mut grabber = grabber(&Part::of(name)?).ok()?;
    let mut pixels = Pixels::default();
    // A window may change its size while it is read.
    let seen = (0..3).any(|_| grabber.grab(&mut pixels).unwrap_or(false));
    if !seen {
        return None;
    }
    let mut pool = FramePool::default();
    let whole = to_i420(&mut pool, PixelLayout::Bgrx, pixels.width, pixels.height, &pixels.bytes).ok()?;
    let frame = VideoFrame {
        width: whole.width,
        height: whole.height,
        i420: whole.bytes,
        at: Instant::now(),
        timestamp: 0,
    };
    png_of(&scale_to_fit(&frame, width, height))
}

fn png_of(frame: &VideoFrame) -> Option<Vec<u8>> {
    let rgba = i420_to_rgba(frame);
    let rgb: Vec<u8> = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&rgb).ok()?;
    writer.finish().ok()?;
    Some(file)
}

/// The screens and windows that can be shared, screens first.
pub(crate) fn list() -> Vec<ScreenInfo> {
    #[cfg(target_os = "linux")]
    return x11_windows::list();
    #[cfg(not(target_os = "linux"))]
    Vec::new()
}

#[cfg(target_os = "linux")]
fn grabber(part: &Part) -> Result<Box<dyn ScreenGrabber>, SourceError> {
    Ok(Box::new(x11::X11::open(part)?))
}

#[cfg(not(target_os = "linux"))]
fn grabber(_part: &Part) -> Result<Box<dyn ScreenGrabber>, SourceError> {
    Err(SourceError::Unsupported("sharing the screen is not possible on this system yet".into()))
}

/// An open screen or window.
#[derive(Debug)]
pub(crate) struct ScreenSource {
    grabber: Box<dyn ScreenGrabber>,
    pixels: Pixels,
    before: Pixels,
    /// The largest picture given.
    most: (u32, u32),
    gap: Duration,
    due: Instant,
    last: Option<VideoFrame>,
    scaler: Scaler,
    pool: FramePool,
}

impl ScreenSource {
    /// Opens the whole screen (an empty name), a monitor (`monitor:NAME`) or the window with this number,
    /// decimal or `0x` hexadecimal.
    pub(crate) fn open(name: &str, format: VideoFormat) -> Result<Self, SourceError> {
        let part = Part::of(name).ok_or_else(|| SourceError::NotFound(format!("screen:{name}")))?;
        Ok(Self {
            grabber: grabber(&part)?,
            pixels: Pixels::default(),
            before: Pixels::default(),
            most: (format.width, format.height),
            gap: Duration::from_secs(1) / format.fps.clamp(1, CAPTURE_FPS),
            due: Instant::now(),
            last: None,
            scaler: Scaler::default(),
            pool: FramePool::default(),
        })
    }

    fn picture(&mut self) -> Result<Option<VideoFrame>, SourceError> {
        std::mem::swap(&mut self.pixels, &mut self.before);
        let there = self.grabber.grab(&mut self.pixels)?;
        let at = Instant::now();
        let same = !there || self.pixels.is(&self.before);
        if !there {
            // What was seen last stays what the next picture is compared with.
            std::mem::swap(&mut self.pixels, &mut self.before);
        }
        if let Some(last) = self.last.as_mut().filter(|_| same) {
            if at.saturating_duration_since(last.at) < UNCHANGED_REPEAT_INTERVAL {
                return Ok(None);
            }
            last.at = at;
            return Ok(Some(last.clone()));
        }
        if !there {
            return Ok(None);
        }
        let Pixels { width, height, bytes } = &self.pixels;
        let whole = to_i420(&mut self.pool, PixelLayout::Bgrx, *width, *height, bytes)
            .map_err(|error| SourceError::Failed(error.to_string()))?;
        let frame =
            VideoFrame { width: whole.width, height: whole.height, i420: whole.bytes, at, timestamp: 0 };
        let (most, least) = (self.most.0.max(self.most.1), self.most.0.min(self.most.1));
        let bounds = if frame.width >= frame.height { (most, least) } else { (least, most) };
        let size = fit(frame.width, frame.height, bounds.0, bounds.1);
        let frame = self.scaler.scale(&frame, size.0, size.1);
        Ok(Some(self.last.insert(frame).clone()))
    }
}

impl Pixels {
    fn is(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height) && self.bytes == other.bytes
    }
}

impl VideoSource for ScreenSource {
    fn describe(&self) -> String {
        self.grabber.label()
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        let now = Instant::now();
        let wait = self.due.saturating_duration_since(now);
        if wait > timeout {
            std::thread::sleep(timeout);
            return Ok(None);
        }
        std::thread::sleep(wait);
        // A late reader misses beats instead of catching up.
        self.due = (self.due + self.gap).max(now);
        self.picture()
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => text.parse().ok(),
    }
    .filter(|number| *number != 0)
}

#[cfg(test)]
mod tests;
