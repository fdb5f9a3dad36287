//! Routes together with what is written about them: a route cannot be added without its description,
//! so `/openapi.json` names every one. [`Routes`] collects, [`Doc`] describes, [`Schema`] says what a
//! body looks like.
//!
//! ```ignore
//! Routes::new("/api/v2/video-call")
//!     .post("/end", video_call::end, doc("Ends a call").body(object([("callId", text()), ("notes?", text())]))
//!         .reply(200, object([("success", boolean()), ("call", CALL.clone())])).errors(&[403, 404]))
//! ```

mod document;
mod page;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, patch, post, put};
use serde_json::{Map, Value, json};

pub(crate) use self::page::described;

/// One route and its description.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// With `{name}` for a parameter, as axum and OpenAPI both write it.
    pub(crate) path: String,
    pub(crate) doc: Doc,
}

/// The routes of one listener.
#[derive(Debug)]
pub(crate) struct Routes<S = ()> {
    prefix: String,
    router: Router<S>,
    endpoints: Vec<Endpoint>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// `prefix` goes before the path of every route that is added; `""` for none.
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), router: Router::new(), endpoints: Vec::new() }
    }

    pub(crate) fn get<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::GET, path, get(handler), doc)
    }

    pub(crate) fn post<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::POST, path, post(handler), doc)
    }

    pub(crate) fn put<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::PUT, path, put(handler), doc)
    }

    pub(crate) fn patch<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::PATCH, path, patch(handler), doc)
    }

    /// The routes of both; each keeps its own prefix.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.endpoints.extend(other.endpoints);
        self
    }

    pub(crate) fn with_state(self, state: S) -> Routes {
        Routes { prefix: self.prefix, router: self.router.with_state(state), endpoints: self.endpoints }
    }

    pub(crate) fn into_parts(self) -> (Router<S>, Vec<Endpoint>) {
        (self.router, self.endpoints)
    }

    fn add(mut self, method: Method, path: &str, handler: MethodRouter<S>, doc: Doc) -> Self {
        let path = format!("{}{path}", self.prefix);
        self.router = self.router.route(&path, handler);
        self.endpoints.push(Endpoint { method, path, doc });
        self
    }
}

/// What is written about a route. Path parameters, and the replies every route can give (400 and 401
/// where they apply, 429), need not be named.
#[derive(Clone, Debug)]
pub(crate) struct Doc {
    pub(crate) summary: &'static str,
    pub(crate) public: bool,
    pub(crate) queries: Vec<(&'static str, Schema)>,
    pub(crate) body: Option<Schema>,
    pub(crate) replies: Vec<(u16, Schema)>,
    /// Replies that are not JSON: status and content type.
    pub(crate) texts: Vec<(u16, &'static str)>,
    pub(crate) errors: Vec<u16>,
}

/// Begins a description with one line that says what the route does.
pub(crate) fn doc(summary: &'static str) -> Doc {
    Doc {
        summary,
        public: false,
        queries: Vec::new(),
        body: None,
        replies: Vec::new(),
        texts: Vec::new(),
        errors: Vec::new(),
    }
}

impl Doc {
    /// Needs no token.
    pub(crate) fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// A query parameter; none is required.
    pub(crate) fn query(mut self, name: &'static str, schema: Schema) -> Self {
        self.queries.push((name, schema));
        self
    }

    /// The JSON body that is expected.
    pub(crate) fn body(mut self, schema: Schema) -> Self {
        self.body = Some(schema);
        self
    }

    /// A reply that is a success.
    pub(crate) fn reply(mut self, status: u16, schema: Schema) -> Self {
        self.replies.push((status, schema));
        self
    }

    /// A reply that is a success and not JSON.
    pub(crate) fn text(mut self, status: u16, content_type: &'static str) -> Self {
        self.texts.push((status, content_type));
        self
    }

    /// Statuses of refusals, which all have the backend's error shape.
    pub(crate) fn errors(mut self, statuses: &[u16]) -> Self {
        self.errors.extend_from_slice(statuses);
        self
    }
}

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
