//! What REST replies mean for what waits for them. Lists are in `records`.

use bellwire_call::{CallId, CallKey, Invite, RemoteCallId, Signal};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Marketplace, Waiting,
    calls::key,
    encode,
    wire::{InitiateReply, Initiated},
};
use crate::{DecodeError, Reaction, RequestId, SideEvent, limits, rest};

impl Marketplace {
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        status: u16,
        body: &Value,
    ) -> Result<Reaction, DecodeError> {
        let waiting = self.waiting.remove(&id).ok_or(DecodeError::UnknownReply)?;
        let mut reaction = match waiting {
            Waiting::Initiate { local, invite, withdrawn } => {
                self.initiated(local, &invite, withdrawn, status, body)
            }
            Waiting::Accept { call } => self.joined_record(&call, status, body),
            Waiting::Share { call } => {
                let session = recorded(status, body).map(|record| record.message_id);
                Reaction { outbound: self.share_recorded(&call, session), ..Reaction::default() }
            }
            Waiting::Sent { to, text } => self.sent(to, text, status, body),
            Waiting::Read { from } => self.read(from, status),
            Waiting::Record => Reaction::none(),
        };
        if status == 401 {
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
        let (call, room_id) = match recorded(status, body) {
            Some(Initiated { message_id, room_id, .. }) => (message_id, room_id),
            None if withdrawn => return Reaction::none(),
            // A record that cannot be kept now is no reason not to ring: the web client keeps none.
            None if matches!(status, 0 | 429 | 500..=599) => {
                let call = self.own_id(local);
                let room = format!("room_{call}");
                (call, room)
            }
            None => {
                let message = refusal(status, body);
                return Reaction::hear(CallKey::Local(local), Signal::Refused { message });
            }
        };
        if withdrawn {
            // Nobody was rung yet, so only the record has to be closed.
            let end = self.request(encode::end_request(invite.kind, &call), Waiting::Record);
            return Reaction { outbound: vec![end], ..Reaction::default() };
        }
        let room = limits::id(room_id).unwrap_or_default();
        if self.calls.add(&call, invite.to.id.0.clone(), invite.kind, room.clone(), true).is_err() {
            let end = self.request(encode::end_request(invite.kind, &call), Waiting::Record);
            let message = "too many calls at once".to_owned();
            return Reaction {
                heard: vec![(CallKey::Local(local), Signal::Refused { message })],
                outbound: vec![end],
                side: Vec::new(),
            };
        }
        let ring = self.ring(&call, &room, invite);
        let placed = Signal::Placed { local, remote: RemoteCallId(call), subject: None };
        Reaction { heard: vec![(CallKey::Local(local), placed)], outbound: vec![ring], side: Vec::new() }
    }

    /// A caller that rings by socket alone has no record, and a record that cannot be written is no
    /// reason to drop a call: only a refusal that means the call itself ends it.
    fn joined_record(&mut self, call: &str, status: u16, body: &Value) -> Reaction {
        if !matches!(status, 400 | 403 | 409 | 410) {
            return Reaction::none();
        }
        match self.calls.forget(call) {
            Some(_) => Reaction::hear(key(call), Signal::Refused { message: refusal(status, body) }),
            None => Reaction::none(),
        }
    }
}

/// The record of a call or screen, if there is one with a plausible id.
fn recorded(status: u16, body: &Value) -> Option<Initiated> {
    let reply = (200..300).contains(&status).then(|| InitiateReply::deserialize(body).ok())??;
    limits::id(reply.data.message_id.clone()).ok()?;
    Some(reply.data)
}

/// Why there is no call; what a success says of itself is no reason.
fn refusal(status: u16, body: &Value) -> String {
    match status {
        200..=299 => "the server's answer was not understood".to_owned(),
        _ => rest::message(body).unwrap_or_else(|| match status {
            0 => "the server could not be reached".to_owned(),
            429 => "too many requests, try again later".to_owned(),
            _ => format!("the server refused the call ({status})"),
        }),
    }
}
