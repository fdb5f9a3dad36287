//! JSON Schema builders for bodies.

use serde_json::{Map, Value, json};

/// A JSON Schema (2020-12).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schema(Value);

pub(crate) fn text() -> Schema {
    Schema(json!({ "type": "string" }))
}

/// RFC 3339.
pub(crate) fn date_time() -> Schema {
    Schema(json!({ "type": "string", "format": "date-time" }))
}

pub(crate) fn integer() -> Schema {
    Schema(json!({ "type": "integer" }))
}

pub(crate) fn number() -> Schema {
    Schema(json!({ "type": "number" }))
}

pub(crate) fn boolean() -> Schema {
    Schema(json!({ "type": "boolean" }))
}

/// Any JSON.
pub(crate) fn any() -> Schema {
    Schema(json!({}))
}

pub(crate) fn list(of: Schema) -> Schema {
    Schema(json!({ "type": "array", "items": of.0 }))
}

pub(crate) fn one_of(words: &[&str]) -> Schema {
    Schema(json!({ "type": "string", "enum": words }))
}

/// An object with at least these fields; a name that ends in `?` may be missing.
pub(crate) fn object<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema) in fields {
        let bare = name.trim_end_matches('?');
        if bare == name {
            required.push(bare.to_owned());
        }
        properties.insert(bare.to_owned(), schema.0);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    Schema(schema)
}

impl Schema {
    /// An object with more fields.
    pub(crate) fn and<const N: usize>(mut self, fields: [(&str, Self); N]) -> Self {
        let more = object(fields).0;
        for keyword in ["properties", "required"] {
            match (&mut self.0[keyword], &more[keyword]) {
                (Value::Object(own), Value::Object(more)) => {
                    own.extend(more.clone());
                }
                (Value::Array(own), Value::Array(more)) => own.extend_from_slice(more),
                (own @ Value::Null, Value::Array(_)) => *own = more[keyword].clone(),
                _ => {}
            }
        }
        self
    }

    /// One or the other.
    pub(crate) fn or(self, other: Self) -> Self {
        Self(json!({ "anyOf": [self.0, other.0] }))
    }

    /// `null` is allowed as well.
    pub(crate) fn or_null(self) -> Self {
        Self(json!({ "anyOf": [self.0, { "type": "null" }] }))
    }

    /// The longest text (characters) or list.
    pub(crate) fn max(self, length: u32) -> Self {
        let keyword = if self.0["type"] == "array" { "maxItems" } else { "maxLength" };
        self.with(keyword, json!(length))
    }

    /// The shortest text (characters) or list.
    pub(crate) fn min(self, length: u32) -> Self {
        let keyword = if self.0["type"] == "array" { "minItems" } else { "minLength" };
        self.with(keyword, json!(length))
    }

    /// The smallest and the largest number.
    pub(crate) fn between(self, least: i64, most: i64) -> Self {
        self.with("minimum", json!(least)).with("maximum", json!(most))
    }

    fn with(mut self, keyword: &str, value: Value) -> Self {
        if let Some(schema) = self.0.as_object_mut() {
            schema.insert(keyword.to_owned(), value);
        }
        self
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }
}
