//! Token sessions of sockets: when each expires, and which sockets end with
//! one that is given back.

use std::collections::{BTreeMap, BTreeSet};

use super::key::SocketKey;
use crate::auth::{Owned, Session};
use crate::clock::Millis;

/// What opened a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// What the session is given back by: its token's `jti`, or the name of a family of tokens. `None`
    /// while no token has been shown.
    pub(crate) name: Option<String>,
    /// Whose it is, as [`Owned`] names accounts.
    pub(crate) account: Option<String>,
    pub(crate) issued: Millis,
    pub(crate) until: Millis,
}

impl Opened {
    /// By a token.
    pub(crate) fn by<C: Owned>(session: &Session<C>) -> Self {
        Self {
            name: Some(session.jti.clone()),
            account: Some(session.claims.account()),
            issued: session.issued,
            until: session.expires,
        }
    }

    /// By nothing yet; a token has to come until then.
    pub(crate) fn waiting(until: Millis) -> Self {
        Self { name: None, account: None, issued: until, until }
    }
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionEnd {
    Expired,
    SignedOut,
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    of: BTreeMap<SocketKey, Opened>,
    ends: BTreeSet<(Millis, SocketKey)>,
}

impl Sessions {
    /// A socket has one session; an earlier one of it is forgotten.
    pub(super) fn add(&mut self, socket: SocketKey, opened: Opened) {
        self.remove(socket);
        self.ends.insert((opened.until, socket));
        self.of.insert(socket, opened);
    }

    pub(super) fn remove(&mut self, socket: SocketKey) {
        if let Some(opened) = self.of.remove(&socket) {
            self.ends.remove(&(opened.until, socket));
        }
    }

    /// When the next one is over.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// Takes out those that are over.
    pub(super) fn over(&mut self, now: Millis) -> Vec<SocketKey> {
        let over: Vec<SocketKey> =
            self.ends.iter().take_while(|(at, _)| *at <= now).map(|(_, socket)| *socket).collect();
        for socket in &over {
            self.remove(*socket);
        }
        over
    }

    /// Takes out those of a session that was given back.
    pub(super) fn given_back(&mut self, name: &str) -> Vec<SocketKey> {
        self.take(|opened| opened.name.as_deref() == Some(name))
    }

    /// Takes out those of an account that began until then.
    pub(super) fn of_account(&mut self, account: &str, before: Millis) -> Vec<SocketKey> {
        self.take(|opened| opened.account.as_deref() == Some(account) && opened.issued <= before)
    }

    fn take(&mut self, fits: impl Fn(&Opened) -> bool) -> Vec<SocketKey> {
        let theirs: Vec<SocketKey> =
            self.of.iter().filter(|(_, opened)| fits(opened)).map(|(socket, _)| *socket).collect();
        for socket in &theirs {
            self.remove(*socket);
        }
        theirs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_end_with_their_sessions_and_leave_nothing() {
        let mut sessions = Sessions::default();
        let opened = |name: &str, until| Opened {
            name: Some(name.to_owned()),
            account: Some("users 7".to_owned()),
            issued: Millis(until - 10),
            until: Millis(until),
        };
        for (socket, name, until) in [(1, "a", 50), (2, "a", 20), (3, "b", 20), (4, "c", 90)] {
            sessions.add(SocketKey(socket), opened(name, until));
        }
        sessions.add(SocketKey(4), opened("d", 10));
        assert_eq!(sessions.deadline(), Some(Millis(10)));

        assert_eq!(sessions.over(Millis(19)), [SocketKey(4)]);
        assert_eq!(sessions.given_back("a"), [SocketKey(1), SocketKey(2)]);
        assert_eq!(sessions.given_back("d"), []);
        sessions.remove(SocketKey(3));
        sessions.add(SocketKey(5), opened("e", 50));
        sessions.add(SocketKey(6), opened("f", 60));
        assert_eq!(sessions.of_account("users 8", Millis(40)), []);
        assert_eq!(sessions.of_account("users 7", Millis(40)), [SocketKey(5)], "the other began later");
        sessions.remove(SocketKey(6));

        assert_eq!((sessions.deadline(), sessions.of.len()), (None, 0));
    }
}
