//! What the notification service says to everybody, and whether there is one. Not a way to show anything.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const PATIENCE: Duration = Duration::from_secs(3);
/// Signals that wait; when full the bus waits, which loses nothing but time.
const QUEUE: usize = 64;
/// Keys of buttons are ours and short.
const LONGEST_KEY: usize = 64;

/// Something about notifications, ours or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A button was pressed.
    Action(u32, String),
    Closed(u32),
    /// A service came, perhaps in the place of another; it knows of no notifications.
    Came,
}

/// A connection, and the task that listens on it.
#[derive(Debug)]
struct Bus {
    connection: Connection,
    _listening: AbortOnDropHandle<()>,
}

#[derive(Debug)]
pub(super) struct Hub {
    bus: Option<Bus>,
    // When full the oldest are lost to whoever is slow; notifications are few.
    news: broadcast::Sender<News>,
}

impl Hub {
    /// Never fails: without a bus there are no notifications.
    pub(super) async fn start() -> Self {
        let (news, _) = broadcast::channel(QUEUE);
        let bus = match tokio::time::timeout(PATIENCE, listen(news.clone())).await {
            Ok(Ok(bus)) => Some(bus),
            Ok(Err(error)) => {
                debug!(%error, "There is no session bus for notifications");
                None
            }
            Err(_) => None,
        };
        Self { bus, news }
    }

    pub(super) fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Waits for a service.
    pub(super) async fn comes(&self) {
        let mut news = self.news();
        loop {
            match news.recv().await {
                Ok(News::Came) => return,
                Ok(News::Action(..) | News::Closed(_)) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// What the service can do; `None`: there is none, or it does not say.
    pub(super) async fn abilities(&self) -> Option<Vec<String>> {
        let bus = &self.bus.as_ref()?.connection;
        let asking = bus.call_method(Some(SERVICE), PATH, Some(SERVICE), "GetCapabilities", &());
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(answer)) => answer.body().deserialize().ok(),
            Ok(Err(error)) => {
                debug!(%error, "There is no notification service");
                None
            }
            Err(_) => None,
        }
    }
}

async fn listen(news: broadcast::Sender<News>) -> zbus::Result<Bus> {
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
        MessageStream::for_match_rule(signals, &bus, Some(QUEUE)).await?,
        MessageStream::for_match_rule(owners, &bus, Some(QUEUE)).await?,
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

fn read(message: &Message) -> Option<News> {
    let body = message.body();
    match message.header().member()?.as_str() {
        "ActionInvoked" => {
            let (id, key): (u32, String) = body.deserialize().ok()?;
            (key.len() <= LONGEST_KEY).then_some(News::Action(id, key))
        }
        "NotificationClosed" => Some(News::Closed(body.deserialize::<(u32, u32)>().ok()?.0)),
        "NameOwnerChanged" => {
            let (_, _, new): (String, String, String) = body.deserialize().ok()?;
            (!new.is_empty()).then_some(News::Came)
        }
        _ => None,
    }
}
