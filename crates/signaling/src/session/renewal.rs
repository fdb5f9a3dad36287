//! The state of token renewal in a session.
//!
//! ```text
//!           refused, can refresh                  new token
//!  Valid ──────────────────────► Refreshing ──────────────────► Valid (refused calls are made again)
//!    │                               │  └─ no answer ─► Valid (tried again at the next refusal)
//!    │ refused, cannot               │ refused
//!    └──────────────────► Expired ◄──┘
//!                            │ renew: the user signed in again
//!                            └────────────────────────────────► Valid
//! ```

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use super::request::Request;

/// A socket that refuses a token this soon after it was renewed will not take the next one either.
const REFUSED_AGAIN_WITHIN: Duration = Duration::from_secs(10);
/// Lists that wait for a new token; one more is answered that there is none.
const MAX_WAITERS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Renewal {
    pub(super) state: State,
    /// Calls that were refused, with the reply; as many as the queue allows.
    pub(super) held: Vec<(Request, Value)>,
    waiters: Vec<oneshot::Sender<bool>>,
    /// The socket did not take the token: it has to open again with the new one.
    pub(super) reconnect: bool,
    pub(super) renewed: Option<Instant>,
    /// The backend has not accepted the new token yet.
    pub(super) unproven: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Valid,
    Refreshing,
    Expired,
}

impl Renewal {
    pub(super) fn is_expired(&self) -> bool {
        self.state == State::Expired
    }

    /// The backend let us do something.
    pub(super) fn accepted(&mut self) {
        self.unproven = false;
    }

    pub(super) fn wait(&mut self, waiter: oneshot::Sender<bool>) {
        if self.waiters.len() < MAX_WAITERS {
            self.waiters.push(waiter);
        } else {
            // The query may have been given up.
            let _ = waiter.send(false);
        }
    }

    pub(super) fn hopeless(&self, by_socket: bool) -> bool {
        self.unproven || (by_socket && self.renewed.is_some_and(|at| at.elapsed() < REFUSED_AGAIN_WITHIN))
    }

    pub(super) fn answer(&mut self, renewed: bool) {
        for waiter in self.waiters.drain(..) {
            let _ = waiter.send(renewed);
        }
    }
}
