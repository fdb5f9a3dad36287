//! Offer/answer negotiation with one member: offers, answers, candidates and their order. It does not know why
//! the call exists, who consented, or when to give up.
//!
//! ```text
//!            create            offer made            answer heard
//!  Stable ──────────► Making ────────────► Offered ───────────────► Applying
//!    ▲ │                                      ▲ └ said again while unanswered │
//!    │ │ offer heard                          └───────── rejected ────────────┤
//!    │ └────────────► Answering ── answer made, or rejected ──► Stable ◄──────┘ applied
//! ```
//!
//! Local candidates wait until the other side surely holds our description (it may drop earlier
//! ones); remote candidates wait until theirs is applied. A description by another certificate comes from a peer
//! connection that has taken the place of theirs, so we start over with a new one of ours.

mod answered_offer;
mod attributes;
mod repeats;

use std::time::{Duration, Instant};

use self::answered_offer::PastAnswers;
use self::attributes::{session, ufrag};
use self::repeats::Repeats;
use crate::fingerprints::Fingerprints;
use crate::{Epoch, IceCandidate, OutgoingSignal, Sdp, SdpKind};

/// More candidates than a normal peer gathers.
const MAX_HELD_CANDIDATES: usize = 256;
/// A repeated offer this long after our answer means that the answer was lost.
const ANSWER_LOST_AFTER: Duration = Duration::from_secs(1);

/// Which side makes the offers. It is the impolite one of "perfect negotiation" (W3C WebRTC, 10.7): an offer that
/// crosses its own is ignored, while the other side gives way with a new peer connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offerer {
    Us,
    Them,
}

/// Why an offer is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    First,
    NewPath,
}

/// What the member should do for the negotiation.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Open,
    CreateOffer {
        ice_restart: bool,
    },
    AcceptOffer(Sdp),
    AcceptAnswer(Sdp),
    AddCandidate(IceCandidate),
    /// Our connection looks for its path anew from here on; what it had is gone.
    PathRenewed,
    /// The epoch that is over; a new one may be open by now.
    Close(Epoch),
    Say(OutgoingSignal),
}

#[derive(Debug)]
enum Phase {
    Stable,
    Making,
    Offered(Sdp),
    Applying { offer: Sdp },
    Answering,
}

#[derive(Debug)]
pub(crate) struct Negotiation {
    epoch: Epoch,
    open: bool,
    /// Both sides consented.
    begun: bool,
    phase: Phase,
    /// A remote description was applied in this epoch.
    remote_set: bool,
    /// Certificate fingerprint of the peer connection we talk to; another one is another program.
    remote_prints: Option<Fingerprints>,
    /// The session that their descriptions belong to (RFC 8829, 5.2.1: it stays for as long as the connection does).
    remote_session: Option<String>,
    /// Their ICE user fragment; another one from the same peer connection is an ICE restart.
    remote_ufrag: Option<String>,
    /// Local candidates may be said at once.
    trickle: bool,
    local: Vec<IceCandidate>,
    remote: Vec<IceCandidate>,
    /// An offer heard before its moment; newest wins.
    pending: Option<Sdp>,
    restart_wanted: bool,
    /// Our open offer is to restart ICE, which begins with its answer: until then the old path goes on.
    restarts_when_answered: bool,
    repeats: Repeats,
    /// Our offer was said often enough: it may be replaced.
    given_up: bool,
    heard_offer: Option<Sdp>,
    heard_answer: Option<Sdp>,
    said_answer: Option<(Sdp, Instant)>,
    /// Answers that nothing follows from any more.
    past: PastAnswers,
}

impl Negotiation {
    pub(crate) fn new() -> Self {
        Self {
            epoch: Epoch(0),
            open: false,
            begun: false,
            phase: Phase::Stable,
            remote_set: false,
            remote_prints: None,
            remote_session: None,
            remote_ufrag: None,
            trickle: false,
            local: Vec::new(),
            remote: Vec::new(),
            pending: None,
            restart_wanted: false,
            restarts_when_answered: false,
            repeats: Repeats::default(),
            given_up: false,
            heard_offer: None,
            heard_answer: None,
            said_answer: None,
            past: PastAnswers::default(),
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The epoch outcomes must carry to count.
    pub(crate) fn open_epoch(&self) -> Option<Epoch> {
        self.open.then_some(self.epoch)
    }

    /// An offer of ours has no answer yet. Most answers name no offer, so there is no other one meanwhile.
    pub(crate) fn awaits_answer(&self) -> bool {
        matches!(self.phase, Phase::Offered(_)) && !self.given_up
    }

    /// How long an unanswered offer is left alone before [`Self::repeat_unanswered`].
    pub(crate) fn repeat_after(&self) -> Option<Duration> {
        self.awaits_answer().then(|| self.repeats.delay())
    }

    /// Our offer, or a copy of it, is on its way.
    pub(crate) fn offer_said(&mut self, now: Instant) {
        self.repeats.said(now);
    }

    /// The offer that is out will not be answered, or its answer cannot be received.
    pub(crate) fn give_up_offer(&mut self) {
        self.given_up = matches!(self.phase, Phase::Offered(_));
    }

    /// Neither a description of ours nor of theirs was exchanged or is on its way.
    pub(crate) fn is_untouched(&self) -> bool {
        matches!(self.phase, Phase::Stable) && !self.remote_set
    }

    /// Prepares a peer connection ahead of consent.
    pub(crate) fn open(&mut self, steps: &mut Vec<Step>) {
        if !self.open {
            self.open = true;
            self.epoch.0 += 1;
            steps.push(Step::Open);
        }
    }

    /// Both people agreed: answer what was offered meanwhile, or offer.
    pub(crate) fn begin(&mut self, offerer: Offerer, steps: &mut Vec<Step>) {
        self.begun = true;
        self.open(steps);
        match (self.pending.take(), offerer) {
            (Some(offer), _) => self.answer(offer, steps),
            (None, Offerer::Us) => self.create(Purpose::First, steps),
            (None, Offerer::Them) => {}
        }
    }

    /// Makes an offer, or remembers to once the exchange under way is done.
    pub(crate) fn create(&mut self, purpose: Purpose, steps: &mut Vec<Step>) {
        if !self.begun || !self.open {
            return;
        }
        let ice_restart = purpose == Purpose::NewPath;
        match self.phase {
            Phase::Making => return,
            Phase::Answering | Phase::Applying { .. } => {
                self.restart_wanted |= ice_restart;
                return;
            }
            Phase::Offered(_) if !ice_restart => return,
            Phase::Offered(_) if !self.given_up => {
                self.restart_wanted = true;
                return;
            }
            Phase::Stable | Phase::Offered(_) => {}
        }
        self.phase = Phase::Making;
        self.restart_wanted = false;
        self.trickle = false;
        self.local.clear();
        self.repeats.begin_another(ice_restart);
        self.given_up = false;
        self.restarts_when_answered = ice_restart;
        if ice_restart && !self.remote_set {
            steps.push(Step::PathRenewed);
        }
        steps.push(Step::CreateOffer { ice_restart });
    }

    pub(crate) fn offer_made(&mut self, offer: Sdp, steps: &mut Vec<Step>) {
        if matches!(self.phase, Phase::Making) {
            self.phase = Phase::Offered(offer.clone());
            steps.push(Step::Say(OutgoingSignal::Offer(offer)));
        }
    }

    /// Somebody came into the room who may be a new program: another exchange, once the one under way
    /// is done.
    pub(crate) fn renew(&mut self, steps: &mut Vec<Step>) {
        if self.awaits_answer() {
            self.repeat_offer(steps);
        }
        self.create(Purpose::NewPath, steps);
    }

    /// The time to wait for an answer is over: the very same offer, so that a copy is harmless.
    pub(crate) fn repeat_unanswered(&mut self, steps: &mut Vec<Step>) {
        if !self.awaits_answer() {
            return;
        }
        if self.repeats.take() {
            self.repeat_offer(steps);
        } else {
            self.given_up = true;
            if self.restart_wanted {
                self.create(Purpose::NewPath, steps);
            }
        }
    }

    /// The other side may only now be able to hear us.
    pub(crate) fn repeat_offer(&mut self, steps: &mut Vec<Step>) {
        if let Phase::Offered(offer) = &self.phase {
            self.given_up = false;
            steps.push(Step::Say(OutgoingSignal::Offer(offer.clone())));
        }
    }

    pub(crate) fn hear_offer(&mut self, offer: Sdp, offerer: Offerer, now: Instant, steps: &mut Vec<Step>) {
        if offer.kind != SdpKind::Offer {
            return;
        }
        if !self.begun {
            self.pending = Some(offer);
            return;
        }
        if self.heard_offer.as_ref() == Some(&offer) {
            self.repeat_answer(now, steps);
            return;
        }
        match self.phase {
            Phase::Stable if self.is_stranger(&offer) => {
                self.start_over(steps);
                self.answer(offer, steps);
            }
            Phase::Stable => self.answer(offer, steps),
            Phase::Answering | Phase::Applying { .. } => self.pending = Some(offer),
            Phase::Making | Phase::Offered(_) => match offerer {
                Offerer::Us => {}
                Offerer::Them => {
                    self.start_over(steps);
                    self.answer(offer, steps);
                }
            },
        }
    }

    pub(crate) fn answer_made(&mut self, answer: Sdp, now: Instant, steps: &mut Vec<Step>) {
        if !matches!(self.phase, Phase::Answering) {
            return;
        }
        let answer = answered_offer::name(answer, self.heard_offer.as_ref());
        self.said_answer = Some((answer.clone(), now));
        steps.push(Step::Say(OutgoingSignal::Answer(answer)));
        self.release_local(steps);
        self.settle(steps);
    }

    pub(crate) fn hear_answer(&mut self, answer: Sdp, now: Instant, steps: &mut Vec<Step>) {
        if answer.kind != SdpKind::Answer {
            return;
        }
        if let Phase::Offered(offer) = &self.phase
            && answered_offer::names_another(&answer, offer)
        {
            // It is for one that this offer has replaced.
            return self.repeats.answered_replaced();
        }
        let answers_copy = self.repeats.answered(now);
        if self.heard_answer.as_ref() == Some(&answer) {
            return;
        }
        let gone = match self.phase {
            Phase::Offered(_) => self.is_stranger(&answer),
            Phase::Stable | Phase::Making => answers_copy && self.is_stranger(&answer),
            Phase::Applying { .. } => answers_copy && self.has_other_certificate(&answer),
            Phase::Answering => false,
        };
        if gone {
            if !answers_copy {
                self.repeats.outlived();
            }
            self.start_over(steps);
            return self.create(Purpose::First, steps);
        }
        if self.past.knows(&answer) {
            // A copy: the answer to this offer has a fragment of its own.
            return;
        }
        if answers_copy && self.has_other_path(&answer) {
            return self.hear_crossed(&answer, steps);
        }
        let Phase::Offered(offer) = &self.phase else { return };
        self.remote_prints = Fingerprints::of(&answer).or(self.remote_prints.take());
        self.remote_session = session(&answer).or(self.remote_session.take());
        let before = self.remote_ufrag.take();
        self.remote_ufrag = ufrag(&answer).or_else(|| before.clone());
        self.past.add(before.filter(|before| self.remote_ufrag.as_ref() != Some(before)));
        self.phase = Phase::Applying { offer: offer.clone() };
        self.heard_answer = Some(answer.clone());
        if std::mem::take(&mut self.restarts_when_answered) {
            steps.push(Step::PathRenewed);
        }
        steps.push(Step::AcceptAnswer(answer));
        self.release_local(steps);
    }

    /// The answer is another one than what was taken for the answer to our offer, which therefore was one to an
    /// offer that had been replaced: the two ends hold different credentials, and no path can come up.
    fn has_other_path(&self, answer: &Sdp) -> bool {
        let exchanged = matches!(self.phase, Phase::Stable | Phase::Applying { .. });
        let other = |known: &String| ufrag(answer).is_some_and(|ufrag| ufrag != *known);
        exchanged && !answered_offer::is_named(answer) && self.remote_ufrag.as_ref().is_some_and(other)
    }

    /// Theirs cannot be applied any more, so both ends take new credentials.
    fn hear_crossed(&mut self, answer: &Sdp, steps: &mut Vec<Step>) {
        self.past.add(ufrag(answer));
        self.create(Purpose::NewPath, steps);
    }

    pub(crate) fn answer_applied(&mut self, steps: &mut Vec<Step>) {
        if matches!(self.phase, Phase::Applying { .. }) {
            self.settle(steps);
        }
    }

    /// A description was refused: as if it had not been heard, but for its copies.
    pub(crate) fn rejected(&mut self, offerer: Offerer, now: Instant, steps: &mut Vec<Step>) {
        match &self.phase {
            Phase::Answering => {
                self.phase = Phase::Stable;
                match (self.pending.take(), offerer) {
                    (Some(offer), _) => self.hear_offer(offer, offerer, now, steps),
                    (None, Offerer::Us) if !self.remote_set => self.create(Purpose::First, steps),
                    (None, Offerer::Us | Offerer::Them) => {}
                }
            }
            Phase::Applying { offer } => {
                self.phase = Phase::Offered(offer.clone());
                if let Some(offer) = self.pending.take() {
                    self.hear_offer(offer, offerer, now, steps);
                }
            }
            Phase::Making => self.phase = Phase::Stable,
            Phase::Stable | Phase::Offered(_) => {}
        }
    }

    pub(crate) fn local_candidate(&mut self, candidate: IceCandidate, steps: &mut Vec<Step>) {
        if self.trickle {
            steps.push(Step::Say(OutgoingSignal::Candidate(candidate)));
        } else if self.local.len() < MAX_HELD_CANDIDATES {
            self.local.push(candidate);
        }
    }

    pub(crate) fn hear_candidate(&mut self, candidate: IceCandidate, steps: &mut Vec<Step>) {
        if self.remote_set && matches!(self.phase, Phase::Stable) {
            steps.push(Step::AddCandidate(candidate));
        } else if self.remote.len() < MAX_HELD_CANDIDATES {
            self.remote.push(candidate);
        }
    }

    pub(crate) fn close(&mut self, steps: &mut Vec<Step>) {
        if self.open {
            steps.push(Step::Close(self.epoch));
        }
        let epoch = self.epoch;
        *self = Self { epoch, repeats: self.repeats, ..Self::new() };
    }

    fn answer(&mut self, offer: Sdp, steps: &mut Vec<Step>) {
        self.phase = Phase::Answering;
        self.trickle = false;
        self.remote_prints = Fingerprints::of(&offer).or(self.remote_prints.take());
        self.remote_session = session(&offer).or(self.remote_session.take());
        let ufrag = ufrag(&offer);
        if self.remote_set && ufrag.is_some() && ufrag != self.remote_ufrag {
            steps.push(Step::PathRenewed);
        }
        self.remote_ufrag = ufrag.or(self.remote_ufrag.take());
        self.heard_offer = Some(offer.clone());
        self.said_answer = None;
        steps.push(Step::AcceptOffer(offer));
    }

    /// It comes from another peer connection than the one we are connected to: theirs was replaced
    /// (a reloaded page, a restarted program), and DTLS cannot go on with that one (RFC 8842).
    fn is_stranger(&self, description: &Sdp) -> bool {
        self.remote_set && self.has_other_certificate(description)
    }

    fn has_other_certificate(&self, description: &Sdp) -> bool {
        match (&self.remote_prints, Fingerprints::of(description)) {
            (Some(known), Some(new)) => {
                // A server has one certificate for all its connections, each of which is a session of its own.
                let (known_session, new_session) = (&self.remote_session, session(description));
                let other_session =
                    known_session.is_some() && new_session.is_some() && *known_session != new_session;
                other_session || !known.same_certificate(&new)
            }
            (None, _) | (_, None) => false,
        }
    }

    fn repeat_answer(&mut self, now: Instant, steps: &mut Vec<Step>) {
        if let Some((answer, said)) = &mut self.said_answer
            && now.saturating_duration_since(*said) >= ANSWER_LOST_AFTER
        {
            *said = now;
            steps.push(Step::Say(OutgoingSignal::Answer(answer.clone())));
        }
    }

    fn release_local(&mut self, steps: &mut Vec<Step>) {
        self.trickle = true;
        steps.extend(self.local.drain(..).map(|candidate| Step::Say(OutgoingSignal::Candidate(candidate))));
    }

    /// A remote description was applied: go on with what waited for that.
    fn settle(&mut self, steps: &mut Vec<Step>) {
        self.phase = Phase::Stable;
        self.remote_set = true;
        let next = self.pending.take().filter(|offer| self.heard_offer.as_ref() != Some(offer));
        if next.is_none() {
            steps.extend(self.remote.drain(..).map(Step::AddCandidate));
        }
        match next {
            Some(offer) => self.answer(offer, steps),
            None if self.restart_wanted => self.create(Purpose::NewPath, steps),
            None => {}
        }
    }

    /// The peer connection cannot roll its own offer back, so it is replaced.
    fn start_over(&mut self, steps: &mut Vec<Step>) {
        let remote = std::mem::take(&mut self.remote);
        self.close(steps);
        self.begun = true;
        self.remote = remote;
        self.open(steps);
    }
}
