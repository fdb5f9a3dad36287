//! Tests of sent media: chosen for one call, and only where there is a device.

use bellwire_call::{
    CallId, Command, Event, IncomingSignal, MediaState, OfferRule, OutgoingSignal, PeerOutcome, PhoneView,
    UserAction,
};

use crate::builders::{answer, key, offer, ring};
use crate::checked_phone::{CheckedPhone, said};

/// `who` rings.
fn rings(phone: &mut CheckedPhone, call: &str, who: &str) -> CallId {
    phone.receive(key(call), IncomingSignal::Ring(ring(who)));
    phone.newest()
}

fn answered(phone: &mut CheckedPhone, call: &str, who: &str) -> CallId {
    let id = rings(phone, call, who);
    phone.user(UserAction::Accept(id));
    id
}

fn talk(phone: &mut CheckedPhone, call: &str, id: CallId) -> Vec<Command> {
    phone.receive(key(call), IncomingSignal::Offer(offer("o")));
    phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    phone.peer(id, PeerOutcome::Connected)
}

fn local_media(phone: &CheckedPhone) -> (bool, bool) {
    let PhoneView { microphone, camera, .. } = phone.phone.view(phone.now);
    (microphone, camera)
}

/// Microphone and camera as the media of a call were started.
fn started(commands: &[Command]) -> Option<(bool, bool)> {
    commands.iter().find_map(|command| {
        let Command::StartMedia { microphone, camera, .. } = command else { return None };
        Some((*microphone, *camera))
    })
}

fn media(audio: Option<bool>, video: Option<bool>) -> Vec<OutgoingSignal> {
    vec![OutgoingSignal::Media(MediaState { audio, video, sharing: None })]
}

#[test]
fn muting_ends_with_the_call() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    let first = answered(&mut phone, "r", "bob");
    phone.user(UserAction::SetMicrophone(false));
    phone.user(UserAction::SetCamera(false));
    assert_eq!(local_media(&phone), (false, false));
    phone.user(UserAction::HangUp(first));
    assert_eq!(local_media(&phone), (true, true));
    let second = rings(&mut phone, "s", "eve");
    assert_eq!(started(&phone.user(UserAction::Accept(second))), Some((true, true)));
}

#[test]
fn muting_ends_with_the_call_that_makes_room_for_the_next() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    answered(&mut phone, "r", "bob");
    phone.user(UserAction::SetMicrophone(false));
    phone.user(UserAction::SetCamera(false));
    let second = rings(&mut phone, "s", "eve");
    assert_eq!(started(&phone.user(UserAction::EndAndAccept(second))), Some((true, true)));
    assert_eq!(local_media(&phone), (true, true));
}

#[test]
fn a_choice_made_while_it_rings_is_for_that_call() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    let first = rings(&mut phone, "r", "bob");
    phone.user(UserAction::SetMicrophone(false));
    assert_eq!(started(&phone.user(UserAction::Accept(first))), Some((false, true)));
    let second = rings(&mut phone, "s", "eve");
    phone.user(UserAction::HangUp(first));
    assert_eq!(local_media(&phone), (true, true), "the line is free");
    phone.user(UserAction::SetMicrophone(false));
    phone.user(UserAction::Decline(second));
    assert_eq!(local_media(&phone), (true, true), "no call is left");
    phone.user(UserAction::SetMicrophone(false));
    assert_eq!(local_media(&phone), (true, true), "there is no call to mute");
}

#[test]
fn answering_unseen_turns_the_camera_off_for_that_call_alone() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    let first = answered(&mut phone, "r", "bob");
    let second = rings(&mut phone, "s", "eve");
    let commands = phone.user(UserAction::AcceptWithCameraOff(second));
    assert_eq!(started(&commands), Some((true, false)));
    assert!(phone.ended().contains_key(&first));
    let whole = media(Some(true), Some(false));
    assert_eq!(said(&talk(&mut phone, "s", second)), whole);
    phone.receive(key("s"), IncomingSignal::HangUp);
    assert_eq!(local_media(&phone), (true, true));
}

#[test]
fn calls_start_as_the_settings_say() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    let first = answered(&mut phone, "r", "bob");
    phone.handle(Event::StartWith { microphone: false, camera: false });
    assert_eq!(local_media(&phone), (true, true), "not in the middle of a call");
    phone.user(UserAction::HangUp(first));
    let second = rings(&mut phone, "s", "eve");
    assert_eq!(started(&phone.user(UserAction::Accept(second))), Some((false, false)));
    phone.user(UserAction::SetCamera(true));
    assert_eq!(local_media(&phone), (false, true));
}

#[test]
fn a_missing_device_is_told_as_off_and_as_on_once_it_is_there() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    phone.handle(Event::Devices { microphone: true, camera: false });
    let id = answered(&mut phone, "r", "bob");
    assert_eq!(local_media(&phone), (true, true), "what was chosen is not touched");
    assert!(!phone.phone.view(phone.now).has_camera && phone.phone.view(phone.now).has_microphone);
    assert_eq!(said(&talk(&mut phone, "r", id)), media(Some(true), Some(false)));

    assert_eq!(
        said(&phone.handle(Event::Devices { microphone: false, camera: false })),
        media(Some(false), None)
    );
    assert_eq!(said(&phone.handle(Event::Devices { microphone: false, camera: false })), vec![]);
    assert_eq!(said(&phone.user(UserAction::SetCamera(true))), media(None, Some(false)));
    let both = Event::Devices { microphone: true, camera: true };
    assert_eq!(said(&phone.handle(both)), media(Some(true), Some(true)));
    // What the user turned off stays off when the device comes back.
    phone.user(UserAction::SetCamera(false));
    phone.handle(Event::Devices { microphone: true, camera: false });
    assert_eq!(said(&phone.handle(Event::Devices { microphone: true, camera: true })), vec![]);
}

#[test]
fn what_a_description_does_not_offer_is_not_waited_for() {
    let mut phone = CheckedPhone::start(OfferRule::Them);
    let id = answered(&mut phone, "r", "bob");
    let call = phone.call(id);
    assert!(call.remote_has_camera && call.remote_video);
    phone.receive(key("r"), IncomingSignal::Offer(offer("o")));
    phone.peer(id, PeerOutcome::Described { audio: true, video: false });
    phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    phone.peer(id, PeerOutcome::Connected);
    let call = phone.call(id);
    assert!(!call.remote_has_camera && !call.remote_video && call.remote_audio, "{call:?}");
    phone.receive(key("r"), IncomingSignal::Offer(offer("o2")));
    phone.peer(id, PeerOutcome::Described { audio: true, video: true });
    assert!(phone.call(id).remote_has_camera && phone.call(id).remote_video);
}
