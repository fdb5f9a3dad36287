//! The lists of a dealerdesk account.

use super::{account::Account, lists};
use crate::{
    Contact, Directory, HistoryPage, IceServers, Message, Query, Reply, ReplyError, RestCall, Rows, rest,
};

impl Directory for Account {
    fn contacts(&self, _search: &str, _now: &str, replies: &[Reply]) -> Vec<RestCall> {
        if replies.is_empty() { vec![lists::rooms_request(&self.me)] } else { Vec::new() }
    }

    fn parse_contacts(
        &self,
        search: &str,
        _now: &str,
        replies: &[Reply],
    ) -> Result<Rows<Contact>, ReplyError> {
        match replies.first() {
            Some(reply) => self.rooms(search, reply.status, &reply.body),
            None => Ok(Rows::default()),
        }
    }

    fn messages(&self, thread: &str, limit: u32) -> Option<Query<'_, Rows<Message>>> {
        let (room, _) = self.our_room(thread)?;
        let (call, thread) = (lists::messages_request(&room, limit), thread.to_owned());
        Some(Query::new(call, move |status, body| self.message_rows(&thread, status, body)))
    }

    fn history(&self, page: u32, limit: u32) -> Option<Query<'_, HistoryPage>> {
        let call = lists::history_request(&self.me, page, limit);
        Some(Query::new(call, |status, body| self.past_calls(status, body)))
    }

    fn ice_servers(&self) -> Option<Query<'_, IceServers>> {
        Some(rest::ice_servers("/api/chat/ice-servers"))
    }

    fn logout(&self) -> RestCall {
        rest::logout("/api/auth/logout")
    }
}
