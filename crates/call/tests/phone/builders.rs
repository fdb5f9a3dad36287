//! Builders of common test values.

use bellwire_call::{
    AccountId, CallId, CallKey, IceCandidate, Invite, MediaKind, Person, PersonId, RemoteCallId, Ring,
    RingPolicy, Sdp, SdpKind,
};

/// As long as most backends ring.
pub(crate) const RINGS: RingPolicy = RingPolicy::Timeout(std::time::Duration::from_secs(45));

pub(crate) const HOME: AccountId = AccountId(1);

pub(crate) fn person(id: &str) -> Person {
    Person { id: PersonId(id.into()), name: id.to_uppercase(), avatar: None }
}

pub(crate) fn invite(to: &str) -> Invite {
    Invite { to: person(to), others: Vec::new(), kind: MediaKind::Video, subject: None }
}

pub(crate) fn ring(from: &str) -> Ring {
    Ring { from: person(from), kind: MediaKind::Video, subject: None }
}

pub(crate) fn remote(id: &str) -> RemoteCallId {
    RemoteCallId(id.into())
}

pub(crate) fn key(id: &str) -> CallKey {
    CallKey::Remote(remote(id))
}

pub(crate) fn local(id: CallId) -> CallKey {
    CallKey::Local(id)
}

pub(crate) fn offer(text: &str) -> Sdp {
    Sdp { kind: SdpKind::Offer, sdp: text.into() }
}

pub(crate) fn answer(text: &str) -> Sdp {
    Sdp { kind: SdpKind::Answer, sdp: text.into() }
}

pub(crate) fn candidate(text: &str) -> IceCandidate {
    IceCandidate {
        candidate: text.into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    }
}
