//! Puts the application together: engine, pictures, windows.

use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::{Engine, EngineConfig, Handle, Notice, Screens, SignIn};
use tauri::{Manager, RunEvent, WindowEvent};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::commands;
use crate::controller::Controller;
use crate::desktop::{Desktop, TauriDesktop};
use crate::downloads::Downloads;
use crate::options::{self, Options};
use crate::places::Places;
use crate::ringer;
use crate::settings::{Managed, SettingsStore};
use crate::surroundings::{self, Surroundings};
use crate::video::{OWN, REMOTE, Video};

/// How long calls may take to end when the window is closed.
const GOODBYE: Duration = Duration::from_secs(5);

/// Runs until the main window is closed.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let token = CancellationToken::new();
    let places = Places::new(options.data_dir.as_deref(), options.managed.as_deref());
    let settings = SettingsStore::open(places.settings(), Managed::read(places.managed()));
    let video = tauri::async_runtime::block_on(Video::start(token.clone()))?;
    let (engine, notices) = tauri::async_runtime::block_on(start_engine(&options, &places, &video));
    let handle = engine.handle.clone();
    let engine = std::sync::Mutex::new(Some(engine));
    let surroundings = Arc::new(Surroundings::default());

    let app = tauri::Builder::default()
        .manage(options.clone())
        .manage(Arc::clone(&surroundings))
        .manage(Downloads::of_user())
        .manage(handle.clone())
        .manage(settings.clone())
        .manage(Arc::clone(&video))
        .invoke_handler(tauri::generate_handler![
            commands::accounts::sign_in,
            commands::accounts::sign_out,
            commands::dial,
            commands::ring::accept,
            commands::ring::end_and_accept,
            commands::ring::decline,
            commands::ring::silence,
            commands::ring::ring_drawn,
            commands::hang_up,
            commands::set_microphone,
            commands::set_camera,
            commands::dismiss,
            commands::refresh_contacts,
            commands::history::history,
            commands::history::delete_record,
            commands::history::export_history,
            commands::history::show_exported,
            commands::history::missed_seen,
            commands::history::analytics,
            commands::history::decline_with,
            commands::history::retry_messages,
            commands::open_thread,
            commands::close_thread,
            commands::send_message,
            commands::typing,
            commands::set_sharing,
            commands::accounts::dialects,
            commands::accounts::discover,
            commands::snapshot,
            commands::frames,
            commands::set_tile,
            commands::start_info,
            commands::windows::desktop,
            commands::windows::show_main,
            commands::windows::quit,
            commands::settings::settings,
            commands::settings::set_settings,
        ])
        .build(tauri::generate_context!())?;

    let desktop = Arc::new(TauriDesktop::new(app.handle().clone()));
    app.manage(Arc::clone(&desktop));
    desktop.open_windows()?;
    tauri::async_runtime::spawn(surroundings::tell(
        Arc::clone(&surroundings),
        Arc::clone(&desktop),
        token.clone(),
    ));
    let (ringer, said) = ringer::start(app.handle(), &handle, &settings, &surroundings, &token);
    let controller = Controller::new(Arc::clone(&desktop), ringer);
    tauri::async_runtime::spawn(controller.run(handle.clone(), notices, said, token.clone()));
    tauri::async_runtime::spawn(forget_pictures_between_calls(handle.clone(), video, token.clone()));
    tauri::async_runtime::spawn(tell_settings(settings, Arc::clone(&desktop), token.clone()));
    if let Some(request) = sign_in_request(&options) {
        tauri::async_runtime::spawn(Controller::sign_in(desktop, handle, request));
    }

    app.run(move |app, event| {
        if let RunEvent::WindowEvent { label, event: WindowEvent::CloseRequested { api, .. }, .. } = &event {
            // Destroyed, the answer window could not come up again; the main one goes with the program.
            api.prevent_close();
            if label == "main" {
                // Out of sight at once; the goodbyes below take a moment.
                for window in app.webview_windows().values() {
                    let _ = window.hide();
                }
                app.exit(0);
            }
        } else if let RunEvent::Exit = event {
            token.cancel();
            if let Some(engine) = engine.lock().ok().and_then(|mut e| e.take()) {
                let stopped = async { tokio::time::timeout(GOODBYE, engine.stop()).await };
                if tauri::async_runtime::block_on(stopped).is_err() {
                    warn!("The engine did not stop in time");
                }
            }
        }
    });
    Ok(())
}

#[allow(clippy::unused_async, reason = "the engine must start inside the runtime it spawns its tasks on")]
async fn start_engine(options: &Options, places: &Places, video: &Arc<Video>) -> (Engine, Receiver<Notice>) {
    let config = EngineConfig {
        camera: options.video_source(&options::cameras()),
        microphone: options.microphone.clone(),
        speaker: options.speaker.clone(),
        call_log: places.call_log(),
        ..EngineConfig::default()
    };
    Engine::start(config, Screens { remote: video.screen(REMOTE), own: video.screen(OWN) })
}

async fn forget_pictures_between_calls(handle: Handle, video: Arc<Video>, token: CancellationToken) {
    let mut stats = handle.view();
    let mut in_call = false;
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            changed = stats.changed() => if changed.is_err() { return },
        }
        let live = stats.borrow_and_update().phone.calls.iter().any(|c| {
            !matches!(
                c.state,
                bellwire_engine::CallState::Ended { .. } | bellwire_engine::CallState::Ringing { .. }
            )
        });
        if live && !in_call {
            video.clear();
        }
        in_call = live;
    }
}

/// The windows draw whatever the settings are now.
async fn tell_settings(settings: SettingsStore, desktop: Arc<TauriDesktop>, token: CancellationToken) {
    let mut changes = settings.subscribe();
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        changes.mark_unchanged();
        desktop.emit("settings", settings.view());
    }
}

fn sign_in_request(options: &Options) -> Option<SignIn> {
    Some(SignIn {
        server: options.server.clone()?,
        dialect: options.dialect.clone(),
        role: options.role.clone()?,
        email: options.email.clone()?,
        password: options.password.clone()?,
        ..SignIn::default()
    })
}
