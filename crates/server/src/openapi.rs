//! OpenAPI: routes together with their descriptions. A route cannot be added without one,
//! so `/openapi.json` names every one. [`Routes`] collects, [`doc()`] describes, [`Schema`] says what a
//! body looks like.
//!
//! ```ignore
//! Routes::new("/api/v2/video-call")
//!     .post("/end", video_call::end, doc("Ends a call").body(object([("callId", text()), ("notes?", text())]))
//!         .reply(200, object([("success", boolean()), ("call", CALL.clone())])).errors(&[403, 404]))
//! ```

mod doc;
mod document;
mod page;
mod routes;
mod schema;

pub(crate) use self::doc::doc;
pub(crate) use self::document::Api;
pub(crate) use self::page::described;
pub(crate) use self::routes::{Endpoint, Routes};
pub(crate) use self::schema::{Schema, any, boolean, date_time, integer, list, number, object, one_of, text};
