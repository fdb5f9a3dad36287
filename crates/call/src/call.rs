//! State machine of one call, from the first ring to the end. It knows no other call.
//!
//! Two independent facts make the shown state:
//!
//! ```text
//!  consent                                         media path
//!   Asked ──────────────► Given                     Idle ──► Opening ──► Up ◄──► Lost
//!     │ declined · busy     │ hung up                │          │         │        │
//!     │ missed · cancelled  │ other side left        └──────────┴────┬────┴────────┘
//!     ▼                     ▼                                        ▼
//!   ended(reason)         ended(reason)             never up: ConnectFailed · lost for good: ConnectionLost
//!
//!  shown: Calling, Ringing (Asked) · Connecting (Given, never up) · Connected (Up)
//!         Reconnecting (was up) · Ended(reason), which is final
//! ```

mod media_path;
mod signals;
mod state;

use std::time::Instant;

use self::state::{DescribedMedia, RemoteMedia};
use crate::negotiation::{Negotiation, Offerer, Step};
use crate::timers::{self, Timer, Timers};
use crate::{
    AccountId, CallId, CallKey, Command, DeclineReason, Direction, EndReason, Epoch, Invite, MediaKind,
    MediaState, Notice, OfferRule, OutgoingSignal, Person, RemoteCallId, Ring, RingPolicy, Subject,
};

/// What an account's backend fixes for all its calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackendRules {
    pub(crate) offers: OfferRule,
    pub(crate) rings: RingPolicy,
}

/// What is sent in a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentMedia {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) sharing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    Asked,
    Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaPath {
    Idle,
    Opening,
    Up,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Silent,
    RingBack,
    Ring { waiting: bool },
}

#[derive(Clone, Debug)]
struct Ended {
    reason: EndReason,
    at: Instant,
}

#[derive(Debug)]
pub(crate) struct Call {
    id: CallId,
    account: AccountId,
    remote: Option<RemoteCallId>,
    direction: Direction,
    kind: MediaKind,
    peer: Person,
    subject: Option<Subject>,
    rules: BackendRules,
    /// They entered the room after us, which decides who offers under [`OfferRule::FirstInRoom`].
    joined_after_us: bool,
    /// The dialect said who offers ([`IncomingSignal::OfferTurn`](crate::IncomingSignal::OfferTurn)).
    told_turn: bool,
    /// The invitation was said, so the backend may know this call.
    invited: bool,
    consent: Consent,
    consented_at: Option<Instant>,
    path: MediaPath,
    connected_at: Option<Instant>,
    ended: Option<Ended>,
    negotiation: Negotiation,
    timers: Timers,
    tone: Tone,
    silenced: bool,
    waiting: bool,
    media_on: bool,
    signaling_lost: bool,
    remote_media: RemoteMedia,
    described: DescribedMedia,
}

impl Call {
    /// We dial. The self-view is shown at once, so media starts before the answer.
    pub(crate) fn dial(
        (id, account): (CallId, AccountId),
        rules: BackendRules,
        invite: Invite,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) -> Self {
        let mut call = Self::new((id, account), rules, Direction::Outgoing, invite.kind, invite.to.clone());
        call.subject = invite.subject.clone();
        call.invited = true;
        call.give_time_to_answer(now);
        call.say(OutgoingSignal::Invite(invite), out);
        call.start_media(sent_media, out);
        call
    }

    /// A call that failed before it was placed.
    pub(crate) fn failed(
        (id, account): (CallId, AccountId),
        rules: BackendRules,
        invite: Invite,
        message: &str,
        now: Instant,
        out: &mut Vec<Command>,
    ) -> Self {
        let mut call = Self::new((id, account), rules, Direction::Outgoing, invite.kind, invite.to);
        call.subject = invite.subject;
        call.end(EndReason::Failed { message: message.to_owned() }, None, now, out);
        call
    }

    /// The other side dials.
    pub(crate) fn rung(
        (id, account): (CallId, AccountId),
        rules: BackendRules,
        remote: RemoteCallId,
        ring: Ring,
        now: Instant,
    ) -> Self {
        let mut call = Self::new((id, account), rules, Direction::Incoming, ring.kind, ring.from);
        call.subject = ring.subject;
        call.remote = Some(remote);
        call.give_time_to_answer(now);
        call
    }

    fn new(
        (id, account): (CallId, AccountId),
        rules: BackendRules,
        direction: Direction,
        kind: MediaKind,
        peer: Person,
    ) -> Self {
        Self {
            id,
            account,
            remote: None,
            direction,
            kind,
            peer,
            subject: None,
            rules,
            joined_after_us: false,
            told_turn: false,
            invited: false,
            consent: Consent::Asked,
            consented_at: None,
            path: MediaPath::Idle,
            connected_at: None,
            ended: None,
            negotiation: Negotiation::new(),
            timers: Timers::default(),
            tone: Tone::Silent,
            silenced: false,
            waiting: false,
            media_on: false,
            signaling_lost: false,
            remote_media: RemoteMedia::of(kind),
            described: DescribedMedia::default(),
        }
    }

    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn remote(&self) -> Option<&RemoteCallId> {
        self.remote.as_ref()
    }

    pub(crate) fn peer(&self) -> &Person {
        &self.peer
    }

    pub(crate) fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    pub(crate) fn kind(&self) -> MediaKind {
        self.kind
    }

    /// Of the peer connection that is open.
    pub(crate) fn open_epoch(&self) -> Option<Epoch> {
        self.negotiation.open_epoch()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub(crate) fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// Incoming and neither answered nor over.
    pub(crate) fn is_ringing(&self) -> bool {
        self.is_live() && self.direction == Direction::Incoming && self.consent == Consent::Asked
    }

    /// Active: dialled by us, or answered.
    pub(crate) fn is_active(&self) -> bool {
        self.is_live() && !self.is_ringing()
    }

    /// Dialled by us and not answered yet.
    pub(crate) fn is_dialling(&self) -> bool {
        self.is_active() && self.consent == Consent::Asked
    }

    pub(crate) fn is_outgoing(&self) -> bool {
        self.direction == Direction::Outgoing
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_live() && self.path == MediaPath::Up
    }

    pub(crate) fn consented_at(&self) -> Option<Instant> {
        self.consented_at
    }

    /// It ended before the backend gave its id, so the cancel is sent once it has one.
    pub(crate) fn owes_cancel(&self) -> bool {
        !self.is_live() && self.invited && self.remote.is_none()
    }

    pub(crate) fn starts_without_signaling(&mut self) {
        self.signaling_lost = self.is_live();
    }

    /// The backend knows the call now, under `remote`.
    pub(crate) fn placed(
        &mut self,
        remote: RemoteCallId,
        subject: Option<Subject>,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if self.remote.is_some() {
            return;
        }
        self.remote = Some(remote);
        if !self.is_live() {
            self.say(OutgoingSignal::Cancel, out);
            return;
        }
        self.subject = subject.or(self.subject.take());
        self.give_time_to_answer(now);
        if self.rules.rings != RingPolicy::InRoom {
            self.tone = Tone::RingBack;
            out.push(Command::RingBack { call: self.id });
        }
        self.negotiate(now, out, |negotiation, steps| negotiation.open(steps));
    }

    /// The caller may wait in a room without limit; the callee's alert ends after a time.
    fn give_time_to_answer(&mut self, now: Instant) {
        match (self.rules.rings, self.direction) {
            (RingPolicy::Timeout(time), _) => self.timers.set(Timer::Ring, now + time + timers::RING_SLACK),
            (RingPolicy::InRoom, Direction::Incoming) => {
                self.timers.set(Timer::Ring, now + timers::ROOM_ALERT)
            }
            (RingPolicy::InRoom, Direction::Outgoing) => {}
        }
    }

    pub(crate) fn accept(&mut self, sent_media: SentMedia, now: Instant, out: &mut Vec<Command>) {
        if !self.is_ringing() {
            return;
        }
        self.say(OutgoingSignal::Accept, out);
        self.silence_tone(out);
        self.start_media(sent_media, out);
        self.agree(now, out);
    }

    pub(crate) fn decline(&mut self, now: Instant, out: &mut Vec<Command>) {
        if self.is_ringing() {
            self.end(EndReason::Declined, Some(OutgoingSignal::Decline(DeclineReason::Declined)), now, out);
        }
    }

    pub(crate) fn silence(&mut self, out: &mut Vec<Command>) {
        if self.is_ringing() {
            self.silenced = true;
            self.silence_tone(out);
        }
    }

    pub(crate) fn hang_up(&mut self, now: Instant, out: &mut Vec<Command>) {
        match (self.consent, self.direction) {
            (Consent::Given, _) => self.end(EndReason::HungUp, Some(OutgoingSignal::HangUp), now, out),
            (Consent::Asked, Direction::Incoming) => self.decline(now, out),
            (Consent::Asked, Direction::Outgoing) => {
                // Without the backend's id there is nothing to cancel yet: `placed` does it.
                let cancel = self.remote.is_some().then_some(OutgoingSignal::Cancel);
                self.end(EndReason::Cancelled, cancel, now, out);
            }
        }
    }

    /// Both dialled at once and the other call is kept.
    pub(crate) fn merge_away(&mut self, now: Instant, out: &mut Vec<Command>) {
        self.end(EndReason::Merged, Some(OutgoingSignal::Cancel), now, out);
    }

    /// The person rings anew, so their end of this call is gone.
    pub(crate) fn superseded(&mut self, now: Instant, out: &mut Vec<Command>) {
        let reason = match self.consent {
            Consent::Asked => EndReason::RemoteCancelled,
            Consent::Given => EndReason::RemoteHungUp,
        };
        self.end(reason, None, now, out);
    }

    /// The account signed out.
    pub(crate) fn signed_out(&mut self, now: Instant, out: &mut Vec<Command>) {
        if self.is_ringing() {
            // Not declined: another device of ours may still answer.
            self.end(EndReason::Failed { message: "signed out".to_owned() }, None, now, out);
        } else {
            self.hang_up(now, out);
        }
    }

    /// Starts or changes the ringtone.
    pub(crate) fn ring(&mut self, waiting: bool, out: &mut Vec<Command>) {
        self.waiting = waiting;
        let tone = Tone::Ring { waiting };
        if self.is_ringing() && !self.silenced && self.tone != tone {
            self.tone = tone;
            out.push(Command::Ring { call: self.id, waiting });
        }
    }

    /// The user's choice changed: tell the other side, if there is one to tell.
    pub(crate) fn say_media(&self, media: MediaState, out: &mut Vec<Command>) {
        if self.is_live() && self.consent == Consent::Given {
            self.say(OutgoingSignal::Media(media), out);
        }
    }

    /// Both sides consented.
    fn agree(&mut self, now: Instant, out: &mut Vec<Command>) {
        self.consent = Consent::Given;
        self.consented_at = Some(now);
        self.timers.clear(Timer::Ring);
        self.timers.set(Timer::Connect, now + timers::CONNECT_TIMEOUT);
        self.silence_tone(out);
        let offerer = self.offerer();
        self.negotiate(now, out, |negotiation, steps| negotiation.begin(offerer, steps));
    }

    fn offerer(&self) -> Offerer {
        let us = match self.rules.offers {
            OfferRule::Us => true,
            OfferRule::Them | OfferRule::Told => false,
            OfferRule::Caller => self.is_outgoing(),
            OfferRule::FirstInRoom => self.joined_after_us,
        };
        if us { Offerer::Us } else { Offerer::Them }
    }

    fn start_media(&mut self, sent_media: SentMedia, out: &mut Vec<Command>) {
        self.media_on = true;
        out.push(Command::StartMedia {
            call: self.id,
            kind: self.kind,
            microphone: sent_media.microphone,
            camera: sent_media.camera,
        });
    }

    fn silence_tone(&mut self, out: &mut Vec<Command>) {
        match std::mem::replace(&mut self.tone, Tone::Silent) {
            Tone::Silent => {}
            Tone::RingBack => out.push(Command::StopRingBack { call: self.id }),
            Tone::Ring { .. } => out.push(Command::StopRing { call: self.id }),
        }
    }

    fn say(&self, signal: OutgoingSignal, out: &mut Vec<Command>) {
        let call = match &self.remote {
            Some(remote) => CallKey::Remote(remote.clone()),
            None => CallKey::Local(self.id),
        };
        out.push(Command::Say { account: self.account, call, signal });
    }

    /// Ends the call. Everything that was started is stopped here, once.
    fn end(
        &mut self,
        reason: EndReason,
        last_word: Option<OutgoingSignal>,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if self.ended.is_some() {
            return;
        }
        if let Some(signal) = last_word {
            self.say(signal, out);
        }
        self.silence_tone(out);
        self.negotiate(now, out, |negotiation, steps| negotiation.close(steps));
        if std::mem::take(&mut self.media_on) {
            out.push(Command::StopMedia { call: self.id });
        }
        let missed = self.is_ringing() && matches!(reason, EndReason::Missed | EndReason::RemoteCancelled);
        if missed {
            out.push(Command::Notice(Notice::Missed { call: self.id }));
        }
        out.push(Command::Notice(Notice::Ended { call: self.id, reason: reason.clone() }));
        self.ended = Some(Ended { reason, at: now });
        self.path = MediaPath::Idle;
        self.timers.clear_all();
        self.timers.set(Timer::Dismiss, now + timers::ENDED_CALL_SHOWN);
    }

    /// Runs a piece of the negotiation and turns its steps into commands of this call and epoch.
    fn negotiate(
        &mut self,
        now: Instant,
        out: &mut Vec<Command>,
        piece: impl FnOnce(&mut Negotiation, &mut Vec<Step>),
    ) {
        let mut steps = Vec::new();
        piece(&mut self.negotiation, &mut steps);
        for step in steps {
            self.perform(step, now, out);
        }
        match self.negotiation.repeat_after() {
            None => self.timers.clear(Timer::RepeatOffer),
            Some(pause) if !self.timers.is_set(Timer::RepeatOffer) => {
                self.timers.set(Timer::RepeatOffer, now + pause);
            }
            Some(_) => {}
        }
    }

    fn perform(&mut self, step: Step, now: Instant, out: &mut Vec<Command>) {
        let (call, epoch) = (self.id, self.negotiation.epoch());
        match step {
            Step::Open => {
                if self.path == MediaPath::Idle {
                    self.path = MediaPath::Opening;
                }
                out.push(Command::OpenPeer { call, epoch, kind: self.kind });
            }
            Step::CreateOffer { ice_restart } => out.push(Command::CreateOffer { call, epoch, ice_restart }),
            Step::AcceptOffer(offer) => out.push(Command::AcceptOffer { call, epoch, offer }),
            Step::AcceptAnswer(answer) => {
                self.path_answered(now);
                out.push(Command::AcceptAnswer { call, epoch, answer });
            }
            Step::PathRenewed => self.path_renewed(now),
            Step::AddCandidate(candidate) => out.push(Command::AddCandidate { call, epoch, candidate }),
            Step::Close(epoch) => {
                out.push(Command::ClosePeer { call, epoch });
                self.path_closed(now);
            }
            Step::Say(signal) => {
                // A repeated offer gives the whole time to answer again.
                if let OutgoingSignal::Offer(_) = signal {
                    self.timers.clear(Timer::RepeatOffer);
                }
                self.say(signal, out);
            }
        }
    }
}
