//! Tests of the limiter with voices of several people.

use super::super::joint::sharpest;
use super::*;
use crate::audio::SoundClip;

/// Seven people who speak at once, each as loud as a recording gets: the same voice from different places of it.
fn crowd(voices: usize) -> Vec<f32> {
    let path = crate::test_files::asset("media/voice-22s-48k.wav");
    let speech = SoundClip::load(&path).expect("the recording is sound").samples;
    let peak = speech.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let length = 12 * 48_000;
    (0..length)
        .map(|index| (0..voices).map(|voice| speech[(index + voice * 71_003) % speech.len()] / peak).sum())
        .collect()
}

fn limit(limiter: &mut Limiter, voices: usize, sound: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(sound.len());
    for piece in sound.chunks_exact(FRAME) {
        let mut frame = [0.0; FRAME];
        frame.copy_from_slice(piece);
        limiter.apply(voices, &mut frame);
        out.extend_from_slice(&frame);
    }
    out
}

#[test]
fn seven_loud_voices_stay_within_full_scale_and_are_hardly_cut() {
    let sound = crowd(7);
    let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak > 2.0, "the test needs something to limit: {peak}");
    let out = limit(&mut Limiter::default(), 7, &sound);
    assert!(out.iter().all(|sample| sample.abs() <= 1.0));
    // A sample that was cut is at full scale together with its neighbour; a peak that was limited is not.
    let cut = out.windows(2).filter(|pair| pair[0].abs() >= 1.0 && pair[1].abs() >= 1.0).count();
    let clipped = sound.iter().filter(|sample| sample.abs() > 1.0).count();
    assert!(cut * 100 < clipped, "{cut} of {clipped} samples above full scale were cut");
    println!("peak {peak:.2}; of {clipped} samples above full scale {cut} were cut");
}

/// Pumping is a gain that follows syllables. Where there is a gain to be read, it changes little within 20 ms, but for
/// the falls ahead of peaks, which are few.
#[test]
fn the_gain_moves_slowly() {
    let sound = crowd(7);
    let out = limit(&mut Limiter::default(), 7, &sound);
    let gains: Vec<f32> = sound
        .chunks_exact(2 * FRAME)
        .zip(out.chunks_exact(2 * FRAME))
        .map(|(before, after)| {
            let power = |sound: &[f32]| sound.iter().map(|sample| sample * sample).sum::<f32>().max(1e-9);
            (power(after) / power(before)).sqrt()
        })
        .collect();
    let rises = gains.windows(2).filter(|pair| pair[1] > pair[0] * 1.2).count();
    let falls = gains.windows(2).filter(|pair| pair[1] < pair[0] * 0.8).count();
    assert_eq!(rises, 0, "it recovers over syllables");
    assert!(falls * 20 < gains.len(), "{falls} of {}", gains.len());
}

#[test]
fn what_stays_below_full_scale_is_not_touched() {
    let sound: Vec<f32> = crowd(7).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
    assert_eq!(limit(&mut Limiter::default(), 7, &sound), sound);
    // A single voice is what it is, whatever the decoder made of it.
    let loud: Vec<f32> = sound.iter().map(|sample| sample * 1.5).collect();
    assert_eq!(limit(&mut Limiter::default(), 1, &loud), loud);
}

#[test]
fn the_gain_falls_ahead_of_a_peak_and_recovers_without_a_step() {
    let tone = |index: usize| 0.4 * (index as f32 * 300.0 * std::f32::consts::TAU / 48_000.0).sin();
    let mut sound: Vec<f32> = (0..250 * FRAME).map(tone).collect();
    // Somebody drops something for 20 ms, in the middle of a frame.
    for index in 0..960 {
        let swell = (index as f32 / 960.0 * std::f32::consts::PI).sin();
        sound[20 * FRAME + 200 + index] *= 1.0 + 9.0 * swell;
    }
    let mut limiter = Limiter::default();
    let mut out = limit(&mut limiter, 2, &sound[..30 * FRAME]);
    assert!(out.iter().all(|sample| sample.abs() <= 1.0));
    // The loud one has left; the gain goes on as it was.
    out.extend(limit(&mut limiter, 1, &sound[30 * FRAME..]));
    let usual = sharpest(&sound);
    assert!(sharpest(&out) < usual * 1.5, "{} of {usual}", sharpest(&out));
    assert_eq!(out[..20 * FRAME], sound[..20 * FRAME]);
    assert!(out[35 * FRAME + 40].abs() < sound[35 * FRAME + 40].abs(), "still recovering");
    assert_eq!(out[240 * FRAME..], sound[240 * FRAME..], "it recovers for good");
}
