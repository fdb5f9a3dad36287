//! Sign-in, sign-out, and the user of a token.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use bellwire_dialects::clinic::wire::{LoginBody, LoginReply, StatusReply, UserRole};
use bellwire_dialects::{MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::current_user::{CurrentUser, unauthorized};
use super::hub::News;
use super::party::Claims;
use super::response;
use super::state::Shared;
use crate::auth::Session;
use crate::clinic::defaults::BACKEND;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::Created;
use crate::request::{Body, ClientIp, bearer, network};

const SHORTEST_PASSWORD: usize = 8;

type Reply<T> = Result<Created<Json<T>>, ApiError>;

/// What was done, in a word.
#[derive(Serialize, JsonSchema)]
pub(super) struct Code {
    code: &'static str,
}

fn done(code: &'static str) -> Created<Json<Code>> {
    Created(Json(Code { code }))
}

pub(super) async fn anybody(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Reply<LoginReply> {
    login(state, from, body, None).await
}

pub(super) async fn practitioner(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    Body(body): Body<LoginBody>,
) -> Reply<LoginReply> {
    login(state, from, body, Some(UserRole::Practitioner)).await
}

async fn login(state: Shared, from: IpAddr, body: LoginBody, only: Option<UserRole>) -> Reply<LoginReply> {
    let email = body.email.trim().to_lowercase();
    if email.is_empty() || email.len() > MAX_EMAIL_BYTES || body.password.is_empty() {
        return Err(ApiError::bad_request("email and password should not be empty"));
    }
    if body.password.len() > MAX_PASSWORD_BYTES {
        return Err(ApiError::bad_request("password is too long"));
    }
    state
        .logins
        .check(&(network(from), email.clone()))
        .map_err(|wait| ApiError::too_many("ThrottlerException: Too Many Requests", wait))?;
    let attempt = state
        .context
        .sign_ins
        .begin(BACKEND, from, &email)
        .map_err(|wait| ApiError::too_many("ThrottlerException: Too Many Requests", wait))?;
    let user = state.store.user_by_email(&email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.as_str());
    let good = attempt.verify(&state.context.passwords, &body.password, hash).await?;
    let known = user.filter(|_| good).and_then(|user| Some((UserRole::parse(&user.role)?, user)));
    // One message for all, so that it does not show which accounts exist.
    let Some((role, user)) = known.filter(|(role, _)| only.is_none_or(|only| *role == only)) else {
        debug!("Sign-in refused");
        return Err(ApiError::unauthorized("Invalid credentials"));
    };
    let claims = Claims { sub: user.id, email: user.email, role, generation: user.generation };
    let issue =
        |tokens: &crate::auth::Tokens| tokens.issue(&claims, Millis::now()).ok_or_else(ApiError::internal);
    let reply = if user.must_change_password {
        LoginReply {
            code: "PASSWORD_CHANGE_REQUIRED".to_owned(),
            message: Some("Please choose a new password first".to_owned()),
            access_token: None,
            temp_access_token: Some(issue(&state.password_tokens)?),
        }
    } else {
        LoginReply {
            code: "LOGIN_SUCCESS".to_owned(),
            message: None,
            access_token: Some(issue(&state.tokens)?),
            temp_access_token: None,
        }
    };
    Ok(Created(Json(reply)))
}

/// Body of `POST /auth/change-password`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPassword {
    #[schemars(length(min = SHORTEST_PASSWORD, max = MAX_PASSWORD_BYTES))]
    new_password: String,
}

/// With the token that a sign-in gave for this alone. All sessions of the old password are over.
pub(super) async fn change_password(
    State(state): State<Shared>,
    parts: Parts,
    Body(body): Body<NewPassword>,
) -> Reply<Code> {
    let token = bearer(&parts).ok_or_else(unauthorized)?;
    let session: Session<Claims> = state.password_tokens.read(token).ok_or_else(unauthorized)?;
    if state.context.revoked.contains(&session).await? {
        return Err(unauthorized());
    }
    if !(SHORTEST_PASSWORD..=MAX_PASSWORD_BYTES).contains(&body.new_password.len()) {
        return Err(ApiError::bad_request("newPassword must be longer than or equal to 8 characters"));
    }
    let hash = state.context.passwords.hash(&body.new_password).await.map_err(|_| ApiError::internal())?;
    if !state.store.set_password(&session.claims.sub, session.claims.generation, &hash).await? {
        return Err(unauthorized());
    }
    state.hub.tell(News::PasswordChanged { user: session.claims.sub }).await;
    Ok(done("PASSWORD_CHANGED"))
}

/// The token is good for nothing from then on, nor are the sockets it opened.
pub(super) async fn sign_out(State(state): State<Shared>, caller: CurrentUser) -> Reply<Code> {
    let kept = state.context.revoked.add(&caller.session).await;
    state.hub.signed_out(caller.session.jti).await;
    kept?;
    Ok(done("SIGN_OUT_SUCCESS"))
}

pub(super) async fn status(caller: CurrentUser) -> Json<StatusReply> {
    Json(StatusReply { code: "TOKEN_VALID".to_owned(), user: response::user(caller.user) })
}
