//! What goes out of microphone and camera: chosen for one call, and only where there is a device.

use bellwire_call::{
    CallId, Command, Event, IncomingSignal, MediaState, OfferRule, OutgoingSignal, PeerOutcome, PhoneView,
    UserAction,
};

use crate::ledger::{Desk, said};
use crate::words::{answer, key, offer, ring};

/// `who` rings.
fn rings(desk: &mut Desk, call: &str, who: &str) -> CallId {
    desk.hear(key(call), IncomingSignal::Ring(ring(who)));
    desk.newest()
}

fn answered(desk: &mut Desk, call: &str, who: &str) -> CallId {
    let id = rings(desk, call, who);
    desk.user(UserAction::Accept(id));
    id
}

fn talk(desk: &mut Desk, call: &str, id: CallId) -> Vec<Command> {
    desk.hear(key(call), IncomingSignal::Offer(offer("o")));
    desk.peer(id, PeerOutcome::AnswerMade(answer("a")));
    desk.peer(id, PeerOutcome::Connected)
}

fn choice(desk: &Desk) -> (bool, bool) {
    let PhoneView { microphone, camera, .. } = desk.phone.view(desk.now);
    (microphone, camera)
}

/// Microphone and camera as the media of a call were started.
fn started(commands: &[Command]) -> Option<(bool, bool)> {
    commands.iter().find_map(|command| match command {
        Command::StartMedia { microphone, camera, .. } => Some((*microphone, *camera)),
        _ => None,
    })
}

fn media(audio: Option<bool>, video: Option<bool>) -> Vec<OutgoingSignal> {
    vec![OutgoingSignal::Media(MediaState { audio, video, sharing: None })]
}

#[test]
fn muting_ends_with_the_call() {
    let mut desk = Desk::start(OfferRule::Them);
    let first = answered(&mut desk, "r", "bob");
    desk.user(UserAction::SetMicrophone(false));
    desk.user(UserAction::SetCamera(false));
    assert_eq!(choice(&desk), (false, false));
    desk.user(UserAction::HangUp(first));
    assert_eq!(choice(&desk), (true, true));
    let second = rings(&mut desk, "s", "eve");
    assert_eq!(started(&desk.user(UserAction::Accept(second))), Some((true, true)));
}

#[test]
fn muting_ends_with_the_call_that_makes_room_for_the_next() {
    let mut desk = Desk::start(OfferRule::Them);
    answered(&mut desk, "r", "bob");
    desk.user(UserAction::SetMicrophone(false));
    desk.user(UserAction::SetCamera(false));
    let second = rings(&mut desk, "s", "eve");
    assert_eq!(started(&desk.user(UserAction::EndAndAccept(second))), Some((true, true)));
    assert_eq!(choice(&desk), (true, true));
}

#[test]
fn a_choice_made_while_it_rings_is_for_that_call() {
    let mut desk = Desk::start(OfferRule::Them);
    let first = rings(&mut desk, "r", "bob");
    desk.user(UserAction::SetMicrophone(false));
    assert_eq!(started(&desk.user(UserAction::Accept(first))), Some((false, true)));
    let second = rings(&mut desk, "s", "eve");
    desk.user(UserAction::HangUp(first));
    assert_eq!(choice(&desk), (true, true), "the line is free");
    desk.user(UserAction::SetMicrophone(false));
    desk.user(UserAction::Decline(second));
    assert_eq!(choice(&desk), (true, true), "no call is left");
    desk.user(UserAction::SetMicrophone(false));
    assert_eq!(choice(&desk), (true, true), "there is no call to mute");
}

#[test]
fn answering_unseen_turns_the_camera_off_for_that_call_alone() {
    let mut desk = Desk::start(OfferRule::Them);
    let first = answered(&mut desk, "r", "bob");
    let second = rings(&mut desk, "s", "eve");
    let commands = desk.user(UserAction::AcceptUnseen(second));
    assert_eq!(started(&commands), Some((true, false)));
    assert!(desk.ended().contains_key(&first));
    let whole = media(Some(true), Some(false));
    assert_eq!(said(&talk(&mut desk, "s", second)), whole);
    desk.hear(key("s"), IncomingSignal::HangUp);
    assert_eq!(choice(&desk), (true, true));
}

#[test]
fn calls_start_as_the_settings_say() {
    let mut desk = Desk::start(OfferRule::Them);
    let first = answered(&mut desk, "r", "bob");
    desk.handle(Event::StartWith { microphone: false, camera: false });
    assert_eq!(choice(&desk), (true, true), "not in the middle of a call");
    desk.user(UserAction::HangUp(first));
    let second = rings(&mut desk, "s", "eve");
    assert_eq!(started(&desk.user(UserAction::Accept(second))), Some((false, false)));
    desk.user(UserAction::SetCamera(true));
    assert_eq!(choice(&desk), (false, true));
}

#[test]
fn a_missing_device_is_told_as_off_and_as_on_once_it_is_there() {
    let mut desk = Desk::start(OfferRule::Them);
    desk.handle(Event::Devices { microphone: true, camera: false });
    let id = answered(&mut desk, "r", "bob");
    assert_eq!(choice(&desk), (true, true), "what was chosen is not touched");
    assert!(!desk.phone.view(desk.now).has_camera && desk.phone.view(desk.now).has_microphone);
    assert_eq!(said(&talk(&mut desk, "r", id)), media(Some(true), Some(false)));

    assert_eq!(
        said(&desk.handle(Event::Devices { microphone: false, camera: false })),
        media(Some(false), None)
    );
    assert_eq!(said(&desk.handle(Event::Devices { microphone: false, camera: false })), vec![]);
    assert_eq!(said(&desk.user(UserAction::SetCamera(true))), media(None, Some(false)));
    let both = Event::Devices { microphone: true, camera: true };
    assert_eq!(said(&desk.handle(both)), media(Some(true), Some(true)));
    // What the user turned off stays off when the device comes back.
    desk.user(UserAction::SetCamera(false));
    desk.handle(Event::Devices { microphone: true, camera: false });
    assert_eq!(said(&desk.handle(Event::Devices { microphone: true, camera: true })), vec![]);
}

#[test]
fn what_a_description_does_not_offer_is_not_waited_for() {
    let mut desk = Desk::start(OfferRule::Them);
    let id = answered(&mut desk, "r", "bob");
    let call = desk.call(id);
    assert!(call.remote_has_camera && call.remote_video);
    desk.hear(key("r"), IncomingSignal::Offer(offer("o")));
    desk.peer(id, PeerOutcome::Described { audio: true, video: false });
    desk.peer(id, PeerOutcome::AnswerMade(answer("a")));
    desk.peer(id, PeerOutcome::Connected);
    let call = desk.call(id);
    assert!(!call.remote_has_camera && !call.remote_video && call.remote_audio, "{call:?}");
    desk.hear(key("r"), IncomingSignal::Offer(offer("o2")));
    desk.peer(id, PeerOutcome::Described { audio: true, video: true });
    assert!(desk.call(id).remote_has_camera && desk.call(id).remote_video);
}
