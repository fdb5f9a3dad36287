//! Who sends a REST request, and what is in it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use bellwire_dialects::storefront::wire::UserType;
use serde::de::DeserializeOwned;

use crate::auth::Identity;
use crate::error::ApiError;
use crate::hub::Party;
use crate::state::{Shared, State};

/// Somebody signed in, in either role; the seller's cookie goes first, as deployed.
pub(super) struct Caller(pub(super) Party);

/// A signed-in seller.
pub(super) struct Seller(pub(super) String);

/// A signed-in customer.
pub(super) struct Customer(pub(super) String);

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        authenticate(parts, state, &[UserType::Seller, UserType::Customer]).await.map(Self)
    }
}

impl FromRequestParts<Shared> for Seller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        only(authenticate(parts, state, &[UserType::Seller, UserType::Customer]).await?, UserType::Seller)
            .map(Self)
    }
}

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
    let identity = match cookie(parts, order) {
        Some((role, token)) => state.tokens.read(&token).filter(|identity| identity.role == role),
        None => match bearer(parts) {
            Some(token) => state.tokens.read(token),
            None => return Err(ApiError::unauthenticated()),
        },
    };
    let Some(Identity { id, role, .. }) = identity else {
        return Err(ApiError::bad_request("Your session is invalid or has expired, please login again"));
    };
    if state.store.account(role, &id).await?.is_none() {
        return Err(ApiError::unauthenticated());
    }
    Ok(Party { id, role })
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

/// For clients without a cookie jar.
fn bearer(parts: &Parts) -> Option<&str> {
    parts.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// A JSON body; what is wrong with it is said in the backend's own shape.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::JsonDataError(error)) => Err(ApiError::bad_request(error.body_text())),
            Err(rejection) => Err(ApiError::status(rejection.status(), "The request body is not valid JSON")),
        }
    }
}

/// The query of a request, by name; the last of several counts.
pub(super) struct Params(BTreeMap<String, String>);

impl FromRequestParts<Shared> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        axum::extract::Query::<BTreeMap<String, String>>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|_| ApiError::bad_request("The query is not valid"))
    }
}

impl Params {
    /// A parameter that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, name: &str, default: u32) -> Result<u32, ApiError> {
        match self.text(name) {
            Some(text) => text.parse().map_err(|_| ApiError::bad_request(format!("{name} is not a number"))),
            None => Ok(default),
        }
    }
}
