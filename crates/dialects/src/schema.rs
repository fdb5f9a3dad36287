//! JSON Schema of REST bodies: transforms that say what a Rust type alone does not.

use schemars::Schema;
use serde_json::Value;

/// Fields that bellwire-server always writes, and never as null, though other deployments leave them out.
pub(crate) fn written<const N: usize>(names: [&'static str; N]) -> impl FnMut(&mut Schema) {
    move |schema| {
        for name in names {
            not_null(property(schema, name));
            let required =
                schema.ensure_object().entry("required").or_insert_with(|| Value::Array(Vec::new()));
            if let Some(required) = required.as_array_mut().filter(|names| !names.contains(&name.into())) {
                required.push(name.into());
            }
        }
    }
}

/// Fields that are times (RFC 3339).
pub(crate) fn times<const N: usize>(names: [&'static str; N]) -> impl FnMut(&mut Schema) {
    move |schema| {
        for name in names {
            property(schema, name)["format"] = "date-time".into();
        }
    }
}

/// Takes null from what a schema allows.
pub fn not_null(schema: &mut Value) {
    for keyword in ["type", "enum"] {
        if let Some(Value::Array(words)) = schema.get_mut(keyword) {
            words.retain(|word| word != "null" && !word.is_null());
        }
    }
    if let Some(Value::Array(types)) = schema.get_mut("type")
        && let [only] = types.as_slice()
    {
        schema["type"] = only.clone();
    }
    if let Some(Value::Array(all)) = schema.get_mut("anyOf") {
        all.retain(|one| one["type"] != "null");
        if let [only] = all.as_slice() {
            *schema = only.clone();
        }
    }
}

fn property<'a>(schema: &'a mut Schema, name: &str) -> &'a mut Value {
    let property = schema.get_mut("properties").and_then(|properties| properties.get_mut(name));
    property.unwrap_or_else(|| panic!("there is no field {name}"))
}
