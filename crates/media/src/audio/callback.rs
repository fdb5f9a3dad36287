//! Audio callbacks: everything that runs on the sound card's thread. They copy between the device and a ring
//! buffer, count in atomics and wake the thread at the other end.
//!
//! It may not allocate, free, lock, log or panic; a test holds it to that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::Duration;

use cpal::{FromSample, Sample};
use rtrb::{Consumer, Producer};

use super::joint::Joint;

/// What a callback counts.
#[derive(Debug, Default)]
pub(super) struct CallbackStats {
    /// Times the device called.
    calls: AtomicU64,
    /// Frames that found the ring full (capture) or empty (playback).
    faults: AtomicU64,
    /// Between device and callback, in microseconds.
    latency_us: AtomicU32,
}

impl CallbackStats {
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    pub(super) fn latency(&self) -> Duration {
        Duration::from_micros(u64::from(self.latency_us.load(Ordering::Relaxed)))
    }

    fn called(&self, latency: Duration) {
        // Some drivers report nonsense; half a second is more than any honest one has.
        let micros = latency.as_micros().min(500_000) as u32;
        self.latency_us.store(micros, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

/// Takes what a microphone delivers.
pub(super) struct Capture {
    ring: Producer<f32>,
    channels: usize,
    stats: Arc<CallbackStats>,
    wake: Thread,
}

impl Capture {
    pub(super) fn new(ring: Producer<f32>, channels: usize, stats: Arc<CallbackStats>, wake: Thread) -> Self {
        Self { ring, channels: channels.max(1), stats, wake }
    }

    /// Mixes the channels to one and hands them over; what does not fit is dropped and counted.
    pub(super) fn take<T>(&mut self, data: &[T], latency: Duration)
    where
        T: Copy,
        f32: FromSample<T>,
    {
        let share = 1.0 / self.channels as f32;
        let mut dropped = 0;
        for frame in data.chunks_exact(self.channels) {
            let sum: f32 = frame.iter().map(|sample| f32::from_sample_(*sample)).sum();
            if self.ring.push(sum * share).is_err() {
                dropped += 1;
            }
        }
        self.stats.faults.fetch_add(dropped, Ordering::Relaxed);
        self.stats.called(latency);
        self.wake.unpark();
    }
}

/// Feeds a speaker.
pub(super) struct Playback {
    ring: Consumer<f32>,
    channels: usize,
    stats: Arc<CallbackStats>,
    wake: Thread,
    /// Whether the ring ever held enough: what is missing before that is no fault.
    primed: bool,
    joint: Joint,
}

impl Playback {
    pub(super) fn new(ring: Consumer<f32>, channels: usize, stats: Arc<CallbackStats>, wake: Thread) -> Self {
        Self { ring, channels: channels.max(1), stats, wake, primed: false, joint: Joint::default() }
    }

    /// Fills every channel alike; what is missing fades to silence and is counted, and what comes after fades in.
    pub(super) fn fill<T>(&mut self, data: &mut [T], latency: Duration)
    where
        T: Copy + Sample + FromSample<f32>,
    {
        let mut missing = 0;
        for frame in data.chunks_exact_mut(self.channels) {
            let heard = if let Ok(sample) = self.ring.pop() {
                self.primed = true;
                self.joint.sound(sample)
            } else {
                missing += 1;
                self.joint.gap()
            };
            frame.fill(T::from_sample(heard));
        }
        if self.primed {
            self.stats.faults.fetch_add(missing, Ordering::Relaxed);
        }
        self.stats.called(latency);
        self.wake.unpark();
    }
}

#[cfg(test)]
mod tests {
    use assert_no_alloc::{AllocDisabler, assert_no_alloc};
    use rtrb::RingBuffer;

    use super::*;
    use crate::audio::joint::sharpest;

    #[global_allocator]
    static ALLOCATOR: AllocDisabler = AllocDisabler;

    #[test]
    fn capture_mixes_to_one_channel_and_counts_what_does_not_fit() {
        let (producer, mut consumer) = RingBuffer::new(3);
        let stats = Arc::new(CallbackStats::default());
        let mut capture = Capture::new(producer, 2, stats.clone(), std::thread::current());
        assert_no_alloc(|| {
            capture.take(&[0.5_f32, 0.1, -0.2, -0.4], Duration::from_millis(7));
            capture.take(&[i16::MAX, i16::MAX, 0, 0], Duration::from_secs(99));
        });
        let heard: Vec<f32> = std::iter::from_fn(|| consumer.pop().ok()).collect();
        assert!((heard[0] - 0.3).abs() < 1e-6 && (heard[1] + 0.3).abs() < 1e-6 && heard[2] > 0.99);
        assert_eq!((stats.faults(), stats.calls()), (1, 2));
        assert_eq!(stats.latency(), Duration::from_millis(500));
    }

    #[test]
    fn playback_fills_all_channels_and_counts_what_is_missing_once_it_began() {
        let (mut producer, consumer) = RingBuffer::new(1024);
        let stats = Arc::new(CallbackStats::default());
        let mut playback = Playback::new(consumer, 2, stats.clone(), std::thread::current());
        let mut out = [9.0_f32; 4];
        assert_no_alloc(|| playback.fill(&mut out, Duration::ZERO));
        assert_eq!(out, [0.0; 4]);
        assert_eq!(stats.faults(), 0);
        producer.push_entire_slice(&[0.5; 300]).unwrap();
        let mut whole = [0_i16; 602];
        assert_no_alloc(|| playback.fill(&mut whole, Duration::ZERO));
        assert_eq!(whole[598], whole[599]);
        assert!(whole[598] > 16_000 && whole[600] > 0 && whole[600] < whole[598]);
        assert_eq!(stats.faults(), 1);
    }

    #[test]
    fn a_speaker_that_begins_runs_dry_and_goes_on_does_not_click() {
        let tone = |n: usize| 0.5 * (n as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin();
        let (mut producer, consumer) = RingBuffer::new(4800);
        let mut playback = Playback::new(consumer, 1, Arc::default(), std::thread::current());
        let (mut heard, mut out, mut next) = (Vec::new(), [0.0_f32; 480], 27);
        for call in 0..60 {
            // Thread and device run out of step now and then.
            if call % 7 != 3 {
                let sound: Vec<f32> = (next..next + 479 - call % 5 * 40).map(tone).collect();
                // What went by while nothing was taken is not heard again.
                next += 480;
                producer.push_entire_slice(&sound).unwrap();
            }
            assert_no_alloc(|| playback.fill(&mut out, Duration::ZERO));
            heard.extend_from_slice(&out);
        }
        assert!(sharpest(&heard) < 0.035, "{}", sharpest(&heard));
    }
}
