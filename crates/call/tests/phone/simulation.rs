//! Simulation of two phones with a `storefront`-like backend between them and imaginary peer connections.
//! Time jumps from event to event.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bellwire_call::{
    CallId, CallKey, Command, Epoch, Event, IceCandidate, IncomingSignal, MemberId, OfferRule,
    OutgoingSignal, PeerOutcome, ReceivedSignal, RemoteCallId, Sdp, SdpKind, UserAction,
};

use crate::builders::{HOME, answer, candidate, offer, remote, ring};
use crate::checked_phone::CheckedPhone;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Alice,
    Bob,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        }
    }
}

/// Order is kept within a channel and not between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Channel {
    Rest,
    Socket,
    Peer(CallId),
}

/// A peer connection, as far as descriptions go.
#[derive(Default)]
struct FakePeer {
    epoch: Option<Epoch>,
    made: u32,
    local: Option<Sdp>,
    remote: Option<Sdp>,
    told: bool,
}

struct Member {
    phone: CheckedPhone,
    up: bool,
    /// What was said while the socket was away.
    queued: Vec<(CallKey, OutgoingSignal)>,
    fake_peers: BTreeMap<CallId, FakePeer>,
}

pub(crate) struct Pair {
    now: Instant,
    members: BTreeMap<Side, Member>,
    /// By due time and number, so that equal times keep their order.
    due: BTreeMap<(Instant, u64), (Side, Event)>,
    last_on: BTreeMap<(Side, Channel), Instant>,
    counter: u64,
    /// Backend ids: who placed the call, under which local id.
    placed: BTreeMap<RemoteCallId, (Side, CallId)>,
    /// Milliseconds, used in turn.
    latencies: Vec<u64>,
    pub(crate) network_up: bool,
}

impl Pair {
    #[expect(clippy::disallowed_methods, reason = "a starting point for stepped time")]
    pub(crate) fn new(latencies: Vec<u64>) -> Self {
        let now = Instant::now();
        let member = |name, rule| Member {
            phone: CheckedPhone::new(name, rule, now),
            up: true,
            queued: Vec::new(),
            fake_peers: BTreeMap::new(),
        };
        Self {
            now,
            members: [
                (Side::Alice, member("alice", OfferRule::Us)),
                (Side::Bob, member("bob", OfferRule::Them)),
            ]
            .into(),
            due: BTreeMap::new(),
            last_on: BTreeMap::new(),
            counter: 0,
            placed: BTreeMap::new(),
            latencies,
            network_up: true,
        }
    }

    pub(crate) fn phone(&self, side: Side) -> &CheckedPhone {
        &self.members[&side].phone
    }

    pub(crate) fn dial(&mut self, side: Side) {
        let invite = crate::builders::invite(side.other().name());
        self.user(side, UserAction::Dial { account: HOME, invite });
    }

    pub(crate) fn user(&mut self, side: Side, action: UserAction) {
        self.handle(side, Event::User(action));
    }

    /// A signal straight to one phone, past the backend.
    pub(crate) fn inject(&mut self, side: Side, call: CallKey, signal: IncomingSignal) {
        self.handle(side, Event::Signal(ReceivedSignal { account: HOME, call, signal }));
    }

    pub(crate) fn outcome(&mut self, side: Side, call: CallId, epoch: Epoch, outcome: PeerOutcome) {
        self.handle(side, Event::Peer { call, member: MemberId(1), epoch, outcome });
    }

    pub(crate) fn socket(&mut self, side: Side, up: bool) {
        let member = self.member(side);
        if member.up == up {
            return;
        }
        member.up = up;
        let queued = if up { std::mem::take(&mut member.queued) } else { Vec::new() };
        self.handle(side, Event::Signaling { account: HOME, up });
        for (call, signal) in queued {
            self.relay(side, call, signal);
        }
        if !up {
            for call in self.calls_of(side) {
                self.pass_on(side, &call, IncomingSignal::PeerLeft { disconnected: true });
            }
        }
    }

    pub(crate) fn network(&mut self, up: bool) {
        self.network_up = up;
        if !up {
            for side in [Side::Alice, Side::Bob] {
                let talking: Vec<_> =
                    self.member(side).fake_peers.iter_mut().filter(|(_, fake_peer)| fake_peer.told).collect();
                let lost: Vec<_> = talking
                    .into_iter()
                    .map(|(call, fake_peer)| {
                        fake_peer.told = false;
                        (*call, fake_peer.epoch)
                    })
                    .collect();
                for (call, epoch) in lost {
                    self.report(side, call, epoch, PeerOutcome::PathLost);
                }
            }
        } else {
            self.connect_papers();
        }
    }

    /// Lets everything happen that is due within `span`.
    pub(crate) fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let deadlines = self
                .members
                .iter()
                .filter_map(|(side, member)| Some((member.phone.phone.deadline()?, *side)));
            let deadline = deadlines.min().filter(|(at, _)| *at <= until);
            let event = self.due.keys().next().copied().filter(|(at, _)| *at <= until);
            match (event, deadline) {
                (Some(at), deadline) if deadline.is_none_or(|(deadline, _)| at.0 <= deadline) => {
                    let (side, event) = self.due.remove(&at).expect("the key was just read");
                    self.now = self.now.max(at.0);
                    self.handle(side, event);
                }
                (_, Some((at, side))) => {
                    self.now = self.now.max(at);
                    self.handle(side, Event::Time);
                }
                (_, None) => break,
            }
        }
        self.now = until;
        self.members.values_mut().for_each(|member| member.phone.now = until);
    }

    fn member(&mut self, side: Side) -> &mut Member {
        self.members.get_mut(&side).expect("both sides exist")
    }

    fn handle(&mut self, side: Side, event: Event) {
        let now = self.now;
        let phone = &mut self.member(side).phone;
        phone.now = now;
        for command in phone.handle(event) {
            self.perform(side, command);
        }
    }

    fn perform(&mut self, side: Side, command: Command) {
        match command {
            Command::Say { call, signal, .. } => {
                if self.member(side).up {
                    self.relay(side, call, signal);
                } else if !matches!(signal, OutgoingSignal::Media(_)) {
                    self.member(side).queued.push((call, signal));
                }
            }
            Command::OpenPeer { call, epoch, .. } => {
                self.member(side)
                    .fake_peers
                    .insert(call, FakePeer { epoch: Some(epoch), ..FakePeer::default() });
            }
            Command::ClosePeer { call, .. } => {
                self.member(side).fake_peers.remove(&call);
            }
            Command::CreateOffer { call, epoch, .. } => {
                let offer = offer(&self.write(side, call));
                self.fake_peer(side, call).local = Some(offer.clone());
                self.report(side, call, Some(epoch), PeerOutcome::OfferMade(offer));
                self.gather(side, call, epoch);
            }
            Command::AcceptOffer { call, epoch, offer, .. } => {
                if offer.sdp.contains("garbage") {
                    return self.report(
                        side,
                        call,
                        Some(epoch),
                        PeerOutcome::Rejected { message: "garbage".into() },
                    );
                }
                let answer = answer(&format!("{} to {}", self.write(side, call), offer.sdp));
                let fake_peer = self.fake_peer(side, call);
                (fake_peer.local, fake_peer.remote) = (Some(answer.clone()), Some(offer));
                self.report(side, call, Some(epoch), PeerOutcome::AnswerMade(answer));
                self.gather(side, call, epoch);
                self.connect_papers();
            }
            Command::AcceptAnswer { call, epoch, answer, .. } => {
                if answer.sdp.contains("garbage") {
                    return self.report(
                        side,
                        call,
                        Some(epoch),
                        PeerOutcome::Rejected { message: "garbage".into() },
                    );
                }
                self.fake_peer(side, call).remote = Some(answer);
                self.report(side, call, Some(epoch), PeerOutcome::AnswerApplied);
                self.connect_papers();
            }
            Command::AddCandidate { call, .. } => {
                assert!(self.fake_peer(side, call).remote.is_some(), "a candidate before its description");
            }
            Command::StartMedia { .. }
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

    /// The backend hears `side` say something.
    fn relay(&mut self, side: Side, call: CallKey, signal: OutgoingSignal) {
        let other = side.other();
        if let (CallKey::Local(local), OutgoingSignal::Invite(_)) = (&call, &signal) {
            if !self.members[&other].up {
                return self.send(side, Channel::Rest, call, IncomingSignal::Offline);
            }
            // Ids in no order: the second call may have the smaller one.
            let id = remote(&format!("{:02x}", (self.placed.len() * 149 + 77) % 256));
            self.placed.insert(id.clone(), (side, *local));
            self.send(
                side,
                Channel::Rest,
                call.clone(),
                IncomingSignal::Placed { local: *local, remote: id.clone(), subject: None },
            );
            return self.send(
                other,
                Channel::Socket,
                CallKey::Remote(id),
                IncomingSignal::Ring(ring(side.name())),
            );
        }
        let CallKey::Remote(id) = call else { return };
        match signal {
            OutgoingSignal::Accept => {
                self.pass_on(side, &id, IncomingSignal::Accept);
                self.pass_on(side, &id, IncomingSignal::PeerJoined);
            }
            OutgoingSignal::Rejoin => self.pass_on(side, &id, IncomingSignal::PeerJoined),
            OutgoingSignal::NoAnswer => self.pass_on(side, &id, IncomingSignal::Missed),
            OutgoingSignal::HangUp => {
                self.pass_on(side, &id, IncomingSignal::PeerLeft { disconnected: false });
                self.pass_on(side, &id, IncomingSignal::HangUp);
            }
            // Once through the room and once directly.
            OutgoingSignal::Offer(offer) => {
                self.pass_on(side, &id, IncomingSignal::Offer(offer.clone()));
                self.pass_on(side, &id, IncomingSignal::Offer(offer));
            }
            OutgoingSignal::Answer(answer) => {
                self.pass_on(side, &id, IncomingSignal::Answer(answer.clone()));
                self.pass_on(side, &id, IncomingSignal::Answer(answer));
            }
            OutgoingSignal::Decline(reason) => self.pass_on(side, &id, IncomingSignal::Decline(reason)),
            OutgoingSignal::Cancel => self.pass_on(side, &id, IncomingSignal::Cancel),
            OutgoingSignal::Candidate(candidate) => {
                self.pass_on(side, &id, IncomingSignal::Candidate(candidate));
            }
            OutgoingSignal::Media(media) => self.pass_on(side, &id, IncomingSignal::Media(media)),
            OutgoingSignal::EndForAll | OutgoingSignal::AddPeople(_) => panic!("a call of two"),
            OutgoingSignal::Invite(_) => panic!("a placed call is not placed again"),
        }
    }

    fn pass_on(&mut self, from: Side, call: &RemoteCallId, signal: IncomingSignal) {
        if self.members[&from.other()].up {
            self.send(from.other(), Channel::Socket, CallKey::Remote(call.clone()), signal);
        }
    }

    fn send(&mut self, to: Side, channel: Channel, call: CallKey, signal: IncomingSignal) {
        self.schedule(to, channel, Event::Signal(ReceivedSignal { account: HOME, call, signal }));
    }

    fn report(&mut self, side: Side, call: CallId, epoch: Option<Epoch>, outcome: PeerOutcome) {
        if let Some(epoch) = epoch {
            self.schedule(
                side,
                Channel::Peer(call),
                Event::Peer { call, member: MemberId(1), epoch, outcome },
            );
        }
    }

    fn schedule(&mut self, side: Side, channel: Channel, event: Event) {
        self.counter += 1;
        let turn = usize::try_from(self.counter).expect("few events") % self.latencies.len();
        let arrival = self.now + Duration::from_millis(self.latencies[turn]);
        let last = self.last_on.entry((side, channel)).or_insert(arrival);
        *last = arrival.max(*last);
        self.due.insert((*last, self.counter), (side, event));
    }

    fn calls_of(&self, side: Side) -> Vec<RemoteCallId> {
        self.members[&side].phone.live().into_iter().filter_map(|call| call.remote_id).collect()
    }

    fn fake_peer(&mut self, side: Side, call: CallId) -> &mut FakePeer {
        self.member(side).fake_peers.get_mut(&call).expect("the invariants hold: it is open")
    }

    /// A new text for a description, never used before.
    fn write(&mut self, side: Side, call: CallId) -> String {
        let fake_peer = self.fake_peer(side, call);
        fake_peer.made += 1;
        format!("{side:?} {call:?} {:?} {}", fake_peer.epoch, fake_peer.made)
    }

    fn gather(&mut self, side: Side, call: CallId, epoch: Epoch) {
        for gathered in ["host", ""] {
            let gathered: IceCandidate = candidate(gathered);
            self.report(side, call, Some(epoch), PeerOutcome::Candidate(gathered));
        }
    }

    /// Media flows where each side holds what the other wrote last.
    fn connect_papers(&mut self) {
        if !self.network_up {
            return;
        }
        let mut connected = Vec::new();
        for (a, paper_a) in &self.members[&Side::Alice].fake_peers {
            for (b, paper_b) in &self.members[&Side::Bob].fake_peers {
                let agreed = paper_a.local.is_some()
                    && paper_a.local == paper_b.remote
                    && paper_a.remote == paper_b.local;
                if agreed {
                    connected.extend([(Side::Alice, *a), (Side::Bob, *b)]);
                }
            }
        }
        for (side, call) in connected {
            let fake_peer = self.fake_peer(side, call);
            if !std::mem::replace(&mut fake_peer.told, true) {
                let epoch = fake_peer.epoch;
                self.report(side, call, epoch, PeerOutcome::Connected);
            }
        }
    }
}

/// A description no peer connection accepts.
pub(crate) fn garbage(kind: SdpKind) -> Sdp {
    Sdp { kind, sdp: "garbage".into() }
}
