//! The current user: the extractor of REST handlers, also for tokens shown on a socket.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::state::{Claims, Shared, State};
use super::store::Account;
use crate::auth::Session;
use crate::error::ApiError;
use crate::openapi::Input;
use crate::request::bearer;
use crate::store::StoreError;

/// The signed-in user.
pub(super) struct CurrentUser(pub(super) Account);

/// The token of the signed-in user.
pub(super) struct Token(pub(super) Session<Claims>);

impl Input for CurrentUser {}

impl FromRequestParts<Shared> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or_else(|| ApiError::unauthorized("No token, authorization denied"))?;
        match known(state, token).await? {
            Some((account, _)) => Ok(Self(account)),
            None => Err(ApiError::unauthorized("Token is not valid")),
        }
    }
}

impl Input for Token {}

impl FromRequestParts<Shared> for Token {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or_else(|| ApiError::unauthorized("No token, authorization denied"))?;
        match known(state, token).await? {
            Some((_, session)) => Ok(Self(session)),
            None => Err(ApiError::unauthorized("Token is not valid")),
        }
    }
}

/// The account of a token that is still good.
pub(super) async fn known(
    state: &State,
    token: &str,
) -> Result<Option<(Account, Session<Claims>)>, StoreError> {
    let Some(session) = state.tokens.read::<Claims>(token) else { return Ok(None) };
    if state.context.revoked.contains(&session).await? {
        return Ok(None);
    }
    Ok(state.store.account(&session.claims.id).await?.map(|account| (account, session)))
}
