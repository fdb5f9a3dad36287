//! REST: signing in, renewing a session, and who one is.

use axum::Json;
use axum::extract::State;
use bellwire_dialects::marketplace::wire::{
    Envelope, LoginBody, LoginReply, MeReply, RefreshBody, SignedIn, Tokens,
};
use tracing::debug;

use super::caller::{Caller, known};
use super::present;
use super::state::{Claims, Shared};
use crate::auth::Session;
use crate::backend::Backend;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::request::{Body, ClientIp};
use crate::sign_ins::network;

const LONGEST_EMAIL: usize = 254;
const LONGEST_PASSWORD: usize = 1024;

pub(super) async fn login(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Result<Json<LoginReply>, ApiError> {
    let email = body.email.trim().to_lowercase();
    if email.is_empty() || body.password.is_empty() {
        return Err(ApiError::bad_request("Please provide email and password"));
    }
    if email.len() > LONGEST_EMAIL || body.password.len() > LONGEST_PASSWORD {
        return Err(ApiError::bad_request("Email or password is too long"));
    }
    let too_many = |wait| ApiError::too_many("Too many login attempts, please try again later", wait);
    // Both limits before any work: a password takes a tenth of a second to check.
    let from = network(from);
    state.logins.check(&(from, email.clone())).map_err(too_many)?;
    let attempt = state.common.sign_ins.begin(Backend::Marketplace, from, &email).map_err(too_many)?;
    state.failed_logins.begin(from).map_err(too_many)?;
    let user = state.store.user_by_email(&email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.as_str());
    let good = attempt.verify(&state.common.passwords, &body.password, hash).await;
    if !matches!(good, Ok(false)) {
        state.failed_logins.take_back(&from);
    }
    let good = good?;
    let Some(user) = user.filter(|_| good) else {
        debug!("Sign-in refused");
        // One message for both, so that nobody learns who has an account.
        return Err(ApiError::unauthorized("Invalid email or password"));
    };
    let claims = Claims { user_id: user.id.clone() };
    let now = Millis::now();
    let token = state.tokens.issue(&claims, now).ok_or_else(ApiError::internal)?;
    let refresh_token = state.refresh_tokens.issue(&claims, now).ok_or_else(ApiError::internal)?;
    let signed_in = SignedIn { user: present::own(&user), token, refresh_token: Some(refresh_token) };
    Ok(Json(Envelope::said("Login successful", signed_in)))
}

/// A new session for the refresh token, which stays good: two devices may hold the same.
pub(super) async fn refresh(
    State(state): State<Shared>,
    Body(body): Body<RefreshBody>,
) -> Result<Json<Envelope<Tokens>>, ApiError> {
    let failed = || ApiError::unauthorized("Invalid refresh token");
    let session: Session<Claims> = state.refresh_tokens.read(&body.refresh_token).ok_or_else(failed)?;
    let user = known(&state, &session).await?.ok_or_else(failed)?;
    let claims = Claims { user_id: user.id };
    let token = state.tokens.issue(&claims, Millis::now()).ok_or_else(ApiError::internal)?;
    let tokens = Tokens { token, refresh_token: Some(body.refresh_token) };
    Ok(Json(Envelope::said("Token refreshed", tokens)))
}

pub(super) async fn me(Caller(me): Caller) -> Json<Envelope<MeReply>> {
    Json(Envelope::of(MeReply { user: present::own(&me) }))
}
