//! `/.well-known/bellwire.json`: what a server says about the backends it has. Only reads it.

use bellwire_dialects::Entry;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::backend::{Backend, SOCKET_PATH};

/// Where a server describes itself.
pub(crate) const WELL_KNOWN: &str = "/.well-known/bellwire.json";

#[derive(Debug, Deserialize)]
struct Description {
    #[serde(default)]
    dialects: Vec<Offered>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offered {
    id: String,
    rest_base: String,
    socket_base: String,
    #[serde(default)]
    socket_path: Option<String>,
}

/// The wanted dialect, or the first one we speak, and where it is. Bases may be relative to `server`.
pub(crate) fn read(server: &Url, body: &Value, wanted: Option<&str>) -> Option<(&'static Entry, Backend)> {
    let description = Description::deserialize(body).ok()?;
    description.dialects.iter().find_map(|offered| {
        if wanted.is_some_and(|wanted| wanted != offered.id) {
            return None;
        }
        let entry = bellwire_dialects::dialect(&offered.id)?;
        let rest = server.join(&offered.rest_base).ok().filter(is_web)?;
        let socket = server.join(&offered.socket_base).ok().filter(is_web)?;
        let socket_path = offered.socket_path.clone().unwrap_or_else(|| SOCKET_PATH.to_owned());
        Some((entry, Backend { rest, socket, socket_path }))
    })
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
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
            { "id": "storefront", "restBase": "/api/v2", "socketBase": "http://127.0.0.1:4000" },
        ] });
        let (entry, backend) = read(&server(), &body, None).unwrap();
        assert_eq!(entry.id, "storefront");
        assert_eq!(backend.rest.as_str(), "http://127.0.0.1:8000/api/v2");
        assert_eq!(backend.socket_address().as_str(), "http://127.0.0.1:4000/socket.io/");
    }

    #[test]
    fn what_is_not_offered_or_not_web_is_not_found() {
        let body = json!({ "dialects": [{ "id": "storefront", "restBase": "file:///", "socketBase": "/" }] });
        assert!(read(&server(), &body, None).is_none());
        let body = json!({ "dialects": [{ "id": "storefront", "restBase": "/a", "socketBase": "/" }] });
        assert!(read(&server(), &body, Some("clinic")).is_none());
        assert!(read(&server(), &json!("<html>"), None).is_none());
    }
}
