//! The current user: the extractor of REST handlers that reads and checks the token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use bellwire_dialects::clinic::wire::UserRole;

use super::party::{Claims, Party};
use super::state::Shared;
use super::store::User;
use crate::auth::Session;
use crate::error::ApiError;
use crate::openapi::Input;
use crate::request::bearer;

/// The signed-in user: the token and the account it belongs to.
pub(super) struct CurrentUser {
    pub(super) session: Session<Claims>,
    pub(super) user: User,
}

impl CurrentUser {
    pub(super) fn party(&self) -> Party {
        Party { id: self.session.claims.sub.clone(), role: self.session.claims.role }
    }

    /// The same, if they are in that role.
    pub(super) fn only(&self, role: UserRole) -> Result<Party, ApiError> {
        if self.session.claims.role == role {
            Ok(self.party())
        } else {
            Err(ApiError::forbidden("Forbidden resource"))
        }
    }
}

impl Input for CurrentUser {}

impl FromRequestParts<Shared> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or_else(unauthorized)?;
        let session: Session<Claims> = state.tokens.read(token).ok_or_else(unauthorized)?;
        if state.context.revoked.contains(&session).await? {
            return Err(unauthorized());
        }
        let user = state.store.user(&session.claims.sub).await?;
        let user = user.filter(|user| user.generation == session.claims.generation);
        let user = user.ok_or_else(unauthorized)?;
        Ok(Self { session, user })
    }
}

pub(super) fn unauthorized() -> ApiError {
    ApiError::unauthorized("Unauthorized")
}
