//! Hearth: call sessions with their seats and rooms, therapy sessions, and who may do what.

mod calls;
mod groups;
mod rest;
mod seats;
mod therapy;
mod usage;

use bellwire_server::{App, Config, DEMO_PASSWORD};
use serde_json::{Value, json};

use crate::support::{Device, PATIENCE};

pub(crate) const ANA: &str = "ana@demo.example";
pub(crate) const BEN: &str = "ben@demo.example";
pub(crate) const CLEO: &str = "cleo@demo.example";
pub(crate) const THERAPIST: &str = "therapist@demo.example";

pub(crate) async fn server() -> App {
    App::start(Config::demo()).await.expect("a server")
}

/// Somebody signed in.
pub(crate) struct Person {
    http: reqwest::Client,
    pub(crate) id: String,
    pub(crate) token: String,
    rest: String,
    socket: String,
}

impl Person {
    pub(crate) async fn login(app: &App, email: &str) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        let rest = app.rest_url("hearth").expect("it is served");
        let body = json!({ "email": email, "password": DEMO_PASSWORD });
        let reply = http.post(format!("{rest}/auth/login")).json(&body).send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        let body: Value = reply.json().await.expect("json");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let socket = app.socket_url("hearth").expect("it is served");
        Self { http, id: text(&body["user"]["id"]), token: text(&body["token"]), rest, socket }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.rest)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask("POST", path, Some(body)).await
    }

    /// A new session; its id.
    pub(crate) async fn initiate(&self, kind: &str, others: &[&Person]) -> String {
        let participants: Vec<_> = others.iter().map(|person| person.id.clone()).collect();
        let body = json!({ "sessionType": kind, "participants": participants });
        let (status, body) = self.post("/video-call/initiate", body).await;
        assert_eq!(status, 201, "{body}");
        body["data"]["sessionId"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn join(&self, session: &str) -> (u16, Value) {
        self.post(&format!("/video-call/join/{session}"), json!({})).await
    }

    pub(crate) async fn end(&self, session: &str) -> (u16, Value) {
        self.post(&format!("/video-call/session/{session}/end"), json!({})).await
    }

    pub(crate) async fn session(&self, session: &str) -> Value {
        let (status, body) = self.get(&format!("/video-call/session/{session}")).await;
        assert_eq!(status, 200, "{body}");
        body["data"].clone()
    }

    /// A device of this person, known to the server.
    pub(crate) async fn device(&self) -> Device {
        let mut device = Device::connect(&self.socket, json!({})).await;
        device.until("open").await;
        device.say("authenticate", json!(self.token)).await;
        let told = device.until("authenticated").await;
        assert_eq!(told["user"]["id"], self.id.as_str());
        device
    }

    /// A device in the room of a session.
    pub(crate) async fn enter(&self, session: &str, peer: &str) -> Device {
        let mut device = self.device().await;
        enter(&mut device, session, peer).await;
        device
    }
}

pub(crate) async fn enter(device: &mut Device, session: &str, peer: &str) -> Value {
    device.say("join_call_session", json!({ "sessionId": session, "peerId": peer })).await;
    device.until("call_session_joined").await
}

/// Everything a device has heard since the last time, once all it has said is handled.
pub(crate) async fn settled(device: &mut Device) -> Vec<(String, Value)> {
    device.say("toggle_audio", json!({ "sessionId": "no-such-session", "hasAudio": true })).await;
    device.until_that("call_error", |body| body["sessionId"] == "no-such-session").await;
    let mut heard = std::mem::take(&mut device.log);
    heard.pop();
    heard
}

pub(crate) fn names(heard: &[(String, Value)]) -> Vec<&str> {
    heard.iter().map(|(name, _)| name.as_str()).collect()
}

/// Waits until the session's record is as wanted.
pub(crate) async fn until_record(who: &Person, session: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let late = tokio::time::Instant::now() + PATIENCE;
    loop {
        let record = who.session(session).await;
        if wanted(&record) {
            return record;
        }
        assert!(tokio::time::Instant::now() < late, "never as wanted: {record}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
