//! What REST replies mean for the calls that wait for them. Lists and figures are in `records`.

use bellwire_call::{CallId, CallKey, Invite, RemoteCallId, Signal};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Storefront, Waiting, encode, records,
    wire::{CallReply, CallType, IncomingVideoCall, Party, Ref, UserType, VideoCall, name},
};
use crate::{DecodeError, Reaction, RequestId, SideEvent, limits, rest};

/// The backend's words about a failure, fit to be shown; of a failure of its own (5xx) they are a
/// program's words, and nobody's.
pub(super) fn words(status: u16, body: &Value) -> Option<String> {
    if status >= 500 { None } else { rest::message(body) }
}

/// True if the backend will accept nothing more with this token. An invalid or expired one gives 400
/// as deployed, so the words have to decide.
pub(super) fn token_expired(status: u16, body: &Value) -> bool {
    match status {
        401 => true,
        400 => rest::message(body).is_some_and(|message| {
            let message = message.to_lowercase();
            ["jwt", "token", "url is expired", "url is invalid", "please login"]
                .iter()
                .any(|words| message.contains(words))
        }),
        _ => false,
    }
}

impl Storefront {
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        status: u16,
        body: &Value,
    ) -> Result<Reaction, DecodeError> {
        let waiting = self.waiting.remove(&id).ok_or(DecodeError::UnknownReply)?;
        let mut reaction = match waiting {
            Waiting::Initiate { local, invite, about, withdrawn } => {
                // The deployed backend cannot read its own orders when a seller calls about one. That
                // there is no order in the record then, the call survives.
                if status >= 500 && about && !withdrawn {
                    let again = self.initiate(local, &invite, false);
                    return Ok(Reaction { outbound: vec![again], ..Reaction::default() });
                }
                self.initiated(local, &invite, withdrawn, status, body)
            }
            Waiting::Accept { call } => self.accepted(&call, status, body),
            Waiting::Record => Reaction::none(),
        };
        if token_expired(status, body) {
            reaction.side.push(SideEvent::TokenExpired);
        }
        Ok(reaction)
    }

    fn initiated(
        &mut self,
        local: CallId,
        invite: &Invite,
        withdrawn: bool,
        status: u16,
        body: &Value,
    ) -> Reaction {
        let record = match status {
            200..=299 => CallReply::deserialize(body).ok().and_then(|reply| reply.video_call),
            _ => None,
        };
        let Some(record) = record.filter(|record| limits::id(record.call_id.clone()).is_ok()) else {
            if withdrawn {
                return Reaction::none();
            }
            return Reaction::hear(CallKey::Local(local), Signal::Refused { message: refusal(status, body) });
        };
        if withdrawn {
            // Nobody was rung yet, so only the record has to be closed.
            let end = self.request(encode::end_request(&record.call_id), Waiting::Record);
            return Reaction { outbound: vec![end], ..Reaction::default() };
        }
        let call = record.call_id.clone();
        match self.calls.add(&call, invite.to.id.0.clone(), true) {
            Ok(known) => known.joined = true,
            Err(_full) => {
                let end = self.request(encode::end_request(&call), Waiting::Record);
                let message = "too many calls at once".to_owned();
                return Reaction {
                    heard: vec![(CallKey::Local(local), Signal::Refused { message })],
                    outbound: vec![end],
                    side: Vec::new(),
                };
            }
        }
        let subject = records::subject(&record).or_else(|| invite.subject.clone());
        let ring = self.ring(&record, invite);
        Reaction {
            heard: vec![(
                CallKey::Local(local),
                Signal::Placed { local, remote: RemoteCallId(call.clone()), subject },
            )],
            outbound: vec![encode::emit(name::INCOMING_VIDEO_CALL, &ring), self.join(&call)],
            side: Vec::new(),
        }
    }

    /// What the callee is shown, from the populated record where it has it.
    fn ring(&self, record: &VideoCall, invite: &Invite) -> IncomingVideoCall {
        let (seller_name, customer_name) = match self.role {
            UserType::Seller => {
                (party_name(&record.seller, &self.my_name), party_name(&record.customer, &invite.to.name))
            }
            UserType::Customer => {
                (party_name(&record.seller, &invite.to.name), party_name(&record.customer, &self.my_name))
            }
        };
        let (seller_id, customer_id) = match self.role {
            UserType::Seller => (self.me.clone(), invite.to.id.0.clone()),
            UserType::Customer => (invite.to.id.0.clone(), self.me.clone()),
        };
        let order = record.order_id.as_ref();
        let product = record.product_id.as_ref();
        let order_number = order.and_then(|order| order.full()?.order_number.clone());
        let asked = invite.subject.as_ref().filter(|subject| order.is_none() && !subject.id.is_empty());
        let order_number = order_number.or_else(|| records::order_number(asked?));
        IncomingVideoCall {
            call_id: record.call_id.clone(),
            seller_id,
            shop_name: seller_name.clone(),
            seller_name,
            customer_id,
            customer_name,
            call_type: Some(call_type(record)),
            order_number,
            timestamp: record.start_time.clone().or_else(|| record.created_at.clone()),
            product_id: product.map(|product| match product {
                Ref::Full(product) => product.id.clone(),
                Ref::Id(id) => id.clone(),
            }),
            product_name: product.and_then(|product| product.full().and_then(|full| full.name.clone())),
            is_callback: None,
            original_call_id: None,
            initiated_by: Some(self.role),
            order_id: order
                .map(|order| match order {
                    Ref::Full(order) => order.id.clone(),
                    Ref::Id(id) => id.clone(),
                })
                .or_else(|| asked.map(|subject| subject.id.clone())),
        }
    }

    fn accepted(&mut self, call: &str, status: u16, body: &Value) -> Reaction {
        // Unreachable (0) or broken (5xx) leaves the record behind but not the call: the socket has
        // told the other side. A refusal means that there is no call any more.
        if !(400..500).contains(&status) {
            return Reaction::none();
        }
        let Some(known) = self.calls.forget(call) else { return Reaction::none() };
        let outbound = if known.joined { vec![self.leave(call)] } else { Vec::new() };
        let refused = Signal::Refused { message: refusal(status, body) };
        Reaction { heard: vec![(super::calls::key(call), refused)], outbound, side: Vec::new() }
    }
}

fn refusal(status: u16, body: &Value) -> String {
    words(status, body).unwrap_or_else(|| match status {
        0 => "the server could not be reached".to_owned(),
        200..=299 => "the server's answer was not understood".to_owned(),
        500.. => format!("the server failed ({status})"),
        _ => format!("the server refused the call ({status})"),
    })
}

fn call_type(record: &VideoCall) -> CallType {
    match record.call_type {
        CallType::Unknown => CallType::default(),
        known @ (CallType::OrderSupport
        | CallType::ProductInquiry
        | CallType::GeneralSupport
        | CallType::Sales) => known,
    }
}

fn party_name(party: &Ref<Party>, otherwise: &str) -> Option<String> {
    let name = party.full().and_then(|party| party.name.as_deref()).unwrap_or(otherwise);
    (!name.is_empty()).then(|| name.to_owned())
}
