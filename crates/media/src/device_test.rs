//! Device test outside a call: the camera's picture, the microphone's level, an echo of the user's voice.
//! Nothing is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::audio::{AudioProcessor, FRAME, Level, Source, Speaker, tell};
use crate::call_media::source_event;
use crate::slot::Slot;
use crate::thread::Thread;
use crate::video::{Mirror, VideoFormat, VideoOutputs, VideoSender, VideoSenderConfig};
use crate::{Codec, DeviceKind, EncodedFrame, EncodedSink, FrameSink, MediaEvent, Processing};

/// Four seconds are recorded for the echo.
const ECHO_SAMPLES: usize = 4 * 48_000;
/// Longest park of the thread, also when no device wakes it.
const MAX_PARK: Duration = Duration::from_millis(5);
/// Frames of 10 ms between levels.
const LEVEL_INTERVAL_FRAMES: u32 = 10;
/// A speaker that takes longer to open misses the beginning.
const SPEAKER_OPEN_TIMEOUT: Duration = Duration::from_secs(2);

type Events = Arc<dyn Fn(DeviceTestEvent) + Send + Sync>;

/// An event of a device test; sent on media threads, must not block.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceTestEvent {
    /// Ten times a second; dBFS, -90 is silence.
    Level {
        microphone_db: f32,
    },
    Echo(EchoStage),
    /// As in a call.
    Media(MediaEvent),
}

/// Stage of the echo test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoStage {
    Idle,
    Recording,
    Playing,
}

/// A running camera test; dropping it closes the camera.
#[derive(Debug)]
pub struct CameraTest {
    sender: VideoSender,
}

impl CameraTest {
    /// `camera` as in `CallMediaConfig::camera`. Never fails: that is an event.
    pub fn start(camera: &str, view: Arc<dyn FrameSink>, events: Events) -> Self {
        let tell = move |event| events(DeviceTestEvent::Media(event));
        let sender = VideoSender::start(
            VideoSenderConfig {
                source: camera.to_owned(),
                mirror: Mirror::default(),
                format: VideoFormat::default(),
                codec: Codec::H264,
                on: true,
                sending: false,
                ..VideoSenderConfig::default()
            },
            VideoOutputs {
                encoded: Arc::new(Nowhere),
                self_view: view,
                events: Arc::new(move |event| source_event(event, &tell)),
            },
        );
        Self { sender }
    }

    pub fn set_camera(&self, camera: &str) {
        self.sender.set_source(camera);
    }

    /// Name of the camera that runs; empty while none does.
    pub fn label(&self) -> String {
        self.sender.stats().source
    }
}

struct Nowhere;

impl EncodedSink for Nowhere {
    fn send(&self, _frame: EncodedFrame) {}
}

/// A running audio test: the microphone's level, and an echo if wanted. Dropping it closes both devices.
#[derive(Debug)]
pub struct AudioTest {
    controls: Arc<Controls>,
    _thread: Thread,
}

#[derive(Debug, Default)]
struct Controls {
    stop: AtomicBool,
    /// Newest wins, as of all of these.
    microphone: Slot<String>,
    speaker: Slot<String>,
    processing: Slot<Processing>,
    echo: Slot<bool>,
    labels: std::sync::Mutex<(String, String)>,
}

impl AudioTest {
    /// `microphone` and `speaker` as in `CallMediaConfig`. Never fails: that is an event.
    pub fn start(microphone: &str, speaker: &str, processing: Processing, events: Events) -> Self {
        let controls = Arc::new(Controls::default());
        let (theirs, microphone, speaker) = (controls.clone(), microphone.to_owned(), speaker.to_owned());
        let thread = Thread::spawn("media-test", move || {
            AudioTestThread::new(&microphone, speaker, processing, events).run(&theirs);
        });
        Self { controls, _thread: thread }
    }

    /// Records four seconds and plays them back; false stops that.
    pub fn set_echo(&self, on: bool) {
        self.controls.echo.put(on);
    }

    pub fn set_microphone(&self, id: &str) {
        self.controls.microphone.put(id.to_owned());
    }

    pub fn set_speaker(&self, id: &str) {
        self.controls.speaker.put(id.to_owned());
    }

    pub fn set_processing(&self, processing: Processing) {
        self.controls.processing.put(processing);
    }

    /// Names of microphone and speaker in use; empty where none is.
    pub fn labels(&self) -> (String, String) {
        self.controls.labels.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Drop for AudioTest {
    fn drop(&mut self) {
        self.controls.stop.store(true, Ordering::Relaxed);
    }
}

/// State of the thread.
struct AudioTestThread {
    source: Source,
    voice: AudioProcessor,
    level: Level,
    frames: u32,
    output: String,
    echo: Echo,
    events: Events,
    media_events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
}

enum Echo {
    Idle,
    Recording(Vec<f32>),
    Playing { speaker: Speaker, sound: Vec<f32>, position: usize, since: Instant },
}

impl AudioTestThread {
    fn new(microphone: &str, output: String, processing: Processing, events: Events) -> Self {
        let media_events: Arc<dyn Fn(MediaEvent) + Send + Sync> = {
            let events = events.clone();
            Arc::new(move |event| events(DeviceTestEvent::Media(event)))
        };
        let heard = tell(DeviceKind::Microphone, &media_events);
        Self {
            source: Source::open(microphone, Instant::now(), heard),
            voice: AudioProcessor::new(processing),
            level: Level::default(),
            frames: 0,
            output,
            echo: Echo::Idle,
            events,
            media_events,
        }
    }

    fn run(mut self, controls: &Controls) {
        let mut frame = [0.0; FRAME];
        while !controls.stop.load(Ordering::Relaxed) {
            self.apply_controls(controls);
            let played = self.play(Instant::now());
            let heard = self.source.next(Instant::now(), &mut frame);
            if let Some(heard) = &heard {
                if heard.raw {
                    self.voice.heard(&mut frame);
                }
                self.hear(&frame, controls);
            }
            if heard.is_none() && !played {
                std::thread::park_timeout(MAX_PARK);
            }
        }
    }

    fn apply_controls(&mut self, controls: &Controls) {
        if let Some(id) = controls.microphone.clear() {
            self.source.change(&id, Instant::now());
        }
        if let Some(id) = controls.speaker.clear() {
            if let Echo::Playing { speaker, .. } = &mut self.echo {
                speaker.change(&id);
            }
            self.output = id;
        }
        if let Some(processing) = controls.processing.clear() {
            self.voice.set(processing);
        }
        if let Some(on) = controls.echo.clear() {
            let (echo, stage) = if on {
                (Echo::Recording(Vec::with_capacity(ECHO_SAMPLES)), EchoStage::Recording)
            } else {
                (Echo::Idle, EchoStage::Idle)
            };
            self.echo = echo;
            (self.events)(DeviceTestEvent::Echo(stage));
        }
    }

    fn hear(&mut self, frame: &[f32; FRAME], controls: &Controls) {
        self.level.add(frame);
        self.frames += 1;
        if self.frames.is_multiple_of(LEVEL_INTERVAL_FRAMES) {
            let microphone_db = self.level.take();
            let output = match &self.echo {
                Echo::Playing { speaker, .. } => speaker.label(),
                Echo::Idle | Echo::Recording(_) => "",
            };
            *controls.labels.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                (self.source.label().to_owned(), output.to_owned());
            (self.events)(DeviceTestEvent::Level { microphone_db });
        }
        let Echo::Recording(sound) = &mut self.echo else { return };
        sound.extend_from_slice(frame);
        if sound.len() >= ECHO_SAMPLES {
            let sound = std::mem::take(sound);
            let speaker = Speaker::open(&self.output, tell(DeviceKind::Speaker, &self.media_events));
            self.echo = Echo::Playing { speaker, sound, position: 0, since: Instant::now() };
            (self.events)(DeviceTestEvent::Echo(EchoStage::Playing));
        }
    }

    /// Writes what the speaker wants; true if it wanted anything.
    fn play(&mut self, now: Instant) -> bool {
        let Echo::Playing { speaker, sound, position, since } = &mut self.echo else { return false };
        let mut wanted = false;
        while speaker.wants(now) {
            wanted = true;
            let mut frame = [0.0; FRAME];
            if speaker.is_open() || now.duration_since(*since) > SPEAKER_OPEN_TIMEOUT {
                let rest = sound.get(*position..).unwrap_or_default();
                let count = rest.len().min(FRAME);
                frame[..count].copy_from_slice(&rest[..count]);
                // Half a second more, so that the end leaves the device's buffer.
                if *position > sound.len() + 24_000 {
                    self.echo = Echo::Idle;
                    (self.events)(DeviceTestEvent::Echo(EchoStage::Idle));
                    return true;
                }
                *position += FRAME;
            }
            self.voice.played(&frame);
            speaker.write(&frame);
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::tests::pipeline::{Seen, Shown};

    #[test]
    fn an_echo_is_recorded_and_played_and_then_over() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("echo.wav");
        let seen = Seen::new();
        let test = AudioTest::start(
            "test:tone",
            &format!("file:{}", out.display()),
            Processing { echo: false, noise: false, gain: false },
            {
                let seen = seen.clone();
                Arc::new(move |event| seen.add(event))
            },
        );
        seen.wait("a level", |all| {
            all.iter()
                .any(|event| matches!(event, DeviceTestEvent::Level { microphone_db } if *microphone_db > -20.0))
                .then_some(())
        });
        test.set_echo(true);
        let stages = seen.wait("the end of the echo", |all| {
            let stages: Vec<_> = all
                .iter()
                .filter_map(|event| match event {
                    DeviceTestEvent::Echo(stage) => Some(*stage),
                    DeviceTestEvent::Level { .. } | DeviceTestEvent::Media(_) => None,
                })
                .collect();
            (stages.last() == Some(&EchoStage::Idle)).then_some(stages)
        });
        assert_eq!(stages, [EchoStage::Recording, EchoStage::Playing, EchoStage::Idle]);
        assert_eq!(test.labels().0, "Test tone");
        drop(test);
        let samples: Vec<i16> =
            hound::WavReader::open(&out).unwrap().into_samples().map(Result::unwrap).collect();
        let loud = samples.iter().filter(|sample| sample.unsigned_abs() > 1000).count();
        assert!(loud > ECHO_SAMPLES / 2, "{loud} loud samples of {}", samples.len());
    }

    #[test]
    fn a_camera_is_shown_and_one_that_is_not_there_is_told() {
        let (view, events) = (Seen::<Shown>::new(), Seen::new());
        let told = events.clone();
        let test = CameraTest::start("test:pattern", view.clone(), Arc::new(move |event| told.add(event)));
        view.wait("the picture", |all| (all.len() > 3).then_some(()));
        assert!(!test.label().is_empty());
        test.set_camera("camera:Nobody has this one");
        let news = events.wait("the trouble", |all| match all.first()? {
            DeviceTestEvent::Media(MediaEvent::Device(news)) => Some(news.clone()),
            DeviceTestEvent::Media(_) | DeviceTestEvent::Level { .. } | DeviceTestEvent::Echo(_) => None,
        });
        assert_eq!(news.device, DeviceKind::Camera);
        assert_eq!(news.problem, Some(crate::DeviceProblem::Missing));
    }
}
