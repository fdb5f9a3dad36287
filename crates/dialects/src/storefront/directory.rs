//! The lists of a storefront account.

use super::{lists, wire::UserType};
use crate::{
    Analytics, Contact, Directory, HistoryPage, IceServers, Query, Reply, ReplyError, RestCall, Rows, rest,
};

/// Who we are.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) me: String,
    pub(super) role: UserType,
}

impl Directory for Account {
    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if self.role == UserType::Seller && replies.is_empty() {
            vec![lists::contacts_request(&self.me)]
        } else {
            Vec::new()
        }
    }

    fn parse_contacts(
        &self,
        search: &str,
        _now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        match replies.first() {
            Some(reply) => lists::contacts(search, reply.status, &reply.body),
            None => Ok(Rows::default()),
        }
    }

    fn history(&self, page: u32, limit: u32) -> Option<Query<'_, HistoryPage>> {
        let call = lists::history_request(self.role, &self.me, page, limit);
        Some(Query::new(call, |status, body| lists::history(self.role, status, body)))
    }

    fn analytics(&self) -> Option<Query<'_, Analytics>> {
        let seller = self.role == UserType::Seller;
        seller.then(|| Query::new(lists::analytics_request(&self.me), lists::analytics))
    }

    fn ice_servers(&self) -> Option<Query<'_, IceServers>> {
        Some(rest::ice_servers("/video-call/ice-servers"))
    }

    fn logout(&self) -> RestCall {
        rest::fetch(match self.role {
            UserType::Seller => "/shop/logout",
            UserType::Customer => "/user/logout",
        })
    }
}
