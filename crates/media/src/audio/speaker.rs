//! Audio sink: a device, a file written at the pace of a sound card, or nothing at the same pace.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::{Duration, Instant};

use rtrb::Producer;

use super::FRAME;
use super::joint::Joint;
use super::resample::MonoResampler;
use super::source::{FRAME_DURATION, is_device};
use super::stream::{DeviceStream, OpenedDevice, PlaybackSide, StreamEvent, StreamEvents};
use crate::DeviceProblem;
use crate::file::path_of;

const FRAMES_PER_SECOND: u32 = 100;
/// Frames kept ahead of the device, and how far that may grow where threads run late.
const MIN_FRAMES_AHEAD: u32 = 2;
const MAX_FRAMES_AHEAD: u32 = 8;
/// After so long without a gap, one frame less is kept ahead.
const AHEAD_DECAY_INTERVAL: Duration = Duration::from_secs(10);
/// Further behind, a sink without a device skips frames.
const MAX_BACKLOG: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) struct Speaker {
    kind: Kind,
    /// Paces whatever has no device that does.
    due: Instant,
    underruns: u64,
    /// Whether the default device takes the place of one that is not there.
    stand_in: bool,
    events: StreamEvents,
}

enum Kind {
    Nothing,
    File(hound::WavWriter<BufWriter<File>>),
    Device { line: DeviceStream<PlaybackSide>, output: Option<Box<Output>> },
}

struct Output {
    line: OpenedDevice<Producer<f32>>,
    converter: MonoResampler,
    /// A device that is opened in the middle of a sound fades in.
    joint: Joint,
    ready: Vec<f32>,
    ahead: u32,
    faults: u64,
    troubled: Instant,
}

impl Speaker {
    /// `id` as in `CallMediaConfig::speaker`. To be called by the thread that will write.
    pub(crate) fn open(id: &str, events: StreamEvents) -> Self {
        Self::start(id, true, events)
    }

    /// As [`Self::open`], but a device that is not there is waited for in silence.
    pub(crate) fn open_only(id: &str, events: StreamEvents) -> Self {
        Self::start(id, false, events)
    }

    fn start(id: &str, stand_in: bool, events: StreamEvents) -> Self {
        let kind = Kind::open(id, stand_in, &events);
        Self { kind, due: Instant::now(), underruns: 0, stand_in, events }
    }

    /// Changes to another one; a device is heard until the next one is.
    pub(crate) fn change(&mut self, id: &str) {
        if let Kind::Device { line, .. } = &self.kind
            && is_device(id)
        {
            return line.want(id);
        }
        self.kind = Kind::open(id, self.stand_in, &self.events);
        self.due = Instant::now();
    }

    /// What the system calls the device in use; empty while there is none.
    pub(crate) fn device(&self) -> &str {
        match &self.kind {
            Kind::Nothing | Kind::File(_) => "",
            Kind::Device { output, .. } => output.as_ref().map_or("", |output| &output.line.id),
        }
    }

    /// What a person would call it; empty while there is none.
    pub(crate) fn label(&self) -> &str {
        match &self.kind {
            Kind::Nothing => "",
            Kind::File(_) => "Sound file",
            Kind::Device { output, .. } => output.as_ref().map_or("", |output| &output.line.label),
        }
    }

    /// Whether what is written now is heard.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.kind, Kind::Device { output: None, .. })
    }

    /// Frames of 10 ms the device asked for in vain.
    pub(crate) fn underruns(&self) -> u64 {
        self.underruns
    }

    /// Whether it is time to write the next frame.
    pub(crate) fn wants(&mut self, now: Instant) -> bool {
        if let Kind::Device { line, output } = &mut self.kind {
            if let Some(change) = line.change() {
                *output = change.map(|line| Box::new(Output::new(line, now)));
                self.due = now;
            }
            if let Some(output) = output {
                self.underruns += output.watch(now);
                return output.waiting() < output.ahead * output.line.rate / FRAMES_PER_SECOND;
            }
        }
        if now.saturating_duration_since(self.due) > MAX_BACKLOG {
            self.due = now;
        }
        now >= self.due
    }

    /// How long from writing a frame until it is heard.
    pub(crate) fn delay(&self) -> Duration {
        match &self.kind {
            Kind::Device { output: Some(output), .. } => {
                let waiting = u64::from(output.waiting()) * 1_000_000 / u64::from(output.line.rate.max(1));
                Duration::from_micros(waiting) + output.line.stats.latency()
            }
            Kind::Nothing | Kind::File(_) | Kind::Device { output: None, .. } => Duration::ZERO,
        }
    }

    pub(crate) fn write(&mut self, frame: &[f32; FRAME]) {
        self.due += FRAME_DURATION;
        match &mut self.kind {
            Kind::Nothing | Kind::Device { output: None, .. } => {}
            Kind::Device { output: Some(output), .. } => output.write(frame),
            Kind::File(writer) => {
                let failed = frame.iter().any(|sample| {
                    let whole = (sample.clamp(-1.0, 1.0) * 32767.0).round() as i16;
                    writer.write_sample(whole).is_err()
                });
                if failed {
                    tracing::warn!("The sound file cannot be written any more");
                    self.kind = Kind::Nothing;
                }
            }
        }
    }
}

impl Kind {
    fn open(id: &str, stand_in: bool, events: &StreamEvents) -> Self {
        if id == "none" || id.is_empty() {
            Self::Nothing
        } else if let Some(path) = path_of(id) {
            match record(&path) {
                Ok(writer) => Self::File(writer),
                Err(error) => {
                    tracing::warn!(%error, "The sound file cannot be written");
                    let problem = DeviceProblem::Failed;
                    events(StreamEvent::Lost { label: String::new(), problem });
                    Self::Nothing
                }
            }
        } else {
            Self::Device { line: DeviceStream::start(id.to_owned(), stand_in, events.clone()), output: None }
        }
    }
}

impl Output {
    fn new(line: OpenedDevice<Producer<f32>>, now: Instant) -> Self {
        let converter = MonoResampler::new(48_000, line.rate);
        let mut output = Self {
            line,
            converter,
            joint: Joint::default(),
            ready: Vec::new(),
            ahead: MIN_FRAMES_AHEAD,
            faults: 0,
            troubled: now,
        };
        // Filled beforehand, so that the jitter buffer is not emptied in one go.
        (0..MIN_FRAMES_AHEAD).for_each(|_| output.write(&[0.0; FRAME]));
        output.joint = Joint::default();
        output
    }

    /// Samples in the ring.
    fn waiting(&self) -> u32 {
        (self.line.ring.buffer().capacity() - self.line.ring.slots()) as u32
    }

    fn write(&mut self, frame: &[f32; FRAME]) {
        self.ready.clear();
        let frame = frame.map(|sample| self.joint.sound(sample));
        self.converter.convert(&frame, &mut self.ready);
        // What does not fit is too far ahead to be played in time anyway.
        let _ = self.line.ring.push_partial_slice(&self.ready);
    }

    /// Keeps more ahead where the device ran dry; answers with the frames it missed.
    fn watch(&mut self, now: Instant) -> u64 {
        let faults = self.line.stats.faults();
        let missed = faults - self.faults;
        if missed > 0 {
            self.faults = faults;
            self.troubled = now;
            self.ahead = (self.ahead + 1).min(MAX_FRAMES_AHEAD);
        } else if now.duration_since(self.troubled) > AHEAD_DECAY_INTERVAL && self.ahead > MIN_FRAMES_AHEAD {
            self.troubled = now;
            self.ahead -= 1;
        }
        missed.div_ceil(u64::from((self.line.rate / FRAMES_PER_SECOND).max(1)))
    }
}

fn record(path: &Path) -> Result<hound::WavWriter<BufWriter<File>>, hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    hound::WavWriter::create(path, spec)
}
