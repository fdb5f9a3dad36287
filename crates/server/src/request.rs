//! What every backend reads from REST requests in the same way: JSON bodies, queries, bearer tokens.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The network address of whoever sends a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientIp(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        client_ip(&parts.extensions, &parts.headers).map(Self).ok_or_else(ApiError::internal)
    }
}

/// Marks requests that come through a reverse proxy we trust.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BehindProxy;

pub(crate) fn client_ip(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    // The last entry is the proxy's own; those before it are whatever the client wrote.
    let forwarded = || headers.get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
    let direct = || extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
    extensions.get::<BehindProxy>().is_some().then(forwarded).flatten().or_else(direct)
}

/// A JSON body; what is wrong with it is said in the backend's own shape.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::JsonDataError(error)) => Err(ApiError::bad_request(error.body_text())),
            Err(rejection) => Err(ApiError::status(rejection.status(), "The request body is not valid JSON")),
        }
    }
}

/// The query of a request, by name; the last of several counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Query::<BTreeMap<String, String>>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|_| ApiError::bad_request("The query is not valid"))
    }
}

impl Params {
    /// A parameter that is there and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, name: &str, default: u32) -> Result<u32, ApiError> {
        match self.text(name) {
            Some(text) => text.parse().map_err(|_| ApiError::bad_request(format!("{name} is not a number"))),
            None => Ok(default),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_counts_only_behind_a_proxy() {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1))));
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "1.1.1.1, 192.0.2.7".parse().expect("a value"));

        let ip = |text: &str| Some(text.parse().expect("an address"));
        assert_eq!(client_ip(&extensions, &headers), ip("10.0.0.1"));
        extensions.insert(BehindProxy);
        assert_eq!(client_ip(&extensions, &headers), ip("192.0.2.7"));
        assert_eq!(client_ip(&extensions, &HeaderMap::new()), ip("10.0.0.1"));
    }
}
