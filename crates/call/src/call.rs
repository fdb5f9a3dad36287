//! State machine of one call, from the first ring to the end. It knows no other call.
//!
//! Consent, and the media paths to its members, make the shown state:
//!
//! ```text
//!  consent                                         media path of each member
//!   Asked ──────────────► Given                     Idle ──► Opening ──► Up ◄──► Lost
//!     │ declined · busy     │ hung up                │          │         │        │
//!     │ missed · cancelled  │ ended, all left        └──────────┴────┬────┴────────┘
//!     ▼                     ▼                                        ▼
//!   ended(reason)         ended(reason)             never up: ConnectFailed · lost for good: ConnectionLost
//!
//!  shown: Calling, Ringing (Asked) · Connecting (Given, none ever up) · Connected (one is up)
//!         Reconnecting (one was up) · Ended(reason), which is final
//! ```
//!
//! A call of two is a call with one other member. The number of seats makes one difference, in
//! [`Call::lose`]: a call of two is over when its member is lost. One of several goes on with the others and
//! tries the lost connection anew; alone in the room we stay for a minute, as somebody may come back.

mod also_invited;
mod capacity;
mod connections;
mod growth;
mod member_table;
mod members;
mod signals;
mod state;
mod uplink;

use std::time::Instant;

pub(crate) use self::capacity::Capacity;
use self::member_table::MemberTable;
use crate::call_context::{CallContext, SentMedia};
use crate::timers::{self, CallTimer, Timers};
use crate::{
    AccountId, CallId, Command, DeclineReason, Direction, EndReason, Invite, Invitee, MediaKind, MediaState,
    Notice, OfferRule, OutgoingSignal, Person, RemoteCallId, Ring, RingPolicy, Subject,
};

/// What an account's backend fixes for all its calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackendRules {
    pub(crate) offers: OfferRule,
    pub(crate) rings: RingPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    Asked,
    Given,
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
    capacity: Capacity,
    members: MemberTable,
    /// Who else is called, of a call that rings.
    also_invited: Vec<Invitee>,
    /// The invitation was said, so the backend may know this call.
    invited: bool,
    consent: Consent,
    consented_at: Option<Instant>,
    /// The first time.
    connected_at: Option<Instant>,
    ended: Option<Ended>,
    timers: Timers<CallTimer>,
    tone: Tone,
    silenced: bool,
    waiting: bool,
    media_on: bool,
    signaling_lost: bool,
}

impl Call {
    /// We dial. The self-view is shown at once, so media starts before the answer.
    pub(crate) fn dial(
        (id, account): (CallId, AccountId),
        (rules, capacity): (BackendRules, Capacity),
        invite: Invite,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) -> Self {
        let mut call =
            Self::new((id, account), (rules, capacity), Direction::Outgoing, invite.kind, &invite.to);
        call.subject = invite.subject.clone();
        call.invited = true;
        if !invite.others.is_empty() {
            call.capacity = capacity.of_several();
        }
        for person in std::iter::once(&invite.to).chain(&invite.others) {
            call.expect(person.clone());
        }
        call.give_time_to_answer(now);
        call.say(OutgoingSignal::Invite(invite), now, out);
        call.start_media(sent_media, out);
        call
    }

    /// A call that failed before it was placed.
    pub(crate) fn failed(
        (id, account): (CallId, AccountId),
        rules: BackendRules,
        invite: Invite,
        reason: EndReason,
        now: Instant,
        out: &mut Vec<Command>,
    ) -> Self {
        let rules = (rules, Capacity::pair(1));
        let mut call = Self::new((id, account), rules, Direction::Outgoing, invite.kind, &invite.to);
        call.subject = invite.subject;
        call.end(reason, None, now, out);
        call
    }

    /// The other side dials.
    pub(crate) fn rung(
        (id, account): (CallId, AccountId),
        rules: (BackendRules, Capacity),
        remote: RemoteCallId,
        ring: Ring,
        now: Instant,
    ) -> Self {
        let mut call = Self::new((id, account), rules, Direction::Incoming, ring.kind, &ring.from);
        call.subject = ring.subject;
        call.remote = Some(remote);
        call.expect(ring.from);
        call.give_time_to_answer(now);
        call
    }

    fn new(
        (id, account): (CallId, AccountId),
        (rules, capacity): (BackendRules, Capacity),
        direction: Direction,
        kind: MediaKind,
        peer: &Person,
    ) -> Self {
        Self {
            id,
            account,
            remote: None,
            direction,
            kind,
            peer: peer.clone(),
            subject: None,
            rules,
            capacity,
            members: MemberTable::default(),
            also_invited: Vec::new(),
            invited: false,
            consent: Consent::Asked,
            consented_at: None,
            connected_at: None,
            ended: None,
            timers: Timers::default(),
            tone: Tone::Silent,
            silenced: false,
            waiting: false,
            media_on: false,
            signaling_lost: false,
        }
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
            self.say(OutgoingSignal::Cancel, now, out);
            return;
        }
        self.subject = subject.or(self.subject.take());
        self.give_time_to_answer(now);
        if self.rules.rings != RingPolicy::InRoom {
            self.tone = Tone::RingBack;
            out.push(Command::RingBack { call: self.id });
        }
        // Of several nobody knows who will come.
        if let Some(member) = self.sole_member() {
            self.with_member(member, now, |member, cx| member.open(cx, out));
        }
    }

    /// The caller may wait in a room without limit; the callee's alert ends after a time.
    fn give_time_to_answer(&mut self, now: Instant) {
        match (self.rules.rings, self.direction) {
            (RingPolicy::Timeout(time), _) => {
                self.timers.set(CallTimer::Ring, now + time + timers::RING_SLACK)
            }
            (RingPolicy::InRoom, Direction::Incoming) => {
                self.timers.set(CallTimer::Ring, now + timers::ROOM_ALERT)
            }
            (RingPolicy::InRoom, Direction::Outgoing) => {}
        }
    }

    pub(crate) fn accept(&mut self, sent_media: SentMedia, now: Instant, out: &mut Vec<Command>) {
        if !self.is_ringing() {
            return;
        }
        self.say(OutgoingSignal::Accept, now, out);
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

    /// Ends a call of several that we placed for everybody in it.
    pub(crate) fn end_for_all(&mut self, now: Instant, out: &mut Vec<Command>) {
        if self.consent == Consent::Given && self.is_outgoing() && !self.is_pair() {
            self.end(EndReason::HungUp, Some(OutgoingSignal::EndForAll), now, out);
        } else {
            self.hang_up(now, out);
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

    /// The user's choice changed: tell the others, if there are any to tell.
    pub(crate) fn say_media(&self, media: MediaState, now: Instant, out: &mut Vec<Command>) {
        if self.is_live() && self.consent == Consent::Given {
            self.say(OutgoingSignal::Media(media), now, out);
        }
    }

    /// Both sides consented.
    fn agree(&mut self, now: Instant, out: &mut Vec<Command>) {
        self.consent = Consent::Given;
        self.consented_at = Some(now);
        self.silence_tone(out);
        match self.sole_member() {
            Some(member) => {
                self.timers.clear(CallTimer::Ring);
                self.with_member(member, now, |member, _| member.comes());
            }
            // The caller's alert is over; others whom we invited may still come.
            None if !self.is_outgoing() => self.timers.clear(CallTimer::Ring),
            None => {}
        }
        for id in self.members.present() {
            self.with_member(id, now, |member, cx| member.begin(cx, out));
        }
        self.watch_room(now);
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

    fn say(&self, signal: OutgoingSignal, now: Instant, out: &mut Vec<Command>) {
        self.context(now).say(None, signal, out);
    }

    fn context(&self, now: Instant) -> CallContext<'_> {
        CallContext {
            call: self.id,
            account: self.account,
            remote: self.remote.as_ref(),
            kind: self.kind,
            outgoing: self.direction == Direction::Outgoing,
            agreed: self.consent == Consent::Given,
            signaling_lost: self.signaling_lost,
            now,
        }
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
            self.say(signal, now, out);
        }
        self.silence_tone(out);
        self.close_members(now, out);
        if std::mem::take(&mut self.media_on) {
            out.push(Command::StopMedia { call: self.id });
        }
        let missed = self.is_ringing() && matches!(reason, EndReason::Missed | EndReason::RemoteCancelled);
        if missed {
            out.push(Command::Notice(Notice::Missed { call: self.id }));
        }
        out.push(Command::Notice(Notice::Ended { call: self.id, reason: reason.clone() }));
        self.ended = Some(Ended { reason, at: now });
        self.timers.clear_all();
        self.timers.set(CallTimer::Dismiss, now + timers::ENDED_CALL_SHOWN);
    }
}
