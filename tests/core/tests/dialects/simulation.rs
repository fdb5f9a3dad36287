//! Simulation of two phones, two dialects and their backend, with a queue for each channel: a socket keeps
//! its order in each direction, the requests of one call keep theirs, and between channels there is none.
//! Peer connections are imaginary.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use bellwire_call::{
    AccountId, CallId, CallKey, Command, Epoch, Event, Invite, MediaKind, MemberId, PeerOutcome, Person,
    PersonId, Phone, PhoneView, ReceivedSignal, RingPolicy, Sdp, SdpKind, UserAction,
};
use bellwire_dialects::{DecodeError, Dialect, Entry, Inbound, Outbound};

use crate::pair::{NOW, identity};
use crate::relay::{self, Relay, Side};

const HOME: AccountId = AccountId(1);
/// Far more than any story takes.
const MAX_STEPS: usize = 20_000;

/// Requests of one call, one at a time.
#[derive(Default)]
struct RequestQueue {
    waiting: VecDeque<Outbound>,
    reply: Option<Inbound>,
}

/// A peer connection, as far as descriptions go.
struct FakePeer {
    epoch: Epoch,
    local: Option<Sdp>,
    remote: Option<Sdp>,
    told: bool,
}

struct Member {
    side: Side,
    phone: Phone,
    dialect: Box<dyn Dialect>,
    up: VecDeque<Outbound>,
    down: VecDeque<Inbound>,
    queues: BTreeMap<String, RequestQueue>,
    outcomes: VecDeque<Event>,
    fake_peers: BTreeMap<CallId, FakePeer>,
}

/// Something that may happen next.
#[derive(Clone, Debug)]
enum Next {
    Up(usize),
    Down(usize),
    RequestQueue(usize, String),
    Outcome(usize),
}

pub(crate) struct Simulation {
    members: [Member; 2],
    relay: Box<dyn Relay>,
    now: Instant,
    random: u64,
    written: u64,
    log: String,
}

fn index(side: Side) -> usize {
    match side {
        Side::One => 0,
        Side::Two => 1,
    }
}

impl Simulation {
    pub(crate) fn new(entry: &'static Entry, seed: u64) -> Self {
        let now = Instant::now();
        let relay = relay::relay(entry);
        let accounts = relay.accounts();
        let members = Side::BOTH.map(|side| {
            let account = accounts[index(side)];
            let me = identity(entry, account.id, account.name, account.role);
            let dialect = (entry.new)(&me);
            let rings = match dialect.capabilities().ring_timeout_s {
                Some(seconds) => RingPolicy::Timeout(Duration::from_secs(seconds.into())),
                None => RingPolicy::InRoom,
            };
            let mut phone = Phone::new();
            let offers = dialect.offers();
            phone.handle(Event::AccountAdded { account: HOME, me: me.person, offers, rings }, now);
            Member {
                side,
                phone,
                dialect,
                up: VecDeque::new(),
                down: [Inbound::Opened].into(),
                queues: BTreeMap::new(),
                outcomes: VecDeque::new(),
                fake_peers: BTreeMap::new(),
            }
        });
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut simulation = Self { members, relay, now, random, written: 0, log: String::new() };
        simulation.settle();
        simulation
    }

    /// One in `of`.
    pub(crate) fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from((self.random >> 11) % end as u64).expect("it is below `end`")
    }

    pub(crate) fn rings(&self) -> RingPolicy {
        match self.members[0].dialect.capabilities().ring_timeout_s {
            Some(seconds) => RingPolicy::Timeout(Duration::from_secs(seconds.into())),
            None => RingPolicy::InRoom,
        }
    }

    pub(crate) fn view(&self, side: Side) -> PhoneView {
        self.members[index(side)].phone.view(self.now)
    }

    pub(crate) fn log(&self) -> &str {
        &self.log
    }

    pub(crate) fn dial(&mut self, side: Side) {
        let them = self.relay.accounts()[index(side.other())];
        let to = Person { id: PersonId(them.id.into()), name: them.name.into(), avatar: None };
        let invite =
            Invite { to, others: Vec::new(), kind: MediaKind::Video, subject: self.relay.subject(side) };
        self.user(side, UserAction::Dial { account: HOME, invite });
    }

    pub(crate) fn user(&mut self, side: Side, action: UserAction) {
        self.handle(index(side), Event::User(action));
    }

    /// That many things happen, or as many as there are.
    pub(crate) fn steps(&mut self, most: usize) {
        for _ in 0..most.min(MAX_STEPS) {
            if !self.step() && !self.poll() {
                return;
            }
        }
    }

    /// Everything happens that is under way, and both ask what is new where the backend does not tell.
    pub(crate) fn settle(&mut self) {
        let mut polled = 0;
        for _ in 0..MAX_STEPS {
            if self.step() {
                continue;
            }
            polled += 1;
            if polled > 3 || !self.poll() {
                return;
            }
        }
        panic!("they never stop talking\n{}", self.log);
    }

    /// Lets every deadline within `span` come, and settles after each.
    pub(crate) fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let due = self.members.iter().filter_map(|member| member.phone.deadline()).min();
            let Some(at) = due.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            for who in 0..2 {
                self.handle(who, Event::Time);
            }
            self.settle();
        }
        self.now = until;
    }

    fn poll(&mut self) -> bool {
        let mut asked = false;
        for who in 0..2 {
            let dialect = &mut self.members[who].dialect;
            if dialect.poll_every_ms().is_some() {
                let said = dialect.poll(NOW);
                asked |= !said.is_empty();
                self.send(who, None, said);
            }
        }
        asked
    }

    fn step(&mut self) -> bool {
        let mut next = Vec::new();
        for (who, member) in self.members.iter().enumerate() {
            next.extend((!member.up.is_empty()).then_some(Next::Up(who)));
            next.extend((!member.down.is_empty()).then_some(Next::Down(who)));
            next.extend((!member.outcomes.is_empty()).then_some(Next::Outcome(who)));
            next.extend(member.queues.keys().map(|queue| Next::RequestQueue(who, queue.clone())));
        }
        if next.is_empty() {
            return false;
        }
        let chosen = next.swap_remove(self.below(next.len()));
        match chosen {
            Next::Up(who) => {
                if let Some(said) = self.members[who].up.pop_front() {
                    self.carry(who, None, &said);
                }
            }
            Next::Down(who) => {
                if let Some(inbound) = self.members[who].down.pop_front() {
                    self.decode(who, inbound);
                }
            }
            Next::Outcome(who) => {
                if let Some(event) = self.members[who].outcomes.pop_front() {
                    self.handle(who, event);
                }
            }
            Next::RequestQueue(who, name) => {
                let Some(queue) = self.members[who].queues.get_mut(&name) else { return true };
                if let Some(reply) = queue.reply.take() {
                    self.decode(who, reply);
                } else if let Some(request) = queue.waiting.pop_front() {
                    self.carry(who, Some(&name), &request);
                } else {
                    self.members[who].queues.remove(&name);
                }
            }
        }
        true
    }

    /// The backend hears something.
    fn carry(&mut self, who: usize, queue: Option<&str>, said: &Outbound) {
        let told = self.relay.carry(self.members[who].side, said);
        let _ = writeln!(self.log, "backend < {who}: {said:?}");
        for (to, inbound) in told {
            let to = &mut self.members[index(to)];
            match (&inbound, queue) {
                (Inbound::Reply { .. }, Some(queue)) => {
                    to.queues.entry(queue.to_owned()).or_default().reply = Some(inbound);
                }
                _ => to.down.push_back(inbound),
            }
        }
    }

    fn decode(&mut self, who: usize, inbound: Inbound) {
        let _ = writeln!(self.log, "{who} < {inbound:?}");
        match self.members[who].dialect.decode(inbound) {
            Ok(reaction) => {
                self.send(who, None, reaction.outbound);
                for (call, signal) in reaction.heard {
                    self.handle(who, Event::Signal(ReceivedSignal { account: HOME, call, signal }));
                }
            }
            Err(error @ (DecodeError::Malformed { .. } | DecodeError::UnknownEvent)) => panic!("{error}"),
            Err(error) => {
                let _ = writeln!(self.log, "{who} did not take that: {error}");
            }
        }
    }

    fn send(&mut self, who: usize, call: Option<&CallKey>, said: Vec<Outbound>) {
        for outbound in said {
            let member = &mut self.members[who];
            match &outbound {
                Outbound::Emit { .. } => member.up.push_back(outbound),
                Outbound::Request { id, .. } => {
                    let name = call.map_or_else(|| format!("alone {id:?}"), |call| format!("{call:?}"));
                    member.queues.entry(name).or_default().waiting.push_back(outbound);
                }
            }
        }
    }

    fn handle(&mut self, who: usize, event: Event) {
        let _ = writeln!(self.log, "phone {who}: {event:?}");
        for command in self.members[who].phone.handle(event, self.now) {
            self.perform(who, command);
        }
    }

    fn perform(&mut self, who: usize, command: Command) {
        let report = |member: &mut Member, call, epoch, outcome| {
            member.outcomes.push_back(Event::Peer { call, member: MemberId(1), epoch, outcome });
        };
        match command {
            Command::Say { call, signal, .. } => {
                let _ = writeln!(self.log, "  says {call:?} {signal:?}");
                match self.members[who].dialect.encode(&call, &signal) {
                    Ok(said) => self.send(who, Some(&call), said),
                    Err(error) => {
                        let _ = writeln!(self.log, "  cannot: {error}");
                    }
                }
            }
            Command::OpenPeer { call, epoch, .. } => {
                self.members[who]
                    .fake_peers
                    .insert(call, FakePeer { epoch, local: None, remote: None, told: false });
            }
            Command::ClosePeer { call, .. } => {
                self.members[who].fake_peers.remove(&call);
            }
            Command::CreateOffer { call, epoch, .. } => {
                let offer = self.write(SdpKind::Offer);
                let fake_peer = self.members[who].fake_peers.get_mut(&call).expect("it is open");
                (fake_peer.local, fake_peer.told) = (Some(offer.clone()), false);
                report(&mut self.members[who], call, epoch, PeerOutcome::OfferMade(offer));
            }
            Command::AcceptOffer { call, epoch, offer, .. } => {
                let answer = self.write(SdpKind::Answer);
                let fake_peer = self.members[who].fake_peers.get_mut(&call).expect("it is open");
                *fake_peer =
                    FakePeer { epoch, local: Some(answer.clone()), remote: Some(offer), told: false };
                report(&mut self.members[who], call, epoch, PeerOutcome::AnswerMade(answer));
                self.connect(who, call);
            }
            Command::AcceptAnswer { call, epoch, answer, .. } => {
                let fake_peer = self.members[who].fake_peers.get_mut(&call).expect("it is open");
                fake_peer.remote = Some(answer);
                report(&mut self.members[who], call, epoch, PeerOutcome::AnswerApplied);
                self.connect(who, call);
            }
            Command::AddCandidate { .. }
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

    fn write(&mut self, kind: SdpKind) -> Sdp {
        self.written += 1;
        Sdp { kind, sdp: format!("v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\n", self.written) }
    }

    /// Media flows where each holds what the other wrote last: known when the second of them does.
    fn connect(&mut self, who: usize, call: CallId) {
        let [one, two] = &mut self.members;
        let (us, them) = if who == 0 { (one, two) } else { (two, one) };
        let Some(ours) = us.fake_peers.get_mut(&call) else { return };
        for (their_call, theirs) in &mut them.fake_peers {
            if ours.told || ours.local != theirs.remote || ours.remote != theirs.local {
                continue;
            }
            (ours.told, theirs.told) = (true, true);
            let up = |call: CallId, epoch: Epoch| Event::Peer {
                call,
                member: MemberId(1),
                epoch,
                outcome: PeerOutcome::Connected,
            };
            us.outcomes.push_back(up(call, ours.epoch));
            them.outcomes.push_back(up(*their_call, theirs.epoch));
        }
    }
}
