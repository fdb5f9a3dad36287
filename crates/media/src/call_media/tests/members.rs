//! Tests of a call of several: each member's pictures and voice, coming and going.

use super::*;
use crate::video::tests::pipeline::WAIT_LIMIT;

/// A member as the call has it, and what is seen and told of them.
struct Seat {
    media: MemberMedia,
    view: Arc<Seen<Shown>>,
    events: Arc<Seen<MediaEvent>>,
}

fn seat(call: &CallMedia) -> Seat {
    let (view, events) = (Seen::new(), Seen::new());
    let told = events.clone();
    let outputs = MemberOutputs { view: view.clone(), events: Arc::new(move |event| told.add(event)) };
    Seat { media: call.join(outputs), view, events }
}

/// Somebody elsewhere whose camera shows that colour, and who speaks.
fn caller(camera: &str, to: &Seat) -> End {
    let end = end(CallMediaConfig { camera: camera.into(), ..config(true) });
    assert!(end.carrier.to.set(to.media.receiver()).is_ok());
    end.media.set_sending(true);
    end
}

/// Red and blue by their chromas.
fn is_red(shown: &Shown) -> bool {
    shown.colour[2] > 170 && shown.colour[1] < 128
}

fn is_blue(shown: &Shown) -> bool {
    shown.colour[1] > 170 && shown.colour[2] < 128
}

fn more(seat: &Seat, what: &str) {
    let before = seat.view.count();
    seat.view.wait(what, |all| (all.len() > before + 10).then_some(()));
}

#[test]
fn each_member_is_seen_apart_and_one_who_leaves_does_not_disturb_the_other() {
    let mirror = Seen::<Shown>::new();
    let here = CallMedia::start(
        CallMediaConfig { camera: "echo".into(), microphone: "none".into(), ..config(true) },
        Outputs {
            audio: Seen::<EncodedFrame>::new(),
            video: Seen::<EncodedFrame>::new(),
            self_view: mirror.clone(),
            events: Arc::new(|_| {}),
        },
    );
    let (red, blue) = (seat(&here), seat(&here));
    let callers = (caller("test:c82828", &red), caller("test:2828c8", &blue));
    more(&red, "the first member");
    more(&blue, "the second member");
    for seat in [&red, &blue] {
        for wanted in ["the first picture", "the first sound"] {
            seat.events.wait(wanted, |all| {
                let picture = all.iter().any(|event| matches!(event, MediaEvent::FirstVideo(_)));
                let sound = all.iter().any(|event| matches!(event, MediaEvent::FirstAudio(_)));
                (if wanted == "the first picture" { picture } else { sound }).then_some(())
            });
        }
    }
    let stats = (red.media.stats(), blue.media.stats());
    assert!(stats.0.frames > 0 && stats.1.frames > 0 && stats.0.video_codec == "H264", "{stats:?}");
    mirror.wait("the first member in the mirror, and nobody else", |all| {
        let wrong = all.iter().find(|shown| is_blue(shown));
        assert!(wrong.is_none(), "{wrong:?}");
        all.iter().any(is_red).then_some(())
    });
    // One leaves; a packet that is still on its way harms nobody.
    let (left, late) = (red.view.clone(), red.media.receiver());
    drop(red);
    let shown = left.count();
    late.round_trip(Duration::from_millis(50));
    more(&blue, "the second member after the first has left");
    assert_eq!(left.count(), shown, "a picture of who has left");
    left.wait("nothing but red", |all| all.iter().all(is_red).then_some(()));
    blue.view.wait("nothing but blue", |all| all.iter().all(is_blue).then_some(()));
    mirror.wait("the one who stays in the mirror", |all| all.iter().any(is_blue).then_some(()));
    assert!(here.stats().frames_received > 0);
    drop(blue);
    assert_eq!(here.stats().frames_received, 0, "of nobody");
    drop(callers);
}

#[test]
fn a_hidden_member_is_heard_and_comes_back_with_a_key_frame() {
    let here = end(CallMediaConfig { camera: "none".into(), ..config(true) });
    let member = seat(&here.media);
    let caller = caller("test:pattern", &member);
    more(&member, "the member");
    member.media.set_visible(false);
    // What was on its way may still be shown.
    std::thread::sleep(Duration::from_millis(300));
    let (decoded, shown) = (member.media.stats().frames_decoded, member.view.count());
    let sent = caller.media.sent_stats().frames;
    let until = Instant::now() + WAIT_LIMIT;
    while caller.media.sent_stats().frames < sent + 20 {
        assert!(Instant::now() < until, "{:?}", caller.media.sent_stats());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((member.media.stats().frames_decoded, member.view.count()), (decoded, shown));
    assert!(member.media.level_db() > -40.0, "{:?}", member.media.stats());
    let asked = |all: &[MediaEvent]| all.iter().filter(|event| **event == MediaEvent::KeyFrameWanted).count();
    let before = member.events.wait("the requests so far", |all| Some(asked(all)));
    member.media.set_visible(true);
    member.events.wait("a request", |all| (asked(all) > before).then_some(()));
    caller.media.force_key_frame(0);
    more(&member, "the member again");
}

#[test]
fn call_and_member_end_in_either_order() {
    for call_first in [true, false] {
        let here = end(config(true));
        let member = seat(&here.media);
        let caller = caller("test:pattern", &member);
        more(&member, "the member");
        let receiver = member.media.receiver();
        let End { media, member: other, own, .. } = here;
        let media = Arc::into_inner(media).expect("nobody else has it");
        let view = member.view.clone();
        if call_first {
            drop(media);
            // Its pictures go on without the call's own threads.
            more(&member, "the member without the call");
            drop(member);
        } else {
            drop(member);
            drop(media);
        }
        drop(other);
        // Whatever a thread held is let go of once it is joined.
        let (shown, seen) = (view.count(), own.count());
        receiver.round_trip(Duration::from_millis(20));
        drop(caller);
        assert_eq!((view.count(), own.count()), (shown, seen), "a thread goes on");
        assert_eq!(Arc::strong_count(&own), 1, "a thread has the self-view");
        assert_eq!(Arc::strong_count(&view), 1, "a thread has the member's view");
    }
}
