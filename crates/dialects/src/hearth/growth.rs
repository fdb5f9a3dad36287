//! More people for a session that goes on, and sessions of two that become one of several by it. All of it is
//! additive: a deployed server has neither the route nor the event.

use bellwire_call::{CallKey, IncomingSignal, Person};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Hearth, PendingRequest, pending_requests,
    room::{Heard, is_of_several, seats},
    wire::{CallSessionJoined, InviteBody, InviteData, Reply, SessionType, name},
};
use crate::{
    DecodeError, EncodeError, Method, Outbound, Reaction, call_table::key, events::value, limits, rest,
};

impl Hearth {
    pub(super) fn add_people(
        &mut self,
        session: &str,
        people: &[Person],
    ) -> Result<Vec<Outbound>, EncodeError> {
        self.calls.find(session).filter(|known| known.joined).ok_or(EncodeError::UnknownCall)?;
        let participants = people.iter().map(|person| person.id.0.clone()).collect();
        let path = format!("/video-call/session/{}/invite", rest::segment_of(session));
        let request = rest::send(Method::Post, path, value(&InviteBody { participants }));
        let purpose = PendingRequest::Add { session: session.to_owned(), people: people.to_vec() };
        Ok(vec![self.pending.send(request, purpose)])
    }

    pub(super) fn people_added(
        &mut self,
        session: &str,
        people: Vec<Person>,
        status: u16,
        body: &Value,
    ) -> Reaction {
        let Some(known) = self.calls.find_mut(session) else { return Reaction::none() };
        let named = key(&known.key);
        if !(200..300).contains(&status) {
            let said = rest::message(body).is_some();
            // Express has no words for a route that is not there but its own.
            let message = (said && status != 404 || status == 0 || status >= 429)
                .then(|| pending_requests::refusal(status, body));
            return Reaction::hear(named, IncomingSignal::PeopleNotAdded { message });
        }
        let rung =
            Reply::<InviteData>::deserialize(body).ok().and_then(|reply| reply.data).unwrap_or_default();
        known.added.extend(people.into_iter().filter(|person| rung.invited.contains(&person.id.0)));
        known.added.truncate(limits::MAX_CALLS);
        // Of two still: who comes is said once it is known what the other one is called.
        let heard = if known.is_several() { self.take_added(session) } else { None };
        Reaction { heard: heard.into_iter().collect(), ..Reaction::default() }
    }

    /// The session is another than it was when we entered it.
    pub(super) fn updated(&mut self, event: CallSessionJoined) -> Result<Reaction, DecodeError> {
        let known = self.calls.find(&event.session_id).filter(|known| known.joined);
        let known = known.ok_or(DecodeError::ForeignCall { what: name::CALL_SESSION_UPDATED })?;
        if !known.is_several() && !is_of_several(event.session_type, event.max_participants) {
            return Ok(Reaction::none());
        }
        Ok(self.all_of_several(&event.session_id, event.max_participants, event.participants))
    }

    /// A session of two becomes one of several.
    pub(super) fn grows(&mut self, session: &str, told: u32) -> Heard {
        let Some(known) = self.calls.find_mut(session).filter(|known| !known.is_several()) else {
            return Heard::new();
        };
        known.grow(seats(SessionType::Group, told, known.engine.is_some()).max(3));
        vec![(key(&known.key), IncomingSignal::Seats(known.seats))]
    }

    /// Those who ring since we asked for it.
    pub(super) fn take_added(&mut self, session: &str) -> Option<(CallKey, IncomingSignal)> {
        let known = self.calls.find_mut(session)?;
        let added = std::mem::take(&mut known.added);
        (!added.is_empty()).then(|| (key(&known.key), IncomingSignal::PeopleAdded(added)))
    }
}
