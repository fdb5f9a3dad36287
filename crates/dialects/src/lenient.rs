//! Lenient deserialisers for fields whose type differs between deployments, or that are null for something
//! deleted. They widen what is accepted and never invent a value: what cannot be read counts as missing, so
//! that an odd field costs no more than itself.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Text, also where a deployment writes a number (order numbers, ids, timestamps).
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(as_text(Value::deserialize(from)?))
}

/// The same where nothing stands for empty text.
pub(crate) fn written<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(text(from)?.unwrap_or_default())
}

/// An id, which no row can do without: text that is not empty, or a number.
pub(crate) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let id = as_text(Value::deserialize(from)?).filter(|id| !id.is_empty());
    id.ok_or_else(|| D::Error::custom("no id"))
}

/// A number that some deployment writes as text (`"87.50"`) or leaves out; 0 where there is none.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(as_number(&Value::deserialize(from)?).unwrap_or(0.0))
}

/// How many of something; 0 where that cannot be read.
pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    Ok(as_count(&Value::deserialize(from)?).unwrap_or(0))
}

/// A flag, also as 0 and 1 or as text; false where it cannot be read.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(as_flag(&Value::deserialize(from)?).unwrap_or(false))
}

/// A flag that may be missing.
pub(crate) fn flag_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(as_flag(&Value::deserialize(from)?))
}

/// Anything that may be missing: null or another type reads as `None`.
pub(crate) fn maybe<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(if value.is_null() { None } else { T::deserialize(value).ok() })
}

/// Anything with a default, which stands in for null and for another type.
pub(crate) fn or_default<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(maybe(from)?.unwrap_or_default())
}

/// A list inside a row, row by row; what cannot be read is left out, null is empty.
pub(crate) fn rows<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(rows) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    Ok(rows.into_iter().filter_map(|row| T::deserialize(row).ok()).collect())
}

/// A list that some deployment writes as its only item.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Array(items) => items.into_iter().filter_map(as_text).collect(),
        one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            as_text(one).into_iter().collect()
        }
    })
}

fn as_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A finite number.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| number.is_finite())
}

/// The place of something in a list, also as text; `None` where there is none (some stacks write -1).
pub(crate) fn place<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let number = as_number(&Value::deserialize(from)?).filter(|n| (0.0..=f64::from(u16::MAX)).contains(n));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range of the type"
    )]
    Ok(number.filter(|n| n.fract() == 0.0).map(|n| n as u16))
}

pub(crate) fn as_count(value: &Value) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    as_number(value).map(|number| number.clamp(0.0, f64::from(u32::MAX)) as u32)
}

fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" | "" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        #[serde(deserialize_with = "id")]
        id: String,
        #[serde(default, deserialize_with = "text")]
        name: Option<String>,
        #[serde(default, deserialize_with = "number")]
        price: f64,
        #[serde(default, deserialize_with = "count")]
        orders: u32,
        #[serde(default, deserialize_with = "flag")]
        online: bool,
        #[serde(default, deserialize_with = "rows")]
        images: Vec<String>,
        #[serde(default, deserialize_with = "maybe")]
        party: Option<Vec<u32>>,
    }

    #[test]
    fn numbers_as_text_and_text_as_numbers_are_read() {
        let row = Row::deserialize(json!({
            "id": 7, "name": 42, "price": " 87.50 ", "orders": "3", "online": 1,
            "images": ["a", null, { "url": 1 }, "b"], "party": [1, 2],
        }));
        let expected = Row {
            id: "7".to_owned(),
            name: Some("42".to_owned()),
            price: 87.5,
            orders: 3,
            online: true,
            images: vec!["a".to_owned(), "b".to_owned()],
            party: Some(vec![1, 2]),
        };
        assert_eq!(row.unwrap(), expected);
    }

    #[test]
    fn an_odd_field_costs_only_itself() {
        for odd in [json!(null), json!([]), json!({}), json!(true), json!("?"), json!(-1), json!(1e300)] {
            let row = Row::deserialize(json!({
                "id": "a", "name": odd, "price": odd, "orders": odd, "online": odd, "images": odd, "party": odd,
            }));
            assert_eq!(row.unwrap().id, "a", "{odd}");
        }
    }

    #[test]
    fn a_row_without_an_id_is_no_row() {
        for odd in [json!({}), json!({ "id": null }), json!({ "id": "" }), json!({ "id": {} })] {
            assert!(Row::deserialize(odd.clone()).is_err(), "{odd}");
        }
    }
}
