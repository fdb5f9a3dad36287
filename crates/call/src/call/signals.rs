//! Handling of signals received for a call. Signals that do not fit the call's state are ignored.

use std::time::{Duration, Instant};

use super::{Call, Consent, MediaPath};
use crate::call::SentMedia;
use crate::negotiation::Offerer;
use crate::timers::{self, Timer};
use crate::{Command, DeclineReason, Direction, EndReason, IncomingSignal, MediaState, OfferRule};

impl Call {
    pub(crate) fn receive(
        &mut self,
        signal: IncomingSignal,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if !self.is_live() {
            return;
        }
        match signal {
            IncomingSignal::Accept => self.hear_accept(now, out),
            IncomingSignal::Decline(reason) => self.hear_decline(reason, now, out),
            IncomingSignal::Cancel | IncomingSignal::HangUp => {
                let reason =
                    if self.is_ringing() { EndReason::RemoteCancelled } else { EndReason::RemoteHungUp };
                self.end(reason, None, now, out);
            }
            IncomingSignal::Missed => self.end_unanswered(EndReason::Missed, now, out),
            IncomingSignal::Offline if self.is_dialling() => {
                self.end(EndReason::RemoteOffline, None, now, out)
            }
            IncomingSignal::AnsweredElsewhere if self.is_ringing() => {
                self.end(EndReason::AnsweredElsewhere, None, now, out);
            }
            IncomingSignal::Refused { message } if self.connected_at.is_none() => {
                self.end(EndReason::Refused { message }, None, now, out);
            }
            IncomingSignal::OfferTurn { us } => {
                self.rules.offers = if us { OfferRule::Us } else { OfferRule::Them };
                self.told_turn = true;
            }
            IncomingSignal::PeerJoined => self.hear_joined(sent_media, now, out),
            IncomingSignal::PeerLeft { disconnected } => self.hear_left(disconnected, now, out),
            IncomingSignal::Offer(offer) => {
                let offerer = self.offerer();
                self.negotiate(now, out, |negotiation, steps| {
                    negotiation.hear_offer(offer, offerer, now, steps)
                });
            }
            IncomingSignal::Answer(answer) => {
                self.negotiate(now, out, |negotiation, steps| negotiation.hear_answer(answer, steps));
            }
            IncomingSignal::Candidate(candidate) => {
                self.negotiate(now, out, |negotiation, steps| negotiation.hear_candidate(candidate, steps));
            }
            IncomingSignal::Media(media) => self.hear_media(media),
            IncomingSignal::Offline | IncomingSignal::AnsweredElsewhere | IncomingSignal::Refused { .. } => {}
            // Routed by the phone.
            IncomingSignal::Placed { .. } | IncomingSignal::Ring(_) => {}
        }
    }

    fn hear_accept(&mut self, now: Instant, out: &mut Vec<Command>) {
        match (self.consent, self.direction) {
            (Consent::Asked, Direction::Outgoing) => self.hear_consent(now, out),
            (Consent::Asked, Direction::Incoming) => self.end(EndReason::AnsweredElsewhere, None, now, out),
            (Consent::Given, _) => {}
        }
    }

    /// The callee cannot accept a call the backend has no id for.
    fn hear_consent(&mut self, now: Instant, out: &mut Vec<Command>) {
        if self.remote.is_some() {
            self.agree(now, out);
        }
    }

    fn hear_decline(&mut self, reason: DeclineReason, now: Instant, out: &mut Vec<Command>) {
        let reason = match (self.direction, reason) {
            (Direction::Incoming, _) => EndReason::DeclinedElsewhere,
            (Direction::Outgoing, DeclineReason::Declined) => EndReason::RemoteDeclined,
            (Direction::Outgoing, DeclineReason::Busy) => EndReason::RemoteBusy,
        };
        self.end_unanswered(reason, now, out);
    }

    fn hear_joined(&mut self, sent_media: SentMedia, now: Instant, out: &mut Vec<Command>) {
        self.timers.clear(Timer::PeerGone);
        match (self.consent, self.direction) {
            (Consent::Asked, Direction::Incoming) => {}
            (Consent::Asked, Direction::Outgoing) => {
                self.joined_after_us = true;
                self.hear_consent(now, out);
            }
            (Consent::Given, _) => {
                let first = !std::mem::replace(&mut self.joined_after_us, true);
                if self.path == MediaPath::Lost && !self.negotiation.awaits_answer() {
                    self.look_for_path(false, now, out);
                } else if first && self.negotiation.is_untouched() {
                    let offerer = self.offerer();
                    self.negotiate(now, out, |negotiation, steps| negotiation.begin(offerer, steps));
                } else if self.path == MediaPath::Up && self.renews_on_join() {
                    // Whether it is the same peer connection that came back, its answer will tell.
                    if self.offerer() == Offerer::Us {
                        self.negotiate(now, out, |negotiation, steps| negotiation.renew(steps));
                    }
                } else {
                    // They may have been out of the room when it was said.
                    self.negotiate(now, out, |negotiation, steps| negotiation.repeat_offer(steps));
                }
                if self.path == MediaPath::Up {
                    self.say_choice(sent_media, out);
                }
            }
        }
    }

    /// Where the one in the room offers to whoever comes, a newcomer may be a new program that knows
    /// nothing of the connection there is.
    fn renews_on_join(&self) -> bool {
        self.told_turn || self.rules.offers == OfferRule::FirstInRoom
    }

    fn hear_left(&mut self, disconnected: bool, now: Instant, out: &mut Vec<Command>) {
        match (self.consent, self.direction, disconnected) {
            (Consent::Asked, Direction::Outgoing, _) => {}
            (Consent::Asked, Direction::Incoming, false) => {
                self.end(EndReason::RemoteCancelled, None, now, out)
            }
            (Consent::Given, _, false) => self.end(EndReason::RemoteHungUp, None, now, out),
            (Consent::Asked, Direction::Incoming, true) | (Consent::Given, _, true) => {
                // Only their socket may be reconnecting.
                self.timers.set(Timer::PeerGone, now + self.patience());
            }
        }
    }

    fn patience(&self) -> Duration {
        match (self.path, self.connected_at) {
            (MediaPath::Up, _) => timers::PEER_GONE_TIMEOUT_WITH_MEDIA,
            (MediaPath::Lost, Some(_)) => timers::PEER_GONE_TIMEOUT_MEDIA_LOST,
            (MediaPath::Idle | MediaPath::Opening | MediaPath::Lost, _) => timers::PEER_GONE_TIMEOUT,
        }
    }

    fn hear_media(&mut self, media: MediaState) {
        let known = &mut self.remote_media;
        known.audio = media.audio.unwrap_or(known.audio);
        known.video = media.video.unwrap_or(known.video);
        known.sharing = media.sharing.unwrap_or(known.sharing);
    }

    fn end_unanswered(&mut self, reason: EndReason, now: Instant, out: &mut Vec<Command>) {
        if self.consent == Consent::Asked {
            self.end(reason, None, now, out);
        }
    }
}
