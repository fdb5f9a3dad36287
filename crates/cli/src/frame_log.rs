//! Frame log: a line for each picture sent and shown, for measurements from outside.
//!
//! A line is `side,handed_us,at_us,width,height,strip`: `own` or `remote`; when the picture was handed to its
//! view and when it was captured or due, both in microseconds of Unix time; its size in pixels; and the mean
//! brightness of twenty fields along its top edge as two hexadecimal digits each. A film with a number
//! drawn there tells which of its frames was seen, and when.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{LineWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bellwire_engine::Screens;
use bellwire_engine::media::{FrameSink, VideoFrame};

/// Fields along the top edge of a picture.
const CELLS: usize = 20;
/// Their height as a fraction of the picture's.
const STRIP_HEIGHT: f64 = 1.0 / 18.0;
/// Part of a field that is not looked at, on each side: a codec blurs edges.
const MARGIN: f64 = 0.3;

/// Discards pictures: a bot has no window.
struct NullSink;

impl FrameSink for NullSink {
    fn frame(&self, _: VideoFrame) {}
}

/// Screens that keep nothing, or log to a file what they are shown.
pub(crate) fn screens(log: Option<&Path>) -> std::io::Result<Screens> {
    let Some(path) = log else {
        return Ok(Screens::of_two(Arc::new(NullSink), Arc::new(NullSink)));
    };
    let file = Arc::new(Mutex::new(LineWriter::new(File::create(path)?)));
    let clock = Clock { instant: Instant::now(), unix: SystemTime::now() };
    let sink = |side| Arc::new(FrameLog { side, clock, file: file.clone() });
    Ok(Screens::of_two(sink("own"), sink("remote")))
}

/// Two clocks read at once.
#[derive(Clone, Copy)]
struct Clock {
    instant: Instant,
    unix: SystemTime,
}

impl Clock {
    fn unix_us(&self, at: Instant) -> i128 {
        let zero = self.unix.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as i128;
        let since = at.saturating_duration_since(self.instant).as_micros() as i128;
        zero + since - self.instant.saturating_duration_since(at).as_micros() as i128
    }
}

struct FrameLog {
    side: &'static str,
    clock: Clock,
    file: Arc<Mutex<LineWriter<File>>>,
}

impl FrameSink for FrameLog {
    fn frame(&self, frame: VideoFrame) {
        let (handed, at) = (self.clock.unix_us(Instant::now()), self.clock.unix_us(frame.at));
        let VideoFrame { width, height, .. } = frame;
        let mut line = format!("{},{handed},{at},{width},{height},", self.side);
        for cell in strip(&frame) {
            let _ = write!(line, "{cell:02x}");
        }
        // A full disk is noticed by whoever reads the log. Some sixty lines a second.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{line}");
    }
}

/// Mean brightness of the fields along the top edge.
fn strip(frame: &VideoFrame) -> [u8; CELLS] {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let (cell_width, cell_height) = (width as f64 / CELLS as f64, height as f64 * STRIP_HEIGHT);
    let rows = span(0.0, cell_height, height);
    std::array::from_fn(|cell| {
        let columns = span(cell as f64 * cell_width, cell_width, width);
        let pixels = rows.clone().flat_map(|row| columns.clone().map(move |column| row * width + column));
        let (sum, count) = pixels
            .filter_map(|at| frame.i420.get(at))
            .fold((0_u32, 0_u32), |(sum, count), luma| (sum + u32::from(*luma), count + 1));
        (sum / count.max(1)) as u8
    })
}

/// The inner part of a field, at least one pixel.
fn span(from: f64, length: f64, end: usize) -> std::ops::Range<usize> {
    let first = (from + length * MARGIN) as usize;
    first..((from + length * (1.0 - MARGIN)) as usize).max(first + 1).min(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_top_edge_are_read_at_any_size() {
        for (width, height) in [(1280_u32, 720_u32), (320, 180), (160, 90)] {
            let (w, h) = (width as usize, height as usize);
            let mut i420 = vec![128_u8; w * h * 3 / 2];
            for (at, luma) in i420.iter_mut().take(w * h / 18).enumerate() {
                *luma = if ((at % w) * CELLS / w).is_multiple_of(3) { 235 } else { 16 };
            }
            let frame = VideoFrame { width, height, i420: i420.into(), at: Instant::now(), timestamp: 0 };
            let expected: Vec<u8> = (0..CELLS).map(|cell| if cell % 3 == 0 { 235 } else { 16 }).collect();
            assert_eq!(strip(&frame).to_vec(), expected, "{width}x{height}");
        }
    }

    #[test]
    fn instants_before_the_log_began_have_a_time_too() {
        let now = Instant::now();
        let clock = Clock { instant: now, unix: UNIX_EPOCH + std::time::Duration::from_secs(5) };
        assert_eq!(clock.unix_us(now), 5_000_000);
        let earlier = now.checked_sub(std::time::Duration::from_secs(1)).unwrap();
        assert_eq!(clock.unix_us(earlier), 4_000_000);
    }
}
