//! Exported files in the user's downloads folder: written without overwriting anything, and shown in the file
//! manager.

mod reveal;

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use tracing::debug;

use crate::command_error::Coded;

/// Files of this run that can be shown; the oldest go.
const MAX_REMEMBERED_FILES: usize = 64;
/// Files of one name on one day.
const MAX_FILES_PER_DAY: u32 = 999;

/// Why a file was not exported or shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    #[error("there is no folder for downloads")]
    NoFolder,
    #[error("the file could not be written")]
    NotWritten(#[source] std::io::Error),
    /// Only what this program wrote may be shown: a path from elsewhere could be anything.
    #[error("this file was not written by this program")]
    Foreign,
    #[error("the folder could not be opened")]
    NotShown,
}

impl Coded for DownloadError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoFolder | Self::NotWritten(_) => "not_exported",
            Self::Foreign | Self::NotShown => "not_shown",
        }
    }
}

/// The downloads folder, and the files written since the program started.
#[derive(Debug)]
pub(crate) struct Downloads {
    folder: Option<PathBuf>,
    written: Mutex<VecDeque<PathBuf>>,
}

impl Downloads {
    /// The user's own; without one `Downloads` at home.
    pub(crate) fn of_user() -> Self {
        Self::new(dirs::download_dir().or_else(|| Some(dirs::home_dir()?.join("Downloads"))))
    }

    fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, written: Mutex::default() }
    }

    /// Writes `NAME-YYYY-MM-DD.EXTENSION`, with a number where there is such a file already.
    pub(crate) async fn save(
        &self,
        name: &'static str,
        extension: &'static str,
        contents: Vec<u8>,
    ) -> Result<PathBuf, DownloadError> {
        let folder = self.folder.clone().ok_or(DownloadError::NoFolder)?;
        // The system may not say where it is; the day is then that of UTC.
        let today = OffsetDateTime::now_local().unwrap_or_else(|_| OffsetDateTime::now_utc()).date();
        // Digits whatever the locale.
        let stem = format!("{name}-{:04}-{:02}-{:02}", today.year(), u8::from(today.month()), today.day());
        let writing = tokio::task::spawn_blocking(move || write_new(&folder, &stem, extension, &contents));
        let path = writing
            .await
            .map_err(|error| DownloadError::NotWritten(std::io::Error::other(error)))?
            .map_err(DownloadError::NotWritten)?;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() >= MAX_REMEMBERED_FILES {
            written.pop_front();
        }
        written.push_back(path.clone());
        Ok(path)
    }

    /// Shows a file that [`Downloads::save`] wrote in the system's file manager.
    pub(crate) async fn show(&self, path: PathBuf) -> Result<(), DownloadError> {
        let ours = self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(&path);
        if !ours {
            return Err(DownloadError::Foreign);
        }
        reveal::reveal(&path).await.map_err(|error| {
            debug!(%error, "A file was not shown");
            DownloadError::NotShown
        })
    }
}

/// A new file; what is there stays as it is, also if it comes at the same moment.
fn write_new(folder: &Path, stem: &str, extension: &str, contents: &[u8]) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    for number in 1..=MAX_FILES_PER_DAY {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            more => format!("{stem}-{more}.{extension}"),
        };
        let path = folder.join(name);
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        let done = file.write_all(contents).and_then(|()| file.sync_all());
        if let Err(error) = done {
            // A partial file must not be taken for a complete one.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        return Ok(path);
    }
    Err(std::io::Error::from(ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests;
