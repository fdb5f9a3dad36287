//! People, past calls and relay servers, as every backend would mean them. Not how they are fetched.

use std::collections::BTreeMap;

use bellwire_call::{Person, Subject};
use thiserror::Error;

/// Somebody this account can call.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub person: Person,
    /// Second line, e.g. the e-mail address.
    pub detail: String,
    pub online: bool,
    /// What a call can be about, newest first.
    pub subjects: Vec<ContactSubject>,
    pub total_orders: u32,
    /// In the shop's currency, with two decimals.
    pub total_spent: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ContactSubject {
    pub subject: Subject,
    /// e.g. "Processing".
    pub status: String,
    /// RFC 3339; empty if the backend does not say.
    pub created_at: String,
    /// In the shop's currency, with two decimals.
    pub amount: String,
}

/// One past call, as its backend keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryItem {
    /// The backend's id of the call.
    pub call: String,
    pub peer: Person,
    /// We placed it.
    pub outgoing: bool,
    /// `initiated`, `ringing`, `accepted`, `declined`, `ended`, `missed`, `failed`.
    pub status: String,
    /// RFC 3339; empty if the backend does not say.
    pub started_at: String,
    pub duration_s: u32,
    pub subject: Option<Subject>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPage {
    /// Newest first.
    pub items: Vec<HistoryItem>,
    /// From 1.
    pub page: u32,
    pub pages: u32,
    /// Calls on all pages.
    pub total: u32,
}

/// Call figures of an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analytics {
    pub total: u32,
    pub accepted: u32,
    pub declined: u32,
    pub ended: u32,
    pub average_duration_s: f64,
    /// Percent, as the backend writes it.
    pub acceptance_rate: String,
    /// Percent, as the backend writes it.
    pub completion_rate: String,
    pub by_type: BTreeMap<String, u32>,
    pub by_status: BTreeMap<String, u32>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` (RFC 7064, 7065).
    pub urls: Vec<String>,
    pub username: Option<String>,
    pub credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServers {
    pub servers: Vec<IceServer>,
    /// Seconds the credentials are good for; `None`: they do not expire.
    pub ttl_s: Option<u64>,
}

impl IceServers {
    /// What the deployed web clients use where a backend names no servers.
    #[must_use]
    pub fn fallback() -> Self {
        let urls = vec!["stun:stun.l.google.com:19302".to_owned()];
        Self { servers: vec![IceServer { urls, username: None, credential: None }], ttl_s: None }
    }
}

/// Why a REST reply gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    #[error("the token is no longer accepted")]
    TokenExpired,
    #[error("the backend refused ({status}): {message}")]
    Refused { status: u16, message: String },
    #[error("the backend could not be reached")]
    Unreachable,
    #[error("the reply is not understood")]
    NotUnderstood,
}
