//! REST request extractors shared by the backends: JSON bodies, queries, bearer tokens, network addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, MapDeserializer};
use tracing::debug;

use crate::error::ApiError;
use crate::openapi::{Doc, Input};

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The network address of the client that sends a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientIp(pub(crate) IpAddr);

impl Input for ClientIp {}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        client_ip(&parts.extensions, &parts.headers).map(Self).ok_or_else(ApiError::internal)
    }
}

/// Marks requests that come through a reverse proxy we trust.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BehindProxy;

/// Where a request comes from: the last entry of `X-Forwarded-For` behind a proxy, else the peer.
pub(crate) fn client_ip(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let direct = || extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip().to_canonical());
    let behind_proxy = extensions.get::<BehindProxy>().is_some();
    behind_proxy.then(|| forwarded(headers)).flatten().or_else(direct)
}

/// The proxy's own entry is the last of the last line: some proxies add to the client's line, others
/// add a line. All before it is whatever the client wrote.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?;
    let from = line.to_str().ok().and_then(|line| line.rsplit(',').next()).and_then(address);
    if from.is_none() {
        debug!(?line, "X-Forwarded-For does not end in an address; the proxy's own is taken");
    }
    from
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse().ok().map(|at: SocketAddr| at.ip());
    text.parse().ok().or_else(with_port).or_else(bare).map(|from: IpAddr| from.to_canonical())
}

/// A client that can send from an address can send from all of its network: an IPv6 /64 (RFC 4291, section
/// 2.5.1), or the IPv4 address itself.
pub(crate) fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(from) => IpAddr::V4(from),
        IpAddr::V6(from) => IpAddr::V6(Ipv6Addr::from_bits(from.to_bits() & !u128::from(u64::MAX))),
    }
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

impl<T: JsonSchema> Input for Body<T> {
    fn describe(doc: &mut Doc) {
        doc.reads_body::<T>();
    }
}

/// Whether a value is such a body: 1 or 0.
#[cfg(feature = "fuzzing")]
pub(crate) fn reads_as<T: DeserializeOwned>(body: &serde_json::Value) -> usize {
    usize::from(T::deserialize(body).is_ok())
}

/// The query of a request; of several values of a name the last counts. `T` has [`Text`]s and [`Number`]s.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let invalid = || ApiError::bad_request("The query is not valid");
        axum::extract::Query::<BTreeMap<String, String>>::from_request_parts(parts, state)
            .await
            .ok()
            .and_then(|query| T::deserialize(MapDeserializer::<_, Error>::new(query.0.into_iter())).ok())
            .map(Self)
            .ok_or_else(invalid)
    }
}

impl<T: JsonSchema> Input for Query<T> {
    fn describe(doc: &mut Doc) {
        doc.reads_query::<T>();
    }
}

/// A query parameter; a blank one counts as missing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn get(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|text| !text.is_empty())
    }
}

/// A query parameter that is a number.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Number(#[schemars(with = "u32")] Text);

impl Number {
    pub(crate) fn is_given(&self) -> bool {
        self.0.get().is_some()
    }

    /// The number, or `default` without one; `name` is for what is said of something else.
    pub(crate) fn or(&self, default: u32, name: &str) -> Result<u32, ApiError> {
        match self.0.get() {
            Some(text) => text.parse().map_err(|_| ApiError::bad_request(format!("{name} is not a number"))),
            None => Ok(default),
        }
    }
}

const LAST_PAGE: u32 = 1_000_000;
const LONGEST_PAGE: u32 = 100;

/// Which page of a list is wanted, and how long pages are.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Page {
    #[schemars(range(min = 1, max = LAST_PAGE))]
    page: Number,
    #[schemars(range(min = 1, max = LONGEST_PAGE))]
    limit: Number,
}

impl Page {
    /// Number (from 1) and length.
    pub(crate) fn read(&self) -> Result<(u32, u32), ApiError> {
        let page = self.page.or(1, "page")?.clamp(1, LAST_PAGE);
        Ok((page, self.limit.or(20, "limit")?.clamp(1, LONGEST_PAGE)))
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

    #[test]
    fn the_last_line_of_forwarded_addresses_is_the_proxys() {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1))));
        extensions.insert(BehindProxy);
        let from = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().expect("a value"));
            }
            client_ip(&extensions, &headers).expect("an address").to_string()
        };

        assert_eq!(from(&["1.1.1.1", "192.0.2.7"]), "192.0.2.7");
        assert_eq!(from(&["1.1.1.1, 2.2.2.2", "3.3.3.3, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(from(&["192.0.2.7:4711"]), "192.0.2.7");
        assert_eq!(from(&["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(from(&["[2001:db8::7]"]), "2001:db8::7");
        assert_eq!(from(&["2001:db8::7"]), "2001:db8::7");
        assert_eq!(from(&["::ffff:192.0.2.7"]), "192.0.2.7");
        for unfit in ["", "unknown", "1.1.1.1,", "1.2.3.4:99999", "[1.2.3.4]", "1.1.1.1, secret"] {
            assert_eq!(from(&["1.1.1.1", unfit]), "10.0.0.1", "{unfit:?}");
        }
    }
}
