//! The marketplace backend as its clients see it.

mod access;
mod calls;
mod chat;
mod endurance;

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD};
use serde_json::{Value, json};

use crate::support::{Device, PATIENCE};

const PROVIDER: &str = "provider@demo.example";
const CLIENT: &str = "client@demo.example";
/// Knows neither of the two above.
const OTHER_CLIENT: &str = "client4@demo.example";

/// Somebody signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    token: String,
    refresh_token: String,
    http: reqwest::Client,
    rest: String,
}

fn rest(app: &App) -> String {
    app.rest_url("marketplace").expect("it is served")
}

fn host(app: &App) -> String {
    rest(app).trim_end_matches("/api").to_owned()
}

async fn ringing_for(ring: Duration) -> App {
    App::start(Config::demo().with_ring_timeout(ring)).await.expect("a server")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

async fn login(app: &App, email: &str, password: &str) -> (u16, Value) {
    let body = json!({ "email": email, "password": password });
    let request = reqwest::Client::new().post(format!("{}/auth/login", rest(app))).json(&body);
    let reply = request.send().await.expect("a reply");
    (reply.status().as_u16(), reply.json().await.expect("json"))
}

impl Person {
    pub(crate) async fn login(app: &App, email: &str) -> Self {
        let (status, body) = login(app, email, DEMO_PASSWORD).await;
        assert_eq!(status, 200, "{body}");
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self {
            id: text(&body["data"]["user"]["id"]),
            token: text(&body["data"]["token"]),
            refresh_token: text(&body["data"]["refreshToken"]),
            http,
            rest: rest(app),
        }
    }

    pub(crate) async fn provider(app: &App) -> Self {
        Self::login(app, PROVIDER).await
    }

    pub(crate) async fn client(app: &App) -> Self {
        Self::login(app, CLIENT).await
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.rest)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask("POST", path, Some(body)).await
    }

    async fn put(&self, path: &str) -> (u16, Value) {
        self.ask("PUT", path, None).await
    }

    /// Makes the record of a call (or screen) and returns its id.
    pub(crate) async fn initiate(&self, kind: &str, to: &Self) -> String {
        let path = format!("/communication/{kind}/initiate");
        let (status, body) = self.post(&path, json!({ "receiverId": to.id })).await;
        assert_eq!(status, 200, "{body}");
        text(&body["data"]["messageId"])
    }

    /// The newest call in this person's history.
    async fn newest_call(&self) -> Value {
        let (status, body) = self.get("/communication/call-history?limit=1").await;
        assert_eq!(status, 200, "{body}");
        body["data"][0].clone()
    }

    async fn call_is(&self, status: &str) -> Value {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let call = self.newest_call().await;
            if call["callData"]["status"] == status {
                return call;
            }
            assert!(tokio::time::Instant::now() < end, "not {status}: {call}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A device of this person, online.
    pub(crate) async fn device(&self) -> Device {
        let host = self.rest.trim_end_matches("/api");
        let mut device = Device::connect(host, json!({ "token": self.token })).await;
        device.until("open").await;
        settled(&mut device).await;
        device
    }

    /// The same person with the same token at the restarted server.
    fn move_to(&mut self, app: &App) {
        self.rest = rest(app);
    }
}

/// Waits until everything sent to and from this device so far has been handled, and returns what it has
/// heard since the last time.
pub(crate) async fn settled(device: &mut Device) -> Vec<(String, Value)> {
    let nonsense = format!("no-such-call-{}", next_number());
    device.say("participant_joined", json!({ "callId": nonsense, "roomId": "" })).await;
    device.until_that("call_error", |body| body["callId"] == nonsense).await;
    let mut log = std::mem::take(&mut device.log);
    log.pop();
    log
}

fn next_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What the caller rings with.
pub(crate) fn ring(call: &str, to: &Person) -> Value {
    // The names and ids are not the record's: that must not matter.
    json!({ "callId": call, "roomId": "nowhere", "recipientId": to.id, "chatId": "chat_x_y",
        "callerAvatar": "https://evil.example/face.png" })
}

fn about(call: &str) -> Value {
    json!({ "callId": call, "roomId": "", "otherParticipantIds": [], "callerId": "somebody" })
}
