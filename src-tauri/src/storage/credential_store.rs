//! The credential store: keeps accounts signed in from one start to the next, in the system's keyring or in a
//! file encrypted with a passphrase.

mod accounts;
mod encrypted_file;
mod handle;
mod keyring;
mod persister;
#[cfg(target_os = "linux")]
mod secret_service;
mod secret_store;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

pub(crate) use handle::Credentials;
pub(crate) use persister::{CredentialPersister, PersisterParts};
pub(crate) use secret_store::CredentialError;
