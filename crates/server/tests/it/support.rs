//! A server with demo data, and people who use it.

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_CUSTOMER, DEMO_PASSWORD, DEMO_SELLER};
use futures_util::FutureExt;
use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Event, Payload};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Long enough for a slow machine that does other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const BO: &str = "bo@demo.example";

pub(crate) async fn server() -> App {
    App::start(Config::demo()).await.expect("a server")
}

/// Base of storefront's REST API.
pub(crate) fn rest(app: &App) -> String {
    app.rest_url("storefront").expect("it is served")
}

/// Base of storefront's sockets.
pub(crate) fn socket(app: &App) -> String {
    app.socket_url("storefront").expect("it is served")
}

/// Somebody signed in.
pub(crate) struct Person {
    pub(crate) http: reqwest::Client,
    pub(crate) id: String,
    pub(crate) token: String,
    rest: String,
    socket: String,
    role: &'static str,
}

impl Person {
    pub(crate) async fn seller(app: &App) -> Self {
        Self::login(app, "seller", DEMO_SELLER).await
    }

    pub(crate) async fn amira(app: &App) -> Self {
        Self::login(app, "customer", DEMO_CUSTOMER).await
    }

    pub(crate) async fn bo(app: &App) -> Self {
        Self::login(app, "customer", BO).await
    }

    pub(crate) async fn login(app: &App, role: &'static str, email: &str) -> Self {
        let http = reqwest::Client::builder().cookie_store(true).timeout(PATIENCE).build().expect("a client");
        let path = if role == "seller" { "/shop/login-shop" } else { "/user/login-user" };
        let body = json!({ "email": email, "password": DEMO_PASSWORD });
        let reply = http.post(format!("{}{path}", rest(app))).json(&body).send().await.expect("a reply");
        assert_eq!(reply.status(), 201);
        let body: Value = reply.json().await.expect("json");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        Self {
            http,
            id: text(&body["user"]["_id"]),
            token: text(&body["token"]),
            rest: rest(app),
            socket: socket(app),
            role,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let reply = self.http.get(format!("{}{path}", self.rest)).send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let reply = self.http.post(format!("{}{path}", self.rest)).json(&body).send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    /// Starts a call to the other and returns its id.
    pub(crate) async fn initiate(&self, to: &Person) -> String {
        let field = if self.role == "seller" { "customerId" } else { "sellerId" };
        let (status, body) = self.post("/video-call/initiate", json!({ field: to.id })).await;
        assert_eq!(status, 201, "{body}");
        body["videoCall"]["callId"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn respond(&self, call: &str, response: &str) -> (u16, Value) {
        self.post("/video-call/respond", json!({ "callId": call, "response": response })).await
    }

    pub(crate) async fn end(&self, call: &str) -> (u16, Value) {
        self.post("/video-call/end", json!({ "callId": call })).await
    }

    /// The same person with the same token at another (or the restarted) server.
    pub(crate) fn move_to(&mut self, app: &App) {
        self.rest = rest(app);
        self.socket = socket(app);
    }

    /// Like [`Person::post`], with the token in a header: cookies belong to a host.
    pub(crate) async fn bearer_post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.rest)).bearer_auth(&self.token);
        let reply = request.json(&body).send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.expect("json"))
    }

    /// A device of this person, online.
    pub(crate) async fn device(&self) -> Device {
        let mut device = Device::connect(&self.socket, json!({ "token": self.token })).await;
        device.me = self.id.clone();
        device.until("open").await;
        device.until("getUsers").await;
        device
    }

    /// What an event about a call says, whatever the event.
    pub(crate) fn about(&self, call: &str) -> Value {
        json!({ "callId": call, "userId": self.id, "senderId": self.id, "userType": self.role })
    }
}

/// One socket and what it has heard.
pub(crate) struct Device {
    pub(crate) client: Client,
    heard: mpsc::UnboundedReceiver<(String, Value)>,
    pub(crate) log: Vec<(String, Value)>,
    me: String,
    barriers: u32,
}

impl Device {
    pub(crate) async fn connect(url: &str, auth: Value) -> Self {
        Self::connect_to(url, "/", auth).await
    }

    pub(crate) async fn connect_to(url: &str, namespace: &str, auth: Value) -> Self {
        Self::open(ClientBuilder::new(url).namespace(namespace).auth(auth)).await
    }

    pub(crate) async fn open(builder: ClientBuilder) -> Self {
        let (say, heard) = mpsc::unbounded_channel();
        let builder = builder.reconnect(false);
        let lifecycle = |name: &'static str| {
            let say = say.clone();
            move |payload: Payload, _: Client| {
                let _ = say.send((name.to_owned(), first(payload)));
                async {}.boxed()
            }
        };
        let builder = builder
            .on(Event::Connect, lifecycle("open"))
            .on(Event::Close, lifecycle("close"))
            .on(Event::Error, lifecycle("error"));
        let client = builder
            .on_any(move |event, payload, _| {
                let name = match event {
                    Event::Custom(name) => name,
                    Event::Message => "message".to_owned(),
                    Event::Connect | Event::Close | Event::Error => return async {}.boxed(),
                };
                let _ = say.send((name, first(payload)));
                async {}.boxed()
            })
            .connect()
            .await
            .expect("a connection");
        Self { client, heard, log: Vec::new(), me: String::new(), barriers: 0 }
    }

    pub(crate) async fn say(&self, event: &str, body: Value) {
        self.client.emit(event, Payload::Text(vec![body])).await.expect("sent");
    }

    /// Waits for the next event of that name; what comes before goes to the log.
    pub(crate) async fn until(&mut self, name: &str) -> Value {
        self.until_that(name, |_| true).await
    }

    pub(crate) async fn until_that(&mut self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let (event, body) = self.heard.recv().await.expect("the socket lives");
                self.log.push((event.clone(), body.clone()));
                if event == name && fits(&body) {
                    return body;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(body) => body,
            Err(_) => panic!("{name} did not come; heard {:?}", self.log),
        }
    }

    /// Which of the two comes first.
    pub(crate) async fn until_either(&mut self, one: &'static str, other: &'static str) -> &'static str {
        let waiting = async {
            loop {
                let (event, body) = self.heard.recv().await.expect("the socket lives");
                self.log.push((event.clone(), body));
                if let Some(found) = [one, other].into_iter().find(|name| *name == event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("one of them comes")
    }

    pub(crate) async fn status(&mut self, status: &str) -> Value {
        self.until_that("callStatusUpdate", |body| body["status"] == status).await
    }

    /// Waits until everything sent to and from this device so far has been handled, and returns what it
    /// has heard since the last time.
    pub(crate) async fn settled(&mut self) -> Vec<(String, Value)> {
        self.barriers += 1;
        let nonsense = format!("no-such-call-{}", self.barriers);
        self.say("joinVideoCall", json!({ "callId": nonsense, "userId": self.me })).await;
        self.until_that("callError", |body| body["callId"] == nonsense).await;
        let mut log = std::mem::take(&mut self.log);
        log.pop();
        log
    }
}

fn first(payload: Payload) -> Value {
    match payload {
        Payload::Text(values) => values.into_iter().next().unwrap_or(Value::Null),
        #[expect(deprecated, reason = "the crate still has it")]
        Payload::String(text) => Value::String(text),
        Payload::Binary(_) => Value::Null,
    }
}

pub(crate) fn count(log: &[(String, Value)], name: &str) -> usize {
    log.iter().filter(|(event, _)| event == name).count()
}
