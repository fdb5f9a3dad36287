//! Simulation of up to ten phones on one backend with rooms, with imaginary peer connections between them.
//! Time jumps from event to event.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bellwire_call::{
    CallKey, CallView, Command, Epoch, Event, IncomingSignal, Invite, MediaKind, Notice, OfferRule,
    OutgoingSignal, PeerOutcome, ReceivedSignal, RemoteCallId, Subject, UserAction,
};

use crate::builders::{HOME, answer, candidate, offer, person};
use crate::checked_phone::CheckedPhone;
use crate::fake_peers::{FakePeers, Place};
use crate::group_backend::{Backend, Told, Who, name};
use crate::group_checks::Concerned;
use crate::web_client::WebClient;

/// Order is kept within a channel and not between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Channel {
    Socket,
    Peer(Place),
}

struct Seat {
    phone: CheckedPhone,
    up: bool,
    /// What was said while the socket was away.
    queued: Vec<(CallKey, OutgoingSignal)>,
    /// Counts the programs of this person: what an older one is told comes to nothing.
    program: u32,
}

pub(crate) struct Group {
    pub(crate) now: Instant,
    pub(crate) backend: Backend,
    seats: Vec<Seat>,
    /// By due time and number, so that equal times keep their order.
    due: BTreeMap<(Instant, u64), (Who, u32, Event)>,
    last_on: BTreeMap<(Who, Channel), Instant>,
    counter: u64,
    /// Milliseconds, used in turn.
    latencies: Vec<u64>,
    pub(crate) fake_peers: FakePeers,
    /// Those who use a web client.
    webs: BTreeMap<Who, WebClient>,
}

impl Group {
    pub(crate) fn new(people: usize, latencies: Vec<u64>) -> Self {
        Self::with_webs(people, 0, latencies)
    }

    /// The last `webs` of them use a web client.
    #[expect(clippy::disallowed_methods, reason = "a starting point for stepped time")]
    pub(crate) fn with_webs(people: usize, webs: usize, latencies: Vec<u64>) -> Self {
        let now = Instant::now();
        let seat = |who| Seat { phone: new_phone(who, now), up: true, queued: Vec::new(), program: 0 };
        Self {
            now,
            backend: Backend::new(people - webs),
            seats: (0..people).map(seat).collect(),
            due: BTreeMap::new(),
            last_on: BTreeMap::new(),
            counter: 0,
            latencies,
            fake_peers: FakePeers::new(people),
            webs: (people - webs..people).map(|who| (who, WebClient::default())).collect(),
        }
    }

    pub(crate) fn people(&self) -> std::ops::Range<Who> {
        0..self.seats.len()
    }

    pub(crate) fn phone(&self, who: Who) -> &CheckedPhone {
        &self.seats[who].phone
    }

    pub(crate) fn uses_web(&self, who: Who) -> bool {
        self.webs.contains_key(&who)
    }

    /// The call that is not over and that they take part in.
    pub(crate) fn active(&self, who: Who) -> Option<CallView> {
        self.phone(who).live().into_iter().find(|call| call.state.is_active())
    }

    pub(crate) fn invite(&mut self, from: Who, to: &[Who]) {
        let mut people = to.iter().map(|who| person(&name(*who)));
        let Some(to) = people.next() else { return };
        let invite = Invite { to, others: people.collect(), kind: MediaKind::Video, subject: None };
        self.user(from, UserAction::Dial { account: HOME, invite });
    }

    /// Calls one person, in a session of two.
    pub(crate) fn dial(&mut self, from: Who, to: Who) {
        let to = person(&name(to));
        let invite = Invite { to, others: Vec::new(), kind: MediaKind::Voice, subject: None };
        self.user(from, UserAction::Dial { account: HOME, invite });
    }

    /// Asks more people to come into their call.
    pub(crate) fn add(&mut self, from: Who, people: &[Who]) {
        if let Some(call) = self.active(from) {
            let people = people.iter().map(|who| person(&name(*who))).collect();
            self.user(from, UserAction::AddPeople { call: call.id, people });
        }
    }

    /// They enter a session by themselves.
    pub(crate) fn join(&mut self, who: Who, session: &RemoteCallId) {
        if let Some(web) = self.webs.get_mut(&who) {
            if web.session.is_none() {
                web.session = Some(session.clone());
                let told = self.backend.enter(who, session);
                self.tell(told);
            }
            return;
        }
        let to = person(&name(self.backend.initiator(session)));
        let subject = Some(Subject { id: session.0.clone(), label: String::new() });
        let invite = Invite { to, others: Vec::new(), kind: MediaKind::Video, subject };
        self.user(who, UserAction::Dial { account: HOME, invite });
    }

    pub(crate) fn accept(&mut self, who: Who) {
        if let Some(ring) = self.phone(who).live().into_iter().find(|call| call.state.is_ringing()) {
            self.user(who, UserAction::EndAndAccept(ring.id));
        }
    }

    pub(crate) fn user(&mut self, who: Who, action: UserAction) {
        self.handle(who, Event::User(action));
    }

    pub(crate) fn hang_up(&mut self, who: Who) {
        if let Some(web) = self.webs.get_mut(&who) {
            let session = web.session.take();
            web.leave(who, &mut self.fake_peers);
            let told = session.map(|id| self.backend.leave(who, &id, false));
            self.tell(told.unwrap_or_default());
            return self.report_paths();
        }
        for call in self.phone(who).live() {
            self.user(who, UserAction::HangUp(call.id));
        }
    }

    pub(crate) fn socket(&mut self, who: Who, up: bool) {
        let seat = &mut self.seats[who];
        if seat.up == up {
            return;
        }
        seat.up = up;
        let queued = if up { std::mem::take(&mut seat.queued) } else { Vec::new() };
        // What is over is over before its room may be entered again; the rest is said in the room.
        let (last_words, words): (Vec<_>, Vec<_>) =
            queued.into_iter().partition(|(_, signal)| is_last_word(signal));
        self.say_all(who, last_words);
        self.handle(who, Event::Signaling { account: HOME, up });
        self.say_all(who, words);
        if !up {
            let told = self.backend.lose(who);
            self.tell(told);
        }
    }

    /// The backend starts anew: every socket is closed, and it has forgotten the rooms.
    pub(crate) fn restart_backend(&mut self) {
        self.backend.restart();
        for who in self.people() {
            if std::mem::replace(&mut self.seats[who].up, false) {
                self.handle(who, Event::Signaling { account: HOME, up: false });
            }
        }
    }

    /// The program ends without a word and starts anew; `noticed`: the backend sees its socket close.
    pub(crate) fn crash(&mut self, who: Who, noticed: bool) {
        self.fake_peers.drop_of(who);
        let seat = &mut self.seats[who];
        seat.phone = new_phone(who, self.now);
        seat.queued.clear();
        seat.program += 1;
        seat.up = true;
        if let Some(web) = self.webs.get_mut(&who) {
            *web = WebClient::default();
        }
        if noticed {
            let told = self.backend.lose(who);
            self.tell(told);
        }
        self.report_paths();
    }

    /// The backend sees at last whose program is gone.
    pub(crate) fn notice_the_dead(&mut self) {
        for who in self.people() {
            for session in self.backend.rooms_of(who) {
                let live =
                    self.phone(who).live().iter().any(|call| call.remote_id.as_ref() == Some(&session));
                if !live {
                    let told = self.backend.leave(who, &session, true);
                    self.tell(told);
                }
            }
        }
    }

    /// Whether packets come to and from somebody.
    pub(crate) fn network(&mut self, who: Who, up: bool) {
        self.fake_peers.set_network(who, up);
        self.report_paths();
    }

    /// ICE or DTLS of one connection fails.
    pub(crate) fn break_one(&mut self, who: Who, nth: usize) {
        let place = self.fake_peers.nth_of(who, nth).filter(|_| !self.webs.contains_key(&who));
        let Some(place) = place else { return };
        let epoch = self.fake_peers.epoch(place);
        self.handle(
            who,
            Event::Peer { call: place.call, member: place.member, epoch, outcome: PeerOutcome::Failed },
        );
    }

    /// Lets everything happen that is due within `span`.
    pub(crate) fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let deadlines =
                self.people().filter_map(|who| Some((self.seats[who].phone.phone.deadline()?, who)));
            let deadline = deadlines.min().filter(|(at, _)| *at <= until);
            let event = self.due.keys().next().copied().filter(|(at, _)| *at <= until);
            match (event, deadline) {
                (Some(at), deadline) if deadline.is_none_or(|(deadline, _)| at.0 <= deadline) => {
                    let (who, program, event) = self.due.remove(&at).expect("the key was just read");
                    self.now = self.now.max(at.0);
                    if self.seats[who].program == program {
                        self.handle(who, event);
                    }
                }
                (_, Some((at, who))) => {
                    self.now = self.now.max(at);
                    self.handle(who, Event::Time);
                }
                (_, None) => break,
            }
        }
        self.now = until;
        self.seats.iter_mut().for_each(|seat| seat.phone.now = until);
    }

    fn handle(&mut self, who: Who, event: Event) {
        if self.webs.contains_key(&who) {
            return self.handle_by_web(who, event);
        }
        let (concerned, placed) = (Concerned::by(&event), placed(&event));
        let phone = &mut self.seats[who].phone;
        phone.now = self.now;
        let before = phone.calls();
        let commands = phone.handle(event);
        if let Some(concerned) = concerned {
            concerned.assert_alone(&before, &phone.calls(), &commands);
        }
        for command in commands {
            self.perform(who, command);
        }
        if let Some(session) = placed.filter(|_| self.seats[who].up)
            && self.active(who).is_some_and(|call| call.remote_id.as_ref() == Some(&session))
        {
            let told = self.backend.enter(who, &session);
            self.tell(told);
        }
        self.report_paths();
    }

    fn handle_by_web(&mut self, who: Who, event: Event) {
        let Some(web) = self.webs.get_mut(&who) else { return };
        let mut said = Vec::new();
        if let Event::Signal(received) = event {
            said = web.hear(who, received, &mut self.fake_peers);
        } else if let Event::Signaling { up: true, .. } = event {
            said.extend(web.session.iter().map(|id| (CallKey::Remote(id.clone()), OutgoingSignal::Rejoin)));
        }
        for (key, signal) in said {
            self.say(who, key, signal);
        }
        self.report_paths();
    }

    fn perform(&mut self, who: Who, command: Command) {
        match command {
            Command::Say { call, signal, .. } => self.say(who, call, signal),
            Command::OpenPeer { call, member, epoch, .. } => {
                self.fake_peers.open(Place { who, call, member }, epoch);
            }
            Command::ClosePeer { call, member, .. } => self.fake_peers.close(Place { who, call, member }),
            Command::CreateOffer { call, member, epoch, .. } => {
                let place = Place { who, call, member };
                let offer = offer(&self.fake_peers.make_offer(place));
                self.report(place, epoch, PeerOutcome::OfferMade(offer));
                self.report(place, epoch, PeerOutcome::Candidate(candidate("host")));
            }
            Command::AcceptOffer { call, member, epoch, offer } => {
                let place = Place { who, call, member };
                let answer = answer(&self.fake_peers.make_answer(place, offer.sdp));
                self.report(place, epoch, PeerOutcome::AnswerMade(answer));
                self.report(place, epoch, PeerOutcome::Candidate(candidate("host")));
            }
            Command::AcceptAnswer { call, member, epoch, answer } => {
                let place = Place { who, call, member };
                self.fake_peers.take_answer(place, answer.sdp);
                self.report(place, epoch, PeerOutcome::AnswerApplied);
            }
            Command::AddCandidate { call, member, .. } => {
                let place = Place { who, call, member };
                assert!(self.fake_peers.is_described(place), "a candidate before its description");
            }
            Command::Notice(Notice::MemberRefused { person, .. }) => {
                panic!("the backend lets in as many as there are seats: {person:?}");
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

    fn say(&mut self, who: Who, call: CallKey, signal: OutgoingSignal) {
        if !self.seats[who].up {
            if !matches!(signal, OutgoingSignal::Media(_)) {
                self.seats[who].queued.push((call, signal));
            }
            return;
        }
        let told = match (&call, &signal) {
            (CallKey::Local(local), OutgoingSignal::Invite(invite)) => {
                self.backend.place(who, *local, invite)
            }
            _ => self.backend.say(who, &call, signal),
        };
        self.tell(told);
    }

    fn say_all(&mut self, who: Who, words: Vec<(CallKey, OutgoingSignal)>) {
        for (key, signal) in words {
            let told = self.backend.say(who, &key, signal);
            self.tell(told);
        }
    }

    fn tell(&mut self, told: Vec<Told>) {
        for (who, call, signal) in told {
            if self.seats[who].up {
                let received = ReceivedSignal { account: HOME, call, signal };
                self.schedule(who, Channel::Socket, Event::Signal(received));
            }
        }
    }

    fn report(&mut self, place: Place, epoch: Epoch, outcome: PeerOutcome) {
        let Place { who, call, member } = place;
        self.schedule(who, Channel::Peer(place), Event::Peer { call, member, epoch, outcome });
    }

    /// Paths that came up or went away since.
    fn report_paths(&mut self) {
        for (place, epoch, up) in self.fake_peers.changes() {
            let outcome = if up { PeerOutcome::Connected } else { PeerOutcome::PathLost };
            self.report(place, epoch, outcome);
        }
    }

    fn schedule(&mut self, who: Who, channel: Channel, event: Event) {
        self.counter += 1;
        let turn = usize::try_from(self.counter).expect("few events") % self.latencies.len();
        let arrival = self.now + Duration::from_millis(self.latencies[turn]);
        let last = self.last_on.entry((who, channel)).or_insert(arrival);
        *last = arrival.max(*last);
        self.due.insert((*last, self.counter), (who, self.seats[who].program, event));
    }
}

fn new_phone(who: Who, now: Instant) -> CheckedPhone {
    let mut phone = CheckedPhone::new(&name(who), OfferRule::Told, now);
    phone.in_groups = true;
    phone
}

fn is_last_word(signal: &OutgoingSignal) -> bool {
    matches!(
        signal,
        OutgoingSignal::Cancel
            | OutgoingSignal::NoAnswer
            | OutgoingSignal::HangUp
            | OutgoingSignal::EndForAll
            | OutgoingSignal::Decline(_)
    )
}

/// The session that was made for us.
fn placed(event: &Event) -> Option<RemoteCallId> {
    if let Event::Signal(ReceivedSignal { signal: IncomingSignal::Placed { remote, .. }, .. }) = event {
        Some(remote.clone())
    } else {
        None
    }
}
