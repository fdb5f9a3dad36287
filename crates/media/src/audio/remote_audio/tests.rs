use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::Packet;
use crate::audio::SoundClip;
use crate::codec::opus::{EncoderSettings, OpusEncoder};
use crate::video::tests::streams::stored::stored;

mod clock_drift;
mod lossy_link;

fn speech() -> Vec<f32> {
    let path = crate::test_files::asset("media/voice-22s-48k.wav");
    SoundClip::load(&path).unwrap().samples
}

fn encode(sound: &[f32], loss: f32) -> Vec<Bytes> {
    let settings = EncoderSettings {
        bits_per_second: 32_000,
        loss_percent: ((loss * 100.0) as u8).max(10),
        fec: true,
        history: 0,
        dtx: false,
    };
    let mut encoder = OpusEncoder::new(settings).unwrap();
    sound.chunks_exact(PACKET_SAMPLES).map(|piece| encoder.encode(piece).unwrap()).collect()
}

/// Plays `packets` that arrive without jitter, but for those `lost` names; stepped time.
fn play(packets: &[Bytes], lost: &dyn Fn(usize) -> bool) -> (Vec<f32>, Arc<VoiceMeters>) {
    let meters = Arc::new(VoiceMeters::default());
    let mut remote = RemoteAudio::new(meters.clone()).unwrap();
    let start = Instant::now();
    let mut out = Vec::new();
    let mut frame = [0.0; FRAME];
    for step in 0..packets.len() * 2 {
        let now = start + Duration::from_millis(step as u64 * 10);
        let index = step / 2;
        if step % 2 == 0 && !lost(index) {
            remote.jitter.insert(Packet {
                sequence: index as u16,
                timestamp: (index * PACKET_SAMPLES) as u32,
                marker: false,
                payload: packets[index].clone(),
                arrived: now,
            });
        }
        remote.frame(now, &mut frame);
        out.extend_from_slice(&frame);
        meters.frame_played(&frame);
    }
    meters.buffer(0.0, remote.jitter.stats());
    (out, meters)
}

/// Pseudo-random, the same each run.
fn lottery(percent: u32) -> impl Fn(usize) -> bool {
    move |index| {
        let mixed = (index as u32).wrapping_mul(2_654_435_761) ^ 0x5bd1_e995;
        index > 50 && (mixed.wrapping_mul(0x85eb_ca6b) >> 16) % 100 < percent
    }
}

/// Likeness 0..1 of two sounds' envelopes in eight bands, over pieces of 20 ms; robust against the
/// small shifts of a stretching playout, which sample-wise measures are not.
fn likeness(reference: &[f32], played: &[f32]) -> f32 {
    let best = (0..40).map(|step| step * 240).map(|shift| {
        let (left, right) = (spectrum(reference), spectrum(&played[shift.min(played.len())..]));
        let (mut product, mut own, mut other) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (left, right) in left.iter().zip(&right) {
            for (left, right) in left.iter().zip(right) {
                product += f64::from(left * right);
                own += f64::from(left * left);
                other += f64::from(right * right);
            }
        }
        (product / (own * other).sqrt().max(1e-9)) as f32
    });
    best.fold(0.0, f32::max)
}

/// Amplitudes at eight frequencies from 200 to 3000 Hz, per 20 ms (Goertzel).
fn spectrum(sound: &[f32]) -> Vec<[f32; 8]> {
    const BANDS: [f32; 8] = [200.0, 350.0, 500.0, 700.0, 1000.0, 1500.0, 2200.0, 3000.0];
    sound
        .chunks_exact(PACKET_SAMPLES)
        .map(|piece| {
            BANDS.map(|hertz| {
                let turn = 2.0 * (hertz * std::f32::consts::TAU / 48_000.0).cos();
                let (mut last, mut before) = (0.0_f32, 0.0_f32);
                for sample in piece {
                    (last, before) = (sample + turn * last - before, last);
                }
                (last * last + before * before - turn * last * before).max(0.0).sqrt()
            })
        })
        .collect()
}

/// Signal to noise in dB of the pieces whose packet was lost, at the best common shift.
fn damage(reference: &[f32], played: &[f32], lost: &dyn Fn(usize) -> bool) -> f32 {
    let pieces: Vec<usize> =
        (60..reference.len() / PACKET_SAMPLES - 10).filter(|index| lost(*index)).collect();
    let mut signal = 0.0_f64;
    let mut noise = 0.0_f64;
    for index in pieces {
        let from = index * PACKET_SAMPLES;
        let original = &reference[from..from + PACKET_SAMPLES];
        let error = (0..5000)
            .step_by(1)
            .filter_map(|shift| played.get(from + shift..from + shift + PACKET_SAMPLES))
            .map(|heard| original.iter().zip(heard).map(|(a, b)| f64::from((a - b) * (a - b))).sum::<f64>())
            .fold(f64::MAX, f64::min);
        signal += original.iter().map(|a| f64::from(a * a)).sum::<f64>();
        noise += error;
    }
    (10.0 * (signal / noise.max(1e-12)).log10()) as f32
}

#[test]
fn lost_speech_is_restored_far_better_than_by_silence() {
    let speech = &speech()[..48_000 * 12];
    for percent in [5, 10] {
        let packets = encode(speech, percent as f32 / 100.0);
        let lost = lottery(percent);
        let (clean, _) = play(&packets, &|_| false);
        let (repaired, meters) = play(&packets, &lost);
        let (ours, silence) = (damage(&clean, &repaired, &lost), 0.0);
        assert!(ours > silence + 6.0, "{percent} % loss: lost pieces at {ours:.1} dB, silence is 0 dB");
        let likeness = likeness(speech, &repaired);
        assert!(likeness > 0.9, "{percent} % loss: {likeness}");
        let concealed = meters.stats().concealed;
        assert!(concealed < percent as f32 / 100.0, "most was recovered, not made up: {concealed}");
        println!(
            "{percent} % loss: lost pieces {ours:.1} dB SNR, likeness {likeness:.3}, concealed {concealed:.4}"
        );
    }
}

#[test]
fn undisturbed_speech_comes_out_as_it_went_in() {
    let speech = &speech()[..48_000 * 8];
    let (out, meters) = play(&encode(speech, 0.0), &|_| false);
    assert_eq!(meters.stats().concealed, 0.0);
    let likeness = likeness(speech, &out);
    assert!(likeness > 0.95, "{likeness}");
}

#[test]
fn packets_that_are_no_opus_do_not_stop_the_sound() {
    let meters = Arc::new(VoiceMeters::default());
    let mut remote = RemoteAudio::new(meters).unwrap();
    let start = Instant::now();
    let mut frame = [0.0; FRAME];
    for index in 0..100_u16 {
        let now = start + Duration::from_millis(u64::from(index) * 20);
        remote.jitter.insert(Packet {
            sequence: index,
            timestamp: u32::from(index) * 960,
            marker: false,
            payload: Bytes::from(vec![0x78 | (index as u8 & 3), index as u8, 255, 3]),
            arrived: now,
        });
        remote.frame(now, &mut frame);
        remote.frame(now, &mut frame);
        assert!(frame.iter().all(|sample| sample.is_finite()));
    }
}

/// 1.2 s of speech, 3 s of silence, 1.2 s of speech. What an encoder with DTX makes of silence are packets
/// with
/// a first byte only, most of which the sender leaves out.
fn with_dtx() -> Vec<Bytes> {
    let speech = encode(&speech()[48_000..48_000 + 57_600], 0.0);
    let empty = Bytes::from(vec![speech[59][0] & 0xfc]);
    [&speech[..], &vec![empty; 150], &speech].concat()
}

/// Plays packets of 20 ms, some of which the sender leaves out and some the network; and for some time after.
fn played(packets: &[Bytes], sent: &dyn Fn(usize) -> bool, lost: &dyn Fn(usize) -> bool) -> Vec<f32> {
    let meters = Arc::new(VoiceMeters::default());
    let mut remote = RemoteAudio::new(meters.clone()).unwrap();
    let (start, mut frame, mut sequence) = (Instant::now(), [0.0; FRAME], 7_u16);
    let mut shares = Vec::new();
    for step in 0..packets.len() * 2 + 1000 {
        let now = start + Duration::from_millis(step as u64 * 10);
        let index = step / 2;
        if step % 2 == 0 && index < packets.len() && sent(index) {
            sequence = sequence.wrapping_add(1);
            if !lost(index) {
                remote.jitter.insert(Packet {
                    sequence,
                    timestamp: (index * PACKET_SAMPLES) as u32,
                    marker: false,
                    payload: packets[index].clone(),
                    arrived: now,
                });
            }
        }
        remote.frame(now, &mut frame);
        meters.frame_played(&frame);
        meters.buffer(0.0, remote.jitter.stats());
        shares.push(meters.stats().concealed);
    }
    assert!(frame.iter().all(|sample| *sample == 0.0), "ten seconds after the last packet it is silent");
    shares
}

#[test]
fn a_sender_that_is_silent_is_no_loss() {
    let packets = with_dtx();
    let talk = |index: usize| packets[index].len() > 2 || index.is_multiple_of(20);
    let most = |shares: Vec<f32>| shares.into_iter().fold(0.0, f32::max);
    assert!(most(played(&packets, &talk, &|_| false)) < 0.005, "DTX");
    let all = |_: usize| true;
    assert_eq!(most(played(&packets, &all, &|_| false)), 0.0, "DTX whose empty packets are sent");
    assert!(
        most(played(&packets, &|index| !(40..=100).contains(&index), &|_| false)) < 0.005,
        "muted by sending none"
    );
    assert!(most(played(&packets, &|index| index < 50, &|_| false)) < 0.005, "stopped for good");
    // One packet of ten lost while there is speech, of which half cannot be restored from its successor.
    let lost = most(played(&packets, &talk, &|index| index < 60 && index % 10 < 2));
    assert!(lost > 0.05, "real loss counts: {lost}");
    // A loss in the pause costs what was sent, not the pause.
    let in_pause = most(played(&packets, &talk, &|index| index == 120));
    assert!(in_pause < 0.02, "{in_pause}");
}

#[test]
fn packets_of_other_encoders_are_heard_whole() {
    for (name, length) in [
        ("opus-2.5", 120),
        ("opus-5", 240),
        ("opus-10", 480),
        ("opus-20", 960),
        ("opus-40", 1920),
        ("opus-60", 2880),
        ("opus-80", 3840),
        ("opus-100", 4800),
        ("opus-120", 5760),
        ("opus-stereo", 960),
        ("opus-cbr", 960),
        ("opus-narrow", 960),
        ("opus-hybrid", 960),
        ("opus-low-delay", 480),
        ("opus-redundant", 960),
    ] {
        let stream = stored(name);
        let energy = |piece: &[f32]| piece.iter().map(|sample| sample * sample).sum::<f32>();
        let mut decoder = OpusDecoder::new().unwrap();
        let mut original = Vec::new();
        for unit in &stream {
            original.extend_from_slice(decoder.decode(&unit.data).unwrap());
        }
        let sent = original.chunks(960).filter(|piece| energy(piece) > 1e-4).count();
        for (what, jump_number, jump_time) in [
            ("plain", 0, 0),
            ("numbers jump forward", 1000, 0),
            ("numbers jump back", 64_000, 0),
            ("times jump forward", 0, 10 * 48_000_u32),
            ("times jump a little", 0, 48_000),
            ("times jump back", 0, 0_u32.wrapping_sub(480_000)),
            ("times jump a little back", 0, 0_u32.wrapping_sub(48_000)),
            ("both begin anew", 12_345, 0x7654_3210),
        ] {
            let meters = Arc::new(VoiceMeters::default());
            let mut remote = RemoteAudio::new(meters.clone()).unwrap();
            let (start, mut frame, mut heard) = (Instant::now(), [0.0; FRAME], Vec::new());
            let mut waiting = stream.iter().enumerate().peekable();
            let half = stream.len() / 2;
            for step in 0..190_u64 {
                let now = start + Duration::from_millis(step * 10);
                while let Some((index, unit)) =
                    waiting.next_if(|(index, _)| *index as u64 * length * 1000 <= step * 480_000)
                {
                    let (number, time) = if index < half { (0, 0) } else { (jump_number, jump_time) };
                    remote.jitter.insert(Packet {
                        sequence: (index as u16).wrapping_add(65_500).wrapping_add(number),
                        timestamp: (index as u32 * length as u32).wrapping_add(time),
                        marker: false,
                        payload: unit.data.clone().into(),
                        arrived: now,
                    });
                }
                remote.frame(now, &mut frame);
                heard.extend_from_slice(&frame);
                meters.frame_played(&frame);
            }
            meters.buffer(0.0, remote.jitter.stats());
            let sounding = heard.chunks(960).filter(|piece| energy(piece) > 1e-4).count();
            let least =
                if what.starts_with("times") || what.starts_with("both") { sent * 8 / 10 } else { sent - 3 };
            assert!(sounding >= least, "{name}, {what}: {sounding} of {sent} pieces are heard");
            let missing = meters.stats().concealed;
            let most = if what.starts_with("times") || what.starts_with("both") { 0.2 } else { 0.005 };
            assert!(missing <= most, "{name}, {what}: {missing}");
        }
    }
}
