//! REST requests of a session's task, and what came of them.

use bellwire_dialects::{Identity, ReplyError, RequestId, RestCall};
use serde_json::Value;

use crate::{access::Generation, request_queue::QueueKey};

/// A REST call of the dialect's.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) key: QueueKey,
    pub(super) id: RequestId,
    pub(super) call: RestCall,
    /// Made once already, with a token that was too old.
    pub(super) again: bool,
}

/// What work beside the loop came to.
pub(super) enum Done {
    Replied { request: Request, generation: Generation, status: u16, body: Value },
    Refreshed(Result<Identity, ReplyError>),
}
