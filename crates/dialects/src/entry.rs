//! The table entry of a dialect: what is needed before there is an account.

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::{Dialect, Identity, RestCall};

/// A dialect as the transport sees it and, serialised, the sign-in page.
#[derive(Clone, Copy, Serialize)]
pub struct Entry {
    /// Stable id, as in `/.well-known/bellwire.json`.
    pub id: &'static str,
    pub label: &'static str,
    /// The first one is the default.
    pub roles: &'static [Role],
    #[serde(rename = "fields")]
    pub sign_in_fields: &'static [Field],
    /// Socket.IO namespace, `/` for most.
    #[serde(skip)]
    pub namespace: &'static str,
    /// Path below the server's address where REST begins when the user gave one address and the
    /// server does not describe itself, e.g. `/api/v2`; often empty.
    #[serde(skip)]
    pub rest_prefix: &'static str,
    /// Starts speaking for an account.
    #[serde(skip)]
    pub new: fn(&Identity) -> Box<dyn Dialect>,
    /// The first REST call of signing in.
    #[serde(skip)]
    pub login: fn(&Credentials) -> Result<RestCall, LoginError>,
    /// Reads the reply of the call before: its status and body, and the identity as far as it is
    /// known when this is not the first.
    #[serde(skip)]
    pub parse_login: fn(&Credentials, Option<&Identity>, u16, &Value) -> Result<LoginStep, LoginError>,
}

/// What a user typed to sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Id of one of the entry's roles.
    pub role: String,
    pub email: String,
    /// Empty where the role has none.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("role", &self.role).finish_non_exhaustive()
    }
}

/// How far signing in has come.
#[derive(Clone, Debug, PartialEq)]
pub enum LoginStep {
    Done(Identity),
    /// Another call is needed, made as `so_far` (its token is good already). At most four in all.
    Then {
        so_far: Identity,
        call: RestCall,
    },
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A kind of account on a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    /// The backend's word.
    pub id: &'static str,
    pub label: &'static str,
}

/// One input of the sign-in form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    pub id: &'static str,
    pub label: &'static str,
    /// Shown as dots.
    pub secret: bool,
    /// Asked for by this role only; `None`: by all.
    pub only_for: Option<&'static str>,
}

/// What most backends ask for.
pub(crate) const EMAIL_AND_PASSWORD: &[Field] = &[
    Field { id: "email", label: "E-mail", secret: false, only_for: None },
    Field { id: "password", label: "Password", secret: true, only_for: None },
];

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
    /// The backend wants a new password first, which its own pages take; its words, meant for people.
    #[error("{message}")]
    PasswordChangeRequired { message: String },
    #[error("the backend failed ({status})")]
    BackendFailed { status: u16 },
    #[error("this is not such a backend")]
    NotThisBackend,
}
