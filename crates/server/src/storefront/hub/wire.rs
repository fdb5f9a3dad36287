//! The hub on the switchboard: its replies as named events.

use bellwire_dialects::storefront::wire::name;

use super::message::{News, Order, Reply, Request, To};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::switchboard::{self, Reply as Out, SocketKey};

impl switchboard::Hub for super::Hub {
    const BACKEND: Backend = Backend::Storefront;

    type Request = Request;
    type News = News;
    type Order = Order;

    fn asked(&mut self, from: SocketKey, request: Request, now: Millis) -> Vec<Out<Order>> {
        wired(self.handle(from, request, now))
    }

    fn told(&mut self, news: News, now: Millis) -> Vec<Out<Order>> {
        match news {
            News::Learned(facts) => {
                self.learn(facts, now);
                Vec::new()
            }
            News::Changed(facts, change) => wired(self.changed(facts, change, now)),
            News::SignedOut { jti } => wired(self.signed_out(&jti)),
        }
    }

    fn disconnected(&mut self, key: SocketKey, now: Millis) -> Vec<Out<Order>> {
        wired(self.disconnected(key, now))
    }

    fn deadline(&self) -> Option<Millis> {
        self.deadline()
    }

    fn expire(&mut self, now: Millis) -> Vec<Out<Order>> {
        wired(self.expire(now))
    }

    fn ringing(&self) -> usize {
        self.ringing()
    }
}

fn wired(replies: Vec<(To, Reply)>) -> Vec<Out<Order>> {
    replies.into_iter().filter_map(|(to, reply)| wire(to, reply)).collect()
}

fn wire(to: To, reply: Reply) -> Option<Out<Order>> {
    let to = match (to, &reply) {
        (To::Socket(key), _) => key,
        (To::Records, Reply::Order(order)) => return Some(Out::Order(order.clone())),
        // The records are only ever sent orders.
        (To::Records, _) => return None,
    };
    Some(match reply {
        Reply::Ring(body) => Out::emit(to, name::INCOMING_VIDEO_CALL, &body),
        Reply::Offline(body) => Out::emit(to, name::CALL_TARGET_OFFLINE, &body),
        Reply::Error(body) => Out::emit(to, name::CALL_ERROR, &body),
        Reply::Joined(body) => Out::emit(to, name::USER_JOINED_CALL, &body),
        Reply::Left(body) => Out::emit(to, name::USER_LEFT_CALL, &body),
        Reply::Offer(body) => Out::emit(to, name::OFFER, &body),
        Reply::Answer(body) => Out::emit(to, name::ANSWER, &body),
        Reply::Candidate(body) => Out::emit(to, name::ICE_CANDIDATE, &body),
        Reply::Audio(body) => Out::emit(to, name::PARTICIPANT_AUDIO_TOGGLE, &body),
        Reply::Video(body) => Out::emit(to, name::PARTICIPANT_VIDEO_TOGGLE, &body),
        Reply::ShareStarted(body) => Out::emit(to, name::SCREEN_SHARE_STARTED, &body),
        Reply::ShareStopped(body) => Out::emit(to, name::SCREEN_SHARE_STOPPED, &body),
        Reply::Status(body) => Out::emit(to, name::CALL_STATUS_UPDATE, &body),
        Reply::Ended(body) => Out::emit(to, name::CALL_ENDED, &body),
        Reply::Users(body) => Out::emit(to, name::GET_USERS, &body),
        Reply::Online(body) => Out::emit(to, name::USER_ONLINE_STATUS_CHANGED, &body),
        Reply::Close => Out::Close(to),
        Reply::Order(order) => Out::Order(order),
    })
}
