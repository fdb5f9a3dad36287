//! Doors for the fuzz targets of `tests/fuzz`: what an unknown server says. Not part of any program.

use crate::{discovery, packet, sign_in::LoginPlace, socketio};

/// A server's description of itself; its text is also read as whatever else is only text.
pub fn discovery(data: &[u8]) {
    for offered in discovery::read_description(data).unwrap_or_default() {
        let backend = offered.backend;
        for url in [&backend.rest, &backend.socket, &backend.socket_address()] {
            assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
        }
    }
    let text = String::from_utf8_lossy(data);
    for namespace in ["/", "/video-call"] {
        let _ = packet::read(&text, namespace);
    }
    let _ = packet::Handshake::read(&text);
    let _ = (LoginPlace::read(&text), crate::Backend::manual(&text, &text), socketio::token_refused(&text));
}
