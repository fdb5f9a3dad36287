//! The marketplace hub as the hub actor drives it.

use super::message::Replies;
use super::replies::error;
use super::{Hub, News, Order, Request};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::hub_actor::{self, SessionEnd, SocketKey};
use crate::marketplace::defaults::BACKEND;

impl hub_actor::Hub for Hub {
    const BACKEND: Backend = BACKEND;

    type Request = Request;
    type News = News;
    type Order = Order;

    fn asked(&mut self, from: SocketKey, request: Request, _now: Millis) -> Replies {
        self.handle(from, request)
    }

    fn told(&mut self, news: News, now: Millis) -> Replies {
        self.hear(news, now)
    }

    fn disconnected(&mut self, key: SocketKey, _now: Millis) -> Replies {
        self.disconnected(key)
    }

    fn session_over(&mut self, key: SocketKey, end: SessionEnd, _now: Millis) -> Replies {
        match end {
            SessionEnd::Expired => vec![error(key, None, "Session expired, please login again")],
            SessionEnd::SignedOut => Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Millis> {
        self.deadline()
    }

    fn expire(&mut self, now: Millis) -> Replies {
        self.expire(now)
    }

    fn ringing(&self) -> usize {
        self.ringing()
    }
}
