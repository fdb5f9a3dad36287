//! REST requests and replies as every dialect builds and reads them. The endpoints are in the dialects.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{IceServer, IceServers, LoginError, Method, Query, ReplyError, RestCall, lenient, limits};

/// A GET without query.
pub(crate) fn fetch(path: impl Into<String>) -> RestCall {
    RestCall { method: Method::Get, path: path.into(), query: Vec::new(), body: None }
}

/// A call with a JSON body.
pub(crate) fn send(method: Method, path: impl Into<String>, body: Value) -> RestCall {
    RestCall { method, path: path.into(), query: Vec::new(), body: Some(body) }
}

/// A request to sign out, which carries nothing but the token.
pub(crate) fn logout(path: &str) -> RestCall {
    send(Method::Post, path, Value::Object(serde_json::Map::new()))
}

impl RestCall {
    /// The same with one more query parameter, not yet percent-encoded.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }
}

/// An id as a path segment: ids are the server's words and must not reach another path. What needs
/// more than letters, digits, `-` and `_` (e-mail addresses, room ids) takes [`segment_of`].
pub(crate) fn segment(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// Any text as one path segment, percent-encoded (RFC 3986 section 2.1); dots alone are no segment.
pub(crate) fn segment_of(text: &str) -> String {
    if text.chars().all(|c| c == '.') {
        return String::new();
    }
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    out
}

/// Nest gives a list of them where validation failed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

/// The backend's words about a failure (`message`, else `error`), fit to be shown.
pub(crate) fn message(body: &Value) -> Option<String> {
    let of = |field: &str| {
        let words = body.get(field)?;
        match Words::deserialize(words).ok()? {
            Words::One(text) => Some(text),
            Words::Many(texts) => Some(texts.join(", ")),
        }
    };
    words(&of("message").or_else(|| of("error"))?)
}

/// Whether the reply to a sign-in is worth reading.
pub(crate) fn signed_in(status: u16, body: &Value) -> Result<(), LoginError> {
    match status {
        200..=299 => Ok(()),
        429 => Err(LoginError::RateLimited),
        500.. => Err(LoginError::BackendFailed { status }),
        _ if no_such_route(status, body) => Err(LoginError::NotThisBackend),
        _ => Err(wrong_credentials(body)),
    }
}

/// A refusal in the backend's words; without any it is another service.
pub(crate) fn wrong_credentials(body: &Value) -> LoginError {
    message(body).map_or(LoginError::NotThisBackend, |message| LoginError::WrongCredentials { message })
}

/// Why there is no call, where the backend has no words for it.
pub(crate) fn refusal(status: u16) -> String {
    match status {
        0 => "the server could not be reached".to_owned(),
        200..=299 => "the server's answer was not understood".to_owned(),
        _ => format!("the server refused the call ({status})"),
    }
}

/// A backend's words, if they are meant for people.
pub(crate) fn words(text: &str) -> Option<String> {
    let words = limits::shown(text);
    (!words.is_empty() && !of_a_program(&words)).then_some(words)
}

/// Words that a server's program says to its author and not to a person: exceptions, database errors, and
/// what a web framework answers to a path it does not serve.
fn of_a_program(message: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "cannot get /",
        "cannot post /",
        "cannot put /",
        "cannot patch /",
        "cannot delete /",
        "cannot read propert",
        "cannot set propert",
        "cannot destructure",
        "cannot access '",
        "cannot convert undefined",
        "unexpected token",
        "unexpected end of",
        "invalid input syntax",
        "e11000",
        "cast to ",
    ];
    const ANYWHERE: &[&str] = &[
        "typeerror",
        "referenceerror",
        "syntaxerror",
        "rangeerror",
        "casterror",
        "is not a function",
        "is not a constructor",
        "is not defined",
        "is not iterable",
        "of undefined",
        "properties of null",
        "property of null",
        "validation failed:",
        "duplicate key",
        "violates not-null",
        "violates foreign key",
        "violates unique",
        "violates check",
        "econnrefused",
        "etimedout",
        "enotfound",
        "buffering timed out",
        "stack trace",
        "    at ",
        "<html",
        "<!doctype",
    ];
    let message = message.to_lowercase();
    BEGINNINGS.iter().any(|words| message.starts_with(words))
        || ANYWHERE.iter().any(|words| message.contains(words))
}

/// True if the server has no such endpoint at all, so that it is another service: what Nest, Express and
/// the like say of a path they do not know, unlike a 404 about something that is looked for.
pub(crate) fn no_such_route(status: u16, body: &Value) -> bool {
    if !matches!(status, 404 | 405) {
        return false;
    }
    // A framework's words are no message.
    let Some(message) = message(body) else { return true };
    let message = message.to_lowercase();
    let words = ["route not found", "endpoint not found", "no route", "method not allowed", "not found"];
    words.contains(&message.trim_end_matches('.'))
        || message.starts_with("route ") && message.contains("not found")
}

/// Reads a reply; 401 means that the token is no longer accepted.
pub(crate) fn read<T: DeserializeOwned>(status: u16, body: &Value) -> Result<T, ReplyError> {
    match status {
        0 => Err(ReplyError::Unreachable),
        401 => Err(ReplyError::TokenExpired),
        200..=299 => T::deserialize(body).map_err(|_| ReplyError::NotUnderstood),
        _ => Err(ReplyError::Refused { status, message: message(body).unwrap_or_default() }),
    }
}

/// Body of a sign-in with an e-mail address and a password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginBody {
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = limits::MAX_EMAIL_BYTES)))]
    pub email: String,
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = limits::MAX_PASSWORD_BYTES)))]
    pub password: String,
}

impl std::fmt::Debug for LoginBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginBody(..)")
    }
}

/// Reply of the additive `ice-servers` endpoints, the same on every backend.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServersReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(deserialize_with = "lenient::rows")]
    pub ice_servers: Vec<IceServerRow>,
    /// Seconds the credentials are good for; 0: they do not expire.
    #[serde(default, deserialize_with = "seconds")]
    pub ttl: u64,
}

/// `RTCIceServer`; deployed backends write one address as a string.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServerRow {
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub credential: Option<String>,
}

fn seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    lenient::count(from).map(u64::from)
}

impl std::fmt::Debug for IceServerRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServerRow").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// The query of an `ice-servers` endpoint.
pub(crate) fn ice_servers(path: &str) -> Query<'static, IceServers> {
    Query::new(fetch(path), parse_ice_servers)
}

/// A deployed backend has no such endpoint (404): then the servers its web client has built in.
fn parse_ice_servers(status: u16, body: &Value) -> Result<IceServers, ReplyError> {
    if status == 404 {
        return Ok(IceServers::fallback());
    }
    let reply: IceServersReply = read(status, body)?;
    Ok(IceServers { servers: ice_rows(reply.ice_servers), ttl_s: (reply.ttl > 0).then_some(reply.ttl) })
}

/// Plausibly many of them.
pub(crate) fn ice_rows(rows: Vec<IceServerRow>) -> Vec<IceServer> {
    let server = |row: IceServerRow| IceServer {
        urls: row.urls.into_iter().take(16).collect(),
        username: row.username,
        credential: row.credential,
    };
    rows.into_iter().filter(|row| !row.urls.is_empty()).take(16).map(server).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_segment_never_leaves_its_place() {
        assert_eq!(segment("../a/b?c"), "abc");
        assert_eq!(segment_of("../a"), "..%2Fa");
        assert_eq!(segment_of(".."), "");
        assert_eq!(segment_of("a@b.example:POST_7"), "a%40b.example%3APOST_7");
    }

    #[test]
    fn failures_are_read_in_every_backends_shape() {
        assert_eq!(message(&json!({ "success": false, "message": "No" })).as_deref(), Some("No"));
        assert_eq!(message(&json!({ "error": "No" })).as_deref(), Some("No"));
        let nest = json!({ "statusCode": 400, "message": ["a", "b"], "error": "Bad Request" });
        assert_eq!(message(&nest).as_deref(), Some("a, b"));
        assert_eq!(message(&json!("<html>")), None);
    }

    #[test]
    fn what_a_program_says_to_its_author_is_not_shown() {
        for words in [
            "Cannot read properties of undefined (reading 'toString')",
            "customer.phoneNumber.includes is not a function",
            "Cannot POST /api/auth/login",
            "TypeError: x is not a function",
            "E11000 duplicate key error collection: shop.users",
            "connect ECONNREFUSED 127.0.0.1:27017",
            "Cast to ObjectId failed for value \"x\"",
            "null value in column \"id\" violates not-null constraint",
        ] {
            assert_eq!(message(&json!({ "success": false, "message": words })), None, "{words}");
        }
        for words in ["Customer not found", "You cannot call yourself", "Select a customer first"] {
            assert_eq!(message(&json!({ "message": words })).as_deref(), Some(words));
        }
    }
}
