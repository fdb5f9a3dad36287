//! The connection to Janus: one WebSocket, one session, and its handles. The only file that names the WebSocket
//! client.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bellwire_dialects::hearth::wire::{IceCandidateInit, SdpBody};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tracing::debug;

use super::wire::{self, Event, Refusal, Reply};
use crate::config::JanusConfig;

const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Janus forgets a session that says nothing for 60 seconds.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(25);
/// Neither an answer to the keepalive nor anything else: it is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Messages that wait to be sent; full: who has something to say waits.
const MAX_QUEUED_MESSAGES: usize = 1024;
/// Events of a handle that wait for its task; full: the handle counts as gone.
const MAX_QUEUED_EVENTS: usize = 256;

#[derive(Debug, thiserror::Error)]
pub(super) enum JanusError {
    #[error("its address is not ws://host:port")]
    Address,
    #[error("nothing answers at its address: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("no WebSocket: {0}")]
    WebSocket(#[from] Box<WebSocketError>),
    #[error("it does not answer")]
    Silent,
    #[error("the connection is closed")]
    Closed,
    #[error("it refuses: {reason} ({code})")]
    Refused { code: i64, reason: String },
    #[error("its answer makes no sense")]
    Nonsense,
}

impl From<Refusal> for JanusError {
    fn from(Refusal { code, reason }: Refusal) -> Self {
        Self::Refused { code, reason }
    }
}

type Answer = oneshot::Sender<Value>;

struct Shared {
    config: JanusConfig,
    session: OnceLock<u64>,
    out: mpsc::Sender<String>,
    /// `None` once the connection is closed.
    waiting: Mutex<Option<HashMap<String, Answer>>>,
    handles: Mutex<HashMap<u64, mpsc::Sender<Event>>>,
    last: AtomicU64,
}

/// A session with Janus.
#[derive(Clone)]
pub(super) struct Connection(Arc<Shared>);

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// The other end of a connection, which has to be run.
pub(super) struct Line {
    shared: Arc<Shared>,
    stream: WebSocketStream<TcpStream>,
    out: mpsc::Receiver<String>,
}

/// Connects and begins a session.
pub(super) async fn open(config: &JanusConfig) -> Result<(Connection, Line), JanusError> {
    let opening = timeout(OPEN_TIMEOUT, upgraded(&config.url));
    let stream = opening.await.map_err(|_| JanusError::Silent)??;
    let (out, queue) = mpsc::channel(MAX_QUEUED_MESSAGES);
    let shared = Arc::new(Shared {
        config: config.clone(),
        session: OnceLock::new(),
        out,
        waiting: Mutex::new(Some(HashMap::new())),
        handles: Mutex::default(),
        last: AtomicU64::new(0),
    });
    let connection = Connection(Arc::clone(&shared));
    let mut line = Line { shared, stream, out: queue };
    let created = tokio::select! {
        created = connection.ask("create", None, json!({})) => created?,
        end = line.pump() => return Err(end),
    };
    let session = created.id.ok_or(JanusError::Nonsense)?;
    let _ = connection.0.session.set(session);
    Ok((connection, line))
}

async fn upgraded(url: &str) -> Result<WebSocketStream<TcpStream>, JanusError> {
    let mut request = url.into_client_request().map_err(|_| JanusError::Address)?;
    let uri = request.uri();
    let host = uri.host().filter(|_| uri.scheme_str() == Some("ws")).ok_or(JanusError::Address)?;
    let address = (host.trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(80));
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("janus-protocol"));
    let bytes = TcpStream::connect(address).await?;
    bytes.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let (stream, _) = client_async_with_config(request, bytes, Some(config)).await.map_err(Box::new)?;
    Ok(stream)
}

impl Line {
    /// Until the connection is over; says why. Whoever waits for something hears of it.
    pub(super) async fn run(mut self) -> JanusError {
        let end = self.pump().await;
        lock(&self.shared.waiting).take();
        lock(&self.shared.handles).clear();
        end
    }

    async fn pump(&mut self) -> JanusError {
        let mut keepalive = tokio::time::interval(KEEPALIVE_INTERVAL);
        let mut heard = tokio::time::Instant::now();
        loop {
            tokio::select! {
                message = self.stream.next() => {
                    heard = tokio::time::Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => {
                            if self.shared.hear(text.as_str()).is_err() {
                                return JanusError::Closed;
                            }
                        }
                        Some(Ok(Message::Close(_))) | None => return JanusError::Closed,
                        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                        Some(Err(error)) => return Box::new(error).into(),
                    }
                }
                // Never closed: we hold the other end.
                Some(text) = self.out.recv() => {
                    if let Err(error) = self.stream.send(Message::text(text)).await {
                        return Box::new(error).into();
                    }
                }
                _ = keepalive.tick() => {
                    if heard.elapsed() > SILENCE_LIMIT {
                        return JanusError::Silent;
                    }
                    if self.shared.session.get().is_some() {
                        let text = self.shared.message("keepalive", None, json!({})).1;
                        if let Err(error) = self.stream.send(Message::text(text)).await {
                            return Box::new(error).into();
                        }
                    }
                }
            }
        }
    }
}

/// Janus has ended the session.
struct SessionOver;

impl Shared {
    /// A message with a name of its own.
    fn message(&self, kind: &str, handle: Option<u64>, mut fields: Value) -> (String, String) {
        let name = self.last.fetch_add(1, Ordering::Relaxed).to_string();
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("janus".to_owned(), json!(kind));
            fields.insert("transaction".to_owned(), json!(name));
            let optional = [
                ("apisecret", self.config.api_secret.as_ref().map(|secret| json!(secret))),
                ("session_id", self.session.get().map(|session| json!(session))),
                ("handle_id", handle.map(|handle| json!(handle))),
            ];
            fields.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        }
        (name, fields.to_string())
    }

    fn hear(&self, text: &str) -> Result<(), SessionOver> {
        let Ok(message) = serde_json::from_str::<Value>(text) else { return Ok(()) };
        let kind = message.get("janus").and_then(Value::as_str);
        if kind == Some("timeout") {
            return Err(SessionOver);
        }
        if wire::is_ack(&message) {
            return Ok(());
        }
        let name = message.get("transaction").and_then(Value::as_str);
        let asked = name.and_then(|name| lock(&self.waiting).as_mut()?.remove(name));
        if let Some(asked) = asked {
            let _ = asked.send(message);
            return Ok(());
        }
        let handle = message.get("sender").and_then(Value::as_u64);
        if let (Some(handle), Some(event)) = (handle, Event::read(&message)) {
            let mut handles = lock(&self.handles);
            if handles.get(&handle).is_some_and(|events| events.try_send(event).is_err()) {
                // Its task is too slow, and begins again when it finds the channel closed.
                handles.remove(&handle);
            }
        }
        Ok(())
    }
}

impl Connection {
    pub(super) fn admin_key(&self) -> Option<&str> {
        self.0.config.admin_key.as_deref()
    }

    async fn ask(&self, kind: &str, handle: Option<u64>, fields: Value) -> Result<Reply, JanusError> {
        let (name, text) = self.0.message(kind, handle, fields);
        let (answer, answered) = oneshot::channel();
        lock(&self.0.waiting).as_mut().ok_or(JanusError::Closed)?.insert(name.clone(), answer);
        let asking = async {
            self.0.out.send(text).await.map_err(|_| JanusError::Closed)?;
            answered.await.map_err(|_| JanusError::Closed)
        };
        let message = timeout(ANSWER_TIMEOUT, asking).await;
        if let Some(waiting) = lock(&self.0.waiting).as_mut() {
            waiting.remove(&name);
        }
        Ok(Reply::read(&message.map_err(|_| JanusError::Silent)??)?)
    }

    /// A handle of the rooms' plugin. It has to be closed.
    pub(super) async fn attach(&self) -> Result<Handle, JanusError> {
        let made = self.ask("attach", None, json!({ "plugin": wire::PLUGIN })).await?;
        let id = made.id.ok_or(JanusError::Nonsense)?;
        let (sender, events) = mpsc::channel(MAX_QUEUED_EVENTS);
        lock(&self.0.handles).insert(id, sender);
        Ok(Handle { connection: self.clone(), id, events })
    }
}

/// One connection of a client to Janus, as Janus sees it.
pub(super) struct Handle {
    pub(super) connection: Connection,
    id: u64,
    events: mpsc::Receiver<Event>,
}

impl Handle {
    /// Asks the plugin for something, with a description.
    pub(super) async fn ask(&self, body: Value, jsep: Option<&SdpBody>) -> Result<Reply, JanusError> {
        let mut fields = json!({ "body": body });
        if let (Some(jsep), Some(fields)) = (jsep, fields.as_object_mut()) {
            fields.insert("jsep".to_owned(), json!(jsep));
        }
        self.connection.ask("message", Some(self.id), fields).await
    }

    pub(super) async fn trickle(&self, candidate: Option<&IceCandidateInit>) -> Result<(), JanusError> {
        let fields = json!({ "candidate": wire::trickle(candidate) });
        let (_, text) = self.connection.0.message("trickle", Some(self.id), fields);
        self.connection.0.out.send(text).await.map_err(|_| JanusError::Closed)
    }

    /// `None`: the handle is gone, or not listened to any more.
    pub(super) async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    pub(super) async fn close(self) {
        lock(&self.connection.0.handles).remove(&self.id);
        if let Err(error) = self.connection.ask("detach", Some(self.id), json!({})).await {
            debug!(%error, "A handle was not closed");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
