//! People of the demo data who use clinic.

use bellwire_server::{App, DEMO_PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Device, PATIENCE};

pub(crate) const DOCTOR: &str = "doctor@demo.example";
pub(crate) const OTHER_DOCTOR: &str = "doctor2@demo.example";
pub(crate) const PATIENT: &str = "patient@demo.example";
pub(crate) const OTHER_PATIENT: &str = "patient4@demo.example";
/// The doctor's and the patient's appointment that is on now.
pub(crate) const NOW: &str = "a9901000-0000-4000-8000-000000000001";
/// Of the doctor with another patient, soon.
pub(crate) const SOON: &str = "a9901000-0000-4000-8000-000000000002";
/// Of the doctor with the third patient, not agreed to yet.
pub(crate) const PENDING: &str = "a9901000-0000-4000-8000-000000000003";
/// Of the doctor with the other patient, in person.
pub(crate) const PHYSICAL: &str = "a9901000-0000-4000-8000-000000000006";

/// Somebody signed in.
pub(crate) struct Person {
    http: reqwest::Client,
    pub(crate) id: String,
    pub(crate) token: String,
    rest: String,
    socket: String,
}

impl Person {
    pub(crate) async fn new(app: &App, email: &str) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        let rest = app.rest_url("clinic").expect("it is served");
        let socket = app.socket_url("clinic").expect("it is served");
        let mut person = Self { http, id: String::new(), token: String::new(), rest, socket };
        let (status, body) = person.login("/auth/login", email, DEMO_PASSWORD).await;
        assert_eq!((status, body["code"].as_str()), (201, Some("LOGIN_SUCCESS")), "{body}");
        person.token = body["access_token"].as_str().expect("a token").to_owned();
        let (status, body) = person.get("/auth/status").await;
        assert_eq!((status, body["code"].as_str()), (200, Some("TOKEN_VALID")), "{body}");
        person.id = body["user"]["id"].as_str().expect("an id").to_owned();
        person
    }

    pub(crate) async fn login(&self, path: &str, email: &str, password: &str) -> (u16, Value) {
        self.ask(Method::POST, path, Some(json!({ "email": email, "password": password }))).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.rest));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    /// The same person with the same token at a restarted server.
    pub(crate) fn move_to(&mut self, app: &App) {
        self.rest = app.rest_url("clinic").expect("it is served");
        self.socket = app.socket_url("clinic").expect("it is served");
    }

    /// The room of an appointment.
    pub(crate) async fn room(&self, appointment: &str) -> String {
        let (status, body) = self.get(&format!("/video-call/room/appointment/{appointment}")).await;
        assert_eq!(status, 200, "{body}");
        body["roomId"].as_str().expect("an id").to_owned()
    }

    /// Waits until the record of an appointment's room is as wanted.
    pub(crate) async fn record(&self, appointment: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/video-call/room/appointment/{appointment}");
        let waiting = async {
            loop {
                let (_, body) = self.get(&path).await;
                if wanted(&body) {
                    return body;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(body) => body,
            Err(_) => panic!("never; last {:?}", self.get(&path).await),
        }
    }

    /// A device of this person, online.
    pub(crate) async fn device(&self) -> Device {
        let mut device =
            Device::connect_to(&self.socket, "/video-call", json!({ "token": self.token })).await;
        device.until("open").await;
        self.settle(&mut device).await;
        device
    }

    /// A device in the room.
    pub(crate) async fn enter(&self, room: &str) -> Device {
        let mut device = self.device().await;
        device.say("join-room", self.of(room)).await;
        device.until("joined-room").await;
        device
    }

    /// What an event about a room says.
    pub(crate) fn of(&self, room: &str) -> Value {
        json!({ "roomId": room, "userId": self.id })
    }

    /// Everything a device has heard since the last time.
    pub(crate) async fn settle(&self, device: &mut Device) -> Vec<(String, Value)> {
        device.say("join-room", self.of("no-such-room")).await;
        device.until_that("error", |body| body["roomId"] == "no-such-room").await;
        let mut log = std::mem::take(&mut device.log);
        log.pop();
        log
    }
}

/// Event names without the news of who is where.
pub(crate) fn names(log: &[(String, Value)]) -> Vec<&str> {
    log.iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !matches!(*name, "room-status" | "open"))
        .collect()
}
