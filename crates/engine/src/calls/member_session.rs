//! One member of a call: their peer connection, what is received of them, and the bridge between the two.

use std::time::{Duration, Instant};

use bellwire_call::Quality;
use bellwire_media::{AudioFeatures, Codec, MediaEvent, MemberMedia, SentStats};
use bellwire_peer::{PeerStats, Wish};

use crate::calls::bridge::Bridge;
use crate::calls::layer_plan::PicturePath;
use crate::calls::peer_task::{PeerCommand, PeerHandle};
use crate::calls::stats::{self, Answer};
use crate::connection_id::ConnectionId;
use crate::view::CallStats;

/// Statistics come once a second; every tenth is reported to the backend.
const STATS_PER_REPORT: u32 = 10;

#[derive(Debug, Default)]
pub(crate) struct MemberSession {
    pub(crate) bridge: Bridge,
    pub(crate) peer: Option<PeerHandle>,
    pub(crate) media: Option<MemberMedia>,
    pub(crate) path: MemberPath,
    first_video: Option<Instant>,
    first_audio: Option<Instant>,
    /// Statistics taken since the last report to the backend.
    unreported: u32,
    /// Packets received and lost when the statistics were taken last.
    counted: (u64, u64),
    /// When that was, and the bytes sent until then.
    sent: Option<(Instant, u64)>,
    pub(crate) upload_kbps: f32,
    pub(crate) newest: Option<CallStats>,
    /// How their picture is shown here; `None`: nobody said.
    shown: Option<u16>,
    hand_up: bool,
}

/// Sizes that a picture is asked for in: the next one of these, so that moving a window's edge changes nothing.
const WISHED_SIDES: [u16; 4] = [320, 640, 960, 1280];

/// The longest side we send to somebody who shows that much.
fn wanted_side(shown: u16) -> u32 {
    if shown > WISHED_SIDES[WISHED_SIDES.len() - 1] { u32::MAX } else { shown.into() }
}

/// What to ask for to show a picture at that size, in pixels.
fn wished_side((width, height): (u32, u32)) -> u16 {
    let longest = width.max(height);
    match WISHED_SIDES.iter().find(|side| longest <= u32::from(**side)) {
        _ if width == 0 || height == 0 => 0,
        Some(side) => *side,
        None => u16::MAX,
    }
}

/// What the connection to a member found out about the path, and about the program at its other end.
#[derive(Debug, Default)]
pub(crate) struct MemberPath {
    pub(crate) codec: Option<Codec>,
    /// What they can make use of in the sound they get.
    pub(crate) audio: AudioFeatures,
    /// What the path carries, bit/s, and what of it is left for pictures.
    pub(crate) target: Option<(u32, u32)>,
    /// What they lost of the sound of the last second or so, a fraction.
    pub(crate) loss: f32,
    /// How they show our picture; only programs like ours say so.
    pub(crate) wish: Option<Wish>,
}

impl MemberSession {
    pub(crate) fn has(&self, connection: ConnectionId) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.connection == connection)
    }

    pub(crate) fn open_peer(&mut self, peer: PeerHandle) {
        self.close_peer();
        self.bridge.layer().begin_anew();
        self.peer = Some(peer);
        self.tell_wish();
    }

    /// Their picture is shown at that size, in pixels; of one that is not shown none is decoded.
    pub(crate) fn show(&mut self, size: (u32, u32)) {
        let side = wished_side(size);
        if self.shown.replace(side) != Some(side) {
            if let Some(media) = &self.media {
                media.set_visible(side > 0);
            }
            self.tell_wish();
        }
    }

    pub(crate) fn raise_hand(&mut self, up: bool) {
        self.hand_up = up;
        self.tell_wish();
    }

    fn tell_wish(&self) {
        if self.shown.is_some() || self.hand_up {
            let max_side = self.shown.unwrap_or(u16::MAX);
            self.send_to_peer(PeerCommand::SetWish(Wish { max_side, hand_up: self.hand_up }));
        }
    }

    pub(crate) fn close_peer(&mut self) {
        self.bridge.set_up(false);
        self.peer = None;
    }

    pub(crate) fn send_to_peer(&self, command: PeerCommand) {
        if let Some(peer) = &self.peer {
            peer.send(command);
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.bridge.is_up()
    }

    /// For the plan of the picture's layers; `None`: they cannot get any. `start`: bit rate until the path is known.
    pub(crate) fn picture_path(&self, fallback: Codec, start: u32) -> Option<PicturePath> {
        self.is_up().then(|| PicturePath {
            codec: self.path.codec.unwrap_or(fallback),
            bitrate: self.path.target.map_or(start, |(_, pictures)| pictures),
            loss: self.path.loss,
            max_side: self.path.wish.map_or(u32::MAX, |wish| wanted_side(wish.max_side)),
        })
    }

    pub(crate) fn receive_in(&mut self, media: MemberMedia) {
        media.set_visible(self.shown != Some(0));
        self.bridge.incoming.connect(Some(media.receiver()));
        self.media = Some(media);
    }

    /// Takes the media out. Dropping it joins its threads, so that is for a blocking thread.
    pub(crate) fn take_media(&mut self) -> Option<MemberMedia> {
        self.bridge.incoming.connect(None);
        self.media.take()
    }

    /// Notes when their first picture and their first sound came.
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

    /// Statistics of media and the peer connection in one record. `consent_at`: when both agreed to talk.
    pub(crate) fn take_stats(
        &mut self,
        sent: &SentStats,
        peer: &PeerStats,
        security_code: Option<String>,
        consent_at: Option<Instant>,
    ) -> Option<&CallStats> {
        let received = self.media.as_ref()?.stats();
        self.upload_kbps = self.upload(peer, Instant::now());
        let totals = stats::totals(peer);
        let counted = std::mem::replace(&mut self.counted, totals);
        let since_consent =
            |at: Option<Instant>| -> Option<Duration> { Some(at?.saturating_duration_since(consent_at?)) };
        let answer =
            Answer { to_video: since_consent(self.first_video), to_audio: since_consent(self.first_audio) };
        let code = security_code.unwrap_or_default();
        Some(self.newest.insert(stats::call_stats((sent, &received), peer, counted, answer, code)))
    }

    /// What the connection sent since the last time, kbit/s.
    fn upload(&mut self, peer: &PeerStats, now: Instant) -> f32 {
        let bytes = peer.audio.bytes_sent + peer.video.bytes_sent;
        let Some((at, before)) = self.sent.replace((now, bytes)) else { return 0.0 };
        // A new connection counts from nothing.
        let bits = bytes.saturating_sub(before) as f32 * 8.0;
        bits / 1e3 / now.saturating_duration_since(at).as_secs_f32().max(0.1)
    }

    /// The report to the backend, when it is time for one.
    pub(crate) fn report(&mut self) -> Option<Quality> {
        let stats = self.newest.as_ref()?;
        self.unreported += 1;
        if self.unreported < STATS_PER_REPORT {
            return None;
        }
        self.unreported = 0;
        Some(stats::quality(stats))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_asked_for_in_a_few_sizes() {
        for (shown, wished) in
            [((0, 0), 0), ((0, 720), 0), ((200, 112), 320), ((321, 180), 640), ((720, 1280), 1280)]
        {
            assert_eq!(wished_side(shown), wished, "{shown:?}");
            assert_eq!(wanted_side(wished), u32::from(wished));
        }
        assert_eq!(wanted_side(wished_side((1920, 1080))), u32::MAX);
    }
}
