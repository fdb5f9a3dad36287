//! Tests of sharing the screen in place of the camera, and back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pipeline::{Seen, Shown, WAIT_LIMIT, pattern, send};
use crate::video::{SourceEvent, VideoFormat, VideoSenderConfig};
use crate::{Codec, EncodedFrame};

fn sending_nothing_for_a_while(encoded: &Seen<EncodedFrame>) {
    // One picture may have been on its way.
    std::thread::sleep(Duration::from_millis(300));
    let sent = encoded.count();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(encoded.count(), sent);
}

#[test]
fn a_shared_screen_replaces_the_camera_from_a_key_frame_on_and_back() {
    for &codec in crate::codec::video_codecs() {
        let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
        let format = VideoFormat { width: 1280, height: 720, fps: 30 };
        let sending =
            send(VideoSenderConfig { format, bitrate: 1_300_000, ..pattern(codec) }, encoded.clone());
        encoded.wait("the camera", |all| (all.len() >= 5).then_some(()));
        let keys = |at_least: u64| {
            let until = Instant::now() + WAIT_LIMIT;
            while sending.sender.stats().key_frames < at_least {
                assert!(Instant::now() < until, "{:?}", sending.sender.stats());
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let before = sending.sender.stats().key_frames;
        sending.sender.share(Some("test:c82828"));
        let is_red = |shown: &Shown| shown.number.is_none() && shown.colour[2] > 180;
        sending.self_view.wait("the screen", |all| all.iter().any(is_red).then_some(()));
        keys(before + 1);
        let until = Instant::now() + WAIT_LIMIT;
        while sending.sender.stats().width != 1920 {
            assert!(Instant::now() < until, "{:?}", sending.sender.stats());
            std::thread::sleep(Duration::from_millis(10));
        }
        let (seen, before) = (sending.self_view.count(), sending.sender.stats().key_frames);
        sending.sender.share(None);
        let back = |all: &[Shown]| all[seen..].iter().any(|shown| shown.number.is_some()).then_some(());
        sending.self_view.wait("the camera again", back);
        keys(before + 1);
        let events = sending.events.wait("three openings", |all| (all.len() >= 3).then(|| all.to_vec()));
        assert!(events.iter().all(|event| matches!(event, SourceEvent::Opened { .. })), "{events:?}");
        // Whatever the source, time goes forward.
        let stamps =
            encoded.wait("pictures", |all| Some(all.iter().map(|f| f.timestamp).collect::<Vec<_>>()));
        assert!(stamps.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]).cast_signed() > 0));
    }
}

#[test]
fn a_camera_that_is_off_stays_off_behind_a_shared_screen() {
    let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
    let sending = send(VideoSenderConfig { on: false, ..pattern(Codec::H264) }, encoded.clone());
    sending.sender.share(Some("test:2828c8"));
    encoded.wait("the screen", |all| (all.len() >= 3).then_some(()));
    sending.sender.share(None);
    sending_nothing_for_a_while(&encoded);
    sending.self_view.wait("only the screen", |all| {
        assert!(all.iter().all(|shown| shown.number.is_none()));
        Some(())
    });
    // Turned on while a screen is shared, it waits for its turn.
    sending.sender.share(Some("test:2828c8"));
    sending.sender.set_on(true);
    let seen = encoded.count();
    encoded.wait("the screen again", |all| (all.len() >= seen + 3).then_some(()));
    sending.sender.share(None);
    sending.self_view.wait("the camera", |all| all.iter().any(|shown| shown.number.is_some()).then_some(()));
}

#[test]
fn a_screen_that_cannot_be_shared_is_an_event_and_the_camera_goes_on() {
    let encoded: Arc<Seen<EncodedFrame>> = Seen::new();
    let sending = send(pattern(Codec::H264), encoded.clone());
    encoded.wait("the camera", |all| (all.len() >= 5).then_some(()));
    for screen in ["screen:no number", "file:/there/is/no/such.mp4"] {
        let (told, seen) = (sending.events.count(), sending.self_view.count());
        sending.sender.share(Some(screen));
        sending.events.wait("the loss", |all| {
            let lost = |event: &SourceEvent| {
                matches!(event, SourceEvent::ShareLost { message, .. } if !message.is_empty())
            };
            all[told..].iter().any(lost).then_some(())
        });
        let back = |all: &[Shown]| all[seen..].iter().any(|shown| shown.number.is_some()).then_some(());
        sending.self_view.wait("the camera", back);
        // It opens once more; that is one event, and the next round counts from there.
        sending.events.wait("the camera's opening", |all| (all.len() >= told + 2).then_some(()));
    }
}
