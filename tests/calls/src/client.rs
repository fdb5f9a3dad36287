//! Test client: a signed-in engine, a screen for each picture, and waits with a time limit.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use bellwire_engine::media::{VideoFrame, video::i420_to_rgba};
use bellwire_engine::{
    AccountId, CallId, CallState, CallStats, CallView, Capabilities, Contact, Engine, EngineConfig,
    EngineView, HistoryEntry, MediaKind, MemberId, Notice, Person, Screens, SignIn, Subject,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::server::PASSWORD;
use crate::{Login, Screen, TestScreens, TestServer, WAIT_LIMIT};

/// What a person has in front of them.
#[derive(Clone, Debug)]
pub struct Setup {
    pub camera: String,
    pub microphone: String,
    pub speaker: String,
    pub start_bitrate: u32,
    pub max_bitrate: u32,
    pub codecs: Vec<bellwire_engine::media::Codec>,
    pub relay_only: bool,
    pub processing: bool,
    /// Whether it rings.
    pub tones: bool,
}

impl Default for Setup {
    fn default() -> Self {
        let engine = EngineConfig::default();
        Self {
            camera: "test:pattern".into(),
            microphone: "test:tone".into(),
            speaker: "none".into(),
            start_bitrate: engine.start_bitrate,
            max_bitrate: engine.max_bitrate,
            codecs: engine.video_codecs,
            relay_only: false,
            processing: false,
            tones: false,
        }
    }
}

#[derive(Debug)]
pub struct TestClient {
    engine: Engine,
    pub notices: mpsc::Receiver<Notice>,
    pub account: AccountId,
    pub remote: Arc<Screen>,
    /// A screen for each member.
    pub members: Arc<TestScreens>,
    pub own: Arc<Screen>,
    request: SignIn,
}

impl TestClient {
    pub async fn seller(server: &TestServer, email: &str) -> anyhow::Result<Self> {
        Self::sign_in(server, "seller", email, Setup::default()).await
    }

    pub async fn customer(server: &TestServer, email: &str) -> anyhow::Result<Self> {
        Self::sign_in(server, "customer", email, Setup::default()).await
    }

    pub async fn sign_in(server: &TestServer, role: &str, email: &str, setup: Setup) -> anyhow::Result<Self> {
        Self::with(server, "storefront", role, email, setup).await
    }

    /// A person of any backend's demo data.
    pub async fn of(server: &TestServer, dialect: &str, login: Login, setup: Setup) -> anyhow::Result<Self> {
        Self::with(server, dialect, login.role, login.email, setup).await
    }

    /// Signs in and waits until the socket is up.
    async fn with(
        server: &TestServer,
        dialect: &str,
        role: &str,
        email: &str,
        setup: Setup,
    ) -> anyhow::Result<Self> {
        let request = SignIn {
            server: server.url(),
            dialect: Some(dialect.into()),
            role: role.into(),
            email: email.into(),
            password: PASSWORD.into(),
            ..SignIn::default()
        };
        Self::at(request, setup).await
    }

    /// Signs in wherever that request leads and waits until the socket is up.
    pub async fn at(request: SignIn, setup: Setup) -> anyhow::Result<Self> {
        let (members, own) = (Arc::new(TestScreens::default()), Arc::new(Screen::default()));
        let remote = members.anybody();
        let config = EngineConfig {
            camera: setup.camera,
            screen: SCREEN.into(),
            microphone: setup.microphone,
            speaker: setup.speaker,
            processing: setup.processing,
            tones: setup.tones,
            video_codecs: setup.codecs,
            start_bitrate: setup.start_bitrate,
            max_bitrate: setup.max_bitrate,
            relay_only: setup.relay_only,
            call_log: None,
        };
        let (engine, notices) = Engine::start(config, Screens::new(own.clone(), members.clone()));
        let account = engine.handle.sign_in(request.clone()).await?;
        let client = Self { engine, notices, account, remote, members, own, request };
        client.online().await?;
        Ok(client)
    }

    pub fn engine(&self) -> &bellwire_engine::Handle {
        &self.engine.handle
    }

    /// Waits until the view is as `wanted`, and returns it.
    pub async fn until(
        &self,
        what: &str,
        wanted: impl FnMut(&Arc<EngineView>) -> bool,
    ) -> anyhow::Result<Arc<EngineView>> {
        let mut view = self.engine.handle.view();
        let found = timeout(WAIT_LIMIT, view.wait_for(wanted)).await.map(|r| r.map(|v| v.clone()));
        match found {
            Ok(view) => Ok(view?),
            Err(_) => Err(anyhow!("waited for {what}; calls: {:?}", self.calls())),
        }
    }

    pub async fn online(&self) -> anyhow::Result<()> {
        let up =
            |v: &Arc<EngineView>| v.accounts.iter().any(|a| a.link == bellwire_engine::LinkState::Online);
        self.until("the socket", up).await.map(drop)
    }

    pub fn calls(&self) -> Vec<CallView> {
        self.engine.handle.view().borrow().phone.calls.clone()
    }

    /// Waits for a call in a state, newest first, and returns it.
    pub async fn call(&self, what: &str, wanted: impl Fn(&CallState) -> bool) -> anyhow::Result<CallView> {
        let view = self.until(what, |v| v.phone.calls.iter().any(|c| wanted(&c.state))).await?;
        view.phone.calls.iter().rev().find(|c| wanted(&c.state)).cloned().context("call vanished")
    }

    pub async fn ringing(&self) -> anyhow::Result<CallView> {
        self.call("a ring", CallState::is_ringing).await
    }

    pub async fn connected(&self) -> anyhow::Result<CallView> {
        self.call("a connection", |s| matches!(s, CallState::Connected)).await
    }

    pub async fn ended(&self) -> anyhow::Result<CallView> {
        self.call("an end", |s| matches!(s, CallState::Ended { .. })).await
    }

    /// A contact of the seller's list, by e-mail address.
    pub async fn contact(&self, email: &str) -> anyhow::Result<bellwire_engine::Contact> {
        let view = self.until("the list", |v| v.accounts.iter().any(|a| a.contacts_loaded)).await?;
        let mut contacts = view.accounts.iter().flat_map(|a| &a.contacts);
        contacts.find(|c| c.detail == email).cloned().with_context(|| format!("{email} is not in the list"))
    }

    /// Dials a person once the list shows them as online. A socket that is up has not registered with the
    /// backend yet, and who dials before that is told "offline".
    pub async fn dial(&self, email: &str) -> anyhow::Result<CallId> {
        let there = |v: &Arc<EngineView>| {
            v.accounts.iter().any(|a| a.contacts.iter().any(|c| c.detail == email && c.online))
        };
        self.until("them to be online", there).await?;
        self.dial_absent(email).await
    }

    /// Dials a person of the list, online or not.
    pub async fn dial_absent(&self, email: &str) -> anyhow::Result<CallId> {
        let contact = self.contact(email).await?;
        self.dial_person(contact.person, None).await
    }

    /// Dials and waits until the call is in the view.
    pub async fn dial_person(&self, to: Person, about: Option<Subject>) -> anyhow::Result<CallId> {
        self.place(to, MediaKind::Video, about).await
    }

    async fn place(&self, to: Person, kind: MediaKind, about: Option<Subject>) -> anyhow::Result<CallId> {
        let before: Vec<_> = self.calls().iter().map(|c| c.id).collect();
        self.engine.handle.dial(self.account, to, kind, about).await;
        let new = |v: &Arc<EngineView>| v.phone.calls.iter().any(|c| !before.contains(&c.id));
        let view = self.until("the call we placed", new).await?;
        view.phone.calls.iter().map(|c| c.id).find(|id| !before.contains(id)).context("no new call")
    }

    /// What this account can do on its backend.
    pub fn capabilities(&self) -> Capabilities {
        self.engine.handle.view().borrow().accounts[0].capabilities.clone()
    }

    /// The same password once more, and the socket up again.
    pub async fn sign_in_again(&self) -> anyhow::Result<()> {
        let account = self.engine.handle.sign_in(self.request.clone()).await?;
        ensure!(account == self.account, "{account:?} is not {:?}", self.account);
        self.online().await
    }

    /// The line of our list for a person; `None` where this account has no list.
    pub async fn line_for(&self, who: &TestClient) -> anyhow::Result<Option<Contact>> {
        let person = who.me().context("signed in")?;
        self.line_of(&person).await
    }

    /// Waits until our list shows a person as online; returns at once where this account has no list.
    pub async fn sees_online(&self, who: &TestClient) -> anyhow::Result<()> {
        if !self.capabilities().contacts {
            return Ok(());
        }
        let person = who.me().context("signed in")?;
        let there = |v: &Arc<EngineView>| {
            v.accounts.iter().any(|a| a.contacts.iter().any(|c| c.person.id == person.id && c.online))
        };
        self.until("them to be online", there).await.map(drop)
    }

    async fn line_of(&self, person: &Person) -> anyhow::Result<Option<Contact>> {
        if !self.capabilities().contacts {
            return Ok(None);
        }
        let callable = |c: &&Contact| c.person.id == person.id && (c.video || c.voice);
        let there = |v: &Arc<EngineView>| {
            v.accounts.iter().any(|a| a.contacts.iter().any(|contact| callable(&contact)))
        };
        let view = self.until("their line in the list", there).await?;
        Ok(view.accounts.iter().flat_map(|a| &a.contacts).find(callable).cloned())
    }

    /// Dials a person the way a user does: from the list where there is one.
    pub async fn call_to(&self, who: &TestClient, kind: MediaKind) -> anyhow::Result<CallId> {
        let person = who.me().context("signed in")?;
        self.call_person(&person, kind).await
    }

    pub async fn call_person(&self, person: &Person, kind: MediaKind) -> anyhow::Result<CallId> {
        match self.line_of(person).await? {
            Some(line) => self.place(line.person, kind, line.subject).await,
            None => self.place(person.clone(), kind, None).await,
        }
    }

    /// Waits for a picture of nothing but that colour.
    pub async fn see_colour(&self, colour: [u8; 3]) -> anyhow::Result<()> {
        see_colour_on(&self.remote, colour).await
    }

    /// The same of one member.
    pub async fn see_colour_of(&self, member: MemberId, colour: [u8; 3]) -> anyhow::Result<()> {
        see_colour_on(&self.members.of(member), colour).await
    }

    /// Dials a person who answers, and waits until both are connected.
    pub async fn reach(&self, email: &str, callee: &TestClient) -> anyhow::Result<()> {
        self.dial(email).await?;
        let ring = callee.ringing().await?;
        callee.engine().accept(ring.id).await;
        tokio::try_join!(self.connected(), callee.connected())?;
        Ok(())
    }

    /// The newest record of this account's calls at its backend once it satisfies `wanted`. Both sides hear of
    /// the end of a call by the socket, which does not wait for the record.
    pub async fn newest_record(
        &self,
        what: &str,
        wanted: impl Fn(&HistoryEntry) -> bool,
    ) -> anyhow::Result<HistoryEntry> {
        let end = tokio::time::Instant::now() + WAIT_LIMIT;
        loop {
            let newest = self.engine().backend_history(self.account, 1).await?.entries.into_iter().next();
            match newest {
                Some(entry) if wanted(&entry) => return Ok(entry),
                other => ensure!(tokio::time::Instant::now() < end, "waited for {what}: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub fn me(&self) -> Option<Person> {
        self.engine.handle.view().borrow().accounts.first().map(|a| a.me.clone())
    }

    /// The newest figures once they satisfy `wanted`.
    pub async fn stats(&self, what: &str, wanted: impl Fn(&CallStats) -> bool) -> anyhow::Result<CallStats> {
        self.stats_within(WAIT_LIMIT, what, wanted).await
    }

    /// The same, with a limit of its own.
    pub async fn stats_within(
        &self,
        limit: Duration,
        what: &str,
        wanted: impl Fn(&CallStats) -> bool,
    ) -> anyhow::Result<CallStats> {
        let mut stats = self.engine.handle.stats();
        let found = timeout(limit, stats.wait_for(|s| s.as_ref().is_some_and(&wanted)))
            .await
            .map(|r| r.map(|s| s.clone()));
        match found {
            Ok(stats) => stats?.context("figures vanished"),
            Err(_) => Err(anyhow!("waited for {what}; figures: {:?}", stats.borrow().clone())),
        }
    }

    pub async fn leave(self) {
        self.engine.stop().await;
    }
}

/// The colour of what people of a test share, and the source that shows it.
pub const SHARED: [u8; 3] = [200, 40, 40];
pub const SCREEN: &str = "test:c82828";

async fn see_colour_on(screen: &Screen, colour: [u8; 3]) -> anyhow::Result<()> {
    let end = tokio::time::Instant::now() + WAIT_LIMIT;
    loop {
        let seen = screen.last().map(|frame| nine_points(&frame)).unwrap_or_default();
        let near = |point: &[u8; 3]| point.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 30);
        if !seen.is_empty() && seen.iter().all(near) {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < end, "waited for {colour:?}, saw {seen:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The colours of a picture at the corners, the edges and the middle, a little inside.
fn nine_points(frame: &VideoFrame) -> Vec<[u8; 3]> {
    let rgba = i420_to_rgba(frame);
    let (width, height) = (frame.width as usize, frame.height as usize);
    let places = [1, 4, 7].into_iter().flat_map(|y| [1, 4, 7].map(|x| (x * width / 8, y * height / 8)));
    places
        .map(|(x, y)| {
            let at = (y * width + x) * 4;
            [rgba[at], rgba[at + 1], rgba[at + 2]]
        })
        .collect()
}

impl TestServer {
    /// A seller and a customer in a connected call, the seller having dialled.
    pub async fn talking(&self) -> anyhow::Result<(TestClient, TestClient)> {
        let seller = TestClient::seller(self, crate::SELLER).await?;
        let customer = TestClient::customer(self, crate::CUSTOMER).await?;
        seller.reach(crate::CUSTOMER, &customer).await?;
        Ok((seller, customer))
    }
}
