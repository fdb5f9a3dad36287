//! What a session's task does when its token is refused: it is renewed by the dialect's refresh, else by the
//! user. Where that stands is in `renewal`.

use std::time::{Duration, Instant};

use bellwire_dialects::{Identity, Query, ReplyError, RestCall};
use serde_json::Value;
use tracing::{debug, info, warn};

use super::{
    SessionEvent,
    renewal::State,
    request::{Done, Request},
    task::Task,
    who,
};
use crate::{
    access::Generation,
    rest::{Rest, RestError},
    socketio::Socket,
};

/// Waits before a refresh that got no answer is asked again.
const REFRESH_RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

impl Task {
    /// A call of the dialect's was answered. One that was refused for its token did nothing, whatever
    /// its method: it is made again with a newer one.
    pub(super) fn replied(&mut self, request: Request, generation: Generation, status: u16, body: Value) {
        if status != 401 {
            if (200..300).contains(&status) && generation == self.access.generation() {
                self.renewal.accepted();
            }
            self.deliver(&request, status, body);
        } else if request.again {
            self.deliver(&request, status, body);
        } else if generation < self.access.generation() {
            self.fetch(Request { again: true, ..request });
        } else if self.can_refresh() {
            self.renewal.held.push((request, body));
            self.token_refused(false);
        } else {
            self.deliver(&request, status, body);
        }
    }

    fn can_refresh(&self) -> bool {
        match self.renewal.state {
            State::Valid => self.dialect.refresh().is_some(),
            State::Refreshing => true,
            State::Expired => false,
        }
    }

    /// The token is not accepted. `by_socket`: an open socket is of no use either.
    pub(super) fn token_refused(&mut self, by_socket: bool) {
        match self.renewal.state {
            State::Expired => self.renewal.answer(false),
            State::Refreshing => self.renewal.reconnect |= by_socket,
            State::Valid if self.renewal.hopeless(by_socket) => self.give_up(),
            State::Valid => match self.dialect.refresh() {
                Some(query) => self.refresh(query, by_socket),
                None => self.give_up(),
            },
        }
    }

    fn refresh(&mut self, query: Query<'static, Identity>, by_socket: bool) {
        debug!("Token refused, asking for a new one");
        self.renewal.state = State::Refreshing;
        self.renewal.reconnect = by_socket;
        let rest = Rest::anonymous(self.account.backend.rest.clone(), &self.account.transport);
        self.work.spawn(async move {
            let identity = match ask(rest, &query.call).await {
                Ok((status, _)) if passes(status) => Err(ReplyError::Unreachable),
                Ok((status, body)) => query.parse(status, &body),
                Err(error) => {
                    debug!(%error, "No new token");
                    Err(ReplyError::Unreachable)
                }
            };
            Done::Refreshed(identity)
        });
    }

    /// The backend answered whether there is a new token.
    pub(super) fn refreshed(&mut self, identity: Result<Identity, ReplyError>) {
        if self.renewal.state != State::Refreshing {
            return;
        }
        let reconnect = self.renewal.reconnect;
        match identity {
            Err(ReplyError::Unreachable) => self.postpone(),
            Ok(identity) if who(&identity) == who(self.identity()) => self.adopt(identity, reconnect),
            Ok(_) => {
                warn!("The new token is somebody else's");
                self.give_up();
            }
            Err(error) => {
                debug!(%error, "No new token");
                self.give_up();
            }
        }
    }

    /// The user signed in again.
    pub(super) fn signed_in_again(&mut self, identity: Identity) {
        self.adopt(identity, true);
    }

    /// Goes on with a new token. A socket that works is left alone: nothing that is said meanwhile is
    /// lost, and it opens with the new token next time.
    fn adopt(&mut self, identity: Identity, reconnect: bool) {
        let account = &self.account;
        let rest = match Rest::signed_in(account.backend.rest.clone(), &identity, &account.transport) {
            Ok(rest) => rest,
            Err(error) => {
                debug!(%error, "The new token cannot be used");
                self.give_up();
                return;
            }
        };
        info!("Token renewed");
        self.dialect.renew(&identity);
        self.access.renew(rest);
        self.account.identity = identity.clone();
        self.renewal.state = State::Valid;
        self.renewal.renewed = Some(Instant::now());
        self.renewal.unproven = true;
        self.renewal.answer(true);
        self.news.push(SessionEvent::Renewed(Box::new(identity)));
        self.point_socket(reconnect);
        for (request, _) in std::mem::take(&mut self.renewal.held) {
            self.fetch(Request { again: true, ..request });
        }
    }

    fn point_socket(&mut self, reconnect: bool) {
        let told = self.socket.as_ref().is_some_and(|(socket, _)| socket.renew(self.target(), reconnect));
        if told {
            if reconnect {
                self.lost();
            }
            return;
        }
        self.lost();
        self.socket = match Socket::start(self.target()) {
            Ok(socket) => Some(socket),
            Err(error) => {
                warn!(%error, "No thread for the socket");
                None
            }
        };
    }

    /// The backend did not say whether it gives a new token: the old one is tried again later.
    fn postpone(&mut self) {
        self.renewal.state = State::Valid;
        self.renewal.answer(false);
        if self.renewal.reconnect && self.connection.is_some() {
            self.point_socket(true);
        }
        for (request, _) in std::mem::take(&mut self.renewal.held) {
            self.deliver(&request, 0, Value::String("no new token could be had".to_owned()));
        }
    }

    fn give_up(&mut self) {
        info!("Token no longer accepted");
        self.renewal.state = State::Expired;
        self.renewal.answer(false);
        // Dropped, not closed: a server that refuses us gets no farewell, and nothing may wait for it.
        self.socket = None;
        self.lost();
        for (request, body) in std::mem::take(&mut self.renewal.held) {
            self.deliver(&request, 401, body);
        }
        self.news.push(SessionEvent::TokenExpired);
    }
}

/// Not the backend's last word about a token.
fn passes(status: u16) -> bool {
    status == 0 || status == 429 || status >= 500
}

async fn ask(rest: Result<Rest, RestError>, call: &RestCall) -> Result<(u16, Value), RestError> {
    let rest = rest?;
    for wait in REFRESH_RETRY_DELAYS {
        match rest.call(call).await {
            Ok((status, body)) if !passes(status) => return Ok((status, body)),
            Ok(_) | Err(_) => tokio::time::sleep(wait).await,
        }
    }
    rest.call(call).await
}
