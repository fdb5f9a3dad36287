//! One member's media in a call: packets in, pictures and a voice in the mix out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::outputs::MemberOutputs;
use super::round_trips::RoundTrips;
use super::stats::MemberStats;
use super::{CallMedia, MediaEvent};
use crate::audio::{Inbox, Origin, SILENCE_DB, Voice, VoiceMeters};
use crate::lip_sync::LipSync;
use crate::video::{Mirror, VideoInlet, VideoReceiver, VideoReceiverConfig};
use crate::{
    Codec, DeviceEvent, FrameSink, Packet, PacketReceiver, SenderReport, SharedReceiver, TrackKind,
    VideoFrame,
};

/// Tells the members of a call apart; never given twice in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemberNumber(u64);

impl From<u64> for MemberNumber {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// The members of a call, in the order they came.
#[derive(Debug)]
pub(super) struct Members {
    here: Mutex<Here>,
    round_trips: RoundTrips,
}

#[derive(Debug, Default)]
struct Here {
    members: Vec<(MemberNumber, Received)>,
    joined: u64,
}

impl Members {
    pub(super) fn new(round_trips: RoundTrips) -> Self {
        Self { here: Mutex::default(), round_trips }
    }

    /// Figures of the member who has been here longest.
    pub(super) fn first_stats(&self) -> Option<MemberStats> {
        let first = self.lock().members.first().map(|(_, received)| received.clone());
        first.map(|received| received.stats())
    }

    fn number(&self) -> MemberNumber {
        let mut here = self.lock();
        here.joined += 1;
        let number = MemberNumber(here.joined);
        drop(here);
        self.round_trips.join(number);
        number
    }

    fn add(&self, number: MemberNumber, received: Received) {
        self.lock().members.push((number, received));
    }

    fn forget(&self, number: MemberNumber) {
        self.lock().members.retain(|(member, _)| *member != number);
        self.round_trips.forget(number);
    }

    fn is_first(&self, number: MemberNumber) -> bool {
        self.lock().members.first().is_some_and(|(first, _)| *first == number)
    }

    fn lock(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What there is to know of what is received of a member; keeps no thread alive.
#[derive(Clone, Debug)]
struct Received {
    voice: Option<Arc<VoiceMeters>>,
    video: Option<VideoInlet>,
    clock: Arc<LipSync>,
}

impl Received {
    fn stats(&self) -> MemberStats {
        let audio = self.voice.as_ref().map(|voice| voice.stats()).unwrap_or_default();
        let video = self.video.as_ref().map(VideoInlet::stats).unwrap_or_default();
        MemberStats::new(&audio, &video, &self.clock)
    }
}

/// The running media of one member. Dropping it takes the member out of the mix, without a click, and ends and joins its
/// video thread; nobody else's media notices. May outlive the [`CallMedia`].
pub struct MemberMedia {
    number: MemberNumber,
    members: Arc<Members>,
    receiver: Arc<Incoming>,
    received: Received,
    /// Dropped in this order: the voice is gone before the video thread is waited for.
    _voice: Option<Voice>,
    screen: Option<VideoReceiver>,
}

impl std::fmt::Debug for MemberMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemberMedia").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl MemberMedia {
    pub(super) fn start(call: &CallMedia, outputs: &MemberOutputs) -> Self {
        let clock = Arc::new(LipSync::new(call.epoch));
        let members = call.members.clone();
        let number = members.number();
        let voice = call.audio.as_ref().and_then(|audio| audio.join(clock.clone(), outputs.events.clone()));
        let view = FirstSeen {
            view: outputs.view.clone(),
            mirror: call.mirror.clone(),
            number,
            members: members.clone(),
            events: outputs.events.clone(),
            seen: AtomicBool::new(false),
        };
        let screen = call.has_video.then(|| start_screen(outputs, clock.clone(), view));
        let video = screen.as_ref().map(VideoReceiver::inlet);
        let receiver = Arc::new(Incoming {
            number,
            members: members.clone(),
            audio: voice.as_ref().map(Voice::inbox),
            video: video.clone(),
            clock: clock.clone(),
        });
        let received = Received { voice: voice.as_ref().map(Voice::meters), video, clock };
        members.add(number, received.clone());
        Self { number, members, receiver, received, _voice: voice, screen }
    }

    /// Where received packets go in; may outlive the member.
    pub fn receiver(&self) -> SharedReceiver {
        self.receiver.clone()
    }

    pub fn stats(&self) -> MemberStats {
        self.received.stats()
    }

    /// dBFS of the member's voice in the last 100 ms; -90 is silence.
    pub fn level_db(&self) -> f32 {
        self.received.voice.as_ref().map_or(SILENCE_DB, |voice| voice.level_db())
    }

    /// Tells whether anybody looks at the member's pictures. Hidden ones are not decoded; on return a key frame is asked
    /// for once. Sound goes on.
    pub fn set_visible(&self, visible: bool) {
        if let Some(screen) = &self.screen {
            screen.set_visible(visible);
        }
    }

    /// Whether the member keeps long-term references of the pictures sent to us and understands
    /// [`MediaEvent::PictureFeedback`]; without a word it does not.
    pub fn set_long_term(&self, agreed: bool) {
        if let Some(screen) = &self.screen {
            screen.set_long_term(agreed);
        }
    }
}

impl Drop for MemberMedia {
    fn drop(&mut self) {
        self.members.forget(self.number);
    }
}

fn start_screen(outputs: &MemberOutputs, clock: Arc<LipSync>, view: FirstSeen) -> VideoReceiver {
    let (tell, tell_unplayable) = (outputs.events.clone(), outputs.events.clone());
    let tell_feedback = outputs.events.clone();
    VideoReceiver::start(VideoReceiverConfig {
        clock: Some(clock),
        sink: Arc::new(view),
        key_frame_wanted: Arc::new(move || tell(MediaEvent::KeyFrameWanted)),
        picture_feedback: Arc::new(move |feedback| tell_feedback(MediaEvent::PictureFeedback(feedback))),
        unplayable: Arc::new(move |why| {
            tell_unplayable(MediaEvent::Device(DeviceEvent::received_video(why)))
        }),
    })
}

/// Tells of the first picture on its way to the view.
struct FirstSeen {
    view: Arc<dyn FrameSink>,
    /// Shows the first member's pictures.
    mirror: Option<Mirror>,
    number: MemberNumber,
    members: Arc<Members>,
    events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    seen: AtomicBool,
}

impl FrameSink for FirstSeen {
    fn frame(&self, frame: VideoFrame) {
        if let Some(mirror) = self.mirror.as_ref().filter(|_| self.members.is_first(self.number)) {
            mirror.frame(frame.clone());
        }
        self.view.frame(frame);
        if !self.seen.swap(true, Ordering::Relaxed) {
            (self.events)(MediaEvent::FirstVideo(Instant::now()));
        }
    }
}

/// Takes packets apart by kind; keeps nothing alive.
struct Incoming {
    number: MemberNumber,
    members: Arc<Members>,
    audio: Option<Arc<Inbox>>,
    video: Option<VideoInlet>,
    clock: Arc<LipSync>,
}

impl PacketReceiver for Incoming {
    fn packet(&self, codec: Codec, packet: Packet) {
        match codec {
            Codec::Opus => {
                if let Some(audio) = &self.audio {
                    audio.push(packet, Origin::Itself);
                }
            }
            Codec::H264 | Codec::Vp8 => {
                if let Some(video) = &self.video {
                    video.push(codec, packet);
                }
            }
        }
    }

    fn copy(&self, packet: Packet) {
        if let Some(audio) = &self.audio {
            audio.push(packet, Origin::Copy);
        }
    }

    fn begins_anew(&self, kind: TrackKind) {
        if let (TrackKind::Video, Some(video)) = (kind, &self.video) {
            video.begin_anew();
        }
    }

    fn parameter_sets(&self, sets: &[u8]) {
        if let Some(video) = &self.video {
            video.set_parameter_sets(sets);
        }
    }

    fn sender_report(&self, kind: TrackKind, report: SenderReport) {
        self.clock.report(kind, report);
        if kind == TrackKind::Video {
            self.clock.report_came(report, Instant::now());
        }
    }

    fn round_trip(&self, rtt: Duration) {
        self.clock.set_round_trip(rtt);
        self.members.round_trips.set(self.number, rtt);
        if let Some(video) = &self.video {
            video.set_round_trip(rtt);
        }
    }
}
