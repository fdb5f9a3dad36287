//! Starts the tasks of ringing beside the controller: do-not-disturb, sound, notifications, the missed call
//! count.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};

use crate::follow::follow;
use crate::i18n::system_language;
use crate::ring::notify::{self, NotificationEvent, SystemNotifier};
use crate::ring::reminders::Reminders;
use crate::ring::ringer::{Ringer, RingerInputs};
use crate::ring::ringtones::Ringtones;
use crate::ring::{do_not_disturb, ring_sound};
use crate::shell_state::ShellState;
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;
use crate::tasks::Tasks;

/// Answers that wait for the controller; when full their notifications wait.
const QUEUED_EVENTS: usize = 16;

/// The ringer for the controller, and what people do with its notifications.
pub(crate) fn start(
    app: &AppHandle,
    engine: &Handle,
    settings: &SettingsStore,
    shell_state: &Arc<ShellState>,
    tasks: &Tasks,
) -> (Ringer, mpsc::Receiver<NotificationEvent>) {
    // Before the first ring can come.
    shell_state.quiet(do_not_disturb::at_start(&settings.current()));
    let system = do_not_disturb::follow_system(app, tasks);
    tasks.spawn(do_not_disturb::follow(settings.subscribe(), system, Arc::clone(shell_state)));
    tasks.spawn(do_not_disturb::expiry::follow(settings.clone()));
    let shell = shell_state.subscribe();
    // Newest wins.
    let (through, heard) = watch::channel(false);
    let ringtones = app.state::<Ringtones>().inner().clone();
    tasks.spawn(ring_sound::follow(engine.clone(), settings.subscribe(), shell, heard, ringtones));
    tasks.spawn(count_missed(engine.missed(), Arc::clone(shell_state)));

    // Newest wins.
    let (wanted, notifications) = watch::channel(Vec::new());
    let (tell, events) = mpsc::channel(QUEUED_EVENTS);
    tasks.spawn_with_cleanup(|quit| async move {
        let notifier = SystemNotifier::start().await;
        notify::keep(notifier, notifications, tell, quit).await;
    });
    let ringer = Ringer::new(RingerInputs {
        settings: settings.subscribe(),
        shell_state: shell_state.subscribe(),
        focus: shell_state.focus(),
        language: system_language(),
        notifications: wanted,
        through,
        reminders: Reminders::open(app.state::<Paths>().announced()),
    });
    (ringer, events)
}

async fn count_missed(missed: watch::Receiver<u32>, shell_state: Arc<ShellState>) {
    let mut missed = follow(missed);
    while let Some(count) = missed.next().await {
        shell_state.missed(count);
    }
}
