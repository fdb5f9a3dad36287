//! Who sends a REST request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::state::{Claims, Shared, State};
use super::store::User;
use crate::auth::Session;
use crate::error::ApiError;
use crate::request::bearer;
use crate::store::StoreError;

/// Somebody signed in.
pub(super) struct Caller(pub(super) User);

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or_else(|| ApiError::unauthorized("Not authorized, no token"))?;
        let failed = || ApiError::unauthorized("Not authorized, token failed");
        let session: Session<Claims> = state.tokens.read(token).ok_or_else(failed)?;
        known(state, &session).await?.map(Self).ok_or_else(failed)
    }
}

/// The user of a good token; `None` if it was given back or the user is gone.
pub(super) async fn known(state: &State, session: &Session<Claims>) -> Result<Option<User>, StoreError> {
    if state.common.revoked.contains(session).await? {
        return Ok(None);
    }
    state.store.user(&session.claims.user_id).await
}
