//! Readers for fields whose type differs between deployments. They widen what is accepted, they
//! never invent a value.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Whole(i64),
    Number(f64),
}

impl TextOrNumber {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Text that some deployment writes as a number (order numbers, timestamps).
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<TextOrNumber>::deserialize(from)?.map(TextOrNumber::into_text))
}

/// A number that some deployment writes as text (`"87.50"`) or leaves out.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(match Option::<TextOrNumber>::deserialize(from)? {
        None => 0.0,
        #[expect(clippy::cast_precision_loss, reason = "amounts and durations are far below 2^53")]
        Some(TextOrNumber::Whole(number)) => number as f64,
        Some(TextOrNumber::Number(number)) => number,
        Some(TextOrNumber::Text(text)) => text.trim().parse().unwrap_or(0.0),
    })
}

/// A flag that may be missing or null; then false.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(from)?.unwrap_or(false))
}

/// A list that some deployment writes as its only item.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(from)? {
        OneOrMany::One(item) => vec![item],
        OneOrMany::Many(items) => items,
    })
}
