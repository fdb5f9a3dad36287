//! The description of one route: summary, body, replies, refusals.

use super::schema::Schema;

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
