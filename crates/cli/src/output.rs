//! Output: JSON lines on standard output.

use std::io::Write;

use serde::Serialize;

/// Writes one line `{"kind":KIND, …}`. A closed pipe ends the program as it does for other filters.
pub(crate) fn line(kind: &str, fields: impl Serialize) {
    let mut object = match serde_json::to_value(fields) {
        Ok(serde_json::Value::Object(map)) => map,
        Ok(other) => serde_json::Map::from_iter([("value".to_owned(), other)]),
        Err(_) => serde_json::Map::new(),
    };
    object.insert("kind".into(), kind.into());
    let text = serde_json::Value::Object(object).to_string();
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}
