//! View and shown state of a call. Read-only.

use std::time::Instant;

use super::{Call, Consent, MediaPath};
use crate::{CallState, CallView, Direction, MediaKind, RingPolicy};

/// What the other side can send by its description (RFC 3264 directions).
#[derive(Clone, Copy, Debug)]
pub(super) struct DescribedMedia {
    pub(super) audio: bool,
    pub(super) video: bool,
}

/// What the other side says it sends.
#[derive(Clone, Copy, Debug)]
pub(super) struct RemoteMedia {
    pub(super) audio: bool,
    pub(super) video: bool,
    pub(super) sharing: bool,
}

impl Default for DescribedMedia {
    fn default() -> Self {
        Self { audio: true, video: true }
    }
}

impl RemoteMedia {
    /// What a call of that kind begins with, until the other side says otherwise.
    pub(super) fn of(kind: MediaKind) -> Self {
        Self { audio: true, video: kind == MediaKind::Video, sharing: false }
    }
}

impl Call {
    pub(crate) fn view(&self, now: Instant) -> CallView {
        let until = self.ended.as_ref().map_or(now, |ended| ended.at);
        let connected = self.connected_at.map(|at| until.saturating_duration_since(at).as_millis());
        CallView {
            id: self.id,
            account: self.account,
            remote_id: self.remote.clone(),
            direction: self.direction,
            kind: self.kind,
            peer: self.peer.clone(),
            subject: self.subject.clone(),
            state: self.state(),
            waiting: self.waiting && self.is_ringing(),
            connected_ms: connected.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            remote_audio: self.remote_media.audio && self.described.audio,
            remote_video: self.remote_media.video && self.described.video,
            remote_sharing: self.remote_media.sharing && self.described.video,
            remote_has_microphone: self.described.audio,
            remote_has_camera: self.described.video,
            signaling_lost: self.signaling_lost && self.is_live(),
        }
    }

    fn state(&self) -> CallState {
        if let Some(ended) = &self.ended {
            return CallState::Ended { reason: ended.reason.clone() };
        }
        match (self.consent, self.direction, self.path) {
            (Consent::Asked, Direction::Outgoing, _) => CallState::Calling {
                ringing: self.remote.is_some() && self.rules.rings != RingPolicy::InRoom,
            },
            (Consent::Asked, Direction::Incoming, _) => CallState::Ringing { silenced: self.silenced },
            (Consent::Given, _, MediaPath::Up) => CallState::Connected,
            (Consent::Given, _, MediaPath::Idle | MediaPath::Opening | MediaPath::Lost)
                if self.connected_at.is_some() =>
            {
                CallState::Reconnecting
            }
            (Consent::Given, _, MediaPath::Idle | MediaPath::Opening | MediaPath::Lost) => {
                CallState::Connecting
            }
        }
    }
}
