//! Members of a hearth call: the others in its room, how each can be addressed, and what they send.
//!
//! A member's program is named by the `peerId` it chose, which it says again after every reconnect; its socket
//! has another id then. One without a `peerId` goes by its socket.

use std::collections::VecDeque;

use bellwire_call::{MediaKind, MediaState};

use super::wire::Participant;
use crate::limits;

/// Sockets of one member that are remembered as replaced; a killed backend remembers them for ever.
const MAX_REPLACED: usize = 16;
/// Candidates of one description that are remembered, to know their copies.
const MAX_CANDIDATES: usize = 64;

/// How a member can be addressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct There {
    pub(super) peer_id: Option<String>,
    pub(super) socket_id: Option<String>,
}

impl There {
    pub(super) fn new(peer_id: Option<&str>, socket_id: Option<&str>) -> Self {
        let id = |text: Option<&str>| text.and_then(|text| limits::id(text.to_owned()).ok());
        Self { peer_id: id(peer_id), socket_id: id(socket_id) }
    }

    pub(super) fn of(participant: &Participant) -> Self {
        Self::new(participant.peer_id.as_deref(), participant.socket_id.as_deref())
    }

    /// Nothing speaks against it being the same entrance, only told again.
    fn agrees(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, two: &Option<String>| match (one, two) {
            (Some(one), Some(two)) => one == two,
            (None, _) | (_, None) => true,
        };
        same(&self.peer_id, &other.peer_id) && same(&self.socket_id, &other.socket_id)
    }

    /// How signals name the program, if anything can be said to it.
    pub(super) fn name(&self) -> Option<&str> {
        self.peer_id.as_deref().or(self.socket_id.as_deref())
    }
}

/// One of the others in a call.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The person's user id.
    pub(super) user: String,
    /// Where they are in the room.
    pub(super) there: Option<There>,
    /// Their socket went away, and may be coming back.
    pub(super) away: bool,
    replaced: VecDeque<String>,
    /// What they said they send.
    pub(super) theirs: MediaState,
    candidates: VecDeque<String>,
}

impl Member {
    /// Somebody who is not in the room yet; `theirs`: what they are taken to send until they say.
    pub(super) fn expected(user: String, theirs: MediaState) -> Self {
        Self {
            user,
            there: None,
            away: false,
            replaced: VecDeque::new(),
            theirs,
            candidates: VecDeque::new(),
        }
    }

    /// How signals name their program.
    pub(super) fn name(&self) -> Option<&str> {
        self.there.as_ref().and_then(There::name)
    }

    /// What is told of a seat that they have left is a killed backend's memory.
    pub(super) fn has_left(&self, there: &There) -> bool {
        there.socket_id.as_ref().is_some_and(|socket| self.replaced.contains(socket))
    }

    /// Their socket is gone; their name is not.
    pub(super) fn goes_away(&mut self) {
        self.away = true;
        if let Some(there) = &mut self.there
            && there.peer_id.is_some()
        {
            there.socket_id = None;
        }
    }

    /// True if they came in just now, and not only were told of again.
    pub(super) fn came(&mut self, there: There) -> bool {
        if self.has_left(&there) {
            return false;
        }
        let same_peer = |known: &&There| known.peer_id == there.peer_id;
        let before = self.there.as_ref().filter(same_peer).and_then(|known| known.socket_id.clone());
        if let Some(before) =
            before.filter(|before| there.socket_id.as_ref().is_some_and(|now| now != before))
        {
            self.left_seat(before);
        }
        match &mut self.there {
            Some(known) if known.agrees(&there) => {
                known.peer_id = there.peer_id.or(known.peer_id.take());
                known.socket_id = there.socket_id.or(known.socket_id.take());
                false
            }
            place => {
                *place = Some(there);
                self.candidates.clear();
                true
            }
        }
    }

    /// They are elsewhere by now, even if events still name that socket.
    pub(super) fn left_seat(&mut self, socket: String) {
        if self.replaced.len() >= MAX_REPLACED {
            self.replaced.pop_front();
        }
        self.replaced.push_back(socket);
    }

    /// The farewell of a connection that they have replaced since.
    pub(super) fn has_replaced(&self, gone: Option<&str>) -> bool {
        let here = self.there.as_ref().and_then(|there| there.socket_id.as_deref());
        here.zip(gone).is_some_and(|(here, gone)| here != gone)
    }

    /// False for a copy: a web client sends to both targets of a person, and is heard twice.
    pub(super) fn is_news(&mut self, candidate: &str) -> bool {
        if self.candidates.iter().any(|known| known == candidate) {
            return false;
        }
        if self.candidates.len() >= MAX_CANDIDATES {
            self.candidates.pop_front();
        }
        self.candidates.push_back(candidate.to_owned());
        true
    }

    /// Candidates belong to a description.
    pub(super) fn described(&mut self) {
        self.candidates.clear();
    }

    /// What a full account of their media changes. In a call without pictures it says nothing of them:
    /// deployed servers report a camera for all, used or not.
    pub(super) fn media_changes(&mut self, told: MediaState, kind: MediaKind) -> Option<MediaState> {
        let changed = |told: Option<bool>, known: &mut Option<bool>| {
            let changed = told.filter(|told| *known != Some(*told));
            *known = told.or(*known);
            changed
        };
        let changes = MediaState {
            audio: changed(told.audio, &mut self.theirs.audio),
            video: changed(told.video.filter(|_| kind == MediaKind::Video), &mut self.theirs.video),
            sharing: changed(told.sharing, &mut self.theirs.sharing),
        };
        (changes != MediaState::default()).then_some(changes)
    }

    /// One thing that changed.
    pub(super) fn toggled(&mut self, state: MediaState) {
        self.theirs.audio = state.audio.or(self.theirs.audio);
        self.theirs.video = state.video.or(self.theirs.video);
        self.theirs.sharing = state.sharing.or(self.theirs.sharing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(peer: &str, socket: Option<&str>) -> There {
        There { peer_id: Some(peer.into()), socket_id: socket.map(str::to_owned) }
    }

    #[test]
    fn an_entrance_told_twice_is_one_entrance() {
        let mut member = Member::expected("ben".into(), MediaState::default());
        assert!(member.came(there("p", Some("1"))));
        assert!(!member.came(there("p", None)));
        assert!(member.came(there("p", Some("2"))), "they came back on another socket");
        assert!(!member.came(there("p", Some("1"))), "a seat that a killed backend has left behind");
        assert!(member.came(there("q", Some("2"))), "they are another program");
        assert_eq!(member.name(), Some("q"));
    }

    #[test]
    fn copies_of_a_candidate_are_known_until_the_next_description() {
        let mut member = Member::expected("ben".into(), MediaState::default());
        assert!(member.is_news("c") && !member.is_news("c"));
        member.described();
        assert!(member.is_news("c"));
    }
}
