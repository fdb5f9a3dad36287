//! Frame sink of a test client: counts frames and keeps some.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use bellwire_engine::media::{FrameSink, VideoFrame};

/// A [`FrameSink`] with a memory.
#[derive(Debug, Default)]
pub struct Screen {
    state: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    count: u64,
    last: Option<VideoFrame>,
    keep: usize,
    kept: Vec<VideoFrame>,
}

impl FrameSink for Screen {
    fn frame(&self, frame: VideoFrame) {
        let mut seen = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        seen.count += 1;
        if seen.kept.len() < seen.keep {
            seen.kept.push(frame.clone());
        }
        seen.last = Some(frame);
    }
}

impl Screen {
    fn with<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Pictures seen so far.
    pub fn count(&self) -> u64 {
        self.with(|s| s.count)
    }

    pub fn last(&self) -> Option<VideoFrame> {
        self.with(|s| s.last.clone())
    }

    /// Keeps the next `n` pictures.
    pub fn keep(&self, n: usize) {
        self.with(|s| {
            s.kept.clear();
            s.keep = n;
        });
    }

    pub fn kept(&self) -> Vec<VideoFrame> {
        self.with(|s| s.kept.clone())
    }

    /// Waits until `more` further pictures were seen.
    pub async fn see(&self, more: u64) -> anyhow::Result<()> {
        let goal = self.count() + more;
        let end = tokio::time::Instant::now() + crate::WAIT_LIMIT;
        while self.count() < goal {
            ensure!(tokio::time::Instant::now() < end, "saw {} of {goal} pictures", self.count());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
