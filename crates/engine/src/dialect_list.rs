//! Backends as a sign-in page needs them: the table of dialects, and what a server says it has.

use bellwire_signaling::{DIALECTS, Entry, SignInError};
use serde::{Deserialize, Serialize};

use crate::lists::transport;

/// A server whose backends are looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Where {
    /// With or without scheme.
    pub server: String,
    /// As in [`SignIn`](crate::SignIn), likewise `proxy`.
    pub extra_ca: Option<String>,
    pub proxy: Option<String>,
}

/// A backend that a server has and this program speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferedInfo {
    /// Dialect id.
    pub dialect: &'static str,
    pub label: &'static str,
}

/// Asks a server which backends it has, in its own order.
///
/// # Errors
/// It cannot be reached, or does not say; the user may still choose a backend by hand.
pub async fn discover(at: &Where) -> Result<Vec<OfferedInfo>, SignInError> {
    let transport = transport(at.extra_ca.as_deref(), at.proxy.as_deref())?;
    let offered = bellwire_signaling::discover(&at.server, &transport).await?;
    let info = |offer: bellwire_signaling::Offered| OfferedInfo {
        dialect: offer.entry.id,
        label: offer.entry.label,
    };
    Ok(offered.into_iter().map(info).collect())
}

/// Every backend the program speaks to, in the order a sign-in page lists them.
#[must_use]
pub fn dialects() -> &'static [Entry] {
    DIALECTS
}
