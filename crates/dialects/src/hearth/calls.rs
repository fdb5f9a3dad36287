//! The calls this account knows of. Only facts that the wire needs; what state a call is in is the
//! phone's business.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bellwire_call::{CallKey, MediaKind, MediaState, RemoteCallId, Signal};

use super::wire::Participant;
use crate::limits;

/// Others in a session besides the two of us; a session has eight seats.
const OTHERS: usize = 16;
/// Candidates of one description that are remembered, to know their copies.
const CANDIDATES: usize = 64;
/// Sessions that are over and must not ring again.
const SPENT: usize = 256;
/// How often a call's record is told of the microphone and the camera: the backend counts every
/// request of everybody behind our address, a hundred in a quarter of an hour.
const MEDIA_RECORDS: u8 = 8;

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
pub(super) struct Known {
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
    order: u64,
}

impl Known {
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

    /// They are elsewhere by now, whoever still names that socket.
    pub(super) fn left_seat(&mut self, socket: String) {
        if self.replaced.len() >= OTHERS {
            self.replaced.pop_front();
        }
        self.replaced.push_back(socket);
    }

    /// False for a copy: a web client addresses twice whoever it wants to reach, and is heard twice.
    pub(super) fn is_news(&mut self, candidate: &str) -> bool {
        if self.candidates.iter().any(|known| known == candidate) {
            return false;
        }
        if self.candidates.len() >= CANDIDATES {
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
        if self.others.len() < OTHERS {
            self.others.insert(peer_id);
        }
    }

    /// What a full account of their media changes. In a call without pictures it says nothing of them:
    /// deployed servers give everybody a camera that nobody uses.
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
    known: BTreeMap<String, Known>,
    spent: VecDeque<String>,
    /// Sessions that we asked to enter on this socket and that were not answered for.
    asked: VecDeque<String>,
    next_order: u64,
}

/// Last words of sessions that the backend has not told us of yet.
#[derive(Debug, Default)]
pub(super) struct Early(VecDeque<(String, Option<String>, Signal)>);

impl Early {
    /// When full, the oldest goes.
    const ROOM: usize = 16;

    /// `by`: who said it, where that matters.
    pub(super) fn keep(&mut self, session: String, by: Option<String>, signal: Signal) {
        if self.0.len() >= Self::ROOM {
            self.0.pop_front();
        }
        self.0.push_back((session, by, signal));
    }

    /// What was heard of a session, first of all by its other person.
    pub(super) fn take(&mut self, session: &str, peer: &str) -> Option<Signal> {
        let meant = |(of, by, _): &(String, Option<String>, Signal)| {
            of == session && by.as_deref().is_none_or(|by| by == peer)
        };
        let at = self.0.iter().position(meant)?;
        self.0.remove(at).map(|(.., signal)| signal)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// There is no room for another call.
#[derive(Debug)]
pub(super) struct Full;

/// What a new call begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) kind: MediaKind,
    pub(super) outgoing: bool,
    pub(super) made: bool,
    pub(super) sole: bool,
}

impl Calls {
    /// Remembers a call; the oldest one that nobody answered makes room if need be.
    pub(super) fn add(&mut self, session: &str, peer: String, begun: Begun) -> Result<&mut Known, Full> {
        if self.known.len() >= limits::CALLS && !self.known.contains_key(session) {
            let idle = self.known.iter().filter(|(_, call)| !call.joined && !call.answered);
            let oldest = idle.min_by_key(|(_, call)| call.order).map(|(session, _)| session.clone());
            self.known.remove(&oldest.ok_or(Full)?);
        }
        let order = self.next_order;
        self.next_order += 1;
        let Begun { kind, outgoing, made, sole } = begun;
        // A session can be entered again; a call that is over cannot.
        let key = if self.is_spent(session) { format!("{session}#{order}") } else { session.to_owned() };
        let sending =
            MediaState { audio: Some(true), video: Some(kind == MediaKind::Video), sharing: Some(false) };
        let fresh = Known {
            key,
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
            media_records: MEDIA_RECORDS,
            order,
        };
        Ok(self.known.entry(session.to_owned()).or_insert(fresh))
    }

    pub(super) fn find(&self, session: &str) -> Option<&Known> {
        self.known.get(session)
    }

    pub(super) fn find_mut(&mut self, session: &str) -> Option<&mut Known> {
        self.known.get_mut(session)
    }

    /// The session of the call that signals name so.
    pub(super) fn session_of(&self, key: &str) -> Option<String> {
        self.known.iter().find(|(_, call)| call.key == key).map(|(session, _)| session.clone())
    }

    /// The session whose room we share with that person; the latest, should there be two.
    pub(super) fn shared_with(&self, person: &str) -> Option<String> {
        let shared = self.known.iter().filter(|(_, call)| call.joined && call.peer == person);
        shared.max_by_key(|(_, call)| call.order).map(|(session, _)| session.clone())
    }

    /// We ask to enter that session's room. Every such word is answered, a refusal without its session.
    pub(super) fn asks(&mut self, session: &str) {
        if self.asked.len() >= limits::CALLS {
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

    /// The only session that we have entered and that nobody else has.
    pub(super) fn lonely(&self) -> Option<String> {
        let mut lonely = self.known.iter().filter(|(_, call)| call.joined && call.there.is_none());
        let only = lonely.next().map(|(session, _)| session.clone());
        only.filter(|_| lonely.next().is_none())
    }

    pub(super) fn forget(&mut self, session: &str) -> Option<Known> {
        let call = self.known.remove(session)?;
        if !self.is_spent(session) {
            if self.spent.len() >= SPENT {
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
        for call in self.known.values_mut().filter(|call| call.joined) {
            call.stale = true;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// How signals name that call.
pub(super) fn key(name: &str) -> CallKey {
    CallKey::Remote(RemoteCallId(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNG: Begun = Begun { kind: MediaKind::Video, outgoing: false, made: false, sole: true };

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_we_joined() {
        let mut calls = Calls::default();
        calls.add("mine", "peer".into(), RUNG).unwrap().joined = true;
        for n in 0..1000 {
            calls.add(&format!("ring-{n}"), "stranger".into(), RUNG).unwrap();
        }
        assert_eq!(calls.len(), limits::CALLS);
        assert!(calls.find("mine").is_some() && calls.find("ring-999").is_some());
        assert!(calls.find("ring-0").is_none());
        for n in 1..limits::CALLS {
            calls.add(&format!("{n}"), "peer".into(), RUNG).unwrap().joined = true;
        }
        assert!(calls.add("one-more", "peer".into(), RUNG).is_err());
    }

    #[test]
    fn a_session_entered_again_is_another_call() {
        let mut calls = Calls::default();
        assert_eq!(calls.add("s", "peer".into(), RUNG).unwrap().key, "s");
        calls.forget("s");
        let again = calls.add("s", "peer".into(), RUNG).unwrap().key.clone();
        assert_ne!(again, "s");
        assert_eq!(calls.session_of(&again).as_deref(), Some("s"));
    }

    #[test]
    fn an_entrance_told_twice_is_one_entrance() {
        let mut calls = Calls::default();
        let call = calls.add("s", "peer".into(), RUNG).unwrap();
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
        let call = calls.add("s", "peer".into(), RUNG).unwrap();
        assert!(call.is_news("c") && !call.is_news("c"));
        call.described();
        assert!(call.is_news("c"));
    }
}
