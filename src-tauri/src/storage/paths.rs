//! The paths of all files: one folder for settings, one for data, and the administrator's file.

use std::path::{Path, PathBuf};

/// The folders of this user on this system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    /// Settings; `None`: the system has no place for them.
    config: Option<PathBuf>,
    /// Call log, kept accounts, logs.
    data: Option<PathBuf>,
    managed: Option<PathBuf>,
    /// The one folder for everything, if one was given.
    own: Option<PathBuf>,
}

impl Paths {
    /// Everything below `data_dir` if one is given. `managed` counts only where the machine has no
    /// administrator's file, so that it cannot be bypassed.
    pub(crate) fn new(data_dir: Option<&Path>, managed: Option<&Path>) -> Self {
        let (config, data) = match data_dir {
            Some(folder) => (Some(folder.to_owned()), Some(folder.to_owned())),
            None => (
                dirs::config_dir().map(|folder| folder.join("bellwire")),
                dirs::data_dir().map(|folder| folder.join("bellwire")),
            ),
        };
        let of_the_machine = machine_file().filter(|file| file.try_exists().unwrap_or(true));
        Self {
            config,
            data,
            managed: of_the_machine.or_else(|| managed.map(Path::to_owned)),
            own: data_dir.map(Path::to_owned),
        }
    }

    pub(crate) fn settings(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("settings.json"))
    }

    pub(crate) fn call_log(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("calls.db"))
    }

    /// Which accounts there are; nothing secret.
    pub(crate) fn accounts(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("accounts.json"))
    }

    /// Secrets under a passphrase.
    pub(crate) fn secrets(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("secrets.bellwire"))
    }

    /// Ringtones of the user's own.
    pub(crate) fn ringtones(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("ringtones"))
    }

    /// The service name of the keyring entries, one for each data folder.
    pub(crate) fn keyring_service(&self) -> String {
        match &self.own {
            Some(folder) => format!("bellwire {}", folder.display()),
            None => "bellwire".to_owned(),
        }
    }

    pub(crate) fn logs(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("logs"))
    }

    /// Exists once the user has seen the explanation of closing to the tray.
    pub(crate) fn close_explained(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("close-explained"))
    }

    /// Appointments and sessions that were announced; only those of the last minutes.
    pub(crate) fn announced(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("announced.json"))
    }

    /// Where the windows were.
    pub(crate) fn windows(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("windows.json"))
    }

    pub(crate) fn managed(&self) -> Option<&Path> {
        self.managed.as_deref()
    }
}

#[cfg(target_os = "linux")]
fn machine_file() -> Option<PathBuf> {
    Some("/etc/bellwire/managed.json".into())
}

#[cfg(target_os = "macos")]
fn machine_file() -> Option<PathBuf> {
    Some("/Library/Application Support/Bellwire/managed.json".into())
}

#[cfg(target_os = "windows")]
fn machine_file() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("ProgramData")?).join("Bellwire").join("managed.json"))
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn machine_file() -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_holds_everything() {
        let folder = Path::new("/somewhere");
        let paths = Paths::new(Some(folder), None);
        let all = [paths.settings(), paths.call_log(), paths.accounts(), paths.secrets(), paths.logs()];
        assert!(all.into_iter().flatten().filter(|place| place.starts_with(folder)).count() == 5);
    }
}
