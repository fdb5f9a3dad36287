//! REST over reqwest: one cookie jar, time-outs, and a limit on what a server may answer. Knows no
//! endpoint.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bellwire_dialects::{Identity, Method, RestCall};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, InvalidHeaderValue};
use reqwest::cookie::Jar;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use crate::transport::Transport;

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);
/// Bytes of one reply.
const REPLY: usize = 1024 * 1024;

/// Why a REST call got no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum RestError {
    #[error("the server could not be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the server's certificate is not accepted")]
    Tls(#[source] reqwest::Error),
    #[error("the proxy gave no connection")]
    Proxy(#[source] Option<reqwest::Error>),
    #[error("the server's reply is larger than allowed")]
    TooLarge,
    #[error("the address is not usable")]
    Address(#[source] url::ParseError),
    #[error("the token cannot be sent")]
    Token(#[source] InvalidHeaderValue),
    #[error("no HTTP client can be made")]
    Client(#[source] reqwest::Error),
}

/// One backend's REST side, as one account.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    client: reqwest::Client,
    base: Url,
}

impl Rest {
    /// Talks to `base` as nobody.
    pub(crate) fn anonymous(base: Url, transport: &Transport) -> Result<Self, RestError> {
        Self::with(base, Jar::default(), HeaderMap::new(), transport)
    }

    /// Talks to `base` as somebody. The cookie is set here from the token and not taken from the login
    /// reply: deployed servers mark it `Secure`, which a jar does not send back over http.
    pub(crate) fn signed_in(
        base: Url,
        identity: &Identity,
        transport: &Transport,
    ) -> Result<Self, RestError> {
        let jar = Jar::default();
        if let Some(cookie) = &identity.cookie {
            jar.add_cookie_str(&format!("{cookie}={}; Path=/; HttpOnly", identity.token), &base);
        }
        let mut headers = HeaderMap::new();
        if identity.bearer && !identity.token.is_empty() {
            let mut bearer =
                HeaderValue::from_str(&format!("Bearer {}", identity.token)).map_err(RestError::Token)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        Self::with(base, jar, headers, transport)
    }

    fn with(base: Url, jar: Jar, headers: HeaderMap, transport: &Transport) -> Result<Self, RestError> {
        let client = transport
            .client()
            .map_err(RestError::Client)?
            .cookie_provider(Arc::new(jar))
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::limited(3))
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(RestError::Client)?;
        Ok(Self { client, base })
    }

    /// Status and body; a body that is not JSON is given as text.
    pub(crate) async fn call(&self, call: &RestCall) -> Result<(u16, Value), RestError> {
        let url = self.address(call)?;
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self.client.request(method, url);
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        if status == 407 {
            return Err(RestError::Proxy(None));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > REPLY {
                return Err(RestError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Ok((status, body))
    }

    /// Base and path are joined as text: a base may have a path of its own.
    fn address(&self, call: &RestCall) -> Result<Url, RestError> {
        let mut url = self.base.clone();
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), call.path);
        url.set_path(&path);
        url.set_query(None);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        // A path of the dialect cannot lead to another host, but a normalised one may lead elsewhere.
        if url.path().starts_with(self.base.path().trim_end_matches('/')) {
            Ok(url)
        } else {
            Err(RestError::Address(url::ParseError::RelativeUrlWithoutBase))
        }
    }
}

/// Of a failed handshake the library tells only words.
fn unreachable(error: reqwest::Error) -> RestError {
    let mut source: Option<&dyn Error> = error.source();
    while let Some(cause) = source {
        let words = cause.to_string().to_lowercase();
        if ["certificate", "ssl", "tls"].iter().any(|word| words.contains(word)) {
            return RestError::Tls(error.without_url());
        }
        if ["proxy", "tunnel", "socks"].iter().any(|word| words.contains(word)) {
            return RestError::Proxy(Some(error.without_url()));
        }
        source = cause.source();
    }
    RestError::Unreachable(error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TransportConfig;

    async fn at(base: &str) -> Rest {
        let transport = Transport::prepare(&TransportConfig::default()).await.unwrap();
        Rest::anonymous(Url::parse(base).unwrap(), &transport).unwrap()
    }

    #[tokio::test]
    async fn paths_are_appended_to_the_base_and_queries_encoded() {
        let rest = at("http://h:8000/api/v2/").await;
        let call = RestCall {
            method: Method::Get,
            path: "/video-call/customers/s1".into(),
            query: vec![("search".into(), "Ann & Bob".into())],
            body: None,
        };
        let url = rest.address(&call).unwrap();
        assert_eq!(url.as_str(), "http://h:8000/api/v2/video-call/customers/s1?search=Ann+%26+Bob");
    }

    #[tokio::test]
    async fn a_path_cannot_climb_out_of_the_base() {
        let rest = at("http://h:8000/api/v2/").await;
        let call =
            RestCall { method: Method::Get, path: "/../../admin".into(), query: Vec::new(), body: None };
        assert!(rest.address(&call).is_err());
    }
}
