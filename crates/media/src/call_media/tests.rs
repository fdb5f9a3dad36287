//! Tests of ends of a call joined by packets, without network and devices.

mod members;

use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::*;
use crate::video::packetize::Packetizer;
use crate::video::tests::pipeline::{Seen, Shown};
use crate::{Codec, EncodedFrame, EncodedSink, Packet, SharedReceiver};

/// Carries packets to the other end, or only counts.
struct Carrier {
    packetizer: Mutex<Packetizer>,
    sounds: AtomicU16,
    to: OnceLock<SharedReceiver>,
    sent: Arc<Seen<Codec>>,
}

impl EncodedSink for Carrier {
    fn send(&self, frame: EncodedFrame) {
        self.sent.add(frame.codec);
        let Some(receiver) = self.to.get() else { return };
        if frame.codec == Codec::Opus {
            let sequence = self.sounds.fetch_add(1, Ordering::Relaxed);
            let EncodedFrame { codec, data, timestamp, .. } = frame;
            let packet =
                Packet { sequence, timestamp, marker: false, payload: data, arrived: Instant::now() };
            return receiver.packet(codec, packet);
        }
        for packet in self.packetizer.lock().expect("no test panics inside").cut(&frame, Instant::now()) {
            receiver.packet(frame.codec, packet);
        }
    }
}

struct End {
    media: Arc<CallMedia>,
    member: MemberMedia,
    carrier: Arc<Carrier>,
    remote: Arc<Seen<Shown>>,
    own: Arc<Seen<Shown>>,
    events: Arc<Seen<MediaEvent>>,
}

fn end(config: CallMediaConfig) -> End {
    let carrier = Arc::new(Carrier {
        packetizer: Mutex::new(Packetizer::new(0)),
        sounds: AtomicU16::new(0),
        to: OnceLock::new(),
        sent: Seen::new(),
    });
    let (remote, own, events) = (Seen::new(), Seen::new(), Seen::new());
    let told = events.clone();
    let tell: Arc<dyn Fn(MediaEvent) + Send + Sync> = Arc::new(move |event| {
        if !matches!(event, MediaEvent::Levels { .. }) {
            told.add(event);
        }
    });
    let outputs = Outputs {
        audio: carrier.clone(),
        video: carrier.clone(),
        self_view: own.clone(),
        events: tell.clone(),
    };
    let media = Arc::new(CallMedia::start(config, outputs));
    let member = media.join(MemberOutputs { view: remote.clone(), events: tell });
    End { media, member, carrier, remote, own, events }
}

fn config(video: bool) -> CallMediaConfig {
    CallMediaConfig {
        video,
        microphone: "test:tone".into(),
        speaker: "none".into(),
        camera: "test:pattern".into(),
        ..CallMediaConfig::default()
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_other_side_sees_the_screen_and_then_the_camera_again() {
    use crate::video::tests::display::{SIZE, display};
    use crate::video::tests::pipeline::WAIT_LIMIT;

    let red = display().window("Shared", (0, 0), SIZE, 0xc8_2828);
    let sender = end(CallMediaConfig { audio: false, ..config(true) });
    let receiver = end(CallMediaConfig { audio: false, camera: "none".into(), ..config(true) });
    assert!(sender.carrier.to.set(receiver.member.receiver()).is_ok());
    sender.media.set_sending(true);

    let until = |what: &str, from: usize, wanted: &dyn Fn(&Shown) -> bool| {
        let end = Instant::now() + WAIT_LIMIT;
        let mut asked = 0;
        loop {
            let (shown, seen) = receiver.remote.wait("anything", |all| {
                Some((all.len(), all.get(from..).is_some_and(|new| new.iter().any(wanted))))
            });
            if seen {
                return shown;
            }
            assert!(Instant::now() < end, "never seen: {what}; {:?}", receiver.media.stats());
            // The way back, which a network would be.
            let wants = receiver.events.count();
            if wants > asked {
                asked = wants;
                sender.media.force_key_frame(0);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let is_pattern = |shown: &Shown| shown.number.is_some();
    let is_red = |shown: &Shown| shown.number.is_none() && shown.colour[2].abs_diff(198) < 12;
    let seen = until("the camera", 0, &is_pattern);
    sender.media.share(Some("screen:"));
    let seen = until("the screen", seen, &is_red);
    assert_eq!(receiver.media.stats().width_received, u32::from(SIZE.0));
    sender.media.share(None);
    until("the camera again", seen, &is_pattern);
    // A window that is closed ends the sharing by itself.
    sender.media.share(Some(&format!("screen:{red}")));
    let seen = until("the window", receiver.remote.count(), &is_red);
    display().close(red);
    sender.events.wait("the end of sharing", |all| {
        all.iter().any(|event| matches!(event, MediaEvent::SharingLost { .. })).then_some(())
    });
    until("the camera after all", seen, &is_pattern);
}

#[test]
fn a_voice_call_starts_no_camera_and_shares_nothing() {
    let sounds =
        |all: &[Codec]| (all.iter().filter(|codec| **codec == Codec::Opus).count() >= 50).then_some(());
    let voice = end(config(false));
    voice.media.set_sending(true);
    voice.media.set_camera(true);
    voice.media.share(Some("test:c82828"));
    voice.events.wait("a refusal", |all| {
        all.iter().any(|event| matches!(event, MediaEvent::SharingLost { .. })).then_some(())
    });
    voice.media.force_key_frame(0);
    voice.carrier.sent.wait("sound", sounds);
    assert!(voice.media.camera.is_none() && !voice.media.has_video);
    assert_eq!(voice.own.count(), 0, "a camera runs");
    voice.carrier.sent.wait("only sound", |all| {
        assert!(all.iter().all(|codec| *codec == Codec::Opus));
        Some(())
    });
    // The same settings with pictures, to show that the camera would have run.
    let video = end(config(true));
    video.media.set_sending(true);
    video.carrier.sent.wait("sound", sounds);
    video.own.wait("the camera", |all| (!all.is_empty()).then_some(()));
}
