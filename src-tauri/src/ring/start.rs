//! Starts what ringing needs beside the controller: do-not-disturb, sound, notifications, the count of
//! missed calls. All of it ends with the program's token.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};

use crate::follow::follow;
use crate::i18n::system_language;
use crate::ring::notify::{self, Said, SystemNotifier};
use crate::ring::reminders::Soon;
use crate::ring::ringer::{Around, Ringer};
use crate::ring::ringtones::Ringtones;
use crate::ring::{do_not_disturb, ring_sound};
use crate::shell_state::Surroundings;
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;
use crate::tasks::Tasks;

/// Answers that wait for the controller; when full their notifications wait.
const ANSWERS: usize = 16;

/// The ringer for the controller, and what people do with its notifications.
pub(crate) fn start(
    app: &AppHandle,
    engine: &Handle,
    settings: &SettingsStore,
    surroundings: &Arc<Surroundings>,
    tasks: &Tasks,
) -> (Ringer, mpsc::Receiver<Said>) {
    // Before the first ring can come.
    surroundings.quiet(do_not_disturb::at_start(&settings.current()));
    let system = do_not_disturb::follow_system(app, tasks);
    tasks.spawn(do_not_disturb::follow(settings.subscribe(), system, Arc::clone(surroundings)));
    tasks.spawn(do_not_disturb::expiry::follow(settings.clone()));
    let shell = surroundings.subscribe();
    // Newest wins: whether anybody rings through now is all that counts.
    let (through, heard) = watch::channel(false);
    let ringtones = app.state::<Ringtones>().inner().clone();
    tasks.spawn(ring_sound::follow(engine.clone(), settings.subscribe(), shell, heard, ringtones));
    tasks.spawn(count_missed(engine.missed(), Arc::clone(surroundings)));

    // Newest wins: what is wanted now is all that counts.
    let (wanted, notes) = watch::channel(Vec::new());
    let (tell, said) = mpsc::channel(ANSWERS);
    tasks.spawn_with_cleanup(|quit| async move {
        let notifier = SystemNotifier::start().await;
        notify::keep(notifier, notes, tell, quit).await;
    });
    let ringer = Ringer::new(Around {
        settings: settings.subscribe(),
        surroundings: surroundings.subscribe(),
        focus: surroundings.focus(),
        language: system_language(),
        notes: wanted,
        through,
        soon: Soon::open(app.state::<Paths>().announced()),
    });
    (ringer, said)
}

async fn count_missed(missed: watch::Receiver<u32>, surroundings: Arc<Surroundings>) {
    let mut missed = follow(missed);
    while let Some(count) = missed.next().await {
        surroundings.missed(count);
    }
}
