//! Tests of several voices in one mix: real Opus, stepped time.

use std::time::Duration;

use bytes::Bytes;

use super::super::joint::sharpest;
use super::*;
use crate::Packet;
use crate::audio::SoundClip;
use crate::codec::opus::{EncoderSettings, OpusEncoder, PACKET_SAMPLES};

fn encode(sound: impl IntoIterator<Item = f32>) -> Vec<Bytes> {
    let settings =
        EncoderSettings { bits_per_second: 64_000, loss_percent: 0, fec: false, history: 0, dtx: true };
    let mut encoder = OpusEncoder::new(settings).expect("an encoder");
    let sound: Vec<f32> = sound.into_iter().collect();
    sound.chunks_exact(PACKET_SAMPLES).map(|piece| encoder.encode(piece).expect("encodes")).collect()
}

fn tone(hertz: f32, amplitude: f32, packets: usize) -> Vec<Bytes> {
    encode(
        (0..packets * PACKET_SAMPLES)
            .map(|index| amplitude * (index as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin()),
    )
}

fn speech() -> Vec<f32> {
    let path = crate::test_files::asset("media/voice-22s-48k.wav");
    SoundClip::load(&path).expect("the recording is sound").samples
}

fn packet(index: usize, payload: &Bytes, arrived: Instant) -> Packet {
    let timestamp = (index * PACKET_SAMPLES) as u32;
    Packet { sequence: index as u16, timestamp, marker: false, payload: payload.clone(), arrived }
}

/// A playout thread in stepped time.
struct Room {
    voices: Arc<Voices>,
    mixer: Mixer,
    start: Instant,
    step: usize,
    events: Arc<Mutex<Vec<(usize, MediaEvent)>>>,
    heard: Vec<f32>,
}

/// A member and what they send from now on.
struct Speaker {
    voice: Voice,
    packets: Vec<Bytes>,
    from: usize,
}

impl Room {
    fn new() -> Self {
        let voices = Arc::new(Voices::default());
        let mixer = Mixer::new(voices.clone());
        Self { voices, mixer, start: Instant::now(), step: 0, events: Arc::default(), heard: Vec::new() }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.step as u64 * 10)
    }

    fn join(&self, number: usize, packets: Vec<Bytes>) -> Speaker {
        let events = self.events.clone();
        let tell = move |event| events.lock().expect("no panic").push((number, event));
        let clock = Arc::new(LipSync::new(self.start));
        let voice = self.voices.join(clock, Arc::new(tell)).expect("a decoder");
        Speaker { voice, packets, from: self.step.next_multiple_of(2) }
    }

    /// Plays so many frames of 10 ms; empty packets (DTX) are not sent.
    fn play(&mut self, speakers: &[&Speaker], frames: usize) {
        for _ in 0..frames {
            let now = self.now();
            for speaker in speakers {
                let Some(own) = self.step.checked_sub(speaker.from).filter(|own| own % 2 == 0) else {
                    continue;
                };
                if let Some(payload) = speaker.packets.get(own / 2).filter(|payload| payload.len() > 2) {
                    speaker.voice.inbox.push(packet(own / 2, payload, now), Origin::Itself);
                }
            }
            self.mixer.receive();
            let mut frame = [0.0; FRAME];
            self.mixer.frame(now, now, &mut frame);
            self.mixer.written(now);
            self.heard.extend_from_slice(&frame);
            self.step += 1;
        }
    }
}

/// Amplitude of a frequency in a sound (Goertzel).
fn amplitude(sound: &[f32], hertz: f32) -> f32 {
    let turn = 2.0 * (f64::from(hertz) * std::f64::consts::TAU / 48_000.0).cos();
    let (mut last, mut before) = (0.0_f64, 0.0_f64);
    for sample in sound {
        (last, before) = (f64::from(*sample) + turn * last - before, last);
    }
    let power = last * last + before * before - turn * last * before;
    (power.max(0.0).sqrt() * 2.0 / sound.len() as f64) as f32
}

#[test]
fn three_voices_are_heard_each_as_loud_as_it_is() {
    let mut room = Room::new();
    let tones = [(440.0, 0.3), (1000.0, 0.2), (2300.0, 0.1)];
    let speakers: Vec<_> =
        (0..).zip(tones).map(|(number, (hertz, loud))| room.join(number, tone(hertz, loud, 150))).collect();
    room.play(&speakers.iter().collect::<Vec<_>>(), 250);
    // A second, which holds whole periods of all of them.
    let second = &room.heard[100 * FRAME..200 * FRAME];
    for ((hertz, loud), speaker) in tones.into_iter().zip(&speakers) {
        let heard = amplitude(second, hertz);
        assert!((heard / loud - 1.0).abs() < 0.1, "{hertz} Hz: {heard} of {loud}");
        let level = 20.0 * (loud / std::f32::consts::SQRT_2).log10();
        assert!((speaker.voice.meters.level_db() - level).abs() < 1.0, "each has a level of its own");
    }
    for hertz in [300.0, 700.0, 1500.0, 1440.0, 3300.0] {
        let heard = amplitude(second, hertz);
        assert!(heard < 0.004, "nobody says {hertz} Hz: {heard}");
    }
    let mut first: Vec<_> = room.events.lock().expect("no panic").clone();
    first.sort_by_key(|(number, _)| *number);
    let of = |number| matches!(first[number], (who, MediaEvent::FirstAudio(_)) if who == number);
    assert!(first.len() == 3 && (0..3).all(of), "{first:?}");
}

/// Whoever else is here and says nothing: what a single member says comes out as it was decoded, bit by bit.
#[test]
fn a_single_voice_comes_out_as_it_was_decoded() {
    // So loud that the decoder goes beyond full scale.
    let speech = speech();
    let peak = speech.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let packets = encode(speech[..48_000 * 4].iter().map(|sample| sample / peak * 1.3));
    let mut room = Room::new();
    let silent = room.join(1, Vec::new());
    let speaker = room.join(0, packets.clone());
    let mut alone = RemoteAudio::new(Arc::default()).expect("a decoder");
    let mut peak = 0.0_f32;
    for step in 0..packets.len() * 2 + 50 {
        let now = room.now();
        // Some are lost, some late.
        let lost = |index: usize| index % 17 == 9;
        if step % 2 == 0 && step / 2 < packets.len() && !lost(step / 2) {
            let packet = packet(step / 2, &packets[step / 2], now);
            alone.jitter.insert(packet.clone());
            speaker.voice.inbox.push(packet, Origin::Itself);
        }
        let mut frame = [0.0; FRAME];
        alone.frame(now, &mut frame);
        room.play(&[], 1);
        assert_eq!(room.heard[step * FRAME..], frame, "frame {step}");
        peak = frame.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
    }
    assert!(peak > 1.0, "{peak}");
    assert_eq!(silent.voice.meters.level_db(), crate::audio::SILENCE_DB);
    assert_eq!(room.mixer.voices.len(), 2);
}

/// One talks and six were muted after their word: they cost no bit of the talker's voice.
#[test]
fn those_who_fell_silent_do_not_change_who_speaks() {
    let quiet = |seconds: usize| std::iter::repeat_n(0.0, seconds * 48_000);
    let said = speech()[48_000..96_000].to_vec();
    let mut room = Room::new();
    let listeners: Vec<_> = (1..7).map(|number| room.join(number, encode(said.iter().copied()))).collect();
    let talker = room.join(0, encode(quiet(3).chain(speech()[..144_000].iter().copied())));
    let mut alone = RemoteAudio::new(Arc::default()).expect("a decoder");
    let mut all: Vec<&Speaker> = listeners.iter().collect();
    all.push(&talker);
    for step in 0..600 {
        let now = room.now();
        if step % 2 == 0
            && let Some(payload) = talker.packets.get(step / 2).filter(|payload| payload.len() > 2)
        {
            alone.jitter.insert(packet(step / 2, payload, now));
        }
        let mut frame = [0.0; FRAME];
        alone.frame(now, &mut frame);
        room.play(&all, 1);
        // Two seconds after their last word even comfort noise is over.
        if step > 260 {
            let differs = frame.iter().zip(&room.heard[step * FRAME..]).any(|(own, mix)| own != mix);
            assert!(!differs, "frame {step}");
        }
    }
    assert!(talker.voice.meters.level_db() > -50.0, "the talker speaks");
}

#[test]
fn who_leaves_is_gone_without_a_click_and_who_stays_is_not_touched() {
    let mut room = Room::new();
    let stays = room.join(0, tone(300.0, 0.2, 200));
    let leaves = room.join(1, tone(440.0, 0.5, 200));
    room.play(&[&stays, &leaves], 151);
    let usual = sharpest(&room.heard[100 * FRAME..]);
    let inbox = leaves.voice.inbox();
    drop(leaves);
    room.play(&[&stays], 149);
    let around = &room.heard[149 * FRAME..155 * FRAME];
    assert!(sharpest(around) < usual * 1.3, "{} where {usual} is usual", sharpest(around));
    assert!(amplitude(&room.heard[140 * FRAME..150 * FRAME], 440.0) > 0.4, "heard before");
    let after = &room.heard[152 * FRAME..252 * FRAME];
    let (gone, stayed) = (amplitude(after, 440.0), amplitude(after, 300.0));
    assert!(gone < 0.01 && (stayed - 0.2).abs() < 0.04, "{gone}, {stayed}");
    assert_eq!(room.mixer.voices.len(), 1, "decoded no more");
    // Its receiver may live on.
    inbox.push(packet(7, &Bytes::from_static(&[8]), room.now()), Origin::Itself);
    assert!(inbox.take().is_none());
}

#[test]
fn seven_who_shout_stay_within_full_scale() {
    let speech = speech();
    let peak = speech.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let mut room = Room::new();
    let speakers: Vec<_> = (0..7)
        .map(|number| {
            let from = number * 71_003;
            room.join(number, encode((0..144_000).map(|index| speech[(from + index) % speech.len()] / peak)))
        })
        .collect();
    room.play(&speakers.iter().collect::<Vec<_>>(), 300);
    let loudest = room.heard.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    assert!(loudest <= 1.0 && loudest > 0.9, "{loudest}");
}

/// Prints what a frame of seven members costs; nothing of that is asserted.
#[test]
fn the_cost_of_seven_members() {
    let speech = speech();
    let quiet = std::iter::repeat_n(0.0, 192_000);
    let talking: Vec<_> = (0..7).map(|_| encode(speech[..192_000].iter().copied())).collect();
    let silent: Vec<_> =
        (0..7).map(|_| encode(speech[..24_000].iter().copied().chain(quiet.clone()))).collect();
    let mut all_spoke = true;
    for (what, streams) in [("talk", talking), ("are silent", silent)] {
        let mut room = Room::new();
        let speakers: Vec<_> =
            (0..).zip(streams).map(|(number, packets)| room.join(number, packets)).collect();
        let all: Vec<_> = speakers.iter().collect();
        room.play(&all, 200);
        let began = Instant::now();
        room.play(&all, 200);
        let cost = began.elapsed().as_secs_f32() / 2.0 * 100.0;
        println!("seven who {what}: {cost:.2} % of a core");
        all_spoke &= room.events.lock().expect("no panic").len() == 7;
    }
    assert!(all_spoke);
}
