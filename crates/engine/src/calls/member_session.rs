//! One member of a call: their peer connection, what is received of them, and the bridge between the two.

use std::time::{Duration, Instant};

use bellwire_media::{AudioFeatures, Codec, LossSmoother, MediaEvent, MemberMedia, SentStats};
use bellwire_peer::{PeerStats, Wish};

use crate::calls::bridge::Bridge;
use crate::calls::layer_plan::PicturePath;
use crate::calls::peer_task::{PeerCommand, PeerHandle};
use crate::calls::stats::{self, Answer};
use crate::connection_id::ConnectionId;
use crate::view::CallStats;

#[derive(Debug, Default)]
pub(crate) struct MemberSession {
    pub(crate) bridge: Bridge,
    pub(crate) peer: Option<PeerHandle>,
    pub(crate) media: Option<MemberMedia>,
    pub(crate) path: MemberPath,
    first_video: Option<Instant>,
    first_audio: Option<Instant>,
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
    /// Both sides keep long-term references of pictures and tell each other of them.
    pub(crate) long_term: bool,
    /// What they can make use of in the sound they get; `None`: by their description they get none.
    pub(crate) audio: Option<AudioFeatures>,
    /// The most with which a camera's picture goes on without standing still, bit/s.
    pub(crate) steady: Option<u32>,
    /// What the path carries, bit/s, and what of it is left for pictures.
    pub(crate) target: Option<(u32, u32)>,
    /// What they lost of the sound of the last second or so, a fraction, and the same over several reports.
    pub(crate) loss: f32,
    pub(crate) usual_loss: f32,
    /// As for the sound of the whole call, so that both forget a loss equally soon.
    smoother: LossSmoother,
    /// Nothing has been heard for a while.
    pub(crate) silent: bool,
    /// How they show our picture; only programs like ours say so.
    pub(crate) wish: Option<Wish>,
    /// A larger picture is wanted so soon after the last change that it waits for the next second.
    pub(crate) next_wish: Option<Wish>,
    wished_at: Option<Instant>,
}

/// Each larger picture begins with a key frame: so often at most.
const MIN_TIME_BETWEEN_LARGER: Duration = Duration::from_secs(1);

impl MemberPath {
    pub(crate) fn hear_loss(&mut self, fraction: f32) {
        self.usual_loss = self.smoother.hear(Some(self.usual_loss), fraction);
        self.loss = fraction;
    }

    pub(crate) fn hear_wish(&mut self, wish: Wish, now: Instant) {
        let larger = self.wish.is_some_and(|known| wish.max_side > known.max_side);
        let soon =
            self.wished_at.is_some_and(|at| now.saturating_duration_since(at) < MIN_TIME_BETWEEN_LARGER);
        if larger && soon {
            self.next_wish = Some(wish);
        } else {
            (self.wish, self.next_wish, self.wished_at) = (Some(wish), None, Some(now));
        }
    }
}

impl MemberSession {
    pub(crate) fn has(&self, connection: ConnectionId) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.connection == connection)
    }

    pub(crate) fn open_peer(&mut self, peer: PeerHandle) {
        self.close_peer();
        self.bridge.layer().begin_anew();
        // Another program may be at its other end.
        self.path = MemberPath::default();
        self.set_long_term(false);
        self.peer = Some(peer);
        if self.shown.is_some() || self.hand_up {
            self.tell_wish();
        }
    }

    /// Whether both sides keep long-term references of pictures and tell each other of them.
    pub(crate) fn set_long_term(&mut self, agreed: bool) {
        self.path.long_term = agreed;
        if let Some(media) = &self.media {
            media.set_long_term(agreed);
        }
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
        if std::mem::replace(&mut self.hand_up, up) != up {
            self.tell_wish();
        }
    }

    fn tell_wish(&self) {
        let max_side = self.shown.unwrap_or(u16::MAX);
        self.send_to_peer(PeerCommand::SetWish(Wish { max_side, hand_up: self.hand_up }));
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

    /// Our sound goes there: to a member, or to the peer that passes it on to all.
    pub(crate) fn gets_sound(&self) -> bool {
        self.is_up() && self.path.audio.is_some()
    }

    /// For the plan of the picture's layers; `None`: they cannot get any, by their description or because they are not
    /// there. `start`: bit rate until the path is known. `usual`: the longest side at which it is shown where nobody says
    /// so. `whole`: what is sent is of use in its own size only.
    pub(crate) fn picture_path(&self, start: u32, usual: u32, whole: bool) -> Option<PicturePath> {
        let codec = self.path.codec.filter(|_| self.is_up())?;
        // A screen is to be read, and seldom moves.
        let steady = self.path.steady.filter(|_| !whole).unwrap_or(u32::MAX);
        let wished = self.path.wish.map_or(usual, |wish| wanted_side(wish.max_side));
        Some(PicturePath {
            codec,
            bitrate: self.path.target.map_or(start, |(_, pictures)| pictures).min(steady),
            loss: self.path.loss,
            max_side: if whole && wished > 0 { u32::MAX } else { wished },
            long_term: self.path.long_term,
        })
    }

    pub(crate) fn receive_in(&mut self, media: MemberMedia) {
        media.set_visible(self.shown != Some(0));
        media.set_long_term(self.path.long_term);
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
            | MediaEvent::PictureFeedback(_)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_pictures_are_wished_for_once_a_second_and_smaller_ones_at_once() {
        let (mut path, start) = (MemberPath::default(), Instant::now());
        let wish = |max_side| Wish { max_side, hand_up: false };
        path.hear_wish(wish(0), start);
        path.hear_wish(wish(1280), start + Duration::from_millis(10));
        assert_eq!((path.wish, path.next_wish), (Some(wish(0)), Some(wish(1280))));
        path.hear_wish(wish(0), start + Duration::from_millis(20));
        assert_eq!((path.wish, path.next_wish), (Some(wish(0)), None));
        path.hear_wish(wish(640), start + Duration::from_secs(2));
        assert_eq!(path.wish, Some(wish(640)));
    }

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
