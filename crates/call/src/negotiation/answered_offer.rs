//! Which offer an answer is for. A description does not say so (RFC 3264 leaves it to the signalling), and an offer that
//! was replaced while nothing got through may be answered after all, before the one that took its place. Our own
//! answers therefore name their offer by its ICE user fragment; endpoints that do not know the attribute ignore it
//! (RFC 8866, 5.13).

use super::attributes::{attribute, ufrag};
use crate::Sdp;

const ATTRIBUTE: &str = "a=x-bellwire-answers:";

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
