//! Relay of clinic: a practitioner and a patient with one appointment; both are notified of who is in its
//! room.

use std::collections::BTreeSet;

use bellwire_call::{MediaKind, Subject};
use bellwire_dialects::{Inbound, Outbound, RestCall};
use serde_json::{Value, json};

use super::{Account, Relay, Side, event};

const ACCOUNTS: [Account; 2] = [
    Account { id: "u-jane", name: "Dr. Jane Smith", role: "practitioner" },
    Account { id: "u-ann", name: "Ann Wu", role: "patient" },
];
const ROOM: &str = "room_1767607200000_k3j9x2a1b";

pub(crate) struct Clinic {
    /// Who is in the room.
    room: BTreeSet<Side>,
    state: &'static str,
}

impl Default for Clinic {
    fn default() -> Self {
        Self { room: BTreeSet::new(), state: "Waiting" }
    }
}

fn user(side: Side) -> &'static str {
    match side {
        Side::One => ACCOUNTS[0].id,
        Side::Two => ACCOUNTS[1].id,
    }
}

fn appointment() -> Value {
    json!({ "id": "a1", "name": "Check-up", "patientId": "u-ann", "practitionerId": "u-jane",
        "appointmentDateTime": "2026-01-05T10:00:00.000Z", "durationInMinutes": 30, "type": "Remote",
        "status": "Scheduled", "patient": { "id": "u-ann", "firstName": "Ann", "lastName": "Wu" },
        "practitioner": { "id": "u-jane", "firstName": "Dr. Jane", "lastName": "Smith" } })
}

impl Clinic {
    fn rest(&self, call: &RestCall) -> (u16, Value) {
        match call.path.as_str() {
            "/appointments" => {
                let meta = json!({ "totalCount": 1, "currentPage": 1, "pageSize": 50, "totalPages": 1 });
                (200, json!({ "data": [appointment()], "meta": meta }))
            }
            "/video-call/room/appointment/a1" => {
                let there = |side| self.room.contains(&side);
                let room = json!({ "id": "r1", "roomId": ROOM, "appointmentId": "a1", "status": self.state,
                    "practitionerJoined": there(Side::One), "patientJoined": there(Side::Two),
                    "startedAt": null, "endedAt": null, "appointment": appointment() });
                (200, room)
            }
            other => panic!("no such endpoint: {other}"),
        }
    }

    fn others(&self, from: Side, told: &Inbound) -> Vec<(Side, Inbound)> {
        self.room.iter().filter(|side| **side != from).map(|side| (*side, told.clone())).collect()
    }

    fn status(&self) -> Vec<(Side, Inbound)> {
        let waiting: Vec<_> = self.room.iter().map(|side| user(*side)).collect();
        let told = json!({ "appointmentId": "a1", "roomId": ROOM, "status": self.state, "waiting": waiting,
            "appointment": appointment() });
        Side::BOTH.map(|side| (side, event("room-status", told.clone()))).into()
    }

    fn leave(&mut self, side: Side, told: Value) -> Vec<(Side, Inbound)> {
        if !self.room.remove(&side) {
            return Vec::new();
        }
        let mut out = self.others(side, &event("user-left", told));
        out.extend(self.status());
        out
    }
}

impl Relay for Clinic {
    fn accounts(&self) -> [Account; 2] {
        ACCOUNTS
    }

    fn subject(&self, _from: Side) -> Option<Subject> {
        Some(Subject { id: "a1".into(), label: String::new() })
    }

    fn shown_subject(&self, _from: Side) -> Option<Subject> {
        Some(Subject { id: "a1".into(), label: "Check-up".into() })
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
        assert_eq!((&argument["roomId"], &argument["userId"]), (&json!(ROOM), &json!(user(from))));
        let about = json!({ "userId": user(from) });
        let toggled = json!({ "userId": user(from), "isEnabled": argument["isEnabled"] });
        match name {
            "join-room" => {
                self.room.insert(from);
                self.state = if self.room.len() == 2 { "InProgress" } else { "Waiting" };
                let participants: Vec<_> = self.room.iter().map(|side| user(*side)).collect();
                let joined = json!({ "roomId": ROOM, "userId": user(from), "participants": participants });
                let mut out = vec![(from, event("joined-room", joined))];
                out.extend(self.others(from, &event("user-joined", about)));
                out.extend(self.status());
                out
            }
            "leave-room" => self.leave(from, about),
            "end-call" => {
                let ended = event("call-ended", about);
                let mut out = self.others(from, &ended);
                out.push((from, ended));
                self.room.clear();
                self.state = "Ended";
                out.extend(self.status());
                out
            }
            "webrtc-signal" => {
                let told = json!({ "signal": argument["signal"], "userId": user(from) });
                self.others(from, &event(name, told))
            }
            "toggle-audio" => self.others(from, &event("audio-toggled", toggled)),
            "toggle-video" => self.others(from, &event("video-toggled", toggled)),
            "screen-share-start" => self.others(from, &event("screen-share-started", about)),
            "screen-share-stop" => self.others(from, &event("screen-share-stopped", about)),
            other => panic!("no such event: {other}"),
        }
    }

    /// Its seat is kept for a while; this is the moment after.
    fn gone(&mut self, side: Side) -> Vec<(Side, Inbound)> {
        self.leave(side, json!({ "userId": user(side), "reason": "disconnected" }))
    }
}
