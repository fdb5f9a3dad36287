//! Replies to REST requests of calls, by what each request was for.

use bellwire_call::{CallId, CallKey, IncomingSignal, Invite, RemoteCallId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Marketplace, PendingRequest,
    calls::{CallEntry, is_made_up},
    encode,
    wire::{InitiateReply, Initiated},
};
use crate::{DecodeError, Reaction, RequestId, SideEvent, call_table::key, limits, rest};

impl Marketplace {
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        status: u16,
        body: &Value,
    ) -> Result<Reaction, DecodeError> {
        let request = self.pending.answered(id)?;
        let mut reaction = match request.purpose {
            PendingRequest::Initiate { local, invite } => {
                self.initiated(local, &invite, request.withdrawn, status, body)
            }
            PendingRequest::Accept { call } => self.joined_record(&call, status, body),
            PendingRequest::Share { call } => {
                let session = match recorded(status, body) {
                    Some(record) => Some((record.message_id, true)),
                    None if no_record(status, body) => Some((self.own_screen(&call), false)),
                    None => None,
                };
                Reaction::send(self.share_recorded(&call, session))
            }
            PendingRequest::Sent { to, text } => self.sent(to, text, status, body),
            PendingRequest::Read { from } => self.read(from, status),
            PendingRequest::Record => Reaction::none(),
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
            None if no_record(status, body) => {
                let call = self.own_id(local);
                let room = format!("room_{call}");
                (call, room)
            }
            None => return Reaction::refused(local, refusal(status, body)),
        };
        if withdrawn {
            // The callee was not rung yet, so only the record has to be closed.
            let end = self.pending.send(encode::end_request(invite.kind, &call), PendingRequest::Record);
            return Reaction::send(vec![end]);
        }
        let room = limits::id(room_id).unwrap_or_default();
        let entry = CallEntry::new(invite.to.id.0.clone(), invite.kind, room.clone(), true);
        if self.calls.add(&call, |_| entry).is_err() {
            let end = self.pending.send(encode::end_request(invite.kind, &call), PendingRequest::Record);
            return Reaction { outbound: vec![end], ..Reaction::refused(local, "too many calls at once") };
        }
        let ring = self.ring(&call, &room, invite);
        let placed = IncomingSignal::Placed { local, remote: RemoteCallId(call), subject: None };
        Reaction { heard: vec![(CallKey::Local(local), placed)], outbound: vec![ring], side: Vec::new() }
    }

    /// A caller that rings by socket alone has no record, and a record that cannot be written is no
    /// reason to drop a call: only a refusal that means the call itself ends it.
    fn joined_record(&mut self, call: &str, status: u16, body: &Value) -> Reaction {
        // Of an id that is none of its own it says nothing about the call.
        let unknown = status == 400 && is_made_up(call);
        if unknown || !matches!(status, 400 | 403 | 409 | 410) {
            return Reaction::none();
        }
        match self.calls.forget(call) {
            Some(_) => Reaction::hear(key(call), IncomingSignal::Refused { message: refusal(status, body) }),
            None => Reaction::none(),
        }
    }
}

/// There is no record, for a reason that says nothing about the call: the backend counts the requests of
/// all clients behind our address, is out of reach or broken, or has no such endpoint.
fn no_record(status: u16, body: &Value) -> bool {
    matches!(status, 0 | 408 | 429 | 500..=599) || rest::no_such_route(status, body)
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
        200..=299 => rest::refusal(status),
        _ => rest::message(body).unwrap_or_else(|| match status {
            429 => "too many requests, try again later".to_owned(),
            _ => rest::refusal(status),
        }),
    }
}

#[cfg(test)]
mod tests {
    use bellwire_call::{MediaKind, MediaState, OutgoingSignal, Person, PersonId};
    use serde_json::json;

    use super::*;
    use crate::{Dialect, Identity, Inbound, Outbound};

    fn ada() -> Marketplace {
        Marketplace::new(&Identity {
            dialect: "marketplace".into(),
            person: Person { id: PersonId("a".into()), name: "Ada".into(), avatar: None },
            role: "provider".into(),
            token: "t".into(),
            cookie: None,
            bearer: true,
            refresh_token: None,
        })
    }

    /// Dials, and answers what was asked.
    fn dial(ada: &mut Marketplace, status: u16, body: Value) -> Reaction {
        let to = Person { id: PersonId("b".into()), name: "Ben".into(), avatar: None };
        let invite =
            OutgoingSignal::Invite(Invite { to, others: Vec::new(), kind: MediaKind::Video, subject: None });
        ada.encode(&CallKey::Local(CallId(1)), &invite).unwrap();
        answer(ada, 1, status, body)
    }

    fn answer(ada: &mut Marketplace, id: u64, status: u16, body: Value) -> Reaction {
        ada.decode(Inbound::Reply { id: RequestId(id), status, body }).unwrap()
    }

    fn emitted(said: &[Outbound]) -> Vec<(&'static str, Value)> {
        let emitted = said.iter().filter_map(|outbound| match outbound {
            Outbound::Emit { name, args, .. } => Some((*name, args[0].clone())),
            Outbound::Request { .. } => None,
        });
        emitted.collect()
    }

    #[test]
    fn nothing_is_closed_over_rest_of_a_call_it_does_not_keep() {
        let nest =
            json!({ "statusCode": 404, "message": "Cannot POST /api/communication/video-call/initiate" });
        for (status, body) in [(429, Value::Null), (408, Value::Null), (503, json!("<html>")), (404, nest)] {
            let mut ada = ada();
            let reaction = dial(&mut ada, status, body);
            let [(_, IncomingSignal::Placed { remote, .. })] = reaction.heard.as_slice() else {
                panic!("{reaction:?}")
            };
            assert_eq!(emitted(&reaction.outbound)[0].1["callId"], remote.0.as_str());
            let said = ada.encode(&CallKey::Remote(remote.clone()), &OutgoingSignal::HangUp).unwrap();
            assert_eq!((emitted(&said)[0].0, said.len()), ("end_call", 1));
        }
    }

    #[test]
    fn a_screen_is_shown_without_a_record_too() {
        let mut ada = ada();
        dial(&mut ada, 200, json!({ "success": true, "data": { "messageId": "m1", "roomId": "r" } }));
        let share = |on| OutgoingSignal::Media(MediaState { sharing: Some(on), ..MediaState::default() });
        ada.encode(&key("m1"), &share(true)).unwrap();
        let shown = emitted(&answer(&mut ada, 2, 429, Value::Null).outbound);
        assert_eq!(shown[0].0, "initiate_screen_share");
        let said = ada.encode(&key("m1"), &share(false)).unwrap();
        let end = json!({ "callId": shown[0].1["sessionId"], "participantIds": ["b"], "duration": 0.0 });
        assert_eq!((emitted(&said), said.len()), (vec![("end_call", end)], 1));
    }

    #[test]
    fn joining_a_call_without_a_record_ends_nothing() {
        for status in [400, 404, 429, 500, 0] {
            let mut ada = ada();
            let ring = json!({ "callId": "call_1_x", "caller": { "id": "b" } });
            ada.decode(Inbound::Event { name: "incoming_video_call".into(), args: vec![ring] }).unwrap();
            ada.encode(&key("call_1_x"), &OutgoingSignal::Accept).unwrap();
            let refused = json!({ "success": false, "message": "Invalid message id" });
            assert_eq!(answer(&mut ada, 1, status, refused), Reaction::none(), "{status}");
        }
    }

    #[test]
    fn who_is_online_is_learnt_from_what_they_do() {
        let body = json!({ "success": true, "data": [{ "_id": "x", "participants": ["a", "b"] }] });
        let online = |ada: &Marketplace| {
            let lists = ada.directory();
            let call = lists.contacts("", "", &[]).remove(0);
            let reply = crate::Reply { call, status: 200, body: body.clone() };
            lists.parse_contacts("", "", &[reply]).unwrap().items[0].online
        };
        let mut ada = ada();
        let event = |ada: &mut Marketplace, name: &str, args: Value| {
            ada.decode(Inbound::Event { name: name.into(), args: vec![args] }).unwrap();
        };
        assert!(!online(&ada));
        event(&mut ada, "user_typing", json!({ "userId": "b", "chatId": "chat_b_a" }));
        assert!(online(&ada));
        event(&mut ada, "user_status_change", json!({ "userId": "b", "status": "offline" }));
        assert!(!online(&ada));
        event(&mut ada, "incoming_video_call", json!({ "callId": "call_1_x", "caller": { "id": "b" } }));
        assert!(online(&ada));
        ada.decode(Inbound::Closed).unwrap();
        assert!(!online(&ada), "nobody told what changed meanwhile");
    }
}
