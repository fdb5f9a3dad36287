//! The phone: all calls of all accounts, call waiting and glare.
//!
//! At most one call is active (dialled by us or answered) and at most one more rings; a third ring
//! hears that we are busy. What is said about a call before the call is known here is kept for it:
//! a backend's reply and its socket are two channels without a common order.

mod early_signals;
mod local_media;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::call::{BackendRules, Call, Capacity};
use crate::call_context::SentMedia;
use crate::glare::{self, GlareDecision};
use crate::phone::early_signals::EarlySignals;
use crate::phone::local_media::LocalMedia;
use crate::{
    AccountId, CallId, CallKey, Command, DeclineReason, EndReason, Epoch, Event, IncomingSignal, Invite,
    MediaKind, MediaState, MemberId, OfferRule, OutgoingSignal, PeerOutcome, PhoneView, ReceivedSignal,
    RemoteCallId, Ring, RingPolicy, Subject, UserAction,
};

/// One in progress and one waiting.
const MAX_LIVE_CALLS: usize = 2;
/// Other members that a call may have: eight people, each connected to each other.
const USUAL_MEMBERS: usize = 7;
/// The most others, where an engine passes the media on.
const MAX_MEMBERS: usize = 31;
/// Ended calls kept in view; the oldest goes first.
const MAX_ENDED_CALLS: usize = 16;
/// A ring from the person who just accepted our call is the crossing one, come late.
const GLARE_WINDOW: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Account {
    rules: BackendRules,
    up: bool,
}

/// Every call there is. Events and the present instant go in, commands come out.
#[derive(Debug)]
pub struct Phone {
    accounts: BTreeMap<AccountId, Account>,
    calls: BTreeMap<CallId, Call>,
    last_id: u64,
    /// Other members that a call may have.
    max_members: usize,
    /// By the user, in this call.
    sent_media: SentMedia,
    local: LocalMedia,
    early_signals: EarlySignals,
}

impl Default for Phone {
    fn default() -> Self {
        Self::new()
    }
}

impl Phone {
    /// A phone without accounts; calls start with microphone and camera on.
    pub fn new() -> Self {
        Self::with_max_members(USUAL_MEMBERS)
    }

    /// The same for an engine that connects to no more than `members` others in a call. How many seats a call has, its
    /// backend says.
    pub fn with_max_members(members: usize) -> Self {
        Self {
            max_members: members.clamp(1, MAX_MEMBERS),
            accounts: BTreeMap::new(),
            calls: BTreeMap::new(),
            last_id: 0,
            sent_media: LocalMedia::default().at_start(),
            local: LocalMedia::default(),
            early_signals: EarlySignals::default(),
        }
    }

    /// Takes one event in; the commands are to be performed in their order.
    pub fn handle(&mut self, event: Event, now: Instant) -> Vec<Command> {
        let mut out = Vec::new();
        let was_active = self.calls.values().any(Call::is_active);
        match event {
            Event::User(action) => self.user(action, now, &mut out),
            Event::Signal(received) => self.receive(received, now, &mut out),
            Event::Peer { call, member, epoch, outcome } => {
                self.peer((call, member, epoch), outcome, now, &mut out);
            }
            Event::AccountAdded { account, me: _, offers, rings } => {
                let rules = BackendRules { offers, rings };
                self.accounts.entry(account).or_insert(Account { rules, up: true }).rules = rules;
            }
            Event::AccountRemoved { account } => self.remove(account, now, &mut out),
            Event::Signaling { account, up } => self.signaling(account, up, now, &mut out),
            Event::Devices { microphone, camera } => self.devices(microphone, camera, now, &mut out),
            Event::StartWith { microphone, camera } => self.start_with(microphone, camera),
            Event::Time => self.time(now, &mut out),
        }
        self.release_rings(now, &mut out);
        self.tune_rings(&mut out);
        self.forget_choice(was_active, now, &mut out);
        self.forget_oldest();
        out
    }

    /// When [`Event::Time`] is due next.
    pub fn deadline(&self) -> Option<Instant> {
        self.calls.values().filter_map(Call::deadline).min()
    }

    /// When both people agreed to talk; `None`: not yet, or the call is not known.
    pub fn consented_at(&self, call: CallId) -> Option<Instant> {
        self.calls.get(&call)?.consented_at()
    }

    /// What a user interface draws.
    pub fn view(&self, now: Instant) -> PhoneView {
        PhoneView {
            calls: self.calls.values().map(|call| call.view(now)).collect(),
            microphone: self.sent_media.microphone,
            camera: self.sent_media.camera,
            sharing: self.sent_media.sharing,
            has_microphone: self.local.has_microphone,
            has_camera: self.local.has_camera,
        }
    }

    fn user(&mut self, action: UserAction, now: Instant, out: &mut Vec<Command>) {
        match action {
            UserAction::Dial { account, invite } => self.dial(account, invite, now, out),
            UserAction::Accept(id) | UserAction::EndAndAccept(id) => self.accept(id, true, now, out),
            UserAction::AcceptWithCameraOff(id) => self.accept(id, false, now, out),
            UserAction::Decline(id) => self.with(id, |call| call.decline(now, out)),
            UserAction::Silence(id) => self.with(id, |call| call.silence(out)),
            UserAction::HangUp(id) => self.with(id, |call| call.hang_up(now, out)),
            UserAction::EndForAll(id) => self.with(id, |call| call.end_for_all(now, out)),
            UserAction::AddPeople { call, people } => {
                self.with(call, |call| call.add_people(people, now, out));
            }
            UserAction::SetMicrophone(on) => self.set_microphone(on, now, out),
            UserAction::SetCamera(on) => self.set_camera(on, now, out),
            UserAction::SetSharing(on) => self.share(on, now, out),
            UserAction::Dismiss(id) => {
                if self.calls.get(&id).is_some_and(|call| !call.is_live()) {
                    self.forget(id);
                }
            }
        }
    }

    fn dial(&mut self, account: AccountId, invite: Invite, now: Instant, out: &mut Vec<Command>) {
        if let Some(ringing) = self.ring_of(account, &invite) {
            return self.answer_as(ringing, invite.kind, now, out);
        }
        let id = self.next_id();
        let rules = self.accounts.get(&account).map(|account| account.rules);
        let busy = self.calls.values().any(Call::is_live);
        let nobody = BackendRules { offers: OfferRule::Caller, rings: RingPolicy::InRoom };
        let failed = |message: &str| EndReason::Failed { message: message.to_owned() };
        let full = 1 + invite.others.len() > self.max_members;
        let refusal = match (rules, busy, full) {
            (None, _, _) => Some(failed("this account is not signed in")),
            (Some(_), true, _) => Some(failed("another call is going on")),
            (Some(_), false, true) => Some(EndReason::Full),
            (Some(_), false, false) => None,
        };
        let rules = rules.unwrap_or(nobody);
        let call = match refusal {
            Some(reason) => Call::failed((id, account), rules, invite, reason, now, out),
            None => {
                let rules = (rules, Capacity::pair(self.max_members));
                Call::dial((id, account), rules, invite, self.sent_media, now, out)
            }
        };
        self.add(id, call);
    }

    /// The ring of the very person we are about to call, on a line that is free. About another thing
    /// (another appointment, another room) it is another call.
    fn ring_of(&self, account: AccountId, invite: &Invite) -> Option<CallId> {
        if self.calls.values().any(Call::is_active) || !invite.others.is_empty() {
            return None;
        }
        let same_thing = |call: &Call| match (call.subject(), &invite.subject) {
            (Some(theirs), Some(ours)) => theirs.id == ours.id,
            (None, _) | (_, None) => true,
        };
        let theirs =
            |call: &Call| call.is_ringing() && call.account() == account && call.peer().id == invite.to.id;
        self.calls.iter().find(|(_, call)| theirs(call) && same_thing(call)).map(|(id, _)| *id)
    }

    /// Answers a call in place of one that we wanted to place; a voice call keeps the camera off.
    fn answer_as(&mut self, id: CallId, wanted: MediaKind, now: Instant, out: &mut Vec<Command>) {
        let video = self.calls.get(&id).is_some_and(|call| call.kind() == MediaKind::Video);
        self.accept(id, !(video && wanted == MediaKind::Voice), now, out);
    }

    fn receive(&mut self, received: ReceivedSignal, now: Instant, out: &mut Vec<Command>) {
        if !self.accounts.contains_key(&received.account) {
            return;
        }
        if let (CallKey::Remote(remote), IncomingSignal::Ring(ring)) = (&received.call, &received.signal) {
            self.receive_ring(received.account, remote.clone(), ring.clone(), now, out);
            return;
        }
        if let IncomingSignal::Placed { local, remote, subject } = received.signal {
            self.placed(received.account, local, remote, subject, now, out);
            return;
        }
        match self.find(received.account, &received.call) {
            Some(id) => {
                let (sent_media, from) = (self.sent(), received.call.peer());
                self.with(id, |call| call.receive(from, received.signal, sent_media, now, out));
            }
            None => self.early_signals.keep(received, now),
        }
    }

    fn receive_ring(
        &mut self,
        account: AccountId,
        remote: RemoteCallId,
        ring: Ring,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let key = CallKey::Remote(remote.clone());
        if self.find(account, &key).is_some() || self.early_signals.is_over(account, &remote) {
            return;
        }
        let Some(rules) = self.accounts.get(&account).map(|account| account.rules) else { return };
        let mut crossed = None;
        // Who rings us from within a call of several has another one in mind.
        let same_person = |call: &&mut Call| {
            call.is_live() && call.is_pair() && call.account() == account && call.peer().id == ring.from.id
        };
        if let Some(call) = self.calls.values_mut().find(same_person) {
            let late = |at| now.saturating_duration_since(at) < GLARE_WINDOW;
            if call.is_dialling() {
                match glare::decide(call.remote(), &remote) {
                    GlareDecision::Hold => return self.early_signals.hold_ring(account, remote, ring, now),
                    GlareDecision::KeepOurs => return self.early_signals.over(account, remote),
                    GlareDecision::KeepTheirs => {
                        crossed = Some(call.kind());
                        call.merge_away(now, out);
                    }
                }
            } else if call.is_outgoing() && call.consented_at().is_some_and(late) {
                return self.early_signals.over(account, remote);
            } else if call.is_connected() {
                return self.say_busy(account, remote, out);
            } else {
                call.superseded(now, out);
            }
        }
        if self.calls.values().filter(|call| call.is_live()).count() >= MAX_LIVE_CALLS {
            return self.say_busy(account, remote, out);
        }
        let id = self.next_id();
        let rules = (rules, Capacity::pair(self.max_members));
        self.add(id, Call::rung((id, account), rules, remote.clone(), ring, now));
        if let Some(wanted) = crossed {
            self.answer_as(id, wanted, now, out);
        }
        self.replay(id, account, &remote, now, out);
    }

    fn placed(
        &mut self,
        account: AccountId,
        local: CallId,
        remote: RemoteCallId,
        subject: Option<Subject>,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if let Some(call) = self.calls.get_mut(&local).filter(|call| call.account() == account) {
            call.placed(remote.clone(), subject, now, out);
            if call.is_live() {
                self.replay(local, account, &remote, now, out);
            }
        } else if self.early_signals.take_owed_cancel(account, local) {
            self.early_signals.over(account, remote.clone());
            out.push(Command::Say { account, call: CallKey::Remote(remote), signal: OutgoingSignal::Cancel });
        }
    }

    /// Says to a call what was received of it before it was known.
    fn replay(
        &mut self,
        id: CallId,
        account: AccountId,
        remote: &RemoteCallId,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let sent_media = self.sent();
        for (from, signal) in self.early_signals.take(account, remote, now) {
            self.with(id, |call| call.receive(from.as_ref(), signal, sent_media, now, out));
        }
    }

    /// The one place where outcomes of closed peer connections and ended calls are dropped.
    fn peer(
        &mut self,
        (id, member, epoch): (CallId, MemberId, Epoch),
        outcome: PeerOutcome,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let sent_media = self.sent();
        if let Some(call) =
            self.calls.get_mut(&id).filter(|call| call.is_live() && call.open_epoch(member) == Some(epoch))
        {
            call.peer_reported(member, outcome, sent_media, now, out);
        }
    }

    fn remove(&mut self, account: AccountId, now: Instant, out: &mut Vec<Command>) {
        for call in self.calls.values_mut().filter(|call| call.is_live() && call.account() == account) {
            call.signed_out(now, out);
        }
        self.accounts.remove(&account);
        self.early_signals.forget(account);
    }

    fn signaling(&mut self, account: AccountId, up: bool, now: Instant, out: &mut Vec<Command>) {
        if let Some(known) = self.accounts.get_mut(&account) {
            known.up = up;
        }
        for call in self.calls.values_mut().filter(|call| call.account() == account) {
            call.signaling_changed(up, now, out);
        }
    }

    fn time(&mut self, now: Instant, out: &mut Vec<Command>) {
        let due: Vec<CallId> =
            self.calls.iter_mut().filter_map(|(id, call)| call.time(now, out).then_some(*id)).collect();
        for id in due {
            self.forget(id);
        }
    }

    /// Rings that waited for the id of a crossing call, once it has one or is over.
    fn release_rings(&mut self, now: Instant, out: &mut Vec<Command>) {
        let calls = &self.calls;
        let undecided = |account, ring: &Ring| {
            let mut calls = calls.values();
            calls.any(|call| {
                call.is_dialling()
                    && call.is_pair()
                    && call.remote().is_none()
                    && (call.account(), &call.peer().id) == (account, &ring.from.id)
            })
        };
        for (account, remote, ring) in self.early_signals.release_rings(undecided, now) {
            self.receive_ring(account, remote, ring, now, out);
        }
    }

    /// A ring is discreet while a call is active or an older one rings.
    fn tune_rings(&mut self, out: &mut Vec<Command>) {
        let active = self.calls.values().any(Call::is_active);
        let mut older = false;
        for call in self.calls.values_mut().filter(|call| call.is_ringing()) {
            call.ring(active || older, out);
            older = true;
        }
    }

    fn say_busy(&mut self, account: AccountId, remote: RemoteCallId, out: &mut Vec<Command>) {
        self.early_signals.over(account, remote.clone());
        let signal = OutgoingSignal::Decline(DeclineReason::Busy);
        out.push(Command::Say { account, call: CallKey::Remote(remote), signal });
    }

    fn say_media(&self, media: MediaState, now: Instant, out: &mut Vec<Command>) {
        for call in self.calls.values() {
            call.say_media(media, now, out);
        }
    }

    fn find(&self, account: AccountId, key: &CallKey) -> Option<CallId> {
        let of_account = self.calls.iter().filter(|(_, call)| call.account() == account);
        match key {
            CallKey::Local(local) => of_account.map(|(id, _)| *id).find(|id| id == local),
            CallKey::Remote(remote) | CallKey::Member(remote, _) => {
                // Ended ones stay in view for a while; a backend may give an id again.
                let named = of_account.filter(|(_, call)| call.remote() == Some(remote));
                named.max_by_key(|(id, call)| (call.is_live(), **id)).map(|(id, _)| *id)
            }
        }
    }

    fn with(&mut self, id: CallId, act: impl FnOnce(&mut Call)) {
        if let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_live()) {
            act(call);
        }
    }

    fn next_id(&mut self) -> CallId {
        self.last_id += 1;
        CallId(self.last_id)
    }

    fn add(&mut self, id: CallId, mut call: Call) {
        if self.accounts.get(&call.account()).is_some_and(|account| !account.up) {
            call.starts_without_signaling();
        }
        self.calls.insert(id, call);
    }

    fn forget_oldest(&mut self) {
        let ended: Vec<CallId> =
            self.calls.iter().filter(|(_, call)| !call.is_live()).map(|(id, _)| *id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(MAX_ENDED_CALLS)) {
            self.forget(*id);
        }
    }

    fn forget(&mut self, id: CallId) {
        let Some(call) = self.calls.remove(&id) else { return };
        if call.owes_cancel() {
            self.early_signals.owe_cancel(call.account(), id);
        }
        if let Some(remote) = call.remote() {
            self.early_signals.over(call.account(), remote.clone());
        }
    }
}
