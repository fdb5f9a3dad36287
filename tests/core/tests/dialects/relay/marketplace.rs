//! Relay of marketplace: a provider and a client. Everything goes to a person's room, all their devices, and
//! the socket knows nothing of REST.

use bellwire_dialects::{Inbound, Outbound, RestCall};
use serde_json::{Value, json};

use super::{Account, Relay, Side, event};

const ACCOUNTS: [Account; 2] = [
    Account { id: "64aprovider", name: "Ada's Repairs", role: "provider" },
    Account { id: "64bclient", name: "Ben", role: "client" },
];

#[derive(Default)]
pub(crate) struct Marketplace {
    records: u32,
}

fn id(side: Side) -> &'static str {
    match side {
        Side::One => ACCOUNTS[0].id,
        Side::Two => ACCOUNTS[1].id,
    }
}

fn person(side: Side) -> Value {
    let [one, two] = ACCOUNTS;
    let account = match side {
        Side::One => one,
        Side::Two => two,
    };
    json!({ "id": account.id, "name": account.name })
}

fn side_of(person: &Value) -> Side {
    Side::BOTH.into_iter().find(|side| id(*side) == person).unwrap_or_else(|| panic!("{person}?"))
}

impl Marketplace {
    fn rest(&mut self, from: Side, call: &RestCall) -> (u16, Value) {
        let body = call.body.clone().unwrap_or_default();
        self.records += 1;
        let record = format!("66f0{}", self.records);
        let data = match call.path.as_str() {
            path if path.ends_with("/initiate") => {
                let room = format!("video_1767607200000_{}", self.records);
                json!({ "messageId": record, "roomId": room, "callData": { "status": "initiated",
                    "roomId": room, "participants": [{ "userId": id(from), "joinedAt": "now" }] } })
            }
            path if path.starts_with("/communication/") => json!({ "status": "answered" }),
            "/messages/send" => json!({ "_id": record, "sender": id(from), "receiver": body["receiverId"],
                "content": body["content"], "type": "text", "createdAt": "2026-01-05T10:00:00.000Z" }),
            path if path.starts_with("/messages/read/") => json!({ "modifiedCount": 1 }),
            other => panic!("no such endpoint: {other}"),
        };
        (200, json!({ "success": true, "message": "Done", "data": data }))
    }
}

impl Relay for Marketplace {
    fn accounts(&self) -> [Account; 2] {
        ACCOUNTS
    }

    fn thread(&self, side: Side) -> Option<String> {
        Some(id(side.other()).to_owned())
    }

    fn carry(&mut self, from: Side, said: &Outbound) -> Vec<(Side, Inbound)> {
        let (name, body) = match said {
            Outbound::Request { id, call } => {
                let (status, body) = self.rest(from, call);
                return vec![(from, Inbound::Reply { id: *id, status, body })];
            }
            Outbound::Emit { name, args, .. } => (*name, args.first().cloned().unwrap_or_default()),
        };
        let call = body["callId"].clone();
        let recipient = || side_of(&body["recipientId"]);
        match name {
            "initiate_video_call" | "initiate_voice_call" => {
                let ring = name.replace("initiate", "incoming");
                let told = json!({ "callId": call, "chatId": body["chatId"], "roomId": body["roomId"],
                    "caller": person(from) });
                vec![(recipient(), event(&ring, told))]
            }
            "initiate_screen_share" => {
                let told = json!({ "sessionId": body["sessionId"], "chatId": body["chatId"],
                    "sharer": person(from) });
                vec![(recipient(), event("incoming_screen_share", told))]
            }
            "accept_call" => {
                let told = json!({ "callId": call, "participantId": id(from), "participantName": "?" });
                vec![(side_of(&body["callerId"]), event("call_accepted", told))]
            }
            "decline_call" => {
                let told = json!({ "callId": call, "reason": body["reason"] });
                vec![(side_of(&body["callerId"]), event("call_declined", told))]
            }
            "end_call" => {
                let told = json!({ "callId": call, "endedBy": id(from), "duration": body["duration"],
                    "reason": body["reason"] });
                let told = event("call_ended", told);
                let others = body["participantIds"].as_array().expect("this would end the backend");
                others.iter().map(|person| (side_of(person), told.clone())).collect()
            }
            "participant_joined" => {
                let told = event(name, json!({ "callId": call, "participant": person(from) }));
                let others = body["otherParticipantIds"].as_array().expect("who else is there");
                others.iter().map(|person| (side_of(person), told.clone())).collect()
            }
            "send_message" => {
                let told = json!({ "chatId": body["chatId"], "message": body["message"] });
                vec![(recipient(), event("new_message", told))]
            }
            "typing" | "stop_typing" => {
                let told = json!({ "chatId": body["chatId"], "userId": id(from) });
                vec![(recipient(), event(&format!("user_{name}"), told))]
            }
            "webrtc_offer" | "webrtc_answer" | "ice_candidate" | "media_state" => {
                let mut told = body.clone();
                let target = told.as_object_mut().and_then(|fields| fields.remove("targetUserId"));
                told["fromUserId"] = json!(id(from));
                vec![(side_of(&target.expect("a target")), event(name, told))]
            }
            other => panic!("no such event: {other}"),
        }
    }

    fn gone(&mut self, _side: Side) -> Vec<(Side, Inbound)> {
        Vec::new()
    }
}
