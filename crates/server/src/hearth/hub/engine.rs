//! Sessions whose media goes through an engine: what is said in them goes to it and comes from it.

use bellwire_dialects::hearth::wire::EnginePeer;

use super::message::{Order, Target};
use super::room::relayed;
use super::session::{Seat, Session};
use super::{Hub, Replies};
use crate::hearth::engine::{ENGINE_PEER, Request, Said, Word};
use crate::hub_actor::Reply;

impl Session {
    fn room(&self) -> String {
        self.facts.session_id.clone()
    }

    fn ask(&self, request: Request) -> Option<Reply<Order>> {
        self.engine.then_some(Reply::Order(Order::Engine(request)))
    }

    /// What clients offer to.
    pub(super) fn engine_peer(&self) -> Option<EnginePeer> {
        self.engine.then(|| EnginePeer { peer_id: ENGINE_PEER.to_owned() })
    }

    pub(super) fn is_engine(&self, peer: &str) -> bool {
        self.engine && peer == ENGINE_PEER
    }

    pub(super) fn enter_engine(&self, user: &str, peer: &str) -> Option<Reply<Order>> {
        self.ask(Request::Enter { room: self.room(), member: user.to_owned(), peer: peer.to_owned() })
    }

    pub(super) fn leave_engine(&self, user: &str) -> Option<Reply<Order>> {
        self.ask(Request::Leave { room: self.room(), member: user.to_owned() })
    }

    pub(super) fn close_engine(&self) -> Option<Reply<Order>> {
        self.ask(Request::Close { room: self.room() })
    }

    /// Offers are for the engine alone; answers and candidates are about what it offered of somebody, too. A client
    /// that knows of no engine may offer to the others, which nobody hears: it takes part without sending.
    pub(super) fn relay_to_engine(&self, me: &Seat, target: Option<&Target>, relay: Word) -> Replies {
        let (room, member) = (self.room(), me.user.id.clone());
        let of = match target {
            Some(Target::Peer(peer)) if self.is_engine(peer) => None,
            Some(target) => {
                let Some(seat) = self.seat_meant(target) else { return Vec::new() };
                Some(seat.user.id.clone())
            }
            None => return Vec::new(),
        };
        let request = match (of, relay) {
            (None, Word::Offer(offer)) => Request::Offer { room, member, offer },
            (Some(of), Word::Answer(answer)) => Request::Answer { room, member, of, answer },
            (of, Word::Candidate(candidate)) => Request::Candidate { room, member, of, candidate },
            (Some(_), Word::Offer(_)) | (None, Word::Answer(_)) => return Vec::new(),
        };
        self.ask(request).into_iter().collect()
    }
}

impl Hub {
    /// To the member's socket, if there is one now; what was said meanwhile, the engine says again.
    pub(super) fn engine_said(&self, said: Said) -> Replies {
        let Said { room: session_id, to, of, what } = said;
        let Some(session) = self.sessions.get(&session_id) else { return Vec::new() };
        let Some(socket) = session.seats.get(&to).and_then(|seat| seat.socket) else { return Vec::new() };
        let (from_peer_id, from_user_id) = match of {
            None => (Some(ENGINE_PEER.to_owned()), None),
            Some(user) => match session.seats.get(&user).and_then(|seat| seat.peer_id.clone()) {
                Some(peer) => (Some(peer), Some(user)),
                None => return Vec::new(),
            },
        };
        vec![relayed(socket, (from_peer_id, None, from_user_id), session_id, what)]
    }
}
