//! Replies to REST requests of calls, by what each request was for.

use bellwire_call::{CallId, CallKey, IncomingSignal, Invite, RemoteCallId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Hearth, PendingRequest,
    calls::Begun,
    wire::{InitiateData, JoinData, Reply, SessionType},
};
use crate::{DecodeError, Reaction, RequestId, SideEvent, call_table::key, limits, rest};

/// A session that was made or entered.
struct Session {
    id: String,
    made: bool,
    sole: bool,
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
            PendingRequest::Record => Reaction::none(),
        };
        if status == 401 {
            reaction.side.push(SideEvent::TokenExpired);
        }
        Ok(reaction)
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
        let Some(Session { id, made, sole }) = session else {
            return if withdrawn {
                Reaction::none()
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
        let begun = Begun { kind: invite.kind, outgoing: true, made, sole };
        let Ok(known) = self.calls.add(&id, invite.to.id.0.clone(), begun) else {
            let outbound = if made { self.end_and_leave(&id) } else { Vec::new() };
            return Reaction { outbound, ..Reaction::refused(local, "too many calls at once") };
        };
        let remote = RemoteCallId(known.key.clone());
        let key = key(&known.key);
        let placed = IncomingSignal::Placed { local, remote, subject: invite.subject.clone() };
        if let Some(over) = self.early.take(&id, &invite.to.id.0) {
            self.calls.forget(&id);
            return Reaction {
                heard: vec![(CallKey::Local(local), placed), (key, over)],
                ..Reaction::default()
            };
        }
        Reaction { heard: vec![(CallKey::Local(local), placed)], outbound: self.enter(&id), side: Vec::new() }
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
        } else {
            IncomingSignal::Refused { message: refusal(status, body) }
        };
        Reaction::hear(key(&known.key), signal)
    }
}

fn session(join: Option<String>, invite: &Invite, status: u16, body: &Value) -> Option<Session> {
    if let Some(id) = join {
        let told = Reply::<JoinData>::deserialize(body).ok().and_then(|reply| reply.data);
        let sole = told.is_some_and(|data| data.session_type == SessionType::OneToOne);
        let entered = (200..300).contains(&status) || says_nothing(status) || already_in(status, body);
        return entered.then_some(Session { id, made: false, sole });
    }
    if !(200..300).contains(&status) {
        return None;
    }
    let data = Reply::<InitiateData>::deserialize(body).ok()?.data?;
    let id = limits::id(data.session_id).ok()?;
    Some(Session { id, made: true, sole: invite.subject.as_ref().is_none_or(|about| about.id.is_empty()) })
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

fn refusal(status: u16, body: &Value) -> String {
    rest::message(body).unwrap_or_else(|| match status {
        429 => "too many requests, try again later".to_owned(),
        _ => rest::refusal(status),
    })
}
