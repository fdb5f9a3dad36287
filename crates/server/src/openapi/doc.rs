//! The description of one route: summary, body, replies, refusals.

use schemars::JsonSchema;
use serde_json::Value;

use super::schema;

/// What is known about a route. Path parameters, and the replies every route can give (400 and 401
/// where they apply, 429), need not be named.
#[derive(Clone, Debug)]
pub(crate) struct Doc {
    pub(super) summary: &'static str,
    pub(super) public: bool,
    /// An object whose properties are the parameters; none is required.
    pub(super) query: Option<Value>,
    pub(super) body: Option<Value>,
    pub(super) replies: Vec<(u16, Value)>,
    /// Replies that are not JSON: status and content type.
    pub(super) texts: Vec<(u16, &'static str)>,
    pub(super) errors: Vec<u16>,
}

/// Begins a description with one line that says what the route does.
pub(crate) fn doc(summary: &'static str) -> Doc {
    Doc {
        summary,
        public: false,
        query: None,
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

    /// The JSON body that is expected; the first one named counts, so that a handler which reads a body
    /// more leniently can be described by what a client should send.
    pub(crate) fn body<T: JsonSchema>(mut self) -> Self {
        self.reads_body::<T>();
        self
    }

    pub(crate) fn reads_body<T: JsonSchema>(&mut self) {
        self.body.get_or_insert_with(schema::read::<T>);
    }

    pub(crate) fn reads_query<T: JsonSchema>(&mut self) {
        self.query = Some(schema::read::<T>());
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
