//! What the user interface may ask for: one statement each.

pub(crate) mod accounts;
pub(crate) mod devices;
pub(crate) mod history;
pub(crate) mod ring;
pub(crate) mod settings;
pub(crate) mod support;
pub(crate) mod windows;

use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::{AccountId, CallId, EngineView, Handle, MediaKind, Person, Subject};
use serde::Serialize;
use tauri::{State, WebviewWindow};

use crate::failure::{Answer, Failure};
use crate::options::{Found, Options};
use crate::settings::SettingsStore;
use crate::start_note::StartNote;
use crate::video::{FramesAddress, Video};
use crate::windows::MAIN;

/// What the command line fills in to sign in.
#[derive(Debug, Serialize)]
pub(crate) struct Prefill {
    server: String,
    dialect: Option<String>,
    role: Option<String>,
    email: String,
}

/// What a window needs to know when it opens.
#[derive(Debug, Serialize)]
pub(crate) struct StartInfo {
    /// `main`, `ring` or `mini`.
    window: String,
    /// BCP 47, e.g. `en-GB`.
    language: String,
    prefill: Option<Prefill>,
    /// What the user should know from the start.
    notes: Vec<StartNote>,
}

#[tauri::command]
pub(crate) async fn dial(
    engine: State<'_, Handle>,
    account: AccountId,
    person: Person,
    kind: MediaKind,
    subject: Option<Subject>,
) -> Answer {
    engine.dial(account, person, kind, subject).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn hang_up(engine: State<'_, Handle>, call: CallId) -> Answer {
    engine.hang_up(call).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn set_microphone(engine: State<'_, Handle>, on: bool) -> Answer {
    engine.set_microphone(on).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn set_camera(engine: State<'_, Handle>, on: bool) -> Answer {
    engine.set_camera(on).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn dismiss(engine: State<'_, Handle>, call: CallId) -> Answer {
    engine.dismiss(call).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn refresh_contacts(
    engine: State<'_, Handle>,
    account: AccountId,
    search: String,
) -> Answer {
    Ok(engine.refresh_contacts(account, search).await?)
}

/// The thread is on the screen from now on: its messages come in the view and count as read.
#[tauri::command]
pub(crate) async fn open_thread(engine: State<'_, Handle>, account: AccountId, thread: String) -> Answer {
    engine.open_thread(account, thread).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn close_thread(engine: State<'_, Handle>, account: AccountId, thread: String) -> Answer {
    engine.close_thread(account, thread).await;
    Ok(())
}

/// A failure comes in the view, where the message stays without an id.
#[tauri::command]
pub(crate) async fn send_message(
    engine: State<'_, Handle>,
    account: AccountId,
    thread: String,
    text: String,
) -> Answer {
    engine.send_message(account, thread, text).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn typing(
    engine: State<'_, Handle>,
    account: AccountId,
    thread: String,
    on: bool,
) -> Answer {
    engine.typing(account, thread, on).await;
    Ok(())
}

/// What the last event `view` said.
#[tauri::command]
pub(crate) async fn snapshot(engine: State<'_, Handle>) -> Result<EngineView, Failure> {
    Ok(engine.snapshot().await)
}

/// Where the pictures come from.
#[tauri::command]
pub(crate) fn frames(video: State<'_, Arc<Video>>) -> FramesAddress {
    video.address()
}

/// How large the window shows a stream, in device pixels; a larger picture is scaled before it is sent there.
#[tauri::command]
pub(crate) fn set_tile(
    window: WebviewWindow,
    video: State<'_, Arc<Video>>,
    stream: u32,
    width: u32,
    height: u32,
) {
    video.set_tile(window.label(), stream, width, height);
}

/// How long the main window may wait to hear which devices there are.
const LOOKING: Duration = Duration::from_secs(3);

#[tauri::command]
pub(crate) async fn start_info(
    window: WebviewWindow,
    options: State<'_, Options>,
    settings: State<'_, SettingsStore>,
) -> Answer<StartInfo> {
    let mut notes = Vec::new();
    // The small windows show none, and a ring cannot wait for a slow sound server.
    if window.label() == MAIN {
        let look = tokio::task::spawn_blocking(Found::look);
        if let Ok(Ok(found)) = tokio::time::timeout(LOOKING, look).await {
            notes = options.notes(&found);
        }
        notes.extend(settings.notes());
    }
    Ok(StartInfo::new(window.label(), &options, notes))
}

impl StartInfo {
    fn new(window: &str, options: &Options, notes: Vec<StartNote>) -> Self {
        Self {
            window: window.to_owned(),
            language: system_language(),
            prefill: options.server.clone().map(|server| Prefill {
                server,
                dialect: options.dialect.clone(),
                role: options.role.clone(),
                email: options.email.clone().unwrap_or_default(),
            }),
            notes,
        }
    }
}

/// The BCP 47 tag of the language the system is set to.
pub(crate) fn system_language() -> String {
    // POSIX: the first that is set and not empty counts.
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    language_tag(locale.as_deref().unwrap_or_default())
}

/// The BCP 47 tag of a POSIX locale such as `pt_BR.UTF-8@euro`; English for `C` and nonsense.
fn language_tag(locale: &str) -> String {
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default();
    let plain = tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if matches!(language.len(), 2 | 3) && plain { tag } else { "en".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_become_language_tags() {
        let tags = [
            ("de_AT.UTF-8", "de-AT"),
            ("pt_BR.UTF-8@euro", "pt-BR"),
            ("ar", "ar"),
            ("C.UTF-8", "en"),
            ("POSIX", "en"),
            ("", "en"),
            ("e\u{301}n_GB", "en"),
        ];
        for (locale, tag) in tags {
            assert_eq!(language_tag(locale), tag, "{locale}");
        }
    }
}
