//! Starts the parts of the application and connects them; every task belongs to [`Tasks`](crate::tasks::Tasks).

use std::sync::Arc;

use bellwire_engine::{Devices, Engine, EngineConfig, Handle, Notice, SignIn};
use tauri::async_runtime::block_on;
use tauri::{App, AppHandle, Manager};
use tokio::sync::mpsc::Receiver;

use super::setup::Setup;
use super::shutdown::Running;
use crate::controller::Controller;
use crate::deep_link::{self, PendingDial};
use crate::desktop::keys::call_actions::CallActions;
use crate::desktop::tauri_ui::TauriUi;
use crate::desktop::windows::{self, Windows};
use crate::desktop::{badge, keys, login, media_keys, tray};
use crate::devices;
use crate::dial_targets::active_call;
use crate::follow::follow_changes;
use crate::options::Options;
use crate::ring;
use crate::shell_state::ShellState;
use crate::storage::credential_store::{CredentialPersister, PersisterParts};
use crate::storage::settings::SettingsStore;
use crate::ui::Ui;
use crate::web_view::video::{Video, tell_sizes};

/// Opens the windows; returns what has to be stopped at the end.
pub(super) fn start(app: &App, setup: Setup) -> anyhow::Result<Running> {
    let app = app.handle();
    let tasks = setup.tasks.clone();
    let (video, listener) = block_on(Video::bind())?;
    tasks.spawn(Arc::clone(&video).serve(listener));
    let (engine, notices) = block_on(start_engine(&setup, &video));
    app.manage(engine.handle.clone());
    app.manage(Arc::clone(&video));
    let ui = Arc::new(TauriUi::new(app.clone()));
    app.manage(Arc::clone(&ui));
    let (persister, secrets) = CredentialPersister::new(PersisterParts {
        engine: engine.handle.clone(),
        shell_state: Arc::clone(&setup.shell_state),
        settings: setup.settings.clone(),
        paths: setup.paths.clone(),
    });
    app.manage(secrets);
    let persister = tauri::async_runtime::spawn(persister.run());
    let windows = Arc::new(Windows::new(
        Arc::clone(&ui),
        app.clone(),
        engine.handle.clone(),
        setup.settings.clone(),
        Arc::clone(&setup.shell_state),
        tasks.clone(),
        setup.paths.close_explained(),
    ));
    app.manage(Arc::clone(&windows));

    let parts = Parts { app: app.clone(), engine: engine.handle.clone(), ui, windows, setup };
    parts.open_windows()?;
    parts.follow_desktop();
    parts.follow_calls(notices);
    parts.follow_devices();
    parts.update_windows(video);
    if let Some(request) = sign_in_request(&parts.setup.options) {
        let signing_in = Controller::sign_in(Arc::clone(&parts.ui), parts.engine.clone(), request);
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
        ui: parts.ui,
    })
}

#[allow(clippy::unused_async, reason = "the engine must start inside the runtime it spawns its tasks on")]
async fn start_engine(setup: &Setup, video: &Arc<Video>) -> (Engine, Receiver<Notice>) {
    let Devices { microphone, speaker, camera, .. } =
        devices::chosen(&setup.options, &setup.settings.current());
    let call_log = setup.paths.call_log();
    let config = EngineConfig { camera, microphone, speaker, call_log, ..EngineConfig::default() };
    Engine::start(config, video.screens())
}

/// The parts that tasks are started with.
struct Parts {
    app: AppHandle,
    engine: Handle,
    ui: Arc<TauriUi>,
    windows: Arc<Windows>,
    setup: Setup,
}

impl Parts {
    /// The windows, and the deep link of the command line.
    fn open_windows(&self) -> anyhow::Result<()> {
        let Setup { options, shell_state, links, tasks, .. } = &self.setup;
        let pending = Arc::new(PendingDial::new(self.engine.clone(), links.clone()));
        self.app.manage(Arc::clone(&pending));
        self.ui.open_windows(!options.hidden, tasks.clone())?;
        if let Some(link) = &options.link {
            deep_link::open(link, links, Some(&*self.ui));
        }
        tasks.spawn(windows::follow(Arc::clone(&self.windows)));
        tasks.spawn(windows::quit_on_signal(Arc::clone(&self.windows)));
        if options.hidden {
            tasks.spawn(Arc::clone(&self.windows).start_hidden());
        }
        tasks.spawn(deep_link::follow(pending, Arc::clone(shell_state), Arc::clone(&self.ui)));
        Ok(())
    }

    /// Tray, keys, badge and start at login.
    fn follow_desktop(&self) {
        let Setup { settings, shell_state, tasks, .. } = &self.setup;
        tasks.spawn(tray::follow(tray::Parts {
            app: self.app.clone(),
            ui: Arc::clone(&self.ui),
            engine: self.engine.clone(),
            settings: settings.clone(),
            shell_state: Arc::clone(shell_state),
            windows: Arc::clone(&self.windows),
            tasks: tasks.clone(),
        }));
        let actions = CallActions { engine: self.engine.clone(), ui: Arc::clone(&self.ui) };
        tasks.spawn(media_keys::follow(actions.clone(), settings.clone()));
        tasks.spawn(keys::follow(self.app.clone(), actions, settings.clone(), Arc::clone(shell_state)));
        tasks.spawn(badge::follow(self.app.clone(), self.engine.clone(), Arc::clone(shell_state)));
        tasks.spawn(login::follow(self.app.clone(), settings.clone()));
    }

    /// Ringing, and what the engine reports.
    fn follow_calls(&self, notices: Receiver<Notice>) {
        let Setup { settings, shell_state, tasks, .. } = &self.setup;
        let (ringer, notifications) =
            ring::start::start(&self.app, &self.engine, settings, shell_state, tasks);
        let controller = Controller::new(Arc::clone(&self.ui), ringer);
        tasks.spawn(controller.run(self.engine.clone(), notices, notifications));
    }

    fn follow_devices(&self) {
        let Setup { options, settings, ringtones, tasks, .. } = &self.setup;
        let changes = settings.subscribe();
        tasks.spawn(devices::apply_settings(self.engine.clone(), options.clone(), changes));
        tasks.spawn(devices::tell(self.engine.clone(), ringtones.clone(), Arc::clone(&self.ui)));
    }

    /// What the windows draw beside calls.
    fn update_windows(&self, video: Arc<Video>) {
        let Setup { settings, shell_state, tasks, .. } = &self.setup;
        tasks.spawn(tell_sizes(Arc::clone(&video), self.engine.clone()));
        tasks.spawn(clear_frames_between_calls(self.engine.clone(), video));
        tasks.spawn(emit_shell_state(Arc::clone(shell_state), Arc::clone(&self.ui)));
        tasks.spawn(emit_settings(settings.clone(), Arc::clone(&self.ui)));
    }
}

async fn clear_frames_between_calls(engine: Handle, video: Arc<Video>) {
    let mut views = follow_changes(engine.view());
    let mut in_call = false;
    while let Some(view) = views.next().await {
        let live = active_call(&view).is_some();
        if live && !in_call {
            video.clear();
        }
        in_call = live;
    }
}

async fn emit_shell_state(shell_state: Arc<ShellState>, ui: Arc<TauriUi>) {
    let mut changes = follow_changes(shell_state.subscribe());
    while let Some(view) = changes.next().await {
        ui.emit(view);
    }
}

async fn emit_settings(settings: SettingsStore, ui: Arc<TauriUi>) {
    let mut changes = follow_changes(settings.subscribe());
    while changes.next().await.is_some() {
        ui.emit(settings.view());
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
