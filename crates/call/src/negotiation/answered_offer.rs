//! Which offer an answer is for. A description does not say so (RFC 3264 leaves it to the signalling), and an offer that
//! was replaced while nothing got through may be answered after all, before the one that took its place. Our own
//! answers therefore name their offer by its ICE user fragment; endpoints that do not know the attribute ignore it
//! (RFC 8866, 5.13).

use std::collections::VecDeque;

use super::attributes::{attribute, ufrag};
use crate::Sdp;

const ATTRIBUTE: &str = "a=x-bellwire-answers:";
/// More than can be on their way.
const MAX_PAST: usize = 8;

/// `answer` with the name of its offer, if there is one and the answer can carry it.
pub(super) fn name(mut answer: Sdp, offer: Option<&Sdp>) -> Sdp {
    let sections = answer.sdp.find("\nm=");
    if let (Some(before), Some(ufrag)) = (sections, offer.and_then(ufrag)) {
        answer.sdp.insert_str(before + 1, &format!("{ATTRIBUTE}{ufrag}\r\n"));
    }
    answer
}

pub(super) fn is_named(answer: &Sdp) -> bool {
    attribute(answer, ATTRIBUTE).is_some()
}

/// The answer says that it is for another offer than this one.
pub(super) fn names_another(answer: &Sdp, offer: &Sdp) -> bool {
    attribute(answer, ATTRIBUTE).is_some_and(|named| ufrag(offer).is_some_and(|ufrag| ufrag != named))
}

/// ICE user fragments of answers that were applied before the present one, or came after one that had been taken for
/// them. An answer that has one of them is a copy.
#[derive(Debug, Default)]
pub(super) struct PastAnswers(VecDeque<String>);

impl PastAnswers {
    pub(super) fn add(&mut self, fragment: Option<String>) {
        let Some(fragment) = fragment.filter(|fragment| !self.0.contains(fragment)) else { return };
        if self.0.len() == MAX_PAST {
            self.0.pop_front();
        }
        self.0.push_back(fragment);
    }

    pub(super) fn knows(&self, answer: &Sdp) -> bool {
        ufrag(answer).is_some_and(|fragment| self.0.contains(&fragment))
    }
}
