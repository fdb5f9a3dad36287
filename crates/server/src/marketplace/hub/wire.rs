//! The hub on the switchboard.

use super::{Hub, News, Order, Replies, Request};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::switchboard::{self, SocketKey};

impl switchboard::Hub for Hub {
    const BACKEND: Backend = Backend::Marketplace;

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
