//! Audio playout thread: packets, jitter buffer, Opus, speaker. The sound card sets its pace.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rtrb::Producer;

use super::FRAME;
use super::remote_audio::RemoteAudio;
use super::speaker::Speaker;
use super::stats::{AudioMeters, Levels};
use super::stream::StreamEvents;
use crate::lip_sync::LipSync;
use crate::slot::Slot;
use crate::thread::Thread;
use crate::{MediaEvent, Packet};

/// Longest park of the thread, also when no device wakes it.
const MAX_PARK: Duration = Duration::from_millis(5);
/// A second of packets with three copies each, on their way to a thread that should take them every 10 ms.
const MAX_QUEUED_PACKETS: usize = 200;

/// Packets between the network and the thread that plays them. Full: the newest is dropped and counted.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    packets: Mutex<VecDeque<(Packet, Origin)>>,
}

/// How a packet came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Itself,
    /// Repeated in a later packet.
    Copy,
}

impl Inbox {
    pub(crate) fn push(&self, packet: Packet, origin: Origin) {
        let mut packets = self.packets.lock().unwrap_or_else(PoisonError::into_inner);
        if packets.len() < MAX_QUEUED_PACKETS {
            packets.push_back((packet, origin));
        } else {
            drop(packets);
            tracing::debug!("A sound packet found no room");
        }
    }

    fn take(&self) -> VecDeque<(Packet, Origin)> {
        std::mem::take(&mut *self.packets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Inputs of the playout thread.
pub(super) struct ReceivePlan {
    pub(super) speaker: String,
    pub(super) stop: Arc<AtomicBool>,
    /// Another speaker to change to; newest wins.
    pub(super) change: Arc<Slot<String>>,
    pub(super) meters: Arc<AudioMeters>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) clock: Arc<LipSync>,
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
    let ReceivePlan { speaker, stop, change, meters, inbox, clock, stream_events, events, mut played } = plan;
    let mut remote = match RemoteAudio::new(meters.clone()) {
        Ok(remote) => remote,
        Err(error) => {
            tracing::error!(%error, "Voice cannot be decoded");
            return;
        }
    };
    let mut speaker = Speaker::open(&speaker, stream_events);
    let mut heard = false;
    while !stop.load(Ordering::Relaxed) {
        for (packet, origin) in inbox.take() {
            meters.packet_received(packet.payload.len());
            match origin {
                Origin::Itself => remote.jitter.insert(packet),
                Origin::Copy => remote.jitter.insert_copy(&packet),
            }
        }
        if let Some(id) = change.clear() {
            speaker.change(&id);
        }
        let now = Instant::now();
        if !speaker.wants(now) {
            std::thread::park_timeout(MAX_PARK);
            continue;
        }
        let due = now + speaker.delay();
        if let Some(position) = remote.position() {
            clock.sounds(position, due);
        }
        if let Some(delay) = remote.jitter.delay(now, remote.ready.len() as u32) {
            remote.jitter.set_floor(clock.sound_floor(delay, now));
        }
        let mut frame = [0.0; FRAME];
        let voiced = remote.frame(now, &mut frame);
        // A canceller that cannot keep up loses the echo's trail; the call goes on.
        let _ = played.push_entire_slice(&frame);
        speaker.write(&frame);
        if voiced && !heard {
            heard = true;
            events(MediaEvent::FirstAudio(now));
        }
        if let Some(shown) = meters.frame_played(&frame) {
            meters.speaker_is(speaker.label());
            let delay = remote.jitter.delay(now, remote.ready.len() as u32).unwrap_or_default();
            meters.lost_in_bursts_of(remote.jitter.loss_burst());
            meters.buffer(delay.as_secs_f32() * 1000.0, remote.jitter.stats(), speaker.underruns());
            let Levels { microphone_db, speaker_db, muted_speech } = shown;
            events(MediaEvent::Levels { microphone_db, speaker_db, muted_speech });
        }
    }
}
