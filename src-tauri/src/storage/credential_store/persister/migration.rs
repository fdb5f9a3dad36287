//! Requests of the user: unlocking a store, and moving all credentials to another one.

use std::path::Path;
use std::sync::Arc;

use tracing::info;

use super::{CredentialPersister, OpenStore};
use crate::shell_state::{SecretPlace, SecretProblem};
use crate::storage::atomic_file;
use crate::storage::credential_store::accounts::StoredAccount;
use crate::storage::credential_store::encrypted_file::{COST, EncryptedFile};
use crate::storage::credential_store::handle::CredentialRequest;
use crate::storage::credential_store::secret_store::{CredentialError, PROMPT_TIMEOUT, run_blocking};

impl CredentialPersister {
    pub(super) async fn handle_request(&mut self, request: CredentialRequest) {
        // The requester may be gone.
        match request {
            CredentialRequest::Unlock { passphrase, reply } => {
                drop(reply.send(self.unlock(passphrase).await))
            }
            CredentialRequest::Use { place, passphrase, reply } => {
                let result = match place {
                    SecretPlace::Keyring => self.use_keyring().await,
                    SecretPlace::File => self.use_file(passphrase).await,
                    SecretPlace::Session => self.use_session().await,
                };
                self.accounts.store().await;
                self.publish();
                let _ = reply.send(result);
            }
            CredentialRequest::Restore { reply } => drop(reply.send(self.restore().await)),
        }
        self.publish();
    }

    async fn unlock(&mut self, passphrase: String) -> Result<(), CredentialError> {
        if self.chosen() != SecretPlace::File {
            return self.restore().await;
        }
        if self.open.is_none() {
            let path = self.file().ok_or(CredentialError::Gone)?;
            match run_blocking(PROMPT_TIMEOUT, move || EncryptedFile::open(&path, &passphrase)).await {
                Ok(sealed) => self.opened(sealed),
                Err(error) => {
                    self.problem = error.problem();
                    return Err(error);
                }
            }
        }
        self.restore_accounts().await;
        self.save(false).await;
        Ok(())
    }

    fn opened(&mut self, sealed: EncryptedFile) {
        self.open = Some(OpenStore { place: SecretPlace::File, store: Arc::new(sealed) });
        self.file_exists = true;
        self.problem = SecretProblem::None;
        self.kept.clear();
        info!("Accounts are kept in a file under a passphrase");
    }

    async fn restore(&mut self) -> Result<(), CredentialError> {
        let mut opened = Ok(());
        if self.open.is_none() && self.chosen() == SecretPlace::Keyring {
            opened = self.open_keyring(true).await;
            if let Err(error) = &opened {
                self.problem = error.problem();
            }
        }
        self.restore_accounts().await;
        self.save(false).await;
        opened
    }

    async fn use_keyring(&mut self) -> Result<(), CredentialError> {
        if self.open.is_none() && self.file_exists {
            // What is in the file cannot come along.
            return Err(CredentialError::Locked);
        }
        let before = self.open.take();
        let opened = self.open_keyring(true).await;
        if let Err(error) = opened {
            if before.is_none() {
                self.problem = error.problem();
            }
            self.open = before;
            return Err(error);
        }
        self.accounts.choose(SecretPlace::Keyring);
        self.move_here(before).await?;
        self.delete_file().await
    }

    async fn delete_file(&mut self) -> Result<(), CredentialError> {
        let Some(file) = self.file().filter(|_| self.file_exists) else { return Ok(()) };
        match tokio::fs::remove_file(file).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => self.file_exists = false,
        }
        for key in self.accounts.leftovers(SecretPlace::File) {
            self.accounts.deleted(&key, SecretPlace::File);
        }
        Ok(())
    }

    async fn use_file(&mut self, passphrase: Option<String>) -> Result<(), CredentialError> {
        let passphrase =
            passphrase.filter(|text| !text.is_empty()).ok_or(CredentialError::PassphraseWanted)?;
        let path = self.file().ok_or(CredentialError::Missing)?;
        let sealed = run_blocking(PROMPT_TIMEOUT, move || open_or_create(&path, &passphrase)).await?;
        let before = self.open.take().filter(|open| open.place != SecretPlace::File);
        self.accounts.choose(SecretPlace::File);
        self.opened(sealed);
        self.move_here(before).await
    }

    /// Stores nothing, and deletes everything that was stored.
    async fn use_session(&mut self) -> Result<(), CredentialError> {
        self.accounts.choose(SecretPlace::Session);
        let keys: Vec<String> = self.accounts.accounts().iter().map(|known| known.key.clone()).collect();
        for key in keys {
            self.accounts.forget(&key);
        }
        self.accounts.store().await;
        self.restoring.clear();
        self.problem = SecretProblem::None;
        let open = match self.open.take() {
            Some(open) => Some(open),
            // Only to delete what is left there.
            None if !self.accounts.leftovers(SecretPlace::Keyring).is_empty() => {
                self.keyring(true).await.ok()
            }
            None => None,
        };
        if let Some(open) = open {
            self.delete_leftovers(&open).await;
        }
        self.kept.clear();
        self.delete_file().await
    }

    /// Moves the secrets of `before` into the open store.
    async fn move_here(&mut self, before: Option<OpenStore>) -> Result<(), CredentialError> {
        if let (Some(before), Some(open)) = (&before, self.open.clone()) {
            let there: Vec<_> = self
                .accounts
                .accounts()
                .iter()
                .filter(|known| known.place == before.place)
                .cloned()
                .collect();
            for known in there {
                let (from, to, key) = (Arc::clone(&before.store), Arc::clone(&open.store), known.key.clone());
                let moved = run_blocking(PROMPT_TIMEOUT, move || match from.read(&key)? {
                    Some(secret) => to.write(&key, &secret),
                    None => Err(CredentialError::Gone),
                });
                match moved.await {
                    Ok(()) => self.accounts.kept(StoredAccount { place: open.place, ..known }),
                    Err(CredentialError::Gone) => self.accounts.forget(&known.key),
                    Err(error) => return Err(error),
                }
            }
        }
        self.save(false).await;
        self.restore_accounts().await;
        if let Some(before) = before {
            self.delete_leftovers(&before).await;
        }
        Ok(())
    }
}

/// A damaged file is renamed: its passphrase is useless.
fn open_or_create(path: &Path, passphrase: &str) -> Result<EncryptedFile, CredentialError> {
    match EncryptedFile::open(path, passphrase) {
        Err(CredentialError::Gone) => {}
        Err(CredentialError::Damaged) => atomic_file::set_aside(path),
        result => return result,
    }
    EncryptedFile::create(path, passphrase, COST)
}
