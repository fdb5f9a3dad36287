//! Handler signatures: what the types a handler takes and gives say of its route.

use std::future::Future;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use schemars::JsonSchema;

use super::doc::Doc;
use super::schema;

/// An extractor.
pub(crate) trait Input {
    /// Adds what the extractor expects of a request.
    fn describe(_: &mut Doc) {}
}

/// A reply.
pub(crate) trait Output {
    /// Adds the replies that are a success; `status` is what an outer type has set.
    fn describe(doc: &mut Doc, status: u16);
}

/// A handler; `T` is what axum has for its extractors.
pub(crate) trait Signature<T> {
    fn describe(doc: &mut Doc);
}

macro_rules! signature {
    ($($input:ident)*) => {
        impl<F, R, M, $($input: Input),*> Signature<(M, $($input,)*)> for F
        where
            F: FnOnce($($input),*) -> R,
            R: Future<Output: Output>,
        {
            fn describe(doc: &mut Doc) {
                $($input::describe(doc);)*
                R::Output::describe(doc, 200);
            }
        }
    };
}

signature!();
signature!(A);
signature!(A B);
signature!(A B C);
signature!(A B C D);

impl<T> Input for State<T> {}
impl<T> Input for Path<T> {}
impl<T: Input, E> Input for Result<T, E> {}
impl Input for Parts {}
impl Input for HeaderMap {}
impl Input for CookieJar {}
impl Input for Bytes {}

impl<T: JsonSchema> Output for Json<T> {
    fn describe(doc: &mut Doc, status: u16) {
        doc.replies.push((status, schema::written::<T>()));
    }
}

impl<T: Output, E> Output for Result<T, E> {
    fn describe(doc: &mut Doc, status: u16) {
        T::describe(doc, status);
    }
}

impl<T: Output> Output for (CookieJar, T) {
    fn describe(doc: &mut Doc, status: u16) {
        T::describe(doc, status);
    }
}

/// Not JSON; the description names its type.
impl Output for Response {
    fn describe(_: &mut Doc, _: u16) {}
}
