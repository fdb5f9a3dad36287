//! Player of a sound file into a call. Its own thread opens, reads and decodes a little ahead; the reader
//! never waits for the file or for that thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Instant;

use super::FRAME;
use super::sound_clip::SoundError;
use super::sound_file::{SAMPLE_RATE_HZ, SoundFile};
use crate::DeviceProblem;
use crate::file::open_file;
use crate::thread::Thread;

/// Samples handed over together: 50 ms.
const CHUNK_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 20;
/// Pieces read ahead: 2 s.
const CHUNKS_AHEAD: usize = 40;
/// So far behind what is wanted, the reader jumps instead of reading up to there.
const SEEK_THRESHOLD_SAMPLES: u64 = SAMPLE_RATE_HZ as u64;

/// Sound, and where it belongs, in samples since the file's first beginning.
struct Chunk {
    at: u64,
    samples: Vec<f32>,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.at.saturating_add(self.samples.len() as u64)
    }
}

type Read = Result<Chunk, DeviceProblem>;

/// See the module.
pub(super) struct FilePlayer {
    /// `None` once this is dropped.
    pieces: Option<Receiver<Read>>,
    front: Option<Chunk>,
    /// The listener's position.
    wanted: Arc<AtomicU64>,
    failed: Option<DeviceProblem>,
    thread: Option<Thread>,
}

impl FilePlayer {
    /// Plays what `find` finds in a loop, as if begun at `start`.
    pub(super) fn start(find: impl FnOnce() -> Option<PathBuf> + Send + 'static, start: Instant) -> Self {
        let (out, pieces) = sync_channel(CHUNKS_AHEAD);
        let passed = Instant::now().saturating_duration_since(start).as_micros() * 48 / 1000;
        let wanted = Arc::new(AtomicU64::new(u64::try_from(passed).unwrap_or(u64::MAX / 4)));
        let reader = wanted.clone();
        let thread = Thread::spawn("media-file-sound", move || {
            let opened = find().ok_or(SoundError::Silent).and_then(|path| Ok(open_file(&path)?));
            let played = opened.and_then(|file| {
                let sound = SoundFile::open(Box::new(file))?;
                run(sound, &out, &reader)
            });
            if let Err(error) = played {
                tracing::warn!(%error, "The sound file to send cannot be played");
                let _ = out.send(Err(error.problem()));
            }
        });
        Self { pieces: Some(pieces), front: None, wanted, failed: None, thread: Some(thread) }
    }

    /// 10 ms from `position` on; silence where the file was not read in time. Fails once it cannot be.
    pub(super) fn read(&mut self, position: u64, frame: &mut [f32; FRAME]) -> Result<(), DeviceProblem> {
        self.wanted.store(position, Ordering::Relaxed);
        frame.fill(0.0);
        let end = position + FRAME as u64;
        loop {
            if self.front.as_ref().is_none_or(|front| front.end() <= position) && !self.advance()? {
                return Ok(());
            }
            let Some(front) = &self.front else { return Ok(()) };
            let (from, to) = (front.at.max(position), front.end().min(end));
            if from < to {
                let sound = &front.samples[(from - front.at) as usize..(to - front.at) as usize];
                frame[(from - position) as usize..(to - position) as usize].copy_from_slice(sound);
            }
            if front.end() >= end {
                return Ok(());
            }
            if !self.advance()? {
                return Ok(());
            }
        }
    }

    /// Takes the next piece, if it is there.
    fn advance(&mut self) -> Result<bool, DeviceProblem> {
        if let Some(problem) = self.failed {
            return Err(problem);
        }
        let Some(pieces) = &self.pieces else { return Err(DeviceProblem::Failed) };
        let came = match pieces.try_recv() {
            Ok(came) => came,
            Err(TryRecvError::Empty) => return Ok(false),
            // The thread panicked: a decoder met what it did not expect.
            Err(TryRecvError::Disconnected) => Err(DeviceProblem::Failed),
        };
        match came {
            Ok(piece) => self.front = Some(piece),
            Err(problem) => self.failed = Some(problem),
        }
        self.failed.map_or(Ok(true), Err)
    }

    /// Waits until the file was read up to a sample, or cannot be.
    #[cfg(test)]
    pub(super) fn wait_for(&mut self, position: u64) {
        self.wanted.store(position, Ordering::Relaxed);
        while self.front.as_ref().is_none_or(|front| front.end() <= position) {
            match self.pieces.as_ref().map(Receiver::recv) {
                Some(Ok(Ok(piece))) => self.front = Some(piece),
                Some(Ok(Err(problem))) => return self.failed = Some(problem),
                Some(Err(_)) | None => return self.failed = Some(DeviceProblem::Failed),
            }
        }
    }
}

impl Drop for FilePlayer {
    fn drop(&mut self) {
        // The reader ends with its next piece, or whenever the file answers.
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            thread.detach();
        }
    }
}

/// Reads round after round until the listener is gone.
fn run(mut sound: SoundFile, out: &SyncSender<Read>, wanted: &AtomicU64) -> Result<(), SoundError> {
    let length = sound.length;
    let mut round = 0;
    let mut waiting = Chunk { at: 0, samples: Vec::new() };
    let mut reached = 0;
    // Rounds in which there was nothing to be heard.
    let mut fruitless = 0;
    loop {
        let position = wanted.load(Ordering::Relaxed);
        if position > reached + SEEK_THRESHOLD_SAMPLES {
            round = position / length;
            sound.seek(position % length)?;
            waiting.samples.clear();
            reached = position;
        }
        let mut samples = Vec::with_capacity(CHUNK_SAMPLES);
        let Some(at) = sound.next(&mut samples)? else {
            fruitless += 1;
            if fruitless == 3 {
                return Err(SoundError::Silent);
            }
            round += 1;
            reached = reached.max(round * length);
            sound.seek(0)?;
            continue;
        };
        if samples.is_empty() {
            continue;
        }
        fruitless = 0;
        let piece = Chunk { at: round * length + at, samples };
        reached = reached.max(piece.end());
        if waiting.end() == piece.at && !waiting.samples.is_empty() {
            waiting.samples.extend_from_slice(&piece.samples);
        } else {
            let before = std::mem::replace(&mut waiting, piece);
            if !before.samples.is_empty() && out.send(Ok(before)).is_err() {
                return Ok(());
            }
        }
        if waiting.samples.len() >= CHUNK_SAMPLES {
            let full = std::mem::replace(&mut waiting, Chunk { at: 0, samples: Vec::new() });
            if out.send(Ok(full)).is_err() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom};
    use std::time::Duration;

    use super::*;

    fn start(path: PathBuf) -> FilePlayer {
        FilePlayer::start(move || Some(path), Instant::now())
    }

    #[test]
    fn every_file_that_cannot_be_played_says_so_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let review = crate::test_files::in_crate("src/file/testdata/review");
        let empty = folder.path().join("empty.wav");
        std::fs::write(&empty, "").unwrap();
        let broken = folder.path().join("broken.mp4");
        std::fs::write(&broken, "this is no film, however long one listens").unwrap();
        for (path, problem) in [
            (folder.path().join("none.wav"), DeviceProblem::Missing),
            (folder.path().to_path_buf(), DeviceProblem::Failed),
            (empty, DeviceProblem::Failed),
            (broken, DeviceProblem::Failed),
            // It has no sound.
            (review.join("rotated90.mp4"), DeviceProblem::Failed),
        ] {
            let shown = path.display().to_string();
            let mut player = start(path);
            player.wait_for(0);
            let mut frame = [1.0; FRAME];
            assert_eq!(player.read(0, &mut frame), Err(problem), "{shown}");
            assert_eq!(frame, [0.0; FRAME]);
        }
    }

    #[test]
    fn a_film_with_a_box_of_no_size_is_heard() {
        let review = crate::test_files::in_crate("src/file/testdata/review");
        let mut player = start(review.join("zero-box.mp4"));
        player.wait_for(100);
        assert_eq!(player.read(100, &mut [0.0; FRAME]), Ok(()));
    }

    /// Answers once the other end was dropped.
    struct Stuck(Receiver<()>, Cursor<Vec<u8>>);

    impl Read for Stuck {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Err(ErrorKind::TimedOut.into())
        }
    }

    impl Seek for Stuck {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.1.seek(to)
        }
    }

    #[test]
    fn a_disk_that_does_not_answer_keeps_nobody() {
        let (held, disk) = sync_channel::<()>(1);
        let find = move || {
            // As a read of a disk that is gone.
            let _ = Stuck(disk, Cursor::new(Vec::new())).read(&mut [0]);
            None
        };
        let mut player = FilePlayer::start(find, Instant::now());
        let mut frame = [1.0; FRAME];
        assert_eq!(player.read(0, &mut frame), Ok(()));
        assert_eq!(frame, [0.0; FRAME]);
        // If this waited, the test would never end: what it waits for comes after it.
        drop(player);
        drop(held);
    }

    #[test]
    fn rounds_follow_each_other_and_a_late_listener_is_caught_up_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        (0..5_000).for_each(|n| writer.write_sample(n as f32 / 5_000.0).unwrap());
        writer.finalize().unwrap();
        // Begun an hour ago.
        let begun = Instant::now().checked_sub(Duration::from_secs(3600)).unwrap();
        let mut player = FilePlayer::start(move || Some(path), begun);
        let hour = 3600 * 48_000;
        let mut frame = [0.0; FRAME];
        for position in [hour + 10_000, hour + 14_990, hour + 5_000_000] {
            player.wait_for(position + FRAME as u64);
            player.wanted.store(position, Ordering::Relaxed);
        }
        let position = hour + 10_000_000;
        player.wait_for(position);
        assert_eq!(player.read(position, &mut frame), Ok(()));
        let wanted = (position % 5_000) as f32 / 5_000.0;
        assert!((frame[0] - wanted).abs() < 1e-4, "{} is not {wanted}", frame[0]);
    }
}
