//! View and shown state of a call, and questions about it. Read-only.

use std::time::Instant;

use super::{Call, Consent};
use crate::{
    AccountId, CallState, CallView, Direction, Epoch, MediaKind, MemberId, MemberView, Person, RemoteCallId,
    RingPolicy, Subject,
};

impl Call {
    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn remote(&self) -> Option<&RemoteCallId> {
        self.remote.as_ref()
    }

    pub(crate) fn peer(&self) -> &Person {
        &self.peer
    }

    pub(crate) fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    pub(crate) fn kind(&self) -> MediaKind {
        self.kind
    }

    /// Of the peer connection to a member that is open.
    pub(crate) fn open_epoch(&self, member: MemberId) -> Option<Epoch> {
        self.members.open_epoch(member)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.timers.next(), self.members.deadline()].into_iter().flatten().min()
    }

    /// Two people have room in it, and no more.
    pub(crate) fn is_pair(&self) -> bool {
        self.capacity.members == 1
    }

    pub(crate) fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// Incoming and neither answered nor over.
    pub(crate) fn is_ringing(&self) -> bool {
        self.is_live() && self.direction == Direction::Incoming && self.consent == Consent::Asked
    }

    /// Active: dialled by us, or answered.
    pub(crate) fn is_active(&self) -> bool {
        self.is_live() && !self.is_ringing()
    }

    /// Dialled by us and not answered yet.
    pub(crate) fn is_dialling(&self) -> bool {
        self.is_active() && self.consent == Consent::Asked
    }

    pub(crate) fn is_outgoing(&self) -> bool {
        self.direction == Direction::Outgoing
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_live() && self.members.any_connected()
    }

    pub(crate) fn consented_at(&self) -> Option<Instant> {
        self.consented_at
    }

    /// It ended before the backend gave its id, so the cancel is sent once it has one.
    pub(crate) fn owes_cancel(&self) -> bool {
        !self.is_live() && self.invited && self.remote.is_none()
    }

    pub(crate) fn view(&self, now: Instant) -> CallView {
        let until = self.ended.as_ref().map_or(now, |ended| ended.at);
        let connected = self.connected_at.map(|at| until.saturating_duration_since(at).as_millis());
        let mut members = self.members.views();
        if self.is_ringing() {
            members.extend(self.also_invited_views());
        }
        let any = |what: fn(&MemberView) -> bool| members.iter().any(what);
        CallView {
            id: self.id,
            account: self.account,
            remote_id: self.remote.clone(),
            direction: self.direction,
            kind: self.kind,
            peer: self.peer.clone(),
            people: self.members.known().to_vec(),
            subject: self.subject.clone(),
            state: self.state(),
            waiting: self.waiting && self.is_ringing(),
            connected_ms: connected.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            remote_audio: any(|member| member.audio),
            remote_video: any(|member| member.video),
            remote_sharing: any(|member| member.sharing),
            remote_has_microphone: any(|member| member.has_microphone),
            remote_has_camera: any(|member| member.has_camera),
            signaling_lost: self.signaling_lost && self.is_live(),
            members: if self.is_live() { members } else { Vec::new() },
        }
    }

    fn state(&self) -> CallState {
        if let Some(ended) = &self.ended {
            return CallState::Ended { reason: ended.reason.clone() };
        }
        match (self.consent, self.direction) {
            (Consent::Asked, Direction::Outgoing) => CallState::Calling {
                ringing: self.remote.is_some() && self.rules.rings != RingPolicy::InRoom,
            },
            (Consent::Asked, Direction::Incoming) => CallState::Ringing { silenced: self.silenced },
            (Consent::Given, _) if self.members.any_connected() => CallState::Connected,
            (Consent::Given, _) if self.connected_at.is_none() => CallState::Connecting,
            (Consent::Given, _) if self.members.is_anybody_here() => CallState::Reconnecting,
            (Consent::Given, _) => CallState::Connected,
        }
    }
}
