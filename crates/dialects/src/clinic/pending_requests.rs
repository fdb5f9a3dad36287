//! Replies to REST requests of calls, by what each request was for.

use bellwire_call::{CallId, IncomingSignal, Invite, Subject};
use serde_json::Value;

use super::{
    Clinic, PendingRequest,
    appointment::Meeting,
    lists,
    rooms::{Current, Stage},
    wire::{RoomCreated, RoomRecord, UserRole},
};
use crate::{DecodeError, Method, Reaction, RequestId, SideEvent, limits, rest};

impl Clinic {
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        status: u16,
        body: &Value,
    ) -> Result<Reaction, DecodeError> {
        let request = self.pending.answered(id)?;
        let mut reaction = match request.purpose {
            _ if request.withdrawn => Reaction::none(),
            PendingRequest::Find { local, invite } => self.found(local, invite, status, body),
            PendingRequest::Enter { local, invite } => self.room_known(local, invite, status, body),
            PendingRequest::Create { local, invite } => self.room_created(local, &invite, status, body),
            PendingRequest::List { page } => self.day(page, status, body),
            PendingRequest::Room { appointment } => self.room(&appointment, status, body),
        };
        if status == 401 {
            reaction.side.push(SideEvent::TokenExpired);
        }
        Ok(reaction)
    }

    /// The newest appointments came: one of them is to be with that person.
    fn found(&mut self, local: CallId, invite: Invite, status: u16, body: &Value) -> Reaction {
        let Ok(list) = lists::page(status, body) else { return refused(local, status, body) };
        let meetings = list.data.items.iter().filter_map(|row| self.account.meeting(row));
        let mut theirs = meetings.filter(|meeting| meeting.is_open() && meeting.peer.id == invite.to.id);
        let Some(meeting) = theirs.next() else {
            return Reaction::refused(local, "there is no appointment with this person");
        };
        let invite = Invite { subject: Some(meeting.subject()), ..invite };
        let call = lists::room_request(&meeting.id);
        let request = self.pending.send_placing(local, call, PendingRequest::Enter { local, invite });
        Reaction::send(vec![request])
    }

    fn room_known(&mut self, local: CallId, invite: Invite, status: u16, body: &Value) -> Reaction {
        // Every remote appointment has one from the start, but as deployed not every old one does.
        if status == 404
            && self.account.role == UserRole::Practitioner
            && let Some(subject) = &invite.subject
        {
            let path = format!("{}/create", lists::room_request(&subject.id).path);
            let call = rest::send(Method::Post, path, Value::Object(serde_json::Map::new()));
            let create = self.pending.send_placing(local, call, PendingRequest::Create { local, invite });
            return Reaction::send(vec![create]);
        }
        match rest::read::<RoomRecord>(status, body) {
            Ok(record) => {
                let meeting = record.appointment.as_deref().and_then(|row| self.account.meeting(row));
                self.enter(local, &invite, record.room_id, meeting)
            }
            Err(_) => refused(local, status, body),
        }
    }

    fn room_created(&mut self, local: CallId, invite: &Invite, status: u16, body: &Value) -> Reaction {
        match rest::read::<RoomCreated>(status, body) {
            Ok(created) => self.enter(local, invite, created.room_id, None),
            Err(_) => refused(local, status, body),
        }
    }

    /// The phone learns of it when the backend has let us in.
    fn enter(&mut self, local: CallId, invite: &Invite, room: String, meeting: Option<Meeting>) -> Reaction {
        let Some((id, Subject { id: appointment, label })) =
            limits::id(room).ok().zip(invite.subject.clone())
        else {
            return not_understood(local);
        };
        let mut known = Meeting { label, ..Meeting::unknown(&appointment, invite.to.clone()) };
        if let Some(meeting) = meeting.filter(|meeting| meeting.id == appointment) {
            known.update(meeting);
        }
        let key = self.rooms.fresh_key(&id, self.now);
        let Ok((room, _)) = self.rooms.learn(known) else {
            return Reaction::refused(local, "too many calls at once");
        };
        let mut reaction = Reaction::none();
        if let Some(old) = room.key() {
            reaction.heard.push((old, IncomingSignal::Cancel));
        }
        room.id = Some(id);
        // Said while the socket is closed, it waits for the socket.
        room.current = Some(Current::new(key, Stage::Entering { local }));
        reaction.outbound.extend(self.join(&appointment));
        reaction
    }
}

fn refused(local: CallId, status: u16, body: &Value) -> Reaction {
    let words = if status >= 500 { None } else { rest::message(body) };
    let message = words.unwrap_or_else(|| match status {
        500.. => format!("the server failed ({status})"),
        _ => rest::refusal(status),
    });
    Reaction::refused(local, message)
}

fn not_understood(local: CallId) -> Reaction {
    refused(local, 200, &Value::Null)
}
