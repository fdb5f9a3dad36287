//! Replies to REST requests of calls, by what each request was for.

use bellwire_call::{CallId, CallKey, IncomingSignal, Invite, RemoteCallId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    PendingRequest, Storefront,
    calls::CallEntry,
    encode,
    failure::{token_expired, words},
    lists,
    wire::{CallReply, CallType, IncomingVideoCall, Party, Ref, UserType, VideoCall, name},
};
use crate::{DecodeError, Reaction, RequestId, SideEvent, call_table::key, events::emit, limits, rest};

impl Storefront {
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        status: u16,
        body: &Value,
    ) -> Result<Reaction, DecodeError> {
        let request = self.pending.answered(id)?;
        let withdrawn = request.withdrawn;
        let mut reaction = match request.purpose {
            PendingRequest::Initiate { local, invite, about } => {
                // The deployed backend cannot read its own orders when a seller calls about one. That
                // there is no order in the record then, the call survives.
                if status >= 500 && about && !withdrawn {
                    let again = self.initiate(local, &invite, false);
                    return Ok(Reaction::send(vec![again]));
                }
                self.initiated(local, &invite, withdrawn, status, body)
            }
            PendingRequest::Accept { call } => self.accepted(&call, status, body),
            PendingRequest::Record => Reaction::none(),
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
            return Reaction::refused(local, refusal(status, body));
        };
        if withdrawn {
            // The callee was not rung yet, so only the record has to be closed.
            let end = self.pending.send(encode::end_request(&record.call_id), PendingRequest::Record);
            return Reaction::send(vec![end]);
        }
        let call = record.call_id.clone();
        match self.calls.add(&call, |_| CallEntry::new(invite.to.id.0.clone(), true)) {
            Ok(known) => known.joined = true,
            Err(_full) => {
                let end = self.pending.send(encode::end_request(&call), PendingRequest::Record);
                return Reaction {
                    outbound: vec![end],
                    ..Reaction::refused(local, "too many calls at once")
                };
            }
        }
        let subject = lists::subject(&record).or_else(|| invite.subject.clone());
        let ring = self.ring(&record, invite);
        Reaction {
            heard: vec![(
                CallKey::Local(local),
                IncomingSignal::Placed { local, remote: RemoteCallId(call.clone()), subject },
            )],
            outbound: vec![emit(name::INCOMING_VIDEO_CALL, &ring), self.join(&call)],
            side: Vec::new(),
        }
    }

    /// What the callee is shown, from the populated record where it has it.
    fn ring(&self, record: &VideoCall, invite: &Invite) -> IncomingVideoCall {
        let (seller_name, customer_name) = match self.account.role {
            UserType::Seller => {
                (party_name(&record.seller, &self.my_name), party_name(&record.customer, &invite.to.name))
            }
            UserType::Customer => {
                (party_name(&record.seller, &invite.to.name), party_name(&record.customer, &self.my_name))
            }
        };
        let (seller_id, customer_id) = match self.account.role {
            UserType::Seller => (self.account.me.clone(), invite.to.id.0.clone()),
            UserType::Customer => (invite.to.id.0.clone(), self.account.me.clone()),
        };
        let order = record.order_id.as_ref();
        let product = record.product_id.as_ref();
        let order_number = order.and_then(|order| order.full()?.order_number.clone());
        let asked = invite.subject.as_ref().filter(|subject| order.is_none() && !subject.id.is_empty());
        let order_number = order_number.or_else(|| lists::order_number(asked?));
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
            initiated_by: Some(self.account.role),
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
        let refused = IncomingSignal::Refused { message: refusal(status, body) };
        Reaction { heard: vec![(key(call), refused)], outbound, side: Vec::new() }
    }
}

fn refusal(status: u16, body: &Value) -> String {
    words(status, body).unwrap_or_else(|| match status {
        500.. => format!("the server failed ({status})"),
        _ => rest::refusal(status),
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
