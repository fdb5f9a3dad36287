//! A notification server for tests on a session's bus: records notifications and plays the user's actions on
//! them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

use crate::{Session, until};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification of the program.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: u32,
    pub app: String,
    pub summary: String,
    pub body: String,
    /// Key and label, in their order.
    pub actions: Vec<(String, String)>,
    /// Each hint as D-Bus would write it: `urgency` is `2` when critical.
    pub hints: HashMap<String, String>,
    /// Milliseconds; 0 is for ever, -1 the server's choice.
    pub timeout: i32,
    /// Taken back by the program or closed by [`Notifications::close`].
    pub closed: bool,
}

#[derive(Debug, Default)]
struct State {
    shown: Vec<Shown>,
    next: u32,
}

#[derive(Debug)]
struct Service {
    state: Arc<Mutex<State>>,
    capabilities: Vec<String>,
    inhibited: bool,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[zbus(name = "GetCapabilities")]
    fn capabilities(&self) -> Vec<String> {
        self.capabilities.clone()
    }

    #[zbus(name = "GetServerInformation")]
    fn server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("test", "test", "1", "1.2")
    }

    #[allow(clippy::too_many_arguments, reason = "the interface has eight")]
    fn notify(
        &self,
        app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        timeout: i32,
    ) -> u32 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.next += 1;
        let id = if replaces == 0 { state.next } else { replaces };
        let pairs = actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let hints = hints.into_iter().map(|(name, value)| (name, plain(&value))).collect();
        state.shown.retain(|shown| shown.id != id);
        state.shown.push(Shown { id, app, summary, body, actions: pairs, hints, timeout, closed: false });
        id
    }

    async fn close_notification(&self, id: u32, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        mark_closed(&self.state, id);
        // The receiver may be gone.
        drop(Self::notification_closed(&emitter, id, 3).await);
    }

    #[zbus(property)]
    fn inhibited(&self) -> bool {
        self.inhibited
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
}

/// The server, for as long as it is kept.
#[derive(Debug)]
pub struct Notifications {
    connection: Connection,
    state: Arc<Mutex<State>>,
}

impl Notifications {
    /// A server with all capabilities.
    pub async fn start(session: &Session) -> anyhow::Result<Self> {
        Self::with(session, &["actions", "body", "body-markup", "persistence"]).await
    }

    /// A server with these capabilities only.
    pub async fn with(session: &Session, capabilities: &[&str]) -> anyhow::Result<Self> {
        let state = Arc::<Mutex<State>>::default();
        let capabilities = capabilities.iter().map(|&name| name.to_owned()).collect();
        let service = Service { state: Arc::clone(&state), capabilities, inhibited: false };
        let builder = zbus::connection::Builder::address(session.bus())?;
        let connection = builder.name(NAME)?.serve_at(PATH, service)?.build().await?;
        Ok(Self { connection, state })
    }

    /// All notifications, closed ones included, in the order of their last change.
    pub fn all(&self) -> Vec<Shown> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).shown.clone()
    }

    /// The open notifications.
    pub fn open(&self) -> Vec<Shown> {
        self.all().into_iter().filter(|shown| !shown.closed).collect()
    }

    /// Waits for an open notification whose summary or body has these words.
    pub async fn shown(&self, words: &str) -> anyhow::Result<Shown> {
        let about = |shown: &Shown| shown.summary.contains(words) || shown.body.contains(words);
        let what = format!("a notification about {words:?}");
        let found = until(&what, async || Ok(self.open().into_iter().find(about))).await;
        found.with_context(|| format!("shown were {:?}", self.all()))
    }

    /// Waits until none is open.
    pub async fn none(&self) -> anyhow::Result<()> {
        let done = until("no notification is open", async || Ok(self.open().is_empty().then_some(()))).await;
        done.with_context(|| format!("shown are {:?}", self.open()))
    }

    /// Presses a button by its key (`default` is a click on the notification itself).
    pub async fn press(&self, id: u32, key: &str) -> anyhow::Result<()> {
        let emitter = SignalEmitter::new(&self.connection, PATH)?;
        Ok(Service::action_invoked(&emitter, id, key).await?)
    }

    /// Closes it as the user does.
    pub async fn close(&self, id: u32) -> anyhow::Result<()> {
        mark_closed(&self.state, id);
        let emitter = SignalEmitter::new(&self.connection, PATH)?;
        Ok(Service::notification_closed(&emitter, id, 2).await?)
    }

    /// Turns the desktop's own do-not-disturb on or off.
    pub async fn inhibit(&self, on: bool) -> anyhow::Result<()> {
        let service = self.connection.object_server().interface::<_, Service>(PATH).await?;
        service.get_mut().await.inhibited = on;
        Ok(service.get().await.inhibited_changed(service.signal_emitter()).await?)
    }

    /// Leaves the bus, as after a crash.
    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(self.connection.close().await?)
    }
}

fn mark_closed(state: &Mutex<State>, id: u32) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    for shown in &mut state.shown {
        shown.closed |= shown.id == id;
    }
}

/// A hint as text; of those that are structures or pictures only that they are there.
fn plain(value: &OwnedValue) -> String {
    if let Ok(text) = value.downcast_ref::<String>() {
        return text;
    }
    if let Ok(byte) = value.downcast_ref::<u8>() {
        return byte.to_string();
    }
    if let Ok(on) = value.downcast_ref::<bool>() {
        return on.to_string();
    }
    if let Ok(number) = value.downcast_ref::<i32>() {
        return number.to_string();
    }
    value.value_signature().to_string()
}
