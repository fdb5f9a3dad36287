//! A secret store as a trait, its errors and time-outs.

use std::time::Duration;

use crate::command_error::Coded;
use crate::shell_state::SecretProblem;

/// Letters of a new passphrase, at least.
pub(super) const SHORTEST_PASSPHRASE_CHARS: usize = 8;
/// How long a keyring may take where nobody has to be asked.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// How long somebody may take to answer the keyring's question for its password.
pub(super) const ASKING: Duration = Duration::from_secs(90);

/// Why a secret could not be kept, read or forgotten.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("the keyring or the file with the accounts is locked")]
    Locked,
    #[error("this system has no keyring")]
    Missing,
    #[error("that is not the passphrase")]
    WrongPassphrase,
    #[error("a passphrase has at least {} characters", SHORTEST_PASSPHRASE_CHARS)]
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

impl Coded for VaultError {
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

impl VaultError {
    /// What is wrong with the place, if it is the place.
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

/// Keeps texts under names. Every call may take as long as a person takes to answer a question.
pub(super) trait SecretStore: Send + Sync {
    /// `None`: there is nothing under that name.
    fn read(&self, name: &str) -> Result<Option<String>, VaultError>;
    fn write(&self, name: &str, secret: &str) -> Result<(), VaultError>;
    /// Fine if there is nothing under that name.
    fn forget(&self, name: &str) -> Result<(), VaultError>;
}

/// Runs `work` where waiting is allowed, but not for ever. Given up, it goes on by itself and what it
/// finds is lost.
pub(super) async fn waiting<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    match tokio::time::timeout(patience, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(VaultError::Stopped),
        Err(_) => Err(VaultError::Silent),
    }
}

/// How the keyring is, as far as that shows without asking anybody for a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyringState {
    Missing,
    Locked,
    /// Only writing shows whether it really works.
    Perhaps,
}
