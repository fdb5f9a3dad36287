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

use bellwire_engine::{AccountId, CallId, EngineView, Handle, Invite, MediaKind, Person, Subject};
use serde::Serialize;
use tauri::{State, WebviewWindow};

use crate::command_error::{CommandError, CommandResult};
use crate::desktop::windows::MAIN;
use crate::i18n::system_language;
use crate::options::{DetectedDevices, Options};
use crate::start_note::StartNote;
use crate::storage::settings::SettingsStore;
use crate::web_view::video::{FramesAddress, Video};

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
) -> CommandResult {
    engine.dial(account, person, kind, subject).await;
    Ok(())
}

/// Calls several people at once, the first of them before the others.
#[tauri::command]
pub(crate) async fn call_people(
    engine: State<'_, Handle>,
    account: AccountId,
    people: Vec<Person>,
    kind: MediaKind,
) -> CommandResult {
    let mut people = people.into_iter();
    if let Some(to) = people.next() {
        engine.invite(account, Invite { to, others: people.collect(), kind, subject: None }).await;
    }
    Ok(())
}

/// Asks more people to join a call that goes on.
#[tauri::command]
pub(crate) async fn add_people(
    engine: State<'_, Handle>,
    call: CallId,
    people: Vec<Person>,
) -> CommandResult {
    engine.add_people(call, people).await;
    Ok(())
}

/// Ends a call that we placed for everybody in it.
#[tauri::command]
pub(crate) async fn end_for_all(engine: State<'_, Handle>, call: CallId) -> CommandResult {
    engine.end_for_all(call).await;
    Ok(())
}

/// Tells everybody else in the call that we would like to say something, or not any more.
#[tauri::command]
pub(crate) async fn raise_hand(engine: State<'_, Handle>, call: CallId, up: bool) -> CommandResult {
    engine.raise_hand(call, up).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn hang_up(engine: State<'_, Handle>, call: CallId) -> CommandResult {
    engine.hang_up(call).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn set_microphone(engine: State<'_, Handle>, on: bool) -> CommandResult {
    engine.set_microphone(on).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn set_camera(engine: State<'_, Handle>, on: bool) -> CommandResult {
    engine.set_camera(on).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn dismiss(engine: State<'_, Handle>, call: CallId) -> CommandResult {
    engine.dismiss(call).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn refresh_contacts(
    engine: State<'_, Handle>,
    account: AccountId,
    search: String,
) -> CommandResult {
    Ok(engine.refresh_contacts(account, search).await?)
}

/// The thread is on the screen from now on: its messages come in the view and count as read.
#[tauri::command]
pub(crate) async fn open_thread(
    engine: State<'_, Handle>,
    account: AccountId,
    thread: String,
) -> CommandResult {
    engine.open_thread(account, thread).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn close_thread(
    engine: State<'_, Handle>,
    account: AccountId,
    thread: String,
) -> CommandResult {
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
) -> CommandResult {
    engine.send_message(account, thread, text).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn typing(
    engine: State<'_, Handle>,
    account: AccountId,
    thread: String,
    on: bool,
) -> CommandResult {
    engine.typing(account, thread, on).await;
    Ok(())
}

/// What the last event `view` said.
#[tauri::command]
pub(crate) async fn snapshot(engine: State<'_, Handle>) -> Result<EngineView, CommandError> {
    Ok(engine.snapshot().await)
}

/// Where the pictures come from.
#[tauri::command]
pub(crate) fn frames(video: State<'_, Arc<Video>>) -> FramesAddress {
    video.address()
}

/// How long the main window may wait to hear which devices there are.
const DETECTION_TIMEOUT: Duration = Duration::from_secs(3);

#[tauri::command]
pub(crate) async fn start_info(
    window: WebviewWindow,
    options: State<'_, Options>,
    settings: State<'_, SettingsStore>,
) -> CommandResult<StartInfo> {
    let mut notes = Vec::new();
    // The small windows show none, and a ring cannot wait for a slow sound server.
    if window.label() == MAIN {
        let look = tokio::task::spawn_blocking(DetectedDevices::detect);
        if let Ok(Ok(found)) = tokio::time::timeout(DETECTION_TIMEOUT, look).await {
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
