//! Descriptions and candidates that a member sends us.

use bellwire_call::{IncomingSignal, SdpKind};

use super::{
    Hearth,
    calls::CallEntry,
    members::{Member, There},
    room::{arrival, member_key},
    wire::{RelayedAnswer, RelayedCandidate, RelayedOffer, name},
};
use crate::{DecodeError, IceCandidateInit, Reaction, call_table::key, limits};

/// Who a relayed message says it is from.
struct From<'a> {
    session: &'a str,
    peer_id: Option<&'a str>,
    socket_id: Option<&'a str>,
    user_id: Option<&'a str>,
}

impl Hearth {
    pub(super) fn offer(&mut self, event: RelayedOffer) -> Result<Reaction, DecodeError> {
        let RelayedOffer { from_peer_id, from_socket_id, from_user_id, session_id, offer } = event;
        let signal = IncomingSignal::Offer(offer.read(name::WEBRTC_OFFER, SdpKind::Offer)?);
        let from = From {
            session: &session_id,
            peer_id: from_peer_id.as_deref(),
            socket_id: from_socket_id.as_deref(),
            user_id: from_user_id.as_deref(),
        };
        self.relayed(name::WEBRTC_OFFER, &from, signal)
    }

    pub(super) fn answer(&mut self, event: RelayedAnswer) -> Result<Reaction, DecodeError> {
        let RelayedAnswer { from_peer_id, from_socket_id, from_user_id, session_id, answer } = event;
        let signal = IncomingSignal::Answer(answer.read(name::WEBRTC_ANSWER, SdpKind::Answer)?);
        let from = From {
            session: &session_id,
            peer_id: from_peer_id.as_deref(),
            socket_id: from_socket_id.as_deref(),
            user_id: from_user_id.as_deref(),
        };
        self.relayed(name::WEBRTC_ANSWER, &from, signal)
    }

    pub(super) fn remote_candidate(&mut self, event: RelayedCandidate) -> Result<Reaction, DecodeError> {
        let RelayedCandidate { from_peer_id, from_socket_id, from_user_id, session_id, candidate } = event;
        let signal = IncomingSignal::Candidate(IceCandidateInit::read_or_end(candidate)?);
        let from = From {
            session: &session_id,
            peer_id: from_peer_id.as_deref(),
            socket_id: from_socket_id.as_deref(),
            user_id: from_user_id.as_deref(),
        };
        self.relayed(name::WEBRTC_ICE_CANDIDATE, &from, signal)
    }

    fn relayed(
        &mut self,
        what: &'static str,
        from: &From<'_>,
        signal: IncomingSignal,
    ) -> Result<Reaction, DecodeError> {
        let known = self.calls.find_mut(from.session).filter(|known| known.joined);
        let known = known.ok_or(DecodeError::ForeignCall { what })?;
        if from.peer_id == Some(self.peer_id.as_str()) || from.user_id == Some(self.me.as_str()) {
            return Ok(Reaction::none());
        }
        if known.is_several() {
            return of_several(known, what, from, signal);
        }
        let foreign = from.user_id.is_some_and(|user| user != known.peer)
            || from.peer_id.is_some_and(|peer| known.others.contains(peer));
        if foreign {
            return Err(DecodeError::ForeignSender { what });
        }
        let peer = known.peer.clone();
        let Some(member) = known.member_mut(&peer) else { return Ok(Reaction::none()) };
        let named = member.there.as_ref().and_then(|there| there.peer_id.as_deref());
        let came = match (named, from.peer_id) {
            (Some(known), Some(said)) if known == said => false,
            (Some(_), None) => false,
            // Another name in a room of several is another person, unless they say who they are.
            (Some(_), Some(_)) if from.user_id.is_none() => return Err(DecodeError::ForeignSender { what }),
            // Heard before their entrance was told.
            (None, None) if member.there.is_some() => false,
            (None | Some(_), said) => member.came(There::new(said, None)),
        };
        let news = came | is_news(member, &signal);
        let mut heard = if came { arrival(&self.peer_id, known) } else { Vec::new() };
        if news {
            heard.push((key(&known.key), signal));
        }
        Ok(Reaction { heard, ..Reaction::default() })
    }
}

/// One of several, by who they say they are; who is not known to be in the room yet may be told of any moment,
/// and the phone keeps what they say for them.
fn of_several(
    known: &mut CallEntry,
    what: &'static str,
    from: &From<'_>,
    signal: IncomingSignal,
) -> Result<Reaction, DecodeError> {
    let by_name = |name: Option<&str>| name.and_then(|name| known.named(name)).map(|one| one.user.clone());
    let by_socket = || {
        let socket = from.socket_id?;
        let is_there = |member: &&Member| {
            member.there.as_ref().and_then(|there| there.socket_id.as_deref()) == Some(socket)
        };
        known.members().iter().find(is_there).map(|member| member.user.clone())
    };
    let named = by_name(from.peer_id);
    // The name of one and the id of another.
    if from.user_id.zip(named.as_deref()).is_some_and(|(user, named)| user != named) {
        return Err(DecodeError::ForeignSender { what });
    }
    let user = named.or_else(|| match (from.user_id, from.peer_id) {
        (Some(user), None) => known.member(user).map(|member| member.user.clone()),
        (None, None) => by_socket(),
        // Another program of theirs, or a stranger.
        (_, Some(_)) => None,
    });
    let call = known.key.clone();
    let Some(member) = user.and_then(|user| known.member_mut(&user)) else {
        let stranger = from.peer_id.map(|peer| limits::id(peer.to_owned())).transpose()?;
        let stranger = stranger.ok_or(DecodeError::ForeignSender { what })?;
        return Ok(Reaction::hear(member_key(&call, &stranger), signal));
    };
    let news = is_news(member, &signal);
    let heard = member.name().filter(|_| news).map(|name| (member_key(&call, name), signal));
    Ok(Reaction { heard: heard.into_iter().collect(), ..Reaction::default() })
}

/// False for a copy of a candidate.
fn is_news(member: &mut Member, signal: &IncomingSignal) -> bool {
    if let IncomingSignal::Candidate(candidate) = signal {
        return member.is_news(&candidate.candidate);
    }
    member.described();
    true
}
