//! Audio of one call: what is sent, and the voices of its members. Video, the network and the call's state belong elsewhere.

mod audio_processor;
mod callback;
mod capture;
mod device;
mod downmix;
mod drift_resampler;
mod encoding_plan;
mod file_player;
mod inbox;
mod joint;
mod level;
mod limiter;
mod mp4_audio;
mod playout;
mod redundancy_policy;
mod remote_audio;
mod resample;
mod smoothed_loss;
mod sound_clip;
mod sound_file;
mod source;
mod speaker;
mod stats;
mod stream;
mod stretch;
mod voice_activity;
mod voice_meters;
mod voices;
mod wav;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rtrb::RingBuffer;

pub(crate) use audio_processor::AudioProcessor;
pub use device::{AudioDevice, Direction, SoundSystem, list_audio_devices, offered_ids};
pub(crate) use inbox::{Inbox, Origin};
pub(crate) use level::{Level, SILENCE_DB};
pub use redundancy_policy::AudioFeatures;
pub use smoothed_loss::LossSmoother;
pub(crate) use sound_clip::SoundClip;
pub use sound_clip::SoundError;
pub(crate) use source::Source;
pub(crate) use speaker::Speaker;
use stats::AudioMeters;
pub(crate) use stats::AudioStats;
pub(crate) use stream::{StreamEvent, StreamEvents};
pub(crate) use voice_meters::{VoiceMeters, VoiceStats};
pub(crate) use voices::Voice;
use voices::Voices;
pub use wav::WavError;

use crate::lip_sync::LipSync;
use crate::slot::Slot;
use crate::thread::Thread;
use crate::{CallMediaConfig, DeviceChange, DeviceEvent, DeviceKind, EncodedSink, MediaEvent, Processing};
use capture::{SendControls, SendPlan};
use encoding_plan::{AudioPath, EncodingPlan};
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
    voices: Arc<Voices>,
    _threads: [Thread; 2],
}

impl Audio {
    pub(crate) fn start(
        config: &CallMediaConfig,
        epoch: Instant,
        out: Arc<dyn EncodedSink>,
        events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    ) -> Self {
        let controls = Arc::new(SendControls {
            stop: AtomicBool::new(false),
            microphone: AtomicBool::new(config.microphone_on),
            sending: AtomicBool::new(false),
            path: Mutex::new(AudioPath::new(config.video)),
            source: Slot::default(),
            processing: Slot::default(),
        });
        let speaker = Arc::new(Slot::default());
        let stop = Arc::new(AtomicBool::new(false));
        let meters = Arc::new(AudioMeters::default());
        let voices = Arc::new(Voices::default());
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
            voices: voices.clone(),
            stream_events: tell(DeviceKind::Speaker, &events),
            events,
            played,
        });
        Self { controls, stop, speaker, meters, voices, _threads: [sending, receiving] }
    }

    /// Adds a member to what is played; `clock` is told when its sound is heard. `None`: it cannot be decoded.
    pub(crate) fn join(
        &self,
        clock: Arc<LipSync>,
        events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    ) -> Option<Voice> {
        self.voices.join(clock, events)
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

    /// Share 0..1 of our packets that the other end misses. Each report is of some fifty packets, so one alone says
    /// little; loss that begins is believed sooner than loss that ends.
    pub(crate) fn set_loss(&self, fraction: f32) {
        self.controls.change_path(|path| path.hear_loss(fraction));
    }

    pub(crate) fn path(&self) -> PathControl {
        PathControl(self.controls.clone())
    }

    pub(crate) fn set_features(&self, takes: AudioFeatures) {
        self.controls.change_path(|path| path.takes = takes);
    }

    /// Sets what the path carries, bit/s; returns what sound takes of it, headers included.
    pub(crate) fn set_total_bitrate(&self, total: u32) -> u32 {
        self.controls.change_path(|path| path.total = Some(total));
        let path = AudioPath { burst: self.meters.loss_burst(), ..self.controls.path() };
        EncodingPlan::new(&path, None).wire_bits_per_second()
    }

    pub(crate) fn stats(&self) -> AudioStats {
        let muted = !self.controls.microphone.load(Ordering::Relaxed);
        AudioStats { muted, ..self.meters.stats() }
    }
}

/// Takes in what the network finds out of the path; may outlive the sound.
#[derive(Clone, Debug)]
pub(crate) struct PathControl(Arc<SendControls>);

impl PathControl {
    pub(crate) fn set_round_trip(&self, rtt: Duration) {
        self.0.change_path(|path| path.round_trip = rtt);
    }

    /// Whether pictures wait until the path carries them.
    pub(crate) fn set_picture_paused(&self, paused: bool) {
        self.0.change_path(|path| path.picture_paused = paused);
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
