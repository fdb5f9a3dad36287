//! Audio of one call in both directions. Video, the network and the call's state belong elsewhere.

mod audio_processor;
mod callback;
mod capture;
mod device;
mod downmix;
mod file_player;
mod level;
mod mp4_audio;
mod playout;
mod resample;
mod sound_clip;
mod sound_file;
mod source;
mod speaker;
mod stats;
mod stream;
mod stretch;
mod voice_activity;
mod wav;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use rtrb::RingBuffer;

pub(crate) use audio_processor::AudioProcessor;
pub use device::{AudioDevice, Direction, SoundSystem, list_audio_devices, offered_ids};
pub(crate) use level::Level;
pub(crate) use playout::Inbox;
pub(crate) use sound_clip::SoundClip;
pub use sound_clip::SoundError;
pub(crate) use source::Source;
pub(crate) use speaker::Speaker;
use stats::AudioMeters;
pub(crate) use stats::AudioStats;
pub(crate) use stream::{StreamEvent, StreamEvents};
pub use wav::WavError;

use crate::lip_sync::LipSync;
use crate::slot::Slot;
use crate::thread::Thread;
use crate::{CallMediaConfig, DeviceChange, DeviceEvent, DeviceKind, EncodedSink, MediaEvent, Processing};
use capture::{SendControls, SendPlan};
use playout::ReceivePlan;

/// Samples in 10 ms, the piece everything works in.
pub(crate) const FRAME: usize = 480;
/// Half a second of what is played waits for the echo canceller; beyond, it is dropped, and the
/// canceller finds the delay anew.
const ECHO_REFERENCE_SAMPLES: usize = 50 * FRAME;

/// The running sound of a call; dropping it ends and joins its threads.
pub(crate) struct Audio {
    controls: Arc<SendControls>,
    stop: Arc<AtomicBool>,
    speaker: Arc<Slot<String>>,
    meters: Arc<AudioMeters>,
    inbox: Arc<Inbox>,
    _threads: [Thread; 2],
}

impl Audio {
    pub(crate) fn start(
        config: &CallMediaConfig,
        epoch: Instant,
        out: Arc<dyn EncodedSink>,
        clock: Arc<LipSync>,
        events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    ) -> Self {
        let controls = Arc::new(SendControls {
            stop: AtomicBool::new(false),
            microphone: AtomicBool::new(config.microphone_on),
            sending: AtomicBool::new(false),
            loss: AtomicU32::new(0),
            source: Slot::default(),
            processing: Slot::default(),
        });
        let speaker = Arc::new(Slot::default());
        let stop = Arc::new(AtomicBool::new(false));
        let meters = Arc::new(AudioMeters::default());
        let inbox = Arc::new(Inbox::default());
        // Full: frames are dropped, see PLAYED_RING.
        let (played, reference) = RingBuffer::new(ECHO_REFERENCE_SAMPLES);
        let sending = capture::start(SendPlan {
            microphone: config.microphone.clone(),
            processing: config.processing,
            epoch,
            controls: controls.clone(),
            meters: meters.clone(),
            out,
            events: tell(DeviceKind::Microphone, &events),
            played: reference,
        });
        let receiving = playout::start(ReceivePlan {
            speaker: config.speaker.clone(),
            stop: stop.clone(),
            change: speaker.clone(),
            meters: meters.clone(),
            inbox: inbox.clone(),
            clock,
            stream_events: tell(DeviceKind::Speaker, &events),
            events,
            played,
        });
        Self { controls, stop, speaker, meters, inbox, _threads: [sending, receiving] }
    }

    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        self.inbox.clone()
    }

    pub(crate) fn set_microphone(&self, on: bool) {
        self.controls.microphone.store(on, Ordering::Relaxed);
    }

    pub(crate) fn set_source(&self, id: &str) {
        self.controls.source.put(id.to_owned());
    }

    pub(crate) fn set_speaker(&self, id: &str) {
        self.speaker.put(id.to_owned());
    }

    pub(crate) fn set_processing(&self, processing: Processing) {
        self.controls.processing.put(processing);
    }

    pub(crate) fn set_sending(&self, sending: bool) {
        self.controls.sending.store(sending, Ordering::Relaxed);
    }

    pub(crate) fn set_loss(&self, fraction: f32) {
        self.controls.loss.store((fraction.clamp(0.0, 1.0) * 10_000.0) as u32, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> AudioStats {
        let muted = !self.controls.microphone.load(Ordering::Relaxed);
        AudioStats { muted, ..self.meters.stats() }
    }
}

/// Turns stream events into device events of that kind.
pub(crate) fn tell(device: DeviceKind, events: &Arc<dyn Fn(MediaEvent) + Send + Sync>) -> StreamEvents {
    let events = events.clone();
    Arc::new(move |event| {
        let (happened, name, problem) = match event {
            StreamEvent::Lost { label, problem } => (DeviceChange::Lost, label, Some(problem)),
            StreamEvent::Back { label } => (DeviceChange::Back, label, None),
            StreamEvent::Switched { label, problem } => (DeviceChange::Switched, label, problem),
        };
        events(MediaEvent::Device(DeviceEvent { device, happened, name, problem }));
    })
}

impl Drop for Audio {
    fn drop(&mut self) {
        self.controls.stop.store(true, Ordering::Relaxed);
        self.stop.store(true, Ordering::Relaxed);
    }
}
