//! REST: sign-in, sign-out, renewing a session, and the current user.

use axum::Json;
use axum::extract::State;
use bellwire_dialects::marketplace::wire::{LoginBody, MeReply, RefreshBody, SignedIn, Tokens};
use bellwire_dialects::{MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES};
use tracing::debug;

use super::current_user::{self, CurrentUser, known};
use super::response;
use super::state::{Claims, Shared, session_name};
use crate::auth::Session;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::marketplace::defaults::BACKEND;
use crate::reply::{Data, DataWithMessage, Done, data, data_with_message, done};
use crate::request::{Body, ClientIp, network};

pub(super) async fn login(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Result<Json<DataWithMessage<SignedIn>>, ApiError> {
    let email = body.email.trim().to_lowercase();
    if email.is_empty() || body.password.is_empty() {
        return Err(ApiError::bad_request("Please provide email and password"));
    }
    if email.len() > MAX_EMAIL_BYTES || body.password.len() > MAX_PASSWORD_BYTES {
        return Err(ApiError::bad_request("Email or password is too long"));
    }
    let too_many = |wait| ApiError::too_many("Too many login attempts, please try again later", wait);
    // Both limits before any work: a password takes a tenth of a second to check.
    let from = network(from);
    state.logins.check(&(from, email.clone())).map_err(too_many)?;
    let attempt = state.context.sign_ins.begin(BACKEND, from, &email).map_err(too_many)?;
    state.failed_logins.begin(from).map_err(too_many)?;
    let user = state.store.user_by_email(&email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.as_str());
    let good = attempt.verify(&state.context.passwords, &body.password, hash).await;
    if !matches!(good, Ok(false)) {
        state.failed_logins.take_back(&from);
    }
    let good = good?;
    let Some(user) = user.filter(|_| good) else {
        debug!("Sign-in refused");
        // One message for both, so that it does not show which accounts exist.
        return Err(ApiError::unauthorized("Invalid email or password"));
    };
    let family = format!("{:032x}", rand::random::<u128>());
    let (token, refresh_token) = issue(&state, &Claims { user_id: user.id.clone(), family })?;
    let signed_in = SignedIn { user: response::own(&user), token, refresh_token: Some(refresh_token) };
    Ok(data_with_message("Login successful", signed_in))
}

/// A token and the one that renews it.
fn issue(state: &Shared, claims: &Claims) -> Result<(String, String), ApiError> {
    let now = Millis::now();
    let token = state.tokens.issue(claims, now).ok_or_else(ApiError::internal)?;
    let refresh_token = state.refresh_tokens.issue(claims, now).ok_or_else(ApiError::internal)?;
    Ok((token, refresh_token))
}

/// A new session and a new refresh token. The one that was shown is good for a little longer: its owner
/// may not have got the answer, or have two windows. Shown later than that, it has two owners, and the
/// session ends for both.
pub(super) async fn refresh(
    State(state): State<Shared>,
    Body(body): Body<RefreshBody>,
) -> Result<Json<DataWithMessage<Tokens>>, ApiError> {
    let failed = || ApiError::unauthorized("Invalid refresh token");
    let session: Session<Claims> = state.refresh_tokens.read(&body.refresh_token).ok_or_else(failed)?;
    let user = known(&state, &session).await?.ok_or_else(failed)?;
    let now = Millis::now();
    let spent = state.store.spend(&session.jti, session.expires, now).await?;
    if spent.plus(state.context.config.refresh_grace) < now {
        debug!("A refresh token was used again");
        end(&state, &session).await?;
        return Err(failed());
    }
    let family = match session.claims.family.as_str() {
        "" => session.jti,
        family => family.to_owned(),
    };
    let (token, refresh_token) = issue(&state, &Claims { user_id: user.id, family })?;
    let tokens = Tokens { token, refresh_token: Some(refresh_token) };
    Ok(data_with_message("Token refreshed", tokens))
}

/// The session's tokens are good for nothing from then on, nor are the sockets they opened.
pub(super) async fn logout(
    State(state): State<Shared>,
    current_user::SignedIn(session): current_user::SignedIn,
) -> Result<Json<Done>, ApiError> {
    end(&state, &session).await?;
    Ok(done("Logged out successfully"))
}

async fn end(state: &Shared, session: &Session<Claims>) -> Result<(), ApiError> {
    let name = session_name(session);
    // Its refresh token may be younger, and live for as long as those do.
    let until = Millis::now().plus(state.refresh_tokens.ttl()).max(session.expires);
    let kept = state.context.revoked.end(&name, until).await;
    state.hub.signed_out(name).await;
    Ok(kept?)
}

pub(super) async fn me(CurrentUser(me): CurrentUser) -> Json<Data<MeReply>> {
    data(MeReply { user: response::own(&me) })
}
