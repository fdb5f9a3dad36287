//! What one call has running: its media, its peer connection and the joints between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_call::{CallId, Epoch, MediaKind, Quality, QualityLevel};
use bellwire_media::{CallMedia, CallMediaConfig, Codec, FrameSink, MediaEvent, Outputs};
use bellwire_peer::{PathKind, PeerStats};
use tokio::sync::mpsc;

use crate::config::EngineConfig;
use crate::devices::Devices;
use crate::internal::Internal;
use crate::peer_task::{PeerHandle, PeerOrder};
use crate::switch::Switch;
use crate::view::CallStats;

/// Where pictures are shown; given once by whoever owns the windows.
#[derive(Clone)]
pub struct Screens {
    pub remote: Arc<dyn FrameSink>,
    pub own: Arc<dyn FrameSink>,
}

impl std::fmt::Debug for Screens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Screens")
    }
}

/// Audio takes this much of the estimated bandwidth, headers included, in bits per second.
const AUDIO_SHARE: u32 = 48_000;

#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) switch: Switch,
    pub(crate) peer: Option<PeerHandle>,
    pub(crate) media: Option<CallMedia>,
    codec: Option<Codec>,
    sending: bool,
    /// When both agreed to talk, by the clock of media.
    consent_at: Option<Instant>,
    /// Figures taken since the last report to the backend.
    unreported: u32,
    first_video: Option<Instant>,
    first_audio: Option<Instant>,
    /// Packets received and lost when the figures were taken last.
    counted: (u64, u64),
}

/// Seconds between two reports of how a call goes.
const REPORT_EVERY: u32 = 10;

impl Conversation {
    /// What to report of these figures, when it is time to.
    pub(crate) fn report(&mut self, figures: &CallStats) -> Option<Quality> {
        self.unreported += 1;
        if self.unreported < REPORT_EVERY {
            return None;
        }
        self.unreported = 0;
        let level = match (figures.loss, figures.rtt_ms) {
            (loss, rtt) if loss < 0.01 && rtt < 150.0 => QualityLevel::Excellent,
            (loss, rtt) if loss < 0.03 && rtt < 300.0 => QualityLevel::Good,
            (loss, rtt) if loss < 0.08 && rtt < 500.0 => QualityLevel::Fair,
            _ => QualityLevel::Poor,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let whole = |figure: f32| figure.round() as u32;
        Some(Quality {
            level,
            rtt_ms: whole(figures.rtt_ms),
            loss_permille: whole(figures.loss * 1e3),
            jitter_ms: whole(figures.jitter_ms),
            kbps_sent: whole(figures.video_kbps_sent + figures.audio_kbps_sent),
            kbps_received: whole(figures.video_kbps_received + figures.audio_kbps_received),
            fps: whole(figures.fps_received),
        })
    }

    pub(crate) fn start_media(
        &mut self,
        call: CallId,
        kind: MediaKind,
        (microphone, camera): (bool, bool),
        (config, chosen): (&EngineConfig, &Devices),
        screens: &Screens,
        events: &mpsc::Sender<Internal>,
    ) {
        let events = events.clone();
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
                audio: self.switch.audio.clone(),
                video: self.switch.video.clone(),
                remote_view: screens.remote.clone(),
                self_view: screens.own.clone(),
                // Called on media threads: when the loop is behind, levels are dropped; nothing else
                // comes often enough to fill the channel.
                events: Arc::new(move |event| {
                    let _ = events.try_send(Internal::Media { call, event });
                }),
            },
        );
        self.switch.incoming.connect(Some(media.receiver()));
        media.set_sending(self.sending);
        self.media = Some(media);
    }

    /// Takes the media out. Dropping it joins its threads, so that is for a blocking thread.
    pub(crate) fn take_media(&mut self) -> Option<CallMedia> {
        self.switch.incoming.connect(None);
        self.media.take()
    }

    pub(crate) fn order(&self, epoch: Epoch, order: PeerOrder) {
        if let Some(peer) = &self.peer
            && peer.epoch == epoch
        {
            peer.order(order);
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

    pub(crate) fn key_frame_wanted_by_peer(&self) {
        if let Some(media) = &self.media {
            media.force_key_frame();
        }
    }

    pub(crate) fn set_target(&self, bps: u32) {
        if let Some(media) = &self.media {
            media.set_video_bitrate(bps.saturating_sub(AUDIO_SHARE).max(50_000));
        }
    }

    pub(crate) fn set_codec(&mut self, codec: Codec) {
        match codec {
            Codec::H264 | Codec::Vp8 => {
                self.codec = Some(codec);
                if let Some(media) = &self.media {
                    media.set_video_codec(codec);
                }
            }
            Codec::Opus => {}
        }
    }

    pub(crate) fn set_remote_loss(&self, fraction: f32) {
        if let Some(media) = &self.media {
            media.set_audio_loss(fraction);
        }
    }

    pub(crate) fn note_first(&mut self, event: &MediaEvent) {
        match event {
            MediaEvent::FirstVideo(at) => self.first_video = self.first_video.or(Some(*at)),
            MediaEvent::FirstAudio(at) => self.first_audio = self.first_audio.or(Some(*at)),
            MediaEvent::KeyFrameWanted
            | MediaEvent::Device(_)
            | MediaEvent::SharingLost { .. }
            | MediaEvent::Levels { .. } => {}
        }
    }

    /// Media's and the peer's figures in one record. `talked`: how long ago both agreed to talk.
    pub(crate) fn stats(
        &mut self,
        peer: &PeerStats,
        code: Option<String>,
        talked: Option<Duration>,
    ) -> Option<CallStats> {
        let m = self.media.as_ref()?.stats();
        // Kept from the first time on: the phone's clock counts a suspend and media's does not.
        self.consent_at = self.consent_at.or_else(|| Instant::now().checked_sub(talked?));
        let received = peer.audio.packets_received + peer.video.packets_received;
        let lost = u64::from(peer.audio.lost) + u64::from(peer.video.lost);
        let newly = (received.saturating_sub(self.counted.0), lost.saturating_sub(self.counted.1));
        self.counted = (received, lost);
        let since_consent =
            |at: Option<Instant>| Some(at?.saturating_duration_since(self.consent_at?).as_secs_f32() * 1e3);
        Some(CallStats {
            frames_sent: m.frames_sent,
            frames_dropped: m.frames_dropped,
            frames_received: m.frames_received,
            fps_sent: m.fps_sent,
            fps_received: m.fps_received,
            width_sent: m.width_sent,
            height_sent: m.height_sent,
            width_received: m.width_received,
            height_received: m.height_received,
            freezes: m.freezes,
            freeze_ms: m.freeze_ms,
            video_kbps_sent: m.video_kbps_sent,
            video_kbps_received: m.video_kbps_received,
            audio_kbps_sent: m.audio_kbps_sent,
            audio_kbps_received: m.audio_kbps_received,
            target_kbps: peer.target_bps as f32 / 1e3,
            packets_lost: lost,
            loss: newly.1 as f32 / (newly.0 + newly.1).max(1) as f32,
            rtt_ms: peer.round_trip.map_or(0.0, |r| r.as_secs_f32() * 1e3),
            jitter_ms: m.jitter_ms,
            audio_level_sent_db: m.audio_level_sent_db,
            audio_level_received_db: m.audio_level_received_db,
            concealed: m.concealed,
            microphone_muted: m.microphone_muted,
            camera_off: m.camera_off,
            codec_sent: m.video_codec_sent,
            codec_received: m.video_codec_received,
            av_offset_ms: m.av_offset_ms,
            answer_to_video_ms: since_consent(self.first_video),
            answer_to_audio_ms: since_consent(self.first_audio),
            path: match peer.path {
                None => String::new(),
                Some(PathKind::Direct) => "direct".into(),
                Some(PathKind::Reflexive) => "reflexive".into(),
                Some(PathKind::Relayed) => "relayed".into(),
            },
            security_code: code.unwrap_or_default(),
        })
    }
}
