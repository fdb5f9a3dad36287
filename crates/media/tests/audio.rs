//! Sound through real devices: a private PulseAudio server with null sinks as microphone and speaker.
//! Measures are taken, but nothing is asserted about how fast the machine is.

#[path = "audio/measure.rs"]
mod measure;
#[path = "audio/server.rs"]
mod server;
#[path = "audio/wiring.rs"]
mod wiring;

use std::path::PathBuf;
use std::time::Duration;

use bellwire_media::{CallMedia, CallMediaConfig, Direction, MediaEvent, Processing, Tone, TonePlayer};
use measure::{dropouts, level_db, likeness, locate, read_wav};
use server::Server;
use wiring::{Wire, until};

fn voice() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/media/voice-22s-48k.wav"))
}

fn config(microphone: &str, speaker: &str) -> CallMediaConfig {
    CallMediaConfig {
        video: false,
        microphone: microphone.into(),
        speaker: speaker.into(),
        processing: Processing { echo: false, noise: false, gain: false },
        ..CallMediaConfig::default()
    }
}

#[test]
fn speech_goes_from_microphone_to_speaker() {
    let server = Server::start();
    let wire = Wire::default();
    let (listener, heard) = wire.end(config("none", "default"));
    let (speaker, _) = wire.speaker_to(config("default", "none"), &listener);
    speaker.set_sending(true);
    until("both devices are open", || {
        !speaker.stats().microphone.is_empty() && !listener.stats().speaker.is_empty()
    });
    let near = server.record("vmic.monitor");
    let far = server.record("spk.monitor");
    until("the recorders run", || near.samples() > 9600 && far.samples() > 9600);
    server.play(&voice(), "vmic");
    std::thread::sleep(Duration::from_millis(1500));
    let (near, far) = (near.finish(), far.finish());

    assert!(heard.lock().unwrap().iter().any(|event| matches!(event, MediaEvent::FirstAudio(_))));
    let speech = read_wav(&voice());
    let (from, quality) = locate(&speech, &far.sound);
    let (sent_from, _) = locate(&speech, &near.sound);
    let delay = far.at(from) - near.at(sent_from);
    let received = &far.sound[from..];
    let level = level_db(&received[..speech.len().min(received.len())]) - level_db(&speech);
    let gaps = dropouts(&speech, received);
    let alike = likeness(&speech, received);
    let stats = listener.stats();
    println!(
        "microphone to speaker: delay {:.0} ms, level {level:+.1} dB, likeness {alike:.3}, correlation {quality:.3}, \
         dropouts {:.2} %, concealed {:.4}, underruns {}, jitter buffer {:.0} ms",
        delay * 1000.0,
        gaps * 100.0,
        stats.concealed,
        stats.underruns,
        stats.jitter_ms
    );
    assert!(delay > 0.0 && delay < 1.0, "{delay} s");
    assert!(level.abs() < 3.0, "{level} dB");
    assert!(alike > 0.85, "{alike}");
    assert!(gaps < 0.05, "{gaps}");
}

#[test]
fn a_speech_file_arrives_in_a_file_without_any_device() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("heard.wav");
    let wire = Wire::default();
    let (listener, _) = wire.end(config("none", &format!("file:{}", out.display())));
    let (speaker, _) = wire.speaker_to(config(&format!("file:{}", voice().display()), "none"), &listener);
    speaker.set_sending(true);
    std::thread::sleep(Duration::from_secs(9));
    let stats = (speaker.stats(), listener.stats());
    drop((speaker, listener));
    let speech = &read_wav(&voice())[..48_000 * 7];
    let heard = read_wav(&out);
    let (from, _) = locate(speech, &heard);
    let alike = likeness(speech, &heard[from..]);
    println!("file to file: likeness {alike:.3}, {:?}", stats.1);
    assert!(alike > 0.9, "{alike}");
    assert!(stats.0.audio_kbps_sent > 10.0 && stats.1.audio_kbps_received > 10.0);
    assert!(stats.1.audio_level_received_db > -60.0);
}

#[test]
fn an_unplugged_speaker_is_replaced_and_taken_up_again() {
    let server = Server::start();
    server.load("module-null-sink sink_name=other sink_properties=device.description=Other rate=48000");
    server.make_default("other");
    let wire = Wire::default();
    let (media, events) = wire.echo(config("test:tone", "pulseaudio:spk"));
    media.set_sending(true);
    until("the wanted speaker plays", || media.stats().speaker == "Speaker");
    server.unload("sink_name=spk ");
    until("another speaker plays", || !["", "Speaker"].contains(&media.stats().speaker.as_str()));
    let recorded = server.record("other.monitor");
    until("the tone is recorded", || recorded.samples() > 48_000);
    let recorded = recorded.finish();
    assert!(level_db(&recorded.sound[24_000..]) > -30.0, "{}", level_db(&recorded.sound));
    {
        let events = events.lock().unwrap();
        let lost = events.iter().position(|event| matches!(event, MediaEvent::SpeakerLost { .. }));
        let back = events.iter().position(|event| matches!(event, MediaEvent::SpeakerBack));
        assert!(lost.is_some() && lost < back, "{events:?}");
    }
    server.load("module-null-sink sink_name=spk sink_properties=device.description=Speaker rate=48000");
    until("the wanted speaker plays again", || media.stats().speaker == "Speaker");
}

#[test]
fn the_sound_server_may_die_and_come_back() {
    let mut server = Server::start();
    let wire = Wire::default();
    let (media, events) = wire.echo(config("default", "default"));
    media.set_sending(true);
    until("both devices are open", || {
        let stats = media.stats();
        !stats.microphone.is_empty() && !stats.speaker.is_empty()
    });
    server.kill();
    let both = |microphone: fn(&MediaEvent) -> bool, speaker: fn(&MediaEvent) -> bool| {
        let events = events.lock().unwrap();
        events.iter().any(microphone) && events.iter().any(speaker)
    };
    until("the loss is told", || {
        both(
            |event| matches!(event, MediaEvent::MicrophoneLost { .. }),
            |event| matches!(event, MediaEvent::SpeakerLost { .. }),
        )
    });
    let sent = wire.packets();
    until("silence is sent meanwhile", || wire.packets() > sent + 20);
    server.restart();
    until("both are back", || {
        both(
            |event| matches!(event, MediaEvent::MicrophoneBack),
            |event| matches!(event, MediaEvent::SpeakerBack),
        )
    });
    let recorded = server.record("spk.monitor");
    server.play_in_background(&voice(), "vmic");
    until("speech is heard again", || recorded.loudest() > 0.05);
}

#[test]
fn muting_silences_and_unmuting_restores() {
    let wire = Wire::default();
    let (media, _) = wire.echo(config("test:tone", "none"));
    media.set_sending(true);
    until("the tone is heard", || media.stats().audio_level_received_db > -30.0);
    media.set_microphone(false);
    until("nothing is heard", || media.stats().audio_level_received_db < -60.0);
    let sent = wire.packets();
    until("packets go on", || wire.packets() > sent + 20);
    assert!(media.stats().microphone_muted);
    media.set_microphone(true);
    until("the tone is heard again", || media.stats().audio_level_received_db > -30.0);
}

#[test]
fn the_ringtone_is_heard_where_it_should_be_and_stops() {
    let server = Server::start();
    server.load("module-null-sink sink_name=bell sink_properties=device.description=Bell rate=48000");
    let tones = TonePlayer::start("pulseaudio:bell");
    let recorded = server.record("bell.monitor");
    tones.play(Tone::Ringing);
    until("ringing is heard", || recorded.loudest() > 0.1);
    tones.play(Tone::Sound { wav: std::fs::read(voice()).unwrap().into(), looped: true });
    let before = recorded.samples();
    until("another sound follows", || recorded.samples() > before + 48_000);
    tones.stop();
    until("it is still", || recorded.last_second_level() < -80.0);
}

#[test]
fn devices_are_listed_with_names_and_monitors_are_marked() {
    let _server = Server::start();
    let devices = bellwire_media::list_audio_devices();
    let find = |id: &str, direction| {
        devices.iter().find(|device| device.id == id && device.direction == direction).unwrap()
    };
    let speaker = find("pulseaudio:spk", Direction::Output);
    assert_eq!((speaker.label.as_str(), speaker.default, speaker.monitor), ("Speaker", true, false));
    let microphone = find("pulseaudio:mic", Direction::Input);
    assert!(microphone.default && !microphone.monitor);
    assert!(find("pulseaudio:spk.monitor", Direction::Input).monitor);
}

#[test]
fn a_machine_without_sound_still_has_a_call() {
    let _nothing = Server::none();
    let wire = Wire::default();
    let (media, events) = wire.echo(config("default", "default"));
    media.set_sending(true);
    until("silence is sent and received", || wire.packets() > 50 && media.stats().audio_kbps_received > 0.0);
    if !std::path::Path::new("/proc/asound/card0").exists() {
        let events = events.lock().unwrap();
        assert!(events.iter().any(|event| matches!(event, MediaEvent::MicrophoneLost { .. })));
        assert!(events.iter().any(|event| matches!(event, MediaEvent::SpeakerLost { .. })));
    }
    drop::<CallMedia>(media);
}
