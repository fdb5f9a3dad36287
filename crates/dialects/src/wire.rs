//! Messages between a transport and a dialect.

use serde_json::Value;

/// Correlates a REST reply with its request; made by the dialect, unique per session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A REST call relative to the account's REST base. `query` is not yet percent-encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct RestCall {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Option<Value>,
}

/// What the transport heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// The socket is open (first time or again).
    Opened,
    /// A socket event. Surplus arguments are normal and ignored.
    Event { name: String, args: Vec<Value> },
    /// Answer to an [`Outbound::Request`]. Status 0: the request never got an answer; `body` is then
    /// the reason as text.
    Reply { id: RequestId, status: u16, body: Value },
    /// The socket closed; the transport reconnects by itself.
    Closed,
}

/// What the transport should do.
#[derive(Clone, Debug, PartialEq)]
pub enum Outbound {
    /// `perishable`: worthless after the socket has been away for a while (descriptions, candidates).
    Emit {
        name: &'static str,
        args: Vec<Value>,
        perishable: bool,
    },
    Request {
        id: RequestId,
        call: RestCall,
    },
}
