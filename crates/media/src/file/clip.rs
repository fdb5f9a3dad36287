//! A clip on the clock: plays in a loop from a start instant, and always shows what is due now.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::reader::{Clip, ClipReader};
use crate::{SourceError, VideoFrame, VideoSource};

/// Plays a file as if it were a camera.
#[derive(Debug)]
pub struct ClipSource {
    label: String,
    clip: Arc<Clip>,
    reader: ClipReader,
    start: Instant,
    /// How many times the clip has been played to its end.
    rounds: u32,
    /// Decoded, not yet due.
    next: Option<(Instant, VideoFrame)>,
}

impl ClipSource {
    /// Opens the file and stands where it would be by now, had it been started at `start`.
    pub fn open(path: &Path, start: Instant) -> Result<Self, SourceError> {
        let clip = Arc::new(Clip::open(path)?);
        let label = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let mut reader = ClipReader::new(clip.clone())?;
        let elapsed = Instant::now().saturating_duration_since(start);
        let length = clip.loop_length().as_nanos().max(1);
        let rounds = u32::try_from(elapsed.as_nanos() / length).unwrap_or(0);
        reader.skip_to(elapsed.saturating_sub(clip.loop_length().saturating_mul(rounds)))?;
        Ok(Self { label, clip, reader, start, rounds, next: None })
    }

    /// The picture that comes next, decoded, with the instant it is due.
    fn peek(&mut self) -> Result<&(Instant, VideoFrame), SourceError> {
        let next = match self.next.take() {
            Some(next) => next,
            None => self.read()?,
        };
        Ok(self.next.insert(next))
    }

    fn read(&mut self) -> Result<(Instant, VideoFrame), SourceError> {
        // Twice: the end of a round, and the first picture of the next.
        for _ in 0..2 {
            if let Some((shown, frame)) = self.reader.next_picture()? {
                return Ok((self.start + self.clip.loop_length().saturating_mul(self.rounds) + shown, frame));
            }
            self.rounds += 1;
            self.reader = ClipReader::new(self.clip.clone())?;
        }
        Err(SourceError::Failed("the file has no picture that can be decoded".into()))
    }
}

impl VideoSource for ClipSource {
    fn describe(&self) -> String {
        self.label.clone()
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        let began = Instant::now();
        let due = self.peek()?.0;
        let wait = due.saturating_duration_since(Instant::now());
        if wait > timeout {
            std::thread::sleep(timeout.saturating_sub(began.elapsed()));
            return Ok(None);
        }
        std::thread::sleep(wait);
        // After a pause only the newest of the pictures due is shown.
        let mut newest = None;
        while self.peek()?.0 <= Instant::now() {
            newest = self.next.take();
            if began.elapsed() > timeout.max(Duration::from_millis(50)) {
                break;
            }
        }
        Ok(newest.map(|(due, frame)| VideoFrame { at: due, ..frame }))
    }
}
