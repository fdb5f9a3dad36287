//! Entry points for the fuzz targets of `tests/fuzz`: what clients send, as far as it is read without looking
//! anything up. Not part of any program.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Request, header};
use serde_json::Value;

use crate::Backend;
use crate::auth::Tokens;
use crate::registry::info;
use crate::request::{BehindProxy, bearer, client_ip};
use crate::{discovery, relay};

/// One event of a client to that backend, as the socket's task reads it; whether it means anything.
pub fn event(backend: Backend, name: &str, data: &Value) -> bool {
    info(backend).is_some_and(|info| (info.reads)(name, data.clone()))
}

/// One REST body, read as every body that the backend takes; as how many of them it passes.
pub fn body(backend: Backend, body: &Value) -> usize {
    info(backend).map_or(0, |info| (info.bodies)(body))
}

/// A file that an administrator imports.
pub fn import(data: &[u8]) {
    crate::admin::reads(data);
}

/// Lines of text, each as every word that a stranger may send: headers, tokens, relay user names.
pub fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let tokens = Tokens::new("secret", "fuzz", Duration::from_secs(60));
    for line in text.lines().take(64) {
        if let Some(host) = discovery::host_name(line) {
            assert!(!host.is_empty() && !host.contains(['/', '@', ' ']), "{host:?} from {line:?}");
        }
        assert!(tokens.read::<Value>(line).is_none(), "{line:?} is no token of ours");
        let _ = relay::admits(line);
        let Ok(value) = HeaderValue::from_str(line) else { continue };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", value.clone());
        let mut request = Request::new(());
        request.headers_mut().insert(header::AUTHORIZATION, value);
        request.extensions_mut().insert(BehindProxy);
        let _ = client_ip(request.extensions(), &headers);
        let (parts, ()) = request.into_parts();
        assert!(bearer(&parts).is_none_or(|token| !token.is_empty()));
    }
}
