#![allow(unsafe_code, reason = "libopus is asked for what we read ourselves")]

use proptest::prelude::*;

use super::*;

const PLAIN: EncoderSettings =
    EncoderSettings { bits_per_second: 32_000, loss_percent: 0, fec: false, history: 0, dtx: false };

/// A voice-like sound: a pitch of 130 Hz whose harmonics rise and fall.
fn voice(samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| {
            let t = n as f32 / OPUS_CLOCK_HZ as f32;
            let loudness = 0.5 + 0.5 * (t * 4.0 * std::f32::consts::TAU).sin();
            let harmonics = (1..12).map(|h| (t * 130.0 * h as f32 * std::f32::consts::TAU).sin() / h as f32);
            0.15 * loudness * harmonics.sum::<f32>()
        })
        .collect()
}

fn packets(settings: EncoderSettings, length: usize) -> Vec<bytes::Bytes> {
    let mut encoder = OpusEncoder::new(settings).unwrap();
    voice(OPUS_CLOCK_HZ as usize * 2)
        .chunks_exact(length)
        .map(|piece| encoder.encode(piece).unwrap())
        .collect()
}

fn energy(sound: &[f32]) -> f32 {
    sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len().max(1) as f32
}

#[test]
fn packets_have_the_length_of_what_is_encoded() {
    for length in [960, 1920, 2880] {
        for packet in packets(PLAIN, length) {
            assert_eq!(packet_samples(&packet), Some(length as u32));
            assert_eq!(OpusDecoder::new().unwrap().decode(&packet).unwrap().len(), length);
        }
    }
}

#[test]
fn a_packet_without_a_length_is_refused() {
    assert_eq!(packet_samples(&[]), None);
    assert_eq!(packet_samples(&[3]), None);
    assert_eq!(packet_samples(&[3, 0]), None);
    assert_eq!(packet_samples(&[(3 << 3) | 3, 3]), None, "180 ms is more than Opus allows");
}

#[test]
fn the_packet_before_is_restored_by_in_band_fec() {
    let list = packets(EncoderSettings { fec: true, loss_percent: 20, ..PLAIN }, 960);
    let mut decoder = OpusDecoder::new().unwrap();
    for packet in &list[..50] {
        decoder.decode(packet).unwrap();
    }
    let (sound, how) = decoder.restore(&list[51], 960, 960).unwrap();
    assert_eq!((sound.len(), how), (960, Restored::Fec));
    assert!(energy(sound) > 1e-3, "{}", energy(sound));
    let (sound, how) = decoder.restore(&list[51], 400, 400).unwrap();
    assert_eq!((sound.len(), how), (400, Restored::Fec), "the rest of what was concealed in part");
}

#[test]
fn half_a_second_is_restored_where_deep_redundancy_is_linked() {
    let list =
        packets(EncoderSettings { bits_per_second: 42_000, history: 60, loss_percent: 30, ..PLAIN }, 960);
    let mut decoder = OpusDecoder::new().unwrap();
    for packet in &list[..40] {
        decoder.decode(packet).unwrap();
    }
    let from = &list[65];
    if DRED_VERSION == 0 {
        assert_eq!(decoder.reach(from), 0);
        assert_eq!(decoder.restore(from, 960, 960).unwrap().1, Restored::Concealed);
        return;
    }
    assert!(decoder.reach(from) >= 20_000, "{}", decoder.reach(from));
    let mut restored = Vec::new();
    for ahead in (1..=20).rev().map(|packets| packets * 960) {
        let (sound, how) = decoder.restore(from, ahead, 960).unwrap();
        assert_eq!((sound.len(), how), (960, Restored::History), "{ahead}");
        restored.extend_from_slice(sound);
    }
    assert!(energy(&restored) > 1e-3, "{}", energy(&restored));
    assert_eq!(decoder.restore(from, 96_000, 960).unwrap().1, Restored::Concealed);
}

#[test]
fn silence_is_sent_as_hardly_anything_and_stays_silence() {
    let settings = EncoderSettings { dtx: true, ..PLAIN };
    let (mut encoder, mut decoder) = (OpusEncoder::new(settings).unwrap(), OpusDecoder::new().unwrap());
    for piece in voice(48_000).chunks_exact(960) {
        decoder.decode(&encoder.encode(piece).unwrap()).unwrap();
    }
    let packets: Vec<_> = (0..150).map(|_| encoder.encode(&[0.0; 960]).unwrap()).collect();
    let sent = packets[50..].iter().filter(|packet| packet.len() > 2).count();
    assert!(sent <= 8, "{sent} of 100 packets of silence have something in them");
    let mut last = Vec::new();
    for packet in &packets {
        last = if packet.len() > 2 { decoder.decode(packet) } else { decoder.conceal(960) }.unwrap().to_vec();
    }
    assert!(energy(&last) < 1e-8, "{}", energy(&last));
}

proptest! {
    #[test]
    fn our_reading_of_a_length_agrees_with_the_decoder(payload in proptest::collection::vec(any::<u8>(), 1..64)) {
        let ours = packet_samples(&payload).map(|samples| samples as usize);
        // SAFETY: libopus reads as many bytes as it is told there are.
        let theirs = unsafe {
            sys::opus_packet_get_nb_samples(payload.as_ptr(), payload.len() as c_int, OPUS_CLOCK_HZ as c_int)
        };
        prop_assert_eq!(ours, usize::try_from(theirs).ok().filter(|samples| *samples > 0));
    }

    #[test]
    fn garbage_never_panics(payload in proptest::collection::vec(any::<u8>(), 0..200), ahead in 0_usize..200_000, samples in 0_usize..6000) {
        let mut decoder = OpusDecoder::new().unwrap();
        let payload = bytes::Bytes::from(payload);
        let _ = decoder.decode(&payload).map(<[f32]>::len);
        let _ = decoder.restore(&payload, ahead, samples).map(|(sound, _)| sound.len());
    }
}
