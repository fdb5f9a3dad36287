//! What exists before the application is built: options, settings, paths, and the Tauri plugins.

use std::sync::Arc;

use bellwire_engine::DeepLink;
use tauri::Wry;
use tokio::sync::watch;

#[cfg(not(target_os = "linux"))]
use crate::desktop::login;
use crate::desktop::windows;
use crate::options::Options;
use crate::ring::ringtones::Ringtones;
use crate::shell_state::ShellState;
use crate::single_instance;
use crate::storage::paths::Paths;
use crate::storage::settings::{Managed, SettingsStore};
use crate::tasks::Tasks;
use crate::web_view::photos;

/// The parts that need no Tauri application.
pub(super) struct Setup {
    pub(super) options: Options,
    pub(super) paths: Paths,
    pub(super) settings: SettingsStore,
    pub(super) shell_state: Arc<ShellState>,
    pub(super) ringtones: Ringtones,
    /// Deep links; the newest wins.
    pub(super) links: watch::Sender<Option<DeepLink>>,
    pub(super) tasks: Tasks,
}

impl Setup {
    pub(super) fn new(options: Options) -> Self {
        let paths = Paths::new(options.data_dir.as_deref(), options.managed.as_deref());
        Self {
            settings: SettingsStore::open(paths.settings(), Managed::read(paths.managed())),
            shell_state: Arc::default(),
            ringtones: Ringtones::new(paths.ringtones()),
            links: watch::Sender::new(None),
            tasks: Tasks::default(),
            paths,
            options,
        }
    }

    /// A builder with all plugins.
    pub(super) fn builder(&self, context: &tauri::Context<Wry>) -> tauri::Builder<Wry> {
        let mut builder = photos::register(tauri::Builder::default());
        // First of all: a second start goes no further, and leaves devices and files alone.
        let folder = self.options.data_dir.as_deref();
        let identifier = &context.config().identifier;
        if let Some(first) = single_instance::plugin(identifier, folder, self.links.clone()) {
            builder = builder.plugin(first);
        }
        if let Some(kept) = windows::state_plugin(&self.paths) {
            builder = builder.plugin(kept);
        }
        #[cfg(not(target_os = "linux"))]
        {
            builder = builder.plugin(login::plugin());
        }
        builder
    }
}
