//! Encoder: signals to the events and requests of clinic.

use bellwire_call::{CallId, DeclineReason, Invite, MediaState, OutgoingSignal};

use super::{
    Clinic, PendingRequest, lists,
    rooms::{Current, Room, Seen, Stage, Visit},
    wire::{RoomEvent, SignalBody, SignalSaid, Toggle, UserRole, name},
};
use crate::events::{emit, emit_perishable};
use crate::{EncodeError, Outbound, pending::LocalSignal};

/// Confirmations that are waited for; more rooms are never entered or ended at once.
const MAX_UNCONFIRMED: usize = 16;

impl Clinic {
    /// Signals of a call the phone has no key for yet.
    pub(super) fn say_local(
        &mut self,
        local: CallId,
        signal: &OutgoingSignal,
    ) -> Result<Vec<Outbound>, EncodeError> {
        match LocalSignal::of(signal)? {
            LocalSignal::Invite(invite) => self.invite(local, invite),
            LocalSignal::GiveUp => Ok(self.withdraw(local)),
        }
    }

    /// Which room it is, and whether we may enter it, the backend says first.
    fn invite(&mut self, local: CallId, invite: &Invite) -> Result<Vec<Outbound>, EncodeError> {
        if self.pending.is_full() {
            return Err(EncodeError::TooManyCalls);
        }
        let invite = match &invite.subject {
            Some(_) => invite.clone(),
            None => Invite { subject: self.nearest(invite), ..invite.clone() },
        };
        Ok(vec![match &invite.subject {
            Some(subject) => {
                let call = lists::room_request(&subject.id);
                self.pending.send_placing(local, call, PendingRequest::Enter { local, invite })
            }
            None => {
                let call = lists::near_request(self.hour());
                self.pending.send_placing(local, call, PendingRequest::Find { local, invite })
            }
        }])
    }

    /// The appointment with that person closest to now, among those known.
    fn nearest(&self, invite: &Invite) -> Option<bellwire_call::Subject> {
        let theirs = self.rooms.all().filter(|room| room.meeting.peer.id == invite.to.id);
        let open = theirs.filter(|room| room.meeting.is_open());
        let distance = |room: &&Room| room.meeting.starts.map_or(i64::MAX, |at| (at - self.now).abs());
        open.min_by_key(distance).map(|room| room.meeting.subject())
    }

    fn withdraw(&mut self, local: CallId) -> Vec<Outbound> {
        self.pending.withdraw(local);
        let Some(room) = self.rooms.by_local(local) else { return Vec::new() };
        let appointment = room.meeting.id.clone();
        self.leave(&appointment)
    }

    /// Signals of a call with a key. What ends a call that is over already is nothing.
    pub(super) fn say(&mut self, call: &str, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        match signal {
            OutgoingSignal::Accept => self.accept(call),
            OutgoingSignal::Decline(reason) => Ok(self.decline(call, *reason)),
            OutgoingSignal::Cancel | OutgoingSignal::NoAnswer => Ok(self.go(call, name::LEAVE_ROOM)),
            OutgoingSignal::HangUp | OutgoingSignal::EndForAll => Ok(self.hang_up(call)),
            OutgoingSignal::Offer(sdp) | OutgoingSignal::Answer(sdp) => self.signal(call, sdp.into()),
            OutgoingSignal::Candidate(candidate) => self.signal(call, candidate.into()),
            OutgoingSignal::Media(state) => self.media(call, *state),
            OutgoingSignal::Rejoin => self.in_room(call, |_| Vec::new()),
            OutgoingSignal::AddPeople(_) => Err(EncodeError::NoWords),
            OutgoingSignal::Invite(_) => Err(EncodeError::UnknownCall),
        }
    }

    fn accept(&mut self, call: &str) -> Result<Vec<Outbound>, EncodeError> {
        let room = self.rooms.by_key(call).ok_or(EncodeError::UnknownCall)?;
        room.visit.spent = true;
        if let Some(current) = &mut room.current {
            current.stage = Stage::Inside { answered: true };
            current.stale = false;
        }
        let appointment = room.meeting.id.clone();
        Ok(self.join(&appointment))
    }

    /// The backend has no word for it: the other one goes on waiting, and we no longer hear of it.
    /// Who is busy will want to hear of it again.
    fn decline(&mut self, call: &str, reason: DeclineReason) -> Vec<Outbound> {
        let Some(room) = self.rooms.by_key(call) else { return Vec::new() };
        if room.is_inside() {
            return self.go(call, name::LEAVE_ROOM);
        }
        room.visit.spent = match reason {
            DeclineReason::Declined => true,
            DeclineReason::Busy => false,
        };
        room.current = None;
        Vec::new()
    }

    /// The practitioner ends the appointment's call, the patient walks out of it.
    fn hang_up(&mut self, call: &str) -> Vec<Outbound> {
        match self.account.role {
            UserRole::Practitioner => {
                if let Some(room) = self.rooms.by_key(call).filter(|room| room.is_inside()) {
                    let appointment = room.meeting.id.clone();
                    if self.ending.len() >= MAX_UNCONFIRMED {
                        self.ending.pop_front();
                    }
                    self.ending.push_back(appointment);
                }
                self.go(call, name::END_CALL)
            }
            UserRole::Patient => self.go(call, name::LEAVE_ROOM),
        }
    }

    /// Leaves the room with that word.
    fn go(&mut self, call: &str, word: &'static str) -> Vec<Outbound> {
        let Some(room) = self.rooms.by_key(call) else { return Vec::new() };
        let inside = room.is_inside();
        let appointment = room.meeting.id.clone();
        room.walk_out();
        if !inside {
            return Vec::new();
        }
        self.joining.retain(|joining| *joining != appointment);
        self.room_event(&appointment, word).into_iter().collect()
    }

    /// Walks out of a room, whatever we were doing there.
    pub(super) fn leave(&mut self, appointment: &str) -> Vec<Outbound> {
        if let Some(room) = self.rooms.find_mut(appointment) {
            room.walk_out();
        }
        self.joining.retain(|joining| joining != appointment);
        self.room_event(appointment, name::LEAVE_ROOM).into_iter().collect()
    }

    /// The other one is out of the room: who comes next is a new visit.
    pub(super) fn visit_over(&mut self, appointment: &str) {
        if let Some(room) = self.rooms.find_mut(appointment) {
            room.visit = Visit::default();
            room.seen = room.seen.map(|seen| Seen { they: false, ..seen });
        }
    }

    pub(super) fn join(&mut self, appointment: &str) -> Vec<Outbound> {
        self.joining.retain(|joining| joining != appointment);
        if self.joining.len() >= MAX_UNCONFIRMED {
            self.joining.pop_front();
        }
        self.joining.push_back(appointment.to_owned());
        if let Some(current) = self.rooms.find_mut(appointment).and_then(|room| room.current.as_mut()) {
            current.overdue = false;
        }
        self.room_event(appointment, name::JOIN_ROOM).into_iter().collect()
    }

    /// What was on its way into a room when the socket closed.
    pub(super) fn enter_again(&mut self) -> Vec<Outbound> {
        let entering = |room: &&Room| {
            room.current.as_ref().is_some_and(|current| match current.stage {
                Stage::Entering { .. } => current.stale,
                Stage::Alerted | Stage::Inside { .. } => false,
            })
        };
        let rooms: Vec<String> =
            self.rooms.inside().filter(entering).map(|room| room.meeting.id.clone()).collect();
        let mut out = Vec::new();
        for appointment in rooms {
            if let Some(current) = self.rooms.find_mut(&appointment).and_then(|room| room.current.as_mut()) {
                current.stale = false;
            }
            out.extend(self.join(&appointment));
        }
        out
    }

    /// Asks once more for rooms that the server did not let us into since the last poll but one.
    pub(super) fn knock_again(&mut self) -> Vec<Outbound> {
        let mut out = Vec::new();
        if !self.open {
            return out;
        }
        for appointment in self.joining.clone() {
            let current = self.rooms.find_mut(&appointment).and_then(|room| room.current.as_mut());
            let Some(current) = current else { continue };
            if std::mem::replace(&mut current.overdue, true) {
                current.overdue = false;
                out.extend(self.room_event(&appointment, name::JOIN_ROOM));
            }
        }
        out
    }

    fn signal(&mut self, call: &str, signal: SignalBody) -> Result<Vec<Outbound>, EncodeError> {
        let user_id = self.account.me.clone();
        self.in_room(call, |room_id| {
            vec![emit_perishable(name::WEBRTC_SIGNAL, &SignalSaid { room_id, user_id, signal })]
        })
    }

    fn media(&mut self, call: &str, state: MediaState) -> Result<Vec<Outbound>, EncodeError> {
        let user_id = self.account.me.clone();
        // Only the practitioner may share; the word of a patient would be refused.
        let sharing = state.sharing.filter(|_| self.account.role == UserRole::Practitioner);
        self.in_room(call, |room_id| {
            let toggle =
                |is_enabled| Toggle { room_id: room_id.clone(), user_id: user_id.clone(), is_enabled };
            let mut said = Vec::new();
            said.extend(state.audio.map(|on| emit(name::TOGGLE_AUDIO, &toggle(on))));
            said.extend(state.video.map(|on| emit(name::TOGGLE_VIDEO, &toggle(on))));
            said.extend(sharing.map(|on| {
                let event = if on { name::SCREEN_SHARE_START } else { name::SCREEN_SHARE_STOP };
                emit(event, &RoomEvent { room_id: room_id.clone(), user_id: user_id.clone() })
            }));
            said
        })
    }

    /// Says something in a room; the way back into it goes first if the socket has been away.
    fn in_room(
        &mut self,
        call: &str,
        say: impl FnOnce(String) -> Vec<Outbound>,
    ) -> Result<Vec<Outbound>, EncodeError> {
        let room = self.rooms.by_key(call).ok_or(EncodeError::UnknownCall)?;
        if !room.is_inside() {
            return Err(EncodeError::UnknownCall);
        }
        let id = room.id.clone().ok_or(EncodeError::UnknownCall)?;
        let Some(Current { stale, .. }) = &mut room.current else { return Err(EncodeError::UnknownCall) };
        let stale = std::mem::take(stale);
        let appointment = room.meeting.id.clone();
        let mut said = if stale { self.join(&appointment) } else { Vec::new() };
        said.extend(say(id));
        Ok(said)
    }

    fn room_event(&self, appointment: &str, event: &'static str) -> Option<Outbound> {
        let room_id = self.rooms.find(appointment)?.id.clone()?;
        Some(emit(event, &RoomEvent { room_id, user_id: self.account.me.clone() }))
    }
}
