//! View of the phone: whole snapshots that the UI draws; the newest wins.

use serde::Serialize;

use crate::{AccountId, CallId, EndReason, MediaKind, MemberId, Person, RemoteCallId, Subject};

/// Every call there is, oldest first; ended ones stay until dismissed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PhoneView {
    pub calls: Vec<CallView>,
    /// What the user chose; true = sending.
    pub microphone: bool,
    pub camera: bool,
    /// The screen is sent instead of the camera.
    pub sharing: bool,
    /// There is a device that can be used; without one nothing is sent, whatever was chosen.
    pub has_microphone: bool,
    pub has_camera: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Incoming,
    Outgoing,
}

/// The state the UI shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum CallState {
    /// We dialled. `ringing`: the backend has confirmed that the other side is being rung. Where nobody
    /// rings (clinic) it stays false: we wait in the room.
    Calling {
        ringing: bool,
    },
    /// They dialled; `silenced`: the user turned the ringtone off.
    Ringing {
        silenced: bool,
    },
    /// Both agreed, media is on its way.
    Connecting,
    /// Media flows to and from a member at least, or everybody else has left the room.
    Connected,
    /// Media stopped flowing and a new path is being looked for.
    Reconnecting,
    Ended {
        reason: EndReason,
    },
}

impl CallState {
    /// Not over.
    pub fn is_live(&self) -> bool {
        !matches!(self, Self::Ended { .. })
    }

    /// Incoming and neither answered nor over, silenced or not.
    pub fn is_ringing(&self) -> bool {
        matches!(self, Self::Ringing { .. })
    }

    /// Outgoing and not answered yet.
    pub fn is_calling(&self) -> bool {
        matches!(self, Self::Calling { .. })
    }

    /// Takes up the line: dialled by us or answered, and not over.
    pub fn is_active(&self) -> bool {
        self.is_live() && !self.is_ringing()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallView {
    pub id: CallId,
    pub account: AccountId,
    pub remote_id: Option<RemoteCallId>,
    pub direction: Direction,
    pub kind: MediaKind,
    /// Whom we called, or who called us.
    pub peer: Person,
    /// Everybody else who has been a member of the call, each once, those who left included. Stays when it is over.
    pub people: Vec<Person>,
    /// The others in a call that is not over: in its room, or rung by us; of one that rings, everybody who is known
    /// to be called.
    pub members: Vec<MemberView>,
    pub subject: Option<Subject>,
    pub state: CallState,
    /// Rings while another call is going on.
    pub waiting: bool,
    /// Milliseconds the call has been (or was) connected; the UI counts on from here.
    pub connected_ms: Option<u64>,
    /// What the other side says it sends; of several, any of them.
    pub remote_audio: bool,
    pub remote_video: bool,
    pub remote_sharing: bool,
    /// By its description the other side can send sound and pictures at all.
    pub remote_has_microphone: bool,
    pub remote_has_camera: bool,
    /// The backend cannot be reached; the call itself goes on.
    pub signaling_lost: bool,
}

/// One of the others in a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemberView {
    pub id: MemberId,
    pub person: Person,
    pub state: MemberState,
    /// What they say they send.
    pub audio: bool,
    pub video: bool,
    pub sharing: bool,
    /// By their description they can send sound and pictures at all.
    pub has_microphone: bool,
    pub has_camera: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// Not in the room: rung by us, or the one who rings us.
    Invited,
    /// In the room, media is on its way.
    Connecting,
    Connected,
    /// Media stopped flowing and a new path is being looked for.
    Reconnecting,
    /// No connection came about; another one is tried after a while, or when they come again.
    Failed,
}
