//! Signals of a member: their coming and going, descriptions, candidates and media state. What does not fit
//! the member's state is ignored.

use std::time::Duration;

use super::{Loss, MediaPath, Member, Presence, Retry};
use crate::call_context::{CallContext, SentMedia};
use crate::timers::{self, MemberTimer};
use crate::{Command, IceCandidate, MediaState, OfferRule, Participant, Sdp};

/// Whether somebody entered the room after us, or was in it when we did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    AfterUs,
    BeforeUs,
}

impl Member {
    /// What the backend knows of a member who is in the room. The same person by another name is another
    /// program of theirs, which takes the seat.
    pub(crate) fn identify(&mut self, participant: Participant) {
        let Participant { peer, person, media, we_offer } = participant;
        self.peer = Some(peer);
        self.person = person;
        self.remote_media.apply(media);
        if let Some(us) = we_offer {
            self.take_turn(us);
        }
    }

    pub(crate) fn enters(&mut self, entrance: Entrance) {
        self.joined_after_us = entrance == Entrance::AfterUs;
        self.presence = Presence::Present;
    }

    pub(crate) fn take_turn(&mut self, us: bool) {
        self.offers = if us { OfferRule::Us } else { OfferRule::Them };
        self.told_turn = true;
    }

    /// A ringing caller who was away is there.
    pub(crate) fn is_back(&mut self) {
        self.timers.clear(MemberTimer::PeerGone);
        if self.presence == Presence::Away {
            self.presence = Presence::Present;
        }
    }

    /// They entered the room of a call that both sides agreed to, for the first time or again.
    pub(crate) fn hear_joined(
        &mut self,
        entrance: Entrance,
        sent_media: SentMedia,
        cx: CallContext<'_>,
        out: &mut Vec<Command>,
    ) {
        self.timers.clear(MemberTimer::PeerGone);
        let known = std::mem::replace(&mut self.presence, Presence::Present) != Presence::Expected;
        let after_us = entrance == Entrance::AfterUs;
        let first = after_us && !self.joined_after_us;
        self.joined_after_us = after_us;
        if !known || matches!(self.path, MediaPath::Failed(_)) {
            return self.begin(cx, out);
        }
        if self.path == MediaPath::Lost && !self.negotiation.awaits_answer() {
            self.look_for_path(false, cx, out);
        } else if first && self.negotiation.is_untouched() {
            let offerer = self.offerer(cx);
            self.negotiate(cx, out, |negotiation, steps| negotiation.begin(offerer, steps));
        } else if self.path == MediaPath::Up && self.renews_on_join() {
            // Whether it is the same peer connection that came back, its answer will tell.
            if self.we_offer(cx) {
                self.negotiate(cx, out, |negotiation, steps| negotiation.renew(steps));
            }
        } else {
            // They may have been out of the room when it was said.
            self.negotiate(cx, out, |negotiation, steps| negotiation.repeat_offer(steps));
        }
        if self.path == MediaPath::Up {
            cx.say_choice(sent_media, out);
        }
    }

    /// They are out of the room; `disconnected`: only their socket may be, which can come back.
    pub(crate) fn hear_left(&mut self, disconnected: bool, cx: CallContext<'_>) -> Option<Loss> {
        if !disconnected {
            return Some(Loss::Left);
        }
        if self.presence == Presence::Present {
            self.presence = Presence::Away;
        }
        self.timers.set(MemberTimer::PeerGone, cx.now + self.patience());
        None
    }

    pub(crate) fn hear_offer(&mut self, offer: Sdp, cx: CallContext<'_>, out: &mut Vec<Command>) {
        let offerer = self.offerer(cx);
        self.negotiate(cx, out, |negotiation, steps| negotiation.hear_offer(offer, offerer, cx.now, steps));
        if self.path == MediaPath::Failed(Retry::ByOfferer) {
            self.begin(cx, out);
        }
    }

    pub(crate) fn hear_answer(&mut self, answer: Sdp, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.negotiate(cx, out, |negotiation, steps| negotiation.hear_answer(answer, cx.now, steps));
    }

    pub(crate) fn hear_candidate(
        &mut self,
        candidate: IceCandidate,
        cx: CallContext<'_>,
        out: &mut Vec<Command>,
    ) {
        self.negotiate(cx, out, |negotiation, steps| negotiation.hear_candidate(candidate, steps));
    }

    pub(crate) fn hear_media(&mut self, media: MediaState) {
        self.remote_media.apply(media);
    }

    /// Where the one in the room offers to whoever comes, a newcomer may be a new program that knows
    /// nothing of the connection there is.
    fn renews_on_join(&self) -> bool {
        self.is_person() && (self.told_turn || self.offers == OfferRule::FirstInRoom)
    }

    fn patience(&self) -> Duration {
        match (self.path, self.was_up) {
            (MediaPath::Up, _) => timers::PEER_GONE_TIMEOUT_WITH_MEDIA,
            (MediaPath::Lost, true) => timers::PEER_GONE_TIMEOUT_MEDIA_LOST,
            (MediaPath::Idle | MediaPath::Opening | MediaPath::Lost | MediaPath::Failed(_), _) => {
                timers::PEER_GONE_TIMEOUT
            }
        }
    }
}
