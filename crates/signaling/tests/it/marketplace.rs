//! Marketplace against a Node `socket.io` server that behaves like the deployed backend
//! (`tests/node-backends/marketplace-server.mjs`; `npm ci` there first).

use anyhow::{Result, bail};
use bellwire_call::{
    CallId, CallKey, DeclineReason, IncomingSignal, Invite, MediaKind, MediaState, OfferRule, OutgoingSignal,
    Person, PersonId, RemoteCallId, SdpKind,
};
use bellwire_signaling::{ChatAction, Message, SessionEvent, SignInError, SignInRequest, SignedIn, sign_in};
use serde_json::{Value, json};

use crate::support::{Deployed, as_heard, candidate, heard, link, next, online, sdp};

fn start() -> Result<Deployed> {
    Deployed::node("marketplace-server.mjs", &["0"])
}

fn request(server: &Deployed, email: &str, password: &str) -> SignInRequest {
    server.request_to("marketplace", "/api", "client", email, password)
}

async fn person(server: &Deployed, email: &str) -> Result<SignedIn> {
    online(request(server, email, "secret")).await
}

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";

/// How often somebody said something, by event or by method and path.
fn said(state: &Value, user: &str, what: &str) -> usize {
    let all = state["seen"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .filter(|one| one[1] == user && one[0].as_str().is_some_and(|name| name.starts_with(what)))
        .count()
}

/// Ada rings Ben, who hears it.
async fn ring(ada: &mut SignedIn, ben: &mut SignedIn, kind: MediaKind) -> Result<CallKey> {
    let to = Person { id: PersonId("64ben".into()), name: "Ben".into(), avatar: None };
    ada.session.say(
        CallKey::Local(CallId(1)),
        OutgoingSignal::Invite(Invite { to, others: Vec::new(), kind, subject: None }),
    )?;
    let (_, placed) = heard(&mut ada.events).await?;
    let IncomingSignal::Placed { remote, .. } = placed else { bail!("heard {placed:?}") };
    let key = CallKey::Remote(remote);
    let (ringing, signal) = heard(&mut ben.events).await?;
    assert_eq!(ringing, key);
    let IncomingSignal::Ring(ring) = signal else { bail!("heard {signal:?}") };
    assert_eq!((ring.from.name.as_str(), ring.kind), ("Ada Kowalska", kind));
    Ok(key)
}

/// The same, and Ben accepts.
async fn talk(ada: &mut SignedIn, ben: &mut SignedIn, kind: MediaKind) -> Result<CallKey> {
    let key = ring(ada, ben, kind).await?;
    ben.session.say(key.clone(), OutgoingSignal::Accept)?;
    for signal in [IncomingSignal::Accept, IncomingSignal::PeerJoined] {
        assert_eq!(heard(&mut ada.events).await?, (key.clone(), signal));
    }
    assert_eq!(heard(&mut ben.events).await?, (key.clone(), IncomingSignal::PeerJoined));
    Ok(key)
}

#[tokio::test]
async fn a_call_from_ring_to_hang_up_on_the_deployed_backend() -> Result<()> {
    let server = start()?;
    let (mut ada, mut ben) = (person(&server, ADA).await?, person(&server, BEN).await?);
    assert_eq!((ada.offers, ada.identity.role.as_str()), (OfferRule::Caller, "provider"));
    let key = talk(&mut ada, &mut ben, MediaKind::Video).await?;
    let offer = OutgoingSignal::Offer(sdp(SdpKind::Offer));
    ada.session.say(key.clone(), offer.clone())?;
    assert_eq!(heard(&mut ben.events).await?, (key.clone(), as_heard(&offer)));
    let answer = OutgoingSignal::Answer(sdp(SdpKind::Answer));
    ben.session.say(key.clone(), answer.clone())?;
    assert_eq!(heard(&mut ada.events).await?, (key.clone(), as_heard(&answer)));
    for n in 0..300 {
        ada.session.say(key.clone(), candidate(n))?;
    }
    for n in 0..300 {
        assert_eq!(heard(&mut ben.events).await?, (key.clone(), as_heard(&candidate(n))), "candidate {n}");
    }
    let sharing = |on| OutgoingSignal::Media(MediaState { sharing: Some(on), ..MediaState::default() });
    for on in [true, false] {
        ben.session.say(key.clone(), sharing(on))?;
        assert_eq!(heard(&mut ada.events).await?, (key.clone(), as_heard(&sharing(on))));
    }
    ben.session.say(key.clone(), OutgoingSignal::HangUp)?;
    assert_eq!(heard(&mut ada.events).await?, (key.clone(), IncomingSignal::HangUp));

    // Only when both have left is the record's call over.
    let CallKey::Remote(id) = &key else { bail!("{key:?}") };
    let over = |state: &Value| {
        let messages = state["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages.iter().any(|one| one["_id"] == id.0.as_str() && one["callData"]["status"] == "ended")
    };
    server.until("the end of the record", over).await?;
    let history = ada.session.history(1, 20).await?;
    let [call] = history.items.as_slice() else { bail!("a screen is no call: {history:?}") };
    assert_eq!((call.status.as_str(), call.outgoing, call.kind), ("ended", true, Some(MediaKind::Video)));
    assert_eq!(call.peer.name, "Ben Client");
    let ice = ada.session.ice_servers().await?.servers;
    assert_eq!(ice[0].urls, ["stun:stun.l.google.com:19302"], "there is no such endpoint");
    Ok(())
}

#[tokio::test]
async fn nothing_we_end_ends_the_server() -> Result<()> {
    let server = start()?;
    let (mut ada, mut ben) = (person(&server, ADA).await?, person(&server, BEN).await?);
    let key = ring(&mut ada, &mut ben, MediaKind::Voice).await?;
    ada.session.say(key.clone(), OutgoingSignal::Cancel)?;
    assert_eq!(heard(&mut ben.events).await?, (key, IncomingSignal::Cancel));
    let key = ring(&mut ada, &mut ben, MediaKind::Video).await?;
    ada.session.say(key.clone(), OutgoingSignal::NoAnswer)?;
    assert_eq!(heard(&mut ben.events).await?, (key, IncomingSignal::Cancel), "there is no word for missed");
    let key = ring(&mut ada, &mut ben, MediaKind::Voice).await?;
    ben.session.say(key.clone(), OutgoingSignal::Decline(DeclineReason::Busy))?;
    assert_eq!(heard(&mut ada.events).await?, (key, IncomingSignal::Decline(DeclineReason::Busy)));
    let key = talk(&mut ada, &mut ben, MediaKind::Voice).await?;
    ada.session.say(key.clone(), OutgoingSignal::HangUp)?;
    assert_eq!(heard(&mut ben.events).await?, (key, IncomingSignal::HangUp));
    let state = server.until("all ends", |state| said(state, "64ada", "end_call") == 3).await?;
    assert_eq!(said(&state, "64ben", "end_call"), 1, "to his own other devices");
    Ok(())
}

#[tokio::test]
async fn other_devices_stop_ringing_although_the_server_does_not_tell_them() -> Result<()> {
    for (answer, at_tablet) in [
        (OutgoingSignal::Accept, IncomingSignal::AnsweredElsewhere),
        (OutgoingSignal::Decline(DeclineReason::Declined), IncomingSignal::Decline(DeclineReason::Declined)),
    ] {
        let server = start()?;
        let mut ada = person(&server, ADA).await?;
        let (mut phone, mut tablet) = (person(&server, BEN).await?, person(&server, BEN).await?);
        let key = ring(&mut ada, &mut phone, MediaKind::Video).await?;
        let (ringing, signal) = heard(&mut tablet.events).await?;
        assert!(ringing == key && matches!(signal, IncomingSignal::Ring(_)), "{signal:?}");
        phone.session.say(key.clone(), answer.clone())?;
        // Ada may be in the room before he is, which says nothing to a device that rings.
        let told = loop {
            let told = heard(&mut tablet.events).await?;
            if told.1 != IncomingSignal::PeerJoined {
                break told;
            }
        };
        assert_eq!(told, (key.clone(), at_tablet));
        assert_eq!(heard(&mut ada.events).await?, (key, as_heard(&answer)));
    }
    Ok(())
}

#[tokio::test]
async fn a_web_caller_without_a_record_is_answered() -> Result<()> {
    let server = start()?;
    let mut ben = person(&server, BEN).await?;
    let call = "call_1767607200000_x7k2p9";
    let caller = json!({ "id": "64ada", "name": "Ada Kowalska", "avatar": null });
    let ring = json!({ "callId": call, "chatId": "chat_64ada_64ben", "roomId": format!("room_{call}"), "caller": caller });
    server.emit("64ben", "incoming_voice_call", ring).await?;
    let key = CallKey::Remote(RemoteCallId(call.into()));
    let (ringing, signal) = heard(&mut ben.events).await?;
    assert!(ringing == key && matches!(signal, IncomingSignal::Ring(_)), "{signal:?}");
    ben.session.say(key.clone(), OutgoingSignal::Accept)?;
    server
        .until("the refused join", |state| said(state, "64ben", "PUT /api/communication/voice-call") == 1)
        .await?;
    let offer =
        json!({ "callId": call, "fromUserId": "64ada", "offer": { "type": "offer", "sdp": "v=0\r\n" } });
    server.emit("64ben", "webrtc_offer", offer).await?;
    let offer = IncomingSignal::Offer(sdp(SdpKind::Offer));
    assert_eq!(heard(&mut ben.events).await?, (key.clone(), offer), "and nothing before");
    // So does one whose join meets the general limit.
    server.tell("/test/limit", json!({ "on": true })).await?;
    let second = json!({ "callId": "66f0", "chatId": "c", "roomId": "r", "caller": caller });
    ben.session.say(key, OutgoingSignal::HangUp)?;
    server.emit("64ben", "incoming_video_call", second).await?;
    let (key, _) = heard(&mut ben.events).await?;
    ben.session.say(key.clone(), OutgoingSignal::Accept)?;
    let state = server.until("accepted", |state| said(state, "64ben", "accept_call") == 2).await?;
    assert_eq!(said(&state, "64ben", "end_call"), 1);
    let joined = json!({ "callId": "66f0", "participant": { "id": "64ada", "name": "Ada" } });
    server.emit("64ben", "participant_joined", joined).await?;
    assert_eq!(heard(&mut ben.events).await?, (key, IncomingSignal::PeerJoined));
    Ok(())
}

#[tokio::test]
async fn a_spent_token_is_renewed_without_a_word() -> Result<()> {
    let server = start()?;
    let (mut ada, mut ben) = (person(&server, ADA).await?, person(&server, BEN).await?);
    let key = talk(&mut ada, &mut ben, MediaKind::Voice).await?;
    server.tell("/test/expire", json!({})).await?;
    for person in [&mut ada, &mut ben] {
        let renewed = next(&mut person.events, "a new token", |event| match event {
            SessionEvent::Renewed(identity) => Some(identity),
            _ => None,
        })
        .await?;
        assert!(renewed.token.ends_with("-1") && renewed.refresh_token.is_some());
        link(&mut person.events, true).await?;
    }
    ada.session.say(key.clone(), OutgoingSignal::Rejoin)?;
    assert_eq!(heard(&mut ben.events).await?, (key, IncomingSignal::PeerJoined));
    assert_eq!(ada.session.contacts("").await?.items.len(), 1);
    let refused = sign_in(request(&server, ADA, "wrong")).await.err();
    assert!(matches!(refused, Some(SignInError::WrongCredentials { .. })), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn people_write_to_each_other() -> Result<()> {
    async fn message(person: &mut SignedIn) -> Result<Message> {
        next(&mut person.events, "a message", |event| match event {
            SessionEvent::Message(message) => Some(message),
            _ => None,
        })
        .await
    }
    let server = start()?;
    let (mut ada, mut ben) = (person(&server, ADA).await?, person(&server, BEN).await?);
    let (to_ben, to_ada) = ("64ben".to_owned(), "64ada".to_owned());
    ada.session.chat(ChatAction::Send { thread: to_ben.clone(), text: "At four?".into() })?;
    let (own, theirs) = (message(&mut ada).await?, message(&mut ben).await?);
    assert_eq!((own.id.as_str(), own.from_me, own.thread.as_str()), (theirs.id.as_str(), true, "64ben"));
    assert_eq!((theirs.text.as_str(), theirs.from_me, theirs.thread.as_str()), ("At four?", false, "64ada"));
    assert_eq!(theirs.sender, "Ada Kowalska");
    let lines = ben.session.contacts("").await?.items;
    let [line] = lines.as_slice() else { bail!("{lines:?}") };
    // Who is online the list does not say as deployed.
    assert_eq!((line.id.as_str(), line.unread), ("64ada_64ben", 1));
    assert_eq!(line.last_message.as_ref().map(|last| last.text.as_str()), Some("At four?"));
    ben.session.chat(ChatAction::MarkRead { thread: to_ada.clone() })?;
    next(&mut ben.events, "read", |event| match event {
        SessionEvent::ThreadRead { thread, by_me: true } if thread == to_ada => Some(()),
        _ => None,
    })
    .await?;
    ben.session.chat(ChatAction::Typing { thread: to_ada, on: true })?;
    next(&mut ada.events, "typing", |event| match event {
        SessionEvent::Typing { thread, on: true, .. } if thread == to_ben => Some(()),
        _ => None,
    })
    .await?;
    ben.session.chat(ChatAction::Send { thread: "64ada".into(), text: "Yes.".into() })?;
    message(&mut ada).await?;
    let texts: Vec<_> =
        ada.session.messages("64ben", 20).await?.items.into_iter().map(|one| one.text).collect();
    assert_eq!(texts, ["At four?", "Yes."], "oldest first, whichever way they come");
    Ok(())
}
