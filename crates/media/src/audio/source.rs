//! Audio source: a microphone, a file, a tone, or silence. Each gives 10 ms at a time in real time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtrb::Consumer;

use super::FRAME;
use super::file_player::FilePlayer;
use super::joint::Joint;
use super::resample::MonoResampler;
use super::stream::{CaptureSide, DeviceStream, OpenedDevice, StreamEvent, StreamEvents};
use crate::file::path_of;

pub(super) const FRAME_DURATION: Duration = Duration::from_millis(10);
/// Further behind, generated sources skip frames instead of catching up.
const MAX_BACKLOG: Duration = Duration::from_millis(500);
/// After so long without frames, silence replaces the microphone, so that the stream goes on.
const MICROPHONE_SILENCE_TIMEOUT: Duration = Duration::from_millis(200);

/// Frames an echo may fall behind; further ones are dropped.
const MAX_ECHO_FRAMES: usize = 20;

/// 10 ms of audio and when they were captured.
pub(crate) struct CapturedFrame {
    pub(super) captured: Instant,
    /// Whether echo, noise and gain should be worked on: files and tones are as they should be.
    pub(crate) raw: bool,
}

/// See the module.
pub(crate) struct Source {
    kind: Kind,
    pace: Pace,
    joint: Joint,
    events: StreamEvents,
}

enum Kind {
    Nothing,
    Tone { phase: f32 },
    File { player: FilePlayer, start: Instant },
    Echo { waiting: VecDeque<f32> },
    Microphone { line: DeviceStream<CaptureSide>, input: Option<Box<Input>>, heard: bool },
}

struct Input {
    line: OpenedDevice<Consumer<f32>>,
    converter: MonoResampler,
    ready: Vec<f32>,
    heard: Instant,
}

/// When the next frame of a generated source is due.
struct Pace {
    due: Instant,
}

impl Pace {
    fn next(&mut self, now: Instant) -> Option<Instant> {
        if now < self.due {
            return None;
        }
        if now.duration_since(self.due) > MAX_BACKLOG {
            self.due = now;
        }
        let at = self.due;
        self.due += FRAME_DURATION;
        Some(at)
    }
}

impl Source {
    /// `id` as in `CallMediaConfig::microphone`; a file plays as if begun at `start`. To be called by
    /// the thread that will take the frames.
    pub(crate) fn open(id: &str, start: Instant, events: StreamEvents) -> Self {
        let (kind, pace) = (Kind::open(id, start, &events), Pace { due: start });
        Self { kind, pace, joint: Joint::default(), events }
    }

    /// Changes to another one; a microphone is heard until the next one is.
    pub(crate) fn change(&mut self, id: &str, now: Instant) {
        if let Kind::Microphone { line, .. } = &self.kind
            && is_device(id)
        {
            return line.want(id);
        }
        self.kind = Kind::open(id, now, &self.events);
        self.pace.due = now;
        self.joint.break_off();
    }

    /// What a person would call it; empty while there is none.
    pub(crate) fn label(&self) -> &str {
        match &self.kind {
            Kind::Nothing => "",
            Kind::Tone { .. } => "Test tone",
            Kind::Echo { .. } => "Echo",
            Kind::File { .. } => "Sound file",
            Kind::Microphone { input, .. } => input.as_ref().map_or("", |input| &input.line.label),
        }
    }

    /// Takes note of 10 ms that the speaker plays, which are what `echo` says.
    pub(super) fn played(&mut self, frame: &[f32; FRAME]) {
        if let Kind::Echo { waiting } = &mut self.kind
            && waiting.len() < MAX_ECHO_FRAMES * FRAME
        {
            waiting.extend(frame);
        }
    }

    /// The next 10 ms into `frame`, if they are there. Where the source changes, one fades out and the other in.
    pub(crate) fn next(&mut self, now: Instant, frame: &mut [f32; FRAME]) -> Option<CapturedFrame> {
        let taken = self.take(now, frame)?;
        frame.iter_mut().for_each(|sample| *sample = self.joint.sound(*sample));
        Some(taken)
    }

    fn take(&mut self, now: Instant, frame: &mut [f32; FRAME]) -> Option<CapturedFrame> {
        match &mut self.kind {
            Kind::Nothing => {
                let captured = self.pace.next(now)?;
                frame.fill(0.0);
                Some(CapturedFrame { captured, raw: false })
            }
            Kind::Tone { phase } => {
                let captured = self.pace.next(now)?;
                for sample in frame.iter_mut() {
                    *phase = (*phase + 440.0 / 48_000.0).fract();
                    *sample = 0.2 * (*phase * std::f32::consts::TAU).sin();
                }
                Some(CapturedFrame { captured, raw: false })
            }
            Kind::File { player, start } => {
                let captured = self.pace.next(now)?;
                let position = captured.saturating_duration_since(*start).as_micros() * 48 / 1000;
                if let Err(problem) = player.read(position as u64, frame) {
                    (self.events)(StreamEvent::Lost { label: String::new(), problem });
                    self.kind = Kind::Nothing;
                }
                Some(CapturedFrame { captured, raw: false })
            }
            Kind::Echo { waiting } => {
                if waiting.len() >= FRAME {
                    frame.iter_mut().zip(waiting.drain(..FRAME)).for_each(|(to, from)| *to = from);
                    self.pace.due = now + MICROPHONE_SILENCE_TIMEOUT;
                    return Some(CapturedFrame { captured: now, raw: false });
                }
                let captured = self.pace.next(now)?;
                frame.fill(0.0);
                Some(CapturedFrame { captured, raw: false })
            }
            Kind::Microphone { line, input, heard } => {
                if let Some(change) = line.change() {
                    *input = change.map(|line| Box::new(Input::new(line, now)));
                    self.pace.due = now + MICROPHONE_SILENCE_TIMEOUT;
                    *heard = false;
                    self.joint.break_off();
                }
                let taken = input.as_mut().and_then(|input| input.next(now, frame));
                let captured = match taken {
                    Some(_) => {
                        self.pace.due = now + MICROPHONE_SILENCE_TIMEOUT;
                        taken
                    }
                    None => self.pace.next(now).inspect(|_| frame.fill(0.0)),
                }?;
                if std::mem::replace(heard, taken.is_some()) != taken.is_some() {
                    self.joint.break_off();
                }
                Some(CapturedFrame { captured, raw: true })
            }
        }
    }
}

impl Kind {
    fn open(id: &str, start: Instant, events: &StreamEvents) -> Self {
        if id == "none" || id.is_empty() {
            Self::Nothing
        } else if id == "echo" {
            Self::Echo { waiting: VecDeque::new() }
        } else if id == "test:tone" {
            Self::Tone { phase: 0.0 }
        } else if id.starts_with("file:") {
            let id = id.to_owned();
            // Looking for it is left to the player: the disk may take its time.
            let player = FilePlayer::start(move || path_of(&id), start);
            Self::File { player, start }
        } else {
            let line = DeviceStream::start(id.to_owned(), true, events.clone());
            Self::Microphone { line, input: None, heard: false }
        }
    }
}

/// Whether an id means an audio device, not a generated source.
pub(super) fn is_device(id: &str) -> bool {
    !(id.is_empty() || matches!(id, "none" | "echo" | "test:tone") || id.starts_with("file:"))
}

impl Input {
    fn new(line: OpenedDevice<Consumer<f32>>, now: Instant) -> Self {
        Self { converter: MonoResampler::new(line.rate, 48_000), line, ready: Vec::new(), heard: now }
    }

    fn next(&mut self, now: Instant, frame: &mut [f32; FRAME]) -> Option<Instant> {
        let waiting = self.line.ring.slots();
        if waiting > 0
            && let Ok(chunk) = self.line.ring.read_chunk(waiting)
        {
            let (first, second) = chunk.as_slices();
            self.converter.convert(first, &mut self.ready);
            self.converter.convert(second, &mut self.ready);
            chunk.commit_all();
            self.heard = now;
        }
        if self.ready.len() < FRAME {
            return None;
        }
        // The frame's first sample was heard that long before the newest, and that before now.
        let behind = Duration::from_micros(self.ready.len() as u64 * 1000 / 48);
        let captured = self.heard.checked_sub(behind + self.line.stats.latency()).unwrap_or(self.heard);
        frame.copy_from_slice(&self.ready[..FRAME]);
        self.ready.drain(..FRAME);
        Some(captured)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audio::joint::sharpest;

    #[test]
    fn made_up_sources_keep_real_time_and_do_not_hurry_after_a_standstill() {
        let start = Instant::now();
        let mut source = Source::open("test:tone", start, Arc::new(|_| {}));
        let mut frame = [0.0; FRAME];
        let mut count = |now: Instant| {
            std::iter::from_fn(|| source.next(now, &mut frame).map(|heard| heard.captured))
                .collect::<Vec<_>>()
        };
        assert_eq!(count(start), [start]);
        let second = count(start + Duration::from_millis(95));
        assert_eq!(second.len(), 9);
        assert_eq!(second[8], start + Duration::from_millis(90));
        let after = count(start + Duration::from_secs(60));
        assert_eq!(after, [start + Duration::from_secs(60)]);
    }

    /// Until the file has been read up to a sample.
    fn wait_for(source: &mut Source, position: u64) {
        let Kind::File { player, .. } = &mut source.kind else { panic!("no file is played") };
        player.wait_for(position);
    }

    #[test]
    fn a_file_plays_by_the_shared_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        (0..48_000).for_each(|n| writer.write_sample(n as f32 / 48_000.0).unwrap());
        writer.finalize().unwrap();
        let start = Instant::now();
        let mut source = Source::open(&format!("file:{}", path.display()), start, Arc::new(|_| {}));
        let mut frame = [0.0; FRAME];
        wait_for(&mut source, 0);
        assert!(source.next(start, &mut frame).is_some());
        wait_for(&mut source, 1700 * 48);
        let later = start + Duration::from_millis(1700);
        let heard = source.next(later, &mut frame).unwrap();
        assert_eq!(heard.captured, later);
        assert!((frame[0] - 0.7).abs() < 0.001, "{}", frame[0]);
    }

    #[test]
    fn a_missing_file_is_reported_and_silence_is_sent() {
        let (told, heard) = std::sync::mpsc::channel();
        let start = Instant::now();
        let mut source =
            Source::open("file:/there/is/none.wav", start, Arc::new(move |event| told.send(event).unwrap()));
        let problem = crate::DeviceProblem::Missing;
        let mut frame = [1.0; FRAME];
        wait_for(&mut source, 0);
        assert!(source.next(start, &mut frame).is_some() && frame == [0.0; FRAME]);
        assert_eq!(heard.try_recv(), Ok(StreamEvent::Lost { label: String::new(), problem }));
        // Another choice takes its place at once.
        source.change("test:tone", start);
        assert!(source.next(start, &mut frame).is_some() && frame[9] != 0.0);
    }

    #[test]
    fn changing_the_source_does_not_click() {
        let start = Instant::now();
        let mut source = Source::open("test:tone", start, Arc::new(|_| {}));
        let (mut heard, mut frame) = (Vec::new(), [0.0; FRAME]);
        for step in 0..60_u64 {
            let now = start + FRAME_DURATION * step as u32;
            match step {
                20 | 40 => source.change("none", now),
                // The tone begins anew, at its own phase.
                13 | 27 | 41 => source.change("test:tone", now),
                _ => {}
            }
            assert!(source.next(now, &mut frame).is_some());
            heard.extend_from_slice(&frame);
        }
        assert!(sharpest(&heard) < 0.02, "{}", sharpest(&heard));
    }
}
