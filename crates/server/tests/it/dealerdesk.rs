//! The dealerdesk backend as its clients see it.

mod access;
mod calls;
mod chat;
mod endurance;

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD};
use serde_json::{Value, json};

use crate::support::{Device, PATIENCE};

pub(crate) const DEALER: &str = "dealer@demo.example";
pub(crate) const OTHER_DEALER: &str = "dealer2@demo.example";
pub(crate) const TECHNICIAN: &str = "technician@demo.example";
pub(crate) const PASSWORDLESS: &str = "technician2@demo.example";
/// Needs a password, unlike the two before.
pub(crate) const WITH_PASSWORD: &str = "technician3@demo.example";
/// Has a room with nobody.
pub(crate) const QUIET: &str = "technician5@demo.example";

/// Somebody signed in.
pub(crate) struct Person {
    pub(crate) email: &'static str,
    pub(crate) token: String,
    role: &'static str,
    http: reqwest::Client,
    host: String,
}

fn host(app: &App) -> String {
    app.rest_url("dealerdesk").expect("it is served")
}

/// The base room of these two.
pub(crate) fn room(dealer: &str, technician: &str) -> String {
    format!("{dealer}:{technician}")
}

async fn ringing_for(ring: Duration) -> App {
    App::start(Config::demo().with_ring_timeout(ring)).await.expect("a server")
}

async fn login(app: &App, role: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/{role}s/login", host(app));
    let reply = reqwest::Client::new().post(url).json(&body).send().await.expect("a reply");
    (reply.status().as_u16(), reply.json().await.expect("json"))
}

impl Person {
    pub(crate) async fn login(app: &App, role: &'static str, email: &'static str) -> Self {
        let (status, body) = login(app, role, json!({ "email": email, "password": DEMO_PASSWORD })).await;
        assert_eq!(status, 200, "{body}");
        let token = body["token"].as_str().expect("a token").to_owned();
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { email, token, role, http, host: host(app) }
    }

    pub(crate) async fn dealer(app: &App) -> Self {
        Self::login(app, "dealer", DEALER).await
    }

    pub(crate) async fn technician(app: &App) -> Self {
        Self::login(app, "technician", TECHNICIAN).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}{path}", self.host)).bearer_auth(&self.token);
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    /// A device of this person, registered.
    pub(crate) async fn device(&self) -> Device {
        let mut device = Device::connect(&self.host, json!({ "token": self.token })).await;
        device.until("open").await;
        let who = json!({ "userEmail": self.email, "userType": self.role.to_uppercase() });
        device.say("register_for_notifications", who).await;
        settled(&mut device).await;
        device
    }

    /// The same person at another (or the restarted) server.
    fn move_to(&mut self, app: &App) {
        self.host = host(app);
    }

    /// The newest record of theirs.
    async fn newest_call(&self) -> Value {
        let (status, body) = self.get(&format!("/api/chat/calls?userEmail={}&limit=1", self.email)).await;
        assert_eq!(status, 200, "{body}");
        body[0].clone()
    }
}

/// Everything a device has heard since the last time, once all that was said so far has been handled.
pub(crate) async fn settled(device: &mut Device) -> Vec<(String, Value)> {
    device.say("call_initiate", json!({ "roomId": "nowhere" })).await;
    device.until_that("call_failed", |body| body.get("roomId").is_none()).await;
    let mut log = std::mem::take(&mut device.log);
    log.pop();
    log
}

pub(crate) async fn join(device: &Device, who: &Person, room: &str) {
    let mut parts = room.splitn(3, ':');
    let mut body = json!({ "dealerEmail": parts.next(), "technicianEmail": parts.next(),
        "userType": who.role.to_uppercase() });
    if let Some(post) = parts.next() {
        body["postId"] = json!(post.trim_start_matches("POST_"));
    }
    device.say("join_room", body).await;
}

/// Starts a call and returns its number.
pub(crate) async fn place(device: &mut Device, room: &str, target: &str) -> i64 {
    device.say("call_initiate", json!({ "roomId": room, "callType": "VIDEO", "targetEmail": target })).await;
    let body = device.until("call_initiated").await;
    assert_eq!(body["status"], "sent");
    body["callId"].as_i64().expect("a number")
}

fn call(id: i64, room: &str) -> Value {
    json!({ "callId": id, "roomId": room })
}
