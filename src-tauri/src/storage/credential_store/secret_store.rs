//! A secret store as a trait, its errors and time-outs.

use std::time::Duration;

use crate::command_error::Coded;
use crate::shell_state::SecretProblem;

/// Letters of a new passphrase, at least.
pub(super) const MIN_PASSPHRASE_CHARS: usize = 8;
/// How long a keyring may take without a prompt.
pub(super) const KEYRING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the user may take to answer the keyring's password prompt.
pub(super) const PROMPT_TIMEOUT: Duration = Duration::from_secs(90);

/// Why a secret could not be stored, read or deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    #[error("the keyring or the file with the accounts is locked")]
    Locked,
    #[error("this system has no keyring")]
    Missing,
    #[error("that is not the passphrase")]
    WrongPassphrase,
    #[error("a passphrase has at least {} characters", MIN_PASSPHRASE_CHARS)]
    PassphraseShort,
    #[error("a passphrase is needed")]
    PassphraseWanted,
    #[error("the file with the accounts is damaged")]
    Damaged,
    #[error("what was kept of the account is gone")]
    Gone,
    #[error("the file with the accounts could not be used")]
    File(#[from] std::io::Error),
    #[error("the keyring failed")]
    Keyring(#[source] keyring_core::Error),
    #[error("the keyring does not answer")]
    Silent,
    #[error("the program is ending")]
    Stopped,
}

impl Coded for CredentialError {
    fn code(&self) -> &'static str {
        match self {
            Self::Locked => "secrets_locked",
            Self::Missing => "secrets_missing",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::PassphraseShort => "passphrase_short",
            Self::PassphraseWanted => "passphrase_wanted",
            Self::Damaged => "secrets_damaged",
            Self::Gone => "secrets_gone",
            Self::File(_) => "secrets_file",
            Self::Keyring(_) => "secrets_failed",
            Self::Silent => "secrets_silent",
            Self::Stopped => "stopped",
        }
    }
}

impl CredentialError {
    /// The problem of the store, if the error is one.
    pub(super) fn problem(&self) -> SecretProblem {
        match self {
            Self::Locked | Self::Silent | Self::PassphraseWanted => SecretProblem::Locked,
            Self::Missing => SecretProblem::Missing,
            Self::WrongPassphrase => SecretProblem::WrongPassphrase,
            Self::Damaged => SecretProblem::Damaged,
            Self::File(_) | Self::Keyring(_) => SecretProblem::Failed,
            Self::PassphraseShort | Self::Gone | Self::Stopped => SecretProblem::None,
        }
    }
}

/// Stores texts under names. Every call may wait for a prompt.
pub(super) trait SecretStore: Send + Sync {
    /// `None`: there is nothing under that name.
    fn read(&self, name: &str) -> Result<Option<String>, CredentialError>;
    fn write(&self, name: &str, secret: &str) -> Result<(), CredentialError>;
    /// Fine if there is nothing under that name.
    fn forget(&self, name: &str) -> Result<(), CredentialError>;
}

/// Runs blocking `work` with a time limit. After the limit it continues in the background and its
/// result is lost.
pub(super) async fn run_blocking<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, CredentialError> + Send + 'static,
) -> Result<T, CredentialError> {
    match tokio::time::timeout(patience, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(CredentialError::Stopped),
        Err(_) => Err(CredentialError::Silent),
    }
}

/// The state of the keyring, as far as it is known without a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyringState {
    Missing,
    Locked,
    /// Only writing shows whether it really works.
    Perhaps,
}
