//! Signals and capabilities of the notification service.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// Signals that wait; when full the bus waits.
const QUEUED_SIGNALS: usize = 64;
/// Keys of buttons are ours and short.
const MAX_KEY_BYTES: usize = 64;

/// A signal about notifications, ours or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ServiceSignal {
    /// A button was pressed.
    Action(u32, String),
    Closed(u32),
    /// A service started, perhaps in place of another; it has no notifications.
    Started,
}

/// A connection, and the task that listens on it.
#[derive(Debug)]
struct Bus {
    connection: Connection,
    _listening: AbortOnDropHandle<()>,
}

#[derive(Debug)]
pub(super) struct SignalListener {
    bus: Option<Bus>,
    // When full, slow receivers lose the oldest; notifications are few.
    news: broadcast::Sender<ServiceSignal>,
}

impl SignalListener {
    /// Without a bus there are no notifications.
    pub(super) async fn start() -> Self {
        let (news, _) = broadcast::channel(QUEUED_SIGNALS);
        let bus = match tokio::time::timeout(REQUEST_TIMEOUT, listen(news.clone())).await {
            Ok(Ok(bus)) => Some(bus),
            Ok(Err(error)) => {
                debug!(%error, "There is no session bus for notifications");
                None
            }
            Err(_) => None,
        };
        Self { bus, news }
    }

    pub(super) fn news(&self) -> broadcast::Receiver<ServiceSignal> {
        self.news.subscribe()
    }

    /// Waits until a service starts.
    pub(super) async fn service_started(&self) {
        let mut news = self.news();
        loop {
            match news.recv().await {
                Ok(ServiceSignal::Started) => return,
                Ok(ServiceSignal::Action(..) | ServiceSignal::Closed(_))
                | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// The capabilities of the service; `None`: there is no service, or it does not answer.
    pub(super) async fn capabilities(&self) -> Option<Vec<String>> {
        let bus = &self.bus.as_ref()?.connection;
        let asking = bus.call_method(Some(SERVICE), PATH, Some(SERVICE), "GetCapabilities", &());
        match tokio::time::timeout(REQUEST_TIMEOUT, asking).await {
            Ok(Ok(action)) => action.body().deserialize().ok(),
            Ok(Err(error)) => {
                debug!(%error, "There is no notification service");
                None
            }
            Err(_) => None,
        }
    }
}

async fn listen(news: broadcast::Sender<ServiceSignal>) -> zbus::Result<Bus> {
    let bus = Connection::session().await?;
    // The sender is checked by the bus, so that no other program can press our buttons.
    let signals =
        MatchRule::builder().msg_type(Type::Signal).sender(SERVICE)?.interface(SERVICE)?.path(PATH)?.build();
    let owners = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender("org.freedesktop.DBus")?
        .member("NameOwnerChanged")?
        .arg(0, SERVICE)?
        .build();
    let mut heard = futures_util::stream::select(
        MessageStream::for_match_rule(signals, &bus, Some(QUEUED_SIGNALS)).await?,
        MessageStream::for_match_rule(owners, &bus, Some(QUEUED_SIGNALS)).await?,
    );
    let listening = tokio::spawn(async move {
        while let Some(message) = heard.next().await {
            if let Some(one) = message.ok().as_ref().and_then(read) {
                let _ = news.send(one);
            }
        }
    });
    Ok(Bus { connection: bus, _listening: AbortOnDropHandle::new(listening) })
}

fn read(message: &Message) -> Option<ServiceSignal> {
    let body = message.body();
    match message.header().member()?.as_str() {
        "ActionInvoked" => {
            let (id, key): (u32, String) = body.deserialize().ok()?;
            (key.len() <= MAX_KEY_BYTES).then_some(ServiceSignal::Action(id, key))
        }
        "NotificationClosed" => Some(ServiceSignal::Closed(body.deserialize::<(u32, u32)>().ok()?.0)),
        "NameOwnerChanged" => {
            let (_, _, new): (String, String, String) = body.deserialize().ok()?;
            (!new.is_empty()).then_some(ServiceSignal::Started)
        }
        _ => None,
    }
}
