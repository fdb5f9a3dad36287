//! JSON Schemas (2020-12) of structs, without references.

use bellwire_dialects::schema::not_null;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// What a client may send.
pub(super) fn read<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// What the server writes.
pub(super) fn written<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    schema::<T>(settings.with_transform(RecursiveTransform(left_out)))
}

fn schema<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let generator = settings.with_transform(RecursiveTransform(plain)).into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

/// A field that may be missing is left out for null, and so is never null.
fn left_out(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !required.contains(&json!(name)) {
            not_null(property);
        }
    }
}

/// Leaves out what is of Rust alone: names, comments, defaults and the ranges of integer types.
fn plain(schema: &mut Schema) {
    if let Some(Value::Array(variants)) = schema.remove("oneOf") {
        // An enum some of whose variants have comments; the field may have narrowed its words.
        let words = json!(variants.iter().flat_map(words).collect::<Vec<_>>());
        schema.insert("type".to_owned(), json!("string"));
        schema.ensure_object().entry("enum").or_insert(words);
    }
    for keyword in ["title", "description", "default"] {
        schema.remove(keyword);
    }
    if schema.get("format").is_some_and(|format| format != "date-time") {
        schema.remove("format");
        if schema.get("maximum").is_none() {
            schema.remove("minimum");
        }
    }
}

fn words(variant: &Value) -> Vec<Value> {
    match (&variant["enum"], &variant["const"]) {
        (Value::Array(words), _) => words.clone(),
        (_, word) => vec![word.clone()],
    }
}
