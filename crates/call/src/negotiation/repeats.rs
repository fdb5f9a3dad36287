//! Repeats of an unanswered offer: how many are left, and how long each copy is left alone.
//!
//! A page may open another peer connection for every copy it hears and answer each of them, so the connection
//! behind an earlier answer is gone. Copies therefore wait for at least twice the longest time that an answer
//! has taken, a second answer is noticed, and wherever a connection was gone they wait for twice as long.

use std::time::{Duration, Instant};

/// Repeats of a first offer: a page may take long to get its camera.
const MAX_FIRST_OFFER_REPEATS: u8 = 7;
/// The same for an ICE restart, where another try is better than a long wait.
const MAX_RESTART_OFFER_REPEATS: u8 = 2;
/// By then the other side has usually entered the room.
const FIRST_REPEAT_DELAY: Duration = Duration::from_secs(1);
/// Between further repeats of an unanswered offer, and after the last one.
const REPEAT_INTERVAL: Duration = Duration::from_secs(3);
/// However slow answers are: what was said may also be lost.
const MAX_REPEAT_DELAY: Duration = Duration::from_secs(10);

/// The offer that was said last.
#[derive(Clone, Copy, Debug)]
struct SaidOffer {
    /// For the first time.
    at: Instant,
    /// How often.
    copies: u8,
    /// After which time it was answered first.
    answered_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeats {
    left: u8,
    repeated: u8,
    /// What is said next is another offer.
    another: bool,
    offer: Option<SaidOffer>,
    /// Copies of this and of earlier offers that were not answered.
    unanswered: u8,
    slowest_answer: Duration,
}

impl Repeats {
    pub(super) fn begin_another(&mut self, ice_restart: bool) {
        self.left = if ice_restart { MAX_RESTART_OFFER_REPEATS } else { MAX_FIRST_OFFER_REPEATS };
        self.repeated = 0;
        self.another = true;
    }

    /// How long the copy that was said last is left alone.
    pub(super) fn delay(&self) -> Duration {
        let usual = if self.repeated == 0 { FIRST_REPEAT_DELAY } else { REPEAT_INTERVAL };
        usual.max((2 * self.slowest_answer).min(MAX_REPEAT_DELAY))
    }

    /// Uses one up, if there is one left.
    pub(super) fn take(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        self.repeated += 1;
        true
    }

    pub(super) fn said(&mut self, now: Instant) {
        self.unanswered = self.unanswered.saturating_add(1);
        match &mut self.offer {
            Some(offer) if !self.another => offer.copies = offer.copies.saturating_add(1),
            offer => *offer = Some(SaidOffer { at: now, copies: 1, answered_after: None }),
        }
        self.another = false;
    }

    /// The connection behind an earlier answer was gone when this one came, perhaps for a copy of an offer that
    /// has been replaced since. How long answers take cannot be told from it, so the next copies wait for longer.
    pub(super) fn outlived(&mut self) {
        self.slowest_answer = (2 * self.slowest_answer).clamp(FIRST_REPEAT_DELAY, MAX_REPEAT_DELAY);
    }

    /// An answer came to a copy of an offer that was replaced.
    pub(super) fn answered_replaced(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// True: a copy of an offer that is answered already was answered as well.
    pub(super) fn answered(&mut self, now: Instant) -> bool {
        let is_due = self.unanswered > 0;
        self.unanswered = self.unanswered.saturating_sub(1);
        let Some(offer) = &mut self.offer else { return false };
        let before = offer.answered_after;
        let time = *offer.answered_after.get_or_insert(now.saturating_duration_since(offer.at));
        // The only answer may be that to the last copy.
        if offer.copies == 1 || (before.is_some() && is_due) {
            self.slowest_answer = self.slowest_answer.max(time);
        }
        before.is_some() && is_due
    }
}
