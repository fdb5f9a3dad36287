//! The command line options; users need none of them.

use bellwire_engine::media::video::{SourceInfo, list_sources};
use bellwire_engine::media::{Direction, list_audio_devices};
use std::path::PathBuf;

use clap::Parser;

use crate::start_note::StartNote;

#[derive(Clone, Debug, Parser)]
#[command(name = "bellwire", version)]
pub(crate) struct Options {
    /// Server address to fill in.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// Backend to fill in, e.g. `storefront`.
    #[arg(long)]
    pub(crate) dialect: Option<String>,
    /// Role to fill in, e.g. `seller`.
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// E-mail address to fill in.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Signs in at once with this password (demo and tests).
    #[arg(long, env = "BELLWIRE_DEMO_PASSWORD", hide = true, hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// `default`, a camera id, `test:pattern`, `file:/x.mp4` or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) camera: String,
    /// `default`, a device, `file:/x.wav`, `test:tone` or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) microphone: String,
    /// `default`, a device, `file:/out.wav` (records) or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) speaker: String,
    /// Folder for everything the program keeps; the usual ones of this system when not given.
    #[arg(long)]
    pub(crate) data_dir: Option<PathBuf>,
    /// An administrator's file of settings, for trying one; counts only where the machine has none.
    #[arg(long)]
    pub(crate) managed: Option<PathBuf>,
    /// Starts out of sight, in the tray (start at login).
    #[arg(long)]
    pub(crate) hidden: bool,
    /// A link such as `bellwire://call/ada@example.com`; the call is placed when it is confirmed.
    pub(crate) link: Option<String>,
}

impl Options {
    /// What a user should know about where picture and sound come from; the interface has the words.
    pub(crate) fn notes(&self, found: &DetectedDevices) -> Vec<StartNote> {
        let picture = match self.camera.as_str() {
            "default" if found.cameras.is_empty() => Some(StartNote::NoCameraFound),
            "none" => Some(StartNote::CameraOff),
            camera if camera.starts_with("test:") => Some(StartNote::TestPicture),
            camera if camera.starts_with("file:") => Some(StartNote::Film),
            _ => None,
        };
        let microphone = match self.microphone.as_str() {
            "default" if !found.microphone => Some(StartNote::NoMicrophoneFound),
            "none" => Some(StartNote::MicrophoneOff),
            sound if sound.starts_with("test:") || sound.starts_with("file:") => Some(StartNote::Recording),
            _ => None,
        };
        let speaker = match self.speaker.as_str() {
            "default" if !found.speaker => Some(StartNote::NoSpeakerFound),
            "none" => Some(StartNote::SpeakerOff),
            file if file.starts_with("file:") => Some(StartNote::SpeakerFile),
            _ => None,
        };
        [picture, microphone, speaker].into_iter().flatten().collect()
    }
}

/// The devices this machine has.
#[derive(Clone, Debug, Default)]
pub(crate) struct DetectedDevices {
    pub(crate) cameras: Vec<SourceInfo>,
    pub(crate) microphone: bool,
    pub(crate) speaker: bool,
}

impl DetectedDevices {
    /// Queries the system; a sound server that does not answer blocks it.
    pub(crate) fn detect() -> Self {
        let sound = list_audio_devices();
        let has = |direction| sound.iter().any(|d| d.direction == direction && !d.monitor);
        Self { cameras: cameras(), microphone: has(Direction::Input), speaker: has(Direction::Output) }
    }
}

/// The cameras there are, without the built-in pictures.
pub(crate) fn cameras() -> Vec<SourceInfo> {
    list_sources().into_iter().filter(|source| source.id.starts_with("camera:")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Options::parse_from([&["bellwire"], arguments].concat())
    }

    fn camera() -> SourceInfo {
        SourceInfo { id: "camera:Lid".into(), label: "Lid".into() }
    }

    #[test]
    fn what_is_missing_is_said() {
        let bare = options(&[]);
        assert_eq!(bare.notes(&DetectedDevices::default()).len(), 3);
        let whole = DetectedDevices { cameras: vec![camera()], microphone: true, speaker: true };
        assert!(bare.notes(&whole).is_empty());
        let notes = options(&["--camera", "test:pattern", "--microphone", "none"]).notes(&whole);
        assert_eq!(notes, [StartNote::TestPicture, StartNote::MicrophoneOff]);
    }
}
