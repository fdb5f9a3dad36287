//! Replies to REST requests of calls, by what each request was for.

use bellwire_call::{CallId, CallKey, IncomingSignal, Invite, Invitee, Person, RemoteCallId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Hearth, PendingRequest,
    calls::Begun,
    decode::{invitee_declined, is_full},
    encode, history,
    room::seats,
    wire::{CallSession, InitiateData, JoinData, Reply, SessionType},
};
use crate::{DecodeError, Reaction, RequestId, SideEvent, call_table::key, limits, rest};

/// A session that was made or entered.
struct Session {
    id: String,
    made: bool,
    sole: bool,
    seats: u8,
}

impl Hearth {
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        status: u16,
        body: &Value,
    ) -> Result<Reaction, DecodeError> {
        let request = self.pending.answered(id)?;
        let withdrawn = request.withdrawn;
        // A running call does not lose its signaling, for which the token was shown long ago, by what it does not need.
        let matters = !matches!(request.purpose, PendingRequest::Record | PendingRequest::AlsoInvited { .. });
        let mut reaction = match request.purpose {
            PendingRequest::Place { local, invite, join } => {
                let session = session(join, &invite, status, body);
                let reaction = self.placed(local, &invite, session, withdrawn, status, body);
                if !self.is_making() {
                    self.early.clear();
                }
                reaction
            }
            PendingRequest::Accept { session } => self.accepted(&session, status, body),
            PendingRequest::Add { session, people } => self.people_added(&session, people, status, body),
            PendingRequest::AlsoInvited { session } => self.also_invited(&session, status, body),
            PendingRequest::Record => Reaction::none(),
        };
        if status == 401 && matters {
            reaction.side.push(SideEvent::TokenExpired);
        }
        Ok(reaction)
    }

    /// A record that cannot be had leaves the ring as it is.
    fn also_invited(&self, session: &str, status: u16, body: &Value) -> Reaction {
        let ringing = self.calls.find(session).filter(|known| !known.outgoing && !known.answered);
        let record = Reply::<CallSession>::deserialize(body).ok().and_then(|reply| reply.data);
        let (Some(known), Some(record), 200..300) = (ringing, record, status) else {
            return Reaction::none();
        };
        // Of several seats of one person all but the last are what a deployed backend remembers.
        let seats = |person: &Person| {
            let id = person.id.0.clone();
            record.participants.iter().filter(move |seat| seat.user_id.id() == id)
        };
        let is_in = |person: &Person| seats(person).any(|seat| seat.is_active);
        let has_left = |person: &Person| seats(person).next().is_some() && !is_in(person);
        let others = history::others(&self.me, &record).into_iter();
        let others = others.filter(|person| person.id.0 != known.peer && !has_left(person));
        let others: Vec<Invitee> = others.map(|person| Invitee { in_room: is_in(&person), person }).collect();
        if others.is_empty() {
            return Reaction::none();
        }
        Reaction::hear(key(&known.key), IncomingSignal::AlsoInvited(others))
    }

    fn placed(
        &mut self,
        local: CallId,
        invite: &Invite,
        session: Option<Session>,
        withdrawn: bool,
        status: u16,
        body: &Value,
    ) -> Reaction {
        let Some(Session { id, made, sole, seats }) = session else {
            return if withdrawn {
                Reaction::none()
            } else if is_refused_as_full(invite, status, body) {
                Reaction::hear(CallKey::Local(local), IncomingSignal::Full)
            } else {
                Reaction::refused(local, refusal(status, body))
            };
        };
        if withdrawn {
            // What others made goes on without us, and our seat in it is given up by itself.
            return if made { Reaction::send(self.end_and_leave(&id)) } else { Reaction::none() };
        }
        if self.calls.find(&id).is_some() {
            return Reaction::refused(local, "this call is known already");
        }
        let begun = Begun { kind: invite.kind, outgoing: true, made, sole, seats };
        let Ok(known) = self.calls.add(&id, invite.to.id.0.clone(), begun) else {
            let outbound = if made { self.end_and_leave(&id) } else { Vec::new() };
            return Reaction { outbound, ..Reaction::refused(local, "too many calls at once") };
        };
        let remote = RemoteCallId(known.key.clone());
        let (key, several) = (key(&known.key), known.is_several());
        let placed = IncomingSignal::Placed { local, remote, subject: invite.subject.clone() };
        let mut heard = Vec::new();
        if several {
            heard.push((CallKey::Local(local), IncomingSignal::Seats(seats)));
        }
        heard.push((CallKey::Local(local), placed));
        let over = if several {
            let (declined, over) = self.early_of_several(&id);
            heard.extend(declined.into_iter().map(|signal| (key.clone(), signal)));
            over
        } else {
            self.early.take(&id, &invite.to.id.0)
        };
        if let Some(over) = over {
            self.calls.forget(&id);
            heard.push((key, over));
            return Reaction { heard, ..Reaction::default() };
        }
        Reaction { heard, outbound: self.enter(&id), side: Vec::new() }
    }

    /// Who of those we asked declined before the backend told us of the session, and whether it is over.
    fn early_of_several(&mut self, session: &str) -> (Vec<IncomingSignal>, Option<IncomingSignal>) {
        let mut declined = Vec::new();
        for (by, signal) in self.early.take_all(session) {
            match (by, signal) {
                (Some(user), IncomingSignal::Decline(reason)) => {
                    declined.push(invitee_declined(user, reason))
                }
                (_, over) => return (declined, Some(over)),
            }
        }
        (declined, None)
    }

    fn accepted(&mut self, session: &str, status: u16, body: &Value) -> Reaction {
        if self.calls.find(session).is_none() {
            return Reaction::none();
        }
        // Not believed any more (401) leaves the record behind but not the call, as what says nothing
        // about it does: the room is open to us. A refusal means that there is no call any more.
        let refused = (400..500).contains(&status)
            && status != 401
            && !says_nothing(status)
            && !already_in(status, body);
        if !refused {
            return Reaction::send(self.enter(session));
        }
        let Some(known) = self.calls.forget(session) else { return Reaction::none() };
        // The deployed backend does not tell whom it rings that the caller has given up: they learn of it here.
        let signal = if is_over(status, body) {
            IncomingSignal::HangUp
        } else if known.is_several() && says_full(body) {
            IncomingSignal::Full
        } else {
            IncomingSignal::Refused { message: refusal(status, body) }
        };
        Reaction::hear(key(&known.key), signal)
    }
}

fn session(join: Option<String>, invite: &Invite, status: u16, body: &Value) -> Option<Session> {
    if let Some(id) = join {
        let told = Reply::<JoinData>::deserialize(body).ok().and_then(|reply| reply.data);
        // Of one that REST says nothing of, the room will tell who is in it.
        let (kind, seats) =
            told.map_or((SessionType::Group, seats(SessionType::Group, 0, false)), |data: JoinData| {
                let through_engine = data.call_settings.through_engine;
                (data.session_type, seats(data.session_type, data.max_participants, through_engine))
            });
        let sole = kind == SessionType::OneToOne;
        let entered = (200..300).contains(&status) || says_nothing(status) || already_in(status, body);
        return entered.then_some(Session { id, made: false, sole, seats });
    }
    if !(200..300).contains(&status) {
        return None;
    }
    let data = Reply::<InitiateData>::deserialize(body).ok()?.data?;
    let id = limits::id(data.session_id).ok()?;
    let kind = encode::kind_of(invite);
    let seats = seats(kind, data.max_participants, data.call_settings.through_engine);
    Some(Session { id, made: true, sole: kind == SessionType::OneToOne, seats })
}

fn says_full(body: &Value) -> bool {
    rest::message(body).is_some_and(|message| is_full(&message))
}

/// A session of several that is there has no seat for us.
fn is_refused_as_full(invite: &Invite, status: u16, body: &Value) -> bool {
    let enters = invite.subject.as_ref().is_some_and(|about| about.id.starts_with(encode::SESSION_PREFIX));
    enters && (400..500).contains(&status) && says_full(body)
}

/// The backend counts the requests of all clients behind our address, is out of reach or broken: none of it
/// is about the call, whose room is the socket's.
fn says_nothing(status: u16) -> bool {
    matches!(status, 0 | 408 | 429 | 500..=599)
}

/// The session has ended, or is not kept any more.
fn is_over(status: u16, body: &Value) -> bool {
    let ended = || rest::message(body).is_some_and(|message| message.to_lowercase().contains("ended"));
    matches!(status, 404 | 410) || (status == 400 && ended())
}

/// Entering again after a lost connection is refused in words only.
fn already_in(status: u16, body: &Value) -> bool {
    status == 400 && rest::message(body).is_some_and(|message| message.to_lowercase().contains("already in"))
}

pub(super) fn refusal(status: u16, body: &Value) -> String {
    rest::message(body).unwrap_or_else(|| match status {
        429 => "too many requests, try again later".to_owned(),
        _ => rest::refusal(status),
    })
}
