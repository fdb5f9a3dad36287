//! Tone player for ringing, ring-back, call waiting and the end of a call. Its outputs are separate from the
//! call's audio, so that the ringtone may come from another speaker, or from two.

mod tone_sounds;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::audio::{FRAME, SoundClip, Speaker, StreamEvents};
use crate::thread::Thread;
pub use tone_sounds::{RingtoneError, check_ringtone};

/// Poll interval of the thread while a tone plays.
const PLAYING_POLL_INTERVAL: Duration = Duration::from_millis(4);
/// A speaker that takes longer to open misses the beginning of the tone.
const SPEAKER_OPEN_TIMEOUT: Duration = Duration::from_millis(800);
/// Delay before the device is closed after the last tone.
const DEVICE_RELEASE_DELAY: Duration = Duration::from_secs(2);

/// A tone around a call.
#[derive(Clone, Debug)]
pub enum Tone {
    /// Incoming call, until stopped.
    Ringing,
    /// The other end rings: 425 Hz, one second of five, until stopped.
    RingBack,
    /// A second call: two short beeps every six seconds, until stopped.
    CallWaiting,
    /// The other end is busy: 425 Hz, on and off by half a second, four times.
    Busy,
    /// The call is over: two falling notes, once.
    End,
    /// Four rising notes to try a speaker with, once.
    Test,
    /// The bytes of a WAV file.
    Sound { wav: Arc<[u8]>, looped: bool },
}

/// Where tones are heard, and how loud.
#[derive(Clone, Debug, PartialEq)]
pub struct ToneOutputs {
    /// As `CallMediaConfig::speaker`; the default takes the place of a device that is gone.
    pub first: String,
    /// Plays the same; silent while the device is gone or is the first's.
    pub second: Option<String>,
    /// 0..1 as a person hears it: half of it is a quarter of the amplitude.
    pub volume: f32,
}

impl ToneOutputs {
    /// One output at full volume.
    pub fn only(first: &str) -> Self {
        Self { first: first.to_owned(), second: None, volume: 1.0 }
    }
}

/// Plays one tone at a time on outputs of its choice; dropping it ends its thread.
#[derive(Debug)]
pub struct TonePlayer {
    shared: Arc<Shared>,
    _thread: Thread,
}

#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<PendingChanges>,
    changed: Condvar,
    playing: AtomicBool,
}

/// Changes not applied yet; the newest of each kind wins.
#[derive(Debug, Default)]
struct PendingChanges {
    /// `Some(None)`: stop.
    tone: Option<Option<Tone>>,
    outputs: Option<ToneOutputs>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, PendingChanges> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_pending(&self, change: impl FnOnce(&mut PendingChanges)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits up to `timeout` for changes and takes them.
    fn take(&self, timeout: Duration) -> PendingChanges {
        let idle = |pending: &mut PendingChanges| {
            pending.tone.is_none() && pending.outputs.is_none() && !pending.closed
        };
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, idle);
        let mut pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        let closed = pending.closed;
        PendingChanges { closed, ..std::mem::take(&mut *pending) }
    }
}

impl TonePlayer {
    /// The devices are opened only while something plays.
    pub fn start(outputs: ToneOutputs) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = Thread::spawn("media-tones", move || Player::new(outputs).run(&theirs));
        Self { shared, _thread: thread }
    }

    /// Plays `tone` from its beginning instead of whatever plays.
    pub fn play(&self, tone: Tone) {
        self.shared.playing.store(true, Ordering::Release);
        self.shared.change_pending(|pending| pending.tone = Some(Some(tone)));
    }

    pub fn stop(&self) {
        self.shared.change_pending(|pending| pending.tone = Some(None));
    }

    /// Changes outputs and volume; what plays goes on there.
    pub fn set_outputs(&self, outputs: ToneOutputs) {
        self.shared.change_pending(|pending| pending.outputs = Some(outputs));
    }

    /// Whether a tone plays or is about to.
    pub fn is_playing(&self) -> bool {
        self.shared.playing.load(Ordering::Acquire)
    }
}

impl Drop for TonePlayer {
    fn drop(&mut self) {
        self.shared.change_pending(|pending| pending.closed = true);
    }
}

struct Player {
    outputs: ToneOutputs,
    first: Option<Output>,
    second: Option<Output>,
    playing: Option<Playing>,
    quiet_since: Instant,
    events: StreamEvents,
}

struct Output {
    speaker: Speaker,
    opened: Instant,
    position: usize,
}

struct Playing {
    clip: Arc<SoundClip>,
    looped: bool,
}

impl Player {
    fn new(outputs: ToneOutputs) -> Self {
        let events: StreamEvents = Arc::new(|event| tracing::debug!(?event, "The output of tones changed"));
        Self { outputs, first: None, second: None, playing: None, quiet_since: Instant::now(), events }
    }

    fn run(mut self, shared: &Shared) {
        loop {
            let open = self.first.is_some() || self.second.is_some();
            let pending = shared.take(if open { PLAYING_POLL_INTERVAL } else { Duration::from_secs(3600) });
            if pending.closed {
                return;
            }
            let ordered = pending.tone.is_some();
            self.obey(pending);
            self.work(Instant::now());
            if self.playing.is_none() {
                self.say_quiet(shared);
            } else if ordered {
                shared.playing.store(true, Ordering::Release);
            }
        }
    }

    /// Unless something was ordered this very moment.
    fn say_quiet(&self, shared: &Shared) {
        let pending = shared.lock();
        if !matches!(pending.tone, Some(Some(_))) {
            shared.playing.store(false, Ordering::Release);
        }
    }

    fn obey(&mut self, pending: PendingChanges) {
        if let Some(outputs) = pending.outputs {
            self.set_outputs(outputs);
        }
        match pending.tone {
            None => {}
            Some(None) => self.playing = None,
            Some(Some(tone)) => {
                // First, because opening takes its time elsewhere while the sound is decoded here.
                self.open(Instant::now());
                let loaded = tone_sounds::load(&tone).or_else(|error| {
                    tracing::warn!(%error, "A tone cannot be played");
                    tone_sounds::load(&Tone::Ringing)
                });
                self.playing = loaded.ok().map(|(clip, looped)| Playing { clip, looped });
                for output in [&mut self.first, &mut self.second].into_iter().flatten() {
                    output.position = 0;
                }
            }
        }
    }

    fn set_outputs(&mut self, outputs: ToneOutputs) {
        let old = std::mem::replace(&mut self.outputs, outputs);
        if let Some(first) = &mut self.first
            && old.first != self.outputs.first
        {
            first.speaker.change(&self.outputs.first);
        }
        if old.second != self.outputs.second {
            match (&mut self.second, &self.outputs.second) {
                (Some(second), Some(id)) => second.speaker.change(id),
                (second, _) => *second = None,
            }
        }
    }

    fn open(&mut self, now: Instant) {
        let events = &self.events;
        let first = self.first.get_or_insert_with(|| {
            let speaker = Speaker::open(&self.outputs.first, events.clone());
            Output { speaker, opened: now, position: 0 }
        });
        if let (None, Some(id)) = (&self.second, &self.outputs.second) {
            let speaker = Speaker::open_only(id, events.clone());
            self.second = Some(Output { speaker, opened: now, position: first.position });
        }
    }

    fn work(&mut self, now: Instant) {
        if self.playing.is_some() {
            self.quiet_since = now;
            self.open(now);
        } else if now.duration_since(self.quiet_since) > DEVICE_RELEASE_DELAY {
            (self.first, self.second) = (None, None);
        }
        let gain = self.outputs.volume.clamp(0.0, 1.0).powi(2);
        let device = self.first.as_ref().map(|first| first.speaker.device().to_owned()).unwrap_or_default();
        let over = self.first.as_mut().is_some_and(|first| first.feed(self.playing.as_ref(), gain, now));
        if let Some(second) = &mut self.second {
            // The same device twice would only be louder.
            let same = !device.is_empty() && second.speaker.device() == device;
            second.feed(self.playing.as_ref(), if same { 0.0 } else { gain }, now);
        }
        if over {
            self.playing = None;
        }
    }
}

impl Output {
    /// Writes what the speaker wants; true when the tone is over.
    fn feed(&mut self, playing: Option<&Playing>, gain: f32, now: Instant) -> bool {
        let mut over = false;
        while self.speaker.wants(now) {
            let mut frame = [0.0; FRAME];
            let ready = self.speaker.is_open() || now.duration_since(self.opened) > SPEAKER_OPEN_TIMEOUT;
            if ready && let Some(Playing { clip, looped }) = playing {
                over |= tone_sounds::read(clip, *looped, &mut self.position, &mut frame).is_none();
                frame.iter_mut().for_each(|sample| *sample *= gain);
            }
            self.speaker.write(&frame);
        }
        over
    }
}
