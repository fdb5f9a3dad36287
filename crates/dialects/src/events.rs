//! Socket.IO events: building them from wire structs and reading them into such.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{DecodeError, Outbound};

/// An event that is delivered however long the socket is away.
pub(crate) fn emit<T: Serialize>(name: &'static str, body: &T) -> Outbound {
    Outbound::Emit { name, args: vec![value(body)], perishable: false }
}

/// An event that is worthless after a while: descriptions, candidates, typing.
pub(crate) fn emit_perishable<T: Serialize>(name: &'static str, body: &T) -> Outbound {
    Outbound::Emit { name, args: vec![value(body)], perishable: true }
}

/// A wire struct as JSON.
pub(crate) fn value<T: Serialize>(body: &T) -> Value {
    serde_json::to_value(body).expect("wire structs have string keys and serialise infallibly")
}

/// Reads argument 0; servers with connection state recovery append another one.
pub(crate) fn read<T: DeserializeOwned>(event: &str, args: Vec<Value>) -> Result<T, DecodeError> {
    let what = event.to_owned();
    let argument = args.into_iter().next().ok_or_else(|| DecodeError::Empty { what: what.clone() })?;
    serde_json::from_value(argument).map_err(|source| DecodeError::Malformed { what, source })
}
