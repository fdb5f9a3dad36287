//! Global keys grabbed from the system: X11, Windows, macOS.

use std::collections::HashMap;

use tauri::AppHandle;
use tauri_plugin_global_shortcut::{GlobalShortcutExt, ShortcutState};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::grab::{KeyGrabber, KeyPress, all};
use crate::shell_state::{KeyAction, KeyProblem, KeyTrouble};
use crate::storage::settings::accelerator;

/// The present grabs.
pub(super) struct NativeGrabber {
    app: AppHandle,
    presses: mpsc::Sender<KeyPress>,
    /// The listener wakes up many times a second, so it starts with the first key.
    started: bool,
    held: HashMap<KeyAction, String>,
}

impl NativeGrabber {
    pub(super) fn new(app: AppHandle, presses: mpsc::Sender<KeyPress>) -> Self {
        Self { app, presses, started: false, held: HashMap::new() }
    }

    /// Blocking: each request waits for the main thread.
    fn apply_here(&mut self, keys: &[(KeyAction, String)]) -> Vec<KeyProblem> {
        if !self.started {
            if keys.is_empty() {
                return Vec::new();
            }
            let plugin = tauri_plugin_global_shortcut::Builder::new().build();
            if let Err(error) = self.app.plugin(plugin) {
                warn!(%error, "No global keys");
                return all(keys, KeyTrouble::Unsupported);
            }
            self.started = true;
        }
        self.held.retain(|action, key| {
            let stays = keys.contains(&(*action, key.clone()));
            if !stays {
                release(&self.app, key);
            }
            stays
        });
        let mut problems = Vec::new();
        for (action, key) in keys {
            if self.held.contains_key(action) {
                continue;
            }
            match grab(&self.app, *action, key, &self.presses) {
                Ok(()) => drop(self.held.insert(*action, key.clone())),
                Err(problem) => problems.push(KeyProblem { action: *action, problem }),
            }
        }
        problems
    }
}

/// Gives a key back. Twice: on X11, global-hotkey 0.8.0 leaves the request to release in the connection's
/// buffer, and only its next question to the X server sends it. The second call asks that question.
fn release(app: &AppHandle, key: &str) {
    for _ in 0..if cfg!(target_os = "linux") { 2 } else { 1 } {
        if let Err(error) = app.global_shortcut().unregister(key) {
            debug!(%error, "Key not released");
        }
    }
}

fn grab(
    app: &AppHandle,
    action: KeyAction,
    key: &str,
    presses: &mpsc::Sender<KeyPress>,
) -> Result<(), KeyTrouble> {
    let shortcut = accelerator(key).ok_or(KeyTrouble::Invalid)?;
    let presses = presses.clone();
    let grabbed = app.global_shortcut().on_shortcut(shortcut, move |_, _, event| {
        let down = event.state == ShortcutState::Pressed;
        if presses.try_send(KeyPress { action, down }).is_err() {
            warn!(?action, "A key was dropped");
        }
    });
    grabbed.map_err(|error| {
        debug!(%error, ?action, "Key not grabbed");
        // The plugin reports the reason as text only.
        if error.to_string().contains("already registered") { KeyTrouble::Taken } else { KeyTrouble::Invalid }
    })
}

impl KeyGrabber for NativeGrabber {
    fn may_retry(&self) -> bool {
        true
    }

    async fn apply(&mut self, keys: Vec<(KeyAction, String)>) -> Vec<KeyProblem> {
        let empty = Self::new(self.app.clone(), self.presses.clone());
        let mut there = std::mem::replace(self, empty);
        let wanted = keys.clone();
        let done = tokio::task::spawn_blocking(move || {
            let problems = there.apply_here(&keys);
            (there, problems)
        });
        match done.await {
            Ok((there, problems)) => {
                *self = there;
                problems
            }
            Err(error) => {
                warn!(%error, "No global keys");
                all(&wanted, KeyTrouble::Unsupported)
            }
        }
    }
}
