//! OpenAPI: routes together with their descriptions. A route cannot be added without one,
//! so `/openapi.json` names every one. [`Routes`] collects; [`Doc`] has what only words can say.
//! Query, body, success status and reply are read from the handler's own signature ([`Input`], [`Output`]),
//! and their JSON Schemas from the structs named there, so that a description cannot differ from its route.
//!
//! ```ignore
//! Routes::new("/api/v2/video-call").post("/end", video_call::end, doc("Ends a call").errors(&[403, 404]))
//! ```

mod doc;
mod document;
mod page;
mod routes;
mod schema;
mod signature;

pub(crate) use self::doc::{Doc, doc};
pub(crate) use self::document::Api;
pub(crate) use self::page::described;
pub(crate) use self::routes::{Endpoint, Routes};
pub(crate) use self::signature::{Input, Output};
