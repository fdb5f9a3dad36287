//! Video source that plays a file in a loop from a start instant and always shows the frame that is due. Its
//! own thread reads and decodes; the reader never waits for the file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use super::reader::{Mp4Video, Mp4VideoReader, Step};
use crate::thread::Thread;
use crate::{SourceError, VideoFrame, VideoSource};

/// Pictures decoded ahead.
const FRAMES_AHEAD: usize = 3;
/// How long opening may block its caller, so that most errors are returned at once.
const OPEN_TIMEOUT: Duration = Duration::from_millis(500);

/// A picture and when it is due, or why there is none.
type Decoded = Result<(Instant, VideoFrame), SourceError>;

/// Video source of a file.
#[derive(Debug)]
pub struct FileSource {
    label: String,
    /// `None` once this is dropped.
    pictures: Option<Receiver<Decoded>>,
    /// Decoded, not yet due.
    next: Option<(Instant, VideoFrame)>,
    stop: Arc<AtomicBool>,
    thread: Option<Thread>,
}

impl FileSource {
    /// Opens the file and stands where it would be by now, had it been started at `start`. A file that
    /// takes long to open is opened in the background; its errors then come with its pictures.
    pub fn open(path: &Path, start: Instant) -> Result<Self, SourceError> {
        let label = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let (out, pictures) = sync_channel(FRAMES_AHEAD);
        let (opened, answer) = sync_channel(1);
        let (path, stopped) = (path.to_path_buf(), stop.clone());
        let body = move || match Mp4Video::open(&path) {
            Ok(clip) => {
                let _ = opened.send(None);
                if let Err(error) = play(&Arc::new(clip), start, &out, &stopped) {
                    let _ = out.send(Err(error));
                }
            }
            Err(error) => {
                // The one who waits takes it; otherwise the one who looks for pictures.
                if let Err(error) = opened.send(Some(error)) {
                    let _ = error.0.map(|error| out.send(Err(error)));
                }
            }
        };
        let thread = Some(Thread::spawn("media-file", body));
        let this = Self { label, pictures: Some(pictures), next: None, stop, thread };
        match answer.recv_timeout(OPEN_TIMEOUT) {
            Ok(Some(error)) => Err(error),
            Ok(None) | Err(_) => match answer.try_recv() {
                Ok(Some(error)) => Err(error),
                Ok(None) | Err(_) => Ok(this),
            },
        }
    }

    fn peek(&mut self, timeout: Duration) -> Result<Option<Instant>, SourceError> {
        if self.next.is_none() {
            let came = match &self.pictures {
                Some(pictures) if timeout.is_zero() => pictures.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                }),
                Some(pictures) => pictures.recv_timeout(timeout),
                None => Err(RecvTimeoutError::Disconnected),
            };
            self.next = match came {
                Ok(decoded) => Some(decoded?),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(SourceError::Failed("the file could not be read on".into()));
                }
            };
        }
        Ok(self.next.as_ref().map(|(due, _)| *due))
    }
}

/// Decodes round after round until the source is dropped.
fn play(
    clip: &Arc<Mp4Video>,
    start: Instant,
    out: &SyncSender<Decoded>,
    stop: &AtomicBool,
) -> Result<(), SourceError> {
    let mut reader = Mp4VideoReader::new(clip.clone())?;
    let elapsed = Instant::now().saturating_duration_since(start);
    let length = clip.loop_length();
    let mut rounds = u32::try_from(elapsed.as_nanos() / length.as_nanos().max(1)).unwrap_or(0);
    reader.skip_to(elapsed.saturating_sub(length.saturating_mul(rounds)))?;
    // Twice nothing: the rest of a round and a whole one.
    let mut fruitless = 0;
    while !stop.load(Ordering::Acquire) {
        match reader.step()? {
            Step::Picture(shown, frame) => {
                fruitless = 0;
                let due = start + length.saturating_mul(rounds) + shown;
                if out.send(Ok((due, frame))).is_err() {
                    return Ok(());
                }
            }
            Step::Nothing => {}
            Step::End => {
                fruitless += 1;
                if fruitless == 3 {
                    return Err(SourceError::Failed("the file has no picture that can be decoded".into()));
                }
                rounds += 1;
                reader = Mp4VideoReader::new(clip.clone())?;
            }
        }
    }
    Ok(())
}

impl VideoSource for FileSource {
    fn describe(&self) -> String {
        self.label.clone()
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        let began = Instant::now();
        let Some(due) = self.peek(timeout)? else { return Ok(None) };
        let left = timeout.saturating_sub(began.elapsed());
        let wait = due.saturating_duration_since(Instant::now());
        if wait > left {
            std::thread::sleep(left);
            return Ok(None);
        }
        std::thread::sleep(wait);
        // After a pause only the newest of the pictures due is shown.
        let mut newest = None;
        while self.peek(Duration::ZERO)?.is_some_and(|due| due <= Instant::now()) {
            newest = self.next.take();
            if began.elapsed() > timeout.max(Duration::from_millis(50)) {
                break;
            }
        }
        Ok(newest.map(|(due, frame)| VideoFrame { at: due, ..frame }))
    }

    fn is_ready(&self) -> bool {
        self.next.is_some()
    }
}

impl Drop for FileSource {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.pictures = None;
        // It ends with the picture it works on, or whenever the file answers.
        if let Some(thread) = self.thread.take() {
            thread.detach();
        }
    }
}
