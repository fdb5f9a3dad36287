//! What sessions speak of, as the shell sees it: shapes only.

use std::path::PathBuf;
use std::time::SystemTime;

use bellwire_call::{AccountId, Direction, PersonId};
use bellwire_call_log::{BackendCall, Record};
use bellwire_signaling::{
    AddressError, HistoryItem, SignInError, SignInRequest, TransportConfig, TransportError,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::view::{AccountView, HistoryEntry, SignIn};

pub(crate) fn wire_request(request: &SignIn) -> Result<SignInRequest, SignInError> {
    let filled = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    if request.server.trim().is_empty() && (request.rest_base.is_none() || request.socket_base.is_none()) {
        return Err(AddressError::NotWeb { text: request.server.clone() }.into());
    }
    Ok(SignInRequest {
        server: request.server.clone(),
        dialect: request.dialect.clone(),
        role: request.role.clone(),
        email: request.email.clone(),
        password: request.password.clone(),
        rest_base: filled(&request.rest_base),
        socket_base: filled(&request.socket_base),
        login_path: filled(&request.login_path),
        transport: transport(request.extra_ca.as_deref(), request.proxy.as_deref())?,
    })
}

/// What is between us and a server, as a user typed it.
pub(crate) fn transport(extra_ca: Option<&str>, proxy: Option<&str>) -> Result<TransportConfig, SignInError> {
    let filled = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let proxy = match filled(proxy) {
        Some(text) => Some(text.parse().map_err(|_| TransportError::NotAProxy)?),
        None => None,
    };
    Ok(TransportConfig { extra_ca: filled(extra_ca).map(PathBuf::from), proxy })
}

/// A time for the interface, RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(at: SystemTime) -> Option<String> {
    let at = OffsetDateTime::from(at).replace_nanosecond(0).ok()?;
    at.format(&Rfc3339).ok()
}

/// What people call a backend.
pub(crate) fn label(dialect: &str) -> String {
    bellwire_signaling::dialect(dialect).map_or(dialect, |entry| entry.label).to_owned()
}

pub(crate) fn backend_entry(account: &AccountView, item: HistoryItem) -> HistoryEntry {
    HistoryEntry {
        id: 0,
        account: Some(account.id),
        account_label: account.label.clone(),
        dialect: account.dialect.clone(),
        kind: item.kind,
        call: item.call,
        peer: item.peer,
        members: item.members,
        outgoing: item.outgoing,
        status: item.status,
        started_at: item.started_at,
        duration_s: item.duration_s,
        subject: item.subject,
    }
}

pub(crate) fn backend_call(item: HistoryItem) -> BackendCall {
    BackendCall {
        remote: bellwire_call::RemoteCallId(item.call),
        peer: item.peer,
        members: item.members,
        direction: if item.outgoing { Direction::Outgoing } else { Direction::Incoming },
        kind: item.kind,
        status: item.status,
        started_at: item.started_at,
        duration_s: item.duration_s,
        subject: item.subject,
    }
}

/// `account`: the one that is signed in as the record's.
pub(crate) fn log_entry(account: Option<AccountId>, record: Record) -> HistoryEntry {
    HistoryEntry {
        id: record.id,
        account,
        account_label: label(&record.account.key.dialect),
        dialect: record.account.key.dialect,
        kind: record.kind,
        call: record.remote.map(|remote| remote.0).unwrap_or_default(),
        peer: record.peer,
        members: record.members,
        outgoing: record.direction == Direction::Outgoing,
        status: record.outcome.as_str().to_owned(),
        started_at: record.started_at,
        duration_s: record.duration_s,
        subject: record.subject,
    }
}

/// Our own name there, for the log.
pub(crate) fn log_account(
    dialect: &str,
    server: &str,
    me: &PersonId,
    name: &str,
) -> bellwire_call_log::Account {
    bellwire_call_log::Account {
        key: bellwire_call_log::AccountRef::new(dialect, server, me),
        label: name.to_owned(),
    }
}
