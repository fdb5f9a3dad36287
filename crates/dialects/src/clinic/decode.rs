//! Decoder: events of clinic to signals. Every field is checked here or not used.
//!
//! As deployed an event names a user and no room. One is in one room at a time, so it is about that
//! one, provided that its user is the other party.

use bellwire_call::{CallKey, IncomingSignal, MediaState};
use serde_json::Value;

use super::{
    Clinic,
    rooms::{Room, Seen, Stage},
    wire::{ErrorEvent, JoinedRoom, RoomState, RoomStatus, SignalHeard, Toggled, UserEvent, name},
};
use crate::{DecodeError, Reaction, SideEvent, call_table::key, events::read, limits};

/// `reason` of a user who is gone without having left.
const DISCONNECTED: &str = "disconnected";
/// `reason` of an end that another device of ours caused.
const ELSEWHERE: &str = "joined-elsewhere";

/// Who an event says it is from, in the room of that appointment.
enum From {
    Us,
    Peer(String),
}

impl Clinic {
    pub(super) fn event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
        limits::event(false, &args)?;
        match event {
            name::JOINED_ROOM => self.let_in(read(event, args)?),
            name::USER_JOINED => self.user_joined(&read(event, args)?),
            name::USER_LEFT => self.user_left(&read(event, args)?),
            name::WEBRTC_SIGNAL => {
                let SignalHeard { signal, user_id, room_id } = read(event, args)?;
                let signal = signal.read(name::WEBRTC_SIGNAL)?;
                self.peer_signal(name::WEBRTC_SIGNAL, room_id.as_deref(), &user_id, signal)
            }
            name::AUDIO_TOGGLED => {
                let Toggled { user_id, is_enabled, room_id } = read(event, args)?;
                let state = MediaState { audio: Some(is_enabled), ..MediaState::default() };
                self.peer_signal(
                    name::AUDIO_TOGGLED,
                    room_id.as_deref(),
                    &user_id,
                    IncomingSignal::Media(state),
                )
            }
            name::VIDEO_TOGGLED => {
                let Toggled { user_id, is_enabled, room_id } = read(event, args)?;
                let state = MediaState { video: Some(is_enabled), ..MediaState::default() };
                self.peer_signal(
                    name::VIDEO_TOGGLED,
                    room_id.as_deref(),
                    &user_id,
                    IncomingSignal::Media(state),
                )
            }
            name::SCREEN_SHARE_STARTED => self.sharing(name::SCREEN_SHARE_STARTED, &read(event, args)?, true),
            name::SCREEN_SHARE_STOPPED => {
                self.sharing(name::SCREEN_SHARE_STOPPED, &read(event, args)?, false)
            }
            name::CALL_ENDED => self.call_ended(&read(event, args)?),
            name::ERROR => Ok(self.error(&read(event, args)?)),
            name::ROOM_STATUS => self.room_status(read(event, args)?),
            _ => Err(DecodeError::UnknownEvent),
        }
    }

    /// The backend let us in, the first time or again.
    fn let_in(&mut self, event: JoinedRoom) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::JOINED_ROOM;
        if event.user_id != self.account.me {
            return Err(DecodeError::ForeignSender { what: WHAT });
        }
        let room = self.rooms.by_room(&event.room_id).filter(|room| room.is_inside());
        let appointment = room.ok_or(DecodeError::ForeignCall { what: WHAT })?.meeting.id.clone();
        self.joining.retain(|joining| *joining != appointment);
        let mut heard = self.entered(&appointment);
        if let Some(current) = self.rooms.find_mut(&appointment).and_then(|room| room.current.as_mut()) {
            current.confirmed = true;
        }
        let others = event.participants.unwrap_or_default();
        if others.iter().any(|user| *user != self.account.me) {
            heard.extend(self.both_there(&appointment));
        }
        Ok(Reaction { heard, ..Reaction::default() })
    }

    fn user_joined(&mut self, event: &UserEvent) -> Result<Reaction, DecodeError> {
        let From::Peer(appointment) =
            self.from(name::USER_JOINED, event.room_id.as_deref(), &event.user_id)?
        else {
            return Ok(Reaction::none());
        };
        let mut heard = self.entered(&appointment);
        // They came to us, so this says that they agree and that we offer, at once.
        let _ = self.both_there(&appointment);
        heard.extend(self.keyed(&appointment, IncomingSignal::PeerJoined));
        Ok(Reaction { heard, ..Reaction::default() })
    }

    fn user_left(&mut self, event: &UserEvent) -> Result<Reaction, DecodeError> {
        let From::Peer(appointment) = self.from(name::USER_LEFT, event.room_id.as_deref(), &event.user_id)?
        else {
            return Ok(Reaction::none());
        };
        let disconnected = event.reason.as_deref() == Some(DISCONNECTED);
        let heard: Vec<_> =
            self.keyed(&appointment, IncomingSignal::PeerLeft { disconnected }).into_iter().collect();
        let answered = match self.rooms.find_mut(&appointment) {
            Some(room) => {
                room.they_are_there(false);
                is_answered(room)
            }
            None => false,
        };
        match (answered, disconnected) {
            // We go on waiting: they were not with us yet.
            (false, _) => Ok(Reaction::none()),
            (true, true) => Ok(Reaction { heard, ..Reaction::default() }),
            // The call is over; to stay would be to wait for them again.
            (true, false) => {
                let outbound = self.leave(&appointment);
                self.visit_over(&appointment);
                Ok(Reaction { heard, outbound, ..Reaction::default() })
            }
        }
    }

    fn sharing(
        &mut self,
        what: &'static str,
        event: &UserEvent,
        sharing: bool,
    ) -> Result<Reaction, DecodeError> {
        let state = MediaState { sharing: Some(sharing), ..MediaState::default() };
        self.peer_signal(what, event.room_id.as_deref(), &event.user_id, IncomingSignal::Media(state))
    }

    /// What the other one says; that it says anything is how a backend without a list of members
    /// tells that it was there before us.
    fn peer_signal(
        &mut self,
        what: &'static str,
        room: Option<&str>,
        user: &str,
        signal: IncomingSignal,
    ) -> Result<Reaction, DecodeError> {
        Ok(match self.from(what, room, user)? {
            From::Us => Reaction::none(),
            From::Peer(appointment) => {
                let mut heard = self.entered(&appointment);
                heard.extend(self.both_there(&appointment));
                heard.extend(self.keyed(&appointment, signal));
                Reaction { heard, ..Reaction::default() }
            }
        })
    }

    /// Also comes to the one who ended the call; then the backend takes both out of the room.
    fn call_ended(&mut self, event: &UserEvent) -> Result<Reaction, DecodeError> {
        let from = self.from(name::CALL_ENDED, event.room_id.as_deref(), &event.user_id);
        let appointment = match from {
            Ok(From::Peer(appointment)) => appointment,
            Ok(From::Us) if self.end_confirmed(event) => return Ok(Reaction::none()),
            // Another device of ours ended it.
            Ok(From::Us) => match self.meant(event.room_id.as_deref()) {
                Some(room) => room.meeting.id.clone(),
                None => return Ok(Reaction::none()),
            },
            // As deployed any account that knows the room's id can end a call. We are out of the room now,
            // but the call goes on: the next word enters it again.
            Err(error @ DecodeError::ForeignSender { .. }) => {
                self.rooms.lost();
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let elsewhere = event.reason.as_deref() == Some(ELSEWHERE);
        let mut heard = self.entered(&appointment);
        heard.extend(self.keyed(&appointment, IncomingSignal::HangUp));
        if let Some(room) = self.rooms.find_mut(&appointment) {
            room.walk_out();
            if elsewhere {
                room.visit.elsewhere = true;
                return Ok(Reaction { heard, ..Reaction::default() });
            }
            room.seen = Some(Seen { they: false, we: false, state: RoomState::Ended });
        }
        // Its flags may say otherwise as deployed.
        let outbound = self.leave(&appointment);
        self.visit_over(&appointment);
        Ok(Reaction { heard, outbound, ..Reaction::default() })
    }

    /// Our own end, come back: both are out of the room.
    fn end_confirmed(&mut self, event: &UserEvent) -> bool {
        let at = match event.room_id.as_deref() {
            None => (!self.ending.is_empty()).then_some(0),
            Some(id) => {
                let named = self.rooms.by_room(id).map(|room| &room.meeting.id);
                self.ending.iter().position(|ending| Some(ending) == named)
            }
        };
        let Some(appointment) = at.and_then(|at| self.ending.remove(at)) else { return false };
        self.visit_over(&appointment);
        true
    }

    fn error(&mut self, event: &ErrorEvent) -> Reaction {
        let message = limits::shown(event.message.as_deref().unwrap_or_default());
        let words = message.to_lowercase();
        if words.contains("end call") {
            // Then at least we are not in it any more.
            return match self.ending.pop_front() {
                Some(appointment) => Reaction::send(self.leave(&appointment)),
                None => Reaction::none(),
            };
        }
        if !words.contains("join") {
            return Reaction::none();
        }
        let named = event.room_id.as_deref().and_then(|id| self.rooms.by_room(id));
        let named = named.map(|room| room.meeting.id.clone());
        let Some(appointment) = named.or_else(|| self.joining.front().cloned()) else {
            return Reaction::none();
        };
        self.joining.retain(|joining| *joining != appointment);
        let Some(room) = self.rooms.find_mut(&appointment) else { return Reaction::none() };
        let Some(current) = &mut room.current else { return Reaction::none() };
        let key = match &current.stage {
            Stage::Alerted => return Reaction::none(),
            Stage::Entering { local } => CallKey::Local(*local),
            Stage::Inside { .. } => key(&current.key),
        };
        // Who was in it already tries again when there is next something to say.
        if current.confirmed {
            current.stale = true;
            return Reaction::none();
        }
        room.walk_out();
        Reaction::hear(key, IncomingSignal::Refused { message })
    }

    /// Additive: the server tells who is in a room.
    fn room_status(&mut self, event: RoomStatus) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::ROOM_STATUS;
        let appointment = limits::id(event.appointment_id)?;
        let id = limits::id(event.room_id)?;
        self.pace.told = true;
        let mut changed = false;
        if let Some(row) = event.appointment.filter(|row| row.id == appointment)
            && let Some(meeting) = self.account.meeting(&row)
        {
            changed = self.rooms.learn(meeting).map_err(|_full| DecodeError::TooManyCalls)?.1;
        }
        let Some(room) = self.rooms.find_mut(&appointment) else {
            self.pace.ask_list_again();
            return Err(DecodeError::ForeignCall { what: WHAT });
        };
        room.id = Some(id);
        room.asked_at = self.now;
        let they = event.waiting.iter().any(|user| *user != self.account.me);
        let we = event.waiting.contains(&self.account.me);
        let mut reaction = self.observe(&appointment, Seen { they, we, state: event.status }, true);
        if changed && reaction.side.is_empty() {
            reaction.side.push(SideEvent::ListChanged);
        }
        Ok(reaction)
    }

    /// The first word from inside the room: the phone learns its key.
    fn entered(&mut self, appointment: &str) -> Vec<(CallKey, IncomingSignal)> {
        let Some(room) = self.rooms.find_mut(appointment) else { return Vec::new() };
        let Some(current) = &mut room.current else { return Vec::new() };
        let local = match current.stage {
            Stage::Entering { local } => local,
            Stage::Alerted | Stage::Inside { .. } => return Vec::new(),
        };
        current.stage = Stage::Inside { answered: false };
        let remote = bellwire_call::RemoteCallId(current.key.clone());
        let subject = Some(room.meeting.subject()).filter(|subject| !subject.label.is_empty());
        vec![(CallKey::Local(local), IncomingSignal::Placed { local, remote, subject })]
    }

    /// Both are in the room. For the one who came first that is the answer.
    fn both_there(&mut self, appointment: &str) -> Option<(CallKey, IncomingSignal)> {
        let room = self.rooms.find_mut(appointment)?;
        room.they_are_there(true);
        let current = room.current.as_mut()?;
        match &mut current.stage {
            Stage::Inside { answered, .. } if !*answered => {
                *answered = true;
                Some((key(&current.key), IncomingSignal::Accept))
            }
            Stage::Inside { .. } | Stage::Alerted | Stage::Entering { .. } => None,
        }
    }

    fn keyed(&self, appointment: &str, signal: IncomingSignal) -> Option<(CallKey, IncomingSignal)> {
        Some((self.rooms.find(appointment)?.key()?, signal))
    }

    /// The room an event without a name is about.
    fn meant(&self, room: Option<&str>) -> Option<&Room> {
        match room {
            Some(id) => self.rooms.by_room(id).filter(|room| room.is_inside()),
            None => self.rooms.inside().next(),
        }
    }

    fn from(&mut self, what: &'static str, room: Option<&str>, user: &str) -> Result<From, DecodeError> {
        if user == self.account.me {
            return Ok(From::Us);
        }
        let theirs = || self.rooms.inside().find(|room| room.peer_user() == Some(user));
        let found = if room.is_none() { theirs() } else { None };
        let found = found.or_else(|| self.meant(room)).ok_or(DecodeError::ForeignCall { what })?;
        match found.peer_user() {
            Some(known) if known == user => Ok(From::Peer(found.meeting.id.clone())),
            Some(_) => Err(DecodeError::ForeignSender { what }),
            None => {
                let user = limits::id(user.to_owned())?;
                let appointment = found.meeting.id.clone();
                if let Some(room) = self.rooms.find_mut(&appointment) {
                    room.pinned = Some(user);
                }
                Ok(From::Peer(appointment))
            }
        }
    }
}

fn is_answered(room: &Room) -> bool {
    room.current.as_ref().is_some_and(|current| match current.stage {
        Stage::Inside { answered, .. } => answered,
        Stage::Alerted | Stage::Entering { .. } => false,
    })
}
