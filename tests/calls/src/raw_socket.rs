//! Raw socket without a dialect: sends whatever a test wants, however wrong.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::FutureExt;
use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Payload, TransportType};
use serde_json::{Value, json};

use crate::TestServer;
use crate::server::PASSWORD;

/// A signed-in socket and REST client with no manners.
pub struct RawSocket {
    client: Client,
    http: reqwest::Client,
    rest: String,
    pub id: String,
    pub token: String,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

impl std::fmt::Debug for RawSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawSocket").field("id", &self.id).finish_non_exhaustive()
    }
}

impl RawSocket {
    /// Signs in over REST and connects with the token.
    pub async fn connect(server: &TestServer, role: &str, email: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().cookie_store(true).build()?;
        let path = if role == "seller" { "shop/login-shop" } else { "user/login-user" };
        let login: Value = http
            .post(format!("{}/{path}", server.rest()))
            .json(&json!({ "email": email, "password": PASSWORD }))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let token = login["token"].as_str().context("no token")?.to_owned();
        let id = login["user"]["_id"].as_str().context("no id")?.to_owned();
        let (client, heard) = open(server.socket(), json!({ "token": token })).await?;
        let socket = Self { client, http, rest: server.rest().to_owned(), id, token, heard };
        let end = tokio::time::Instant::now() + crate::WAIT_LIMIT;
        while !socket.heard("open") {
            ensure!(tokio::time::Instant::now() < end, "the socket did not open");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        socket.emit("addUser", json!(socket.id)).await?;
        Ok(socket)
    }

    /// Whether connecting with this `auth` is refused.
    pub async fn refused(server: &TestServer, auth: Value) -> anyhow::Result<bool> {
        let (client, heard) = open(server.socket(), auth).await?;
        let end = tokio::time::Instant::now() + crate::WAIT_LIMIT;
        loop {
            let (open, error) = {
                let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                (heard.iter().any(|(n, _)| n == "open"), heard.iter().any(|(n, _)| n == "error"))
            };
            if open || error {
                let _ = client.disconnect().await;
                return Ok(error && !open);
            }
            ensure!(tokio::time::Instant::now() < end, "neither opened nor refused");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn emit(&self, event: &str, payload: Value) -> anyhow::Result<()> {
        Ok(self.client.emit(event, payload).await?)
    }

    /// POSTs to the REST API; status and body.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let reply = self.http.post(format!("{}/{path}", self.rest)).json(body).send().await?;
        Ok((reply.status().as_u16(), reply.json().await.unwrap_or(Value::Null)))
    }

    /// How often an event came so far.
    pub fn count(&self, event: &str) -> usize {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(|(name, _)| name == event).count()
    }

    pub fn heard(&self, event: &str) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|(name, _)| name == event)
    }
}

pub(crate) type Heard = Arc<Mutex<Vec<(String, Value)>>>;

pub(crate) async fn open(address: &str, auth: Value) -> anyhow::Result<(Client, Heard)> {
    let heard = Heard::default();
    let (any, opened, failed) = (heard.clone(), heard.clone(), heard.clone());
    let note = |heard: &Heard, name: &str, value: Value| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), value));
    };
    let client = ClientBuilder::new(address)
        .auth(auth)
        .transport_type(TransportType::Websocket)
        .reconnect(false)
        .on("open", move |_, _| {
            note(&opened, "open", Value::Null);
            async {}.boxed()
        })
        .on("error", move |_, _| {
            note(&failed, "error", Value::Null);
            async {}.boxed()
        })
        .on_any(move |event, payload, _| {
            if let Payload::Text(values) = payload {
                note(&any, &event.to_string(), values.into_iter().next().unwrap_or(Value::Null));
            }
            async {}.boxed()
        })
        .connect()
        .await?;
    Ok((client, heard))
}
