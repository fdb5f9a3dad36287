//! Frame sinks of a test client: they count frames and keep some.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use bellwire_engine::media::{FrameSink, VideoFrame};
use bellwire_engine::{CallId, MemberId, MemberScreens};

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

/// A screen for each member of a call, and one that shows whoever sent the last picture.
#[derive(Debug, Default)]
pub struct TestScreens {
    anybody: Arc<Screen>,
    members: Mutex<BTreeMap<MemberId, Arc<Screen>>>,
}

impl TestScreens {
    pub fn anybody(&self) -> Arc<Screen> {
        self.anybody.clone()
    }

    /// Of a member of the newest call; empty until their first picture.
    pub fn of(&self, member: MemberId) -> Arc<Screen> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).entry(member).or_default().clone()
    }
}

impl MemberScreens for TestScreens {
    fn screen(&self, _call: CallId, member: MemberId) -> Arc<dyn FrameSink> {
        Arc::new(Both(self.of(member), self.anybody()))
    }

    fn left(&self, _call: CallId, member: MemberId) {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).remove(&member);
    }
}

struct Both(Arc<Screen>, Arc<Screen>);

impl FrameSink for Both {
    fn frame(&self, frame: VideoFrame) {
        self.0.frame(frame.clone());
        self.1.frame(frame);
    }
}
