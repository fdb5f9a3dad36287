//! Routes with their descriptions: an axum router and the endpoints it has.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, patch, post, put};

use super::doc::Doc;
use super::signature::Signature;

/// One route and its description.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// With `{name}` for a parameter, as axum and OpenAPI both write it.
    pub(crate) path: String,
    pub(crate) doc: Doc,
}

/// A handler whose signature describes it.
pub(crate) trait Route<T, S>: Handler<T, S> + Signature<T> {}
impl<H: Handler<T, S> + Signature<T>, T, S> Route<T, S> for H {}

/// The routes of one listener.
#[derive(Debug)]
pub(crate) struct Routes<S = ()> {
    prefix: String,
    pub(super) router: Router<S>,
    pub(super) endpoints: Vec<Endpoint>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// `prefix` goes before the path of every route that is added; `""` for none.
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), router: Router::new(), endpoints: Vec::new() }
    }

    pub(crate) fn get<H: Route<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add::<H, T>(Method::GET, path, get(handler), doc)
    }

    pub(crate) fn post<H: Route<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add::<H, T>(Method::POST, path, post(handler), doc)
    }

    pub(crate) fn put<H: Route<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add::<H, T>(Method::PUT, path, put(handler), doc)
    }

    pub(crate) fn patch<H: Route<T, S>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add::<H, T>(Method::PATCH, path, patch(handler), doc)
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

    fn add<H: Signature<T>, T>(
        mut self,
        method: Method,
        path: &str,
        handler: MethodRouter<S>,
        mut doc: Doc,
    ) -> Self {
        H::describe(&mut doc);
        let path = format!("{}{path}", self.prefix);
        self.router = self.router.route(&path, handler);
        self.endpoints.push(Endpoint { method, path, doc });
        self
    }
}
