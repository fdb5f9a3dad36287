//! Relayed events between the two users of a call.

use bellwire_dialects::marketplace::wire::{
    AnswerToClient, CandidateToClient, MediaToClient, OfferToClient, name,
};

use super::Hub;
use super::message::{Relay, Replies};
use super::replies::{Refusal, refused};
use crate::hub_actor::{Reply, SocketKey};

impl Hub {
    pub(super) fn relay(&mut self, from: SocketKey, call_id: &str, relay: Relay) -> Replies {
        let (me, call) = match self.party_of(from, call_id) {
            Ok(found) => found,
            Err(refusal) => return refused(from, refusal, call_id),
        };
        if call.facts.is_over() {
            return match relay {
                Relay::Offer(_) | Relay::Answer(_) => refused(from, Refusal::Over, call_id),
                // Late ones of these are what every hang-up leaves behind.
                Relay::Candidate(_) | Relay::Media { .. } => Vec::new(),
            };
        }
        let to: Vec<SocketKey> = self.presence.sockets(&call.facts.other(&me.id).id).collect();
        let (call_id, from_user_id) = (call_id.to_owned(), me.id);
        let emit = |to: SocketKey| match &relay {
            Relay::Offer(offer) => {
                let (call_id, from_user_id) = (call_id.clone(), from_user_id.clone());
                Reply::emit(
                    to,
                    name::WEBRTC_OFFER,
                    &OfferToClient { call_id, from_user_id, offer: offer.clone() },
                )
            }
            Relay::Answer(answer) => {
                let (call_id, from_user_id) = (call_id.clone(), from_user_id.clone());
                let body = AnswerToClient { call_id, from_user_id, answer: answer.clone() };
                Reply::emit(to, name::WEBRTC_ANSWER, &body)
            }
            Relay::Candidate(candidate) => {
                let (call_id, from_user_id) = (call_id.clone(), from_user_id.clone());
                let body = CandidateToClient { call_id, from_user_id, candidate: candidate.clone() };
                Reply::emit(to, name::ICE_CANDIDATE, &body)
            }
            Relay::Media { audio, video } => {
                let (call_id, from_user_id) = (call_id.clone(), from_user_id.clone());
                let body = MediaToClient { call_id, from_user_id, audio: *audio, video: *video };
                Reply::emit(to, name::MEDIA_STATE, &body)
            }
        };
        to.into_iter().map(emit).collect()
    }
}
