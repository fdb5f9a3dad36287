//! The current user: the extractor of REST handlers that reads and checks the token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::state::{Claims, Shared, State, session_name};
use super::store::User;
use crate::auth::Session;
use crate::error::ApiError;
use crate::openapi::Input;
use crate::request::bearer;
use crate::store::StoreError;

/// The signed-in user.
pub(super) struct CurrentUser(pub(super) User);

/// The session of the signed-in user.
pub(super) struct SignedIn(pub(super) Session<Claims>);

impl Input for CurrentUser {}

impl FromRequestParts<Shared> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        Ok(Self(signed_in(parts, state).await?.0))
    }
}

impl Input for SignedIn {}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        Ok(Self(signed_in(parts, state).await?.1))
    }
}

async fn signed_in(parts: &Parts, state: &State) -> Result<(User, Session<Claims>), ApiError> {
    let token = bearer(parts).ok_or_else(|| ApiError::unauthorized("Not authorized, no token"))?;
    let failed = || ApiError::unauthorized("Not authorized, token failed");
    let session: Session<Claims> = state.tokens.read(token).ok_or_else(failed)?;
    let user = known(state, &session).await?.ok_or_else(failed)?;
    Ok((user, session))
}

/// The user of a good token; `None` if it was given back or the user is gone.
pub(super) async fn known(state: &State, session: &Session<Claims>) -> Result<Option<User>, StoreError> {
    if state.context.revoked.ended(&session_name(session), session).await? {
        return Ok(None);
    }
    state.store.user(&session.claims.user_id).await
}
