//! Fuzz target of the server's backends: a backend receives what a client sends in a transcript, where
//! anything may be wrong: the `out` of each line, its events and its bodies.

use bellwire_server::{Backend, fuzzing};
use serde_json::Value;

const MAX_LINES: usize = 256;

/// Reads the lines of one input.
pub(crate) fn play(backend: &str, data: &[u8]) {
    let Some(backend) = Backend::parse(backend) else { return };
    let text = String::from_utf8_lossy(data);
    for line in text.lines().take(MAX_LINES) {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        for said in line.get("out").and_then(Value::as_array).into_iter().flatten() {
            if let Some(name) = said.get("emit").and_then(Value::as_str) {
                let data = said.pointer("/args/0").unwrap_or(&Value::Null);
                fuzzing::event(backend, name, data);
            }
            if let Some(body) = said.get("body") {
                fuzzing::body(backend, body);
            }
        }
    }
}
