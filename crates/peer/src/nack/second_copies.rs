//! Second copies of retransmissions: which packets are sent again twice, a little apart. Sans-IO.
//!
//! A retransmission is lost as often as anything else, and its picture then comes a round trip later than it is waited
//! for: at 10 % loss and 2 Mbit/s that happens to two pictures a second. Forward error correction would cost a tenth of
//! what is sent and restore fewer of them; a second copy costs a packet for each that was lost. So that a lossy path is
//! not flooded, second copies are sent only while there are fewer than three copies for two lost packets.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bellwire_media::Codec;

use super::sent_packets::SentId;

/// Copies beyond the first for each packet that was lost, those that it was asked for again included; and how much of
/// that is kept or owed.
const COPIES_PER_LOST: f64 = 0.3;
const MAX_COPIES: f64 = 8.0;
/// So much is kept for packets that were lost again.
const KEPT_FOR_REPEATED: f64 = 1.0;
/// A picture that others wait for is seen as a freeze if its second retransmission comes later than this.
const SEEN_AS_FREEZE: Duration = Duration::from_millis(150);
/// How far apart two copies are: past a short burst of losses, and early enough.
const SPACING_ROUND_TRIPS: f64 = 0.1;
const MIN_SPACING: Duration = Duration::from_millis(5);
const MAX_SPACING: Duration = Duration::from_millis(30);
/// One that could not leave for so long is left out: it would only be in the way.
const MAX_WAIT: Duration = Duration::from_millis(60);
const MAX_WAITING: usize = 64;

/// Whether other pictures are decoded from that of a packet, by its payload.
pub(crate) fn is_reference(codec: Codec, payload: &[u8]) -> bool {
    let Some(first) = payload.first() else { return false };
    match codec {
        // nal_ref_idc, of aggregates and fragments as well (RFC 6184 5.3).
        Codec::H264 => first & 0x60 != 0,
        // The N bit (RFC 7741 4.2).
        Codec::Vp8 => first & 0x20 == 0,
        Codec::Opus => true,
    }
}

#[derive(Debug, Default)]
pub(crate) struct SecondCopies {
    allowance: f64,
    /// When each is due, in order of time.
    waiting: VecDeque<(Instant, SentId)>,
}

impl SecondCopies {
    /// A packet that was asked for left. `before`: how often it had been sent again before that.
    pub(crate) fn sent(
        &mut self,
        now: Instant,
        id: SentId,
        before: u32,
        reference: bool,
        round_trip: Duration,
    ) {
        let change = if before == 0 { COPIES_PER_LOST } else { -1.0 };
        self.allowance = (self.allowance + change).clamp(-MAX_COPIES, MAX_COPIES);
        // On a short way a picture that others need is late by little, while one that nobody needs is not waited for.
        let dear = reference == (round_trip > SEEN_AS_FREEZE);
        let least = if before > 0 { 1.0 } else { 1.0 + KEPT_FOR_REPEATED };
        if (before == 0 && !dear) || self.allowance < least || self.waiting.len() >= MAX_WAITING {
            return;
        }
        self.allowance -= 1.0;
        let spacing = round_trip.mul_f64(SPACING_ROUND_TRIPS).clamp(MIN_SPACING, MAX_SPACING);
        self.waiting.push_back((now + spacing, id));
    }

    /// The next one that is due; those that waited in vain are gone.
    pub(crate) fn take(&mut self, now: Instant) -> Option<SentId> {
        while self.waiting.front().is_some_and(|(due, _)| now.saturating_duration_since(*due) > MAX_WAIT) {
            self.waiting.pop_front();
        }
        self.waiting.pop_front_if(|(due, _)| *due <= now).map(|(_, id)| id)
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|(due, _)| *due)
    }

    /// Nothing of these is needed any more.
    pub(crate) fn forget(&mut self, stale: impl Fn(SentId) -> bool) {
        self.waiting.retain(|(_, id)| !stale(*id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: Duration = Duration::from_millis(100);
    const FAR: Duration = Duration::from_millis(250);

    fn id(number: u16) -> SentId {
        SentId { ssrc: 7, number }
    }

    fn of(lost: u16, reference: bool, round_trip: Duration) -> usize {
        let (mut copies, start) = (SecondCopies::default(), Instant::now());
        let mut second = 0;
        for number in 0..lost {
            let now = start + Duration::from_millis(20) * u32::from(number);
            second += usize::from(copies.take(now).is_some());
            copies.sent(now, id(number), 0, reference, round_trip);
        }
        second
    }

    #[test]
    fn one_in_three_is_sent_twice_and_those_that_would_be_missed_most() {
        assert!((27..=30).contains(&of(100, true, FAR)), "{}", of(100, true, FAR));
        assert!((27..=30).contains(&of(100, false, NEAR)));
        assert_eq!((of(100, false, FAR), of(100, true, NEAR)), (0, 0));
    }

    #[test]
    fn packets_that_are_asked_for_again_and_again_leave_nothing_for_others() {
        let (mut copies, now) = (SecondCopies::default(), Instant::now());
        for number in 0..30 {
            (0..3).for_each(|before| copies.sent(now, id(number), before, true, FAR));
        }
        assert!(copies.waiting.len() <= 2, "{}", copies.waiting.len());
    }

    #[test]
    fn a_copy_leaves_a_little_later_and_not_at_all_when_it_is_late() {
        let (mut copies, start) = (SecondCopies::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        for number in 10..25 {
            copies.sent(at(0), id(number), 0, true, NEAR);
        }
        assert_eq!(copies.due(), None, "on a short way");
        for number in 0..2 {
            copies.sent(at(u64::from(number)), id(number), 1, true, NEAR);
        }
        assert_eq!((copies.due(), copies.take(at(9))), (Some(at(10)), None));
        assert_eq!((copies.take(at(10)), copies.take(at(72))), (Some(id(0)), None));
        copies.sent(at(80), id(3), 1, true, NEAR);
        copies.forget(|stale| stale == id(3));
        assert_eq!(copies.due(), None);
    }

    #[test]
    fn the_payload_says_whether_others_need_the_picture() {
        assert!(is_reference(Codec::H264, &[0x7c, 0x85]) && !is_reference(Codec::H264, &[0x1c, 0x81]));
        assert!(is_reference(Codec::Vp8, &[0x10]) && !is_reference(Codec::Vp8, &[0x30]));
        assert!(!is_reference(Codec::H264, &[]));
    }
}
