//! What a person orders: unlocking, and moving everything from one place to another.

use std::path::Path;
use std::sync::Arc;

use tracing::info;

use super::{Keeper, Open, Order};
use crate::shell_state::{SecretPlace, SecretProblem};
use crate::storage::atomic_file;
use crate::storage::credential_store::accounts::Known;
use crate::storage::credential_store::encrypted_file::{COST, Sealed};
use crate::storage::credential_store::secret_store::{ASKING, VaultError, waiting};

impl Keeper {
    pub(super) async fn obey(&mut self, order: Order) {
        // Whoever asked may have gone meanwhile.
        match order {
            Order::Unlock { passphrase, reply } => drop(reply.send(self.unlock(passphrase).await)),
            Order::Use { place, passphrase, reply } => {
                let result = match place {
                    SecretPlace::Keyring => self.use_keyring().await,
                    SecretPlace::File => self.use_file(passphrase).await,
                    SecretPlace::Session => self.use_session().await,
                };
                self.accounts.store().await;
                self.tell();
                let _ = reply.send(result);
            }
            Order::Restore { reply } => drop(reply.send(self.restore().await)),
        }
        self.tell();
    }

    async fn unlock(&mut self, passphrase: String) -> Result<(), VaultError> {
        if self.chosen() != SecretPlace::File {
            return self.restore().await;
        }
        if self.open.is_none() {
            let path = self.file().ok_or(VaultError::Gone)?;
            match waiting(ASKING, move || Sealed::open(&path, &passphrase)).await {
                Ok(sealed) => self.opened(sealed),
                Err(error) => {
                    self.problem = error.problem();
                    return Err(error);
                }
            }
        }
        self.bring_back().await;
        self.save(false).await;
        Ok(())
    }

    fn opened(&mut self, sealed: Sealed) {
        self.open = Some(Open { place: SecretPlace::File, store: Arc::new(sealed) });
        self.file_exists = true;
        self.problem = SecretProblem::None;
        self.kept.clear();
        info!("Accounts are kept in a file under a passphrase");
    }

    async fn restore(&mut self) -> Result<(), VaultError> {
        let mut opened = Ok(());
        if self.open.is_none() && self.chosen() == SecretPlace::Keyring {
            opened = self.open_keyring(true).await;
            if let Err(error) = &opened {
                self.problem = error.problem();
            }
        }
        self.bring_back().await;
        self.save(false).await;
        opened
    }

    async fn use_keyring(&mut self) -> Result<(), VaultError> {
        if self.open.is_none() && self.file_exists {
            // What is in the file cannot come along.
            return Err(VaultError::Locked);
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

    async fn delete_file(&mut self) -> Result<(), VaultError> {
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

    async fn use_file(&mut self, passphrase: Option<String>) -> Result<(), VaultError> {
        let passphrase = passphrase.filter(|text| !text.is_empty()).ok_or(VaultError::PassphraseWanted)?;
        let path = self.file().ok_or(VaultError::Missing)?;
        let sealed = waiting(ASKING, move || open_or_create(&path, &passphrase)).await?;
        let before = self.open.take().filter(|open| open.place != SecretPlace::File);
        self.accounts.choose(SecretPlace::File);
        self.opened(sealed);
        self.move_here(before).await
    }

    /// Nothing is kept, and nothing that was kept stays.
    async fn use_session(&mut self) -> Result<(), VaultError> {
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

    /// Brings what is kept in `before` into the open place, then deletes it there.
    async fn move_here(&mut self, before: Option<Open>) -> Result<(), VaultError> {
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
                let moved = waiting(ASKING, move || match from.read(&key)? {
                    Some(secret) => to.write(&key, &secret),
                    None => Err(VaultError::Gone),
                });
                match moved.await {
                    Ok(()) => self.accounts.kept(Known { place: open.place, ..known }),
                    Err(VaultError::Gone) => self.accounts.forget(&known.key),
                    Err(error) => return Err(error),
                }
            }
        }
        self.save(false).await;
        self.bring_back().await;
        if let Some(before) = before {
            self.delete_leftovers(&before).await;
        }
        Ok(())
    }
}

/// A damaged file is set aside: its passphrase is of no use any more.
fn open_or_create(path: &Path, passphrase: &str) -> Result<Sealed, VaultError> {
    match Sealed::open(path, passphrase) {
        Err(VaultError::Gone) => {}
        Err(VaultError::Damaged) => atomic_file::set_aside(path),
        result => return result,
    }
    Sealed::create(path, passphrase, COST)
}
