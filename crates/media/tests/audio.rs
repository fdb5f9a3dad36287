//! Tests of audio through real devices: a private PulseAudio server with null sinks as microphone and
//! speaker. They measure, but assert nothing about the machine's speed.

#[path = "audio/measure.rs"]
mod measure;
#[path = "audio/server.rs"]
mod server;
#[path = "audio/wiring.rs"]
mod wiring;

use std::path::PathBuf;
use std::time::Duration;

use bellwire_media::{
    CallMediaConfig, DeviceChange, DeviceEvent, DeviceKind, DeviceProblem, Direction, MediaEvent, Processing,
    Tone, ToneOutputs, TonePlayer,
};
use measure::{dropouts, level_db, likeness, locate, read_wav, sharpest};
use server::Server;
use wiring::{Wire, until};

fn voice() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
        .join("../../assets/media/voice-22s-48k.wav")
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

/// The news of one kind of device, in order.
fn news(events: &wiring::Events, device: DeviceKind) -> Vec<DeviceEvent> {
    let events = events.lock().expect("no sink panicked");
    let mut news = Vec::new();
    for event in events.iter() {
        if let MediaEvent::Device(one) = event
            && one.device == device
        {
            news.push(one.clone());
        }
    }
    news
}

fn switched(name: &str, problem: Option<DeviceProblem>) -> DeviceEvent {
    let happened = DeviceChange::Switched;
    DeviceEvent { device: DeviceKind::Speaker, happened, name: name.into(), problem }
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
    server.load("module-null-sink sink_name=spk sink_properties=device.description=Speaker rate=48000");
    until("the wanted speaker plays again", || media.stats().speaker == "Speaker");
    until("that is told", || news(&events, DeviceKind::Speaker).len() >= 2);
    let back = DeviceEvent { happened: DeviceChange::Back, ..switched("Speaker", None) };
    assert_eq!(
        news(&events, DeviceKind::Speaker),
        [switched("Other", Some(DeviceProblem::Missing)), back],
        "told once each"
    );
}

#[test]
fn devices_are_changed_in_a_call_and_the_other_direction_does_not_notice() {
    let server = Server::start();
    server.load("module-null-sink sink_name=other sink_properties=device.description=Other rate=48000");
    server.load("module-null-sink sink_name=third sink_properties=device.description=Third rate=48000");
    server.make_default("spk");
    let wire = Wire::default();
    let (listener, events) = wire.end(config("default", "pulseaudio:spk"));
    let (talker, _) = wire.speaker_to(config("test:tone", "none"), &listener);
    talker.set_sending(true);
    until("the first speaker plays", || listener.stats().speaker == "Speaker");
    let (first, second) = (server.record("spk.monitor"), server.record("other.monitor"));
    until("the tone is heard", || first.last_second_level() > -20.0 && second.samples() > 48_000);
    assert!(second.last_second_level() < -80.0, "only one speaker plays");

    let changed = first.samples();
    listener.set_speaker_device("pulseaudio:other");
    until("the second plays", || second.last_second_level() > -20.0 && first.last_second_level() < -80.0);
    let clicks = (sharpest(&first.finish().sound[changed..]), sharpest(&second.so_far()));
    println!(
        "sharpest edges at the change: {:.4} in the old speaker, {:.4} in the new one",
        clicks.0, clicks.1
    );
    // The tone has an amplitude of 0.2: cut anywhere but near a zero it leaves more.
    assert!(clicks.0 < 0.03 && clicks.1 < 0.03, "{clicks:?}");
    // The microphone changes five times; what is heard goes on all the while.
    let (from, underruns) = (second.samples(), listener.stats().underruns);
    for id in ["pulseaudio:mic", "none", "test:tone", "pulseaudio:third.monitor", "default"] {
        listener.set_microphone_device(id);
        let wanted = ["pulseaudio:mic", "default"].contains(&id);
        until("the microphone is open", || !wanted || listener.stats().microphone == "Microphone");
        std::thread::sleep(Duration::from_millis(300));
    }
    listener.set_processing(Processing::default());
    until("a second more", || second.samples() > from + 96_000);
    let heard = second.finish();
    let silent = heard.sound[from..].chunks(4800).filter(|piece| level_db(piece) < -40.0).count();
    assert_eq!(silent, 0, "the tone was interrupted");
    println!("{} underruns while microphones changed", listener.stats().underruns - underruns);
    assert_eq!(news(&events, DeviceKind::Speaker), [], "who chose it need not be told");

    // A speaker that is not there: the default takes its place, with the reason.
    listener.set_speaker_device("pulseaudio:gone?label=Gone");
    until("it is told", || !news(&events, DeviceKind::Speaker).is_empty());
    assert_eq!(news(&events, DeviceKind::Speaker), [switched("Other", Some(DeviceProblem::Missing))]);
    // Another id and the same label is the same device.
    server.load("module-null-sink sink_name=new sink_properties=device.description=Gone rate=48000");
    until("it is found by its label", || listener.stats().speaker == "Gone");
    let third = server.record("new.monitor");
    until("and plays", || third.last_second_level() > -20.0);
}

#[test]
fn a_microphone_comes_and_goes_while_the_call_goes_on() {
    let server = Server::start();
    server.load("module-null-sink sink_name=feed2 sink_properties=device.description=Feed2 rate=48000");
    server.load(
        "module-remap-source source_name=usb master=feed2.monitor source_properties=device.description=Headset",
    );
    let wire = Wire::default();
    let (media, events) = wire.echo(config("pulseaudio:usb", "default"));
    media.set_sending(true);
    until("the headset is open", || media.stats().microphone == "Headset");
    server.unload("source_name=usb ");
    until("the other microphone takes over", || media.stats().microphone == "Microphone");
    let sent = wire.packets();
    until("packets go on", || wire.packets() > sent + 20);
    server.load(
        "module-remap-source source_name=usb master=feed2.monitor source_properties=device.description=Headset",
    );
    until("the headset is back", || media.stats().microphone == "Headset");
    until("all is told", || news(&events, DeviceKind::Microphone).len() >= 2);
    let told: Vec<_> =
        news(&events, DeviceKind::Microphone).into_iter().map(|n| (n.happened, n.name)).collect();
    assert_eq!(told, [(DeviceChange::Switched, "Microphone".into()), (DeviceChange::Back, "Headset".into())]);
    server.play_in_background(&voice(), "feed2");
    let recorded = server.record("spk.monitor");
    until("speech is heard through it", || recorded.loudest() > 0.05);
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
    let both = |happened: DeviceChange| {
        [DeviceKind::Microphone, DeviceKind::Speaker]
            .into_iter()
            .all(|device| news(&events, device).iter().any(|news| news.happened == happened))
    };
    until("the loss is told", || both(DeviceChange::Lost));
    let sent = wire.packets();
    until("silence is sent meanwhile", || wire.packets() > sent + 20);
    server.restart();
    until("both are back", || both(DeviceChange::Back));
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
    let tones = TonePlayer::start(ToneOutputs::only("pulseaudio:bell"));
    let recorded = server.record("bell.monitor");
    tones.play(Tone::Ringing);
    until("ringing is heard", || recorded.loudest() > 0.1);
    tones.play(Tone::Sound { wav: std::fs::read(voice()).unwrap().into(), looped: true });
    let before = recorded.samples();
    until("another sound follows", || recorded.samples() > before + 48_000);
    assert!(tones.is_playing());
    tones.stop();
    until("it is still", || recorded.last_second_level() < -80.0);
    assert!(!tones.is_playing());
}

#[test]
fn a_ring_goes_on_while_its_outputs_and_volume_change() {
    let server = Server::start();
    for (name, label) in [("bell", "Bell"), ("hall", "Hall")] {
        server.load(&format!(
            "module-null-sink sink_name={name} sink_properties=device.description={label} rate=48000"
        ));
    }
    let long = Tone::Sound { wav: std::fs::read(voice()).unwrap().into(), looped: true };
    let outputs = |first: &str, second: Option<&str>, volume| ToneOutputs {
        first: format!("pulseaudio:{first}"),
        second: second.map(|second| format!("pulseaudio:{second}")),
        volume,
    };
    let tones = TonePlayer::start(outputs("bell", Some("hall"), 1.0));
    let (bell, hall, spk) =
        (server.record("bell.monitor"), server.record("hall.monitor"), server.record("spk.monitor"));
    tones.play(long);
    until("both ring", || bell.last_second_level() > -35.0 && hall.last_second_level() > -35.0);
    assert!(spk.loudest() < 0.001);
    tones.set_outputs(outputs("bell", Some("hall"), 0.1));
    until("it is soft", || bell.last_second_level() < -50.0 && hall.last_second_level() < -50.0);
    tones.set_outputs(outputs("bell", None, 1.0));
    until("one rings", || bell.last_second_level() > -35.0 && hall.last_second_level() < -80.0);
    // The only one left goes: the default rings.
    server.unload("sink_name=bell ");
    until("the default rings", || spk.last_second_level() > -35.0);
    // A second one that is the same device makes it no louder.
    let loudest = |level: &dyn Fn() -> f32| {
        let mut most = f32::MIN;
        for _ in 0..220 {
            most = most.max(level());
            std::thread::sleep(Duration::from_millis(100));
        }
        most
    };
    let alone = loudest(&|| spk.last_second_level());
    tones.set_outputs(outputs("bell", Some("spk"), 1.0));
    let twice = loudest(&|| spk.last_second_level());
    assert!((alone - twice).abs() < 2.0, "{alone} and {twice} dB");
    tones.stop();
    until("it is still", || spk.last_second_level() < -80.0 && hall.last_second_level() < -80.0);
}

#[test]
fn devices_are_listed_with_names_and_monitors_are_marked() {
    let _server = Server::start();
    let devices = bellwire_media::list_audio_devices();
    let offered = bellwire_media::offered_ids(&devices, &["pulseaudio:old?label=Speaker"]);
    assert!(offered.contains(&"pulseaudio:old?label=Speaker".to_owned()), "{offered:?}");
    assert!(offered.contains(&"pulseaudio:mic?label=Microphone".to_owned()), "{offered:?}");
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
        for device in [DeviceKind::Microphone, DeviceKind::Speaker] {
            let news = news(&events, device);
            assert_eq!(news.len(), 1, "{news:?}");
            assert_eq!(
                (news[0].happened, news[0].problem),
                (DeviceChange::Lost, Some(DeviceProblem::Missing))
            );
        }
    }
    drop(media);
}
