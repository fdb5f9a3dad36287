//! Access matrix of each backend: every REST route and every socket event, tried by nobody, by everybody
//! whose call it is and by the same roles whose call it is not. A route or event without a row fails.
//!
//! First all that must be refused is tried, and nobody else may hear of it; then, row by row, what is
//! allowed must work. So a row's objects may be used up by the rows after it.

pub(crate) mod clinic;
pub(crate) mod dealerdesk;
pub(crate) mod hearth;
mod lists;
pub(crate) mod marketplace;
pub(crate) mod storefront;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwire_server::{App, Config, Database, Limits};
use serde_json::{Value, json};

use crate::support::Device;

/// Somebody who tries something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Principal {
    Nobody,
    /// A party of the objects that the rows speak of, by role.
    Own(&'static str),
    /// Somebody in that role who has nothing to do with them.
    Foreign(&'static str),
}

/// A REST route and who may use it.
pub(crate) struct Route {
    method: &'static str,
    pattern: &'static str,
    path: String,
    body: Value,
    allowed: Vec<Principal>,
    special: BTreeMap<Principal, (String, Value)>,
    tokens: BTreeMap<Principal, String>,
    public: bool,
    spared: Vec<Principal>,
    hidden: Option<String>,
}

impl Route {
    /// `path` is what is asked for where `pattern` is the route.
    pub(crate) fn new(method: &'static str, pattern: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            pattern,
            path: path.into(),
            body: Value::Null,
            allowed: Vec::new(),
            special: BTreeMap::new(),
            tokens: BTreeMap::new(),
            public: false,
            spared: Vec::new(),
            hidden: None,
        }
    }

    /// A route without parameters.
    pub(crate) fn plain(method: &'static str, pattern: &'static str) -> Self {
        Self::new(method, pattern, pattern)
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    /// Everybody else is refused.
    pub(crate) fn only(mut self, allowed: &[Principal]) -> Self {
        self.allowed = allowed.to_vec();
        self
    }

    /// What somebody asks with instead.
    pub(crate) fn with(mut self, who: Principal, path: &str, body: Value) -> Self {
        self.special.insert(who, (path.to_owned(), body));
        self
    }

    /// These do not try it: it would take their token away.
    pub(crate) fn sparing(mut self, spared: &[Principal]) -> Self {
        self.spared = spared.to_vec();
        self
    }

    /// What strangers who are allowed to ask must not find in the answer.
    pub(crate) fn hiding(mut self, text: &str) -> Self {
        self.hidden = Some(text.to_owned());
        self
    }

    /// The token somebody asks with instead, here only.
    pub(crate) fn token(mut self, who: Principal, token: impl Into<String>) -> Self {
        self.tokens.insert(who, token.into());
        self
    }

    /// Needs no token; tried by nobody alone.
    pub(crate) fn public(mut self) -> Self {
        self.public = true;
        self.allowed = vec![Principal::Nobody];
        self
    }
}

/// How a socket learns that it may not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// By that event.
    Event(&'static str),
    /// Not at all.
    Silence,
}

/// A socket event and who may send it.
pub(crate) struct Event {
    name: &'static str,
    data: Value,
    /// Who may, and who hears of it by which event.
    allowed: Vec<(Principal, Option<(Principal, &'static str)>)>,
    data_of: BTreeMap<Principal, Value>,
    refusal: Refusal,
}

impl Event {
    pub(crate) fn new(name: &'static str, data: Value, refusal: Refusal) -> Self {
        Self { name, data, allowed: Vec::new(), data_of: BTreeMap::new(), refusal }
    }

    /// `who` may, and `whom` hears `event` then. Everybody who is not named is refused.
    pub(crate) fn heard(mut self, who: Principal, whom: Principal, event: &'static str) -> Self {
        self.allowed.push((who, Some((whom, event))));
        self
    }

    /// `who` may, and nobody is told.
    pub(crate) fn unheard(mut self, who: Principal) -> Self {
        self.allowed.push((who, None));
        self
    }

    /// What somebody sends instead, allowed or not.
    pub(crate) fn says(mut self, who: Principal, data: Value) -> Self {
        self.data_of.insert(who, data);
        self
    }

    fn data(&self, who: Principal) -> Value {
        self.data_of.get(&who).unwrap_or(&self.data).clone()
    }
}

/// An event that the hub answers to its sender with another, whatever has happened before: what came in
/// before the answer is all there is.
pub(crate) struct Barrier {
    pub(crate) event: &'static str,
    pub(crate) data: Value,
    pub(crate) answer: &'static str,
}

/// A backend with people and objects in place, and who of them may do what.
pub(crate) struct AccessMatrix {
    pub(crate) backend: &'static str,
    /// Where each route is asked for: REST host first, then others that serve some of them.
    pub(crate) host: String,
    /// Paths that begin with one of these are asked for at that host instead.
    pub(crate) elsewhere: Vec<(&'static str, String)>,
    pub(crate) roles: &'static [&'static str],
    pub(crate) client: reqwest::Client,
    pub(crate) tokens: BTreeMap<Principal, String>,
    pub(crate) devices: BTreeMap<Principal, Device>,
    pub(crate) routes: Vec<Route>,
    pub(crate) events: Vec<Event>,
    pub(crate) barrier: Barrier,
    /// Events that refuse something.
    pub(crate) errors: &'static [&'static str],
    /// Events that anybody may hear at any time: presence.
    pub(crate) noise: &'static [&'static str],
}

/// A server on which limits and time-outs are in nobody's way.
pub(crate) async fn unlimited() -> App {
    unlimited_on(Database::Memory).await
}

pub(crate) async fn unlimited_on(database: Database) -> App {
    let limits = Limits {
        initiates_per_minute: 10_000,
        logins_per_minute: 10_000,
        failed_logins: 10_000,
        failed_logins_per_account: 10_000,
        failed_logins_per_address: 10_000,
        messages_per_minute: 10_000,
        sockets_per_account: 100,
        reports_per_minute: 10_000,
        event_burst: 100_000,
        events_per_second: 100_000,
    };
    let config = Config::demo().with_request_limit(1_000_000).with_ring_timeout(Duration::from_secs(600));
    App::start(Config { limits, database, ..config }).await.expect("a server")
}

impl AccessMatrix {
    /// Tries everything.
    pub(crate) async fn check(mut self, app: &App) {
        self.complete(app);
        self.settle().await;
        self.refuse_routes().await;
        self.allow_routes().await;
        self.refuse_events().await;
        self.allow_events().await;
    }

    fn complete(&self, app: &App) {
        let routes: BTreeSet<_> =
            self.routes.iter().map(|row| (row.method.to_owned(), row.pattern.to_owned())).collect();
        let served: BTreeSet<_> = app.endpoints(self.backend).into_iter().collect();
        assert_eq!(routes, served, "{}: rows and routes", self.backend);
        let events: BTreeSet<_> = self.events.iter().map(|row| row.name).collect();
        let heard: BTreeSet<_> = app.events(self.backend).iter().copied().collect();
        assert_eq!(events, heard, "{}: rows and events", self.backend);
        for who in self.everybody() {
            assert!(who == Principal::Nobody || self.tokens.contains_key(&who), "{who:?} has no token");
            assert!(who == Principal::Nobody || self.devices.contains_key(&who), "{who:?} has no device");
        }
    }

    fn everybody(&self) -> Vec<Principal> {
        let roles = self.roles.iter().flat_map(|role| [Principal::Own(role), Principal::Foreign(role)]);
        std::iter::once(Principal::Nobody).chain(roles).collect()
    }

    async fn ask(&self, row: &Route, who: Principal) -> (u16, Value) {
        let (path, body) = row.special.get(&who).cloned().unwrap_or((row.path.clone(), row.body.clone()));
        let elsewhere = self.elsewhere.iter().find(|(prefix, _)| path.starts_with(prefix));
        let host = elsewhere.map_or(&self.host, |(_, host)| host);
        let method = row.method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{host}{path}"));
        if let Some(token) = row.tokens.get(&who).or(self.tokens.get(&who)) {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json().await.unwrap_or_default())
    }

    async fn refuse_routes(&mut self) {
        let everybody = self.everybody();
        let routes = std::mem::take(&mut self.routes);
        for row in routes.iter().filter(|row| !row.public) {
            let refused = |who: &&Principal| !row.allowed.contains(*who) && !row.spared.contains(*who);
            for who in everybody.iter().filter(refused) {
                let (status, body) = self.ask(row, *who).await;
                let denied = matches!(status, 401 | 403 | 404);
                assert!(denied, "{} {} by {who:?}: {status} {body}", row.method, row.pattern);
            }
            self.silent(row.pattern).await;
        }
        self.routes = routes;
    }

    async fn allow_routes(&mut self) {
        let routes = std::mem::take(&mut self.routes);
        for row in &routes {
            assert!(!row.allowed.is_empty(), "{} {} is for nobody", row.method, row.pattern);
            for who in &row.allowed {
                let (status, body) = self.ask(row, *who).await;
                let done = (200..300).contains(&status);
                assert!(done, "{} {} by {who:?}: {status} {body}", row.method, row.pattern);
                let stranger = matches!(who, Principal::Foreign(_));
                let seen = row.hidden.as_ref().is_some_and(|text| body.to_string().contains(text));
                assert!(!stranger || !seen, "{} {} shows {who:?} {body}", row.method, row.pattern);
            }
        }
        self.settle().await;
    }

    async fn refuse_events(&mut self) {
        let everybody = self.everybody();
        let events = std::mem::take(&mut self.events);
        for row in &events {
            let allowed: BTreeSet<Principal> = row.allowed.iter().map(|(who, _)| *who).collect();
            for who in everybody.iter().filter(|who| **who != Principal::Nobody && !allowed.contains(who)) {
                let device = self.devices.get_mut(who).expect("checked");
                device.say(row.name, row.data(*who)).await;
                if let Refusal::Event(name) = row.refusal {
                    device.until(name).await;
                    device.log.clear();
                }
                let heard = settle(device, &self.barrier).await;
                let heard: Vec<_> = heard.iter().filter(|(name, _)| !self.noise.contains(&&**name)).collect();
                assert!(heard.is_empty(), "{} by {who:?} is answered {heard:?}", row.name);
            }
            self.silent(row.name).await;
        }
        self.events = events;
    }

    async fn settle(&mut self) -> Vec<(Principal, Vec<(String, Value)>)> {
        let barrier = &self.barrier;
        let all = self.devices.iter_mut().map(async |(who, device)| (*who, settle(device, barrier).await));
        futures_util::future::join_all(all).await
    }

    /// Nobody has heard anything but presence.
    async fn silent(&mut self, after: &str) {
        for (who, heard) in self.settle().await {
            let heard: Vec<_> = heard.iter().filter(|(name, _)| !self.noise.contains(&&**name)).collect();
            assert!(heard.is_empty(), "after {after}, {who:?} heard {heard:?}");
        }
    }

    async fn allow_events(&mut self) {
        for row in std::mem::take(&mut self.events) {
            assert!(!row.allowed.is_empty(), "{} is for nobody", row.name);
            for (who, heard) in &row.allowed {
                self.devices[who].say(row.name, row.data(*who)).await;
                if let Some((whom, event)) = heard {
                    self.devices.get_mut(whom).expect("somebody with a device").until(event).await;
                }
                let device = self.devices.get_mut(who).expect("checked");
                let heard = settle(device, &self.barrier).await;
                let error = heard.iter().find(|(name, _)| self.errors.contains(&&**name));
                assert!(error.is_none(), "{} by {who:?} is refused: {error:?}", row.name);
                self.settle().await;
            }
        }
    }
}

/// Everything a device has heard since the last time.
async fn settle(device: &mut Device, barrier: &Barrier) -> Vec<(String, Value)> {
    device.say(barrier.event, barrier.data.clone()).await;
    device.until(barrier.answer).await;
    let mut heard = std::mem::take(&mut device.log);
    heard.pop();
    heard
}

/// Without a token nobody gets in, with a wrong one neither.
pub(crate) async fn closed_door(url: &str, namespace: &str) {
    for auth in [json!({}), json!({ "token": "forged" }), json!({ "token": null })] {
        let mut device = Device::connect_to(url, namespace, auth).await;
        device.until("error").await;
    }
}

/// For a door that is open: without a token every event is refused, by the event that is named for it.
pub(crate) async fn open_door(url: &str, events: &[Event], refusal: impl Fn(&str) -> &'static str) {
    for event in events {
        let mut nobody = Device::connect(url, json!({})).await;
        nobody.until("open").await;
        nobody.log.clear();
        nobody.say(event.name, event.data.clone()).await;
        nobody.until(refusal(event.name)).await;
        assert_eq!(nobody.log.len(), 1, "{} by nobody: {:?}", event.name, nobody.log);
        nobody.client.disconnect().await.expect("disconnected");
    }
}

async fn check(set_up: impl AsyncFnOnce(&App) -> AccessMatrix) {
    let app = unlimited().await;
    set_up(&app).await.check(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storefront_matrix() {
    check(storefront::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dealerdesk_matrix() {
    check(dealerdesk::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marketplace_matrix() {
    check(marketplace::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hearth_matrix() {
    check(hearth::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clinic_matrix() {
    check(clinic::matrix).await;
}
