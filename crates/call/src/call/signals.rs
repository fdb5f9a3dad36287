//! Handling of signals received for a call. Signals that do not fit the call's state are ignored.

use std::time::Instant;

use super::{Call, Consent};
use crate::call_context::{CallContext, SentMedia};
use crate::member::{Entrance, Member};
use crate::{Command, DeclineReason, Direction, EndReason, IncomingSignal, Notice, PeerId};

impl Call {
    /// `from`: the member it comes from, where the backend names it.
    pub(crate) fn receive(
        &mut self,
        from: Option<&PeerId>,
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
            // On coming back, too: our seat was given to somebody else.
            IncomingSignal::Full => self.end(EndReason::Full, None, now, out),
            IncomingSignal::Seats(seats) => {
                self.capacity = self.capacity.of_seats(seats);
                self.watch_room(now);
            }
            IncomingSignal::AlsoInvited(people) => self.hear_also_invited(people),
            IncomingSignal::Joined(participant) => {
                self.hear_participant(participant, Entrance::AfterUs, sent_media, now, out);
            }
            IncomingSignal::Participants(participants) => {
                self.hear_participants(participants, sent_media, now, out);
            }
            IncomingSignal::Uplink(peer) => self.hear_uplink(peer, sent_media, now, out),
            IncomingSignal::InviteeDeclined { person, reason } => {
                self.hear_invitee_declined(&person, reason, now, out);
            }
            IncomingSignal::PeopleAdded(people) => self.hear_added(people, now),
            IncomingSignal::PeopleNotAdded { message } => {
                out.push(Command::Notice(Notice::PeopleNotAdded { call: self.id, message }));
            }
            IncomingSignal::PeerJoined
            | IncomingSignal::PeerLeft { .. }
            | IncomingSignal::OfferTurn { .. }
            | IncomingSignal::Offer(_)
            | IncomingSignal::Answer(_)
            | IncomingSignal::Candidate(_)
            | IncomingSignal::Media(_) => self.receive_of_member(from, signal, sent_media, now, out),
            IncomingSignal::Offline | IncomingSignal::AnsweredElsewhere | IncomingSignal::Refused { .. } => {}
            // Routed by the phone.
            IncomingSignal::Placed { .. } | IncomingSignal::Ring(_) => {}
        }
    }

    /// What one member says or does.
    fn receive_of_member(
        &mut self,
        from: Option<&PeerId>,
        signal: IncomingSignal,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        let Some(id) = self.sender(from, &signal) else { return };
        let (consent, direction) = (self.consent, self.direction);
        let mut agreed = false;
        let act = |member: &mut Member, cx: CallContext<'_>| {
            match signal {
                IncomingSignal::PeerJoined => match (consent, direction) {
                    (Consent::Asked, Direction::Incoming) => member.is_back(),
                    (Consent::Asked, Direction::Outgoing) => {
                        member.enters(Entrance::AfterUs);
                        agreed = true;
                    }
                    (Consent::Given, _) => member.hear_joined(Entrance::AfterUs, sent_media, cx, out),
                },
                IncomingSignal::PeerLeft { disconnected } => match (consent, direction) {
                    (Consent::Asked, Direction::Outgoing) => {}
                    (Consent::Asked, Direction::Incoming) | (Consent::Given, _) => {
                        return member.hear_left(disconnected, cx);
                    }
                },
                IncomingSignal::OfferTurn { us } => member.take_turn(us),
                IncomingSignal::Offer(offer) => member.hear_offer(offer, cx, out),
                IncomingSignal::Answer(answer) => member.hear_answer(answer, cx, out),
                IncomingSignal::Candidate(candidate) => member.hear_candidate(candidate, cx, out),
                IncomingSignal::Media(media) => member.hear_media(media),
                // Of the whole call.
                IncomingSignal::Placed { .. }
                | IncomingSignal::Ring(_)
                | IncomingSignal::Accept
                | IncomingSignal::Decline(_)
                | IncomingSignal::Cancel
                | IncomingSignal::HangUp
                | IncomingSignal::Missed
                | IncomingSignal::Offline
                | IncomingSignal::AnsweredElsewhere
                | IncomingSignal::Refused { .. }
                | IncomingSignal::Full
                | IncomingSignal::Seats(_)
                | IncomingSignal::AlsoInvited(_)
                | IncomingSignal::Joined(_)
                | IncomingSignal::Participants(_)
                | IncomingSignal::Uplink(_)
                | IncomingSignal::InviteeDeclined { .. }
                | IncomingSignal::PeopleAdded(_)
                | IncomingSignal::PeopleNotAdded { .. } => {}
            }
            None
        };
        let loss = self.with_member(id, now, act).flatten();
        if agreed {
            self.hear_consent(now, out);
        }
        if let Some(loss) = loss {
            self.lose(id, loss, now, out);
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

    fn end_unanswered(&mut self, reason: EndReason, now: Instant, out: &mut Vec<Command>) {
        if self.consent == Consent::Asked {
            self.end(reason, None, now, out);
        }
    }
}
