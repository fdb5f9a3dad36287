//! Sessions of a made-up dialect against a server whose tokens expire on demand
//! (`tests/node-backends/token-server.mjs`). The dialect has everything a backend may have: bearer tokens that can
//! be refreshed, a namespace, polls, messages.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bellwire_call::{OfferRule, Person, RemoteCallId};
use bellwire_dialects::{
    Capabilities, DecodeError, EncodeError, IceServers, Inbound, LoginError, Method, Outbound, Reaction,
    RequestId, SideEvent,
};
use serde_json::json;
use url::Url;

use super::*;
use crate::{
    TransportConfig,
    outbox::Emission,
    socketio::{Socket, SocketEvent, SocketTarget},
};

const TEST_TIMEOUT: Duration = Duration::from_secs(60);

const ENTRY: Entry = Entry {
    id: "probe",
    label: "Probe",
    roles: &[],
    sign_in_fields: &[],
    namespace: "/video-call",
    rest_prefix: "",
    new: |identity| Box::new(Probe::new(identity)),
    login: |_| Err(LoginError::NotThisBackend),
    parse_login: |_, _, _, _| Err(LoginError::NotThisBackend),
};

#[derive(Debug)]
struct Probe {
    identity: Identity,
    requests: u64,
}

impl Probe {
    fn new(identity: &Identity) -> Self {
        Self { identity: identity.clone(), requests: 0 }
    }

    fn request(&mut self, path: &str, body: Value) -> Outbound {
        self.requests += 1;
        let call =
            RestCall { method: Method::Post, path: path.to_owned(), query: Vec::new(), body: Some(body) };
        Outbound::Request { id: RequestId(self.requests), call }
    }
}

fn get(path: String) -> RestCall {
    RestCall { method: Method::Get, path, query: Vec::new(), body: None }
}

fn read<T>(status: u16, value: T) -> Result<T, ReplyError> {
    match status {
        200 => Ok(value),
        401 => Err(ReplyError::TokenExpired),
        _ => Err(ReplyError::NotUnderstood),
    }
}

impl Dialect for Probe {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
    fn offers(&self) -> OfferRule {
        OfferRule::Us
    }
    fn socket_auth(&self) -> Option<Value> {
        Some(json!({ "token": self.identity.token }))
    }
    fn opened(&mut self) -> Vec<Outbound> {
        vec![Outbound::Emit { name: "hello", args: vec![json!(self.identity.token)], perishable: false }]
    }
    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        match inbound {
            Inbound::Opened => Ok(Reaction { outbound: self.opened(), ..Reaction::none() }),
            Inbound::Reply { status: 401, .. } => {
                Ok(Reaction { side: vec![SideEvent::TokenExpired], ..Reaction::none() })
            }
            Inbound::Reply { status, body, .. } => {
                let message = format!("{status} {}", body["ok"].as_str().unwrap_or_default());
                Ok(Reaction::hear(call(), IncomingSignal::Refused { message }))
            }
            Inbound::Event { name, .. } if name == "expired" => {
                Ok(Reaction { side: vec![SideEvent::TokenExpired], ..Reaction::none() })
            }
            Inbound::Event { name, .. } => {
                Ok(Reaction::hear(call(), IncomingSignal::Refused { message: name }))
            }
            Inbound::Closed => Ok(Reaction::none()),
        }
    }
    fn encode(&mut self, _: &CallKey, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        Ok(vec![if *signal == OutgoingSignal::Accept {
            self.request("/api/accept", json!({}))
        } else {
            Outbound::Emit { name: "said", args: vec![json!({})], perishable: false }
        }])
    }
    fn renew(&mut self, identity: &Identity) {
        self.identity = identity.clone();
    }
    fn refresh(&self) -> Option<Query<'static, Identity>> {
        let identity = self.identity.clone();
        let token = identity.refresh_token.as_ref()?;
        let body = Some(json!({ "refreshToken": token }));
        let call = RestCall { method: Method::Post, path: "/api/refresh".into(), query: Vec::new(), body };
        Some(Query::new(call, move |status, body| {
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let mut identity = identity.clone();
            (identity.token, identity.refresh_token) = (text("token"), Some(text("refreshToken")));
            read(status, identity)
        }))
    }
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(ProbeLists)
    }
    fn poll_every_ms(&self) -> Option<u64> {
        (self.identity.role == "watcher").then_some(1)
    }
    fn poll(&mut self, now: &str) -> Vec<Outbound> {
        vec![self.request("/api/slow/poll", json!({ "now": now }))]
    }
    fn chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        let ChatAction::Send { text, .. } = action else { return Err(EncodeError::NoWords) };
        Ok(vec![self.request("/api/slow/send", json!({ "text": text }))])
    }
}

#[derive(Debug)]
struct ProbeLists;

impl Directory for ProbeLists {
    fn contacts(&self, search: &str, now: &str, replies: &[Reply]) -> Vec<RestCall> {
        match replies.len() {
            0 => vec![get(format!("/api/first?now={now}"))],
            1 => (0..12).map(|n| get(format!("/api/slow/{search}{n}"))).collect(),
            _ => Vec::new(),
        }
    }
    fn parse_contacts(&self, _: &str, _: &str, replies: &[Reply]) -> Result<Rows<Contact>, ReplyError> {
        let mut contacts = Vec::new();
        for reply in replies {
            let id = PersonId(reply.body["ok"].as_str().unwrap_or_default().to_owned());
            contacts.push(read(reply.status, Contact::of(Person { id, name: String::new(), avatar: None }))?);
        }
        Ok(contacts.into())
    }
    fn messages(&self, thread: &str, limit: u32) -> Option<Query<'_, Rows<Message>>> {
        let (call, thread) = (get(format!("/api/messages/{thread}/{limit}")), thread.to_owned());
        Some(Query::new(call, move |status, body| {
            let text = body["ok"].as_str().unwrap_or_default().to_owned();
            let message = Message {
                id: String::new(),
                thread: thread.clone(),
                from_me: false,
                sender: String::new(),
                text,
                at: String::new(),
                read: true,
                call: None,
            };
            read(status, vec![message].into())
        }))
    }
    fn history(&self, _: u32, _: u32) -> Option<Query<'_, HistoryPage>> {
        None
    }
    fn ice_servers(&self) -> Option<Query<'_, IceServers>> {
        None
    }
    fn logout(&self) -> RestCall {
        let body = Some(json!({}));
        RestCall { method: Method::Post, path: "/api/logout".into(), query: Vec::new(), body }
    }
}

fn call() -> CallKey {
    CallKey::Remote(RemoteCallId("c".into()))
}

/// The server; killed when dropped.
struct Server {
    process: Child,
    origin: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Self {
        let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
            .join("../../tests/node-backends");
        assert!(folder.join("node_modules/socket.io").is_dir(), "run `npm ci` in tests/node-backends");
        let mut node = Command::new("node");
        node.arg(folder.join("token-server.mjs")).arg("0").stdout(Stdio::piped());
        let mut process = node.spawn().expect("these tests need Node.js (`node`) on the path");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].clone();
        Self { process, origin: format!("http://127.0.0.1:{port}") }
    }

    async fn state(&self) -> Value {
        reqwest::get(format!("{}/test/state", self.origin)).await.unwrap().json().await.unwrap()
    }

    async fn set(&self, changes: Value) {
        let client = reqwest::Client::new();
        client.post(format!("{}/test/set", self.origin)).json(&changes).send().await.unwrap();
    }

    async fn until(&self, what: &str, when: impl Fn(&Value) -> bool) -> Value {
        let late = tokio::time::Instant::now() + TEST_TIMEOUT;
        loop {
            let state = self.state().await;
            if when(&state) {
                return state;
            }
            assert!(tokio::time::Instant::now() < late, "never: {what}; last {state}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn session(&self, identity: Identity) -> (Session, Events) {
        let transport = Transport::prepare(&TransportConfig::default()).await.unwrap();
        let base = Url::parse(&format!("{}/", self.origin)).unwrap();
        let backend = Backend {
            rest: base.clone(),
            socket: base.clone(),
            socket_path: "/socket.io/".into(),
            seats: None,
        };
        let rest = Rest::signed_in(base, &identity, &transport).unwrap();
        let dialect = (ENTRY.new)(&identity);
        let account = Account { entry: &ENTRY, backend, identity, transport, rest };
        let (session, events) = Session::start(dialect, account).unwrap();
        (session, Events { events, passed: Vec::new() })
    }
}

fn identity(token: &str, refresh: Option<&str>) -> Identity {
    Identity {
        dialect: "probe".into(),
        person: Person { id: PersonId("me".into()), name: String::new(), avatar: None },
        role: String::new(),
        token: token.into(),
        cookie: None,
        bearer: true,
        refresh_token: refresh.map(str::to_owned),
    }
}

struct Events {
    events: mpsc::Receiver<SessionEvent>,
    /// As short words.
    passed: Vec<String>,
}

impl Events {
    /// Waits for it; what comes before is passed.
    #[expect(clippy::wildcard_enum_match_arm, reason = "events that are not waited for")]
    async fn until(&mut self, wanted: &str) {
        loop {
            let event = tokio::time::timeout(TEST_TIMEOUT, self.events.recv()).await;
            let event = event.unwrap_or_else(|_| panic!("never {wanted}: {:?}", self.passed));
            let word = match event.expect("the session is over") {
                SessionEvent::Signal { signal: IncomingSignal::Refused { message }, .. } => message,
                SessionEvent::Link { up } => format!("link {up}"),
                SessionEvent::Renewed(identity) => format!("renewed {}", identity.token),
                SessionEvent::TokenExpired => "expired".to_owned(),
                other => format!("{other:?}"),
            };
            self.passed.push(word.clone());
            if word == wanted {
                return;
            }
        }
    }

    fn count(&self, word: &str) -> usize {
        self.passed.iter().filter(|passed| *passed == word).count()
    }
}

fn seen(state: &Value, what: &str) -> usize {
    let seen = state["seen"].as_array().cloned().unwrap_or_default();
    seen.iter().filter(|line| line[1] == what).count()
}

#[tokio::test]
async fn a_token_goes_into_the_namespace_and_into_the_header() {
    let server = Server::start();
    let (session, mut events) = server.session(identity("token-0", None)).await;
    events.until("link true").await;
    session.say(call(), OutgoingSignal::Accept).unwrap();
    events.until("200 /api/accept").await;
    server.set(json!({ "event": ["news"] })).await;
    events.until("news").await;
    server.until("hello", |state| seen(state, "hello") == 1).await;
    session.close().await;
}

#[tokio::test]
async fn a_refused_call_is_made_again_with_a_new_token_and_the_socket_stays() {
    let server = Server::start();
    let (session, mut events) = server.session(identity("token-0", Some("refresh-0"))).await;
    events.until("link true").await;
    server.set(json!({ "accepted": "nothing" })).await;
    // Several at once, of one call and of lists: one refresh serves them all.
    session.say(call(), OutgoingSignal::Accept).unwrap();
    let (messages, contacts) = tokio::join!(session.messages("t", 5), session.contacts("x"));
    assert_eq!(messages.unwrap().items[0].text, "/api/messages/t/5");
    assert_eq!(contacts.unwrap().items.len(), 13);
    events.until("200 /api/accept").await;
    let state = server.state().await;
    assert_eq!(state["refreshes"], 1);
    assert_eq!(seen(&state, "/api/accept"), 1);
    assert_eq!(events.count("renewed token-1"), 1);
    assert_eq!((events.count("link false"), events.count("expired")), (0, 0));
    // Whenever the socket opens again, it does so with the new token.
    server.set(json!({ "kick": true })).await;
    events.until("link false").await;
    events.until("link true").await;
    let state = server.until("the new token", |state| seen(state, "hello") == 2).await;
    assert!(state["seen"].to_string().contains(r#""hello","token-1","token-1""#), "{state}");
    assert_eq!(state["refreshes"], 1);
}

#[tokio::test]
async fn a_socket_that_is_refused_opens_with_a_new_token() {
    let server = Server::start();
    let (_session, mut events) = server.session(identity("token-of-old", Some("refresh-0"))).await;
    events.until("renewed token-1").await;
    events.until("link true").await;
    assert_eq!(events.count("expired"), 0);
    // What the socket itself says about the token counts as well.
    server.set(json!({ "event": ["news"] })).await;
    events.until("news").await;
    assert_eq!(server.state().await["refreshes"], 1);
}

#[tokio::test]
async fn an_open_socket_whose_token_is_refused_opens_again() {
    let server = Server::start();
    let (_session, mut events) = server.session(identity("token-0", Some("refresh-0"))).await;
    events.until("link true").await;
    server.set(json!({ "event": ["expired"] })).await;
    events.until("renewed token-1").await;
    events.until("link true").await;
    assert_eq!(events.count("link false"), 1);
    server.until("hello", |state| seen(state, "hello") == 2).await;
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_told_once_and_the_user_goes_on_with_another() {
    let server = Server::start();
    let (session, mut events) = server.session(identity("token-0", Some("refresh-of-old"))).await;
    events.until("link true").await;
    server.set(json!({ "accepted": "token-later", "kick": true })).await;
    session.say(call(), OutgoingSignal::Accept).unwrap();
    events.until("expired").await;
    assert_eq!(session.messages("t", 1).await.err(), Some(ReplyError::TokenExpired));
    assert_eq!(server.state().await["refreshes"], 1);
    // Said while nobody is signed in; it waits for the socket.
    session.say(call(), OutgoingSignal::HangUp).unwrap();

    let mut other = identity("token-later", None);
    other.person.id = PersonId("somebody else".into());
    assert!(matches!(session.renew(other), Err(RenewError::OtherAccount)));
    session.renew(identity("token-later", Some("refresh-0"))).unwrap();
    events.until("renewed token-later").await;
    events.until("link true").await;
    assert_eq!(session.messages("t", 1).await.unwrap().items.len(), 1);
    server.until("what was said meanwhile", |state| seen(state, "said") == 1).await;
    assert_eq!(events.count("expired"), 1);
}

#[tokio::test]
async fn a_new_token_that_nobody_accepts_is_not_renewed_for_ever() {
    let server = Server::start();
    let (session, mut events) = server.session(identity("token-0", Some("refresh-0"))).await;
    events.until("link true").await;
    server.set(json!({ "accepted": "nothing", "broken": true, "kick": true })).await;
    events.until("renewed token-1").await;
    events.until("expired").await;
    assert_eq!(server.state().await["refreshes"], 1);
    assert_eq!(session.messages("t", 1).await.err(), Some(ReplyError::TokenExpired));

    // The same for a call: what the user signed in with is refused, and so is what comes of it.
    server.set(json!({ "accepted": "token-later", "broken": false })).await;
    session.renew(identity("token-later", Some("refresh-1"))).unwrap();
    events.until("link true").await;
    server.set(json!({ "accepted": "nothing", "broken": true })).await;
    session.say(call(), OutgoingSignal::Accept).unwrap();
    events.until("renewed token-2").await;
    events.until("expired").await;
    assert_eq!(server.state().await["refreshes"], 2);
}

#[tokio::test]
async fn a_backend_that_fails_while_it_is_asked_for_a_token_is_asked_again_later() {
    let server = Server::start();
    let (session, mut events) = server.session(identity("token-0", Some("refresh-0"))).await;
    events.until("link true").await;
    server.set(json!({ "accepted": "nothing", "refreshStatus": 503 })).await;
    session.say(call(), OutgoingSignal::Accept).unwrap();
    events.until("0 ").await;
    server.set(json!({ "refreshStatus": 200 })).await;
    session.say(call(), OutgoingSignal::Accept).unwrap();
    events.until("200 /api/accept").await;
    assert_eq!(events.count("expired"), 0);
    assert_eq!(events.count("link false"), 0);
}

#[tokio::test]
async fn polls_follow_each_other_and_never_overlap() {
    let server = Server::start();
    let watcher = Identity { role: "watcher".into(), ..identity("token-0", None) };
    let (_session, mut events) = server.session(watcher).await;
    events.until("link true").await;
    let polls = |state: &Value| seen(state, "/api/slow/poll");
    let state = server.until("three polls", |state| polls(state) >= 3).await;
    assert_eq!(state["most"], 1, "two at once");
    let now = state["seen"].as_array().unwrap().iter().find(|line| line[1] == "/api/slow/poll").unwrap();
    let now = now[2]["now"].as_str().unwrap();
    let format = &time::format_description::well_known::Rfc3339;
    let age = OffsetDateTime::now_utc() - OffsetDateTime::parse(now, format).unwrap();
    assert!(age.whole_minutes() < 10 && now.ends_with('Z'), "{now}");
}

#[tokio::test]
async fn messages_keep_their_order_and_lists_ask_four_at_a_time() {
    let server = Server::start();
    let (session, mut events) = server.session(identity("token-0", None)).await;
    events.until("link true").await;
    for text in ["one", "two", "three"] {
        session.chat(ChatAction::Send { thread: "t".into(), text: text.into() }).unwrap();
    }
    let state = server.until("three messages", |state| seen(state, "/api/slow/send") == 3).await;
    let texts: Vec<_> =
        state["seen"].as_array().unwrap().iter().map(|line| line[2]["text"].clone()).collect();
    assert_eq!(texts[texts.len() - 3..], ["one", "two", "three"]);
    assert_eq!(state["most"], 1);
    let contacts = session.contacts("s").await.unwrap().items;
    let names: Vec<_> = contacts.iter().skip(1).map(|contact| contact.id.clone()).collect();
    assert_eq!(names, (0..12).map(|n| format!("/api/slow/s{n}")).collect::<Vec<_>>());
    let most = server.state().await["most"].as_u64().unwrap();
    assert!((2..=4).contains(&most), "{most} at once");
}

#[tokio::test]
async fn what_the_server_says_to_a_session_that_closes_does_not_cost_the_last_words() {
    let server = Server::start();
    let target = SocketTarget {
        address: Url::parse(&format!("{}/socket.io/", server.origin)).unwrap(),
        namespace: ENTRY.namespace,
        auth: Some(json!({ "token": "token-0" })),
        generation: 0,
        transport: Transport::prepare(&TransportConfig::default()).await.unwrap(),
    };
    let (socket, mut events) = Socket::start(target).unwrap();
    assert!(matches!(events.recv().await, Some(SocketEvent::Opened { connection: 1 })));
    events.close();
    server.set(json!({ "event": ["ring"] })).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    socket.emit(1, Emission { name: "goodbye", args: Vec::new(), perishable: false });
    socket.close().await;
    server.until("nobody left", |state| state["sockets"] == 0).await;
    assert_eq!(seen(&server.state().await, "goodbye"), 1);
}
