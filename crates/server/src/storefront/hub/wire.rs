//! The storefront hub as the hub actor drives it.

use bellwire_dialects::storefront::wire::{CallError, name};

use super::Hub;
use super::message::{News, Order, Replies, Request};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::hub_actor::{self, Reply, SessionEnd, SocketKey};
use crate::storefront::defaults::BACKEND;

impl hub_actor::Hub for Hub {
    const BACKEND: Backend = BACKEND;

    type Request = Request;
    type News = News;
    type Order = Order;

    fn asked(&mut self, from: SocketKey, request: Request, now: Millis) -> Replies {
        self.handle(from, request, now)
    }

    fn told(&mut self, news: News, now: Millis) -> Replies {
        match news {
            News::Learned(facts) => {
                self.learn(facts, now);
                Vec::new()
            }
            News::Changed(facts, change) => self.changed(facts, change, now),
        }
    }

    fn disconnected(&mut self, key: SocketKey, now: Millis) -> Replies {
        self.disconnected(key, now)
    }

    fn session_over(&mut self, key: SocketKey, _end: SessionEnd, _now: Millis) -> Replies {
        let message = "Session expired, please login again".to_owned();
        vec![Reply::emit(key, name::CALL_ERROR, &CallError { call_id: None, message })]
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
