//! The call table of a hearth account: its calls by session, and sessions that are over.

use std::collections::{BTreeSet, VecDeque};

use bellwire_call::{IncomingSignal, MediaKind, MediaState};

use super::wire::Participant;
use crate::call_table::{CallTable, Evictable, TableFull};
use crate::limits;

/// Others in a session besides the two of us; a session has eight seats.
const MAX_OTHERS: usize = 16;
/// Candidates of one description that are remembered, to know their copies.
const MAX_CANDIDATES: usize = 64;
/// Sessions that are over and must not ring again.
const MAX_SPENT_SESSIONS: usize = 256;
/// Updates of a call's record when microphone or camera change: the backend counts every request from
/// our address, a hundred in a quarter of an hour.
const MAX_MEDIA_RECORDS: u8 = 8;

/// How the one we talk to can be addressed.
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
}

/// One call as the wire needs it.
#[derive(Clone, Debug)]
pub(super) struct CallEntry {
    /// How signals name it.
    pub(super) key: String,
    /// The other person's user id.
    pub(super) peer: String,
    pub(super) kind: MediaKind,
    /// We placed it.
    pub(super) outgoing: bool,
    /// We made the session, so it is ours to take back.
    pub(super) made: bool,
    /// A session of two: hanging up ends it.
    pub(super) sole: bool,
    /// Both sides agreed.
    pub(super) answered: bool,
    /// We entered its room.
    pub(super) joined: bool,
    /// The backend said that we are in it.
    pub(super) entered: bool,
    /// The socket went away since: the room has to be entered again before anything is said in it.
    pub(super) stale: bool,
    /// The other one is in the room.
    pub(super) there: Option<There>,
    /// Sockets of theirs that they have replaced since; a killed backend remembers them for ever.
    replaced: VecDeque<String>,
    /// Names, in this room, of people who are not the one we talk to.
    pub(super) others: BTreeSet<String>,
    /// What we send.
    pub(super) ours: MediaState,
    /// What they said they send.
    pub(super) theirs: MediaState,
    candidates: VecDeque<String>,
    media_records: u8,
}

impl Evictable for CallEntry {
    fn is_evictable(&self) -> bool {
        !self.joined && !self.answered
    }
}

impl CallEntry {
    /// True if they came in just now, and not only were told of again.
    pub(super) fn came(&mut self, there: There) -> bool {
        if there.socket_id.as_ref().is_some_and(|socket| self.replaced.contains(socket)) {
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
        if self.replaced.len() >= MAX_OTHERS {
            self.replaced.pop_front();
        }
        self.replaced.push_back(socket);
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

    pub(super) fn remember_other(&mut self, peer_id: String) {
        if self.others.len() < MAX_OTHERS {
            self.others.insert(peer_id);
        }
    }

    /// What a full account of their media changes. In a call without pictures it says nothing of them:
    /// deployed servers report a camera for all, used or not.
    pub(super) fn media_changes(&mut self, told: MediaState) -> Option<MediaState> {
        let pictures = self.kind == MediaKind::Video;
        let changed = |told: Option<bool>, known: &mut Option<bool>| {
            let changed = told.filter(|told| *known != Some(*told));
            *known = told.or(*known);
            changed
        };
        let changes = MediaState {
            audio: changed(told.audio, &mut self.theirs.audio),
            video: changed(told.video.filter(|_| pictures), &mut self.theirs.video),
            sharing: changed(told.sharing, &mut self.theirs.sharing),
        };
        (changes != MediaState::default()).then_some(changes)
    }

    /// Takes one from what the record may cost.
    pub(super) fn may_record_media(&mut self) -> bool {
        let left = self.media_records > 0;
        self.media_records = self.media_records.saturating_sub(1);
        left
    }
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    table: CallTable<CallEntry>,
    spent: VecDeque<String>,
    /// Sessions that we asked to enter on this socket and that were not answered for.
    asked: VecDeque<String>,
}

/// Last words of sessions that the backend has not told us of yet.
#[derive(Debug, Default)]
pub(super) struct Early(VecDeque<(String, Option<String>, IncomingSignal)>);

impl Early {
    /// When full, the oldest goes.
    const MAX_SIGNALS: usize = 16;

    /// `by`: who said it, where that matters.
    pub(super) fn keep(&mut self, session: String, by: Option<String>, signal: IncomingSignal) {
        if self.0.len() >= Self::MAX_SIGNALS {
            self.0.pop_front();
        }
        self.0.push_back((session, by, signal));
    }

    /// What was heard of a session, first of all by its other person.
    pub(super) fn take(&mut self, session: &str, peer: &str) -> Option<IncomingSignal> {
        let meant = |(of, by, _): &(String, Option<String>, IncomingSignal)| {
            of == session && by.as_deref().is_none_or(|by| by == peer)
        };
        let at = self.0.iter().position(meant)?;
        self.0.remove(at).map(|(.., signal)| signal)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// What a new call begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) kind: MediaKind,
    pub(super) outgoing: bool,
    pub(super) made: bool,
    pub(super) sole: bool,
}

impl Calls {
    /// Remembers a call; the oldest unanswered one makes room if need be.
    pub(super) fn add(
        &mut self,
        session: &str,
        peer: String,
        begun: Begun,
    ) -> Result<&mut CallEntry, TableFull> {
        let Begun { kind, outgoing, made, sole } = begun;
        // A session can be entered again; a call that is over cannot.
        let spent = self.is_spent(session);
        let key = |order| if spent { format!("{session}#{order}") } else { session.to_owned() };
        let sending =
            MediaState { audio: Some(true), video: Some(kind == MediaKind::Video), sharing: Some(false) };
        self.table.add(session, |order| CallEntry {
            key: key(order),
            peer,
            kind,
            outgoing,
            made,
            sole,
            answered: false,
            joined: false,
            entered: false,
            stale: false,
            there: None,
            replaced: VecDeque::new(),
            others: BTreeSet::new(),
            ours: sending,
            theirs: sending,
            candidates: VecDeque::new(),
            media_records: MAX_MEDIA_RECORDS,
        })
    }

    pub(super) fn find(&self, session: &str) -> Option<&CallEntry> {
        self.table.find(session)
    }

    pub(super) fn find_mut(&mut self, session: &str) -> Option<&mut CallEntry> {
        self.table.find_mut(session)
    }

    /// The session of the call that signals name so.
    pub(super) fn session_of(&self, key: &str) -> Option<String> {
        self.table.iter().find(|(_, call)| call.key == key).map(|(session, _)| session.to_owned())
    }

    /// The session whose room we share with that person; the latest, should there be two.
    pub(super) fn shared_with(&self, person: &str) -> Option<String> {
        let shared = self.table.newest_by(|call| (call.joined && call.peer == person).then_some(()));
        shared.map(|(session, _)| session.to_owned())
    }

    /// We ask to enter that session's room. Every such word is answered, a refusal without its session.
    pub(super) fn asks(&mut self, session: &str) {
        if self.asked.len() >= limits::MAX_CALLS {
            self.asked.pop_front();
        }
        self.asked.push_back(session.to_owned());
    }

    pub(super) fn entered(&mut self, session: &str) {
        if let Some(at) = self.asked.iter().position(|asked| asked == session) {
            self.asked.remove(at);
        }
    }

    /// Which session a refusal is about that names none: one that is over by now, perhaps.
    pub(super) fn refused(&mut self) -> Option<String> {
        self.asked.pop_front()
    }

    /// The only session that we have entered and that has no other participant.
    pub(super) fn lonely(&self) -> Option<String> {
        let mut lonely = self.table.iter().filter(|(_, call)| call.joined && call.there.is_none());
        let only = lonely.next().map(|(session, _)| session.to_owned());
        only.filter(|_| lonely.next().is_none())
    }

    pub(super) fn forget(&mut self, session: &str) -> Option<CallEntry> {
        let call = self.table.forget(session)?;
        if !self.is_spent(session) {
            if self.spent.len() >= MAX_SPENT_SESSIONS {
                self.spent.pop_front();
            }
            self.spent.push_back(session.to_owned());
        }
        Some(call)
    }

    pub(super) fn is_spent(&self, session: &str) -> bool {
        self.spent.iter().any(|spent| spent == session)
    }

    /// The socket closed: the server has taken us out of every room.
    pub(super) fn lost_rooms(&mut self) {
        self.asked.clear();
        for (_, call) in self.table.iter_mut().filter(|(_, call)| call.joined) {
            call.stale = true;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.iter().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INCOMING: Begun = Begun { kind: MediaKind::Video, outgoing: false, made: false, sole: true };

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_we_joined() {
        let mut calls = Calls::default();
        calls.add("mine", "peer".into(), INCOMING).unwrap().joined = true;
        for n in 0..1000 {
            calls.add(&format!("ring-{n}"), "stranger".into(), INCOMING).unwrap();
        }
        assert_eq!(calls.len(), limits::MAX_CALLS);
        assert!(calls.find("mine").is_some() && calls.find("ring-999").is_some());
        assert!(calls.find("ring-0").is_none());
        for n in 1..limits::MAX_CALLS {
            calls.add(&format!("{n}"), "peer".into(), INCOMING).unwrap().joined = true;
        }
        assert!(calls.add("one-more", "peer".into(), INCOMING).is_err());
    }

    #[test]
    fn a_session_entered_again_is_another_call() {
        let mut calls = Calls::default();
        assert_eq!(calls.add("s", "peer".into(), INCOMING).unwrap().key, "s");
        calls.forget("s");
        let again = calls.add("s", "peer".into(), INCOMING).unwrap().key.clone();
        assert_ne!(again, "s");
        assert_eq!(calls.session_of(&again).as_deref(), Some("s"));
    }

    #[test]
    fn an_entrance_told_twice_is_one_entrance() {
        let mut calls = Calls::default();
        let call = calls.add("s", "peer".into(), INCOMING).unwrap();
        let there = |peer: &str, socket: Option<&str>| There {
            peer_id: Some(peer.into()),
            socket_id: socket.map(str::to_owned),
        };
        assert!(call.came(there("p", Some("1"))));
        assert!(!call.came(there("p", None)));
        assert!(call.came(there("p", Some("2"))), "they came back on another socket");
        assert!(!call.came(there("p", Some("1"))), "a seat that a killed backend has left behind");
        assert!(call.came(there("q", Some("2"))), "they are another program");
    }

    #[test]
    fn copies_of_a_candidate_are_known_until_the_next_description() {
        let mut calls = Calls::default();
        let call = calls.add("s", "peer".into(), INCOMING).unwrap();
        assert!(call.is_news("c") && !call.is_news("c"));
        call.described();
        assert!(call.is_news("c"));
    }
}
