//! Sign-in and sign-out.

use axum::Json;
use axum::extract::State;
use bellwire_dialects::hearth::wire::LoginBody;
use bellwire_dialects::{MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES};
use schemars::JsonSchema;
use serde::Serialize;
use tracing::debug;

use super::current_user::{CurrentUser, Token};
use super::response;
use super::state::{Claims, Shared};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::hearth::defaults::BACKEND;
use crate::reply::{Done, Success, done, success};
use crate::request::{Body, ClientIp, network};

#[derive(Serialize, JsonSchema)]
pub(super) struct SignedIn {
    token: String,
    user: response::Own,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Me {
    user: response::Own,
}

pub(super) async fn login(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Result<Json<Success<SignedIn>>, ApiError> {
    let unfit = |text: &str, most| text.is_empty() || text.len() > most;
    if unfit(&body.email, MAX_EMAIL_BYTES) || unfit(&body.password, MAX_PASSWORD_BYTES) {
        return Err(ApiError::bad_request("Please provide email and password"));
    }
    let email = body.email.trim().to_lowercase();
    state
        .logins
        .check(&(network(from), email.clone()))
        .map_err(|wait| ApiError::too_many("Too many attempts, please wait a moment", wait))?;
    let attempt = state
        .context
        .sign_ins
        .begin(BACKEND, from, &email)
        .map_err(|wait| ApiError::too_many("Too many attempts, please wait a moment", wait))?;
    let account = state.store.account_by_email(&email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let good = attempt.verify(&state.context.passwords, &body.password, hash).await?;
    let Some(account) = account.filter(|_| good) else {
        debug!("Sign-in refused");
        return Err(ApiError::unauthorized("Invalid credentials"));
    };
    let claims = Claims { id: account.id.clone() };
    let token = state.tokens.issue(&claims, Millis::now()).ok_or_else(ApiError::internal)?;
    Ok(success(SignedIn { token, user: response::own(account) }))
}

pub(super) async fn me(CurrentUser(me): CurrentUser) -> Json<Success<Me>> {
    success(Me { user: response::own(me) })
}

pub(super) async fn logout(
    State(state): State<Shared>,
    Token(session): Token,
) -> Result<Json<Done>, ApiError> {
    let kept = state.context.revoked.add(&session).await;
    state.hub.signed_out(session.jti).await;
    kept?;
    Ok(done("Logged out successfully"))
}
