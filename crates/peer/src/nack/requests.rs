//! Missing-packet list of one stream: what to ask for again, when, and when to give up. Sans-IO.
//!
//! The rules are those of libwebrtc's `modules/video_coding/nack_requester.cc`, but a first request waits for
//! a time (not a number of packets) learned from reordering, and a packet too old to be shown is given up.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::reordering::Reordering;
use crate::sequence::{unwrap_near, wrapped};

/// Packets asked for at a time; with more missing a key frame costs less.
const MAX_MISSING: usize = 1_000;
const MAX_TRIES: u32 = 10;
/// A picture older than this and a round trip is no longer shown.
const MAX_AGE: Duration = Duration::from_millis(1_500);
/// Asked again after so many round trips, of at least `MIN_ROUND_TRIP`.
const ROUND_TRIPS_TO_RETRY: f64 = 1.25;
const MIN_ROUND_TRIP: Duration = Duration::from_millis(20);
const MAX_ROUND_TRIP: Duration = Duration::from_secs(3);
/// Before a round trip is measured; each further try waits twice as long.
const DEFAULT_ROUND_TRIP: Duration = Duration::from_millis(100);
/// A packet without a mark that comes this part of a round trip after the request answers it.
const ANSWER_ROUND_TRIPS: f64 = 0.75;
/// From this share of unanswered requests on each request is said twice: the path loses requests as it loses media,
/// and the sender sends one copy all the same (it refuses a repeat within a round trip).
const UNANSWERED_TO_REPEAT: f64 = 0.035;
/// Weight of a new request in that share.
const UNANSWERED_SMOOTHING: f64 = 1.0 / 32.0;
/// The second time comes so much later, past a short burst of losses.
const REPEAT_ROUND_TRIPS: f64 = 0.15;
const MIN_REPEAT_DELAY: Duration = Duration::from_millis(5);
/// Where much is missing, as after a queue that overflowed, messages are no closer than this: each packet becomes due at
/// a moment of its own, and a message of sixty bytes for each would take a third of a path of 500 kbit/s.
const MIN_INTERVAL_OF_MANY: Duration = Duration::from_millis(20);
const MANY: usize = 32;
/// Repaired packets whose original may still come.
const MAX_REPAIRED: usize = 256;
/// So many packets in a row from far behind: the stream has begun anew.
const PACKETS_TO_RESTART: u32 = 20;
const FAR_BEHIND: i64 = 3_000;

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// As first sent, or not known to be anything else.
    Media,
    Retransmission,
}

/// What follows from a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    Bridgeable,
    /// Too much is missing to ask for all of it: only a key frame helps.
    TooLarge,
}

#[derive(Debug)]
struct Missing {
    since: Instant,
    tries: u32,
    asked: Instant,
    /// When the last request is said once more.
    repeat: Option<Instant>,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    newest: Option<i64>,
    missing: BTreeMap<i64, Missing>,
    /// When something was last asked for.
    said: Option<Instant>,
    /// Number and when it was first missed.
    repaired: VecDeque<(i64, Instant)>,
    reordering: Reordering,
    /// Smoothed time from a request to its answer.
    response: Option<Duration>,
    /// Smoothed share of requests that had no answer.
    unanswered: f64,
    behind: u32,
}

impl Requests {
    pub(crate) fn received(
        &mut self,
        now: Instant,
        number: u16,
        origin: Origin,
        round_trip: Option<Duration>,
    ) -> Gap {
        let Some(newest) = self.newest else {
            self.newest = Some(i64::from(number));
            return Gap::Bridgeable;
        };
        let number = unwrap_near(newest, number);
        if number <= newest {
            self.filled(now, number, origin, round_trip);
            self.restart(newest, number);
            return Gap::Bridgeable;
        }
        self.behind = 0;
        self.newest = Some(number);
        let skipped = usize::try_from(number - newest - 1).unwrap_or(usize::MAX);
        if self.missing.len().saturating_add(skipped) > MAX_MISSING {
            self.missing.clear();
            return Gap::TooLarge;
        }
        let missing = (newest + 1..number)
            .map(|number| (number, Missing { since: now, tries: 0, asked: now, repeat: None }));
        self.missing.extend(missing);
        Gap::Bridgeable
    }

    /// The packets to ask for now, each counted as asked for.
    pub(crate) fn take_due(&mut self, now: Instant, round_trip: Option<Duration>) -> Vec<u16> {
        if self.may_say().is_some_and(|at| now < at) {
            return Vec::new();
        }
        let max_age = MAX_AGE + self.expected(round_trip).unwrap_or(DEFAULT_ROUND_TRIP);
        let mut numbers = Vec::new();
        let mut given_up = Vec::new();
        for (number, missing) in &self.missing {
            let due = self.due(missing, round_trip) <= now;
            if now.saturating_duration_since(missing.since) > max_age || (due && missing.tries >= MAX_TRIES) {
                given_up.push(*number);
            } else if due || missing.repeat.is_some_and(|at| at <= now) {
                numbers.push(*number);
            }
        }
        for number in given_up {
            self.missing.remove(&number);
            self.reordering.lost(now);
        }
        let repeat = (self.unanswered > UNANSWERED_TO_REPEAT).then(|| {
            let expected = self.expected(round_trip).unwrap_or(DEFAULT_ROUND_TRIP).min(MAX_ROUND_TRIP);
            now + expected.mul_f64(REPEAT_ROUND_TRIPS).max(MIN_REPEAT_DELAY)
        });
        if !numbers.is_empty() {
            self.said = Some(now);
        }
        for number in &numbers {
            let Some(missing) = self.missing.get_mut(number) else { continue };
            if missing.repeat.is_some_and(|at| at <= now) {
                missing.repeat = None;
            } else {
                missing.tries += 1;
                (missing.asked, missing.repeat) = (now, repeat);
            }
        }
        numbers.into_iter().map(wrapped).collect()
    }

    pub(crate) fn next_due(&self, round_trip: Option<Duration>) -> Option<Instant> {
        let due = self.missing.values().map(|missing| self.due(missing, round_trip));
        let due = due.chain(self.missing.values().filter_map(|missing| missing.repeat)).min();
        due.map(|due| self.may_say().map_or(due, |at| due.max(at)))
    }

    /// A key frame was asked for at `now`. What has been missing for longer than a round trip is of before it; what went
    /// missing since may be part of one that is on its way already, of which the first packet is lost.
    pub(crate) fn forget_before_key_frame(&mut self, now: Instant, round_trip: Option<Duration>) {
        let age = self.expected(round_trip).unwrap_or(DEFAULT_ROUND_TRIP);
        self.missing.retain(|_, missing| now.saturating_duration_since(missing.since) <= age);
    }

    /// When the next message may leave.
    fn may_say(&self) -> Option<Instant> {
        self.said.filter(|_| self.missing.len() > MANY).map(|said| said + MIN_INTERVAL_OF_MANY)
    }

    /// Packets not yet given up.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.missing.len()
    }

    fn due(&self, missing: &Missing, round_trip: Option<Duration>) -> Instant {
        match missing.tries {
            0 => missing.since + self.reordering.tolerance(),
            tries => missing.asked + self.pause(tries, round_trip),
        }
    }

    fn pause(&self, tries: u32, round_trip: Option<Duration>) -> Duration {
        let wait = match self.expected(round_trip) {
            Some(expected) => expected,
            None => DEFAULT_ROUND_TRIP * (1 << tries.saturating_sub(1).min(4)),
        };
        wait.clamp(MIN_ROUND_TRIP, MAX_ROUND_TRIP).mul_f64(ROUND_TRIPS_TO_RETRY)
    }

    /// When an answer can be here: the other side's pacer adds to the round trip of the path.
    fn expected(&self, round_trip: Option<Duration>) -> Option<Duration> {
        round_trip.max(self.response)
    }

    fn filled(&mut self, now: Instant, number: i64, origin: Origin, round_trip: Option<Duration>) {
        let Some(missing) = self.missing.remove(&number) else {
            if origin == Origin::Media
                && let Some(at) = self.repaired.iter().position(|(repaired, _)| *repaired == number)
                && let Some((_, since)) = self.repaired.remove(at)
            {
                // Its repair was not needed.
                self.reordering.late(now, now.saturating_duration_since(since));
            }
            return;
        };
        let since_request = now.saturating_duration_since(missing.asked);
        let expected = self.expected(round_trip).unwrap_or(DEFAULT_ROUND_TRIP);
        // Without RTX (RFC 4588) a retransmission looks like the original.
        let answers = missing.tries > 0
            && (origin == Origin::Retransmission || since_request >= expected.mul_f64(ANSWER_ROUND_TRIPS));
        if !answers && origin == Origin::Media {
            self.reordering.late(now, now.saturating_duration_since(missing.since));
            return;
        }
        // All requests but the last had no answer.
        for request in 1..=missing.tries {
            let unanswered = if request < missing.tries { 1.0 } else { 0.0 };
            self.unanswered += (unanswered - self.unanswered) * UNANSWERED_SMOOTHING;
        }
        if answers && missing.tries == 1 {
            // Only where it is certain which request was answered (Karn's algorithm).
            let old = self.response.unwrap_or(since_request);
            self.response = Some((old * 7 + since_request.min(MAX_ROUND_TRIP)) / 8);
        }
        self.reordering.lost(now);
        if self.repaired.len() >= MAX_REPAIRED {
            self.repaired.pop_front();
        }
        self.repaired.push_back((number, missing.since));
    }

    /// A sender that begins anew may choose numbers that look old.
    fn restart(&mut self, newest: i64, number: i64) {
        if newest - number < FAR_BEHIND {
            self.behind = 0;
            return;
        }
        self.behind += 1;
        if self.behind >= PACKETS_TO_RESTART {
            self.behind = 0;
            self.newest = Some(number);
            self.missing.clear();
            self.repaired.clear();
        }
    }
}

#[cfg(test)]
mod tests;
