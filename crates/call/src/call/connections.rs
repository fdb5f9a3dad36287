//! Connections of a call to its members: outcomes, deadlines, and what a lost one means for the call.

use std::time::Instant;

use super::{Call, Consent};
use crate::call_context::{CallContext, SentMedia};
use crate::member::{Loss, Member, Retry};
use crate::timers::CallTimer;
use crate::{Command, EndReason, MemberId, OutgoingSignal, PeerOutcome};

impl Call {
    /// An outcome of the peer connection that is open to a member.
    pub(crate) fn peer_reported(
        &mut self,
        id: MemberId,
        outcome: PeerOutcome,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let act =
            |member: &mut Member, cx: CallContext<'_>| member.peer_reported(outcome, sent_media, cx, out);
        let loss = self.with_member(id, now, act).flatten();
        if self.members.any_connected() {
            self.connected_at.get_or_insert(now);
        }
        if let Some(loss) = loss {
            self.lose(id, loss, now, out);
        }
    }

    /// Visits exactly the deadlines that were reached. True: take the call off the view.
    pub(crate) fn time(&mut self, now: Instant, out: &mut Vec<Command>) -> bool {
        while let Some(at) = self.deadline().filter(|at| *at <= now) {
            if self.timers.next() == Some(at) {
                match self.timers.expired(now) {
                    Some(CallTimer::Ring) => self.ring_expired(now, out),
                    Some(CallTimer::Alone) => {
                        self.end(EndReason::RemoteHungUp, Some(OutgoingSignal::HangUp), now, out);
                    }
                    Some(CallTimer::Dismiss) => return true,
                    None => {}
                }
            } else if let Some(id) = self.members.due(at) {
                let loss = self.with_member(id, now, |member, cx| member.time(cx, out)).flatten();
                if let Some(loss) = loss {
                    self.lose(id, loss, now, out);
                }
            }
        }
        false
    }

    /// The account's socket went away or came back. The call itself goes on.
    pub(crate) fn signaling_changed(&mut self, up: bool, now: Instant, out: &mut Vec<Command>) {
        if !self.is_live() || self.signaling_lost != up {
            return;
        }
        self.signaling_lost = !up;
        // Entering the room of a call that rings here would tell the caller that we accepted.
        if up && self.is_active() && self.remote.is_some() {
            self.say(OutgoingSignal::Rejoin, now, out);
            for id in self.members.ids() {
                self.with_member(id, now, |member, cx| member.signaling_back(cx, out));
            }
        }
    }

    /// A member, or the connection to them, is lost. The call of two is over with it, one of several is not.
    pub(super) fn lose(&mut self, id: MemberId, loss: Loss, now: Instant, out: &mut Vec<Command>) {
        if self.is_pair() && self.members.uplink() != Some(id) {
            let (reason, word) = match (loss, self.consent) {
                (Loss::Unworkable { message }, _) => (EndReason::Failed { message }, Some(self.last_word())),
                (Loss::Connection(reason), _) => (reason, Some(self.last_word())),
                (Loss::Left | Loss::StayedAway { .. }, Consent::Asked) => (EndReason::RemoteCancelled, None),
                (Loss::Left, Consent::Given) => (EndReason::RemoteHungUp, None),
                (Loss::StayedAway { lost: true }, Consent::Given) => {
                    (EndReason::ConnectionLost, Some(OutgoingSignal::HangUp))
                }
                (Loss::StayedAway { lost: false }, Consent::Given) => {
                    (EndReason::RemoteHungUp, Some(OutgoingSignal::HangUp))
                }
            };
            return self.end(reason, word, now, out);
        }
        match loss {
            Loss::Unworkable { .. } => {
                self.with_member(id, now, |member, cx| member.fail(Retry::OnEntrance, cx, out));
            }
            Loss::Connection(_) => {
                self.with_member(id, now, |member, cx| member.fail(Retry::ByOfferer, cx, out));
            }
            Loss::Left | Loss::StayedAway { .. } => {
                self.remove(id, now, out);
                // Web clients place a call to one person as one of several.
                if self.consent == Consent::Given && self.members.was_of_two() {
                    self.end(EndReason::RemoteHungUp, Some(OutgoingSignal::HangUp), now, out);
                }
            }
        }
    }

    /// Nobody has answered in time; or not everybody, in a call that goes on with the others.
    fn ring_expired(&mut self, now: Instant, out: &mut Vec<Command>) {
        match self.consent {
            Consent::Asked => {
                let say = (self.is_dialling() && self.remote.is_some()).then_some(OutgoingSignal::NoAnswer);
                self.end(EndReason::Missed, say, now, out);
            }
            Consent::Given => self.expect_nobody(now, out),
        }
    }

    fn last_word(&self) -> OutgoingSignal {
        match self.consent {
            Consent::Asked => OutgoingSignal::Cancel,
            Consent::Given => OutgoingSignal::HangUp,
        }
    }
}
