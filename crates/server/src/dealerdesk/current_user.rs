//! The current user: the extractor of REST handlers that reads and checks the token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use bellwire_dialects::dealerdesk::wire::UserType;

use super::party::{Claims, Party};
use super::state::Shared;
use crate::auth::Session;
use crate::config::Mode;
use crate::error::ApiError;
use crate::openapi::Input;
use crate::request::bearer;

/// A user with a valid token, or in compat mode perhaps one without.
pub(super) struct CurrentUser(Option<Party>);

/// The session of the signed-in user, in both modes.
pub(super) struct SignedIn(pub(super) Session<Claims>);

impl Input for CurrentUser {}

impl FromRequestParts<Shared> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        if bearer(parts).is_none() {
            return match state.context.config.mode {
                Mode::Strict => Err(ApiError::unauthorized("Please sign in")),
                Mode::Compat => Ok(Self(None)),
            };
        }
        let claims = signed_in(parts, state).await?.claims;
        Ok(Self(Some(Party { role: claims.role, email: claims.email })))
    }
}

impl Input for SignedIn {}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        signed_in(parts, state).await.map(Self)
    }
}

async fn signed_in(parts: &Parts, state: &Shared) -> Result<Session<Claims>, ApiError> {
    let token = bearer(parts).ok_or_else(|| ApiError::unauthorized("Please sign in"))?;
    let stale = || ApiError::unauthorized("Your session is invalid or has expired, please sign in again");
    let session: Session<Claims> = state.tokens.read(token).ok_or_else(stale)?;
    let party = Party { role: session.claims.role, email: session.claims.email.clone() };
    if state.context.revoked.contains(&session).await? || state.store.account(&party).await?.is_none() {
        return Err(stale());
    }
    Ok(session)
}

impl CurrentUser {
    /// The user of the token; without one, the user the request names, as deployed.
    pub(super) fn or(self, said: impl FnOnce() -> Party) -> Party {
        self.0.unwrap_or_else(said)
    }

    /// Only for oneself: a token's owner must be at that address.
    pub(super) async fn at(self, email: &str, state: &Shared) -> Result<Party, ApiError> {
        match self.0 {
            Some(party) if Party::new(party.role, email) == party => Ok(party),
            Some(_) => Err(ApiError::forbidden("This belongs to somebody else")),
            None => {
                for role in [UserType::Dealer, UserType::Technician] {
                    let party = Party::new(role, email);
                    if state.store.account(&party).await?.is_some() {
                        return Ok(party);
                    }
                }
                Err(ApiError::not_found("User not found"))
            }
        }
    }
}
