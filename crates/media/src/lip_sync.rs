//! Lip sync: when a received frame is due on screen, from the playout time of its audio. It plays nothing.
//!
//! ```text
//!  sender reports:  picture's RTP ─► NTP ◄─ sound's RTP
//!                                     │
//!  playout:         "this RTP timestamp of sound is heard at that instant"
//! ```

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{SenderReport, TrackKind};

/// Longest delay of a frame for lip sync.
const MAX_VIDEO_DELAY: Duration = Duration::from_millis(500);
/// Deviation of playout from its smoothed value that replaces that value at once.
const PLAYOUT_JUMP_SECONDS: f64 = 0.25;
/// Weight of a new playout observation; a hundred come each second.
const PLAYOUT_SMOOTHING: f64 = 0.05;
/// Weight of a new frame in the reported offset.
const OFFSET_SMOOTHING: f64 = 0.1;
const AUDIO_CLOCK_HZ: f64 = 48_000.0;
const VIDEO_CLOCK_HZ: f64 = 90_000.0;

/// Tells the video side when a picture is due.
pub trait PlayoutClock: Send + Sync {
    /// When the picture with this RTP timestamp (90 kHz) belongs on screen; never before `arrived`.
    fn due(&self, rtp_timestamp: u32, arrived: Instant) -> Instant;
}

/// The clock of one call. Without sender reports of both streams, or without sound, pictures are due
/// when they come.
#[derive(Debug)]
pub struct LipSync {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    audio: Option<SenderReport>,
    video: Option<SenderReport>,
    /// Seconds since `start` at which the sound of NTP 0 would have been heard, and at which report.
    playout: Option<Playout>,
    /// Milliseconds, smoothed.
    offset_ms: f64,
}

#[derive(Clone, Copy, Debug)]
struct Playout {
    /// Instant heard, as seconds since start, less the sound's sender time in seconds since `reference`.
    shift: f64,
    /// NTP time all sender times are counted from, so that they fit a float.
    reference: u64,
}

impl LipSync {
    /// `start` is any instant before the first packet.
    pub fn new(start: Instant) -> Self {
        Self { start, state: Mutex::new(State::default()) }
    }

    /// Takes in what the sender says of one of its streams.
    pub fn report(&self, kind: TrackKind, report: SenderReport) {
        let mut state = self.lock();
        match kind {
            TrackKind::Audio => state.audio = Some(report),
            TrackKind::Video => state.video = Some(report),
        }
    }

    /// Takes in that the sound with this RTP timestamp (48 kHz) is heard at `heard`.
    pub fn sounds(&self, rtp_timestamp: u32, heard: Instant) {
        let at = self.seconds(heard);
        let mut state = self.lock();
        let Some(report) = state.audio else { return };
        let reference = state.playout.map_or(report.ntp, |playout| playout.reference);
        let shift = at - sender_time(report, rtp_timestamp, AUDIO_CLOCK_HZ, reference);
        let smooth = match state.playout {
            Some(known) if (known.shift - shift).abs() < PLAYOUT_JUMP_SECONDS => {
                known.shift + (shift - known.shift) * PLAYOUT_SMOOTHING
            }
            Some(_) | None => shift,
        };
        state.playout = Some(Playout { shift: smooth, reference });
    }

    /// How long pictures are shown after (+) or before (-) their sound, ms; 0 while unknown.
    pub fn offset_ms(&self) -> f32 {
        self.lock().offset_ms as f32
    }

    fn seconds(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.start).as_secs_f64()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlayoutClock for LipSync {
    fn due(&self, rtp_timestamp: u32, arrived: Instant) -> Instant {
        let mut state = self.lock();
        let (Some(report), Some(playout)) = (state.video, state.playout) else { return arrived };
        let sent = sender_time(report, rtp_timestamp, VIDEO_CLOCK_HZ, playout.reference);
        let wait = sent + playout.shift - self.seconds(arrived);
        // Reports that put the streams that far apart are wrong, and the picture need not suffer.
        if !wait.is_finite() || wait.abs() > 10.0 {
            return arrived;
        }
        let bounded = wait.clamp(0.0, MAX_VIDEO_DELAY.as_secs_f64());
        state.offset_ms += ((bounded - wait) * 1000.0 - state.offset_ms) * OFFSET_SMOOTHING;
        arrived + Duration::from_secs_f64(bounded)
    }
}

/// The sender's time of an RTP timestamp, in seconds since `reference`.
fn sender_time(report: SenderReport, rtp_timestamp: u32, rate: f64, reference: u64) -> f64 {
    let ntp = report.ntp.wrapping_sub(reference) as i64 as f64 / 4_294_967_296.0;
    ntp + f64::from(rtp_timestamp.wrapping_sub(report.rtp) as i32) / rate
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NTP_SECOND: u64 = 1 << 32;

    fn reports(clock: &LipSync) {
        clock.report(TrackKind::Audio, SenderReport { ntp: 3_900_000_000 * NTP_SECOND, rtp: u32::MAX - 10 });
        clock.report(TrackKind::Video, SenderReport { ntp: 3_900_000_001 * NTP_SECOND, rtp: 77 });
    }

    #[test]
    fn a_picture_waits_for_its_sound() {
        let start = Instant::now();
        let clock = LipSync::new(start);
        reports(&clock);
        // The sound of one second after its report is heard at 5.2 s.
        clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_millis(5200));
        let arrived = start + Duration::from_millis(5120);
        let wait = clock.due(77, arrived) - arrived;
        assert!((79..=81).contains(&wait.as_millis()), "{wait:?}");
        assert!(clock.offset_ms().abs() < 1.0);
    }

    #[test]
    fn a_late_picture_is_shown_at_once_and_the_offset_told() {
        let start = Instant::now();
        let clock = LipSync::new(start);
        reports(&clock);
        clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_secs(5));
        for frame in 0..100_u32 {
            let arrived = start + Duration::from_millis(5060 + u64::from(frame) * 40);
            assert_eq!(clock.due(77 + frame * 3600, arrived), arrived);
        }
        assert!((clock.offset_ms() - 60.0).abs() < 1.0, "{}", clock.offset_ms());
    }

    #[test]
    fn the_wait_is_bounded_and_nonsense_ignored() {
        let start = Instant::now();
        let clock = LipSync::new(start);
        reports(&clock);
        clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_secs(9));
        let arrived = start + Duration::from_secs(5);
        assert_eq!(clock.due(77, arrived), arrived + MAX_VIDEO_DELAY);
        clock.report(TrackKind::Video, SenderReport { ntp: 5, rtp: 9 });
        assert_eq!(clock.due(77, arrived), arrived);
    }

    #[test]
    fn without_reports_or_sound_pictures_are_due_at_once() {
        let start = Instant::now();
        let clock = LipSync::new(start);
        clock.sounds(5, start);
        assert_eq!(clock.due(9, start), start);
        reports(&clock);
        assert_eq!(clock.due(9, start), start);
    }

    #[test]
    fn playout_that_wobbles_does_not_shake_the_picture() {
        let start = Instant::now();
        let clock = LipSync::new(start);
        clock.report(TrackKind::Audio, SenderReport { ntp: 0, rtp: 0 });
        clock.report(TrackKind::Video, SenderReport { ntp: 0, rtp: 0 });
        let mut waits = Vec::new();
        for step in 0..500_u32 {
            let wobble = u64::from(step * 7 % 11);
            clock.sounds(step * 480, start + Duration::from_millis(u64::from(step) * 10 + 200 + wobble));
            if step > 200 && step % 4 == 0 {
                let arrived = start + Duration::from_millis(u64::from(step) * 10 + 50);
                waits.push((clock.due(step * 900, arrived) - arrived).as_micros());
            }
        }
        let spread = waits.iter().max().unwrap() - waits.iter().min().unwrap();
        assert!(spread < 4000, "{spread} us");
    }

    proptest! {
        #[test]
        fn whatever_is_reported_the_wait_is_bounded(
            audio in any::<(u64, u32)>(), video in any::<(u64, u32)>(), sound in any::<u32>(), picture in any::<u32>(),
        ) {
            let start = Instant::now();
            let clock = LipSync::new(start);
            clock.report(TrackKind::Audio, SenderReport { ntp: audio.0, rtp: audio.1 });
            clock.report(TrackKind::Video, SenderReport { ntp: video.0, rtp: video.1 });
            clock.sounds(sound, start + Duration::from_secs(1));
            let due = clock.due(picture, start);
            prop_assert!(due >= start && due <= start + MAX_VIDEO_DELAY);
        }
    }
}
