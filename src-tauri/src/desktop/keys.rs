//! Global keys: mute, push-to-talk, answer, hang up, from any window. Which keys is the settings'; how they
//! are grabbed is the platform's (`keys/grabs`, `keys/portal`); what they do is here. Keys of headsets are
//! `media_keys`.

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

use crate::dial_targets::going_on;
use crate::shell_state::{KeyAction, KeyTrouble, Surroundings};
use crate::storage::settings::{Keys, SettingsStore};
use call_actions::Actor;
use grab::{Grab, Nowhere, Press};
use push_to_talk::Talk;

/// How soon a key that somebody else has is asked for again.
const AGAIN: Duration = Duration::from_secs(5);

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

/// What kind of session this is, as far as keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// X11, Windows, macOS.
    Grabs,
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
        (false, _, _) | (true, false, true) => Session::Grabs,
        (true, true, _) => Session::Portal,
        (true, false, false) => Session::None,
    }
}

/// Follows the settings and the keys until the program ends.
pub(crate) async fn follow(
    app: AppHandle,
    actor: Actor,
    settings: SettingsStore,
    surroundings: Arc<Surroundings>,
) {
    // People press a few keys a second; what is more is dropped.
    let (presses, pressed) = mpsc::channel(64);
    let kind = session();
    debug!(?kind, "Global keys");
    match kind {
        Session::Grabs => run(native::Grabs::new(app, presses), pressed, actor, settings, surroundings).await,
        #[cfg(target_os = "linux")]
        Session::Portal => run(portal::Portal::new(presses), pressed, actor, settings, surroundings).await,
        #[cfg(not(target_os = "linux"))]
        Session::Portal => {}
        Session::None => {
            // Kept, so that the loop has keys to wait for.
            let _presses = presses;
            run(Nowhere, pressed, actor, settings, surroundings).await;
        }
    }
}

async fn run(
    mut grab: impl Grab,
    mut pressed: mpsc::Receiver<Press>,
    actor: Actor,
    settings: SettingsStore,
    surroundings: Arc<Surroundings>,
) {
    let mut changes = settings.subscribe();
    let mut calls = actor.engine.view();
    let mut talk = Talk::default();
    // When a taken key is asked for again. An instant, not a delay: calls and settings change more often than that.
    let mut ask_again: Option<Instant> = None;
    let mut keys = Keys { mute: None, push_to_talk: None, answer: None, hang_up: None };
    loop {
        let now = changes.borrow_and_update().keys.clone();
        if keys != now || ask_again.is_some_and(|at| at <= Instant::now()) {
            let applied = grab.apply(wanted(&now)).await;
            let taken = grab.may_ask_again() && applied.iter().any(|one| one.problem == KeyTrouble::Taken);
            ask_again = taken.then(|| Instant::now() + AGAIN);
            surroundings.key_problems(applied);
            keys = now;
        }
        let view = calls.borrow_and_update().clone();
        let in_call = going_on(&view).is_some();
        if !in_call {
            set(&actor, talk.over()).await;
        }
        surroundings.talking(talk.on());
        let release = talk.due();
        tokio::select! {
            Ok(()) = changes.changed() => {}
            Ok(()) = calls.changed() => {}
            () = wait(ask_again), if ask_again.is_some() => {}
            () = wait(release), if release.is_some() => set(&actor, talk.elapsed(Instant::now())).await,
            Some(press) = pressed.recv() => match press {
                Press { action: KeyAction::PushToTalk, down: true } => {
                    set(&actor, talk.pressed(in_call, view.phone.microphone)).await;
                }
                Press { action: KeyAction::PushToTalk, down: false } => {
                    let after = settings.current().push_to_talk_release_ms;
                    talk.released(Instant::now() + Duration::from_millis(after.into()));
                }
                Press { action: KeyAction::Mute, down: true } => actor.toggle_microphone().await,
                Press { action: KeyAction::Answer, down: true } => actor.answer().await,
                Press { action: KeyAction::HangUp, down: true } => actor.hang_up().await,
                Press { action: KeyAction::Mute | KeyAction::Answer | KeyAction::HangUp, down: false } => {}
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

async fn set(actor: &Actor, microphone: Option<bool>) {
    if let Some(on) = microphone {
        actor.engine.set_microphone(on).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell_state::KeyProblem;

    #[test]
    fn the_session_says_how_keys_are_had() {
        assert_eq!(kind_of(true, false, true), Session::Grabs);
        assert_eq!(kind_of(true, true, true), Session::Portal, "an X display inside a Wayland session");
        assert_eq!(kind_of(true, true, false), Session::Portal);
        assert_eq!(kind_of(true, false, false), Session::None);
        assert_eq!(kind_of(false, false, false), Session::Grabs);
    }

    #[tokio::test]
    async fn where_nobody_gets_keys_each_is_said_to_be_unsupported() {
        let keys =
            Keys { mute: Some("F9".into()), push_to_talk: None, answer: None, hang_up: Some("F10".into()) };
        let problems = Nowhere.apply(wanted(&keys)).await;
        let wanted = [KeyAction::Mute, KeyAction::HangUp]
            .map(|action| KeyProblem { action, problem: KeyTrouble::Unsupported });
        assert_eq!(problems, wanted);
    }
}
