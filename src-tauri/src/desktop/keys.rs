//! Global keys: mute, push-to-talk, answer and hang up from any window. The settings say which keys; how they
//! are grabbed depends on the platform (`keys/native`, `keys/portal`). Headset keys are `media_keys`.

pub(crate) mod call_actions;
mod grab;
mod native;
#[cfg(target_os = "linux")]
mod portal;
mod push_to_talk;

use std::sync::Arc;
use std::time::Duration;

use tauri::AppHandle;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::debug;

use crate::dial_targets::active_call;
use crate::shell_state::{KeyAction, KeyTrouble, ShellState};
use crate::storage::settings::{Keys, SettingsStore};
use call_actions::CallActions;
use grab::{KeyGrabber, KeyPress, NoGrabber};
use push_to_talk::PushToTalk;

/// How soon a key that another program has grabbed is tried again.
const RETRY_TAKEN_KEY_AFTER: Duration = Duration::from_secs(5);

fn wanted(keys: &Keys) -> Vec<(KeyAction, String)> {
    let Keys { mute, push_to_talk, answer, hang_up } = keys;
    let of = |action, key: &Option<String>| key.clone().map(|key| (action, key));
    [
        of(KeyAction::Mute, mute),
        of(KeyAction::PushToTalk, push_to_talk),
        of(KeyAction::Answer, answer),
        of(KeyAction::HangUp, hang_up),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The kind of session, for global keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// X11, Windows, macOS.
    Native,
    /// The portal of a Wayland session.
    Portal,
    None,
}

fn session() -> Session {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    kind_of(cfg!(target_os = "linux"), set("WAYLAND_DISPLAY"), set("DISPLAY"))
}

/// Under Wayland an X display is there too, and grabs nothing.
fn kind_of(linux: bool, wayland: bool, x11: bool) -> Session {
    match (linux, wayland, x11) {
        (false, _, _) | (true, false, true) => Session::Native,
        (true, true, _) => Session::Portal,
        (true, false, false) => Session::None,
    }
}

/// Grabs the keys of the settings and carries out their actions.
pub(crate) async fn follow(
    app: AppHandle,
    actions: CallActions,
    settings: SettingsStore,
    shell_state: Arc<ShellState>,
) {
    // Users press a few keys a second; more are dropped.
    let (presses, pressed) = mpsc::channel(64);
    let kind = session();
    debug!(?kind, "Global keys");
    match kind {
        Session::Native => {
            run(native::NativeGrabber::new(app, presses), pressed, actions, settings, shell_state).await
        }
        #[cfg(target_os = "linux")]
        Session::Portal => {
            run(portal::PortalGrabber::new(presses), pressed, actions, settings, shell_state).await
        }
        #[cfg(not(target_os = "linux"))]
        Session::Portal => {}
        Session::None => {
            // Kept, so that the loop does not see a closed channel.
            let _presses = presses;
            run(NoGrabber, pressed, actions, settings, shell_state).await;
        }
    }
}

async fn run(
    mut grab: impl KeyGrabber,
    mut pressed: mpsc::Receiver<KeyPress>,
    actions: CallActions,
    settings: SettingsStore,
    shell_state: Arc<ShellState>,
) {
    let mut changes = settings.subscribe();
    let mut calls = actions.engine.view();
    let mut talk = PushToTalk::default();
    // When a taken key is tried again. An instant, not a delay: calls and settings change more often than that.
    let mut ask_again: Option<Instant> = None;
    let mut keys = Keys { mute: None, push_to_talk: None, answer: None, hang_up: None };
    loop {
        let now = changes.borrow_and_update().keys.clone();
        if keys != now || ask_again.is_some_and(|at| at <= Instant::now()) {
            let applied = grab.apply(wanted(&now)).await;
            let taken = grab.may_retry() && applied.iter().any(|one| one.problem == KeyTrouble::Taken);
            ask_again = taken.then(|| Instant::now() + RETRY_TAKEN_KEY_AFTER);
            shell_state.key_problems(applied);
            keys = now;
        }
        let view = calls.borrow_and_update().clone();
        let in_call = active_call(&view).is_some();
        if !in_call {
            set(&actions, talk.over()).await;
        }
        shell_state.talking(talk.on());
        let release = talk.due();
        tokio::select! {
            Ok(()) = changes.changed() => {}
            Ok(()) = calls.changed() => {}
            () = wait(ask_again), if ask_again.is_some() => {}
            () = wait(release), if release.is_some() => set(&actions, talk.elapsed(Instant::now())).await,
            Some(press) = pressed.recv() => match press {
                KeyPress { action: KeyAction::PushToTalk, down: true } => {
                    set(&actions, talk.pressed(in_call, view.phone.microphone)).await;
                }
                KeyPress { action: KeyAction::PushToTalk, down: false } => {
                    let after = settings.current().push_to_talk_release_ms;
                    talk.released(Instant::now() + Duration::from_millis(after.into()));
                }
                KeyPress { action: KeyAction::Mute, down: true } => actions.toggle_microphone().await,
                KeyPress { action: KeyAction::Answer, down: true } => actions.answer().await,
                KeyPress { action: KeyAction::HangUp, down: true } => actions.hang_up().await,
                KeyPress { action: KeyAction::Mute | KeyAction::Answer | KeyAction::HangUp, down: false } => {}
            },
            else => return,
        }
    }
}

async fn wait(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}

async fn set(actions: &CallActions, microphone: Option<bool>) {
    if let Some(on) = microphone {
        actions.engine.set_microphone(on).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell_state::KeyProblem;

    #[test]
    fn the_session_says_how_keys_are_had() {
        assert_eq!(kind_of(true, false, true), Session::Native);
        assert_eq!(kind_of(true, true, true), Session::Portal, "an X display inside a Wayland session");
        assert_eq!(kind_of(true, true, false), Session::Portal);
        assert_eq!(kind_of(true, false, false), Session::None);
        assert_eq!(kind_of(false, false, false), Session::Native);
    }

    #[tokio::test]
    async fn without_grabbing_every_key_is_unsupported() {
        let keys =
            Keys { mute: Some("F9".into()), push_to_talk: None, answer: None, hang_up: Some("F10".into()) };
        let problems = NoGrabber.apply(wanted(&keys)).await;
        let wanted = [KeyAction::Mute, KeyAction::HangUp]
            .map(|action| KeyProblem { action, problem: KeyTrouble::Unsupported });
        assert_eq!(problems, wanted);
    }
}
