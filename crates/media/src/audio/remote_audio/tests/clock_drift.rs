//! A sender whose clock is wrong, for half an hour of virtual time: nothing may be missing, pile up or click.

use super::*;
use crate::audio::FRAME;

/// Samples in 2.5 ms, in which a click stands out.
const WINDOW: usize = 120;
const SECOND: usize = 48_000;

/// What half an hour with a sender clock that is off by `ppm` did.
#[derive(Debug)]
struct HalfHour {
    clicks: usize,
    /// Least and greatest delay of the jitter buffer once it has settled, ms.
    delay: (f32, f32),
    stats: crate::jitter::JitterStats,
    concealed: f32,
}

/// Energy of what changes quickly (second difference), per window.
fn roughness(sound: &[f32]) -> Vec<f32> {
    let rough = |at: usize| {
        let quick = |n: usize| sound[n] - 2.0 * sound[n - 1] + sound[n - 2];
        (at.max(2)..at + WINDOW).map(|n| quick(n).powi(2)).sum()
    };
    (0..sound.len() / WINDOW).map(|window| rough(window * WINDOW)).collect()
}

/// Plays some rounds of each of `sounds`, half an hour in all.
fn half_hour(sounds: [(&[f32], usize); 2], ppm: f64) -> HalfHour {
    let (mut packets, mut clean, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for (sound, rounds) in sounds {
        let encoded = encode(sound, 0.0);
        // What the decoder makes of the second round: the encoder's beginning is heard once only.
        let mut decoder = OpusDecoder::new().unwrap();
        let twice = encoded.iter().chain(&encoded);
        let decoded: Vec<f32> = twice.flat_map(|packet| decoder.decode(packet).unwrap().to_vec()).collect();
        parts.push((packets.len(), encoded.len(), rounds * encoded.len()));
        clean.extend(roughness(&decoded[encoded.len() * PACKET_SAMPLES..]));
        packets.extend(encoded);
    }
    // Which of the packets comes at that place.
    let choose = |index: usize| {
        let (begin, length, _) = parts[usize::from(index >= parts[0].2)];
        begin + index.saturating_sub(if begin > 0 { parts[0].2 } else { 0 }) % length
    };
    let meters = Arc::new(VoiceMeters::default());
    let mut remote = RemoteAudio::new(meters.clone()).unwrap();
    let (start, mut frame, mut lottery) = (Instant::now(), [0.0; FRAME], lossy_link::Lottery(7919));
    let arrival =
        |index: u64, late: f64| (index as f64 * 20_000.0 / (1.0 + ppm * 1e-6) + late * 3_000.0) as u64;
    let (mut index, mut due) = (0, 0);
    let mut found =
        HalfHour { clicks: 0, delay: (f32::MAX, 0.0), stats: remote.jitter.stats(), concealed: 0.0 };
    let mut heard = vec![0.0; FRAME + WINDOW];
    for step in 0..30 * 60 * 100_u64 {
        let now = start + Duration::from_millis(step * 10);
        while due <= step * 10_000 {
            remote.jitter.insert(Packet {
                sequence: index as u16,
                timestamp: (index * PACKET_SAMPLES as u64) as u32,
                marker: false,
                payload: packets[choose(index as usize)].clone(),
                arrived: start + Duration::from_micros(due),
            });
            index += 1;
            due = arrival(index, lottery.draw()).max(due);
        }
        let position = remote.position();
        remote.frame(now, &mut frame);
        meters.frame_played(&frame);
        heard.drain(..FRAME);
        heard.extend_from_slice(&frame);
        if step < 3 * 100 {
            continue;
        }
        let place = position.unwrap() as usize;
        let place = (choose(place / PACKET_SAMPLES) * PACKET_SAMPLES + place % PACKET_SAMPLES) / WINDOW;
        let around = (0..16).map(|near| clean[(place + clean.len() + near - 8) % clean.len()]);
        let most = around.fold(0.0, f32::max);
        found.clicks += roughness(&heard)[1..].iter().filter(|rough| **rough > 2.0 * most + 1e-5).count();
        let delay = remote.jitter.delay(now, remote.ready.len() as u32).unwrap().as_secs_f32() * 1000.0;
        found.delay = (found.delay.0.min(delay), found.delay.1.max(delay));
    }
    meters.buffer(0.0, remote.jitter.stats());
    found.stats = remote.jitter.stats();
    found.concealed = meters.stats().concealed;
    found
}

/// Ten minutes of noise, of which nothing can be left out unheard; then speech and a held tone.
fn is_followed(ppm: f64) {
    let mut state = 7_u32;
    let noise: Vec<f32> = (0..SECOND * 10)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.1 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
        })
        .collect();
    let mut voice = speech()[..SECOND * 21].to_vec();
    voice.extend((0..SECOND * 9).map(|n| 0.2 * (n as f32 * 331.0 * std::f32::consts::TAU / 48_000.0).sin()));
    let found = half_hour([(&noise, 60), (&voice, 40)], ppm);
    println!("{ppm:+} ppm: {found:?}");
    let crate::jitter::JitterStats { late, skipped, restarts, missing, .. } = found.stats;
    assert_eq!((late, skipped, restarts, missing), (0, 0, 0, 0));
    assert_eq!((found.clicks, found.concealed), (0, 0.0));
    assert!(found.delay.0 > 5.0 && found.delay.1 < 45.0, "{:?} ms", found.delay);
}

#[test]
fn a_sender_whose_clock_is_fast_is_followed_for_half_an_hour() {
    is_followed(200.0);
}

#[test]
fn a_sender_whose_clock_is_slow_is_followed_for_half_an_hour() {
    is_followed(-200.0);
}
