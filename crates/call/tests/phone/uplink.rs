//! Tests of calls of several whose media is passed on by a peer that is no person.

use std::time::Duration;

use bellwire_call::{
    CallId, CallKey, CallState, Command, EndReason, Epoch, Event, IncomingSignal, Invite, MediaState,
    MemberId, OfferRule, Participant, PeerId, PeerOutcome, UserAction,
};

use crate::builders::{answer, invite, key, local, offer, person, remote};
use crate::checked_phone::CheckedPhone;

const ENGINE: &str = "engine";

fn engine() -> IncomingSignal {
    IncomingSignal::Uplink(Some(PeerId(ENGINE.into())))
}

fn of(peer: &str) -> CallKey {
    CallKey::Member(remote("r"), PeerId(peer.into()))
}

/// Somebody whose media the engine offers.
fn member(name: &str) -> Participant {
    let media = MediaState { audio: Some(true), video: Some(true), sharing: None };
    Participant { peer: PeerId(format!("peer-{name}")), person: person(name), media, we_offer: Some(false) }
}

/// We have called two people, and are in the room with nobody but the engine.
fn waiting() -> (CheckedPhone, CallId) {
    let mut phone = CheckedPhone::start(OfferRule::Told);
    let both = Invite { others: vec![person("cleo")], ..invite("ben") };
    phone.user(UserAction::Dial { account: crate::builders::HOME, invite: both });
    let id = phone.newest();
    phone.receive(local(id), IncomingSignal::Seats(8));
    phone.receive(local(id), IncomingSignal::Placed { local: id, remote: remote("r"), subject: None });
    let commands = phone.receive(key("r"), engine());
    assert_eq!(opened(&commands), [], "nobody has answered yet");
    phone.receive(key("r"), IncomingSignal::Participants(Vec::new()));
    (phone, id)
}

fn opened(commands: &[Command]) -> Vec<MemberId> {
    let of = |command: &Command| {
        if let Command::OpenPeer { member, .. } = command { Some(*member) } else { None }
    };
    commands.iter().filter_map(of).collect()
}

fn offers(commands: &[Command]) -> Vec<(MemberId, bool)> {
    let of = |command: &Command| {
        let Command::CreateOffer { member, ice_restart, .. } = command else { return None };
        Some((*member, *ice_restart))
    };
    commands.iter().filter_map(of).collect()
}

fn report(phone: &mut CheckedPhone, call: CallId, member: MemberId, outcome: PeerOutcome) -> Vec<Command> {
    let epoch = phone.epoch_of(call, member).unwrap_or(Epoch(0));
    phone.handle(Event::Peer { call, member, epoch, outcome })
}

/// Ben has come; what we send is on its way. With the uplink's number.
fn talking() -> (CheckedPhone, CallId, MemberId) {
    let (mut phone, id) = waiting();
    let commands = phone.receive(of("peer-ben"), IncomingSignal::Joined(member("ben")));
    let [(uplink, false)] = offers(&commands)[..] else { panic!("{commands:?}") };
    assert_eq!(opened(&commands).len(), 2, "one to the engine, and one that waits for an offer");
    report(&mut phone, id, uplink, PeerOutcome::OfferMade(offer("ours")));
    phone.receive(of(ENGINE), IncomingSignal::Answer(answer("engine\'s")));
    report(&mut phone, id, uplink, PeerOutcome::AnswerApplied);
    report(&mut phone, id, uplink, PeerOutcome::Connected);
    (phone, id, uplink)
}

fn names(phone: &CheckedPhone, id: CallId) -> Vec<String> {
    phone.call(id).members.into_iter().map(|member| member.person.id.0).collect()
}

#[test]
fn the_uplink_is_offered_to_once_somebody_is_there_and_is_never_shown() {
    let (phone, id, uplink) = talking();
    assert_eq!(phone.state(id), CallState::Connected);
    assert_eq!(names(&phone, id), ["ben", "cleo"]);
    assert!(phone.call(id).members.iter().all(|member| member.id != uplink));
}

#[test]
fn what_comes_of_a_member_is_answered() {
    let (mut phone, id, uplink) = talking();
    let commands = phone.receive(of("peer-ben"), IncomingSignal::Offer(offer("of ben")));
    let accepted =
        |command: &Command| matches!(command, Command::AcceptOffer { member, .. } if *member != uplink);
    assert!(commands.iter().any(accepted), "{commands:?}");
    assert_eq!(offers(&commands), []);
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn nobody_is_there_because_the_uplink_is() {
    let (mut phone, id, _) = talking();
    phone.receive(
        key("r"),
        IncomingSignal::InviteeDeclined {
            person: person("cleo").id,
            reason: bellwire_call::DeclineReason::Declined,
        },
    );
    phone.receive(of("peer-ben"), IncomingSignal::PeerLeft { disconnected: false });
    assert_eq!(phone.ended()[&id], EndReason::RemoteHungUp, "it was a conversation of two");
    phone.pass(Duration::from_secs(60));
    phone.assert_at_rest();

    let (mut phone, id, _) = talking();
    phone.receive(of("peer-cleo"), IncomingSignal::Joined(member("cleo")));
    phone.receive(of("peer-ben"), IncomingSignal::PeerLeft { disconnected: false });
    phone.receive(of("peer-cleo"), IncomingSignal::PeerLeft { disconnected: false });
    assert_eq!(phone.state(id), CallState::Connected);
    phone.pass(Duration::from_secs(61));
    assert_eq!(phone.ended()[&id], EndReason::RemoteHungUp, "alone for a minute");
}

#[test]
fn a_lost_uplink_is_tried_again_and_ends_nothing() {
    let (mut phone, id, uplink) = talking();
    let commands = report(&mut phone, id, uplink, PeerOutcome::PathLost);
    assert_eq!(offers(&commands), [(uplink, true)]);
    report(&mut phone, id, uplink, PeerOutcome::OfferMade(offer("ours again")));
    let commands = phone.pass(Duration::from_secs(120));
    assert!(offers(&commands).contains(&(uplink, false)), "a new connection: {commands:?}");
    assert!(phone.ended().is_empty());
}

#[test]
fn an_engine_that_forgot_us_is_offered_a_new_connection() {
    let described = |kind: fn(&str) -> bellwire_call::Sdp, session: u32| {
        kind(&format!("v=0\r\no=- {session} 1 IN IP4 0.0.0.0\r\na=fingerprint:sha-256 AA\r\n"))
    };
    let (mut phone, id) = waiting();
    let commands = phone.receive(of("peer-ben"), IncomingSignal::Joined(member("ben")));
    let uplink = offers(&commands)[0].0;
    report(&mut phone, id, uplink, PeerOutcome::OfferMade(offer("o1")));
    phone.receive(of(ENGINE), IncomingSignal::Answer(described(answer, 1)));
    report(&mut phone, id, uplink, PeerOutcome::AnswerApplied);
    report(&mut phone, id, uplink, PeerOutcome::Connected);
    let first = phone.epoch_of(id, uplink);

    let commands = phone.receive(key("r"), engine());
    assert_eq!(offers(&commands), [], "as we came into the room again: it works");
    let commands = report(&mut phone, id, uplink, PeerOutcome::PathLost);
    assert_eq!(offers(&commands), [(uplink, true)]);
    report(&mut phone, id, uplink, PeerOutcome::OfferMade(offer("o2")));
    phone.receive(of(ENGINE), IncomingSignal::Answer(described(answer, 1)));
    assert_eq!(phone.epoch_of(id, uplink), first, "it is the same connection");
    report(&mut phone, id, uplink, PeerOutcome::AnswerApplied);
    report(&mut phone, id, uplink, PeerOutcome::Connected);

    report(&mut phone, id, uplink, PeerOutcome::PathLost);
    report(&mut phone, id, uplink, PeerOutcome::OfferMade(offer("o3")));
    let commands = phone.receive(of(ENGINE), IncomingSignal::Answer(described(answer, 2)));
    assert_eq!(offers(&commands), [(uplink, false)], "another session by the same certificate");
    assert_ne!(phone.epoch_of(id, uplink), first);
}

#[test]
fn without_an_engine_members_are_sent_to_again() {
    let (mut phone, id, uplink) = talking();
    let commands = phone.receive(key("r"), IncomingSignal::Uplink(None));
    let closed =
        |command: &Command| matches!(command, Command::ClosePeer { member, .. } if *member == uplink);
    assert!(commands.iter().any(closed), "{commands:?}");
    assert_eq!(names(&phone, id), ["ben", "cleo"]);
}
