//! Test bench that runs the pipeline in stepped time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Input, Pipeline, Shared, VideoReceiverConfig};
use crate::codec::Unplayable;
use crate::video::{VideoReceiverStats, read_frame_number};
use crate::{Codec, FrameSink, Packet, PictureFeedback, VideoFrame};

/// A picture as it was shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) number: Option<u32>,
    pub(crate) timestamp: u32,
    /// Since its last packet came.
    pub(crate) delay: Duration,
    /// Of all its samples.
    pub(crate) hash: u64,
}

/// Tells pictures apart that differ in any sample.
pub(crate) fn hash(frame: &VideoFrame) -> u64 {
    let mut hasher = DefaultHasher::new();
    frame.i420.hash(&mut hasher);
    hasher.finish()
}

struct View {
    start: Instant,
    now: Arc<Mutex<Instant>>,
    seen: Mutex<Vec<Seen>>,
}

impl FrameSink for View {
    fn frame(&self, frame: VideoFrame) {
        let now = *self.now.lock().expect("no panic");
        self.seen.lock().expect("no panic").push(Seen {
            number: read_frame_number(&frame),
            timestamp: frame.timestamp,
            delay: now.saturating_duration_since(frame.at),
            hash: hash(&frame),
        });
    }
}

pub(crate) struct Bench {
    pipeline: Pipeline,
    view: Arc<View>,
    requests: Arc<AtomicU32>,
    feedback: Arc<Mutex<Vec<PictureFeedback>>>,
    unplayable: Arc<Mutex<Vec<Option<Unplayable>>>>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let start = Instant::now();
        let now = Arc::new(Mutex::new(start));
        let view = Arc::new(View { start, now, seen: Mutex::default() });
        let (requests, unplayable) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
        let feedback: Arc<Mutex<Vec<PictureFeedback>>> = Arc::default();
        let (count, list, told) = (requests.clone(), unplayable.clone(), feedback.clone());
        let config = VideoReceiverConfig {
            clock: None,
            sink: view.clone(),
            key_frame_wanted: Arc::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
            }),
            picture_feedback: Arc::new(move |feedback| told.lock().expect("no panic").push(feedback)),
            unplayable: Arc::new(move |why| list.lock().expect("no panic").push(why)),
        };
        let pipeline = Pipeline::new(config, Arc::new(Shared::default()));
        Self { pipeline, view, requests, feedback, unplayable }
    }

    /// Takes in packets that come `at` after the start; `arrived` is set.
    pub(crate) fn receive(&mut self, at: Duration, codec: Codec, packets: impl IntoIterator<Item = Packet>) {
        self.wait_until(at);
        let arrived = self.view.start + at;
        let inputs = packets.into_iter().map(|packet| Input::Packet(codec, Packet { arrived, ..packet }));
        self.step(inputs.collect(), arrived);
    }

    pub(crate) fn describe(&mut self, sets: Bytes) {
        self.step(vec![Input::Sets(sets)], self.view.start);
    }

    pub(crate) fn begin_anew(&mut self) {
        let now = *self.view.now.lock().expect("no panic");
        self.step(vec![Input::Anew], now);
    }

    /// Whether anybody looks.
    pub(crate) fn set_visible(&mut self, visible: bool) {
        self.pipeline.set_hidden(!visible);
        let now = *self.view.now.lock().expect("no panic");
        self.step(Vec::new(), now);
    }

    /// Lets time pass.
    pub(crate) fn wait_until(&mut self, at: Duration) {
        let until = self.view.start + at;
        while let Some(deadline) = self.pipeline.deadline().filter(|deadline| *deadline <= until) {
            self.step(Vec::new(), deadline);
            assert!(self.pipeline.deadline() != Some(deadline), "a deadline at which nothing happens");
        }
    }

    fn step(&mut self, inputs: Vec<Input>, now: Instant) {
        let mut clock = self.view.now.lock().expect("no panic");
        *clock = now.max(*clock);
        let now = *clock;
        drop(clock);
        self.pipeline.step(&mut inputs.into(), &|| now);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.view.seen.lock().expect("no panic").clone()
    }

    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The sender keeps long-term references.
    pub(crate) fn set_long_term(&mut self) {
        self.pipeline.set_long_term(true);
    }

    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.pipeline.set_round_trip(round_trip);
    }

    /// What the sender was told since the last time.
    pub(crate) fn take_feedback(&mut self) -> Vec<PictureFeedback> {
        std::mem::take(&mut self.feedback.lock().expect("no panic"))
    }

    pub(crate) fn unplayable(&self) -> Vec<Option<Unplayable>> {
        self.unplayable.lock().expect("no panic").clone()
    }

    pub(crate) fn stats(&self) -> VideoReceiverStats {
        self.pipeline.shared.lock().stats.clone()
    }
}
