//! Whether there is a system tray to close to. On Linux panels come and go at run time; elsewhere there always
//! is one.

use std::sync::Arc;

use crate::shell_state::ShellState;

#[cfg(not(target_os = "linux"))]
#[allow(clippy::unused_async, reason = "as on Linux")]
pub(super) async fn follow(shell_state: Arc<ShellState>) {
    shell_state.tray(true);
}

#[cfg(target_os = "linux")]
pub(super) async fn follow(shell_state: Arc<ShellState>) {
    linux::follow(&shell_state).await;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use futures_util::StreamExt;
    use tracing::debug;
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::ConnectionExt;
    use x11rb::rust_connection::RustConnection;
    use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
    use zbus::names::{BusName, WellKnownName};

    use crate::shell_state::ShellState;

    /// The StatusNotifier service, which shows tray icons.
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    /// XEmbed trays are polled: their changes are only sent to root windows.
    const XEMBED_POLL_INTERVAL: Duration = Duration::from_secs(10);

    /// Returns only if neither bus nor display is reachable.
    pub(super) async fn follow(shell_state: &ShellState) {
        let (bus, mut changes) = match connect().await {
            Ok((bus, changes)) => (Some(bus), Some(changes)),
            Err(error) => {
                debug!(%error, "No session bus to find a tray on");
                (None, None)
            }
        };
        let mut display =
            tokio::task::spawn_blocking(|| Some(RustConnection::connect(None).ok()?.0)).await.ok().flatten();
        loop {
            let watcher = match &bus {
                Some(bus) => bus
                    .name_has_owner(BusName::from(WellKnownName::from_static_str_unchecked(WATCHER)))
                    .await
                    .unwrap_or(false),
                None => false,
            };
            let asked = tokio::task::spawn_blocking(move || {
                let there = display.as_ref().is_some_and(has_xembed_tray);
                (display, there)
            });
            let Ok((same, panel)) = asked.await else { return };
            display = same;
            shell_state.tray(watcher || panel);
            tokio::select! {
                Some(_) = next(&mut changes) => {}
                () = tokio::time::sleep(XEMBED_POLL_INTERVAL), if display.is_some() && !watcher => {}
                else => return,
            }
        }
    }

    async fn connect() -> zbus::Result<(DBusProxy<'static>, NameOwnerChangedStream)> {
        let bus = DBusProxy::new(&zbus::Connection::session().await?).await?;
        let changes = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
        Ok((bus, changes))
    }

    async fn next(changes: &mut Option<NameOwnerChangedStream>) -> Option<()> {
        changes.as_mut()?.next().await.map(drop)
    }

    /// Whether an XEmbed panel owns the display's tray.
    fn has_xembed_tray(display: &RustConnection) -> bool {
        let of = |screen: usize| -> Option<bool> {
            let name = format!("_NET_SYSTEM_TRAY_S{screen}");
            let atom = display.intern_atom(true, name.as_bytes()).ok()?.reply().ok()?.atom;
            let owner = display.get_selection_owner(atom).ok()?.reply().ok()?.owner;
            Some(atom != x11rb::NONE && owner != x11rb::NONE)
        };
        (0..display.setup().roots.len()).any(|screen| of(screen).unwrap_or(false))
    }
}
