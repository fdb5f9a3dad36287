//! Photos of people, fetched by the program and not by the web view: an account's proxy and certificates
//! count, the page needs no leave for plain HTTP, and nothing but a picture of bounded size comes out.

use std::time::Duration;

use reqwest::redirect::{Action, Attempt, Policy};
use thiserror::Error;
use tokio::time::timeout;
use tracing::debug;
use url::Url;

use crate::transport::{Transport, TransportConfig, TransportError};

/// Bytes of one photo.
const MAX_PHOTO_BYTES: usize = 5 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a photo may take altogether.
const PHOTO_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_REDIRECTS: usize = 3;

/// A picture as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    /// What its first bytes say it is, whatever the server calls it: `image/png` and the like.
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Photo").field("mime", &self.mime).field("bytes", &self.bytes.len()).finish()
    }
}

/// Why there is no photo.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PhotoError {
    #[error("only photos of the account's own server may come over plain HTTP")]
    NotAllowed,
    #[error("no connection can be made that way")]
    Transport(#[from] TransportError),
    #[error("the photo could not be fetched")]
    Unreachable(#[source] reqwest::Error),
    #[error("the server answered {0}")]
    Refused(u16),
    #[error("the photo is larger than allowed")]
    TooLarge,
    #[error("what the server sent is no picture")]
    NotAPicture,
    #[error("the server took too long")]
    Slow,
}

/// Fetches photos. Made once for a server and kept: certificates are read and connections opened once.
#[derive(Clone, Debug)]
pub struct PhotoClient {
    client: reqwest::Client,
    own: bool,
}

impl PhotoClient {
    /// From the account's `own` server a photo may come over plain HTTP, and a redirect may not lead elsewhere:
    /// the owner of another server would learn when and from where it is looked at.
    ///
    /// # Errors
    /// No connection can be made that way.
    pub async fn new(own: bool, transport: &TransportConfig) -> Result<Self, PhotoError> {
        let client = Transport::prepare(transport).await?.client().and_then(|client| {
            client
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(Policy::custom(move |attempt| follow(attempt, own)))
                .referer(false)
                .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
                .build()
        });
        Ok(Self { client: client.map_err(PhotoError::Unreachable)?, own })
    }

    /// Fetches one.
    ///
    /// # Errors
    /// See [`PhotoError`].
    pub async fn fetch(&self, address: &Url) -> Result<Photo, PhotoError> {
        if !(address.scheme() == "https" || (self.own && address.scheme() == "http")) {
            return Err(PhotoError::NotAllowed);
        }
        timeout(PHOTO_TIMEOUT, read(&self.client, address)).await.unwrap_or(Err(PhotoError::Slow))
    }
}

async fn read(client: &reqwest::Client, address: &Url) -> Result<Photo, PhotoError> {
    let mut response = client.get(address.clone()).send().await.map_err(PhotoError::Unreachable)?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(PhotoError::Refused(status));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(PhotoError::Unreachable)? {
        if bytes.len() + chunk.len() > MAX_PHOTO_BYTES {
            return Err(PhotoError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    debug!(bytes = bytes.len(), "Photo fetched");
    // No SVG: it is a document, and no picture by its first bytes.
    let kind = infer::get(&bytes).filter(|kind| kind.matcher_type() == infer::MatcherType::Image);
    Ok(Photo { mime: kind.ok_or(PhotoError::NotAPicture)?.mime_type(), bytes })
}

fn follow(attempt: Attempt<'_>, own: bool) -> Action {
    let from = attempt.previous().last();
    let allowed = attempt.previous().len() <= MAX_REDIRECTS
        && from.is_some_and(|from| may_lead(from, attempt.url(), own));
    if allowed { attempt.follow() } else { attempt.stop() }
}

/// Never from TLS to plain HTTP, and from the own server nowhere else.
fn may_lead(from: &Url, to: &Url, own: bool) -> bool {
    let same_host = from.host() == to.host();
    match to.scheme() {
        "https" => !own || same_host,
        "http" => own && same_host && from.scheme() == "http",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{StatusCode, header};
    use axum::response::Redirect;
    use axum::routing::get;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest";

    async fn server() -> Url {
        let elsewhere = |to: &'static str| get(move || async move { Redirect::temporary(to) });
        let router = Router::new()
            .route("/ann", get(|| async { ([(header::CONTENT_TYPE, "text/html")], PNG) }))
            .route("/page", get(|| async { ([(header::CONTENT_TYPE, "image/png")], "<html>") }))
            .route("/drawing", get(|| async { "<svg xmlns='http://www.w3.org/2000/svg'/>" }))
            .route("/huge", get(|| async { [PNG, &vec![0; MAX_PHOTO_BYTES]].concat() }))
            .route("/moved", elsewhere("/ann"))
            .route("/around", elsewhere("/around"))
            .route("/away", elsewhere("https://pictures.example/ann"))
            .route("/gone", get(|| async { StatusCode::NOT_FOUND }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Url::parse(&format!("http://{address}/")).unwrap()
    }

    async fn client(own: bool) -> PhotoClient {
        PhotoClient::new(own, &TransportConfig::default()).await.unwrap()
    }

    #[tokio::test]
    async fn only_a_picture_of_the_own_server_comes() {
        let server = server().await;
        let of = async |path: &str| {
            let address = server.join(path).unwrap();
            client(true).await.fetch(&address).await
        };
        let ann = Photo { mime: "image/png", bytes: PNG.to_vec() };
        assert_eq!(of("ann").await.unwrap(), ann);
        assert_eq!(of("moved").await.unwrap(), ann);
        for path in ["page", "drawing"] {
            assert!(matches!(of(path).await, Err(PhotoError::NotAPicture)), "{path}");
        }
        assert!(matches!(of("huge").await, Err(PhotoError::TooLarge)));
        assert!(matches!(of("gone").await, Err(PhotoError::Refused(404))));
        for path in ["away", "around"] {
            assert!(matches!(of(path).await, Err(PhotoError::Refused(307))), "{path}");
        }
        let address = server.join("ann").unwrap();
        let foreign = client(false).await.fetch(&address).await;
        assert!(matches!(foreign, Err(PhotoError::NotAllowed)));
        let file = Url::parse("file:///etc/passwd").unwrap();
        let file = client(true).await.fetch(&file).await;
        assert!(matches!(file, Err(PhotoError::NotAllowed)));
    }

    #[test]
    fn no_redirect_leads_out_of_tls_or_away_from_the_own_server() {
        let url = |text: &str| Url::parse(text).unwrap();
        let (open, closed, other) =
            (url("http://shop.example/a"), url("https://shop.example/b"), url("https://img.example/a"));
        assert!(may_lead(&open, &closed, true) && may_lead(&open, &open, true));
        assert!(!may_lead(&closed, &open, true) && !may_lead(&closed, &other, true));
        assert!(may_lead(&closed, &other, false) && !may_lead(&closed, &open, false));
        assert!(!may_lead(&closed, &url("file:///etc/passwd"), false));
    }
}
