//! What the replies of all lists have in common: where their rows are, and how long a call lasted.

use serde::Deserialize;
use serde_json::Value;

use super::wire::CallData;
use crate::{ReplyError, rest, timestamp};

/// The rows of a list reply, in `data` or in `data.<name>`.
pub(super) fn rows(status: u16, body: &Value, name: &str) -> Result<Vec<Value>, ReplyError> {
    #[derive(Deserialize)]
    struct List {
        data: Value,
    }
    let List { data } = rest::read(status, body)?;
    let rows = match data {
        Value::Array(rows) => rows,
        Value::Object(mut fields) => match fields.remove(name) {
            Some(Value::Array(rows)) => rows,
            Some(_) | None => return Err(ReplyError::NotUnderstood),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(ReplyError::NotUnderstood);
        }
    };
    Ok(rows)
}

/// Seconds. The deployed backend never works a duration out, but keeps both ends of the call.
pub(super) fn lasted(call: &CallData) -> f64 {
    if call.duration > 0.0 {
        return call.duration;
    }
    let ends = (
        call.started_at.as_deref().and_then(timestamp::seconds),
        call.ended_at.as_deref().and_then(timestamp::seconds),
    );
    #[expect(clippy::cast_precision_loss, reason = "a day of seconds")]
    match ends {
        (Some(start), Some(end)) => (end - start).clamp(0, 86_400) as f64,
        _ => 0.0,
    }
}

/// Whole seconds of a duration that a stranger wrote.
pub(super) fn seconds(duration: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let whole = duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    whole
}
