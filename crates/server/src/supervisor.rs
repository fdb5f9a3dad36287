//! What systemd is told, where it started the program: that it serves, that it is well, that it stops.

use bellwire_server::App;

/// Clients are served from now on.
pub(crate) fn ready() {
    #[cfg(target_os = "linux")]
    tell(sd_notify::NotifyState::Ready);
}

/// No client is taken any more; those there are end.
pub(crate) fn stopping() {
    #[cfg(target_os = "linux")]
    tell(sd_notify::NotifyState::Stopping);
}

/// Says twice in each period of the watchdog that calls are handled, as long as they are. Without a
/// watchdog nothing; never ends.
pub(crate) async fn watch(app: &App) {
    #[cfg(target_os = "linux")]
    if let Some(period) = sd_notify::watchdog_enabled() {
        loop {
            if app.is_alive().await {
                tell(sd_notify::NotifyState::Watchdog);
            } else {
                tracing::warn!("Calls are not handled; the watchdog is not told that all is well");
            }
            tokio::time::sleep(period / 2).await;
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = app;
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
fn tell(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd was not told");
    }
}
