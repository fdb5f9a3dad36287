//! The current user: the extractor of REST handlers that reads and checks the token.

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use bellwire_dialects::storefront::wire::UserType;

use crate::auth::Session;
use crate::error::ApiError;
use crate::openapi::Input;
use crate::request::bearer;
use crate::storefront::hub::Party;
use crate::storefront::state::{Claims, Shared, State};

/// The signed-in user, in either role; the seller's cookie goes first, as deployed.
pub(super) struct CurrentUser(pub(super) Party);

/// A signed-in seller.
pub(super) struct Seller(pub(super) String);

/// A signed-in customer.
pub(super) struct Customer(pub(super) String);

impl Input for CurrentUser {}

impl FromRequestParts<Shared> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        authenticate(parts, state, &[UserType::Seller, UserType::Customer]).await.map(Self)
    }
}

impl Input for Seller {}

impl FromRequestParts<Shared> for Seller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        only(authenticate(parts, state, &[UserType::Seller, UserType::Customer]).await?, UserType::Seller)
            .map(Self)
    }
}

impl Input for Customer {}

impl FromRequestParts<Shared> for Customer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        only(authenticate(parts, state, &[UserType::Customer, UserType::Seller]).await?, UserType::Customer)
            .map(Self)
    }
}

fn only(party: Party, role: UserType) -> Result<String, ApiError> {
    if party.role == role {
        Ok(party.id)
    } else {
        Err(ApiError::forbidden(format!("Only a {} may do this", role.as_str())))
    }
}

/// Missing: 401. There but not good: 400, as deployed.
async fn authenticate(parts: &Parts, state: &State, order: &[UserType]) -> Result<Party, ApiError> {
    let session = session(parts, state, order)?;
    let Claims { id, role } = session.claims.clone();
    if state.context.revoked.contains(&session).await? {
        return Err(stale());
    }
    if state.store.account(role, &id).await?.is_none() {
        return Err(unauthenticated());
    }
    Ok(Party { id, role })
}

/// The valid token of a request, of any user; it may have been given back.
pub(super) fn session(parts: &Parts, state: &State, order: &[UserType]) -> Result<Session<Claims>, ApiError> {
    let session = match cookie(parts, order) {
        Some((role, token)) => {
            state.tokens.read(&token).filter(|session: &Session<Claims>| session.claims.role == role)
        }
        None => match bearer(parts) {
            Some(token) => state.tokens.read(token),
            None => return Err(unauthenticated()),
        },
    };
    session.ok_or_else(stale)
}

fn unauthenticated() -> ApiError {
    ApiError::unauthorized("Please login to continue")
}

fn stale() -> ApiError {
    ApiError::bad_request("Your session is invalid or has expired, please login again")
}

fn cookie(parts: &Parts, order: &[UserType]) -> Option<(UserType, String)> {
    if !parts.headers.contains_key(COOKIE) {
        return None;
    }
    let jar = CookieJar::from_headers(&parts.headers);
    order.iter().find_map(|role| {
        let token = jar.get(role.cookie())?.value();
        (!token.is_empty()).then(|| (*role, token.to_owned()))
    })
}
