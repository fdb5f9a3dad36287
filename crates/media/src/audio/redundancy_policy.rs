//! Redundancy policy of sound sent: which of in-band FEC, copies (RED, RFC 2198) and deep redundancy (DRED) the
//! measured loss calls for, within the bits there are. Pure.
//!
//! ```text
//!                costs                     restores
//!  FEC           some of the packet        the packet before it, at a lower quality
//!  copies        the packet each           the 1 to 3 packets before it, as they were
//!  DRED          6 to 10 kbit/s            up to a second before it, as speech of the same words
//! ```
//! Copies are taken until what they leave unrestored is rare, further apart the longer the bursts; FEC adds the packet
//! before. Where there are no bits for copies, or the other end does not take them, DRED covers bursts. Each packet waited for costs delay, which the other end's jitter buffer decides.

use std::time::Duration;

use crate::Copies;

/// What the other end can make use of, by its description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioFeatures {
    /// Copies of earlier packets (`red/48000/2`).
    pub copies: bool,
    /// DRED of the version this build has.
    pub history: bool,
    /// Leaving out silence (`usedtx=1`, RFC 7587 6.1).
    pub dtx: bool,
    /// It asks for lost packets (`nack`) and gets them.
    pub repairs: bool,
}

/// Loss as the sender knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loss {
    /// Share of packets, 0 to 1.
    pub(crate) share: f32,
    /// Mean length of a run of lost packets, 1 or more.
    pub(crate) burst: f32,
    pub(crate) round_trip: Duration,
}

/// What to send beside the voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Redundancy {
    pub(crate) copies: Copies,
    /// Reach of DRED in units of 10 ms.
    pub(crate) history: u8,
    pub(crate) fec: bool,
    /// What the encoder is told of the loss, which decides how many bits FEC and DRED get.
    pub(crate) loss_percent: u8,
}

/// Below this nothing is worth its bits: concealment is hardly heard.
const NEGLIGIBLE_LOSS: f32 = 0.01;
/// The most copies: with 20 ms packets the voice has to wait 60 ms for the last one.
const MAX_COPIES: u8 = 3;
/// Copies are no further apart than what the other end's jitter buffer waits for; on a long way it waits longer anyway.
const MAX_COPY_DELAY_MS: u32 = 180;
const MAX_COPY_DELAY_FAR_MS: u32 = 300;
const FAR_ROUND_TRIP: Duration = Duration::from_millis(300);
/// With less than this for each copy the voice suffers more from the rate than from the loss: at 18 kbit/s it has PESQ 3.2
/// without any loss, at 32 with FEC 3.7 at 10 %.
const MIN_COPIED_BITS_PER_S: u32 = 20_000;
/// DRED in addition to a voice, and the least that is left for the voice of each packet.
pub(crate) const HISTORY_BITS_PER_S: u32 = 10_000;
const MIN_VOICE_BESIDE_HISTORY: u32 = 16_000;
/// With more copies DRED is worth less than the FEC it displaces, and its wait (PESQ with three copies at 30 %
/// loss in bursts of five: 2.8 with FEC, 2.3 with DRED; with none: 1.5 and 2.1).
const MAX_COPIES_BESIDE_HISTORY: u8 = 1;
/// In shorter bursts FEC is the better one: it repeats what was sent, and DRED only what it was like (PESQ at
/// 10 % random loss: 3.7 and 3.1).
const MIN_LONG_BURST: f32 = 1.8;
/// What the encoder is told at least where it is to send DRED.
const MIN_HISTORY_LOSS_PERCENT: u8 = 20;
/// A repair comes in time while a round trip is no longer than this; above 100 ms the other end does not ask for sound.
const MAX_REPAIR_ROUND_TRIP: Duration = Duration::from_millis(90);
/// Bursts are of all lengths about the mean: this many times the mean covers nine of ten.
const BURST_COVER: f32 = 2.5;
const MIN_HISTORY: u8 = 20;
const MAX_HISTORY: u8 = 100;
/// Below this hint libopus leaves FEC out, and above it takes too much from the voice.
const FEC_LOSS_PERCENT: std::ops::RangeInclusive<u8> = 10..=30;

/// Chooses for packets of `packet_ms`, whose payloads may take `room` bit/s together.
pub(crate) fn choose(loss: Loss, takes: AudioFeatures, room: u32, packet_ms: u32) -> Redundancy {
    let share = unrepaired(loss, takes);
    if share < NEGLIGIBLE_LOSS {
        return Redundancy::default();
    }
    let burst = if loss.burst.is_finite() { loss.burst.clamp(1.0, 50.0) } else { 1.0 };
    let spacing = spacing(burst, packet_ms, loss.round_trip);
    let affordable = (room / MIN_COPIED_BITS_PER_S).saturating_sub(1).min(u32::from(MAX_COPIES)) as u8;
    let most = if takes.copies { affordable } else { 0 };
    let together = copy_lost_too(share, burst, spacing);
    let left = |copies: u8| share * together.powi(i32::from(copies));
    let count = (0..most).find(|copies| left(*copies) < NEGLIGIBLE_LOSS).unwrap_or(most);
    let loss_percent = (share * 100.0).round() as u8;
    let copies = if count > 0 { Copies { count, spacing } } else { Copies::default() };
    let mut choice = Redundancy { copies, loss_percent, ..Redundancy::default() };
    if left(count) < NEGLIGIBLE_LOSS {
        return choice;
    }
    let voice = room.saturating_sub(HISTORY_BITS_PER_S) / (u32::from(count) + 1);
    let affordable = count <= MAX_COPIES_BESIDE_HISTORY && voice >= MIN_VOICE_BESIDE_HISTORY;
    if takes.history && burst >= MIN_LONG_BURST && affordable {
        choice.loss_percent = loss_percent.max(MIN_HISTORY_LOSS_PERCENT);
        let reach = burst * BURST_COVER * packet_ms as f32 / 10.0;
        choice.history = (reach.ceil() as u8).clamp(MIN_HISTORY, MAX_HISTORY);
    } else {
        choice.fec = true;
        choice.loss_percent = loss_percent.clamp(*FEC_LOSS_PERCENT.start(), *FEC_LOSS_PERCENT.end());
    }
    choice
}

/// Share of the packets that are lost and not repaired in time.
pub(crate) fn unrepaired(loss: Loss, takes: AudioFeatures) -> f32 {
    let share = if loss.share.is_finite() { loss.share.clamp(0.0, 1.0) } else { 0.0 };
    // What is asked for is lost again as often.
    if takes.repairs && loss.round_trip <= MAX_REPAIR_ROUND_TRIP { share * share } else { share }
}

/// How far apart copies are, so that they outlast a burst and still are waited for.
fn spacing(burst: f32, packet_ms: u32, round_trip: Duration) -> u8 {
    if burst < MIN_LONG_BURST {
        return 1;
    }
    let most = if round_trip < FAR_ROUND_TRIP { MAX_COPY_DELAY_MS } else { MAX_COPY_DELAY_FAR_MS };
    let longest = most / (packet_ms.max(1) * u32::from(MAX_COPIES));
    ((burst / 2.0).ceil() as u8).clamp(1, longest.max(1) as u8)
}

/// Chance that the packet `spacing` after a lost one is lost as well, by the model of Gilbert: a path that is
/// either good or bad.
fn copy_lost_too(share: f32, burst: f32, spacing: u8) -> f32 {
    // At random loss runs have this mean.
    let burst = burst.max(1.0 / (1.0 - share).max(0.01));
    let leaves = 1.0 / burst;
    let enters = leaves * share / (1.0 - share).max(0.01);
    let memory = (1.0 - leaves - enters).clamp(0.0, 1.0);
    share + (1.0 - share) * memory.powi(i32::from(spacing))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: AudioFeatures = AudioFeatures { copies: true, history: true, dtx: true, repairs: false };
    const PLENTY: u32 = 140_000;

    fn at(share: f32, burst: f32) -> Loss {
        Loss { share, burst, round_trip: Duration::from_millis(100) }
    }

    #[test]
    fn without_loss_nothing_is_added() {
        assert_eq!(choose(at(0.0, 1.0), ALL, PLENTY, 20), Redundancy::default());
        assert_eq!(choose(at(0.005, 5.0), ALL, PLENTY, 20), Redundancy::default());
    }

    #[test]
    fn copies_grow_with_random_loss() {
        let copies = |share| choose(at(share, 1.0), ALL, PLENTY, 20).copies.count;
        assert_eq!([0.02, 0.05, 0.2, 0.3].map(copies), [1, 1, 2, 3]);
        assert_eq!(choose(at(0.05, 1.0), ALL, PLENTY, 20).history, 0, "and need no help");
    }

    #[test]
    fn bursts_call_for_copies_far_apart_and_else_for_history() {
        let choice = choose(at(0.3, 5.0), ALL, PLENTY, 20);
        assert_eq!(choice.copies, Copies { count: 3, spacing: 3 });
        assert!(choice.fec && choice.history == 0, "{choice:?}");
        for (takes, room) in [(AudioFeatures { copies: false, ..ALL }, PLENTY), (ALL, 44_000)] {
            let choice = choose(at(0.3, 5.0), takes, room, 20);
            assert!(choice.copies.count <= 1 && choice.history >= 25 && !choice.fec, "{choice:?}");
        }
    }

    #[test]
    fn who_takes_neither_gets_in_band_fec() {
        let choice = choose(at(0.1, 1.1), AudioFeatures::default(), PLENTY, 20);
        assert_eq!(choice, Redundancy { copies: Copies::default(), history: 0, fec: true, loss_percent: 10 });
    }

    #[test]
    fn on_a_thin_link_the_voice_comes_first() {
        assert_eq!(
            choose(at(0.1, 1.1), ALL, 20_000, 40),
            Redundancy { fec: true, loss_percent: 10, ..Redundancy::default() }
        );
        let choice = choose(at(0.1, 3.0), ALL, 31_000, 20);
        assert!(choice.copies.count == 0 && choice.history > 0, "{choice:?}");
    }

    #[test]
    fn where_repairs_come_in_time_there_is_less_to_restore() {
        let repaired = AudioFeatures { repairs: true, ..ALL };
        let near = Loss { round_trip: Duration::from_millis(60), ..at(0.09, 1.0) };
        assert_eq!(choose(near, repaired, PLENTY, 20).copies.count, 0);
        // From 100 ms on nobody asks for sound again.
        for round_trip in [100, 300] {
            let far = Loss { round_trip: Duration::from_millis(round_trip), ..near };
            assert_eq!(choose(far, repaired, PLENTY, 20).copies.count, 1);
        }
    }

    proptest! {
        #[test]
        fn the_bits_suffice_for_what_is_chosen(share in -1.0_f32..2.0, burst in 0.0_f32..100.0, room in 6_000_u32..200_000) {
            let choice = choose(at(share, burst), ALL, room, 20);
            prop_assert!(choice.copies.count <= MAX_COPIES && choice.history <= MAX_HISTORY);
            prop_assert!(choice.copies.count == 0 || room / (u32::from(choice.copies.count) + 1) >= MIN_COPIED_BITS_PER_S);
            prop_assert!(!(choice.fec && choice.history > 0));
        }
    }
}
