//! Global keys of a Wayland session, by the portal's GlobalShortcuts. The desktop asks the user, may choose
//! other keys than requested, and remembers them.

use ashpd::desktop::CreateSessionOptions;
use ashpd::desktop::global_shortcuts::{BindShortcutsOptions, GlobalShortcuts, NewShortcut};
use futures_util::StreamExt;
use tauri_plugin_global_shortcut::{Code, Modifiers};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use super::grab::{KeyGrabber, KeyPress, all};
use crate::shell_state::{KeyAction, KeyProblem, KeyTrouble};
use crate::storage::settings::accelerator;

const ACTIONS: [KeyAction; 4] =
    [KeyAction::Mute, KeyAction::PushToTalk, KeyAction::Answer, KeyAction::HangUp];

/// The portal's session; a new one for every change, since each binds once.
pub(super) struct PortalGrabber {
    presses: mpsc::Sender<KeyPress>,
    task: Option<JoinHandle<()>>,
}

impl PortalGrabber {
    pub(super) fn new(presses: mpsc::Sender<KeyPress>) -> Self {
        Self { presses, task: None }
    }
}

impl Drop for PortalGrabber {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl KeyGrabber for PortalGrabber {
    async fn apply(&mut self, keys: Vec<(KeyAction, String)>) -> Vec<KeyProblem> {
        if let Some(task) = self.task.take() {
            // The portal ends the session with its connection.
            task.abort();
        }
        if keys.is_empty() {
            return Vec::new();
        }
        let (bound, told) = oneshot::channel();
        let (presses, wanted) = (self.presses.clone(), keys.clone());
        // In a task of its own: the library panics at a portal that answers with another session.
        self.task = Some(tokio::spawn(async move {
            if let Err(error) = listen(&wanted, &presses, bound).await {
                warn!(%error, "No global keys from the portal");
            }
        }));
        match told.await {
            Ok(had) => {
                let missing = keys.iter().filter(|(action, _)| !had.contains(action));
                missing
                    .map(|(action, _)| KeyProblem { action: *action, problem: KeyTrouble::Taken })
                    .collect()
            }
            Err(_) => all(&keys, KeyTrouble::Unsupported),
        }
    }
}

async fn listen(
    keys: &[(KeyAction, String)],
    presses: &mpsc::Sender<KeyPress>,
    bound: oneshot::Sender<Vec<KeyAction>>,
) -> ashpd::Result<()> {
    let portal = GlobalShortcuts::new().await?;
    let session = portal.create_session(CreateSessionOptions::default()).await?;
    let mut down = Box::pin(portal.receive_activated().await?);
    let mut up = Box::pin(portal.receive_deactivated().await?);
    let wishes: Vec<NewShortcut> = keys
        .iter()
        .map(|(action, key)| {
            NewShortcut::new(id(*action), describe(*action)).preferred_trigger(trigger(key).as_deref())
        })
        .collect();
    let answer = portal.bind_shortcuts(&session, &wishes, None, BindShortcutsOptions::default()).await?;
    let had: Vec<KeyAction> =
        answer.response()?.shortcuts().iter().filter_map(|one| action(one.id())).collect();
    debug!(?had, "Keys from the portal");
    let _ = bound.send(had);
    loop {
        let press = tokio::select! {
            Some(press) = down.next() => key_press(press.shortcut_id(), true),
            Some(press) = up.next() => key_press(press.shortcut_id(), false),
            else => return Ok(()),
        };
        if let Some(press) = press
            && presses.try_send(press).is_err()
        {
            warn!("A key was dropped");
        }
    }
}

fn key_press(id: &str, down: bool) -> Option<KeyPress> {
    Some(KeyPress { action: action(id)?, down })
}

fn id(action: KeyAction) -> &'static str {
    match action {
        KeyAction::Mute => "mute",
        KeyAction::PushToTalk => "push-to-talk",
        KeyAction::Answer => "answer",
        KeyAction::HangUp => "hang-up",
    }
}

fn action(text: &str) -> Option<KeyAction> {
    ACTIONS.into_iter().find(|action| id(*action) == text)
}

/// The description in the desktop's own settings.
fn describe(action: KeyAction) -> &'static str {
    match action {
        KeyAction::Mute => "Mute the microphone",
        KeyAction::PushToTalk => "Push to talk",
        KeyAction::Answer => "Answer",
        KeyAction::HangUp => "Hang up",
    }
}

/// As the "shortcuts" specification writes keys; `None` leaves the choice to the desktop.
fn trigger(key: &str) -> Option<String> {
    let shortcut = accelerator(key)?;
    let held = [
        (Modifiers::CONTROL, "CTRL"),
        (Modifiers::ALT, "ALT"),
        (Modifiers::SHIFT, "SHIFT"),
        (Modifiers::SUPER, "LOGO"),
    ];
    #[expect(clippy::wildcard_enum_match_arm, reason = "all keys of keyboards")]
    let name = match shortcut.key {
        Code::Space => "space".to_owned(),
        Code::Escape => "Escape".to_owned(),
        Code::Enter => "Return".to_owned(),
        Code::Tab => "Tab".to_owned(),
        Code::Insert => "Insert".to_owned(),
        Code::Home => "Home".to_owned(),
        Code::End => "End".to_owned(),
        Code::PageUp => "Page_Up".to_owned(),
        Code::PageDown => "Page_Down".to_owned(),
        other => {
            let code = other.to_string();
            let plain = code.strip_prefix("Key").or_else(|| code.strip_prefix("Digit"));
            match plain {
                Some(letter) => letter.to_ascii_lowercase(),
                None if code.starts_with('F') => code,
                None => return None,
            }
        }
    };
    let mut parts: Vec<&str> = held
        .into_iter()
        .filter(|(modifier, _)| shortcut.mods.contains(*modifier))
        .map(|(_, name)| name)
        .collect();
    parts.push(&name);
    Some(parts.join("+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_the_portal_reads_them() {
        assert_eq!(trigger("Ctrl+Shift+M").as_deref(), Some("CTRL+SHIFT+m"));
        assert_eq!(trigger("Alt+7").as_deref(), Some("ALT+7"));
        assert_eq!(trigger("F9").as_deref(), Some("F9"));
        assert_eq!(trigger("Ctrl+Space").as_deref(), Some("CTRL+space"));
        assert_eq!(trigger("nonsense"), None);
    }

    #[test]
    fn actions_come_back_by_their_id() {
        for one in ACTIONS {
            assert_eq!(action(id(one)), Some(one));
        }
        assert_eq!(action("other"), None);
    }
}
