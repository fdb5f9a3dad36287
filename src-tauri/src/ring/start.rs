//! Starts what ringing needs beside the controller: do-not-disturb, sound, notifications, the count of
//! missed calls. All of it ends with the program's token.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::i18n::system_language;
use crate::ring::notify::{self, Said, SystemNotifier};
use crate::ring::reminders::Soon;
use crate::ring::ringer::{Around, Ringer};
use crate::ring::ringtones::Ringtones;
use crate::ring::{do_not_disturb, ring_sound};
use crate::shell_state::Surroundings;
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;

/// Answers that wait for the controller; when full their notifications wait.
const ANSWERS: usize = 16;

/// The ringer for the controller, and what people do with its notifications.
pub(crate) fn start(
    app: &AppHandle,
    engine: &Handle,
    settings: &SettingsStore,
    surroundings: &Arc<Surroundings>,
    token: &CancellationToken,
) -> (Ringer, mpsc::Receiver<Said>) {
    // Before the first ring can come.
    surroundings.quiet(do_not_disturb::at_start(&settings.current()));
    let system = do_not_disturb::follow_system(app, token);
    spawn(do_not_disturb::follow(settings.subscribe(), system, Arc::clone(surroundings), token.clone()));
    spawn(do_not_disturb::expiry::follow(settings.clone(), token.clone()));
    let shell = surroundings.subscribe();
    // Newest wins: whether anybody rings through now is all that counts.
    let (through, heard) = watch::channel(false);
    let ringtones = app.state::<Ringtones>().inner().clone();
    spawn(ring_sound::follow(engine.clone(), settings.subscribe(), shell, heard, ringtones, token.clone()));
    spawn(count_missed(engine.missed(), Arc::clone(surroundings), token.clone()));

    // Newest wins: what is wanted now is all that counts.
    let (wanted, notes) = watch::channel(Vec::new());
    let (tell, said) = mpsc::channel(ANSWERS);
    let token = token.clone();
    spawn(async move {
        let notifier = SystemNotifier::start(token.clone()).await;
        notify::keep(notifier, notes, tell, token).await;
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

fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tauri::async_runtime::spawn(task);
}

async fn count_missed(
    mut missed: watch::Receiver<u32>,
    surroundings: Arc<Surroundings>,
    token: CancellationToken,
) {
    loop {
        surroundings.missed(*missed.borrow_and_update());
        tokio::select! {
            () = token.cancelled() => return,
            changed = missed.changed() => if changed.is_err() { return },
        }
    }
}
