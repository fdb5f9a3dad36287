//! Puts the application together: engine, pictures, windows.

use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::{Devices, Engine, EngineConfig, Handle, Notice, Screens, SignIn};
use tauri::{Manager, RunEvent};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::commands;
use crate::controller::Controller;
use crate::deep_link::{self, Asked};
use crate::desktop::badge;
use crate::desktop::keys;
use crate::desktop::keys::call_actions::Actor;
use crate::desktop::login;
use crate::desktop::media_keys;
use crate::desktop::tauri_ui::TauriUi;
use crate::desktop::tray;
use crate::desktop::windows::{self, Windows};
use crate::devices;
use crate::dial_targets::going_on;
use crate::options::Options;
use crate::ring::ringtones::Ringtones;
use crate::ring::start;
use crate::shell_state::Surroundings;
use crate::single_instance;
use crate::storage::credential_store::{Keeper, KeeperParts};
use crate::storage::downloads::Downloads;
use crate::storage::paths::Paths;
use crate::storage::settings::{Managed, SettingsStore};
use crate::ui::Ui;
use crate::web_view::photos;
use crate::web_view::video::{OWN, REMOTE, Video};

/// How long calls may take to end when the window is closed.
const GOODBYE: Duration = Duration::from_secs(5);

/// Runs until the user ends it.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let token = CancellationToken::new();
    let paths = Paths::new(options.data_dir.as_deref(), options.managed.as_deref());
    let settings = SettingsStore::open(paths.settings(), Managed::read(paths.managed()));
    let surroundings = Arc::new(Surroundings::default());
    let ringtones = Ringtones::new(paths.ringtones());
    // Newest wins: who clicks another link means that one.
    let links = watch::Sender::new(None);
    let context = tauri::generate_context!();
    let mut builder = photos::register(tauri::Builder::default());
    // First of all: a second start goes no further, and leaves devices and files alone.
    let folder = options.data_dir.as_deref();
    if let Some(first) = single_instance::plugin(&context.config().identifier, folder, links.clone()) {
        builder = builder.plugin(first);
    }
    if let Some(kept) = windows::keep(&paths) {
        builder = builder.plugin(kept);
    }
    #[cfg(not(target_os = "linux"))]
    {
        builder = builder.plugin(login::plugin());
    }
    let app = builder
        .manage(options.clone())
        .manage(Arc::clone(&surroundings))
        .manage(Downloads::of_user())
        .manage(settings.clone())
        .manage(paths.clone())
        .manage(ringtones.clone())
        .invoke_handler(tauri::generate_handler![
            commands::accounts::sign_in,
            commands::accounts::sign_out,
            commands::dial,
            commands::ring::accept,
            commands::ring::end_and_accept,
            commands::ring::accept_unseen,
            commands::ring::decline,
            commands::ring::silence,
            commands::ring::ring_drawn,
            commands::hang_up,
            commands::set_microphone,
            commands::set_camera,
            commands::dismiss,
            commands::refresh_contacts,
            commands::history::history,
            commands::history::recent_calls,
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
            commands::devices::devices,
            commands::devices::test_devices,
            commands::devices::test_speaker,
            commands::devices::test_ring,
            commands::devices::test_echo,
            commands::devices::share_sources,
            commands::devices::set_sharing,
            commands::accounts::dialects,
            commands::accounts::discover,
            commands::snapshot,
            commands::frames,
            commands::set_tile,
            commands::start_info,
            commands::windows::desktop,
            commands::windows::show_main,
            commands::windows::quit,
            commands::windows::answer_close,
            commands::windows::set_mini,
            commands::windows::set_full_screen,
            commands::windows::confirm_call,
            commands::windows::cancel_pending_call,
            commands::accounts::typed,
            commands::accounts::unlock_secrets,
            commands::accounts::use_secrets,
            commands::accounts::restore,
            commands::settings::settings,
            commands::settings::set_settings,
            commands::support::support_text,
        ])
        .build(context)?;

    let video = tauri::async_runtime::block_on(Video::start(token.clone()))?;
    let (engine, notices) = tauri::async_runtime::block_on(start_engine(&options, &settings, &paths, &video));
    let handle = engine.handle.clone();
    let engine = std::sync::Mutex::new(Some(engine));
    app.manage(handle.clone());
    app.manage(Arc::clone(&video));
    let desktop = Arc::new(TauriUi::new(app.handle().clone()));
    app.manage(Arc::clone(&desktop));
    let (keeper, secrets) = Keeper::new(KeeperParts {
        engine: handle.clone(),
        surroundings: Arc::clone(&surroundings),
        settings: settings.clone(),
        paths: paths.clone(),
    });
    app.manage(secrets);
    let keeping = std::sync::Mutex::new(Some(tauri::async_runtime::spawn(keeper.run())));
    let windows = Arc::new(Windows::new(
        Arc::clone(&desktop),
        app.handle().clone(),
        handle.clone(),
        settings.clone(),
        Arc::clone(&surroundings),
        paths.close_explained(),
    ));
    app.manage(Arc::clone(&windows));
    let asked = Arc::new(Asked::new(handle.clone(), links.clone()));
    app.manage(Arc::clone(&asked));
    desktop.open_windows(!options.hidden)?;
    if let Some(link) = &options.link {
        deep_link::open(link, &links, Some(&*desktop));
    }
    let tray = tray::Parts {
        app: app.handle().clone(),
        desktop: Arc::clone(&desktop),
        engine: handle.clone(),
        settings: settings.clone(),
        surroundings: Arc::clone(&surroundings),
        windows: Arc::clone(&windows),
    };
    tauri::async_runtime::spawn(tray::follow(tray, token.clone()));
    tauri::async_runtime::spawn(windows::follow(Arc::clone(&windows), token.clone()));
    let actor = Actor { engine: handle.clone(), desktop: Arc::clone(&desktop) };
    tauri::async_runtime::spawn(media_keys::follow(actor.clone(), settings.clone(), token.clone()));
    let around = Arc::clone(&surroundings);
    tauri::async_runtime::spawn(keys::follow(
        app.handle().clone(),
        actor,
        settings.clone(),
        around,
        token.clone(),
    ));
    let around = Arc::clone(&surroundings);
    tauri::async_runtime::spawn(badge::follow(app.handle().clone(), handle.clone(), around, token.clone()));
    tauri::async_runtime::spawn(login::follow(app.handle().clone(), settings.clone(), token.clone()));
    tauri::async_runtime::spawn(windows::end_when_told(Arc::clone(&windows), token.clone()));
    if options.hidden {
        let (windows, token) = (Arc::clone(&windows), token.clone());
        tauri::async_runtime::spawn(async move { windows.start_hidden(token).await });
    }
    let asking = deep_link::follow(asked, Arc::clone(&surroundings), Arc::clone(&desktop), token.clone());
    tauri::async_runtime::spawn(asking);
    tauri::async_runtime::spawn(tell_state(Arc::clone(&surroundings), Arc::clone(&desktop), token.clone()));
    let (ringer, said) = start::start(app.handle(), &handle, &settings, &surroundings, &token);
    let controller = Controller::new(Arc::clone(&desktop), ringer);
    tauri::async_runtime::spawn(controller.run(handle.clone(), notices, said, token.clone()));
    tauri::async_runtime::spawn(forget_pictures_between_calls(handle.clone(), video, token.clone()));
    let chosen = devices::follow(handle.clone(), options.clone(), settings.subscribe(), token.clone());
    tauri::async_runtime::spawn(chosen);
    let there = devices::tell(handle.clone(), ringtones, Arc::clone(&desktop), token.clone());
    tauri::async_runtime::spawn(there);
    tauri::async_runtime::spawn(tell_settings(settings, Arc::clone(&desktop), token.clone()));
    if let Some(request) = sign_in_request(&options) {
        tauri::async_runtime::spawn(Controller::sign_in(Arc::clone(&desktop), handle, request));
    }

    #[cfg(target_os = "macos")]
    let desktop_for_links = Arc::clone(&desktop);
    app.run(move |_app, event| {
        if let RunEvent::WindowEvent { label, event, .. } = &event {
            windows::heard(&windows, label, event);
        } else if let RunEvent::Exit = event {
            token.cancel();
            if let Some(engine) = engine.lock().ok().and_then(|mut e| e.take()) {
                let stopped = async { tokio::time::timeout(GOODBYE, engine.stop()).await };
                if tauri::async_runtime::block_on(stopped).is_err() {
                    warn!("The engine did not stop in time");
                }
            }
            // It ends after the engine, with the last token that came.
            if let Some(keeping) = keeping.lock().ok().and_then(|mut k| k.take()) {
                let kept = async { tokio::time::timeout(GOODBYE, keeping).await };
                if tauri::async_runtime::block_on(kept).is_err() {
                    warn!("The accounts were not stored in time");
                }
            }
        }
        #[cfg(target_os = "macos")]
        if let RunEvent::Opened { urls } = &event {
            for url in urls {
                deep_link::open(url.as_str(), &links, Some(&*desktop_for_links));
            }
        }
    });
    Ok(())
}

#[allow(clippy::unused_async, reason = "the engine must start inside the runtime it spawns its tasks on")]
async fn start_engine(
    options: &Options,
    settings: &SettingsStore,
    paths: &Paths,
    video: &Arc<Video>,
) -> (Engine, Receiver<Notice>) {
    let Devices { microphone, speaker, camera, .. } = devices::chosen(options, &settings.current());
    let call_log = paths.call_log();
    let config = EngineConfig { camera, microphone, speaker, call_log, ..EngineConfig::default() };
    Engine::start(config, Screens { remote: video.screen(REMOTE), own: video.screen(OWN) })
}

async fn forget_pictures_between_calls(handle: Handle, video: Arc<Video>, token: CancellationToken) {
    let mut view = handle.view();
    let mut in_call = false;
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
        let live = going_on(&view.borrow_and_update()).is_some();
        if live && !in_call {
            video.clear();
        }
        in_call = live;
    }
}

/// The windows draw whatever the shell is doing now.
async fn tell_state(surroundings: Arc<Surroundings>, desktop: Arc<TauriUi>, token: CancellationToken) {
    let mut view = surroundings.subscribe();
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
        let newest = view.borrow_and_update().clone();
        desktop.emit("desktop", newest);
    }
}

/// The windows draw whatever the settings are now.
async fn tell_settings(settings: SettingsStore, desktop: Arc<TauriUi>, token: CancellationToken) {
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
