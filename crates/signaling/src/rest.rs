//! The REST client over reqwest: one cookie jar, timeouts, redirects, and limits on the size of replies and
//! on the rate of requests. Knows no endpoint.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bellwire_dialects::{Identity, Method, RestCall};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, InvalidHeaderValue};
use reqwest::cookie::Jar;
use serde_json::Value;
use thiserror::Error;
use tokio::{sync::watch, time::timeout};
use url::Url;

use crate::{
    budget::{self, Budget},
    transport::Transport,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may be silent, before its answer and within it.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a whole answer may take: a large one comes slowly on a slow line.
const REPLY_TIMEOUT: Duration = Duration::from_secs(90);
/// Bytes of one reply: 5,000 people with five orders each are 5 MB.
const MAX_REPLY_BYTES: usize = 16 * 1024 * 1024;
/// Redirects of one request that are followed.
const MAX_REDIRECTS: usize = 3;

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
    #[error("the server took too long")]
    Slow,
    /// Nothing was sent there.
    #[error("the server sends us to another place")]
    Redirected,
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
    /// What the backend takes at present, the same for all tokens of an account.
    budget: watch::Sender<Budget>,
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// When the server wants to be asked again, if it says so.
    pub(crate) retry_after: Option<Duration>,
}

impl Rest {
    /// A client of `base` without credentials.
    pub(crate) fn anonymous(base: Url, transport: &Transport) -> Result<Self, RestError> {
        Self::with(base, Jar::default(), HeaderMap::new(), transport)
    }

    /// A client of `base` with an account's credentials. The cookie is set here from the token and not
    /// taken from the login reply: deployed servers mark it `Secure`, which a jar does not send back over
    /// http.
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
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // Followed by us: the library would make a GET of a login and does not know our credentials.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(RestError::Client)?;
        Ok(Self { client, base, budget: watch::Sender::default() })
    }

    /// The same limits as `other`, which speaks with an older token.
    pub(crate) fn share_budget(mut self, other: &Self) -> Self {
        self.budget = other.budget.clone();
        self
    }

    /// Until when what can wait has to, and every change of it.
    pub(crate) fn budget(&self) -> watch::Receiver<Budget> {
        self.budget.subscribe()
    }

    /// Status and body; a body that is not JSON is given as text.
    pub(crate) async fn call(&self, call: &RestCall) -> Result<(u16, Value), RestError> {
        let answer = self.ask(call).await?;
        Ok((answer.status, answer.body))
    }

    pub(crate) async fn ask(&self, call: &RestCall) -> Result<Answer, RestError> {
        timeout(REPLY_TIMEOUT, self.answer(call)).await.unwrap_or(Err(RestError::Slow))
    }

    async fn answer(&self, call: &RestCall) -> Result<Answer, RestError> {
        let mut response = self.follow(call).await?;
        let status = response.status().as_u16();
        if status == 407 {
            return Err(RestError::Proxy(None));
        }
        let now = SystemTime::now();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = budget::retry_after(&header, now);
        self.budget.send_if_modified(|budget| {
            let before = budget.waits_until(now);
            budget.note(status, header, now);
            budget.waits_until(now) != before
        });
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_REPLY_BYTES {
                return Err(RestError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Ok(Answer { status, body, retry_after })
    }

    /// Asks, and asks again where a redirect leads, unless that is another server.
    async fn follow(&self, call: &RestCall) -> Result<reqwest::Response, RestError> {
        let mut url = self.address(call)?;
        let mut method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut body = call.body.as_ref();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.client.request(method.clone(), url.clone());
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.map_err(unreachable)?;
            let status = response.status().as_u16();
            let place = response.headers().get(http::header::LOCATION).and_then(|place| place.to_str().ok());
            let Some(place) = place.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) else {
                return Ok(response);
            };
            let next = url.join(place).map_err(RestError::Address)?;
            if !same_server(&url, &next) {
                return Err(RestError::Redirected);
            }
            // Browsers make a GET of 301 and 302 as well, but one that only leads to TLS is the same call.
            let moved =
                matches!(status, 301 | 302) && (url.scheme() == next.scheme() || url.path() != next.path());
            if method != reqwest::Method::GET && (status == 303 || moved) {
                (method, body) = (reqwest::Method::GET, None);
            }
            url = next;
        }
        Err(RestError::Redirected)
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

/// Whether what is said to the one may be said to the other: the same host and port, or the same host
/// with TLS instead of none.
fn same_server(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let plain = to.username().is_empty() && to.password().is_none();
    let same = from.scheme() == to.scheme() && ports.0 == ports.1;
    let secured = from.scheme() == "http"
        && to.scheme() == "https"
        && (ports == (Some(80), Some(443)) || ports.0 == ports.1);
    plain && from.host() == to.host() && (same || secured)
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

    #[test]
    fn only_the_same_server_and_its_tls_are_followed() {
        let same = |from: &str, to: &str| same_server(&Url::parse(from).unwrap(), &Url::parse(to).unwrap());
        assert!(same("http://h/a", "http://h/b"));
        assert!(same("http://h/a", "https://h/a"));
        assert!(same("https://h:8443/a", "https://h:8443/b"));
        for (from, to) in [
            ("http://h/a", "http://other/a"),
            ("http://h/a", "https://other/a"),
            ("https://h/a", "http://h/a"),
            ("http://h:8000/a", "http://h:9000/a"),
            ("http://h:8000/a", "https://h/a"),
            ("http://h/a", "http://u:p@h/a"),
            ("http://h/a", "ftp://h/a"),
            ("http://h/a", "http://h.other/a"),
        ] {
            assert!(!same(from, to), "{from} {to}");
        }
    }
}
