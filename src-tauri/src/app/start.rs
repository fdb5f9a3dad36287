//! Starts the parts of the application and connects them; every task belongs to [`Tasks`].

use std::sync::Arc;

use bellwire_engine::{Devices, Engine, EngineConfig, Handle, Notice, Screens, SignIn};
use tauri::async_runtime::block_on;
use tauri::{App, AppHandle, Manager};
use tokio::sync::mpsc::Receiver;

use super::setup::Setup;
use super::shutdown::Running;
use crate::controller::Controller;
use crate::deep_link::{self, Asked};
use crate::desktop::keys::call_actions::Actor;
use crate::desktop::tauri_ui::TauriUi;
use crate::desktop::windows::{self, Windows};
use crate::desktop::{badge, keys, login, media_keys, tray};
use crate::devices;
use crate::dial_targets::going_on;
use crate::follow::follow_changes;
use crate::options::Options;
use crate::ring;
use crate::shell_state::Surroundings;
use crate::storage::credential_store::{Keeper, KeeperParts};
use crate::storage::settings::SettingsStore;
use crate::ui::Ui;
use crate::web_view::video::{OWN, REMOTE, Video};

/// Opens the windows; returns what has to be stopped at the end.
pub(super) fn start(app: &App, setup: Setup) -> anyhow::Result<Running> {
    let app = app.handle();
    let tasks = setup.tasks.clone();
    let (video, listener) = block_on(Video::bind())?;
    tasks.spawn(Arc::clone(&video).serve(listener));
    let (engine, notices) = block_on(start_engine(&setup, &video));
    app.manage(engine.handle.clone());
    app.manage(Arc::clone(&video));
    let desktop = Arc::new(TauriUi::new(app.clone()));
    app.manage(Arc::clone(&desktop));
    let (persister, secrets) = Keeper::new(KeeperParts {
        engine: engine.handle.clone(),
        surroundings: Arc::clone(&setup.surroundings),
        settings: setup.settings.clone(),
        paths: setup.paths.clone(),
    });
    app.manage(secrets);
    let persister = tauri::async_runtime::spawn(persister.run());
    let windows = Arc::new(Windows::new(
        Arc::clone(&desktop),
        app.clone(),
        engine.handle.clone(),
        setup.settings.clone(),
        Arc::clone(&setup.surroundings),
        tasks.clone(),
        setup.paths.close_explained(),
    ));
    app.manage(Arc::clone(&windows));

    let parts = Parts { app: app.clone(), engine: engine.handle.clone(), desktop, windows, setup };
    parts.open_windows()?;
    parts.follow_desktop();
    parts.follow_calls(notices);
    parts.follow_devices();
    parts.update_windows(video);
    if let Some(request) = sign_in_request(&parts.setup.options) {
        let signing_in = Controller::sign_in(Arc::clone(&parts.desktop), parts.engine.clone(), request);
        tasks.spawn(signing_in);
    }
    Ok(Running {
        windows: parts.windows,
        tasks,
        engine: Some(engine),
        persister: Some(persister),
        #[cfg(target_os = "macos")]
        links: parts.setup.links,
        #[cfg(target_os = "macos")]
        desktop: parts.desktop,
    })
}

#[allow(clippy::unused_async, reason = "the engine must start inside the runtime it spawns its tasks on")]
async fn start_engine(setup: &Setup, video: &Arc<Video>) -> (Engine, Receiver<Notice>) {
    let Devices { microphone, speaker, camera, .. } =
        devices::chosen(&setup.options, &setup.settings.current());
    let call_log = setup.paths.call_log();
    let config = EngineConfig { camera, microphone, speaker, call_log, ..EngineConfig::default() };
    Engine::start(config, Screens { remote: video.screen(REMOTE), own: video.screen(OWN) })
}

/// The parts that tasks are started with.
struct Parts {
    app: AppHandle,
    engine: Handle,
    desktop: Arc<TauriUi>,
    windows: Arc<Windows>,
    setup: Setup,
}

impl Parts {
    /// The windows, and the deep link of the command line.
    fn open_windows(&self) -> anyhow::Result<()> {
        let Setup { options, surroundings, links, tasks, .. } = &self.setup;
        let asked = Arc::new(Asked::new(self.engine.clone(), links.clone()));
        self.app.manage(Arc::clone(&asked));
        self.desktop.open_windows(!options.hidden, tasks.clone())?;
        if let Some(link) = &options.link {
            deep_link::open(link, links, Some(&*self.desktop));
        }
        tasks.spawn(windows::follow(Arc::clone(&self.windows)));
        tasks.spawn(windows::quit_on_signal(Arc::clone(&self.windows)));
        if options.hidden {
            tasks.spawn(Arc::clone(&self.windows).start_hidden());
        }
        tasks.spawn(deep_link::follow(asked, Arc::clone(surroundings), Arc::clone(&self.desktop)));
        Ok(())
    }

    /// Tray, keys, badge and start at login.
    fn follow_desktop(&self) {
        let Setup { settings, surroundings, tasks, .. } = &self.setup;
        tasks.spawn(tray::follow(tray::Parts {
            app: self.app.clone(),
            desktop: Arc::clone(&self.desktop),
            engine: self.engine.clone(),
            settings: settings.clone(),
            surroundings: Arc::clone(surroundings),
            windows: Arc::clone(&self.windows),
            tasks: tasks.clone(),
        }));
        let actor = Actor { engine: self.engine.clone(), desktop: Arc::clone(&self.desktop) };
        tasks.spawn(media_keys::follow(actor.clone(), settings.clone()));
        tasks.spawn(keys::follow(self.app.clone(), actor, settings.clone(), Arc::clone(surroundings)));
        tasks.spawn(badge::follow(self.app.clone(), self.engine.clone(), Arc::clone(surroundings)));
        tasks.spawn(login::follow(self.app.clone(), settings.clone()));
    }

    /// Ringing, and what the engine reports.
    fn follow_calls(&self, notices: Receiver<Notice>) {
        let Setup { settings, surroundings, tasks, .. } = &self.setup;
        let (ringer, said) = ring::start::start(&self.app, &self.engine, settings, surroundings, tasks);
        let controller = Controller::new(Arc::clone(&self.desktop), ringer);
        tasks.spawn(controller.run(self.engine.clone(), notices, said));
    }

    fn follow_devices(&self) {
        let Setup { options, settings, ringtones, tasks, .. } = &self.setup;
        let changes = settings.subscribe();
        tasks.spawn(devices::apply_settings(self.engine.clone(), options.clone(), changes));
        tasks.spawn(devices::tell(self.engine.clone(), ringtones.clone(), Arc::clone(&self.desktop)));
    }

    /// What the windows draw beside calls.
    fn update_windows(&self, video: Arc<Video>) {
        let Setup { settings, surroundings, tasks, .. } = &self.setup;
        tasks.spawn(clear_frames_between_calls(self.engine.clone(), video));
        tasks.spawn(emit_shell_state(Arc::clone(surroundings), Arc::clone(&self.desktop)));
        tasks.spawn(emit_settings(settings.clone(), Arc::clone(&self.desktop)));
    }
}

async fn clear_frames_between_calls(engine: Handle, video: Arc<Video>) {
    let mut views = follow_changes(engine.view());
    let mut in_call = false;
    while let Some(view) = views.next().await {
        let live = going_on(&view).is_some();
        if live && !in_call {
            video.clear();
        }
        in_call = live;
    }
}

async fn emit_shell_state(surroundings: Arc<Surroundings>, desktop: Arc<TauriUi>) {
    let mut changes = follow_changes(surroundings.subscribe());
    while let Some(view) = changes.next().await {
        desktop.emit("desktop", view);
    }
}

async fn emit_settings(settings: SettingsStore, desktop: Arc<TauriUi>) {
    let mut changes = follow_changes(settings.subscribe());
    while changes.next().await.is_some() {
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
