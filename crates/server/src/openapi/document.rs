//! The OpenAPI 3.1 document of a listener, made of its endpoints.

use serde_json::{Map, Value, json};

use super::doc::Doc;
use super::routes::Endpoint;
use crate::error::Shape;

/// The tag of the routes every listener has; no limit per address applies to them.
const COMMON: &str = "Server";

/// What a document says of a backend beside its routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api {
    pub(crate) label: &'static str,
    pub(crate) shape: Shape,
    /// Cookies that carry a token, beside the header.
    pub(crate) cookies: &'static [&'static str],
}

/// What `/openapi.json` answers. `own` are the backend's routes, `common` those every listener has.
pub(super) fn document(api: &Api, own: &[Endpoint], common: &[Endpoint]) -> Value {
    let mut paths = Map::new();
    for (endpoints, tag) in [(own, api.label), (common, COMMON)] {
        for endpoint in endpoints {
            let path = paths.entry(endpoint.path.clone()).or_insert_with(|| json!({}));
            path[endpoint.method.as_str().to_ascii_lowercase()] = operation(endpoint, api, tag);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Bellwire server: {}", api.label),
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Socket.IO events go beside these routes. Bodies are JSON.",
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(api.cookies),
            "schemas": { "Error": error(api.shape) },
        },
    })
}

fn operation(endpoint: &Endpoint, api: &Api, tag: &str) -> Value {
    let Endpoint { method, path, doc } = endpoint;
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.fold(method.as_str().to_ascii_lowercase(), |id, word| format!("{id}_{word}"));
    let mut parameters: Vec<Value> = names(path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let queries = doc.query.as_ref().and_then(|query| query["properties"].as_object());
    for (name, schema) in queries.into_iter().flatten() {
        parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
    }
    let mut operation = json!({
        "operationId": id,
        "summary": doc.summary,
        "tags": [tag],
        "parameters": parameters,
        "responses": responses(doc, !parameters.is_empty(), tag != COMMON),
        "security": if doc.public { json!([]) } else { security(api.cookies) },
    });
    if let Some(body) = &doc.body {
        let content = json!({ "application/json": { "schema": body } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn responses(doc: &Doc, has_parameters: bool, limited: bool) -> Value {
    let mut responses = Map::new();
    for (status, schema) in &doc.replies {
        let content = json!({ "application/json": { "schema": schema } });
        responses.insert(status.to_string(), json!({ "description": "Done", "content": content }));
    }
    for (status, kind) in &doc.texts {
        let content = json!({ *kind: { "schema": { "type": "string" } } });
        responses.insert(status.to_string(), json!({ "description": "Done", "content": content }));
    }
    let mut refusals = if limited { vec![429] } else { Vec::new() };
    if doc.body.is_some() {
        refusals.extend([400, 413, 415]);
    }
    if has_parameters || !doc.public {
        refusals.push(400);
    }
    if !doc.public {
        refusals.push(401);
    }
    refusals.extend_from_slice(&doc.errors);
    for status in refusals {
        let code = axum::http::StatusCode::from_u16(status).ok();
        let description = code.and_then(|code| code.canonical_reason()).unwrap_or("Refused");
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } });
        responses
            .entry(status.to_string())
            .or_insert_with(|| json!({ "description": description, "content": content }));
    }
    Value::Object(responses)
}

fn error(shape: Shape) -> Value {
    let (boolean, integer, text) =
        (json!({ "type": "boolean" }), json!({ "type": "integer" }), json!({ "type": "string" }));
    let properties = match shape {
        Shape::Success => json!({ "success": boolean, "message": text }),
        Shape::Error => json!({ "error": text }),
        Shape::Nest => json!({ "statusCode": integer, "message": {}, "error": text }),
    };
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn security_schemes(cookies: &[&str]) -> Value {
    let mut schemes = json!({ "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } });
    for name in cookies {
        schemes[*name] = json!({ "type": "apiKey", "in": "cookie", "name": name });
    }
    schemes
}

/// Any one of them is enough.
fn security(cookies: &[&str]) -> Value {
    let schemes = std::iter::once(&"bearer").chain(cookies);
    schemes.map(|name| json!({ *name: [] })).collect()
}
