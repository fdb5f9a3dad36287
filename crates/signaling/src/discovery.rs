//! What is at an address: `/.well-known/bellwire.json`, where a server says which backends it has.
//! It signs no account in.

use bellwire_dialects::{Entry, Method, RestCall};
use serde::Deserialize;
use serde_json::Value;
use tracing::debug;
use url::Url;

use crate::{
    backend::{Backend, SOCKET_PATH, address},
    rest::Rest,
    sign_in::SignInError,
    transport::{Transport, TransportConfig},
};

/// Where a server describes itself.
const WELL_KNOWN_PATH: &str = "/.well-known/bellwire.json";
/// Backends of one server that are looked at.
const MAX_BACKENDS: usize = 64;

/// A backend that a server has and this program speaks.
#[derive(Clone, Debug)]
pub struct Offered {
    pub entry: &'static Entry,
    pub backend: Backend,
}

/// Asks a server which backends it has: the one at the address that was asked first, then in its own order.
///
/// # Errors
/// [`SignInError::NotABackend`] if it does not describe itself or has none that we speak; the user may
/// still choose one by hand.
pub async fn discover(server: &str, transport: &TransportConfig) -> Result<Vec<Offered>, SignInError> {
    let transport = Transport::prepare(transport).await?;
    let found = ask(&address(server)?, &transport).await?;
    found.filter(|found| !found.is_empty()).ok_or(SignInError::NotABackend)
}

/// What the server says it has; `None` if it does not describe itself.
pub(crate) async fn ask(server: &Url, transport: &Transport) -> Result<Option<Vec<Offered>>, SignInError> {
    let mut root = server.clone();
    root.set_path("/");
    let ask =
        RestCall { method: Method::Get, path: WELL_KNOWN_PATH.to_owned(), query: Vec::new(), body: None };
    let (status, body) = Rest::anonymous(root.clone(), transport)?.call(&ask).await?;
    match status {
        200 => read(&root, &body),
        429 => Err(SignInError::RateLimited),
        _ => {
            debug!(status, "No description");
            Ok(None)
        }
    }
}

/// The place of a backend whose server does not describe itself: REST below the address, where that
/// dialect's REST usually is, and the socket at the same host. Backends whose socket is elsewhere
/// (storefront as deployed) need their bases typed.
pub(crate) fn guess(server: &Url, entry: &Entry) -> Backend {
    let mut rest = server.clone();
    rest.set_query(None);
    rest.set_fragment(None);
    let mut socket = rest.clone();
    socket.set_path("/");
    let path = rest.path().trim_end_matches('/').to_owned();
    if !path.ends_with(entry.rest_prefix) {
        rest.set_path(&format!("{path}{}", entry.rest_prefix));
    }
    Backend { rest, socket, socket_path: SOCKET_PATH.to_owned(), seats: None }
}

#[derive(Debug, Deserialize)]
struct Description {
    dialects: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    rest_base: String,
    socket_base: String,
    #[serde(default)]
    socket_path: Option<String>,
    /// A number, if it is to count.
    #[serde(default)]
    seats: Value,
}

/// The backends of a description that we speak; bases may be relative to `server`. A line that is not
/// understood is as good as not there; so is one that leads from https to http, but if there is nothing
/// else the user sees why.
fn read(server: &Url, body: &Value) -> Result<Option<Vec<Offered>>, SignInError> {
    let Ok(description) = Description::deserialize(body) else { return Ok(None) };
    let secure = server.scheme() == "https";
    let line = |line: &Value| {
        let line = Line::deserialize(line).ok()?;
        let entry = bellwire_dialects::dialect(&line.id)?;
        let rest = server.join(&line.rest_base).ok().filter(is_web)?;
        let socket = server.join(&line.socket_base).ok().filter(is_web)?;
        let socket_path = line.socket_path.unwrap_or_else(|| SOCKET_PATH.to_owned());
        let seats = line.seats.as_u64().map(|seats| u8::try_from(seats).unwrap_or(u8::MAX));
        Some(Offered { entry, backend: Backend { rest, socket, socket_path, seats } })
    };
    let all: Vec<Offered> = description.dialects.iter().take(MAX_BACKENDS).filter_map(line).collect();
    let any = !all.is_empty();
    let mut kept: Vec<Offered> =
        all.into_iter().filter(|offered| !secure || is_secure(&offered.backend)).collect();
    if any && kept.is_empty() {
        return Err(SignInError::Unencrypted);
    }
    // The address that was typed is one of them, whatever order the server lists them in.
    kept.sort_by_key(|offered| {
        let there = |base: &Url| base.origin() == server.origin();
        !(there(&offered.backend.rest) || there(&offered.backend.socket))
    });
    Ok(Some(kept))
}

fn is_secure(backend: &Backend) -> bool {
    backend.rest.scheme() == "https" && backend.socket.scheme() == "https"
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Reads a description as a server at 127.0.0.1 would send it.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_description(body: &[u8]) -> Option<Vec<Offered>> {
    let server = Url::parse("http://127.0.0.1:8000/").ok()?;
    read(&server, &serde_json::from_slice(body).ok()?).ok()?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server() -> Url {
        Url::parse("http://127.0.0.1:8000/").unwrap()
    }

    #[test]
    fn bases_may_be_relative_or_absolute() {
        let body = json!({ "version": 1, "dialects": [
            { "id": "unheard-of", "restBase": "/x", "socketBase": "/" },
            { "id": "storefront", "restBase": "/api/v2", "socketBase": "http://127.0.0.1:4000", "seats": 1000 },
            { "id": "hearth", "restBase": "/", "socketBase": "/", "seats": "many" },
        ] });
        let found = read(&server(), &body).unwrap().unwrap();
        assert_eq!(found.iter().map(|one| one.backend.seats).collect::<Vec<_>>(), [Some(255), None]);
        assert_eq!(found[0].entry.id, "storefront");
        assert_eq!(found[0].backend.rest.as_str(), "http://127.0.0.1:8000/api/v2");
        assert_eq!(found[0].backend.socket_address().as_str(), "http://127.0.0.1:4000/socket.io/");
    }

    #[test]
    fn what_was_asked_for_comes_first() {
        let line = |id: &str, port: u16| {
            let base = format!("http://127.0.0.1:{port}");
            json!({ "id": id, "restBase": format!("{base}/api"), "socketBase": base })
        };
        let body =
            json!({ "dialects": [line("storefront", 8001), line("hearth", 8000), line("clinic", 8002)] });
        let found = read(&server(), &body).unwrap().unwrap();
        assert_eq!(
            found.iter().map(|one| one.entry.id).collect::<Vec<_>>(),
            ["hearth", "storefront", "clinic"]
        );
    }

    #[test]
    fn what_is_not_understood_or_not_web_is_not_there() {
        let body = json!({ "dialects": [
            7,
            { "id": "storefront" },
            { "id": "storefront", "restBase": "file:///", "socketBase": "/" },
            { "id": "storefront", "restBase": "/a", "socketBase": "/" },
        ] });
        assert_eq!(read(&server(), &body).unwrap().unwrap().len(), 1);
        assert!(read(&server(), &json!("<html>")).unwrap().is_none());
        assert!(read(&server(), &json!({ "message": "Cannot GET" })).unwrap().is_none());
    }

    #[test]
    fn without_a_description_the_bases_are_guessed() {
        let entry = bellwire_dialects::dialect("storefront").unwrap();
        let guessed = guess(&Url::parse("https://shop.example/").unwrap(), entry);
        assert_eq!(guessed.rest.as_str(), "https://shop.example/api/v2");
        assert_eq!(guessed.socket_address().as_str(), "https://shop.example/socket.io/");
        let below = guess(&Url::parse("https://example/shop/?a=b").unwrap(), entry);
        assert_eq!(below.rest.as_str(), "https://example/shop/api/v2");
        let whole = guess(&Url::parse("https://shop.example/api/v2/").unwrap(), entry);
        assert_eq!(whole.rest.as_str(), "https://shop.example/api/v2/");
    }

    #[test]
    fn a_server_reached_over_https_does_not_lead_to_http() {
        let server = Url::parse("https://calls.example/").unwrap();
        let line =
            |rest: &str, socket: &str| json!({ "id": "storefront", "restBase": rest, "socketBase": socket });
        let of = |lines: Vec<Value>| read(&server, &json!({ "dialects": lines }));
        let (open, closed) = ("http://calls.example:8000/api/v2", "https://calls.example/api/v2");

        for (rest, socket) in
            [(open, "http://calls.example:4000"), (closed, "http://calls.example:4000"), (open, "/")]
        {
            let error = of(vec![line(rest, socket)]).unwrap_err();
            assert_eq!(error.code(), "unencrypted", "{rest} {socket}");
        }
        let found = of(vec![line(open, "/"), line(closed, "/")]).unwrap().unwrap();
        assert_eq!(found.len(), 1, "what is encrypted can still be used");
        assert_eq!(found[0].backend.rest.as_str(), closed);
        assert!(of(vec![]).unwrap().unwrap().is_empty());
    }
}
