//! Test pattern source for tests, demonstrations, and machines without a camera. The frame number is drawn in
//! squares that survive any codec.

use std::time::{Duration, Instant};

use super::source::VideoFormat;
use crate::video::image::Planes;
use crate::{SourceError, VideoFrame, VideoSource};

/// The number is written in a grid of squares over the upper left of the picture.
const COLUMNS: u32 = 8;
const ROWS: u32 = 4;
/// A square is this fraction of the picture's width and height.
const SQUARE_OF_WIDTH: u32 = 16;
const SQUARE_OF_HEIGHT: u32 = 12;
const NUMBER_BITS: u32 = 24;
const BLACK: u8 = 16;
const WHITE: u8 = 235;

/// The number drawn into a picture of `test:pattern`, modulo 2^24; `None` when there is none to read.
pub fn read_frame_number(frame: &VideoFrame) -> Option<u32> {
    let planes = Planes::of(frame)?;
    let mut bits = 0u32;
    for index in 0..COLUMNS * ROWS {
        let (x, y, width, height) = square(frame.width, frame.height, index);
        let (mut sum, mut count) = (0u64, 0u64);
        // Only the middle counts: codecs smear edges.
        for row in y + height / 4..y + height - height / 4 {
            let line = row as usize * frame.width as usize;
            let middle = line + (x + width / 4) as usize..line + (x + width - width / 4) as usize;
            for &luma in planes.y.get(middle)? {
                sum += u64::from(luma);
                count += 1;
            }
        }
        let mean = sum.checked_div(count)?;
        bits = bits << 1 | u32::from(mean > u64::from(BLACK.midpoint(WHITE)));
    }
    let number = bits >> (32 - NUMBER_BITS);
    (with_check(number) == bits).then_some(number)
}

/// 24 bits of number and 8 that make sure a picture without one is not misread.
fn with_check(number: u32) -> u32 {
    let number = number & ((1 << NUMBER_BITS) - 1);
    let [_, a, b, c] = number.to_be_bytes();
    let check = a.wrapping_mul(31) ^ b.wrapping_mul(17) ^ c ^ 0xa5;
    number << 8 | u32::from(check)
}

/// Left, top, width and height of one square, in pixels.
fn square(width: u32, height: u32, index: u32) -> (u32, u32, u32, u32) {
    let (w, h) = (width / SQUARE_OF_WIDTH, height / SQUARE_OF_HEIGHT);
    ((index % COLUMNS) * w, (index / COLUMNS) * h, w, h)
}

/// `rrggbb` as red, green and blue.
pub(crate) fn parse_colour(text: &str) -> Option<[u8; 3]> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(text, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// BT.601, limited range.
fn to_yuv([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = [red, green, blue].map(f32::from);
    [
        (16.0 + 0.257 * r + 0.504 * g + 0.098 * b).round() as u8,
        (128.0 - 0.148 * r - 0.291 * g + 0.439 * b).round() as u8,
        (128.0 + 0.439 * r - 0.368 * g - 0.071 * b).round() as u8,
    ]
}

/// Pictures on a fixed beat from a start instant; a late reader is given the newest and misses the rest.
#[derive(Debug)]
pub(crate) struct PatternSource {
    width: u32,
    height: u32,
    fps: u32,
    start: Instant,
    next: u64,
    colour: Option<[u8; 3]>,
}

impl PatternSource {
    pub(crate) fn moving_bars(format: VideoFormat, start: Instant) -> Self {
        Self::new(format, start, None)
    }

    pub(crate) fn solid(format: VideoFormat, start: Instant, colour: [u8; 3]) -> Self {
        Self::new(format, start, Some(colour))
    }

    fn new(format: VideoFormat, start: Instant, colour: Option<[u8; 3]>) -> Self {
        Self {
            width: (format.width & !1).clamp(64, 4096),
            height: (format.height & !1).clamp(64, 2304),
            fps: format.fps.clamp(1, 60),
            start,
            next: 0,
            colour,
        }
    }

    /// When picture `number` is due.
    fn due(&self, number: u64) -> Instant {
        self.start + Duration::from_nanos(number.saturating_mul(1_000_000_000 / u64::from(self.fps)))
    }

    /// Draws picture `number`.
    pub(crate) fn draw(&self, number: u64) -> VideoFrame {
        let i420 = match self.colour {
            None => draw_bars(self.width, self.height, number),
            Some(colour) => draw_solid(self.width, self.height, number, colour),
        };
        let (width, height) = (self.width, self.height);
        VideoFrame { width, height, i420: i420.into(), at: self.due(number), timestamp: 0 }
    }
}

impl VideoSource for PatternSource {
    fn describe(&self) -> String {
        match self.colour {
            None => "Test pattern".into(),
            Some(_) => "Test colour".into(),
        }
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        let elapsed = Instant::now().saturating_duration_since(self.start).as_nanos();
        let newest =
            u64::try_from(elapsed / u128::from(1_000_000_000 / u64::from(self.fps))).unwrap_or(u64::MAX);
        self.next = self.next.max(newest);
        let wait = self.due(self.next).saturating_duration_since(Instant::now());
        if wait > timeout {
            std::thread::sleep(timeout);
            return Ok(None);
        }
        std::thread::sleep(wait);
        let frame = self.draw(self.next);
        self.next += 1;
        Ok(Some(frame))
    }
}

/// Paints rectangles into an I420 buffer; coordinates are cut to even pixels inside the picture.
struct Canvas {
    width: usize,
    height: usize,
    i420: Vec<u8>,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { width, height, i420: vec![128; width * height * 3 / 2] }
    }

    fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, [luma, u, v]: [u8; 3]) {
        let (left, top) = ((x as usize & !1).min(self.width), (y as usize & !1).min(self.height));
        let right = ((x + width) as usize & !1).min(self.width);
        let bottom = ((y + height) as usize & !1).min(self.height);
        for row in top..bottom {
            self.i420[row * self.width + left..row * self.width + right].fill(luma);
        }
        let size = self.width * self.height;
        for (plane, value) in [(size, u), (size + size / 4, v)] {
            for row in top / 2..bottom / 2 {
                let line = plane + row * (self.width / 2);
                self.i420[line + left / 2..line + right / 2].fill(value);
            }
        }
    }
}

fn draw_bars(width: u32, height: u32, number: u64) -> Vec<u8> {
    const COLOURS: [[u8; 3]; 8] = [
        [235, 235, 235],
        [220, 220, 20],
        [20, 220, 220],
        [20, 200, 40],
        [210, 30, 200],
        [210, 40, 30],
        [40, 50, 210],
        [40, 40, 40],
    ];
    let mut canvas = Canvas::new(width, height);
    let bar = (width / 8).max(2);
    let shift = (number.wrapping_mul(4) % u64::from(bar * 8)) as u32;
    for (index, colour) in (0u32..).zip(COLOURS) {
        let left = (index * bar + shift) % (bar * 8);
        canvas.fill(left, 0, bar, height, to_yuv(colour));
        // What leaves on the right comes in on the left.
        if left + bar > bar * 8 {
            canvas.fill(0, 0, left + bar - bar * 8, height, to_yuv(colour));
        }
    }
    if width > bar * 8 {
        canvas.fill(bar * 8, 0, width - bar * 8, height, to_yuv([90, 90, 90]));
    }
    let bits = with_check((number & u64::from(u32::MAX)) as u32);
    for index in 0..COLUMNS * ROWS {
        let (x, y, w, h) = square(width, height, index);
        let luma = if bits >> (31 - index) & 1 == 1 { WHITE } else { BLACK };
        // One pixel more than a square, since rounding to even pixels could leave a gap.
        canvas.fill(x, y, w + 1, h + 1, [luma, 128, 128]);
    }
    canvas.i420
}

fn draw_solid(width: u32, height: u32, number: u64, colour: [u8; 3]) -> Vec<u8> {
    let mut canvas = Canvas::new(width, height);
    canvas.fill(0, 0, width, height, to_yuv(colour));
    let side = (height / 6).max(2);
    let range = u64::from((width - side.min(width - 2)).max(2));
    // To the right edge and back.
    let position = number.wrapping_mul(4) % (2 * range);
    let left = if position < range { position } else { 2 * range - position } as u32;
    let inverse = colour.map(|part| if part > 127 { 0 } else { 255 });
    canvas.fill(left, (height - side) / 2, side, side, to_yuv(inverse));
    canvas.i420
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::image::scale_to_fit;

    fn pattern(width: u32, height: u32) -> PatternSource {
        PatternSource::moving_bars(VideoFormat { width, height, fps: 30 }, Instant::now())
    }

    #[test]
    fn numbers_are_read_back_at_any_size() {
        for (width, height) in [(1280, 720), (640, 480), (320, 180), (176, 144), (360, 640)] {
            for number in [0, 1, 2, 255, 256, 4711, 0xff_ffff] {
                let frame = pattern(width, height).draw(number);
                assert_eq!(read_frame_number(&frame), Some(number as u32), "{width}x{height}");
            }
        }
        assert_eq!(read_frame_number(&scale_to_fit(&pattern(1280, 720).draw(99), 320, 180)), Some(99));
    }

    #[test]
    fn other_pictures_have_no_number() {
        let solid = PatternSource::solid(VideoFormat::default(), Instant::now(), [255, 0, 0]);
        assert_eq!(read_frame_number(&solid.draw(5)), None);
        assert_ne!(solid.draw(5).i420, solid.draw(6).i420);
        let empty = VideoFrame { i420: Vec::new().into(), ..solid.draw(0) };
        assert_eq!(read_frame_number(&empty), None);
    }

    #[test]
    fn pictures_carry_the_beat_whenever_they_are_read() {
        let start = Instant::now() - Duration::from_secs(10);
        let format = VideoFormat { width: 64, height: 64, fps: 25 };
        let mut source = PatternSource::moving_bars(format, start);
        let mut last = 249;
        for _ in 0..5 {
            let frame = source.next_frame(Duration::from_secs(5)).expect("a pattern never fails");
            let frame = frame.expect("the next beat is 40 ms away");
            let number = read_frame_number(&frame).expect("a pattern has a number");
            assert!(number > last, "{number} after {last}");
            assert_eq!(frame.at, start + Duration::from_millis(40) * number);
            last = number;
        }
    }

    #[test]
    fn colours_are_six_hex_digits() {
        assert_eq!(parse_colour("ff8000"), Some([255, 128, 0]));
        for wrong in ["", "fff", "gggggg", "+12345", "ff80001"] {
            assert_eq!(parse_colour(wrong), None);
        }
    }
}
