//! Failures as storefront replies with them over REST.

use serde_json::Value;

use crate::rest;

/// The backend's words about a failure, fit to be shown; of a failure of its own (5xx) they are a
/// program's words, and not for people.
pub(super) fn words(status: u16, body: &Value) -> Option<String> {
    if status >= 500 { None } else { rest::message(body) }
}

/// True if the backend will accept nothing more with this token. An invalid or expired one gives 400
/// as deployed, so the words have to decide.
pub(super) fn token_expired(status: u16, body: &Value) -> bool {
    match status {
        401 => true,
        400 => rest::message(body).is_some_and(|message| {
            let message = message.to_lowercase();
            ["jwt", "token", "url is expired", "url is invalid", "please login"]
                .iter()
                .any(|words| message.contains(words))
        }),
        _ => false,
    }
}
