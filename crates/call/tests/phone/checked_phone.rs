//! Phone whose commands and views are checked against the invariants after each event.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bellwire_call::{
    CallId, CallKey, CallState, CallView, Command, Direction, EndReason, Epoch, Event, IncomingSignal,
    MemberId, MemberState, Notice, OfferRule, OutgoingSignal, PeerOutcome, Phone, ReceivedSignal, Sdp,
    UserAction,
};

use crate::builders::{HOME, RINGS, person};

/// A member of a call.
type Link = (CallId, MemberId);

#[derive(Default)]
struct Invariants {
    media: BTreeSet<CallId>,
    peers: BTreeMap<Link, Epoch>,
    /// Connections that were closed: none is used again.
    closed: BTreeSet<(Link, Epoch)>,
    rings: BTreeMap<CallId, bool>,
    ring_backs: BTreeSet<CallId>,
    over: BTreeMap<CallId, EndReason>,
    /// Offers that were made and neither answered nor said often enough: when the last copy was said.
    unanswered: BTreeMap<Link, (Epoch, Instant)>,
    /// Whose offer that is.
    offers: BTreeMap<String, Link>,
    /// Members to whom the open offer restarts ICE, which begins with its answer.
    restarting: BTreeSet<Link>,
    /// Members the path to whom is looked for anew since that time.
    renewed: BTreeMap<Link, Instant>,
}

/// An offer that was said so long ago may be replaced.
const OFFER_ANSWER_WAIT: Duration = Duration::from_secs(3);
/// An ICE restart has this long until the call is shown as reconnecting.
const NEW_PATH_TIME: Duration = Duration::from_secs(5);

pub(crate) struct CheckedPhone {
    pub(crate) phone: Phone,
    pub(crate) now: Instant,
    /// One person can be in a call of several and ring us beside it.
    pub(crate) in_groups: bool,
    invariants: Invariants,
}

impl CheckedPhone {
    pub(crate) fn new(me: &str, offers: OfferRule, now: Instant) -> Self {
        let mut phone =
            Self { phone: Phone::new(), now, in_groups: false, invariants: Invariants::default() };
        phone.handle(Event::AccountAdded { account: HOME, me: person(me), offers, rings: RINGS });
        phone
    }

    #[expect(clippy::disallowed_methods, reason = "a starting point for stepped time")]
    pub(crate) fn start(offers: OfferRule) -> Self {
        Self::new("me", offers, Instant::now())
    }

    pub(crate) fn handle(&mut self, event: Event) -> Vec<Command> {
        let is_time = matches!(event, Event::Time);
        // Answers sent while the socket was away are lost.
        if matches!(event, Event::Signaling { .. }) {
            self.invariants.unanswered.clear();
        }
        self.invariants.note(&event);
        let commands = self.phone.handle(event, self.now);
        for command in &commands {
            self.invariants.enter(command);
            self.invariants.exchange(command, self.now);
        }
        if is_time {
            let overdue = self.phone.deadline().is_some_and(|at| at <= self.now);
            assert!(!overdue, "a deadline in the past");
        }
        self.check_view();
        commands
    }

    pub(crate) fn user(&mut self, action: UserAction) -> Vec<Command> {
        self.handle(Event::User(action))
    }

    pub(crate) fn receive(&mut self, call: CallKey, signal: IncomingSignal) -> Vec<Command> {
        self.handle(Event::Signal(ReceivedSignal { account: HOME, call, signal }))
    }

    /// An outcome of the call's present epoch; of the first member, should there be several.
    pub(crate) fn peer(&mut self, call: CallId, outcome: PeerOutcome) -> Vec<Command> {
        let (member, epoch) = self.open_peer(call).unwrap_or((MemberId(1), Epoch(0)));
        self.handle(Event::Peer { call, member, epoch, outcome })
    }

    /// Steps through every deadline of the next `span`.
    pub(crate) fn pass(&mut self, span: Duration) -> Vec<Command> {
        let until = self.now + span;
        let mut commands = Vec::new();
        while let Some(at) = self.phone.deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            commands.extend(self.handle(Event::Time));
        }
        self.now = until;
        commands
    }

    pub(crate) fn calls(&self) -> Vec<CallView> {
        self.phone.view(self.now).calls
    }

    pub(crate) fn call(&self, id: CallId) -> CallView {
        self.calls().into_iter().find(|call| call.id == id).expect("the call is in view")
    }

    pub(crate) fn state(&self, id: CallId) -> CallState {
        self.call(id).state
    }

    pub(crate) fn live(&self) -> Vec<CallView> {
        self.calls().into_iter().filter(is_live).collect()
    }

    pub(crate) fn newest(&self) -> CallId {
        self.calls().last().expect("a call is in view").id
    }

    pub(crate) fn ended(&self) -> &BTreeMap<CallId, EndReason> {
        &self.invariants.over
    }

    pub(crate) fn open_epoch(&self, call: CallId) -> Option<Epoch> {
        self.open_peer(call).map(|(_, epoch)| epoch)
    }

    pub(crate) fn epoch_of(&self, call: CallId, member: MemberId) -> Option<Epoch> {
        self.invariants.peers.get(&(call, member)).copied()
    }

    /// The open connections of a call.
    pub(crate) fn open_peers(&self, call: CallId) -> Vec<MemberId> {
        self.invariants.peers.keys().filter(|(of, _)| *of == call).map(|(_, member)| *member).collect()
    }

    /// The same with the epoch of each.
    pub(crate) fn open_epochs(&self, call: CallId) -> Vec<(MemberId, Epoch)> {
        let of_call = self.invariants.peers.iter().filter(|((of, _), _)| *of == call);
        of_call.map(|((_, member), epoch)| (*member, *epoch)).collect()
    }

    fn open_peer(&self, call: CallId) -> Option<(MemberId, Epoch)> {
        let mut peers = self.invariants.peers.iter();
        peers.find(|((of, _), _)| *of == call).map(|((_, member), epoch)| (*member, *epoch))
    }

    /// Nothing that was started is still going on.
    pub(crate) fn assert_at_rest(&self) {
        assert_eq!(self.live(), vec![], "live calls");
        assert_eq!(self.invariants.media, BTreeSet::new(), "media");
        assert_eq!(self.invariants.peers, BTreeMap::new(), "peers");
        assert_eq!(self.invariants.rings, BTreeMap::new(), "rings");
        assert_eq!(self.invariants.ring_backs, BTreeSet::new(), "ring backs");
    }

    fn check_view(&self) {
        let calls = self.calls();
        let live: Vec<_> = calls.iter().filter(|call| is_live(call)).collect();
        assert!(live.len() <= 2, "more than one call and one waiting: {live:?}");
        let active = live.iter().filter(|call| is_active(call)).count();
        assert!(active <= 1, "two calls on one line: {live:?}");
        let people: BTreeSet<_> = live.iter().map(|call| (call.account, &call.peer.id)).collect();
        assert!(people.len() == live.len() || self.in_groups, "two live calls with one person");
        for call in &calls {
            for member in call.members.iter().filter(|member| member.state == MemberState::Connected) {
                let since = self.invariants.renewed.get(&(call.id, member.id));
                let late = since.is_some_and(|since| self.now.duration_since(*since) > NEW_PATH_TIME);
                let due = self.phone.deadline().is_some_and(|at| at <= self.now);
                assert!(!late || due, "connected, and no path for {since:?}");
            }
            self.check_members(call);
        }
        for call in &calls {
            if let CallState::Ended { reason } = &call.state {
                assert_eq!(self.invariants.over.get(&call.id), Some(reason), "ended is final and was told");
            } else {
                assert!(!self.invariants.over.contains_key(&call.id), "a call came back to life");
            }
            let rings = self.invariants.rings.get(&call.id);
            match call.state {
                CallState::Ringing { silenced: false } => assert_eq!(rings, Some(&call.waiting)),
                CallState::Ringing { silenced: true }
                | CallState::Calling { .. }
                | CallState::Connecting
                | CallState::Connected
                | CallState::Reconnecting
                | CallState::Ended { .. } => assert_eq!(rings, None),
            }
            assert_eq!(self.invariants.media.contains(&call.id), is_active(call), "media of {call:?}");
        }
    }
}

impl CheckedPhone {
    /// Nobody is in a call twice, no more are in it than there are seats, and connections are to members.
    fn check_members(&self, call: &CallView) {
        let people: BTreeSet<_> = call.members.iter().map(|member| &member.person.id).collect();
        assert_eq!(people.len(), call.members.len(), "somebody is in the call twice: {:?}", call.members);
        let ids: BTreeSet<_> = call.members.iter().map(|member| member.id).collect();
        assert_eq!(ids.len(), call.members.len(), "a member is shown twice");
        let here = call.members.iter().filter(|member| member.state != MemberState::Invited).count();
        assert!(here <= 7, "{here} others in one call");
        for peer in self.open_peers(call.id) {
            assert!(ids.contains(&peer), "a connection to {peer:?}, who is not in the call");
        }
    }
}

pub(crate) fn is_live(call: &CallView) -> bool {
    !matches!(call.state, CallState::Ended { .. })
}

fn is_active(call: &CallView) -> bool {
    is_live(call)
        && !(call.direction == Direction::Incoming && matches!(call.state, CallState::Ringing { .. }))
}

impl Invariants {
    fn note(&mut self, event: &Event) {
        let Event::Peer { call, member, epoch, outcome } = event else { return };
        let link = (*call, *member);
        match outcome {
            PeerOutcome::Connected if self.peers.get(&link) == Some(epoch) => {
                self.renewed.remove(&link);
            }
            PeerOutcome::OfferMade(Sdp { sdp, .. }) => {
                self.offers.insert(sdp.clone(), link);
            }
            // A refused description is as if it had not been said.
            PeerOutcome::Rejected { .. } | PeerOutcome::Unworkable { .. } | PeerOutcome::Failed => {
                self.unanswered.remove(&link);
            }
            PeerOutcome::Connected
            | PeerOutcome::AnswerMade(_)
            | PeerOutcome::AnswerApplied
            | PeerOutcome::Described { .. }
            | PeerOutcome::Candidate(_)
            | PeerOutcome::PathLost
            | PeerOutcome::NewAddress => {}
        }
    }

    /// One offer per exchange, and every restart is watched.
    fn exchange(&mut self, command: &Command, now: Instant) {
        match command {
            Command::CreateOffer { call, member, epoch, ice_restart } => {
                let link = (*call, *member);
                let open = self.unanswered.get(&link).filter(|(of, _)| of == epoch);
                let patient = open.is_some_and(|(_, said)| now.duration_since(*said) < OFFER_ANSWER_WAIT);
                assert!(!patient, "a second offer while the first may be answered: {link:?}");
                self.unanswered.insert(link, (*epoch, now));
                if *ice_restart {
                    self.restarting.insert(link);
                } else {
                    self.restarting.remove(&link);
                }
            }
            Command::Say { signal: OutgoingSignal::Offer(offer), .. } => {
                let link = self.offers.get(&offer.sdp);
                if let Some((_, said)) = link.and_then(|link| self.unanswered.get_mut(link)) {
                    *said = now;
                }
            }
            Command::AcceptAnswer { call, member, .. } => {
                let link = (*call, *member);
                self.unanswered.remove(&link);
                // An answer that follows a refused one gives the restart its time anew.
                if self.restarting.remove(&link) || self.renewed.contains_key(&link) {
                    self.renewed.insert(link, now);
                }
            }
            Command::ClosePeer { call, member, .. } => {
                let link = (*call, *member);
                self.unanswered.remove(&link);
                self.restarting.remove(&link);
                self.renewed.remove(&link);
            }
            Command::Say { .. }
            | Command::OpenPeer { .. }
            | Command::AcceptOffer { .. }
            | Command::AddCandidate { .. }
            | Command::StartMedia { .. }
            | Command::SetMicrophone { .. }
            | Command::SetCamera { .. }
            | Command::SetSharing { .. }
            | Command::StopMedia { .. }
            | Command::Ring { .. }
            | Command::StopRing { .. }
            | Command::RingBack { .. }
            | Command::StopRingBack { .. }
            | Command::Notice(_) => {}
        }
    }

    fn enter(&mut self, command: &Command) {
        match command {
            Command::Say { call, signal, .. } => {
                if let CallKey::Local(_) = call {
                    assert!(
                        matches!(signal, OutgoingSignal::Invite(_)),
                        "said without the backend's id: {signal:?}"
                    );
                }
            }
            Command::OpenPeer { call, member, epoch, .. } => {
                self.assert_alive(*call);
                let link = (*call, *member);
                assert_eq!(self.peers.insert(link, *epoch), None, "opened twice");
                assert!(!self.closed.contains(&(link, *epoch)), "{link:?} had {epoch:?} before");
            }
            Command::ClosePeer { call, member, epoch } => {
                let link = (*call, *member);
                assert_eq!(self.peers.remove(&link), Some(*epoch));
                assert!(self.closed.insert((link, *epoch)), "closed twice");
            }
            Command::CreateOffer { call, member, epoch, .. }
            | Command::AcceptOffer { call, member, epoch, .. }
            | Command::AcceptAnswer { call, member, epoch, .. }
            | Command::AddCandidate { call, member, epoch, .. } => {
                assert_eq!(self.peers.get(&(*call, *member)), Some(epoch));
            }
            Command::StartMedia { call, .. } => {
                self.assert_alive(*call);
                assert!(self.media.insert(*call), "media started twice");
            }
            Command::StopMedia { call } => assert!(self.media.remove(call), "media was not on"),
            Command::SetMicrophone { .. } | Command::SetCamera { .. } | Command::SetSharing { .. } => {}
            Command::Ring { call, waiting } => {
                self.assert_alive(*call);
                assert_ne!(self.rings.insert(*call, *waiting), Some(*waiting), "rings so already");
            }
            Command::StopRing { call } => assert!(self.rings.remove(call).is_some(), "did not ring"),
            Command::RingBack { call } => {
                self.assert_alive(*call);
                assert!(self.ring_backs.insert(*call), "rings back already");
            }
            Command::StopRingBack { call } => assert!(self.ring_backs.remove(call), "did not ring back"),
            Command::Notice(Notice::Missed { call }) => self.assert_alive(*call),
            Command::Notice(Notice::Ended { call, reason }) => {
                assert_eq!(self.over.insert(*call, reason.clone()), None, "ended twice");
            }
            Command::Notice(Notice::MemberRefused { call, .. } | Notice::PeopleNotAdded { call, .. }) => {
                self.assert_alive(*call);
            }
        }
    }

    fn assert_alive(&self, call: CallId) {
        assert!(!self.over.contains_key(&call), "{call:?} is over");
    }
}

/// What was said, in order.
pub(crate) fn said(commands: &[Command]) -> Vec<OutgoingSignal> {
    commands
        .iter()
        .filter_map(
            |command| if let Command::Say { signal, .. } = command { Some(signal.clone()) } else { None },
        )
        .collect()
}
