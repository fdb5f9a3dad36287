//! The system's keyring: Secret Service, the Windows credential manager, or the keychain.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use tracing::debug;

#[cfg(not(target_os = "linux"))]
use super::secret_store::KeyringState;
use super::secret_store::{CredentialError, SecretStore};

/// Bytes of one entry: Windows keeps no more than 2560 in one.
#[cfg(target_os = "windows")]
const MAX_PIECE_BYTES: usize = 2_400;
#[cfg(not(target_os = "windows"))]
const MAX_PIECE_BYTES: usize = 256 * 1024;
/// Pieces of one secret.
const MAX_PIECES: usize = 64;
/// What is written to see whether anything can be.
const PROBE: &str = "probe";

/// Reads the state without a prompt.
#[cfg(target_os = "linux")]
pub(super) use super::secret_service::{look, unlock};

/// Only writing shows it here.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unused_async, reason = "as where there is somebody to ask")]
pub(super) async fn look() -> KeyringState {
    KeyringState::Perhaps
}

/// The system asks by itself when something is read or written.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unused_async, reason = "as where there is somebody to ask")]
pub(super) async fn unlock() -> Result<(), CredentialError> {
    Ok(())
}

/// The open keyring.
pub(super) struct Keyring {
    /// There until it is dropped.
    store: Option<Arc<CredentialStore>>,
    service: String,
}

/// The store says goodbye to its service and waits for that, which a task must not.
impl Drop for Keyring {
    fn drop(&mut self) {
        let store = self.store.take();
        std::thread::spawn(move || drop(store));
    }
}

impl Keyring {
    /// Opens the keyring and writes to it: one that cannot be written to reads as if it were empty.
    /// `service` is what our entries go by. Blocking.
    pub(super) fn open(service: &str) -> Result<Self, CredentialError> {
        let keyring = Self { store: Some(system_store().map_err(fault)?), service: service.to_owned() };
        keyring.write(PROBE, "may be deleted")?;
        if keyring.read(PROBE)?.is_none() {
            return Err(CredentialError::Locked);
        }
        keyring.forget(PROBE)?;
        Ok(keyring)
    }

    fn entry(&self, name: &str, piece: usize) -> Result<Entry, CredentialError> {
        let user = if piece == 0 { name.to_owned() } else { format!("{name} #{piece}") };
        let label = format!("Bellwire: {user}");
        let label = HashMap::from([("label", label.as_str())]);
        let modifiers = cfg!(target_os = "linux").then_some(&label);
        let store = self.store.as_ref().ok_or(CredentialError::Stopped)?;
        store.build(&self.service, &user, modifiers).map_err(fault)
    }

    fn piece(&self, name: &str, piece: usize) -> Result<Option<Vec<u8>>, CredentialError> {
        match self.entry(name, piece)?.get_secret() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }
}

impl SecretStore for Keyring {
    fn read(&self, name: &str) -> Result<Option<String>, CredentialError> {
        let mut whole = Vec::new();
        for piece in 0..MAX_PIECES {
            match self.piece(name, piece)? {
                Some(part) => {
                    whole.extend_from_slice(&part);
                    if part.len() < MAX_PIECE_BYTES {
                        break;
                    }
                }
                None if piece == 0 => return Ok(None),
                None => return Err(CredentialError::Damaged),
            }
        }
        Ok(Some(String::from_utf8(whole).map_err(|_| CredentialError::Damaged)?))
    }

    fn write(&self, name: &str, secret: &str) -> Result<(), CredentialError> {
        let mut pieces: Vec<&[u8]> = secret.as_bytes().chunks(MAX_PIECE_BYTES).collect();
        if secret.len().is_multiple_of(MAX_PIECE_BYTES) {
            // The last piece is known by being shorter.
            pieces.push(&[]);
        }
        if pieces.len() > MAX_PIECES {
            return Err(CredentialError::Keyring(Error::TooLong(
                name.to_owned(),
                (MAX_PIECE_BYTES * MAX_PIECES) as u32,
            )));
        }
        for (at, piece) in pieces.into_iter().enumerate() {
            self.entry(name, at)?.set_secret(piece).map_err(fault)?;
        }
        Ok(())
    }

    fn forget(&self, name: &str) -> Result<(), CredentialError> {
        for piece in 0..MAX_PIECES {
            match self.entry(name, piece)?.delete_credential() {
                Ok(()) => {}
                Err(Error::NoEntry) => break,
                Err(error) => return Err(fault(error)),
            }
        }
        Ok(())
    }
}

fn fault(error: Error) -> CredentialError {
    // The words of stores may name what is kept.
    debug!(%error, "Keyring");
    if matches!(error, Error::NoStorageAccess(_)) {
        return CredentialError::Locked;
    }
    CredentialError::Keyring(error)
}

#[cfg(target_os = "linux")]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "windows")]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "windows", target_os = "macos")))]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NotSupportedByStore("no keyring on this system".to_owned()))
}
