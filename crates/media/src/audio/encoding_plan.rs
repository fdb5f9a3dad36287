//! Encoding plan of sound sent: bit rate, packet length and redundancy from what the path carries and loses.
//! Pure.
//!
//! Sound comes before pictures: a voice that cannot be understood ends a call, a small picture does not. On
//! thin links the headers are what is dear (60 bytes a packet: 24 kbit/s at 20 ms, 8 at 60 ms), so packets
//! get longer before the voice gets worse.

use std::time::Duration;

use super::redundancy_policy::{self, AudioFeatures, HISTORY_BITS_PER_S, Loss, Redundancy};
use super::smoothed_loss::LossSmoother;
use crate::Copies;
use crate::codec::opus::{EncoderSettings, OPUS_CLOCK_HZ};

/// IPv4 20, UDP 8, RTP 12, header extensions 8, SRTP 10, rounded up for relays.
const HEADER_BYTES: u32 = 60;
/// Speech at full band is transparent to most from here on.
const GOOD_BITS_PER_S: u32 = 32_000;
/// Narrow band, understood.
const MIN_BITS_PER_S: u32 = 6_000;
/// With this a packet of 20 or of 40 ms leaves enough for the voice; with less it is made longer.
const MIN_WIRE_20_MS: u32 = 46_000;
const MIN_WIRE_40_MS: u32 = 28_000;
/// A longer packet is made shorter again only this far above, so that the length does not flap.
const HYSTERESIS: f32 = 1.15;
/// Sound may take this share of a path that carries pictures as well, and on a thin one up to another, until the
/// voice is good: with 0.4 of 400 kbit/s for copies of a voice, half of the pictures had to go.
const SHARE_BESIDE_VIDEO: f32 = 0.25;
const SHARE_BESIDE_VIDEO_WHEN_THIN: f32 = 0.4;
const GOOD_WIRE_BITS_PER_S: f32 = 60_000.0;
/// Where much is lost for good, half of a thin path until each packet has its copies: at 11 % loss in bursts and
/// 170 kbit/s a voice without them has PESQ 2.1, and with them 2.7; with a smaller share 2.2.
const SHARE_BESIDE_VIDEO_WHEN_LOSSY: f32 = 0.55;
const COPIED_WIRE_BITS_PER_S: f32 = 112_000.0;
/// With this, packets of 20 ms leave room for two copies beside the voice.
const MIN_COPIED_WIRE_20_MS: u32 = 96_000;
/// So much unrepaired loss is much, and below the other share it is no longer.
const LOSSY: f32 = 0.04;
const NO_LONGER_LOSSY: f32 = 0.02;
/// That many more reports have to miss packets than not: a link that has become narrow loses much for a second or two.
const LOSSY_REPORTS: u32 = 3;
/// On so long a way one is enough: nothing else helps the voice there, and the next reports may be lost.
const ONE_REPORT_ROUND_TRIP: Duration = Duration::from_millis(400);
/// What sound takes of a path at most that is too thin for pictures beside it: 28 kbit/s in packets of 40 ms.
const WIRE_WHILE_PAUSED_BITS_PER_S: f32 = 40_000.0;
/// The share of a path that carries sound alone, and what sound takes at most anyway.
const SHARE_ALONE: f32 = 0.9;
const MAX_WIRE_BITS_PER_S: u32 = 170_000;
/// Loss assumed until it is measured: enough for FEC.
const ASSUMED_LOSS: f32 = 0.02;

/// What is known of the path sound is sent over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AudioPath {
    /// Share 0..1 of our packets that the other end misses; `None` before its first report.
    pub(crate) loss: Option<f32>,
    pub(crate) smoother: LossSmoother,
    /// Mean run of packets lost in a row.
    pub(crate) burst: f32,
    pub(crate) round_trip: Duration,
    /// What the path carries, bit/s, headers and pictures included; `None` before the first estimate.
    pub(crate) total: Option<u32>,
    /// Whether pictures are sent beside the sound.
    pub(crate) video: bool,
    /// Whether they wait until the path carries them.
    pub(crate) picture_paused: bool,
    pub(crate) takes: AudioFeatures,
    /// Reports that missed more than a few packets, less those that did not.
    pub(crate) missing_reports: u32,
    /// Much is lost for good.
    pub(crate) lossy: bool,
}

impl AudioPath {
    pub(crate) fn new(video: bool) -> Self {
        Self {
            loss: None,
            smoother: LossSmoother::default(),
            burst: 1.0,
            round_trip: Duration::ZERO,
            total: None,
            video,
            picture_paused: false,
            takes: AudioFeatures::default(),
            missing_reports: 0,
            lossy: false,
        }
    }

    /// Takes in a report of the other end: what it missed of the last second or so, a fraction.
    pub(crate) fn hear_loss(&mut self, fraction: f32) {
        let share = self.smoother.hear(self.loss, fraction);
        self.loss = Some(share);
        let loss = Loss { share, burst: self.burst, round_trip: self.round_trip };
        self.missing_reports = match fraction >= NO_LONGER_LOSSY {
            true => (self.missing_reports + 1).min(2 * LOSSY_REPORTS),
            false => self.missing_reports.saturating_sub(1),
        };
        let least = if self.lossy { NO_LONGER_LOSSY } else { LOSSY };
        let needed = if self.round_trip >= ONE_REPORT_ROUND_TRIP { 1 } else { LOSSY_REPORTS };
        let lasts = self.lossy || self.missing_reports >= needed;
        self.lossy = lasts && redundancy_policy::unrepaired(loss, self.takes) >= least;
    }
}

/// How sound is encoded and packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncodingPlan {
    pub(crate) settings: EncoderSettings,
    /// Samples in a packet: 20, 40 or 60 ms.
    pub(crate) samples: usize,
    /// Earlier packets repeated in each one.
    pub(crate) copies: Copies,
}

impl EncodingPlan {
    /// The plan for a path; `before` is the one in use.
    pub(crate) fn new(path: &AudioPath, before: Option<Self>) -> Self {
        let loss =
            Loss { share: path.loss.unwrap_or(ASSUMED_LOSS), burst: path.burst, round_trip: path.round_trip };
        // Before anything is measured the path is not loaded with copies.
        let takes =
            if path.loss.is_some() { path.takes } else { AudioFeatures { copies: false, ..path.takes } };
        let lossy = takes.copies && path.lossy;
        let (enough, thin_share) = match lossy && !path.picture_paused {
            true => (COPIED_WIRE_BITS_PER_S, SHARE_BESIDE_VIDEO_WHEN_LOSSY),
            false => (GOOD_WIRE_BITS_PER_S, SHARE_BESIDE_VIDEO_WHEN_THIN),
        };
        let share_of = |total: f32| {
            let beside_video = (total * SHARE_BESIDE_VIDEO).max(enough.min(total * thin_share));
            match (path.video, path.picture_paused) {
                (true, false) => beside_video,
                // What the voice leaves is what the picture comes back with.
                (true, true) => (total * SHARE_ALONE).min(WIRE_WHILE_PAUSED_BITS_PER_S.max(beside_video)),
                (false, _) => total * SHARE_ALONE,
            }
        };
        let most = path.total.map_or(MAX_WIRE_BITS_PER_S, |total| share_of(total as f32) as u32);
        let most = most.min(MAX_WIRE_BITS_PER_S);
        let least_20_ms = if lossy { MIN_COPIED_WIRE_20_MS } else { MIN_WIRE_20_MS };
        let packet_ms = packet_ms(most, least_20_ms, before.map(|plan| plan.milliseconds()));
        let room = most.saturating_sub(headers(packet_ms)).max(MIN_BITS_PER_S);
        let Redundancy { copies, history, fec, loss_percent } =
            redundancy_policy::choose(loss, takes, room, packet_ms);
        // Copies go without DRED, so it is paid once.
        let extra = if history > 0 { HISTORY_BITS_PER_S } else { 0 };
        let voice = (room.saturating_sub(extra) / (u32::from(copies.count) + 1))
            .clamp(MIN_BITS_PER_S, GOOD_BITS_PER_S);
        Self {
            settings: EncoderSettings {
                bits_per_second: voice + extra,
                loss_percent,
                fec,
                history,
                dtx: path.takes.dtx,
            },
            samples: (packet_ms * OPUS_CLOCK_HZ / 1000) as usize,
            copies,
        }
    }

    pub(crate) fn milliseconds(&self) -> u32 {
        self.samples as u32 * 1000 / OPUS_CLOCK_HZ
    }

    /// What it takes of the path, bit/s, headers included.
    pub(crate) fn wire_bits_per_second(&self) -> u32 {
        let extra = if self.settings.history > 0 { HISTORY_BITS_PER_S } else { 0 };
        let voice = self.settings.bits_per_second.saturating_sub(extra);
        self.settings.bits_per_second + voice * u32::from(self.copies.count) + headers(self.milliseconds())
    }
}

/// Headers of packets of so many milliseconds, bit/s.
fn headers(packet_ms: u32) -> u32 {
    HEADER_BYTES * 8 * 1000 / packet_ms.max(1)
}

fn packet_ms(wire: u32, least_20_ms: u32, before: Option<u32>) -> u32 {
    let enough = |least: u32, length: u32| {
        let longer_before = before.is_some_and(|before| before > length);
        wire as f32 >= least as f32 * if longer_before { HYSTERESIS } else { 1.0 }
    };
    if enough(least_20_ms, 20) {
        20
    } else if enough(MIN_WIRE_40_MS, 40) {
        40
    } else {
        60
    }
}

#[cfg(test)]
mod tests;
