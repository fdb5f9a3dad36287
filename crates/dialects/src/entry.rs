//! One line of the dialect table: what is needed before there is an account.

use bellwire_call::Person;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{Dialect, RestCall};

/// A dialect as the sign-in page and the transport see it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Stable id, as in `/.well-known/bellwire.json`.
    pub id: &'static str,
    pub label: &'static str,
    /// The first one is the default.
    pub roles: &'static [Role],
    pub sign_in_fields: &'static [Field],
    /// Starts speaking for an account.
    pub new: fn(&Identity) -> Box<dyn Dialect>,
    /// The REST call that signs in: role, e-mail, password.
    pub login: fn(&str, &str, &str) -> Result<RestCall, LoginError>,
    /// Reads that call's reply: role, status, body.
    pub parse_login: fn(&str, u16, &Value) -> Result<Identity, LoginError>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A kind of account on a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The backend's word.
    pub id: &'static str,
    pub label: &'static str,
}

/// One input of the sign-in form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub id: &'static str,
    pub label: &'static str,
    /// Shown as dots.
    pub secret: bool,
}

/// Who signed in and how later calls prove it. Holds the token: store it only where secrets go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Id of the dialect this account speaks.
    pub dialect: String,
    pub person: Person,
    /// The backend's word: `seller`, `customer`.
    pub role: String,
    pub token: String,
    /// Name of the cookie that carries the token, for backends that read cookies.
    pub cookie: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Why signing in failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoginError {
    #[error("the backend has no role {role:?}")]
    UnknownRole { role: String },
    /// The backend's words, meant for people.
    #[error("{message}")]
    WrongCredentials { message: String },
    #[error("too many attempts, try again later")]
    RateLimited,
    #[error("the backend failed ({status})")]
    BackendFailed { status: u16 },
    #[error("this is not such a backend")]
    NotThisBackend,
}
