//! Configuration that an engine is started with.

use std::path::PathBuf;
use std::sync::Arc;

use bellwire_call::{CallId, MemberId};
use bellwire_media::{Codec, FrameSink};

/// Devices and limits; all of them have usable defaults.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// `default`, a device id, `file:/x.wav`, `file:/x.mp4`, `test:tone`, `echo` or `none`.
    pub microphone: String,
    /// `default`, a device id, `file:/out.wav` (records) or `none`.
    pub speaker: String,
    /// `camera:…`, `test:pattern`, `file:/x.mp4`, `echo` or `none`.
    pub camera: String,
    /// What is sent while sharing: `screen:` (all of it), `screen:WINDOW`, or any camera id.
    pub screen: String,
    /// Echo cancellation, noise suppression and gain control.
    pub processing: bool,
    /// Play ringtone and ring-back on the speaker.
    pub tones: bool,
    /// Video codecs offered and accepted, best first.
    pub video_codecs: Vec<Codec>,
    /// Bits per second.
    pub start_bitrate: u32,
    pub max_bitrate: u32,
    /// File of the call log; `None`: kept in memory, gone with the program.
    pub call_log: Option<PathBuf>,
    /// Only use paths through a TURN server.
    pub relay_only: bool,
}

/// How calls start, from the next one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallDefaults {
    /// The microphone is on.
    pub microphone: bool,
    /// The camera is on.
    pub camera: bool,
    /// Only paths through a TURN server: the other side does not learn our addresses.
    pub relay_only: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            microphone: "default".into(),
            speaker: "default".into(),
            camera: "default".into(),
            screen: "screen:".into(),
            processing: true,
            tones: true,
            video_codecs: vec![Codec::H264, Codec::Vp8],
            start_bitrate: bellwire_media::START_BITRATE_BPS,
            max_bitrate: 2_500_000,
            call_log: None,
            relay_only: false,
        }
    }
}

/// Where the pictures of the others are shown.
pub trait MemberScreens: Send + Sync {
    /// A member of a call comes.
    fn screen(&self, call: CallId, member: MemberId) -> Arc<dyn FrameSink>;
    /// They left the call.
    fn left(&self, _call: CallId, _member: MemberId) {}
}

/// Where pictures are shown; the owner of the windows provides them.
#[derive(Clone)]
pub struct Screens {
    own: Arc<dyn FrameSink>,
    members: Arc<dyn MemberScreens>,
}

impl std::fmt::Debug for Screens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Screens")
    }
}

impl Screens {
    pub fn new(own: Arc<dyn FrameSink>, members: Arc<dyn MemberScreens>) -> Self {
        Self { own, members }
    }

    /// One screen for whoever is the other one.
    pub fn of_two(own: Arc<dyn FrameSink>, remote: Arc<dyn FrameSink>) -> Self {
        Self::new(own, Arc::new(SameScreen(remote)))
    }

    pub(crate) fn own(&self) -> Arc<dyn FrameSink> {
        Arc::clone(&self.own)
    }

    pub(crate) fn member(&self, call: CallId, member: MemberId) -> Arc<dyn FrameSink> {
        self.members.screen(call, member)
    }

    pub(crate) fn left(&self, call: CallId, member: MemberId) {
        self.members.left(call, member);
    }
}

struct SameScreen(Arc<dyn FrameSink>);

impl MemberScreens for SameScreen {
    fn screen(&self, _call: CallId, _member: MemberId) -> Arc<dyn FrameSink> {
        Arc::clone(&self.0)
    }
}
