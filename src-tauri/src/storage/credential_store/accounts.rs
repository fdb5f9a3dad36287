//! The list of stored accounts, a plain file without secrets. Changes apply at once and are written by
//! [`AccountsFile::store`].

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::shell_state::SecretPlace;
use crate::storage::atomic_file;

/// Bytes of the file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Accounts in it.
const MAX_ACCOUNTS: usize = 100;

/// An account that can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredAccount {
    /// The name of its secret.
    pub(super) key: String,
    pub(super) place: SecretPlace,
    /// The backend's display name.
    pub(super) label: String,
    pub(super) server: String,
    pub(super) name: String,
}

/// A secret to be deleted as soon as its store is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObsoleteSecret {
    pub(super) key: String,
    pub(super) place: SecretPlace,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Content {
    /// What the person chose; `None`: the keyring if there is one.
    place: Option<SecretPlace>,
    accounts: Vec<StoredAccount>,
    forget: Vec<ObsoleteSecret>,
}

/// The file, read.
#[derive(Debug)]
pub(super) struct AccountsFile {
    /// `None`: the system has no place for it.
    path: Option<PathBuf>,
    content: Content,
    dirty: bool,
}

impl AccountsFile {
    pub(super) fn open(path: Option<PathBuf>) -> Self {
        let content = path.as_deref().map(read).unwrap_or_default();
        Self { path, content, dirty: false }
    }

    pub(super) fn place(&self) -> Option<SecretPlace> {
        self.content.place
    }

    pub(super) fn accounts(&self) -> &[StoredAccount] {
        &self.content.accounts
    }

    pub(super) fn leftovers(&self, place: SecretPlace) -> Vec<String> {
        let here = self.content.forget.iter().filter(|leftover| leftover.place == place);
        here.map(|leftover| leftover.key.clone()).collect()
    }

    pub(super) fn choose(&mut self, place: SecretPlace) {
        self.change(|content| content.place = Some(place));
    }

    /// Its secret is stored now; a copy in another store is obsolete.
    pub(super) fn kept(&mut self, account: StoredAccount) {
        self.change(|content| {
            content.forget.retain(|old| !(old.key == account.key && old.place == account.place));
            let full = content.accounts.len() >= MAX_ACCOUNTS;
            match content.accounts.iter_mut().find(|known| known.key == account.key) {
                Some(known) => {
                    if known.place != account.place {
                        content.forget.push(ObsoleteSecret { key: known.key.clone(), place: known.place });
                    }
                    *known = account;
                }
                None if full => warn!("Too many accounts to keep"),
                None => content.accounts.push(account),
            }
        });
    }

    /// It is not restored any more; its secret is obsolete until it is deleted.
    pub(super) fn forget(&mut self, key: &str) {
        self.change(|content| {
            let gone = content.accounts.extract_if(.., |known| known.key == key);
            content.forget.extend(gone.map(|known| ObsoleteSecret { key: known.key, place: known.place }));
        });
    }

    /// Its secret is deleted.
    pub(super) fn deleted(&mut self, key: &str, place: SecretPlace) {
        self.change(|content| content.forget.retain(|old| !(old.key == key && old.place == place)));
    }

    fn change(&mut self, edit: impl FnOnce(&mut Content)) {
        let mut new = self.content.clone();
        edit(&mut new);
        self.dirty |= new != self.content;
        self.content = new;
    }

    /// Writes what has changed.
    pub(super) async fn store(&mut self) {
        let Some(path) = self.path.clone().filter(|_| self.dirty) else { return };
        let content = self.content.clone();
        let write = move || {
            let text = serde_json::to_vec_pretty(&content).map_err(std::io::Error::other)?;
            atomic_file::write(&path, &text)
        };
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => self.dirty = false,
            Ok(Err(error)) => warn!(%error, "The list of accounts could not be stored"),
            Err(_) => {}
        }
    }
}

fn read(path: &Path) -> Content {
    let bytes = match atomic_file::read(path, MAX_FILE_BYTES) {
        Ok(None) => return Content::default(),
        Ok(Some(bytes)) => bytes,
        Err(error) => {
            warn!(%error, "The list of accounts cannot be read");
            return Content::default();
        }
    };
    let content = serde_json::from_slice::<Content>(&bytes);
    match content.ok().filter(|content| content.accounts.len() <= MAX_ACCOUNTS) {
        Some(content) => content,
        None => {
            warn!("The list of accounts is damaged and set aside");
            atomic_file::set_aside(path);
            Content::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(key: &str, place: SecretPlace) -> StoredAccount {
        StoredAccount {
            key: key.into(),
            place,
            label: "Storefront".into(),
            server: "calls.example.com".into(),
            name: "Ada".into(),
        }
    }

    #[tokio::test]
    async fn accounts_are_known_after_a_restart_until_they_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().join("accounts.json"));
        let mut file = AccountsFile::open(path.clone());
        file.kept(account("a", SecretPlace::Keyring));
        file.kept(account("b", SecretPlace::Keyring));
        file.store().await;
        let mut file = AccountsFile::open(path.clone());
        assert_eq!(file.accounts().len(), 2);
        file.kept(account("a", SecretPlace::File));
        assert_eq!(file.leftovers(SecretPlace::Keyring), ["a"]);
        file.deleted("a", SecretPlace::Keyring);
        file.forget("a");
        file.forget("unheard of");
        file.store().await;
        let file = AccountsFile::open(path);
        assert_eq!(file.accounts(), [account("b", SecretPlace::Keyring)]);
        assert_eq!(file.leftovers(SecretPlace::File), ["a"]);
        assert!(file.leftovers(SecretPlace::Keyring).is_empty());
    }

    #[test]
    fn a_damaged_list_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.json");
        std::fs::write(&path, "{ \"accounts\": 7 }").unwrap();
        assert!(AccountsFile::open(Some(path.clone())).accounts().is_empty());
        assert!(folder.path().join("accounts.json.damaged").exists());
    }
}
