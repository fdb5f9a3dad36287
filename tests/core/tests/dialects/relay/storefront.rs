//! Relay of storefront: a seller and a customer; REST knows calls, the socket knows rooms.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_call::{MediaKind, Subject};
use bellwire_dialects::{Inbound, Outbound, RestCall};
use serde_json::{Value, json};

use super::{Account, Relay, Side, event};

const ACCOUNTS: [Account; 2] = [
    Account { id: "s1", name: "Lamp Shop", role: "seller" },
    Account { id: "c1", name: "Ann", role: "customer" },
];

#[derive(Default)]
pub(crate) struct Storefront {
    calls: u32,
    /// Who is in the room of which call.
    rooms: BTreeMap<String, BTreeSet<Side>>,
}

impl Storefront {
    fn rest(&mut self, call: &RestCall) -> (u16, Value) {
        let body = call.body.clone().unwrap_or_default();
        match call.path.as_str() {
            "/video-call/initiate" => {
                self.calls += 1;
                let record = json!({
                    "callId": format!("9f1f6a34-{}", self.calls), "status": "initiated", "seller": "s1",
                    "customer": "c1", "orderId": { "_id": body["orderId"], "orderNumber": "1042" } });
                (201, json!({ "success": true, "videoCall": record }))
            }
            "/video-call/respond" | "/video-call/end" => (200, json!({ "success": true })),
            other => panic!("no such endpoint: {other}"),
        }
    }

    fn room(&mut self, told: &Value) -> &mut BTreeSet<Side> {
        let call = told["callId"].as_str().expect("a room has a name");
        self.rooms.entry(call.to_owned()).or_default()
    }

    fn room_events(&mut self, name: &str, told: Value) -> Vec<(Side, Inbound)> {
        let room = self.room(&told).clone();
        room.into_iter().map(|side| (side, event(name, told.clone()))).collect()
    }

    fn leave(&mut self, side: Side, told: &mut Value) -> Vec<(Side, Inbound)> {
        if !self.room(told).remove(&side) {
            return Vec::new();
        }
        told["participantCount"] = json!(self.room(told).len());
        self.room_events("userLeftCall", told.clone())
    }
}

impl Relay for Storefront {
    fn accounts(&self) -> [Account; 2] {
        ACCOUNTS
    }

    fn subject(&self, _from: Side) -> Option<Subject> {
        Some(Subject { id: "o1".into(), label: String::new() })
    }

    fn shown_subject(&self, _from: Side) -> Option<Subject> {
        Some(Subject { id: "o1".into(), label: "Order #1042".into() })
    }

    fn shown_kind(&self, _placed: MediaKind) -> MediaKind {
        MediaKind::Video
    }

    fn carry(&mut self, from: Side, said: &Outbound) -> Vec<(Side, Inbound)> {
        let (name, argument) = match said {
            Outbound::Request { id, call } => {
                let (status, body) = self.rest(call);
                return vec![(from, Inbound::Reply { id: *id, status, body })];
            }
            Outbound::Emit { name, args, .. } => (*name, args.first().cloned().unwrap_or_default()),
        };
        let mut argument = argument;
        match name {
            "addUser" | "callQualityReport" => Vec::new(),
            "incomingVideoCall" => vec![(from.other(), event(name, argument))],
            "callStatusUpdate" => Side::BOTH.map(|side| (side, event(name, argument.clone()))).into(),
            "joinVideoCall" => {
                self.room(&argument).insert(from);
                argument["participantCount"] = json!(self.room(&argument).len());
                self.room_events("userJoinedCall", argument)
            }
            "leaveVideoCall" => self.leave(from, &mut argument),
            "endVideoCall" => {
                argument["endedBy"] = argument["userId"].take();
                self.room_events("callEnded", argument)
            }
            _ => {
                let told = match name {
                    "toggleAudio" => "participantAudioToggle",
                    "toggleVideo" => "participantVideoToggle",
                    "startScreenShare" => "screenShareStarted",
                    "stopScreenShare" => "screenShareStopped",
                    "offer" | "answer" | "ice-candidate" => name,
                    other => panic!("no such event: {other}"),
                };
                let mut room = self.room_events(told, argument);
                room.retain(|(side, _)| *side != from);
                room
            }
        }
    }

    fn gone(&mut self, side: Side) -> Vec<(Side, Inbound)> {
        let calls: Vec<String> = self.rooms.keys().cloned().collect();
        let user = match side {
            Side::One => "s1",
            Side::Two => "c1",
        };
        let left = |call| json!({ "callId": call, "userId": user, "reason": "disconnected" });
        calls.into_iter().flat_map(|call| self.leave(side, &mut left(call))).collect()
    }
}
