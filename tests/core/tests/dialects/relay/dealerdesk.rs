//! Relay of dealerdesk: a dealer and a technician, one room of theirs, and everything over the socket.

use std::collections::BTreeSet;

use bellwire_call::Subject;
use bellwire_dialects::{Inbound, Outbound};
use serde_json::{Value, json};

use super::{Account, Relay, Side, event};

const ACCOUNTS: [Account; 2] = [
    Account { id: "dan@demo.example", name: "Dan's Garage", role: "dealer" },
    Account { id: "tea@demo.example", name: "Tea", role: "technician" },
];
const ROOM: &str = "dan@demo.example:tea@demo.example:POST_7";

#[derive(Default)]
pub(crate) struct Dealerdesk {
    calls: u32,
    messages: u32,
    registered: BTreeSet<Side>,
    room: BTreeSet<Side>,
}

fn account(side: Side) -> Account {
    let [one, two] = ACCOUNTS;
    match side {
        Side::One => one,
        Side::Two => two,
    }
}

impl Dealerdesk {
    fn to_room(&self, told: &Inbound) -> Vec<(Side, Inbound)> {
        self.room.iter().map(|side| (*side, told.clone())).collect()
    }

    fn to_others(&self, from: Side, name: &str, mut argument: Value) -> Vec<(Side, Inbound)> {
        argument["targetEmail"].take();
        argument["senderEmail"] = json!(account(from).id);
        let mut told = self.to_room(&event(name, argument));
        told.retain(|(side, _)| *side != from);
        told
    }

    fn initiate(&mut self, from: Side, asked: &Value) -> Vec<(Side, Inbound)> {
        if !self.registered.contains(&from.other()) {
            return vec![(from, event("call_failed", json!({ "reason": "User not available" })))];
        }
        self.calls += 1;
        let call = 9000 + self.calls;
        let Account { id, name, role } = account(from);
        let ring = json!({
            "callId": call, "roomId": asked["roomId"], "callerEmail": id, "callerName": name,
            "callerType": role.to_uppercase(), "callType": asked["callType"],
            "timestamp": "2026-01-05T10:00:00.000Z" });
        vec![
            (from.other(), event("incoming_call", ring)),
            (from, event("call_initiated", json!({ "callId": call, "status": "sent" }))),
        ]
    }

    fn message(&mut self, from: Side, said: &Value) -> Vec<(Side, Inbound)> {
        self.messages += 1;
        let row = json!({
            "id": self.messages.to_string(), "room_id": said["roomId"], "roomId": said["roomId"],
            "sender_email": account(from).id, "sender_type": said["senderType"], "message": said["message"],
            "senderName": account(from).name, "is_read": false, "created_at": "2026-01-05T10:00:00.000Z" });
        let mut told = self.to_room(&event("new_message", row.clone()));
        if self.registered.contains(&from.other()) {
            told.push((from.other(), event("chat_notification", row)));
        }
        told
    }
}

impl Relay for Dealerdesk {
    fn accounts(&self) -> [Account; 2] {
        ACCOUNTS
    }

    fn subject(&self, _from: Side) -> Option<Subject> {
        Some(Subject { id: ROOM.into(), label: String::new() })
    }

    fn shown_subject(&self, _from: Side) -> Option<Subject> {
        Some(Subject { id: ROOM.into(), label: "Post #7".into() })
    }

    fn thread(&self, _side: Side) -> Option<String> {
        Some(ROOM.into())
    }

    fn carry(&mut self, from: Side, said: &Outbound) -> Vec<(Side, Inbound)> {
        let (name, argument) = match said {
            Outbound::Request { call, .. } => panic!("nothing is asked over REST: {call:?}"),
            Outbound::Emit { name, args, .. } => (*name, args.first().cloned().unwrap_or_default()),
        };
        match name {
            "register_for_notifications" => {
                self.registered.insert(from);
                Vec::new()
            }
            "join_room" => {
                assert_eq!(argument["postId"], json!("7"));
                self.room.insert(from);
                let Account { id, role, .. } = account(from);
                let joined = json!({ "email": id, "userType": role.to_uppercase() });
                let mut told = self.to_room(&event("user_joined", joined));
                told.retain(|(side, _)| *side != from);
                told
            }
            "call_initiate" => self.initiate(from, &argument),
            "call_accept" => self.to_room(&event("call_accepted", argument)),
            "call_reject" => {
                let mut told = argument;
                told["rejectedBy"] = json!(account(from).id);
                self.to_room(&event("call_rejected", told))
            }
            "call_end" => {
                let told = json!({ "callId": argument["callId"], "durationSeconds": 3,
                    "reason": argument["reason"] });
                self.to_room(&event("call_ended", told))
            }
            "webrtc_offer"
            | "webrtc_answer"
            | "ice_candidate"
            | "media_state"
            | "screen_share_started"
            | "screen_share_stopped" => self.to_others(from, name, argument),
            "send_message" => self.message(from, &argument),
            "mark_room_read" => self.to_room(&event("room_marked_read", argument)),
            "typing" => {
                let told = json!({ "userEmail": account(from).id, "isTyping": argument["isTyping"],
                    "userType": account(from).role.to_uppercase() });
                let mut room = self.to_room(&event("user_typing", told));
                room.retain(|(side, _)| *side != from);
                room
            }
            other => panic!("no such event: {other}"),
        }
    }

    fn gone(&mut self, side: Side) -> Vec<(Side, Inbound)> {
        self.registered.remove(&side);
        if !self.room.remove(&side) {
            return Vec::new();
        }
        let Account { id, role, .. } = account(side);
        self.to_room(&event("user_left", json!({ "userEmail": id, "userType": role.to_uppercase() })))
    }
}
