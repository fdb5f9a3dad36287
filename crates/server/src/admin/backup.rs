//! A copy of a database that a server may be running on.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::{Admin, AdminError};

/// Makes a file that its owner alone may read; one that is there is left alone.
pub(super) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Admin {
    /// Opens a database that is there, of whatever version.
    pub async fn open_existing(path: &Path) -> Result<Self, AdminError> {
        if !path.is_file() {
            return Err(AdminError::Unfit(format!("there is no database {}", path.display())));
        }
        let pools = crate::store::Pools::open_unmigrated(&crate::Database::File(path.to_owned())).await?;
        Ok(Self { pools })
    }

    /// Writes the whole database, as it is at one moment, to a new file for its owner's eyes only.
    pub async fn backup(&self, to: &Path) -> Result<(), AdminError> {
        let shown = to.display().to_string();
        match private_file(to) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(AdminError::Exists { path: shown });
            }
            Err(source) => return Err(AdminError::Write { path: shown, source }),
        }
        // Into the empty file, which keeps its mode.
        let copied = self.pools.copy_to(to).await;
        let synced = copied.and_then(|()| {
            let synced = OpenOptions::new().read(true).open(to).and_then(|file| file.sync_all());
            synced.map_err(|error| sqlx::Error::Io(error).into())
        });
        if let Err(error) = synced {
            let _ = std::fs::remove_file(to);
            return Err(error.into());
        }
        Ok(())
    }
}
