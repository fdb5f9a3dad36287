//! The lists of a clinic account.

use super::{account::Account, history, lists};
use crate::{Contact, Directory, HistoryPage, IceServers, Query, Reply, ReplyError, RestCall, Rows, rest};

impl Directory for Account {
    fn contacts(&self, search: &str, now: &str, replies: &[Reply]) -> Vec<RestCall> {
        lists::contacts_calls(self, search, self.told(now), replies)
    }

    fn parse_contacts(
        &self,
        search: &str,
        now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        lists::contacts(self, search, self.told(now), replies)
    }

    fn history(&self, page: u32, limit: u32) -> Option<Query<'_, HistoryPage>> {
        let call = history::history_request(self.hour(), self.order.turned(page), limit);
        Some(Query::new(call, |status, body| history::history(self, status, body)))
    }

    fn ice_servers(&self) -> Option<Query<'_, IceServers>> {
        Some(rest::ice_servers("/video-call/ice-servers"))
    }

    fn logout(&self) -> RestCall {
        rest::logout("/auth/sign-out")
    }
}
