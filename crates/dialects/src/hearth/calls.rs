//! The call table of a hearth account: its calls by session, and sessions that are over.

use std::collections::{BTreeSet, VecDeque};

use bellwire_call::{IncomingSignal, MediaKind, MediaState, Person};

use super::members::{Member, There};
use crate::call_table::{CallTable, Evictable, TableFull};
use crate::limits;

/// Others in a session's room besides us: a session has eight seats, in some deployments ten, and 32 at most where an
/// engine passes the media on.
const MAX_OTHERS: usize = 31;
/// Sessions that are over and must not ring again.
const MAX_SPENT_SESSIONS: usize = 256;
/// Updates of a call's record when microphone or camera change: the backend counts every request from
/// our address, a hundred in a quarter of an hour.
const MAX_MEDIA_RECORDS: u8 = 8;

/// One call as the wire needs it.
#[derive(Clone, Debug)]
pub(super) struct CallEntry {
    /// How signals name it.
    pub(super) key: String,
    /// The other person's user id; of several, whom we called or who called us.
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
    /// People the session has room for, ourselves included.
    pub(super) seats: u8,
    /// The peer that passes on what we send, where the backend has one.
    pub(super) engine: Option<String>,
    /// It was a session of two.
    grown: bool,
    /// People who ring for a session of two that is to become one of several.
    pub(super) added: Vec<Person>,
    /// In a session of two the other one, from the start; of several those who are in the room.
    members: Vec<Member>,
    /// Names, in the room of a session of two, of people who are not the one we talk to.
    pub(super) others: BTreeSet<String>,
    /// What we send.
    pub(super) ours: MediaState,
    media_records: u8,
}

impl Evictable for CallEntry {
    fn is_evictable(&self) -> bool {
        !self.joined && !self.answered
    }
}

impl CallEntry {
    /// More than two can be in it, and signals name the member they are about.
    pub(super) fn is_several(&self) -> bool {
        self.seats > 2
    }

    /// The other one of what was a session of two.
    pub(super) fn of_two(&self) -> Option<&Member> {
        self.member(&self.peer).filter(|_| self.grown)
    }

    /// A session of two becomes one of several.
    pub(super) fn grow(&mut self, seats: u8) {
        self.seats = seats;
        self.sole = false;
        self.grown = true;
        self.others.clear();
    }

    /// Where the other one of two is; of several, where anybody is.
    pub(super) fn there(&self) -> Option<&There> {
        self.members.iter().find_map(|member| member.there.as_ref())
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.iter_mut()
    }

    pub(super) fn member(&self, user: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    pub(super) fn member_mut(&mut self, user: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.user == user)
    }

    /// The member whose program signals name so.
    pub(super) fn named(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name() == Some(name))
    }

    /// A person of several, who may have just come; `None`: there are too many.
    pub(super) fn seat(&mut self, user: &str) -> Option<&mut Member> {
        if self.member(user).is_none() {
            if self.members.len() >= MAX_OTHERS {
                // Whoever is away has lost their seat: the backend would not have let a newcomer in otherwise.
                let away = self.members.iter().position(|member| member.away)?;
                self.members.remove(away);
            }
            self.members.push(Member::expected(user.to_owned(), MediaState::default()));
        }
        self.member_mut(user)
    }

    /// A person is out of the room of several.
    pub(super) fn unseat(&mut self, user: &str) {
        self.members.retain(|member| member.user != user);
    }

    pub(super) fn remember_other(&mut self, peer_id: String) {
        if self.others.len() < MAX_OTHERS {
            self.others.insert(peer_id);
        }
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
    const MAX_SIGNALS: usize = 64;

    /// `by`: who said it, where that matters.
    pub(super) fn keep(&mut self, session: String, by: Option<String>, signal: IncomingSignal) {
        if self.0.len() >= Self::MAX_SIGNALS {
            self.0.pop_front();
        }
        self.0.push_back((session, by, signal));
    }

    /// Everything that was heard of a session, and who said it.
    pub(super) fn take_all(&mut self, session: &str) -> Vec<(Option<String>, IncomingSignal)> {
        let (meant, others): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(of, ..)| of == session);
        self.0 = others;
        meant.into_iter().map(|(_, by, signal)| (by, signal)).collect()
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
    pub(super) seats: u8,
}

impl Calls {
    /// Remembers a call; the oldest unanswered one makes room if need be.
    pub(super) fn add(
        &mut self,
        session: &str,
        peer: String,
        begun: Begun,
    ) -> Result<&mut CallEntry, TableFull> {
        let Begun { kind, outgoing, made, sole, seats } = begun;
        // A session can be entered again; a call that is over cannot.
        let spent = self.is_spent(session);
        let key = |order| if spent { format!("{session}#{order}") } else { session.to_owned() };
        let sending =
            MediaState { audio: Some(true), video: Some(kind == MediaKind::Video), sharing: Some(false) };
        let members = if seats > 2 { Vec::new() } else { vec![Member::expected(peer.clone(), sending)] };
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
            seats,
            engine: None,
            grown: false,
            added: Vec::new(),
            members,
            others: BTreeSet::new(),
            ours: sending,
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
        let shared =
            self.table.newest_by(|call| (call.joined && call.member(person).is_some()).then_some(()));
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

    /// The only session that we have entered and that somebody else can come into.
    pub(super) fn awaiting(&self) -> Option<String> {
        let open = |call: &CallEntry| call.joined && (call.is_several() || call.there().is_none());
        let mut awaiting = self.table.iter().filter(|(_, call)| open(call));
        let only = awaiting.next().map(|(session, _)| session.to_owned());
        only.filter(|_| awaiting.next().is_none())
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

    const INCOMING: Begun =
        Begun { kind: MediaKind::Video, outgoing: false, made: false, sole: true, seats: 2 };

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
    fn of_several_the_room_is_bounded_and_who_is_away_makes_room() {
        let mut calls = Calls::default();
        let call = calls.add("s", "p0".into(), Begun { seats: 8, ..INCOMING }).unwrap();
        assert!(call.is_several() && call.members().is_empty());
        for n in 0..MAX_OTHERS {
            assert!(call.seat(&format!("p{n}")).is_some());
        }
        assert!(call.seat("one-more").is_none());
        assert!(call.seat("p3").is_some(), "they are in it");
        call.member_mut("p3").unwrap().away = true;
        assert!(call.seat("one-more").is_some());
        assert!(call.member("p3").is_none());
        assert_eq!(call.members().len(), MAX_OTHERS);
    }
}
