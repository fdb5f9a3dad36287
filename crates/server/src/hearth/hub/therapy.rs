//! The older rooms of therapy sessions, which web clients of before the calls still use: who is in one,
//! and what is passed on in it.

use std::collections::BTreeSet;

use bellwire_dialects::hearth::wire::{
    CallEnded, CallError, TherapyChat, TherapyDescription, TherapyNotice, User, name,
};

use super::{Hub, Replies, Session};
use crate::hub_actor::{Reply, SocketKey};

/// Rooms one socket may be in.
const MOST: usize = 16;

impl Hub {
    pub(super) fn enter_therapy(&mut self, from: SocketKey, id: String) -> Replies {
        let Some(user) = self.users.get(&from).cloned() else {
            return refused(from, "User not authenticated");
        };
        if self.therapy.values().filter(|room| room.contains(&from)).count() >= MOST {
            return refused(from, "Too many sessions at once");
        }
        if !self.therapy.entry(id.clone()).or_default().insert(from) {
            return Vec::new();
        }
        self.notice(from, &id, &user, name::USER_JOINED)
    }

    pub(super) fn leave_therapy(&mut self, from: SocketKey, id: &str) -> Replies {
        let Some(room) = self.therapy.get_mut(id).filter(|room| room.contains(&from)) else {
            return Vec::new();
        };
        room.remove(&from);
        let user = self.users.get(&from).cloned().unwrap_or_default();
        let replies = self.notice(from, id, &user, name::USER_LEFT);
        self.therapy.retain(|_, room| !room.is_empty());
        replies
    }

    /// A user who is not among these leaves the session's room and calls at once, and is notified.
    pub(super) fn therapy_people(&mut self, id: &str, people: &BTreeSet<String>) -> Replies {
        let mut replies = Vec::new();
        let mut gone: Vec<(SocketKey, User)> = Vec::new();
        if let Some(room) = self.therapy.get_mut(id) {
            let users = &self.users;
            room.retain(|key| {
                let user = users.get(key).cloned().unwrap_or_default();
                let stays = people.contains(&user.id);
                if !stays {
                    gone.push((*key, user));
                }
                stays
            });
        }
        for (key, user) in &gone {
            let message = "You are not in this session any more".to_owned();
            let body = CallError { message, session_id: Some(id.to_owned()) };
            replies.push(Reply::emit(*key, name::ERROR, &body));
            replies.extend(self.notice(*key, id, user, name::USER_LEFT));
        }
        self.therapy.retain(|_, room| !room.is_empty());
        let is_of = |session: &Session| session.facts.invitation.therapy_session_id.as_deref() == Some(id);
        let calls: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, session)| !session.is_over() && is_of(session))
            .map(|(call, _)| call.clone())
            .collect();
        for call in calls {
            replies.extend(self.only_in_call(&call, people));
        }
        replies
    }

    fn only_in_call(&mut self, call: &str, people: &BTreeSet<String>) -> Replies {
        let Some(session) = self.sessions.get_mut(call) else { return Vec::new() };
        let uninvited: Vec<String> =
            session.facts.pending.iter().filter(|user| !people.contains(*user)).cloned().collect();
        session.facts.pending.retain(|user| people.contains(user));
        let out = session.seats.values().filter(|seat| !people.contains(&seat.user.id));
        let out: Vec<(String, Option<SocketKey>)> =
            out.map(|seat| (seat.user.id.clone(), seat.socket)).collect();
        let mut replies = Vec::new();
        for user in uninvited {
            replies.extend(self.close_invitation(call, &user, "cancelled", None));
        }
        for (user, socket) in out {
            if let Some(socket) = socket {
                let body =
                    CallEnded { session_id: call.to_owned(), ended_by: None, duration: 0.0, reason: None };
                replies.push(Reply::emit(socket, name::CALL_ENDED, &body));
            }
            replies.extend(self.vacate(call, &user, None));
        }
        replies
    }

    /// A socket that is gone is in no room.
    pub(super) fn out_of_therapy(&mut self, from: SocketKey) -> Replies {
        let rooms: Vec<String> =
            self.therapy.iter().filter(|(_, room)| room.contains(&from)).map(|(id, _)| id.clone()).collect();
        rooms.iter().flat_map(|id| self.leave_therapy(from, id)).collect()
    }

    pub(super) fn therapy_relay(
        &mut self,
        from: SocketKey,
        event: &'static str,
        body: TherapyDescription,
    ) -> Replies {
        let Some(me) = self.in_therapy(from, &body.session_id) else {
            return refused(from, "You are not in this session");
        };
        let target = body.target_user_id.clone();
        let body = TherapyDescription { from_user_id: Some(me.id.clone()), ..body };
        let is_meant = |key: &SocketKey| {
            target.as_ref().is_none_or(|user| self.users.get(key).is_some_and(|known| known.id == *user))
        };
        let others = self.therapy.get(&body.session_id).into_iter().flatten().filter(|key| **key != from);
        others.filter(|key| is_meant(key)).map(|key| Reply::emit(*key, event, &body)).collect()
    }

    pub(super) fn therapy_sharing(&mut self, from: SocketKey, id: &str, on: bool) -> Replies {
        let Some(me) = self.in_therapy(from, id).cloned() else {
            return refused(from, "You are not in this session");
        };
        let event = if on { name::START_SCREEN_SHARE } else { name::STOP_SCREEN_SHARE };
        self.notice(from, id, &me, event)
    }

    pub(super) fn therapy_chat(&self, line: &TherapyChat) -> Replies {
        let room = self.therapy.get(&line.session_id).into_iter().flatten();
        room.map(|key| Reply::emit(*key, name::CHAT_MESSAGE, line)).collect()
    }

    fn in_therapy(&self, from: SocketKey, id: &str) -> Option<&User> {
        self.therapy.get(id).filter(|room| room.contains(&from))?;
        self.users.get(&from)
    }

    fn notice(&self, from: SocketKey, id: &str, user: &User, event: &'static str) -> Replies {
        let body = TherapyNotice {
            session_id: id.to_owned(),
            user_id: Some(user.id.clone()),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
        };
        let others = self.therapy.get(id).into_iter().flatten().filter(|key| **key != from);
        others.map(|key| Reply::emit(*key, event, &body)).collect()
    }
}

/// These events have an error event of their own.
fn refused(to: SocketKey, message: &str) -> Replies {
    let body = CallError { message: message.to_owned(), session_id: None };
    vec![Reply::emit(to, name::ERROR, &body)]
}
