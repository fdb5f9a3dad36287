//! Sign-in and sign-out. As deployed this is the work of two other services; here the reply has a token
//! besides.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use bellwire_dialects::dealerdesk::wire::{Account as Shown, LoginBody, UserType};
use bellwire_dialects::{MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES};
use schemars::JsonSchema;
use serde::Serialize;
use tracing::debug;

use super::current_user::SignedIn;
use super::party::{Claims, Party};
use super::state::Shared;
use super::store::Account;
use crate::clock::Millis;
use crate::config::Mode;
use crate::dealerdesk::defaults::BACKEND;
use crate::error::ApiError;
use crate::reply::{Done, done};
use crate::request::{Body, ClientIp, network};
use crate::sign_ins::Attempt;

#[derive(Serialize, JsonSchema)]
struct Reply {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct DealerReply {
    #[serde(flatten)]
    reply: Reply,
    dealer: Shown,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TechnicianReply {
    #[serde(flatten)]
    reply: Reply,
    technician: Shown,
}

pub(super) async fn dealer(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Result<Json<DealerReply>, ApiError> {
    let (reply, dealer) = login(&state, from, body, UserType::Dealer).await?;
    Ok(Json(DealerReply { reply, dealer }))
}

pub(super) async fn technician(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Result<Json<TechnicianReply>, ApiError> {
    let (reply, technician) = login(&state, from, body, UserType::Technician).await?;
    Ok(Json(TechnicianReply { reply, technician }))
}

/// The token is good for nothing from then on, nor are the sockets it opened.
pub(super) async fn logout(
    State(state): State<Shared>,
    SignedIn(session): SignedIn,
) -> Result<Json<Done>, ApiError> {
    let kept = state.context.revoked.add(&session).await;
    state.hub.signed_out(session.jti).await;
    kept?;
    Ok(done("Logged out successfully"))
}

/// How a user signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// They have shown who they are.
    Proven,
    /// They have said an address, which is enough for nothing that needs a token.
    Believed,
    Refused,
}

async fn login(
    state: &Shared,
    from: IpAddr,
    body: LoginBody,
    role: UserType,
) -> Result<(Reply, Shown), ApiError> {
    let LoginBody { email, password } = body;
    let password = password.filter(|password| !password.is_empty());
    let too_long = password.as_ref().is_some_and(|password| password.len() > MAX_PASSWORD_BYTES);
    let party = Party::new(role, &email);
    if party.email.is_empty() || party.email.len() > MAX_EMAIL_BYTES || too_long {
        return Err(ApiError::bad_request("Email is required"));
    }
    let name = format!("{} {}", role.as_str(), party.email);
    let too_many = |wait| ApiError::too_many("Too many attempts, please wait a moment", wait);
    state.logins.check(&(network(from), name.clone())).map_err(too_many)?;
    let attempt = state.context.sign_ins.begin(BACKEND, from, &name).map_err(too_many)?;

    let account = state.store.account(&party).await?;
    let entry = check(state, attempt, role, account.as_ref(), password.as_deref()).await?;
    let Some(account) = account.filter(|_| entry != Entry::Refused) else {
        debug!(role = role.as_str(), "Sign-in refused");
        // One message for all, so that it does not show which accounts exist.
        return Err(ApiError::unauthorized("Invalid credentials"));
    };
    let token = match entry {
        Entry::Proven => {
            let claims = Claims { email: party.email, role };
            Some(state.tokens.issue(&claims, Millis::now()).ok_or_else(ApiError::internal)?)
        }
        Entry::Believed | Entry::Refused => None,
    };
    let shown = Shown { email: account.email, name: account.name, avatar: account.avatar };
    Ok((Reply { success: true, message: "Login successful", token }, shown))
}

async fn check(
    state: &Shared,
    attempt: Attempt,
    role: UserType,
    account: Option<&Account>,
    password: Option<&str>,
) -> Result<Entry, ApiError> {
    let hash = account.and_then(|account| account.password_hash.as_deref());
    Ok(match (role, password) {
        (UserType::Dealer | UserType::Technician, Some(password)) => {
            if attempt.verify(&state.context.passwords, password, hash).await? {
                Entry::Proven
            } else {
                Entry::Refused
            }
        }
        (UserType::Dealer, None) => Entry::Refused,
        (UserType::Technician, None) => match (account, state.context.config.mode) {
            (Some(account), _) if account.passwordless => {
                attempt.succeeded();
                Entry::Proven
            }
            (Some(_), Mode::Compat) => Entry::Believed,
            (Some(_), Mode::Strict) | (None, _) => Entry::Refused,
        },
    })
}
