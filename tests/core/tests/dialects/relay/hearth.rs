//! Relay of hearth: two people; REST makes sessions, the socket has their rooms and accepts only connections
//! that have shown a token.

use std::collections::BTreeMap;

use bellwire_dialects::{Inbound, Outbound, RestCall};
use serde_json::{Value, json};

use super::{Account, Relay, Side, event};

const ACCOUNTS: [Account; 2] =
    [Account { id: "ana", name: "Ana", role: "user" }, Account { id: "ben", name: "Ben", role: "user" }];

#[derive(Default)]
pub(crate) struct Hearth {
    calls: u32,
    sockets: u32,
    /// Sockets that have shown their token.
    ready: BTreeMap<Side, String>,
    sessions: BTreeMap<String, Session>,
}

/// Who made it, whether it is over, and who is in its room under which name.
struct Session {
    initiator: Side,
    ended: bool,
    room: BTreeMap<Side, String>,
    pictures: bool,
}

fn index(side: Side) -> usize {
    match side {
        Side::One => 0,
        Side::Two => 1,
    }
}

fn user(side: Side) -> Value {
    let Account { id, name, .. } = ACCOUNTS[index(side)];
    json!({ "id": id, "firstName": name, "lastName": "" })
}

impl Hearth {
    fn room(&self, session: &str) -> &BTreeMap<Side, String> {
        &self.sessions[session].room
    }

    fn participant(&self, session: &str, side: Side) -> Value {
        let Account { id, name, .. } = ACCOUNTS[index(side)];
        let Session { room, pictures, .. } = &self.sessions[session];
        json!({ "userId": id, "peerId": room.get(&side), "socketId": self.ready.get(&side),
            "firstName": name, "lastName": "", "profilePicture": null, "hasVideo": pictures,
            "hasAudio": true, "isScreenSharing": false })
    }

    fn rest(&mut self, from: Side, call: &RestCall) -> ((u16, Value), Vec<(Side, Inbound)>) {
        let body = call.body.clone().unwrap_or_default();
        let done = |data: Value| (200, json!({ "success": true, "message": "ok", "data": data }));
        let parts: Vec<&str> = call.path.trim_start_matches("/video-call/").split('/').collect();
        match parts.as_slice() {
            ["initiate"] => {
                self.calls += 1;
                let id = format!("call_1767607200000_{:09}", self.calls);
                let settings = body["callSettings"].clone();
                let pictures = settings["isVideoEnabled"] == true;
                let session = Session { initiator: from, ended: false, room: BTreeMap::new(), pictures };
                self.sessions.insert(id.clone(), session);
                let data = json!({ "sessionId": id, "iceServers": [], "callSettings": settings });
                let ring = json!({ "sessionId": id, "sessionType": body["sessionType"],
                    "initiator": user(from), "callSettings": settings, "metadata": {}, "iceServers": [] });
                let reply = (201, json!({ "success": true, "message": "ok", "data": data }));
                (reply, vec![(from.other(), event("call_invitation", ring))])
            }
            ["join", id] => (done(json!({ "sessionId": id, "participants": [] })), Vec::new()),
            ["session", id, "end"] => {
                let told = json!({ "sessionId": id, "endedBy": user(from), "duration": 0,
                    "reason": "cancelled" });
                (done(json!({ "duration": 0 })), self.end(id, &told))
            }
            ["session", id, "media"] => {
                let told = json!({ "userId": ACCOUNTS[index(from)].id, "mediaSettings": body });
                (done(Value::Null), self.to_room(id, Some(from), "participant_media_updated", &told))
            }
            _ => panic!("no such endpoint: {}", call.path),
        }
    }

    /// Every invited user receives the end, also those who never came.
    fn end(&mut self, id: &str, told: &Value) -> Vec<(Side, Inbound)> {
        let session = self.sessions.get_mut(id).expect("it was made");
        if std::mem::replace(&mut session.ended, true) {
            return Vec::new();
        }
        session.room.clear();
        Side::BOTH.map(|side| (side, event("call_ended", told.clone()))).into()
    }

    fn to_room(&self, id: &str, but: Option<Side>, name: &str, told: &Value) -> Vec<(Side, Inbound)> {
        let others = self.room(id).keys().filter(|side| Some(**side) != but);
        others.map(|side| (*side, event(name, told.clone()))).collect()
    }

    fn join(&mut self, id: &str, from: Side, peer_id: &Value) -> Vec<(Side, Inbound)> {
        let session = self.sessions.get_mut(id).expect("it was made");
        if session.ended {
            return vec![(from, event("call_error", json!({ "message": "Call session has ended" })))];
        }
        let others: Vec<Side> = session.room.keys().copied().filter(|side| *side != from).collect();
        session.room.insert(from, peer_id.as_str().unwrap_or_default().to_owned());
        let all: Vec<_> = self.room(id).keys().map(|side| self.participant(id, *side)).collect();
        let joined = json!({ "sessionId": id, "participants": all, "callSettings": {} });
        let mut told = vec![(from, event("call_session_joined", joined))];
        let meet = |whom: Side| json!({ "targetPeerId": self.room(id)[&whom], "participant": self.participant(id, whom) });
        for other in others {
            let came = json!({ "participant": self.participant(id, from) });
            told.push((other, event("user_joined_call", came)));
            told.push((other, event("initiate_peer_connection", meet(from))));
            told.push((from, event("initiate_peer_connection", meet(other))));
        }
        told
    }

    fn leave(
        &mut self,
        id: &str,
        side: Side,
        socket: Option<&String>,
        reason: Option<&str>,
    ) -> Vec<(Side, Inbound)> {
        let session = self.sessions.get_mut(id).expect("it was made");
        if session.room.remove(&side).is_none() {
            return Vec::new();
        }
        let mut told = json!({ "userId": ACCOUNTS[index(side)].id, "socketId": socket });
        if let Some(reason) = reason {
            told["reason"] = json!(reason);
        }
        self.to_room(id, None, "user_left_call", &told)
    }
}

impl Relay for Hearth {
    fn accounts(&self) -> [Account; 2] {
        ACCOUNTS
    }

    fn carry(&mut self, from: Side, said: &Outbound) -> Vec<(Side, Inbound)> {
        let (name, argument) = match said {
            Outbound::Request { id, call } => {
                let ((status, body), mut told) = self.rest(from, call);
                told.insert(0, (from, Inbound::Reply { id: *id, status, body }));
                return told;
            }
            Outbound::Emit { name, args, .. } => (*name, args.first().cloned().unwrap_or_default()),
        };
        let me = ACCOUNTS[index(from)].id;
        if name == "authenticate" {
            self.sockets += 1;
            self.ready.insert(from, format!("socket-{}", self.sockets));
            return vec![(from, event("authenticated", json!({ "success": true, "user": user(from) })))];
        }
        let socket = self.ready.get(&from).cloned();
        assert!(socket.is_some(), "{from:?} said {name} before its token was looked at");
        let session_id = argument["sessionId"].clone();
        if name == "call_quality_report" {
            return Vec::new();
        }
        let session = session_id.as_str().expect("everything is about a session");
        let relayed = |what: &str| {
            let room = self.room(session);
            let mut told = json!({ "fromPeerId": room.get(&from), "fromSocketId": socket,
                "fromUserId": me, "sessionId": session_id });
            told[what] = argument[what].clone();
            let target = room.iter().find(|(_, name)| json!(name) == argument["targetPeerId"]);
            target.map(|(side, _)| (*side, event(name, told))).into_iter().collect()
        };
        match name {
            "join_call_session" => self.join(session, from, &argument["peerId"]),
            "leave_call_session" => self.leave(session, from, socket.as_ref(), None),
            "decline_call" => {
                let told =
                    json!({ "sessionId": session_id, "userId": me, "reason": argument["reason"].clone() });
                let initiator = self.sessions[session].initiator;
                let mut told = vec![(initiator, event("call_declined", told))];
                let over = json!({ "sessionId": session_id, "endedBy": user(from), "duration": 0,
                    "reason": argument["reason"].clone() });
                told.extend(self.end(session, &over));
                told
            }
            "webrtc_offer" => relayed("offer"),
            "webrtc_answer" => relayed("answer"),
            "webrtc_ice_candidate" => relayed("candidate"),
            "media_state_changed" => {
                let mut told = argument;
                told["userId"] = json!(me);
                self.to_room(session, Some(from), "participant_media_changed", &told)
            }
            "toggle_video" => {
                let told = json!({ "userId": me, "peerId": self.room(session).get(&from), "hasVideo": argument["hasVideo"] });
                self.to_room(session, Some(from), "participant_toggled_video", &told)
            }
            "toggle_audio" => {
                let told = json!({ "userId": me, "peerId": self.room(session).get(&from), "hasAudio": argument["hasAudio"] });
                self.to_room(session, Some(from), "participant_toggled_audio", &told)
            }
            "screen_share_started" | "screen_share_stopped" => {
                let told = json!({ "userId": me, "socketId": socket });
                self.to_room(session, Some(from), &format!("participant_{name}"), &told)
            }
            "connection_issue" => {
                let told = json!({ "userId": me, "issueType": argument["issueType"], "description": "" });
                self.to_room(session, Some(from), "participant_connection_issue", &told)
            }
            other => panic!("no such event: {other}"),
        }
    }

    fn gone(&mut self, side: Side) -> Vec<(Side, Inbound)> {
        let socket = self.ready.remove(&side);
        let ids: Vec<String> = self.sessions.keys().cloned().collect();
        ids.iter().flat_map(|id| self.leave(id, side, socket.as_ref(), Some("disconnected"))).collect()
    }
}
