//! Our sessions against a Node `socket.io` server that behaves like the deployed dealerdesk backend
//! (`tests/node-backends/dealerdesk-server.mjs`; `npm ci` there first).

use anyhow::{Context, Result, bail};
use bellwire_call::{
    CallId, CallKey, DeclineReason, IncomingSignal, Invite, MediaKind, MediaState, OfferRule, OutgoingSignal,
    Person, PersonId, SdpKind, Subject,
};
use bellwire_dialects::ChatAction;
use bellwire_signaling::{SessionEvent, SignInError, SignInRequest, SignedIn, sign_in};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::{Deployed, as_heard, candidate, heard, link, next, sdp};

const DAN: &str = "dan@garage.example";
const TEA: &str = "tea@fix.example";
const ROOM: &str = "dan@garage.example:tea@fix.example";
const POST: &str = "dan@garage.example:tea@fix.example:POST_7";

fn server() -> Result<Deployed> {
    Deployed::node("dealerdesk-server.mjs", &["0"])
}

fn request(server: &Deployed, role: &str, email: &str, password: &str) -> SignInRequest {
    server.request_to("dealerdesk", "", role, email, password)
}

/// A dealer and a technician, both there.
async fn two(server: &Deployed) -> Result<(SignedIn, SignedIn)> {
    let mut dan = sign_in(request(server, "dealer", DAN, "secret")).await?;
    let mut tea = sign_in(request(server, "technician", TEA, "")).await?;
    link(&mut dan.events, true).await?;
    link(&mut tea.events, true).await?;
    let both = |state: &Value| state["registered"].as_array().is_some_and(|on| on.len() == 2);
    server.until("both registered", both).await?;
    Ok((dan, tea))
}

fn person(id: &str) -> Person {
    Person { id: PersonId(id.into()), name: String::new(), avatar: None }
}

async fn place(from: &mut SignedIn, to: &str, kind: MediaKind, room: Option<&str>) -> Result<CallKey> {
    let subject = room.map(|id| Subject { id: id.into(), label: String::new() });
    let local = CallKey::Local(CallId(1));
    from.session.say(
        local.clone(),
        OutgoingSignal::Invite(Invite { to: person(to), others: Vec::new(), kind, subject }),
    )?;
    let (key, signal) = heard(&mut from.events).await?;
    assert_eq!(key, local);
    let IncomingSignal::Placed { remote, .. } = signal else { bail!("heard {signal:?}") };
    Ok(CallKey::Remote(remote))
}

/// Two people in a call.
async fn call(server: &Deployed, room: Option<&str>) -> Result<(SignedIn, SignedIn, CallKey)> {
    let (mut dan, mut tea) = two(server).await?;
    let key = place(&mut dan, TEA, MediaKind::Video, room).await?;
    let (ringing, ring) = heard(&mut tea.events).await?;
    assert_eq!(ringing, key);
    let IncomingSignal::Ring(ring) = ring else { bail!("heard {ring:?}") };
    assert_eq!((ring.from.id.0.as_str(), ring.kind), (DAN, MediaKind::Video));
    assert_eq!(ring.subject.map(|subject| subject.id).as_deref(), room);
    tea.session.say(key.clone(), OutgoingSignal::Accept)?;
    assert_eq!(heard(&mut dan.events).await?, (key.clone(), IncomingSignal::Accept));
    Ok((dan, tea, key))
}

#[tokio::test]
async fn dealerdesk_a_call_from_ring_to_hang_up() -> Result<()> {
    let server = server()?;
    let (mut dan, mut tea, key) = call(&server, Some(POST)).await?;
    assert_eq!((dan.offers, tea.offers), (OfferRule::Caller, OfferRule::Caller));
    assert!(dan.identity.token.is_empty() && dan.identity.person.name == "Dan's Garage");

    for (signal, from, to) in [
        (OutgoingSignal::Offer(sdp(SdpKind::Offer)), &dan.session, &mut tea.events),
        (OutgoingSignal::Answer(sdp(SdpKind::Answer)), &tea.session, &mut dan.events),
    ] {
        from.say(key.clone(), signal.clone())?;
        assert_eq!(heard(to).await?, (key.clone(), as_heard(&signal)));
    }
    // Nobody passes this on as deployed; nothing breaks.
    let muted = MediaState { audio: Some(false), video: None, sharing: Some(true) };
    dan.session.say(key.clone(), OutgoingSignal::Media(muted))?;
    for n in 0..300 {
        dan.session.say(key.clone(), candidate(n))?;
    }
    for n in 0..300 {
        assert_eq!(heard(&mut tea.events).await?, (key.clone(), as_heard(&candidate(n))), "candidate {n}");
    }
    tea.session.say(key.clone(), OutgoingSignal::HangUp)?;
    assert_eq!(heard(&mut dan.events).await?, (key, IncomingSignal::HangUp));
    // As deployed the calls are kept where nobody can ask for them.
    assert!(dan.session.history(1, 20).await?.items.is_empty());
    let state = server.state().await?;
    assert_eq!((&state["calls"][0]["status"], &state["calls"][0]["roomId"]), (&json!("ENDED"), &json!(POST)));
    Ok(())
}

#[tokio::test]
async fn dealerdesk_a_technician_calls_by_voice_and_is_declined() -> Result<()> {
    let server = server()?;
    let (mut dan, mut tea) = two(&server).await?;
    let key = place(&mut tea, DAN, MediaKind::Voice, None).await?;
    let (ringing, ring) = heard(&mut dan.events).await?;
    assert_eq!(ringing, key);
    assert!(
        matches!(ring, IncomingSignal::Ring(ring) if ring.kind == MediaKind::Voice && ring.from.id.0 == TEA)
    );
    dan.session.say(key.clone(), OutgoingSignal::Decline(DeclineReason::Busy))?;
    // As deployed there is no word for busy.
    assert_eq!(heard(&mut tea.events).await?, (key, IncomingSignal::Decline(DeclineReason::Declined)));

    let key = place(&mut tea, DAN, MediaKind::Video, None).await?;
    assert!(matches!(heard(&mut dan.events).await?, (_, IncomingSignal::Ring(_))));
    // The room is entered when it rings: only there the end is told.
    let entered = |state: &Value| {
        let joins = state["seen"].as_array().into_iter().flatten().filter(|event| event[0] == "join_room");
        joins.filter(|event| event[1]["userType"] == "DEALER").count() == 1
    };
    server.until("the callee in the room", entered).await?;
    tea.session.say(key.clone(), OutgoingSignal::Cancel)?;
    assert_eq!(heard(&mut dan.events).await?, (key, IncomingSignal::Cancel));
    Ok(())
}

#[tokio::test]
async fn dealerdesk_somebody_who_is_not_there_is_told_at_once() -> Result<()> {
    let server = server()?;
    let mut dan = sign_in(request(&server, "dealer", DAN, "secret")).await?;
    link(&mut dan.events, true).await?;
    let local = CallKey::Local(CallId(1));
    let invite = Invite { to: person(TEA), others: Vec::new(), kind: MediaKind::Video, subject: None };
    dan.session.say(local.clone(), OutgoingSignal::Invite(invite))?;
    assert_eq!(heard(&mut dan.events).await?, (local, IncomingSignal::Offline));
    Ok(())
}

#[tokio::test]
async fn dealerdesk_two_devices_and_a_web_client() -> Result<()> {
    let server = server()?;
    let (mut dan, mut tea) = two(&server).await?;
    let mut tablet = sign_in(request(&server, "technician", TEA, "")).await?;
    link(&mut tablet.events, true).await?;
    let registered = |state: &Value| {
        let seen = state["seen"].as_array().into_iter().flatten();
        seen.filter(|event| event[0] == "register_for_notifications").count() == 3
    };
    server.until("all three registered", registered).await?;
    let key = place(&mut dan, TEA, MediaKind::Video, None).await?;
    for device in [&mut tea, &mut tablet] {
        assert!(matches!(heard(&mut device.events).await?, (_, IncomingSignal::Ring(_))));
    }
    let entered = |state: &Value| {
        let joins = state["seen"].as_array().into_iter().flatten().filter(|event| event[0] == "join_room");
        joins.count() == 3
    };
    server.until("all three in the room", entered).await?;
    // What a web caller does: an offer before anybody has answered.
    dan.session.say(key.clone(), OutgoingSignal::Offer(sdp(SdpKind::Offer)))?;
    for device in [&mut tea, &mut tablet] {
        assert_eq!(
            heard(&mut device.events).await?,
            (key.clone(), IncomingSignal::Offer(sdp(SdpKind::Offer)))
        );
    }
    tea.session.say(key.clone(), OutgoingSignal::Accept)?;
    assert_eq!(heard(&mut tablet.events).await?, (key.clone(), IncomingSignal::AnsweredElsewhere));
    assert_eq!(heard(&mut dan.events).await?, (key.clone(), IncomingSignal::Accept));
    // A device of a web client whose 30 s are up rejects what was answered long ago.
    tablet.session.say(key.clone(), OutgoingSignal::Decline(DeclineReason::Declined))?;
    dan.session.say(key.clone(), candidate(1))?;
    assert_eq!(heard(&mut tea.events).await?, (key.clone(), as_heard(&candidate(1))));
    tea.session.say(key.clone(), OutgoingSignal::HangUp)?;
    assert_eq!(heard(&mut dan.events).await?, (key, IncomingSignal::HangUp));
    Ok(())
}

#[tokio::test]
async fn dealerdesk_a_server_that_dies_and_returns_is_found_again() -> Result<()> {
    let mut server = server()?;
    let (mut dan, _tea, key) = call(&server, None).await?;
    let port = server.port.to_string();
    server.kill();
    link(&mut dan.events, false).await?;
    let server = Deployed::node("dealerdesk-server.mjs", &[&port])?;
    link(&mut dan.events, true).await?;
    dan.session.say(key.clone(), OutgoingSignal::Rejoin)?;
    dan.session.say(key, candidate(1))?;
    let of_dan = |state: &Value| -> Vec<String> {
        let seen = state["seen"].as_array().cloned().unwrap_or_default();
        let ours = |event: &&Value| {
            event[1]["userEmail"] == DAN || event[1]["userType"] == "DEALER" || event[1]["targetEmail"] == TEA
        };
        seen.iter().filter(ours).filter_map(|event| event[0].as_str().map(str::to_owned)).collect()
    };
    let state = server
        .until("the candidate", |state| of_dan(state).iter().any(|name| name == "ice_candidate"))
        .await?;
    assert_eq!(of_dan(&state), ["register_for_notifications", "join_room", "ice_candidate"]);
    Ok(())
}

#[tokio::test]
async fn dealerdesk_rooms_and_messages() -> Result<()> {
    let server = server()?;
    let (mut dan, mut tea) = two(&server).await?;
    let rooms = dan.session.contacts("").await?.items;
    assert_eq!(rooms.len(), 1);
    let thread = rooms[0].thread.clone().context("no thread")?;
    assert_eq!((thread.as_str(), rooms[0].unread, rooms[0].voice), (POST, 0, true));
    dan.session.chat(ChatAction::Open { thread: thread.clone() })?;
    dan.session.chat(ChatAction::Send { thread: thread.clone(), text: "Hello".into() })?;
    let echo = message(&mut dan.events).await?;
    assert!(echo.from_me && echo.text == "Hello" && echo.thread == POST, "{echo:?}");
    let got = message(&mut tea.events).await?;
    assert_eq!((got.id.as_str(), got.sender.as_str(), got.from_me), (&*echo.id, "dan", false));
    assert_eq!(tea.session.contacts("").await?.items[0].unread, 1);
    let page = tea.session.messages(&thread, 20).await?.items;
    assert_eq!(page.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["Hello"]);
    tea.session.chat(ChatAction::MarkRead { thread: thread.clone() })?;
    let read = next(&mut dan.events, "reading", |event| match event {
        SessionEvent::ThreadRead { thread, by_me } => Some((thread, by_me)),
        _ => None,
    });
    assert_eq!(read.await?, (thread, false));
    assert_eq!(tea.session.contacts("").await?.items[0].unread, 0);
    // Having a room of our own with nobody in it is nothing.
    assert_eq!(tea.session.messages(ROOM, 20).await?.items, []);
    Ok(())
}

async fn message(events: &mut mpsc::Receiver<SessionEvent>) -> Result<bellwire_dialects::Message> {
    next(events, "message", |event| match event {
        SessionEvent::Message(message) => Some(message),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn dealerdesk_refusals_are_told_in_the_backends_words() -> Result<()> {
    let server = server()?;
    for (role, email, password, words) in [
        ("dealer", DAN, "wrong", "Invalid credentials"),
        ("technician", "nobody@fix.example", "", "Technician not found"),
    ] {
        let error = sign_in(request(&server, role, email, password)).await.err();
        assert!(
            matches!(&error, Some(SignInError::WrongCredentials { message }) if message == words),
            "{error:?}"
        );
    }
    Ok(())
}
