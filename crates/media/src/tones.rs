//! The tones around a call: ringing, ring-back, call waiting, the end. Not part of a call's own sound:
//! it has its own output, so that the ringtone may come from another speaker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::audio::{Clip, ClipError, FRAME, Speaker};
use crate::slot::{Slot, Taken};
use crate::thread::Thread;

const RATE: f32 = 48_000.0;
/// While a tone plays the thread looks so often.
const LOOK: Duration = Duration::from_millis(4);
/// A speaker that takes longer to open misses the tone's beginning.
const OPENING: Duration = Duration::from_millis(800);
/// The device is let go so long after the last tone.
const IDLE: Duration = Duration::from_secs(2);
/// Soft begin and end of every beep, so that none clicks.
const EDGE: f32 = 0.01;
const LOUDNESS: f32 = 0.25;

/// What a person hears around a call.
#[derive(Clone, Debug)]
pub enum Tone {
    /// Our own ringing, for ever.
    Ringing,
    /// The other end rings: 425 Hz, one second of five, for ever.
    RingBack,
    /// Someone else calls: two short beeps every six seconds, for ever.
    CallWaiting,
    /// The other end is busy: 425 Hz, on and off by half a second, four times.
    Busy,
    /// The call is over: two falling notes, once.
    End,
    /// The bytes of a WAV file.
    Sound { wav: Arc<[u8]>, looped: bool },
}

/// Plays one tone at a time on an output of its choice; dropping it ends its thread.
#[derive(Debug)]
pub struct TonePlayer {
    orders: Arc<Slot<Order>>,
    _thread: Thread,
}

#[derive(Debug)]
enum Order {
    Play(Tone),
    Stop,
    Output(String),
}

impl TonePlayer {
    /// `output` as in `CallMediaConfig::speaker`. The device is opened only while something plays.
    pub fn start(output: &str) -> Self {
        let orders = Arc::new(Slot::default());
        let (theirs, output) = (orders.clone(), output.to_owned());
        let thread = Thread::spawn("media-tones", move || Player::new(output).run(&theirs));
        Self { orders, _thread: thread }
    }

    /// Plays `tone` from its beginning instead of whatever plays.
    pub fn play(&self, tone: Tone) {
        self.orders.put(Order::Play(tone));
    }

    pub fn stop(&self) {
        self.orders.put(Order::Stop);
    }

    /// Stops, and plays on another output from now on.
    pub fn set_output(&self, output: &str) {
        self.orders.put(Order::Output(output.to_owned()));
    }
}

impl Drop for TonePlayer {
    fn drop(&mut self) {
        self.orders.close();
    }
}

struct Player {
    output: String,
    speaker: Option<Speaker>,
    playing: Option<Playing>,
    opened: Instant,
    quiet_since: Instant,
}

struct Playing {
    clip: Clip,
    looped: bool,
    position: usize,
}

impl Player {
    fn new(output: String) -> Self {
        let now = Instant::now();
        Self { output, speaker: None, playing: None, opened: now, quiet_since: now }
    }

    fn run(mut self, orders: &Slot<Order>) {
        loop {
            let wait = if self.speaker.is_some() { LOOK } else { Duration::from_secs(3600) };
            match orders.take(wait) {
                Taken::Closed => return,
                Taken::Nothing => {}
                Taken::Value(order) => self.obey(order),
            }
            self.work(Instant::now());
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Stop => self.playing = None,
            Order::Output(output) => {
                self.output = output;
                self.playing = None;
                self.speaker = None;
            }
            Order::Play(tone) => match Playing::new(&tone) {
                Ok(playing) => self.playing = Some(playing),
                Err(error) => {
                    tracing::warn!(%error, "A tone cannot be played");
                    self.playing = Playing::new(&Tone::Ringing).ok();
                }
            },
        }
    }

    fn work(&mut self, now: Instant) {
        if self.playing.is_some() {
            self.quiet_since = now;
            if self.speaker.is_none() {
                self.opened = now;
                self.speaker = Some(Speaker::open(&self.output, |event| {
                    tracing::debug!(?event, "The output of tones changed");
                }));
            }
        } else if now.duration_since(self.quiet_since) > IDLE {
            self.speaker = None;
        }
        let Some(speaker) = &mut self.speaker else { return };
        while speaker.wants(now) {
            let mut frame = [0.0; FRAME];
            let ready = speaker.is_open() || now.duration_since(self.opened) > OPENING;
            if ready && self.playing.as_mut().is_some_and(|playing| playing.next(&mut frame).is_none()) {
                self.playing = None;
            }
            speaker.write(&frame);
        }
    }
}

impl Playing {
    fn new(tone: &Tone) -> Result<Self, ClipError> {
        let (clip, looped) = match tone {
            Tone::Ringing => {
                (pattern(&[(740.0, 0.18), (932.0, 0.18), (740.0, 0.18), (932.0, 0.36), (0.0, 1.6)]), true)
            }
            Tone::RingBack => (pattern(&[(425.0, 1.0), (0.0, 4.0)]), true),
            Tone::CallWaiting => (pattern(&[(425.0, 0.15), (0.0, 0.15), (425.0, 0.15), (0.0, 5.55)]), true),
            Tone::Busy => (pattern(&[(425.0, 0.5), (0.0, 0.5)].repeat(4)), false),
            Tone::End => (pattern(&[(600.0, 0.14), (450.0, 0.2), (0.0, 0.1)]), false),
            Tone::Sound { wav, looped } => (Clip::from_wav(std::io::Cursor::new(wav))?, *looped),
        };
        Ok(Self { clip, looped, position: 0 })
    }

    /// The next 10 ms; `None` when the tone is over.
    fn next(&mut self, frame: &mut [f32; FRAME]) -> Option<()> {
        let length = self.clip.samples.len();
        if self.looped {
            self.clip.read(self.position as u64, frame);
            self.position = (self.position + FRAME) % length;
            return Some(());
        }
        let rest = self.clip.samples.get(self.position..).filter(|rest| !rest.is_empty())?;
        let count = rest.len().min(FRAME);
        frame[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Some(())
    }
}

/// Notes of so many hertz and seconds; 0 Hz is a pause.
fn pattern(notes: &[(f32, f32)]) -> Clip {
    let mut samples = Vec::new();
    for &(hertz, seconds) in notes {
        let count = (seconds * RATE) as usize;
        samples.extend((0..count).map(|index| {
            let (at, left) = (index as f32 / RATE, (count - index) as f32 / RATE);
            let edge = (at / EDGE).min(left / EDGE).min(1.0);
            LOUDNESS * edge * (at * hertz * std::f32::consts::TAU).sin()
        }));
    }
    Clip { samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(tone: &Tone, count: usize) -> Vec<f32> {
        let mut playing = Playing::new(tone).unwrap();
        let mut out = Vec::new();
        let mut frame = [0.0; FRAME];
        while out.len() < count * FRAME && playing.next(&mut frame).is_some() {
            out.extend_from_slice(&frame);
        }
        out
    }

    fn power(sound: &[f32]) -> f32 {
        sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32
    }

    #[test]
    fn ring_back_is_one_second_of_five_for_ever() {
        let sound = frames(&Tone::RingBack, 1000);
        assert_eq!(sound.len(), 480_000);
        for period in [0, 240_000] {
            assert!(power(&sound[period..period + 48_000]) > 0.02);
            assert_eq!(power(&sound[period + 48_000..period + 240_000]), 0.0);
        }
    }

    #[test]
    fn the_end_ends_and_no_tone_clicks() {
        for tone in [Tone::End, Tone::Busy, Tone::Ringing, Tone::CallWaiting] {
            let sound = frames(&tone, 700);
            let step = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(step < 0.05, "{tone:?}: {step}");
        }
        assert!(frames(&Tone::End, 700).len() < 48_000);
    }

    #[test]
    fn a_sound_of_our_own_is_played_and_a_broken_one_refused() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/ringtones/ringtone.wav");
        let wav: Arc<[u8]> = std::fs::read(path).unwrap().into();
        assert!(power(&frames(&Tone::Sound { wav, looped: true }, 300)) > 1e-4);
        assert!(Playing::new(&Tone::Sound { wav: Arc::from(&b"RIFF"[..]), looped: true }).is_err());
    }
}
