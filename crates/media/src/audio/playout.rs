//! Audio playout thread: packets, jitter buffers, Opus, mixer, speaker. One for all members of a call; the sound card
//! sets its pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rtrb::Producer;

use super::FRAME;
use super::speaker::Speaker;
use super::stats::{AudioMeters, Levels};
use super::stream::StreamEvents;
use super::voices::{Mixer, Voices};
use crate::MediaEvent;
use crate::slot::Slot;
use crate::thread::Thread;

/// Longest park of the thread, also when no device wakes it.
const MAX_PARK: Duration = Duration::from_millis(5);
/// Inputs of the playout thread.
pub(super) struct ReceivePlan {
    pub(super) speaker: String,
    pub(super) stop: Arc<AtomicBool>,
    /// Another speaker to change to; newest wins.
    pub(super) change: Arc<Slot<String>>,
    pub(super) meters: Arc<AudioMeters>,
    /// Members as they come.
    pub(super) voices: Arc<Voices>,
    pub(super) stream_events: StreamEvents,
    pub(super) events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    /// Takes frames of 10 ms for the echo canceller.
    pub(super) played: Producer<f32>,
}

/// Starts the thread; it ends when `stop` is set.
pub(super) fn start(plan: ReceivePlan) -> Thread {
    Thread::spawn("media-audio-in", move || run(plan))
}

fn run(plan: ReceivePlan) {
    let ReceivePlan { speaker, stop, change, meters, voices, stream_events, events, mut played } = plan;
    let mut mixer = Mixer::new(voices);
    let mut speaker = Speaker::open(&speaker, stream_events);
    while !stop.load(Ordering::Relaxed) {
        mixer.receive();
        if let Some(id) = change.clear() {
            speaker.change(&id);
        }
        let now = Instant::now();
        if !speaker.wants(now) {
            std::thread::park_timeout(MAX_PARK);
            continue;
        }
        let mut frame = [0.0; FRAME];
        mixer.frame(now, now + speaker.delay(), &mut frame);
        // A canceller that cannot keep up loses the echo's trail; the call goes on.
        let _ = played.push_entire_slice(&frame);
        speaker.write(&frame);
        mixer.written(now);
        if let Some(shown) = meters.frame_played(&frame) {
            meters.speaker_is(speaker.label());
            meters.lost_in_bursts_of(mixer.loss_burst());
            meters.underruns_are(speaker.underruns());
            let Levels { microphone_db, speaker_db, muted_speech } = shown;
            events(MediaEvent::Levels { microphone_db, speaker_db, muted_speech });
        }
    }
}
