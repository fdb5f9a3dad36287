//! View of a member: what they send and how the connection to them is. Read-only.

use super::{MediaPath, Member, Presence};
use crate::{MediaKind, MediaState, MemberState, MemberView};

/// What a member can send by their description (RFC 3264 directions).
#[derive(Clone, Copy, Debug)]
pub(super) struct DescribedMedia {
    pub(super) audio: bool,
    pub(super) video: bool,
}

/// What a member says they send.
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
    /// What a call of that kind begins with, until the member says otherwise.
    pub(super) fn of(kind: MediaKind) -> Self {
        Self { audio: true, video: kind == MediaKind::Video, sharing: false }
    }

    pub(super) fn apply(&mut self, media: MediaState) {
        self.audio = media.audio.unwrap_or(self.audio);
        self.video = media.video.unwrap_or(self.video);
        self.sharing = media.sharing.unwrap_or(self.sharing);
    }
}

impl Member {
    pub(crate) fn view(&self) -> MemberView {
        MemberView {
            id: self.id,
            person: self.person.clone(),
            state: self.state(),
            audio: self.remote_media.audio && self.described.audio,
            video: self.remote_media.video && self.described.video,
            sharing: self.remote_media.sharing && self.described.video,
            has_microphone: self.described.audio,
            has_camera: self.described.video,
        }
    }

    fn state(&self) -> MemberState {
        match (self.presence, self.path) {
            (Presence::Expected, _) => MemberState::Invited,
            (Presence::Present | Presence::Away, MediaPath::Up) => MemberState::Connected,
            (Presence::Present | Presence::Away, MediaPath::Failed(_)) => MemberState::Failed,
            (Presence::Present | Presence::Away, MediaPath::Idle | MediaPath::Opening | MediaPath::Lost) => {
                if self.was_up {
                    MemberState::Reconnecting
                } else {
                    MemberState::Connecting
                }
            }
        }
    }
}
