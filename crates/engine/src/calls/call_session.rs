//! Session of one call: its media, its peer connection and the bridge between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_call::{CallId, MediaKind, Quality};
use bellwire_media::{
    AudioFeatures, CallMedia, CallMediaConfig, Codec, MediaEvent, MemberMedia, MemberOutputs, Outputs,
};
use bellwire_peer::{PeerEvent, PeerStats};
use tokio::sync::mpsc;

use crate::calls::bridge::Bridge;
use crate::calls::peer_task::{PeerCommand, PeerHandle};
use crate::calls::stats::{self, Answer};
use crate::config::{EngineConfig, Screens};
use crate::connection_id::ConnectionId;
use crate::devices::settings::Devices;
use crate::internal::Internal;
use crate::view::CallStats;

/// Least that an encoder can be asked for. The quality ladder pauses pictures well above it.
const MIN_VIDEO_BITS_PER_S: u32 = 10_000;
/// Statistics come once a second; every tenth is reported to the backend.
const STATS_PER_REPORT: u32 = 10;

#[derive(Debug, Default)]
pub(crate) struct CallSession {
    pub(crate) bridge: Bridge,
    pub(crate) peer: Option<PeerHandle>,
    pub(crate) media: Option<CallMedia>,
    /// What is received of the other side.
    member: Option<MemberMedia>,
    codec: Option<Codec>,
    /// What the other side can make use of in the sound it gets.
    audio_features: AudioFeatures,
    sending: bool,
    /// When both agreed to talk, by the clock of media.
    consent_at: Option<Instant>,
    first_video: Option<Instant>,
    first_audio: Option<Instant>,
    /// Statistics taken since the last report to the backend.
    unreported: u32,
    /// Packets received and lost when the statistics were taken last.
    counted: (u64, u64),
}

impl CallSession {
    pub(crate) fn start_media(
        &mut self,
        (call, kind): (CallId, MediaKind),
        (microphone, camera): (bool, bool),
        (config, chosen): (&EngineConfig, &Devices),
        screens: &Screens,
        events: mpsc::Sender<Internal>,
    ) {
        // Called on media threads: when the loop is behind, levels are dropped; nothing else comes often enough to
        // fill the channel.
        let tell: Arc<dyn Fn(MediaEvent) + Send + Sync> = Arc::new(move |event| {
            let _ = events.try_send(Internal::Media { call, event });
        });
        let media = CallMedia::start(
            CallMediaConfig {
                audio: true,
                video: kind == MediaKind::Video,
                microphone_on: microphone,
                camera_on: camera && kind == MediaKind::Video,
                microphone: chosen.microphone.clone(),
                speaker: chosen.speaker.clone(),
                camera: chosen.camera.clone(),
                processing: chosen.processing(),
                video_codec: self.codec.or(config.video_codecs.first().copied()).unwrap_or(Codec::H264),
                start_bitrate: config.start_bitrate,
                max_bitrate: config.max_bitrate,
            },
            Outputs {
                audio: self.bridge.audio.clone(),
                video: self.bridge.video.clone(),
                self_view: screens.own.clone(),
                events: tell.clone(),
            },
        );
        let member = media.join(MemberOutputs { view: screens.remote.clone(), events: tell });
        self.bridge.incoming.connect(Some(member.receiver()));
        media.set_audio_features(self.audio_features);
        media.set_sending(self.sending);
        self.media = Some(media);
        self.member = Some(member);
    }

    /// Takes the media out. Dropping it joins its threads, so that is for a blocking thread.
    pub(crate) fn take_media(&mut self) -> Option<(CallMedia, Option<MemberMedia>)> {
        self.bridge.incoming.connect(None);
        let member = self.member.take();
        Some((self.media.take()?, member))
    }

    pub(crate) fn has(&self, connection: ConnectionId) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.connection == connection)
    }

    pub(crate) fn send_to_peer(&self, command: PeerCommand) {
        if let Some(peer) = &self.peer {
            peer.send(command);
        }
    }

    /// Media may flow: the path is up.
    pub(crate) fn path_up(&mut self) {
        self.sending = true;
        if let Some(media) = &self.media {
            media.set_sending(true);
            media.force_key_frame();
        }
    }

    pub(crate) fn on_peer_event(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::SendCodec(codec @ (Codec::H264 | Codec::Vp8)) => {
                self.codec = Some(codec);
                self.with_media(|media| media.set_video_codec(codec));
            }
            PeerEvent::SendAudio(features) => {
                self.audio_features = features;
                self.with_media(|media| media.set_audio_features(features));
            }
            PeerEvent::TargetBitrate { bps, video_bps } => {
                self.with_media(|media| {
                    // The encoder's share already leaves out what sound was measured to take.
                    let _audio = media.set_total_bitrate(bps);
                    media.set_video_bitrate(video_bps.max(MIN_VIDEO_BITS_PER_S));
                });
            }
            PeerEvent::KeyFrameWanted => self.with_media(CallMedia::force_key_frame),
            PeerEvent::RemoteLoss { fraction } => self.with_media(|media| media.set_audio_loss(fraction)),
            PeerEvent::SendCodec(Codec::Opus)
            | PeerEvent::Candidate(_)
            | PeerEvent::State(_)
            | PeerEvent::PathSilent
            | PeerEvent::PathBack
            | PeerEvent::NewAddress => {}
        }
    }

    /// Notes when the first picture and the first sound of the other side came.
    pub(crate) fn on_media_event(&mut self, event: &MediaEvent) {
        match event {
            MediaEvent::FirstVideo(at) => self.first_video = self.first_video.or(Some(*at)),
            MediaEvent::FirstAudio(at) => self.first_audio = self.first_audio.or(Some(*at)),
            MediaEvent::KeyFrameWanted
            | MediaEvent::Device(_)
            | MediaEvent::SharingLost { .. }
            | MediaEvent::PicturePaused
            | MediaEvent::PictureResumed
            | MediaEvent::Levels { .. } => {}
        }
    }

    /// Statistics of media and the peer connection in one record. `talked`: how long ago both agreed to
    /// talk.
    pub(crate) fn stats(
        &mut self,
        peer: &PeerStats,
        security_code: Option<String>,
        talked: Option<Duration>,
    ) -> Option<CallStats> {
        let media = self.media.as_ref()?.stats();
        // Kept from the first time on: the phone's clock counts a suspend and media's does not.
        self.consent_at = self.consent_at.or_else(|| Instant::now().checked_sub(talked?));
        let totals = stats::totals(peer);
        let counted = std::mem::replace(&mut self.counted, totals);
        let since_consent = |at: Option<Instant>| Some(at?.saturating_duration_since(self.consent_at?));
        let answer =
            Answer { to_video: since_consent(self.first_video), to_audio: since_consent(self.first_audio) };
        Some(stats::call_stats(media, peer, counted, answer, security_code.unwrap_or_default()))
    }

    /// The report to the backend, when it is time for one.
    pub(crate) fn report(&mut self, stats: &CallStats) -> Option<Quality> {
        self.unreported += 1;
        if self.unreported < STATS_PER_REPORT {
            return None;
        }
        self.unreported = 0;
        Some(stats::quality(stats))
    }

    fn with_media(&self, f: impl FnOnce(&CallMedia)) {
        if let Some(media) = &self.media {
            f(media);
        }
    }
}
