//! More people for a session that goes on: an additive route, which deployed servers do not have.

use bellwire_dialects::hearth::wire::SessionType;
use tracing::info;

use super::initiate::invalid;
use super::{NOT_FOUND, Sessions};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::hearth::defaults::CONNECTED;
use crate::hearth::hub::News;
use crate::hearth::response;
use crate::hearth::store::{Account, Seating};

impl Sessions {
    /// Rings more people; whoever is in the session may ask them. One of two becomes one of several by it. Gives
    /// those who ring now: nobody who is in it, or rings already.
    pub(crate) async fn invite(
        &self,
        me: &Account,
        session_id: &str,
        users: Vec<String>,
    ) -> Result<Vec<String>, ApiError> {
        let full = self.open_to(me, session_id).await?;
        let is_in = |user: &str| full.seats.iter().any(|seat| seat.is_active && seat.account.id == user);
        if !is_in(&me.id) {
            return Err(ApiError::forbidden("You are not in this call session"));
        }
        let pair = SessionType::parse(&full.session.kind) == SessionType::OneToOne;
        if pair && full.session.status != "active" {
            return Err(ApiError::bad_request("The call was not answered yet"));
        }
        // What was one of two goes on without an engine.
        let grown =
            if self.engine.is_some() { self.max_participants.min(CONNECTED) } else { self.max_participants };
        let most = if pair { i64::from(grown) } else { full.session.most };
        if users.is_empty() {
            return Err(invalid(&[wrong("At least one participant is required")]));
        }
        let rings = |user: &str| {
            full.invitees.iter().any(|invitee| invitee.state == "pending" && invitee.account.id == user)
        };
        let mut new: Vec<String> = Vec::new();
        for user in users {
            if user != me.id && !is_in(&user) && !rings(&user) && !new.contains(&user) {
                new.push(user);
            }
        }
        let too_many = || {
            let message = format!("At most {most} people can take part");
            invalid(&[wrong(&message)])
        };
        if i64::try_from(new.len()).is_ok_and(|new| new >= most) {
            return Err(too_many());
        }
        if new.is_empty() {
            return Ok(new);
        }
        self.initiates
            .check(&me.id)
            .map_err(|wait| ApiError::too_many("Too many calls, please wait a moment", wait))?;
        for user in &new {
            if self.store.account(user).await?.is_none() {
                return Err(ApiError::not_found("Participant not found"));
            }
        }
        if let Some(therapy) = &full.session.therapy {
            self.may_call_in(me, therapy, &new).await?;
        }
        let until = Millis::now().plus(self.ring_timeout);
        match self.store.invite(session_id, &new, until, pair.then_some(grown)).await? {
            Seating::Taken => {}
            Seating::Full => return Err(too_many()),
            Seating::Over => return Err(ApiError::not_found(NOT_FOUND)),
        }
        let facts = Box::new(self.facts(&self.found(session_id).await?));
        let by = response::user(me);
        self.hub.tell(News::Invited { facts, by, users: new.clone() }).await;
        info!(session = session_id, more = new.len(), "More people were invited");
        Ok(new)
    }
}

fn wrong(message: &str) -> bellwire_dialects::hearth::wire::FieldError {
    super::initiate::wrong("participants", message)
}
