//! Media path to a member: outcomes of the peer connection, expired deadlines and ICE restarts.

use std::time::Instant;

use super::state::DescribedMedia;
use super::{Loss, MediaPath, Member};
use crate::call_context::{CallContext, SentMedia};
use crate::negotiation::{Offerer, Purpose};
use crate::timers::{self, MemberTimer};
use crate::{Command, EndReason, PeerOutcome};

impl Member {
    pub(crate) fn peer_reported(
        &mut self,
        outcome: PeerOutcome,
        sent_media: SentMedia,
        cx: CallContext<'_>,
        out: &mut Vec<Command>,
    ) -> Option<Loss> {
        let offerer = self.offerer(cx);
        match outcome {
            PeerOutcome::OfferMade(offer) => {
                self.negotiate(cx, out, |negotiation, steps| negotiation.offer_made(offer, steps));
            }
            PeerOutcome::AnswerMade(answer) => {
                self.negotiate(cx, out, |negotiation, steps| negotiation.answer_made(answer, cx.now, steps));
            }
            PeerOutcome::AnswerApplied => {
                self.negotiate(cx, out, |negotiation, steps| negotiation.answer_applied(steps));
            }
            PeerOutcome::Described { audio, video } => self.described = DescribedMedia { audio, video },
            PeerOutcome::Unworkable { message } if !self.was_up => return Some(Loss::Unworkable { message }),
            PeerOutcome::Rejected { message: _ } | PeerOutcome::Unworkable { message: _ } => {
                self.negotiate(cx, out, |negotiation, steps| negotiation.rejected(offerer, cx.now, steps));
            }
            PeerOutcome::Candidate(candidate) => {
                self.negotiate(cx, out, |negotiation, steps| negotiation.local_candidate(candidate, steps));
            }
            PeerOutcome::Connected => self.connected(sent_media, cx, out),
            PeerOutcome::PathLost => self.path_lost(cx, out),
            PeerOutcome::NewAddress => self.address_gained(cx, out),
            PeerOutcome::Failed if self.was_up => self.path_lost(cx, out),
            PeerOutcome::Failed => return Some(Loss::Connection(EndReason::ConnectFailed)),
        }
        None
    }

    /// Visits the earliest deadline that was reached.
    pub(crate) fn time(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) -> Option<Loss> {
        match self.timers.expired(cx.now)? {
            MemberTimer::Connect => return Some(Loss::Connection(EndReason::ConnectFailed)),
            MemberTimer::Lost => return Some(Loss::Connection(EndReason::ConnectionLost)),
            MemberTimer::PeerGone => return Some(Loss::StayedAway { lost: self.path == MediaPath::Lost }),
            MemberTimer::RepeatOffer => self.repeat_offer_or_wait(cx, out),
            MemberTimer::Restart => self.no_new_path(cx, out),
            MemberTimer::Retry => self.begin(cx, out),
        }
        None
    }

    /// We came back into the room: what was said meanwhile is lost, and our addresses may have changed.
    pub(crate) fn signaling_back(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        // We are the newcomer now, unless they turn out to come after us once more.
        self.joined_after_us = false;
        if self.path == MediaPath::Lost {
            self.negotiation.give_up_offer();
            self.look_for_path(false, cx, out);
        } else {
            self.negotiate(cx, out, |negotiation, steps| negotiation.repeat_offer(steps));
        }
    }

    /// The side that offers tries a new path, now and every few seconds; the other one waits for it.
    pub(super) fn look_for_path(&mut self, patient: bool, cx: CallContext<'_>, out: &mut Vec<Command>) {
        if self.path != MediaPath::Lost || !self.we_offer(cx) {
            return;
        }
        self.timers.set(MemberTimer::Restart, cx.now + timers::ICE_RESTART_INTERVAL);
        // While nothing can be heard, an offer would only grow stale in the queue.
        if !patient && !cx.signaling_lost {
            self.negotiate(cx, out, |negotiation, steps| negotiation.create(Purpose::NewPath, steps));
        }
    }

    pub(super) fn we_offer(&self, cx: CallContext<'_>) -> bool {
        self.offerer(cx) == Offerer::Us
    }

    /// The peer connection of the old epoch is gone with whatever flowed through it.
    pub(super) fn path_closed(&mut self, now: Instant) {
        if self.path == MediaPath::Up {
            self.path = MediaPath::Lost;
            self.timers.set(MemberTimer::Lost, now + timers::MEDIA_LOST_TIMEOUT);
            self.timers.set(MemberTimer::Restart, now + timers::ICE_RESTART_INTERVAL);
        }
    }

    /// The path is looked for anew while the member counts as connected: it has some seconds to come up,
    /// as the first one had.
    pub(super) fn path_renewed(&mut self, now: Instant) {
        if self.path == MediaPath::Up {
            self.timers.set(MemberTimer::Restart, now + timers::ICE_RESTART_INTERVAL);
        }
    }

    /// Only with their answer can the path we look for come up.
    pub(super) fn path_answered(&mut self, now: Instant) {
        if self.timers.is_set(MemberTimer::Restart) {
            self.timers.set(MemberTimer::Restart, now + timers::ICE_RESTART_INTERVAL);
        }
    }

    fn repeat_offer_or_wait(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.negotiate(cx, out, |negotiation, steps| {
            if !cx.signaling_lost {
                negotiation.repeat_unanswered(steps);
            }
        });
        if !self.negotiation.awaits_answer() {
            self.look_for_path(false, cx, out);
        }
    }

    /// The path that was looked for has not come up in its time.
    fn no_new_path(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.lose_path(cx.now);
        // An answer names no offer: no second offer while the first may yet be answered.
        let patient = self.negotiation.awaits_answer();
        self.look_for_path(patient, cx, out);
    }

    fn lose_path(&mut self, now: Instant) {
        if self.path == MediaPath::Up {
            self.path = MediaPath::Lost;
            self.timers.set(MemberTimer::Lost, now + timers::MEDIA_LOST_TIMEOUT);
            if self.timers.is_set(MemberTimer::PeerGone) {
                self.timers.set(MemberTimer::PeerGone, now + timers::PEER_GONE_TIMEOUT_MEDIA_LOST);
            }
        }
    }

    /// This machine has an address more: a path where there was none, or a better one. What works goes on
    /// until the other side has answered.
    fn address_gained(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        match self.path {
            MediaPath::Idle | MediaPath::Opening | MediaPath::Failed(_) => {}
            MediaPath::Lost => self.seek_or_repeat(cx, out),
            MediaPath::Up => {
                // Another one is being looked for already, or nobody would hear of it.
                let busy = self.timers.is_set(MemberTimer::Restart) || self.negotiation.awaits_answer();
                if !busy && !cx.signaling_lost && self.we_offer(cx) {
                    self.negotiate(cx, out, |negotiation, steps| {
                        negotiation.create(Purpose::NewPath, steps);
                    });
                }
            }
        }
    }

    /// Something happened that may make a path possible: an offer that is out is said again, as their answer
    /// is what our new addresses are bound for; otherwise there is a new one.
    fn seek_or_repeat(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        if self.negotiation.awaits_answer() {
            if !cx.signaling_lost {
                self.negotiate(cx, out, |negotiation, steps| negotiation.repeat_offer(steps));
            }
        } else {
            self.look_for_path(false, cx, out);
        }
    }

    fn connected(&mut self, sent_media: SentMedia, cx: CallContext<'_>, out: &mut Vec<Command>) {
        if !cx.agreed {
            return;
        }
        self.path = MediaPath::Up;
        for timer in [MemberTimer::Connect, MemberTimer::Lost, MemberTimer::Restart] {
            self.timers.clear(timer);
        }
        if self.timers.is_set(MemberTimer::PeerGone) {
            self.timers.set(MemberTimer::PeerGone, cx.now + timers::PEER_GONE_TIMEOUT_WITH_MEDIA);
        }
        if !std::mem::replace(&mut self.was_up, true) {
            cx.say_choice(sent_media, out);
        }
    }

    fn path_lost(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        if self.path != MediaPath::Up {
            return;
        }
        self.lose_path(cx.now);
        // A new path that is being looked for already keeps its time.
        if !self.timers.is_set(MemberTimer::Restart) {
            let patient = self.negotiation.awaits_answer();
            self.look_for_path(patient, cx, out);
        }
    }
}
