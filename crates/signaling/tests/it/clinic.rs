//! Clinic against a Node `socket.io` server that behaves like the deployed backend
//! (`tests/node-backends/clinic-server.mjs`; `npm ci` there first): nobody rings, so our side looks.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bellwire_call::{
    CallId, CallKey, IncomingSignal, Invite, MediaKind, MediaState, OfferRule, OutgoingSignal, Person,
    PersonId, Ring, SdpKind, Subject,
};
use bellwire_signaling::{SignInError, SignInRequest, SignedIn, sign_in};
use serde_json::{Value, json};

use crate::support::{Deployed, as_heard, candidate, heard, link, online, sdp};

fn start(mode: &str) -> Result<Deployed> {
    Deployed::node("clinic-server.mjs", &["0", mode])
}

fn request(server: &Deployed, role: &str, email: &str, password: &str) -> SignInRequest {
    server.request_to("clinic", "", role, email, password)
}

async fn jane(server: &Deployed) -> Result<SignedIn> {
    online(request(server, "practitioner", "jane@example.com", "secret")).await
}

async fn ann(server: &Deployed) -> Result<SignedIn> {
    online(request(server, "patient", "ann@example.com", "secret")).await
}

fn enter(appointment: &str, person: &str) -> OutgoingSignal {
    let to = Person { id: PersonId(person.into()), name: String::new(), avatar: None };
    let subject = Some(Subject { id: appointment.into(), label: String::new() });
    OutgoingSignal::Invite(Invite { to, others: Vec::new(), kind: MediaKind::Video, subject })
}

async fn placed(person: &mut SignedIn, local: u64) -> Result<CallKey> {
    match heard(&mut person.events).await? {
        (CallKey::Local(CallId(of)), IncomingSignal::Placed { remote, .. }) if of == local => {
            Ok(CallKey::Remote(remote))
        }
        other => bail!("heard {other:?}"),
    }
}

async fn rung(person: &mut SignedIn) -> Result<(CallKey, Ring)> {
    match heard(&mut person.events).await? {
        (key, IncomingSignal::Ring(ring)) => Ok((key, ring)),
        other => bail!("heard {other:?}"),
    }
}

fn room(state: &Value, appointment: &str) -> Option<Value> {
    state["rooms"].as_array()?.iter().find(|room| room["appointmentId"] == appointment).cloned()
}

/// The patient waits, the practitioner is alerted and comes: both are in a call.
async fn call(server: &Deployed) -> Result<(SignedIn, SignedIn, [CallKey; 2])> {
    let (mut jane, mut ann) = (jane(server).await?, ann(server).await?);
    ann.session.say(CallKey::Local(CallId(1)), enter("a1", "u-jane"))?;
    let at_ann = placed(&mut ann, 1).await?;
    let (at_jane, ring) = rung(&mut jane).await?;
    assert_eq!((ring.from.name.as_str(), ring.kind), ("Ann Wu", MediaKind::Video));
    assert_eq!(ring.subject, Some(Subject { id: "a1".into(), label: "Check-up".into() }));
    jane.session.say(at_jane.clone(), OutgoingSignal::Accept)?;
    assert_eq!(heard(&mut ann.events).await?, (at_ann.clone(), IncomingSignal::PeerJoined));
    Ok((jane, ann, [at_jane, at_ann]))
}

#[tokio::test]
async fn a_call_from_waiting_to_the_end_on_the_deployed_backend() -> Result<()> {
    let server = start("accounts")?;
    let (mut jane, mut ann, [at_jane, at_ann]) = call(&server).await?;
    assert_eq!((jane.offers, ann.offers), (OfferRule::FirstInRoom, OfferRule::FirstInRoom));
    assert!(jane.capabilities.screen_share && !ann.capabilities.screen_share);

    ann.session.say(at_ann.clone(), OutgoingSignal::Offer(sdp(SdpKind::Offer)))?;
    assert_eq!(heard(&mut jane.events).await?, (at_jane.clone(), IncomingSignal::Offer(sdp(SdpKind::Offer))));
    jane.session.say(at_jane.clone(), OutgoingSignal::Answer(sdp(SdpKind::Answer)))?;
    assert_eq!(heard(&mut ann.events).await?, (at_ann.clone(), IncomingSignal::Answer(sdp(SdpKind::Answer))));
    for n in 0..300 {
        ann.session.say(at_ann.clone(), candidate(n))?;
    }
    for n in 0..300 {
        assert_eq!(
            heard(&mut jane.events).await?,
            (at_jane.clone(), as_heard(&candidate(n))),
            "candidate {n}"
        );
    }
    let state = MediaState { audio: Some(false), video: None, sharing: None };
    ann.session.say(at_ann.clone(), OutgoingSignal::Media(state))?;
    assert_eq!(heard(&mut jane.events).await?, (at_jane.clone(), IncomingSignal::Media(state)));
    let sharing = MediaState { audio: None, video: None, sharing: Some(true) };
    jane.session.say(at_jane.clone(), OutgoingSignal::Media(sharing))?;
    assert_eq!(heard(&mut ann.events).await?, (at_ann.clone(), IncomingSignal::Media(sharing)));

    jane.session.say(at_jane, OutgoingSignal::HangUp)?;
    assert_eq!(heard(&mut ann.events).await?, (at_ann, IncomingSignal::HangUp));
    // Ended; the flags of the one who did not leave by himself would stay as deployed, ours does not.
    server
        .until("the patient's way out", |state| {
            room(state, "a1").is_some_and(|room| room["status"] == "Ended" && room["patientJoined"] == false)
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn whoever_leaves_ends_the_call_and_the_next_visit_is_announced() -> Result<()> {
    let server = start("profiles")?;
    let (mut jane, mut ann) = (jane(&server).await?, ann(&server).await?);
    // The practitioner waits, and the patient is alerted; appointments name profiles here.
    jane.session.say(CallKey::Local(CallId(1)), enter("a1", "p-ann"))?;
    let at_jane = placed(&mut jane, 1).await?;
    let (at_ann, ring) = rung(&mut ann).await?;
    assert_eq!((ring.from.id.0.as_str(), ring.from.name.as_str()), ("p-jane", "Dr. Jane Smith"));
    ann.session.say(at_ann.clone(), OutgoingSignal::Accept)?;
    assert_eq!(heard(&mut jane.events).await?, (at_jane.clone(), IncomingSignal::PeerJoined));
    ann.session.say(at_ann.clone(), OutgoingSignal::HangUp)?;
    let left = IncomingSignal::PeerLeft { disconnected: false };
    assert_eq!(heard(&mut jane.events).await?, (at_jane, left));
    let empty = |state: &Value| {
        room(state, "a1")
            .is_some_and(|room| room["practitionerJoined"] == false && room["patientJoined"] == false)
    };
    server.until("an empty room", empty).await?;

    ann.session.say(CallKey::Local(CallId(2)), enter("a1", "p-jane"))?;
    let again = placed(&mut ann, 2).await?;
    assert_ne!(again, at_ann);
    let (visit, _) = rung(&mut jane).await?;
    // Taken back.
    ann.session.say(again, OutgoingSignal::Cancel)?;
    assert_eq!(heard(&mut jane.events).await?, (visit, IncomingSignal::Cancel));
    Ok(())
}

#[tokio::test]
async fn a_stranger_may_end_nothing_and_a_missing_room_is_made() -> Result<()> {
    let server = start("accounts")?;
    let mut jane = jane(&server).await?;
    jane.session.say(CallKey::Local(CallId(1)), enter("a2", "u-bob"))?;
    let key = placed(&mut jane, 1).await?;
    let made = server.until("the room", |state| room(state, "a2").is_some()).await?;
    let id = room(&made, "a2").context("made")?["roomId"].clone();
    let joins = |state: &Value| {
        let seen = state["seen"].as_array().cloned().unwrap_or_default();
        seen.iter().filter(|event| event[0] == "join-room").count()
    };
    server.until("the way in", |state| joins(state) == 1).await?;

    server.tell("/test/foreign-end", json!({ "roomId": id })).await?;
    // Whether the end has come already, its effect tells: the next word enters the room once more.
    let late = Instant::now() + crate::support::PATIENCE;
    while joins(&server.state().await?) < 2 {
        anyhow::ensure!(Instant::now() < late, "never entered again");
        let state = MediaState { audio: Some(true), video: None, sharing: None };
        jane.session.say(key.clone(), OutgoingSignal::Media(state))?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_socket_comes_back_into_the_room() -> Result<()> {
    let mut server = start("accounts")?;
    let port = server.port.to_string();
    let (mut jane, mut ann, [at_jane, at_ann]) = call(&server).await?;
    server.kill();
    link(&mut jane.events, false).await?;
    link(&mut ann.events, false).await?;
    // A server that remembers nothing of the room: then it is refused, and the call goes on.
    let server = Deployed::node("clinic-server.mjs", &[port.as_str(), "accounts"])?;
    link(&mut jane.events, true).await?;
    link(&mut ann.events, true).await?;
    jane.session.say(at_jane, OutgoingSignal::Rejoin)?;
    ann.session.say(at_ann, OutgoingSignal::Rejoin)?;
    let state = server
        .until("both at the door", |state| {
            let seen = state["seen"].as_array().cloned().unwrap_or_default();
            seen.iter().filter(|event| event[0] == "join-room").count() >= 2
        })
        .await?;
    assert_eq!(state["sockets"], 2);
    Ok(())
}

#[tokio::test]
async fn signing_in_and_lists_are_as_deployed() -> Result<()> {
    let server = start("accounts")?;
    let wrong = sign_in(request(&server, "patient", "ann@example.com", "wrong")).await.err();
    assert!(
        matches!(&wrong, Some(SignInError::WrongCredentials { message }) if message == "Invalid credentials"),
        "{wrong:?}"
    );
    let due = sign_in(request(&server, "patient", "new@example.com", "secret")).await.err();
    assert!(
        matches!(&due, Some(SignInError::PasswordChangeRequired { message }) if message.contains("password")),
        "{due:?}"
    );
    let ann = ann(&server).await?;
    assert_eq!((ann.identity.person.id.0.as_str(), ann.identity.role.as_str()), ("u-ann", "patient"));
    let contacts = ann.session.contacts("").await?.items;
    let lines: Vec<_> =
        contacts.iter().map(|line| (line.id.as_str(), line.person.name.as_str(), line.video)).collect();
    assert_eq!(
        lines,
        [("a1", "Dr. Jane Smith", true), ("a3", "Dr. Jane Smith", false), ("a4", "Dr. Jane Smith", false)]
    );
    let ice = ann.session.ice_servers().await?.servers;
    assert_eq!(ice[0].urls, ["stun:stun.l.google.com:19302"]);
    // Rooms that others left their flag in.
    let left = json!({ "appointmentId": "a1", "change": { "practitionerJoined": true } });
    server.tell("/test/leave-flag", left).await?;
    let contacts = ann.session.contacts("").await?.items;
    assert!(contacts[0].slot.as_ref().is_some_and(|slot| slot.they_wait));
    Ok(())
}
