//! Media path of a call: outcomes of the peer connection, expired deadlines and ICE restarts. Consent is not
//! decided here.

use std::time::Instant;

use super::state::DescribedMedia;
use super::{Call, Consent, MediaPath, SentMedia};
use crate::negotiation::{Offerer, Purpose};
use crate::timers::{self, Timer};
use crate::{Command, EndReason, MediaKind, MediaState, OutgoingSignal, PeerOutcome};

impl Call {
    pub(crate) fn peer_reported(
        &mut self,
        outcome: PeerOutcome,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let offerer = self.offerer();
        match outcome {
            PeerOutcome::OfferMade(offer) => {
                self.negotiate(now, out, |negotiation, steps| negotiation.offer_made(offer, steps));
            }
            PeerOutcome::AnswerMade(answer) => {
                self.negotiate(now, out, |negotiation, steps| negotiation.answer_made(answer, now, steps));
            }
            PeerOutcome::AnswerApplied => {
                self.negotiate(now, out, |negotiation, steps| negotiation.answer_applied(steps));
            }
            PeerOutcome::Described { audio, video } => self.described = DescribedMedia { audio, video },
            PeerOutcome::Unworkable { message } if self.connected_at.is_none() => {
                self.end(EndReason::Failed { message }, Some(self.last_word()), now, out);
            }
            PeerOutcome::Rejected { message: _ } | PeerOutcome::Unworkable { message: _ } => {
                self.negotiate(now, out, |negotiation, steps| negotiation.rejected(offerer, now, steps));
            }
            PeerOutcome::Candidate(candidate) => {
                self.negotiate(now, out, |negotiation, steps| negotiation.local_candidate(candidate, steps));
            }
            PeerOutcome::Connected => self.connected(sent_media, now, out),
            PeerOutcome::PathLost => self.path_lost(now, out),
            PeerOutcome::NewAddress => self.address_gained(now, out),
            PeerOutcome::Failed if self.connected_at.is_some() => self.path_lost(now, out),
            PeerOutcome::Failed => self.end(EndReason::ConnectFailed, Some(self.last_word()), now, out),
        }
    }

    /// Visits exactly the deadlines that were reached. True: take the call off the view.
    pub(crate) fn time(&mut self, now: Instant, out: &mut Vec<Command>) -> bool {
        while let Some(timer) = self.timers.expired(now) {
            match timer {
                Timer::Ring => {
                    let say =
                        (self.is_dialling() && self.remote.is_some()).then_some(OutgoingSignal::NoAnswer);
                    self.end(EndReason::Missed, say, now, out);
                }
                Timer::Connect => self.end(EndReason::ConnectFailed, Some(OutgoingSignal::HangUp), now, out),
                Timer::Lost => self.end(EndReason::ConnectionLost, Some(OutgoingSignal::HangUp), now, out),
                Timer::PeerGone => self.peer_stayed_away(now, out),
                Timer::RepeatOffer => self.repeat_offer_or_wait(now, out),
                Timer::Restart => self.no_new_path(now, out),
                Timer::Dismiss => return true,
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
            self.say(OutgoingSignal::Rejoin, out);
            // We are the newcomer now, unless they turn out to come after us once more.
            self.joined_after_us = false;
            if self.path == MediaPath::Lost {
                // Answers sent meanwhile are lost, and our addresses may have changed.
                self.negotiation.give_up_offer();
                self.look_for_path(false, now, out);
            } else {
                self.negotiate(now, out, |negotiation, steps| negotiation.repeat_offer(steps));
            }
        }
    }

    /// Says what the user chose, where that is not what the other side assumes anyway.
    pub(super) fn say_choice(&self, sent_media: SentMedia, out: &mut Vec<Command>) {
        let pictures = self.kind == MediaKind::Video;
        if !sent_media.microphone || (pictures && !sent_media.camera) || sent_media.sharing {
            let video = pictures.then_some(sent_media.camera);
            let sharing = sent_media.sharing.then_some(true);
            self.say_media(MediaState { audio: Some(sent_media.microphone), video, sharing }, out);
        }
    }

    /// The side that offers tries a new path, now and every few seconds; the other one waits for it.
    pub(super) fn look_for_path(&mut self, patient: bool, now: Instant, out: &mut Vec<Command>) {
        if self.path != MediaPath::Lost || self.offerer() != Offerer::Us {
            return;
        }
        self.timers.set(Timer::Restart, now + timers::ICE_RESTART_INTERVAL);
        // While nothing can be heard, an offer would only grow stale in the queue.
        if !patient && !self.signaling_lost {
            self.negotiate(now, out, |negotiation, steps| negotiation.create(Purpose::NewPath, steps));
        }
    }

    fn repeat_offer_or_wait(&mut self, now: Instant, out: &mut Vec<Command>) {
        let heard_by_nobody = self.signaling_lost;
        self.negotiate(now, out, |negotiation, steps| {
            if !heard_by_nobody {
                negotiation.repeat_unanswered(steps);
            }
        });
        if !self.negotiation.awaits_answer() {
            self.look_for_path(false, now, out);
        }
    }

    /// The peer connection of the old epoch is gone with whatever flowed through it.
    pub(super) fn path_closed(&mut self, now: Instant) {
        if self.path == MediaPath::Up {
            self.path = MediaPath::Lost;
            self.timers.set(Timer::Lost, now + timers::MEDIA_LOST_TIMEOUT);
            self.timers.set(Timer::Restart, now + timers::ICE_RESTART_INTERVAL);
        }
    }

    /// The path is looked for anew while the call counts as connected: it has some seconds to come up,
    /// as the first one had.
    pub(super) fn path_renewed(&mut self, now: Instant) {
        if self.path == MediaPath::Up {
            self.timers.set(Timer::Restart, now + timers::ICE_RESTART_INTERVAL);
        }
    }

    /// Only with their answer can the path we look for come up.
    pub(super) fn path_answered(&mut self, now: Instant) {
        if self.timers.is_set(Timer::Restart) {
            self.timers.set(Timer::Restart, now + timers::ICE_RESTART_INTERVAL);
        }
    }

    /// The path that was looked for has not come up in its time.
    fn no_new_path(&mut self, now: Instant, out: &mut Vec<Command>) {
        self.lose_path(now);
        // An answer names no offer: no second offer while the first may yet be answered.
        let patient = self.negotiation.awaits_answer();
        self.look_for_path(patient, now, out);
    }

    fn lose_path(&mut self, now: Instant) {
        if self.path == MediaPath::Up {
            self.path = MediaPath::Lost;
            self.timers.set(Timer::Lost, now + timers::MEDIA_LOST_TIMEOUT);
            if self.timers.is_set(Timer::PeerGone) {
                self.timers.set(Timer::PeerGone, now + timers::PEER_GONE_TIMEOUT_MEDIA_LOST);
            }
        }
    }

    /// This machine has an address more: a path where there was none, or a better one. What works goes on
    /// until the other side has answered.
    fn address_gained(&mut self, now: Instant, out: &mut Vec<Command>) {
        match self.path {
            MediaPath::Idle | MediaPath::Opening => {}
            MediaPath::Lost => self.seek_or_repeat(now, out),
            MediaPath::Up => {
                // Another one is being looked for already, or nobody would hear of it.
                let busy = self.timers.is_set(Timer::Restart) || self.negotiation.awaits_answer();
                if !busy && !self.signaling_lost && self.offerer() == Offerer::Us {
                    self.negotiate(now, out, |negotiation, steps| {
                        negotiation.create(Purpose::NewPath, steps);
                    });
                }
            }
        }
    }

    /// Something happened that may make a path possible: an offer that is out is said again, as their answer
    /// is what our new addresses are bound for; otherwise there is a new one.
    fn seek_or_repeat(&mut self, now: Instant, out: &mut Vec<Command>) {
        if self.negotiation.awaits_answer() {
            if !self.signaling_lost {
                self.negotiate(now, out, |negotiation, steps| negotiation.repeat_offer(steps));
            }
        } else {
            self.look_for_path(false, now, out);
        }
    }

    fn connected(&mut self, sent_media: SentMedia, now: Instant, out: &mut Vec<Command>) {
        if self.consent != Consent::Given {
            return;
        }
        self.path = MediaPath::Up;
        for timer in [Timer::Connect, Timer::Lost, Timer::Restart] {
            self.timers.clear(timer);
        }
        if self.timers.is_set(Timer::PeerGone) {
            self.timers.set(Timer::PeerGone, now + timers::PEER_GONE_TIMEOUT_WITH_MEDIA);
        }
        if self.connected_at.is_none() {
            self.connected_at = Some(now);
            self.say_choice(sent_media, out);
        }
    }

    fn path_lost(&mut self, now: Instant, out: &mut Vec<Command>) {
        if self.path != MediaPath::Up {
            return;
        }
        self.lose_path(now);
        // A new path that is being looked for already keeps its time.
        if !self.timers.is_set(Timer::Restart) {
            let patient = self.negotiation.awaits_answer();
            self.look_for_path(patient, now, out);
        }
    }

    fn peer_stayed_away(&mut self, now: Instant, out: &mut Vec<Command>) {
        match (self.consent, self.path) {
            (Consent::Asked, _) => self.end(EndReason::RemoteCancelled, None, now, out),
            (Consent::Given, MediaPath::Lost) => {
                self.end(EndReason::ConnectionLost, Some(OutgoingSignal::HangUp), now, out)
            }
            (Consent::Given, MediaPath::Idle | MediaPath::Opening | MediaPath::Up) => {
                self.end(EndReason::RemoteHungUp, Some(OutgoingSignal::HangUp), now, out);
            }
        }
    }

    fn last_word(&self) -> OutgoingSignal {
        match self.consent {
            Consent::Asked => OutgoingSignal::Cancel,
            Consent::Given => OutgoingSignal::HangUp,
        }
    }
}
