//! Starts what ringing needs beside the controller: do-not-disturb, sound, notifications, the count of
//! missed calls. All of it ends with the program's token.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Around, Ringer};
use crate::commands::system_language;
use crate::notify::{self, Said, SystemNotifier};
use crate::places::Places;
use crate::ringtones::Ringtones;
use crate::settings::SettingsStore;
use crate::soon::Soon;
use crate::surroundings::Surroundings;
use crate::{quiet, ring_sound};

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
    surroundings.quiet(quiet::at_start(&settings.current()));
    let system = quiet::follow_system(app, token);
    spawn(quiet::follow(settings.subscribe(), system, Arc::clone(surroundings), token.clone()));
    spawn(quiet::until::follow(settings.clone(), token.clone()));
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
        soon: Soon::open(app.state::<Places>().announced()),
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
