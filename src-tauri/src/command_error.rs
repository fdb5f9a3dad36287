//! Errors of commands as the UI gets them: a stable code that the UI has a text for, and an English message.

use bellwire_engine::{DeclineError, ListError, SignInError};
use serde::Serialize;

/// Every code there is; `cargo xtask bindings` tells the interface, which must have words for each.
pub(crate) const CODES: &[&str] = &[
    "backend_failed",
    "bad_address",
    "bad_link",
    "cannot_share",
    "certificate",
    "certificate_file",
    "log_damaged",
    "log_failed",
    "log_newer",
    "log_not_open",
    "log_not_written",
    "message_not_sent",
    "no_account",
    "no_figures",
    "no_messages",
    "no_tls",
    "not_a_backend",
    "not_a_proxy",
    "not_allowed",
    "not_exported",
    "not_ringing",
    "not_shown",
    "not_started",
    "not_understood",
    "passphrase_short",
    "passphrase_wanted",
    "password_change_required",
    "paused",
    "people_not_added",
    "proxy",
    "rate_limited",
    "refused",
    "secrets_damaged",
    "secrets_failed",
    "secrets_file",
    "secrets_gone",
    "secrets_locked",
    "secrets_missing",
    "secrets_silent",
    "setting_invalid",
    "settings_not_stored",
    "signed_out",
    "stopped",
    "too_large",
    "too_many_people",
    "unencrypted",
    "unknown_dialect",
    "unknown_role",
    "unreachable",
    "wrong_credentials",
    "wrong_passphrase",
];

/// An error with a stable name in snake case, one of [`CODES`].
pub(crate) trait Coded: std::error::Error {
    fn code(&self) -> &'static str;
}

/// An error as the UI gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CommandError {
    /// English.
    message: String,
    /// One of [`CODES`].
    code: &'static str,
}

/// The result of a command.
pub(crate) type CommandResult<T = ()> = Result<T, CommandError>;

impl<E: Coded> From<E> for CommandError {
    fn from(error: E) -> Self {
        let code = error.code();
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        Self { message: error.to_string(), code }
    }
}

impl Coded for SignInError {
    fn code(&self) -> &'static str {
        SignInError::code(self)
    }
}

impl Coded for ListError {
    fn code(&self) -> &'static str {
        ListError::code(self)
    }
}

impl Coded for DeclineError {
    fn code(&self) -> &'static str {
        DeclineError::code(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_plain() {
        assert!(CODES.is_sorted());
        let plain = |code: &&str| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(CODES.iter().all(plain));
    }

    #[test]
    fn an_error_comes_with_its_code() {
        let error = CommandError::from(SignInError::Unreachable);
        assert_eq!((error.code, error.message.as_str()), ("unreachable", "the server could not be reached"));
        assert_eq!(CommandError::from(ListError::NoAccount).code, "no_account");
    }
}
