//! Repeats of an unanswered offer: how many are left, and how long each copy is left alone.
//!
//! A page may open another peer connection for every copy it hears and answer each of them, so the connection
//! behind an earlier answer is gone. Copies therefore wait for at least twice the longest time that an answer
//! has taken, and a second answer is noticed.

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

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeats {
    left: u8,
    repeated: u8,
    /// When the offer was said first.
    said_at: Option<Instant>,
    /// How often it was said.
    copies: u8,
    /// After which time it was answered first.
    answered_after: Option<Duration>,
    /// Copies of this and of earlier offers that were not answered.
    unanswered: u8,
    slowest_answer: Duration,
}

impl Repeats {
    /// What was learnt is kept, the offer is not.
    pub(super) fn without_offer(self) -> Self {
        Self { unanswered: self.unanswered, slowest_answer: self.slowest_answer, ..Self::default() }
    }

    pub(super) fn of_another_offer(self, ice_restart: bool) -> Self {
        let left = if ice_restart { MAX_RESTART_OFFER_REPEATS } else { MAX_FIRST_OFFER_REPEATS };
        Self { left, ..self.without_offer() }
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
        self.said_at.get_or_insert(now);
        self.copies = self.copies.saturating_add(1);
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// True: a copy of an offer that is answered already was answered as well.
    pub(super) fn answered(&mut self, now: Instant) -> bool {
        let copy = self.unanswered > 0;
        self.unanswered = self.unanswered.saturating_sub(1);
        match (self.answered_after, self.said_at) {
            (None, Some(said_at)) => {
                let time = now.saturating_duration_since(said_at);
                self.answered_after = Some(time);
                // Of several copies the first ones may have been lost.
                if self.copies == 1 {
                    self.learn(time);
                }
                false
            }
            (Some(time), _) if copy => {
                self.learn(time);
                true
            }
            (Some(_), _) | (None, None) => false,
        }
    }

    fn learn(&mut self, answer_time: Duration) {
        self.slowest_answer = self.slowest_answer.max(answer_time);
    }
}
