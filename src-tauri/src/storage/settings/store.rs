//! The settings store: one file, one owner, and a watch channel for those who follow the settings.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::watch;
use tracing::{info, warn};

use super::managed::Managed;
use super::model::Settings;
use super::view::{ManagedView, SettingsView};
use super::{layers, validate};
use crate::command_error::Coded;
use crate::start_note::StartNote;
use crate::storage::atomic_file;

/// Bytes of the file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Why settings were not taken, or not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("the value of {name} cannot be used")]
    Invalid { name: &'static str },
    /// They are in force all the same.
    #[error("the settings could not be stored and hold until the program ends")]
    NotStored(#[source] std::io::Error),
    #[error("the program is ending")]
    Stopped,
}

impl Coded for SettingsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "setting_invalid",
            Self::NotStored(_) => "settings_not_stored",
            Self::Stopped => "stopped",
        }
    }
}

/// The settings in force; cheap to clone, all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct SettingsStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// `None`: the system has no place for it.
    file: Option<PathBuf>,
    managed: Managed,
    /// The user's own values, also of locked settings: they apply again when the lock is removed.
    own: Mutex<Settings>,
    now: watch::Sender<Arc<Settings>>,
    notes: Vec<StartNote>,
}

impl SettingsStore {
    /// Reads the file. A bad value is replaced by its default, a file that is not understood set aside as
    /// `….damaged`; [`Self::notes`] says so.
    pub(crate) fn open(file: Option<PathBuf>, managed: Managed) -> Self {
        let mut notes = Vec::new();
        if managed.damaged {
            notes.push(StartNote::ManagedDamaged);
        }
        let own = match file.as_deref().map(|file| (file, atomic_file::read(file, MAX_FILE_BYTES))) {
            None | Some((_, Ok(None))) => managed.base.clone(),
            Some((file, Ok(Some(bytes)))) => match serde_json::from_slice(&bytes) {
                Ok(Value::Object(map)) => {
                    let (settings, refused) = layers::overlay(&managed.base, &map);
                    if !refused.is_empty() {
                        warn!(names = ?refused, "Settings that cannot be used are as by default");
                        notes.push(StartNote::SettingsPartly);
                    }
                    settings
                }
                Ok(_) | Err(_) => {
                    warn!("The settings file is damaged and set aside");
                    atomic_file::set_aside(file);
                    notes.push(StartNote::SettingsDamaged);
                    managed.base.clone()
                }
            },
            Some((_, Err(error))) => {
                warn!(%error, "The settings file cannot be read");
                notes.push(StartNote::SettingsDamaged);
                managed.base.clone()
            }
        };
        let now = watch::Sender::new(Arc::new(layers::with_fixed(&own, &managed.base, &managed.locked)));
        Self { shared: Arc::new(Shared { file, managed, own: Mutex::new(own), now, notes }) }
    }

    /// The settings in force.
    pub(crate) fn current(&self) -> Arc<Settings> {
        Arc::clone(&self.shared.now.borrow())
    }

    /// The settings in force, and every later one.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Settings>> {
        self.shared.now.subscribe()
    }

    /// Codes of problems with the files, for the UI to show.
    pub(crate) fn notes(&self) -> &[StartNote] {
        &self.shared.notes
    }

    /// What the administrator says.
    pub(crate) fn managed(&self) -> &Managed {
        &self.shared.managed
    }

    /// As the interface sees them.
    pub(crate) fn view(&self) -> SettingsView {
        let managed = self.managed();
        SettingsView {
            settings: Settings::clone(&self.current()),
            locked: managed.locked.clone(),
            managed: ManagedView { servers: managed.servers.clone(), only: managed.only },
        }
    }

    /// Changes settings, at once for those who follow them, and stores them. Locked ones stay as
    /// they are.
    ///
    /// # Errors
    /// A value cannot be: then nothing changes. Or the file cannot be written: then they are in force
    /// until the program ends.
    pub(crate) async fn change(
        &self,
        edit: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Result<Arc<Settings>, SettingsError> {
        let store = self.clone();
        // The file is synchronised, which may take a while.
        let changed = tokio::task::spawn_blocking(move || store.change_here(edit)).await;
        changed.unwrap_or(Err(SettingsError::Stopped))
    }

    /// [`Self::change`] on this thread, which waits for the disk.
    pub(crate) fn change_here(
        &self,
        edit: impl FnOnce(&mut Settings),
    ) -> Result<Arc<Settings>, SettingsError> {
        let shared = &self.shared;
        // Held while writing, so that the newest settings are written last.
        let mut own = shared.own.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = Settings::clone(&shared.now.borrow());
        edit(&mut asked);
        let (base, locked) = (&shared.managed.base, &shared.managed.locked);
        let asked = layers::with_fixed(&asked, base, locked);
        if let Some(name) = validate::first_invalid(&asked) {
            return Err(SettingsError::Invalid { name });
        }
        let mine = layers::with_fixed(&asked, &own, locked);
        let asked = Arc::new(asked);
        if **shared.now.borrow() == *asked {
            return Ok(asked);
        }
        shared.now.send_replace(Arc::clone(&asked));
        *own = mine;
        if let Some(file) = &shared.file {
            let text = format!("{:#}\n", Value::Object(layers::difference(base, &own)));
            atomic_file::write(file, text.as_bytes()).map_err(SettingsError::NotStored)?;
        }
        info!("Settings changed");
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::settings::Theme;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn managed(text: &str) -> Managed {
        let folder = folder();
        let file = folder.path().join("managed.json");
        std::fs::write(&file, text).unwrap();
        Managed::read(Some(&file))
    }

    #[test]
    fn a_change_is_heard_kept_and_private() {
        let folder = folder();
        let file = folder.path().join("config/settings.json");
        let store = SettingsStore::open(Some(file.clone()), Managed::default());
        assert!(store.notes().is_empty());
        let seen = store.subscribe();
        store.change_here(|s| s.theme = Theme::Dark).unwrap();
        assert!(seen.has_changed().unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let again = SettingsStore::open(Some(file.clone()), Managed::default());
        assert_eq!(again.current().theme, Theme::Dark);
        let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(kept, serde_json::json!({ "theme": "dark" }));
    }

    #[test]
    fn what_cannot_be_changes_nothing() {
        let folder = folder();
        let file = folder.path().join("settings.json");
        let store = SettingsStore::open(Some(file.clone()), Managed::default());
        let refused = store.change_here(|s| {
            s.theme = Theme::Dark;
            s.ring_volume = 2.0;
        });
        assert!(matches!(refused, Err(SettingsError::Invalid { name: "ring_volume" })));
        assert_eq!(*store.current(), Settings::default());
        assert!(!file.exists());
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_a_bad_value_replaced() {
        let folder = folder();
        let file = folder.path().join("settings.json");
        std::fs::write(&file, "{ \"theme\": ").unwrap();
        let store = SettingsStore::open(Some(file.clone()), Managed::default());
        assert_eq!(store.notes(), [StartNote::SettingsDamaged]);
        assert_eq!(*store.current(), Settings::default());
        assert!(!file.exists() && folder.path().join("settings.json.damaged").exists());

        std::fs::write(&file, r#"{ "theme": "dark", "ring_volume": 7 }"#).unwrap();
        let store = SettingsStore::open(Some(file), Managed::default());
        assert_eq!(store.notes(), [StartNote::SettingsPartly]);
        assert_eq!((store.current().theme, store.current().ring_volume), (Theme::Dark, 0.8));
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_change_in_force() {
        let folder = folder();
        std::fs::write(folder.path().join("in_the_way"), "").unwrap();
        let store = SettingsStore::open(Some(folder.path().join("in_the_way/x.json")), Managed::default());
        let result = store.change_here(|s| s.do_not_disturb = true);
        assert!(matches!(result, Err(SettingsError::NotStored(_))), "{result:?}");
        assert!(store.current().do_not_disturb);
    }

    #[test]
    fn locked_settings_stay_and_the_own_value_comes_back_with_the_end_of_the_lock() {
        let folder = folder();
        let file = folder.path().join("settings.json");
        let free = SettingsStore::open(Some(file.clone()), Managed::default());
        free.change_here(|s| s.theme = Theme::Light).unwrap();
        let rules = r#"{ "settings": { "theme": "dark", "ring_volume": 0.5 }, "locked": ["theme"] }"#;
        let bound = SettingsStore::open(Some(file.clone()), managed(rules));
        assert_eq!((bound.current().theme, bound.current().ring_volume), (Theme::Dark, 0.5));
        bound
            .change_here(|s| {
                s.theme = Theme::HighContrast;
                s.mirror_self = false;
            })
            .unwrap();
        assert_eq!((bound.current().theme, bound.current().mirror_self), (Theme::Dark, false));
        assert_eq!(bound.view().locked, ["theme"]);
        let free = SettingsStore::open(Some(file), Managed::default());
        assert_eq!((free.current().theme, free.current().mirror_self), (Theme::Light, false));
    }
}
