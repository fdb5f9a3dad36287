//! The lists of an account: REST queries, each a request with the parser of its reply.

use serde_json::Value;

use crate::{Analytics, Contact, HistoryPage, IceServers, Message, Reply, ReplyError, RestCall, Rows};

/// Queries of one account. They are no part of a call and may run beside its dialect, by which a
/// directory is made and from which it learns who is online. The account's token is not in it.
pub trait Directory: Send + Sync + std::fmt::Debug {
    /// The next requests for this account's list, given what the ones before were answered; empty when
    /// there is nothing more to ask (or no list at all). `search`: text the user typed, empty for all.
    /// `now`: RFC 3339, UTC. Asked at most four times in a row, 64 requests each.
    fn contacts(&self, search: &str, now: &str, replies: &[Reply]) -> Vec<RestCall>;

    /// # Errors
    /// The backend refused, or a reply is not understood.
    fn parse_contacts(&self, search: &str, now: &str, replies: &[Reply])
    -> Result<Rows<Contact>, ReplyError>;

    /// The newest messages of a thread, oldest first.
    fn messages(&self, _thread: &str, _limit: u32) -> Option<Query<'_, Rows<Message>>> {
        None
    }

    /// One page (from 1) of past calls.
    fn history(&self, page: u32, limit: u32) -> Option<Query<'_, HistoryPage>>;

    /// The account's call figures.
    fn analytics(&self) -> Option<Query<'_, Analytics>> {
        None
    }

    /// STUN and TURN servers. A backend without the endpoint (404) gives the fallback, not an error.
    fn ice_servers(&self) -> Option<Query<'_, IceServers>>;

    /// Asks the backend to accept this account's token no longer; a backend without the endpoint says 404.
    fn logout(&self) -> RestCall;
}

type Parse<'a, T> = dyn Fn(u16, &Value) -> Result<T, ReplyError> + Send + Sync + 'a;

/// A REST request and the parser of its reply.
pub struct Query<'a, T> {
    pub call: RestCall,
    parse: Box<Parse<'a, T>>,
}

impl<'a, T> Query<'a, T> {
    /// `parse` is given the reply's status and body.
    pub fn new(
        call: RestCall,
        parse: impl Fn(u16, &Value) -> Result<T, ReplyError> + Send + Sync + 'a,
    ) -> Self {
        Self { call, parse: Box::new(parse) }
    }

    /// Reads the reply.
    ///
    /// # Errors
    /// The backend refused, or the reply is not understood.
    pub fn parse(&self, status: u16, body: &Value) -> Result<T, ReplyError> {
        (self.parse)(status, body)
    }
}

impl<T> std::fmt::Debug for Query<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("call", &self.call).finish_non_exhaustive()
    }
}
