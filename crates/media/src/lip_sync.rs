//! Lip sync: when a received frame is due on screen, from the playout time of its audio and from the video's own
//! playout delay. It plays nothing.
//!
//! ```text
//!  sender reports:  picture's RTP ─► NTP ◄─ sound's RTP
//!                                     │
//!  playout:         "this RTP timestamp of sound is heard at that instant"
//! ```
//!
//! Whichever is early waits (as libwebrtc's `StreamSynchronization` has it): a picture for its sound by
//! [`PlayoutClock::due`], sound for a picture that needs time for repairs by [`LipSync::sound_floor`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{SenderReport, TrackKind};

/// Longest delay of a frame for lip sync.
const MAX_VIDEO_DELAY: Duration = Duration::from_millis(500);
/// Longest delay of sound for lip sync.
const MAX_SOUND_FLOOR: Duration = Duration::from_millis(500);
/// A picture is not held back longer than this after its sound was heard (ITU-R BT.1359: noticed from 45 ms
/// early and 125 ms late).
const MAX_PICTURE_LAG_SECONDS: f64 = 0.04;
/// Sound that waits for a picture stays so far ahead of it: below what is noticed, and people who talk hear each
/// other that much sooner.
const SOUND_LEAD_SECONDS: f64 = 0.03;
/// Sound waits no longer for a picture that was this long ago.
const SCHEDULE_LIFETIME_SECONDS: f64 = 2.0;
/// Weight of a new frame in the schedule that sound follows.
const SCHEDULE_SMOOTHING: f64 = 0.2;
/// The same for a frame that came too late for its playout delay: sound that waited for the last of them would wait
/// half a second for all.
const LATE_FRAME_SMOOTHING: f64 = 0.02;
/// Weight of a new observation in what playout takes beside the jitter buffer.
const OVERHEAD_SMOOTHING: f64 = 0.02;
/// Of the capture-to-display delay.
const DELAY_SMOOTHING: f64 = 0.1;
/// A delay that only a wrong clock can show.
const MAX_DISPLAY_DELAY_SECONDS: f64 = 10.0;
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
    /// When the picture with this RTP timestamp (90 kHz) belongs on screen; never before `arrived`. `smooth` is when
    /// its own playout delay would show it.
    fn due(&self, rtp_timestamp: u32, arrived: Instant, smooth: Instant) -> Instant;
    /// The picture with this RTP timestamp is on screen.
    fn shown(&self, _rtp_timestamp: u32, _at: Instant) {}
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
    /// The [`Playout::shift`] that sound would need to be heard with its picture, smoothed, and since when.
    schedule: Option<(f64, f64)>,
    /// [`Playout::latest`] less the jitter buffer's delay, smoothed. It stays while that delay changes, so sound
    /// approaches its floor without swinging about it.
    overhead: Option<f64>,
    /// This clock's seconds less the sender's NTP seconds of the video's reports, at the least.
    clocks: Option<Clocks>,
    half_round_trip: f64,
    /// Seconds from capture to display, smoothed.
    display_delay: Option<f64>,
}

/// How the sender's clock and this one go together.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    /// Seconds since `start` at which a report came, less its NTP time since `reference` and the way it took.
    shift: f64,
    reference: u64,
}

#[derive(Clone, Copy, Debug)]
struct Playout {
    /// Instant heard, as seconds since start, less the sound's sender time in seconds since `reference`; smoothed.
    shift: f64,
    /// The same of the sample told last.
    latest: f64,
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

    /// Takes in when a report of the video came: it left half a round trip before, so the sender's clock is known.
    pub fn report_came(&self, report: SenderReport, at: Instant) {
        let at = self.seconds(at);
        let mut state = self.lock();
        let reference = state.clocks.map_or(report.ntp, |clocks| clocks.reference);
        let shift = at - ntp_seconds(report.ntp, reference) - state.half_round_trip;
        // Reports that waited on their way say that the sender's clock is behind. A step of it begins anew.
        let shift = match state.clocks {
            Some(known) if (shift - known.shift).abs() < 1.0 => {
                if shift < known.shift {
                    shift
                } else {
                    known.shift + (shift - known.shift) * 0.05
                }
            }
            Some(_) | None => shift,
        };
        state.clocks = Some(Clocks { shift, reference });
    }

    /// The path's round-trip time.
    pub fn set_round_trip(&self, round_trip: Duration) {
        self.lock().half_round_trip = round_trip.as_secs_f64() / 2.0;
    }

    /// Milliseconds from a picture's capture to its display, smoothed; `None` until a report of the video came.
    /// It counts on a way that takes as long in both directions.
    pub fn display_delay_ms(&self) -> Option<f32> {
        self.lock().display_delay.map(|seconds| (seconds * 1000.0) as f32)
    }

    /// The least playout delay of sound at which it is heard no earlier than the picture can be shown, given the
    /// delay it has `now`, for the sample last told to [`LipSync::sounds`]; zero where no picture needs it. Sound
    /// that has less should grow to it in steps nobody hears, and need not hurry to shrink.
    pub fn sound_floor(&self, delay: Duration, now: Instant) -> Duration {
        let now = self.seconds(now);
        let mut state = self.lock();
        let Some(playout) = state.playout else { return Duration::ZERO };
        let observed = playout.latest - delay.as_secs_f64();
        let overhead = smoothed(state.overhead, observed, OVERHEAD_SMOOTHING);
        state.overhead = Some(overhead);
        match state.schedule {
            Some((shift, at)) if now - at <= SCHEDULE_LIFETIME_SECONDS => {
                let floor = (shift - SOUND_LEAD_SECONDS - overhead).clamp(0.0, MAX_SOUND_FLOOR.as_secs_f64());
                Duration::from_secs_f64(floor)
            }
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Takes in that the sound with this RTP timestamp (48 kHz) is heard at `heard`.
    pub fn sounds(&self, rtp_timestamp: u32, heard: Instant) {
        let at = self.seconds(heard);
        let mut state = self.lock();
        let Some(report) = state.audio else { return };
        let reference = state.playout.map_or(report.ntp, |playout| playout.reference);
        let shift = at - sender_time(report, rtp_timestamp, AUDIO_CLOCK_HZ, reference);
        let smooth = smoothed(state.playout.map(|playout| playout.shift), shift, PLAYOUT_SMOOTHING);
        state.playout = Some(Playout { shift: smooth, latest: shift, reference });
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
    fn due(&self, rtp_timestamp: u32, arrived: Instant, smooth: Instant) -> Instant {
        let smooth = smooth.clamp(arrived, arrived + MAX_VIDEO_DELAY);
        let mut state = self.lock();
        let (Some(report), Some(playout)) = (state.video, state.playout) else { return smooth };
        let sent = sender_time(report, rtp_timestamp, VIDEO_CLOCK_HZ, playout.reference);
        let at = self.seconds(arrived);
        let sound = sent + playout.shift - at;
        // Reports that put the streams that far apart are wrong, and the picture need not suffer.
        if !sound.is_finite() || sound.abs() > 10.0 {
            state.schedule = None;
            return smooth;
        }
        let own = (smooth - arrived).as_secs_f64();
        let shift = at + own - sent;
        let shift = match state.schedule {
            Some((known, _)) if smooth <= arrived => known + (shift - known) * LATE_FRAME_SMOOTHING,
            // Growth counts at once.
            Some((known, _)) if shift < known => known + (shift - known) * SCHEDULE_SMOOTHING,
            Some(_) | None => shift,
        };
        state.schedule = Some((shift, at));
        // Until the sound has made up for it, the picture is late by no more than is seen.
        let wait = own.min(sound + MAX_PICTURE_LAG_SECONDS).max(sound);
        let bounded = wait.clamp(0.0, MAX_VIDEO_DELAY.as_secs_f64());
        state.offset_ms += ((bounded - sound) * 1000.0 - state.offset_ms) * OFFSET_SMOOTHING;
        arrived + Duration::from_secs_f64(bounded)
    }

    fn shown(&self, rtp_timestamp: u32, at: Instant) {
        let at = self.seconds(at);
        let mut state = self.lock();
        let (Some(report), Some(clocks)) = (state.video, state.clocks) else { return };
        let captured = sender_time(report, rtp_timestamp, VIDEO_CLOCK_HZ, clocks.reference) + clocks.shift;
        let delay = at - captured;
        if delay.is_finite() && delay.abs() < MAX_DISPLAY_DELAY_SECONDS {
            let known = state.display_delay.unwrap_or(delay);
            state.display_delay = Some((known + (delay - known) * DELAY_SMOOTHING).max(0.0));
        }
    }
}

/// An observation of playout smoothed; a jump replaces what was known at once.
fn smoothed(known: Option<f64>, observed: f64, weight: f64) -> f64 {
    match known {
        Some(known) if (observed - known).abs() < PLAYOUT_JUMP_SECONDS => known + (observed - known) * weight,
        Some(_) | None => observed,
    }
}

fn ntp_seconds(ntp: u64, reference: u64) -> f64 {
    ntp.wrapping_sub(reference).cast_signed() as f64 / 4_294_967_296.0
}

/// The sender's time of an RTP timestamp, in seconds since `reference`.
fn sender_time(report: SenderReport, rtp_timestamp: u32, rate: f64, reference: u64) -> f64 {
    ntp_seconds(report.ntp, reference) + f64::from(rtp_timestamp.wrapping_sub(report.rtp) as i32) / rate
}

#[cfg(test)]
mod tests;
