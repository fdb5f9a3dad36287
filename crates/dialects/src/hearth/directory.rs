//! The lists of a hearth account.

use super::{contacts, history};
use crate::{Contact, Directory, HistoryPage, IceServers, Query, Reply, ReplyError, RestCall, Rows, rest};

/// The queries of one account.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) me: String,
}

impl Directory for Lists {
    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if replies.is_empty() { contacts::requests() } else { Vec::new() }
    }

    fn parse_contacts(
        &self,
        search: &str,
        now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        contacts::list(&self.me, search, now, replies)
    }

    fn history(&self, page: u32, limit: u32) -> Option<Query<'_, HistoryPage>> {
        let call = history::history_request(page, limit);
        Some(Query::new(call, |status, body| history::history(&self.me, status, body)))
    }

    fn ice_servers(&self) -> Option<Query<'_, IceServers>> {
        Some(rest::ice_servers("/video-call/ice-servers"))
    }

    fn logout(&self) -> RestCall {
        rest::logout("/auth/logout")
    }
}
