//! Audio devices: listing them, and opening one with a short buffer. `stream` keeps it open.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::Thread;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedBufferSize};
use rtrb::{Consumer, Producer};
use serde::Serialize;

use super::callback::{CallbackStats, Capture, Playback};
use crate::{DeviceProblem, identity};

/// 10 ms: asked of every device, because the default of some is two seconds.
const BUFFER_FRAMES: u32 = 480;
const SAMPLE_RATE_HZ: u32 = 48_000;
/// Longest wait for a sound server to open a stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A microphone.
    Input,
    /// A speaker.
    Output,
}

/// A sound device to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioDevice {
    /// Stays the same over restarts and replugging.
    pub id: String,
    /// What a person would call it.
    pub label: String,
    pub direction: Direction,
    /// Whether it hears what a speaker plays instead of a voice.
    pub monitor: bool,
    /// Whether `default` means this one now.
    pub default: bool,
}

impl AudioDevice {
    /// What to keep of a choice, so that the device is found though its id changes.
    pub fn lasting_id(&self) -> String {
        identity::sound(&self.id, &self.label)
    }
}

/// The id each of `devices` is offered under, in their order: the one it was chosen by before
/// (`chosen`: settings, ids), otherwise its lasting id.
pub fn offered_ids(devices: &[AudioDevice], chosen: &[&str]) -> Vec<String> {
    let known: Vec<_> = devices.iter().map(|device| (device.id.clone(), device.label.clone())).collect();
    let ids: Vec<_> = devices.iter().map(AudioDevice::lasting_id).collect();
    let find = |kept: &str| identity::find_sound(kept, &known);
    (0..devices.len()).map(|index| identity::called(index, &ids, chosen, find)).collect()
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    #[error("there is no sound server and no sound card")]
    NoHost,
    #[error("there is no such sound device")]
    NotFound,
    #[error("the sound device is in use by another program")]
    Busy,
    #[error("not allowed to use the sound device")]
    Denied,
    #[error("the sound device failed: {0}")]
    Failed(String),
}

impl From<cpal::Error> for OpenError {
    fn from(error: cpal::Error) -> Self {
        if matches!(error.kind(), ErrorKind::DeviceBusy) {
            Self::Busy
        } else if matches!(error.kind(), ErrorKind::PermissionDenied) {
            Self::Denied
        } else if matches!(error.kind(), ErrorKind::DeviceNotAvailable) {
            Self::NotFound
        } else if matches!(error.kind(), ErrorKind::HostUnavailable) {
            Self::NoHost
        } else {
            Self::Failed(error.to_string())
        }
    }
}

impl OpenError {
    pub(crate) fn problem(&self) -> DeviceProblem {
        match self {
            Self::NoHost | Self::NotFound => DeviceProblem::Missing,
            Self::Busy => DeviceProblem::Busy,
            Self::Denied => DeviceProblem::Denied,
            Self::Failed(_) => DeviceProblem::Failed,
        }
    }
}

/// Lists what can be chosen now; empty where there is no sound at all.
pub fn list_audio_devices() -> Vec<AudioDevice> {
    SoundSystem::default().list()
}

/// Lists sound devices again and again over one connection.
#[derive(Default)]
pub struct SoundSystem {
    host: Option<Host>,
}

impl std::fmt::Debug for SoundSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoundSystem")
    }
}

impl SoundSystem {
    /// What can be chosen now; empty where there is no sound at all. May wait for seconds on a sound server
    /// that does not answer.
    pub fn list(&mut self) -> Vec<AudioDevice> {
        if self.host.is_none() {
            self.host = Host::connect().ok();
        }
        let Some(host) = &self.host else { return Vec::new() };
        let mut devices = host.devices(Direction::Input);
        devices.extend(host.devices(Direction::Output));
        if devices.is_empty() {
            // Perhaps the server has gone; another may come.
            self.host = None;
        }
        devices
    }

    /// Whether asking costs next to nothing, so that it can be done each second.
    pub fn is_cheap_to_ask(&self) -> bool {
        self.host.as_ref().is_none_or(Host::cheap_to_ask)
    }
}

/// The sound system of this machine.
pub(super) struct Host {
    inner: cpal::Host,
}

impl Host {
    /// Prefers the sound server: it shares devices, names them well and is quicker than ALSA's plugins.
    #[cfg(target_os = "linux")]
    pub(super) fn connect() -> Result<Self, OpenError> {
        match cpal::host_from_id(cpal::HostId::PulseAudio) {
            Ok(inner) => Ok(Self { inner }),
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied) => Err(OpenError::Denied),
            // Without a card ALSA's plugins only fill stderr with complaints.
            Err(_) if !std::path::Path::new("/proc/asound/card0").exists() => Err(OpenError::NoHost),
            Err(_) => Ok(Self { inner: cpal::host_from_id(cpal::HostId::Alsa)? }),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn connect() -> Result<Self, OpenError> {
        Ok(Self { inner: cpal::default_host() })
    }

    /// Whether asking what there is costs next to nothing.
    pub(super) fn cheap_to_ask(&self) -> bool {
        !is_alsa(&self.inner)
    }

    /// Id of what `default` means now.
    pub(super) fn default_id(&self, direction: Direction) -> Option<String> {
        self.default_device(direction)?.id().ok().map(|id| id.to_string())
    }

    pub(super) fn has(&self, direction: Direction, id: &str) -> bool {
        self.find(direction, id).is_some()
    }

    /// The id by which a kept choice is reached now; `None` if it is not there.
    pub(super) fn resolve(&self, direction: Direction, kept: &str) -> Option<String> {
        let mut known: Vec<_> =
            self.devices(direction).into_iter().map(|device| (device.id, device.label)).collect();
        let found = identity::find_sound(kept, &known)?;
        Some(known.swap_remove(found).0)
    }

    pub(super) fn devices(&self, direction: Direction) -> Vec<AudioDevice> {
        let default = self.default_id(direction);
        let found = match direction {
            Direction::Input => self.inner.input_devices().map(Iterator::collect::<Vec<_>>),
            Direction::Output => self.inner.output_devices().map(Iterator::collect),
        };
        found
            .unwrap_or_default()
            .iter()
            .filter_map(|device| {
                let id = device.id().ok()?;
                if is_alsa(&self.inner) && is_plugin(id.id()) {
                    return None;
                }
                let label = device.description().map_or_else(|_| id.to_string(), |d| d.name().to_owned());
                let monitor = direction == Direction::Input && id.id().ends_with(".monitor");
                let id = id.to_string();
                let default = default.as_ref() == Some(&id);
                Some(AudioDevice { id, label, direction, monitor, default })
            })
            .collect()
    }

    fn default_device(&self, direction: Direction) -> Option<cpal::Device> {
        match direction {
            Direction::Input => self.inner.default_input_device(),
            Direction::Output => self.inner.default_output_device(),
        }
    }

    /// A sink and its monitor may bear ids alike, so the direction decides too.
    fn find(&self, direction: Direction, id: &str) -> Option<cpal::Device> {
        let mut found = match direction {
            Direction::Input => self.inner.input_devices().ok()?,
            Direction::Output => self.inner.output_devices().ok()?,
        };
        found.find(|device| device.id().is_ok_and(|own| own.to_string() == id))
    }

    /// `default` or a kept choice.
    fn pick(&self, direction: Direction, id: &str) -> Result<cpal::Device, OpenError> {
        let device = if id == "default" {
            self.default_device(direction)
        } else {
            self.resolve(direction, id).and_then(|id| self.find(direction, &id))
        };
        device.ok_or(OpenError::NotFound)
    }
}

#[cfg(target_os = "linux")]
fn is_alsa(host: &cpal::Host) -> bool {
    host.id() == cpal::HostId::Alsa
}

#[cfg(not(target_os = "linux"))]
fn is_alsa(_host: &cpal::Host) -> bool {
    false
}

/// ALSA lists its building blocks among the devices; these are the ones a person means.
fn is_plugin(id: &str) -> bool {
    !(id == "default" || id == "pipewire" || id.starts_with("sysdefault:") || id.starts_with("plughw:"))
}

/// Set where a stream fails, read by the stream's owner.
#[derive(Debug, Default)]
pub(super) struct Fault(AtomicU32);

impl Fault {
    pub(super) fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    fn raise(&self, error: &cpal::Error) -> bool {
        // These say that something happened to a stream that goes on.
        let harmless =
            matches!(error.kind(), ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged);
        if !harmless {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        !harmless
    }
}

/// A running stream.
pub(super) struct OpenStream {
    _stream: cpal::Stream,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) rate: u32,
    pub(super) stats: Arc<CallbackStats>,
    pub(super) fault: Arc<Fault>,
}

/// The device's end of a ring.
pub(super) enum DeviceEnd {
    Capture(Producer<f32>),
    Playback(Consumer<f32>),
}

/// How a device is asked to run, before the ring to it is made.
pub(super) struct OpenPlan {
    device: cpal::Device,
    direction: Direction,
    config: StreamConfig,
    format: SampleFormat,
}

impl OpenPlan {
    pub(super) fn new(host: &Host, direction: Direction, id: &str) -> Result<Self, OpenError> {
        let device = host.pick(direction, id)?;
        let (config, format) = match is_alsa(&host.inner) || !cfg!(target_os = "linux") {
            // A sound server converts whatever it is given.
            false => (
                StreamConfig {
                    channels: 1,
                    sample_rate: SAMPLE_RATE_HZ,
                    buffer_size: BufferSize::Fixed(BUFFER_FRAMES),
                },
                SampleFormat::F32,
            ),
            true => best_config(&device, direction)?,
        };
        Ok(Self { device, direction, config, format })
    }

    /// Samples per second the device will run at.
    pub(super) fn rate(&self) -> u32 {
        self.config.sample_rate
    }

    /// Opens and starts the stream; `wake` is unparked after every call of the device.
    pub(super) fn open(self, end: DeviceEnd, wake: Thread) -> Result<OpenStream, OpenError> {
        let stats = Arc::new(CallbackStats::default());
        let fault = Arc::new(Fault::default());
        let channels = usize::from(self.config.channels);
        let stream = match end {
            DeviceEnd::Capture(ring) => {
                let callback = Capture::new(ring, channels, stats.clone(), wake);
                self.capture_in_format(callback, fault.clone())?
            }
            DeviceEnd::Playback(ring) => {
                let callback = Playback::new(ring, channels, stats.clone(), wake);
                self.playback_in_format(callback, fault.clone())?
            }
        };
        stream.play()?;
        let id = self.device.id().map_or_else(|_| String::new(), |id| id.to_string());
        let label = self.device.description().map_or_else(|_| id.clone(), |d| d.name().to_owned());
        tracing::debug!(?self.direction, rate = self.config.sample_rate, channels, ?self.format, "Opened a sound device");
        Ok(OpenStream { _stream: stream, id, label, rate: self.config.sample_rate, stats, fault })
    }

    fn capture_in_format(&self, callback: Capture, fault: Arc<Fault>) -> Result<cpal::Stream, OpenError> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "cpal's list of formats grows; others are refused"
        )]
        match self.format {
            SampleFormat::F32 => self.capture::<f32>(callback, fault),
            SampleFormat::I16 => self.capture::<i16>(callback, fault),
            SampleFormat::I32 => self.capture::<i32>(callback, fault),
            SampleFormat::U16 => self.capture::<u16>(callback, fault),
            SampleFormat::U8 => self.capture::<u8>(callback, fault),
            other => Err(OpenError::Failed(format!("unknown sample format {other}"))),
        }
    }

    fn playback_in_format(&self, callback: Playback, fault: Arc<Fault>) -> Result<cpal::Stream, OpenError> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "cpal's list of formats grows; others are refused"
        )]
        match self.format {
            SampleFormat::F32 => self.playback::<f32>(callback, fault),
            SampleFormat::I16 => self.playback::<i16>(callback, fault),
            SampleFormat::I32 => self.playback::<i32>(callback, fault),
            SampleFormat::U16 => self.playback::<u16>(callback, fault),
            SampleFormat::U8 => self.playback::<u8>(callback, fault),
            other => Err(OpenError::Failed(format!("unknown sample format {other}"))),
        }
    }

    fn capture<T>(&self, mut callback: Capture, fault: Arc<Fault>) -> Result<cpal::Stream, OpenError>
    where
        T: SizedSample + Send + 'static,
        f32: FromSample<T>,
    {
        let stream = self.device.build_input_stream::<T, _, _>(
            self.config,
            move |data, info| {
                let times = info.timestamp();
                callback.take(data, times.callback.saturating_duration_since(times.capture));
            },
            report(fault),
            Some(OPEN_TIMEOUT),
        )?;
        Ok(stream)
    }

    fn playback<T>(&self, mut callback: Playback, fault: Arc<Fault>) -> Result<cpal::Stream, OpenError>
    where
        T: SizedSample + FromSample<f32> + Send + 'static,
    {
        let stream = self.device.build_output_stream::<T, _, _>(
            self.config,
            move |data, info| {
                let times = info.timestamp();
                callback.fill(data, times.playback.saturating_duration_since(times.callback));
            },
            report(fault),
            Some(OPEN_TIMEOUT),
        )?;
        Ok(stream)
    }
}

/// Some hosts repeat an error thousands of times a second: only the first is worth a line.
fn report(fault: Arc<Fault>) -> impl FnMut(cpal::Error) + Send + 'static {
    move |error| {
        let known = fault.raised();
        if fault.raise(&error) && !known {
            tracing::debug!(%error, "A sound stream failed");
        }
    }
}

/// The first choice is 48 kHz floating point, the last whatever the device likes best.
fn best_config(
    device: &cpal::Device,
    direction: Direction,
) -> Result<(StreamConfig, SampleFormat), OpenError> {
    let mut ranges = match direction {
        Direction::Input => device.supported_input_configs()?.collect::<Vec<_>>(),
        Direction::Output => device.supported_output_configs()?.collect(),
    };
    let wanted = [SampleFormat::F32, SampleFormat::I16, SampleFormat::I32];
    ranges.retain(|range| {
        wanted.contains(&range.sample_format())
            && (1..=2).contains(&range.channels())
            && (range.min_sample_rate()..=range.max_sample_rate()).contains(&SAMPLE_RATE_HZ)
    });
    ranges.sort_by_key(|range| {
        (wanted.iter().position(|format| *format == range.sample_format()), range.channels())
    });
    let chosen = match ranges.first() {
        Some(range) => range.with_sample_rate(SAMPLE_RATE_HZ),
        None => match direction {
            Direction::Input => device.default_input_config()?,
            Direction::Output => device.default_output_config()?,
        },
    };
    let frames = BUFFER_FRAMES * chosen.sample_rate() / SAMPLE_RATE_HZ;
    let frames = match *chosen.buffer_size() {
        SupportedBufferSize::Range { min, max } => frames.clamp(min, max.max(min)),
        SupportedBufferSize::Unknown => frames,
    };
    let mut config = chosen.config();
    config.buffer_size = BufferSize::Fixed(frames);
    Ok((config, chosen.sample_format()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_devices_a_person_means_are_kept_of_alsas_list() {
        for plugin in ["null", "lavrate", "oss", "jack", "dmix:CARD=PCH", "surround51:CARD=PCH"] {
            assert!(is_plugin(plugin), "{plugin}");
        }
        for device in ["default", "pipewire", "sysdefault:CARD=PCH", "plughw:CARD=USB,DEV=0"] {
            assert!(!is_plugin(device), "{device}");
        }
    }

    #[test]
    fn a_passing_glitch_does_not_end_a_stream() {
        let fault = Fault::default();
        assert!(!fault.raise(&cpal::Error::new(ErrorKind::Xrun)));
        assert!(!fault.raised());
        assert!(fault.raise(&cpal::Error::new(ErrorKind::StreamInvalidated)));
        assert!(fault.raised());
    }
}
