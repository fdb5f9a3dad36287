//! Signing in: how an account is shown and logged once its backend has accepted it.

use bellwire_call::AccountId;
use bellwire_signaling::SignedIn;

use crate::lists::{label, log_account};
use crate::view::{AccountView, LinkState, SignIn};

pub(crate) fn account_view(id: AccountId, request: &SignIn, signed_in: &SignedIn) -> AccountView {
    AccountView {
        id,
        dialect: signed_in.identity.dialect.clone(),
        label: label(&signed_in.identity.dialect),
        server: shown_server(request, signed_in),
        me: signed_in.identity.person.clone(),
        role: signed_in.identity.role.clone(),
        link: LinkState::Connecting,
        contacts: Vec::new(),
        contacts_loaded: false,
        left_out: 0,
        list_error: None,
        paused_until: None,
        link_problem: None,
        can_call: signed_in.capabilities.contacts,
        capabilities: signed_in.capabilities.clone(),
    }
}

/// The account by which the call log knows it, also after another sign-in.
pub(crate) fn logged_account(signed_in: &SignedIn) -> bellwire_call_log::Account {
    let identity = &signed_in.identity;
    let rest = &signed_in.backend.rest;
    let server = match (rest.host_str(), rest.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => rest.to_string(),
    };
    log_account(&identity.dialect, &server, &identity.person.id, &identity.person.name)
}

/// What the user typed, or where the backend is if only bases were given.
fn shown_server(request: &SignIn, signed_in: &SignedIn) -> String {
    match request.server.trim() {
        "" => signed_in.backend.rest.host_str().unwrap_or_default().to_owned(),
        typed => typed.to_owned(),
    }
}
