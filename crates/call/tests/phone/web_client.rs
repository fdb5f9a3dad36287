//! Web client of the simulated group: it offers to everybody, and at each offer it hears throws its own
//! connection away, as the deployed ones do. It tries nothing a second time.

use bellwire_call::{
    CallId, CallKey, Epoch, IncomingSignal, MemberId, OutgoingSignal, PeerId, ReceivedSignal, RemoteCallId,
};

use crate::builders::{answer, offer};
use crate::fake_peers::{FakePeers, Place};
use crate::group_backend::Who;

#[derive(Default)]
pub(crate) struct WebClient {
    pub(crate) session: Option<RemoteCallId>,
    /// One connection for each name it has heard, by its place in this list.
    known: Vec<PeerId>,
    opened: u32,
}

impl WebClient {
    /// What it says to what it hears.
    pub(crate) fn hear(
        &mut self,
        who: Who,
        received: ReceivedSignal,
        peers: &mut FakePeers,
    ) -> Vec<(CallKey, OutgoingSignal)> {
        let Some(session) = self.session.clone().filter(|own| received.call.remote() == Some(own)) else {
            return Vec::new();
        };
        let from = received.call.peer().cloned();
        match (received.signal, from) {
            (IncomingSignal::Joined(participant), _) => {
                vec![self.offer(who, &session, participant.peer, peers)]
            }
            (IncomingSignal::Participants(all), _) => {
                all.into_iter().map(|other| self.offer(who, &session, other.peer, peers)).collect()
            }
            (IncomingSignal::Offer(offer), Some(from)) => {
                let place = self.reopen(who, &from, peers);
                let answer = answer(&peers.make_answer(place, offer.sdp));
                vec![(CallKey::Member(session, from), OutgoingSignal::Answer(answer))]
            }
            (IncomingSignal::Answer(answer), Some(from)) => {
                let place = self.place(who, &from);
                if peers.awaits_answer(place) {
                    peers.take_answer(place, answer.sdp);
                }
                Vec::new()
            }
            (IncomingSignal::PeerLeft { .. }, Some(from)) => {
                peers.close(self.place(who, &from));
                Vec::new()
            }
            (IncomingSignal::HangUp | IncomingSignal::Full, _) => {
                self.leave(who, peers);
                Vec::new()
            }
            (_, _) => Vec::new(),
        }
    }

    pub(crate) fn leave(&mut self, who: Who, peers: &mut FakePeers) {
        self.session = None;
        peers.drop_of(who);
    }

    fn offer(
        &mut self,
        who: Who,
        session: &RemoteCallId,
        to: PeerId,
        peers: &mut FakePeers,
    ) -> (CallKey, OutgoingSignal) {
        let place = self.reopen(who, &to, peers);
        let offer = offer(&peers.make_offer(place));
        (CallKey::Member(session.clone(), to), OutgoingSignal::Offer(offer))
    }

    fn reopen(&mut self, who: Who, to: &PeerId, peers: &mut FakePeers) -> Place {
        let place = self.place(who, to);
        self.opened += 1;
        peers.open(place, Epoch(self.opened));
        place
    }

    fn place(&mut self, who: Who, to: &PeerId) -> Place {
        let at = self.known.iter().position(|known| known == to).unwrap_or_else(|| {
            self.known.push(to.clone());
            self.known.len() - 1
        });
        Place { who, call: CallId(0), member: MemberId(u32::try_from(at).expect("few people")) }
    }
}
