//! Choice of the Socket.IO transport, and the problem that is reported when none works. Knows no clock.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{
    line::{Carrier, OpenError},
    stream::StreamError,
};

/// How long polling goes first once it worked where WebSockets did not.
const POLLING_FIRST_FOR: Duration = Duration::from_secs(600);

/// Why there is no socket although the account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkProblem {
    /// The network or the server lets no WebSocket through, and long polling does not work either.
    WebsocketBlocked,
    /// The socket's server says that we may not in.
    AccessDenied,
    Unreachable,
}

impl LinkProblem {
    /// A stable code of what is wrong; the interface has the texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::WebsocketBlocked => "websocket_blocked",
            Self::AccessDenied => "access_denied",
            Self::Unreachable => "unreachable",
        }
    }

    /// What `error` means; `web_socket` is why the WebSocket before it did not open, if that was tried.
    pub(crate) fn of(web_socket: Option<&OpenError>, error: &OpenError) -> Self {
        match error {
            OpenError::Status(401 | 403) => Self::AccessDenied,
            OpenError::Status(500..) => Self::Unreachable,
            OpenError::NoUpgrade(_) | OpenError::Swallowed => Self::WebsocketBlocked,
            OpenError::Stream(_)
            | OpenError::Unreachable(_)
            | OpenError::Status(_)
            | OpenError::Handshake
            | OpenError::Client(_)
            | OpenError::Address => match web_socket {
                Some(_) => Self::WebsocketBlocked,
                None => Self::Unreachable,
            },
        }
    }

    /// Whether long polling may work where that happened.
    pub(crate) fn is_of_web_sockets(error: &OpenError) -> bool {
        match error {
            OpenError::NoUpgrade(_) | OpenError::Swallowed | OpenError::Handshake => true,
            // Some proxies carry requests and refuse tunnels to ports they do not know.
            OpenError::Stream(StreamError::Proxy(_)) => true,
            OpenError::Stream(StreamError::Address | StreamError::Unreachable(_) | StreamError::Tls(_))
            | OpenError::Unreachable(_)
            | OpenError::Status(_)
            | OpenError::Client(_)
            | OpenError::Address => false,
        }
    }
}

/// What is known of the two ways.
#[derive(Debug, Default)]
pub(crate) struct Carriers {
    polling_until: Option<Instant>,
}

impl Carriers {
    /// Which are tried, in that order.
    pub(crate) fn order(&self, now: Instant) -> &'static [Carrier] {
        match self.polling_until {
            Some(until) if now < until => &[Carrier::Polling],
            Some(_) | None => &[Carrier::WebSocket, Carrier::Polling],
        }
    }

    /// One opened; polling is only tried where WebSockets failed.
    pub(crate) fn opened(&mut self, carrier: Carrier, now: Instant) {
        match carrier {
            Carrier::WebSocket => self.polling_until = None,
            Carrier::Polling if self.polling_until.is_some_and(|until| now < until) => {}
            Carrier::Polling => self.polling_until = Some(now + POLLING_FIRST_FOR),
        }
    }

    /// One did not open: this may be another network by now.
    pub(crate) fn failed(&mut self, carrier: Carrier) {
        match carrier {
            Carrier::WebSocket => {}
            Carrier::Polling => self.polling_until = None,
        }
    }

    /// A WebSocket opened and carried nothing.
    pub(crate) fn web_sockets_fail(&mut self, now: Instant) {
        self.polling_until = Some(now + POLLING_FIRST_FOR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_goes_first_for_a_while_once_it_worked_and_never_for_ever() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        assert_eq!(carriers.order(now), [Carrier::WebSocket, Carrier::Polling]);
        carriers.failed(Carrier::WebSocket);
        carriers.opened(Carrier::Polling, now);
        assert_eq!(carriers.order(now + POLLING_FIRST_FOR / 2), [Carrier::Polling]);
        // A reconnect does not put off the next try of a WebSocket.
        carriers.opened(Carrier::Polling, now + POLLING_FIRST_FOR / 2);
        assert_eq!(carriers.order(now + POLLING_FIRST_FOR), [Carrier::WebSocket, Carrier::Polling]);
        carriers.opened(Carrier::WebSocket, now + POLLING_FIRST_FOR);
        assert_eq!(carriers.order(now), [Carrier::WebSocket, Carrier::Polling]);
    }

    #[test]
    fn where_polling_fails_too_a_web_socket_is_tried_again() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        carriers.opened(Carrier::Polling, now);
        carriers.failed(Carrier::Polling);
        assert_eq!(carriers.order(now), [Carrier::WebSocket, Carrier::Polling]);
    }

    #[test]
    fn what_does_not_work_is_told() {
        let upgrade = OpenError::NoUpgrade(400);
        let of = |error| LinkProblem::of(Some(&upgrade), &error);
        assert_eq!(of(OpenError::Status(404)), LinkProblem::WebsocketBlocked);
        assert_eq!(of(OpenError::Handshake), LinkProblem::WebsocketBlocked);
        assert_eq!(of(OpenError::Status(403)), LinkProblem::AccessDenied);
        assert_eq!(of(OpenError::Status(502)), LinkProblem::Unreachable);
        let gone = OpenError::Stream(StreamError::Unreachable("refused".into()));
        assert_eq!(LinkProblem::of(None, &gone), LinkProblem::Unreachable);
        assert!(!LinkProblem::is_of_web_sockets(&gone));
        assert!(LinkProblem::is_of_web_sockets(&OpenError::Swallowed));
    }
}
