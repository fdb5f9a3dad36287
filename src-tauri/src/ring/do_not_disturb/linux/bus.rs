//! Do-not-disturb read from the session bus: from the notification service or Xfconf. Answers of unexpected
//! types count as off.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;
use tracing::debug;
use zbus::message::Type;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const DUNST: &str = "org.dunstproject.cmd0";
const XFCONF: &str = "org.xfce.Xfconf";
const XFCONF_PATH: &str = "/org/xfce/Xfconf";
/// Channel and property of Xfce's notification service.
const XFCE: (&str, &str) = ("xfce4-notifyd", "/do-not-disturb");

/// For one answer.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// Poll interval where changes are not signalled.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// Before a lost bus is tried again.
const RECONNECT_DELAY: Duration = Duration::from_secs(30);
/// Signals that wait during a request; when full the bus waits.
const QUEUED_SIGNALS: usize = 16;

/// Writes into `out` until the program ends.
pub(super) async fn follow(out: watch::Sender<bool>) {
    loop {
        if let Err(error) = follow_bus(&out).await {
            debug!(%error, "The session bus tells nothing of do-not-disturb");
        }
        out.send_replace(false);
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}

async fn follow_bus(out: &watch::Sender<bool>) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let properties = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface("org.freedesktop.DBus.Properties")?
        .member("PropertiesChanged")?
        .path(PATH)?
        .build();
    let xfconf = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface(XFCONF)?
        .member("PropertyChanged")?
        .arg(0, XFCE.0)?
        .build();
    let owners = |name| {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, name)?;
        zbus::Result::Ok(rule.build())
    };
    let mut news = futures_util::stream::select_all([
        MessageStream::for_match_rule(properties, &bus, Some(QUEUED_SIGNALS)).await?,
        MessageStream::for_match_rule(xfconf, &bus, Some(QUEUED_SIGNALS)).await?,
        MessageStream::for_match_rule(owners(SERVICE)?, &bus, Some(QUEUED_SIGNALS)).await?,
        MessageStream::for_match_rule(owners(XFCONF)?, &bus, Some(QUEUED_SIGNALS)).await?,
    ]);
    loop {
        let found = look(&bus).await;
        out.send_if_modified(|old| std::mem::replace(old, found.quiet) != found.quiet);
        let next = async {
            if found.mute {
                tokio::time::timeout(POLL_INTERVAL, news.next()).await
            } else {
                Ok(news.next().await)
            }
        };
        match next.await {
            Ok(Some(Ok(_))) | Err(_) => {}
            Ok(Some(Err(error))) => return Err(error),
            Ok(None) => return Ok(()),
        }
    }
}

/// What was found on the bus.
struct Found {
    quiet: bool,
    /// Changes may come without a signal.
    mute: bool,
}

async fn look(bus: &Connection) -> Found {
    let (mut inhibited, mut paused, mut xfce) = (None, None, None);
    // A request to an absent service would start it.
    if has_owner(bus, SERVICE).await {
        inhibited = property(bus, SERVICE, "Inhibited").await;
        paused = property(bus, DUNST, "paused").await;
    }
    if has_owner(bus, XFCONF).await {
        let answer = ask(bus, (XFCONF, XFCONF_PATH, XFCONF), "GetProperty", &XFCE).await;
        xfce = answer.and_then(|value| truth(&value));
    }
    Found { quiet: [inhibited, paused, xfce].contains(&Some(true)), mute: paused.is_some() }
}

async fn has_owner(bus: &Connection, name: &str) -> bool {
    let to = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
    let asking = bus.call_method(Some(to.0), to.1, Some(to.2), "NameHasOwner", &name);
    match tokio::time::timeout(REPLY_TIMEOUT, asking).await {
        Ok(Ok(answer)) => answer.body().deserialize::<bool>().unwrap_or(false),
        Ok(Err(_)) | Err(_) => false,
    }
}

async fn property(bus: &Connection, interface: &str, name: &str) -> Option<bool> {
    let to = (SERVICE, PATH, "org.freedesktop.DBus.Properties");
    ask(bus, to, "Get", &(interface, name)).await.and_then(|value| truth(&value))
}

async fn ask<B>(bus: &Connection, to: (&str, &str, &str), method: &str, body: &B) -> Option<OwnedValue>
where
    B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
{
    let asking = bus.call_method(Some(to.0), to.1, Some(to.2), method, body);
    let answer = tokio::time::timeout(REPLY_TIMEOUT, asking).await.ok()?.ok()?;
    answer.body().deserialize::<OwnedValue>().ok()
}

fn truth(value: &Value<'_>) -> Option<bool> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all types of D-Bus")]
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Value(inner) => truth(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_yes_is_no_yes() {
        assert_eq!(truth(&Value::Bool(true)), Some(true));
        assert_eq!(truth(&Value::Value(Box::new(Value::Bool(false)))), Some(false));
        assert_eq!(truth(&Value::Str("true".into())), None);
        assert_eq!(truth(&Value::I32(1)), None);
    }
}
