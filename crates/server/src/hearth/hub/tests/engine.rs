use bellwire_dialects::hearth::wire::IceCandidateInit;

use super::*;
use crate::hearth::engine::{ENGINE_PEER, Request as Asked, Said, Word};

fn description(kind: &str) -> SdpBody {
    SdpBody { kind: kind.to_owned(), sdp: "v=0".to_owned() }
}

fn said(target: &str, relay: Word) -> Request {
    Request::Relay { session_id: "call_1".to_owned(), target: peer(target), relay }
}

fn asked(replies: &Replies) -> Vec<Asked> {
    let request = |order| if let Order::Engine(request) = order { Some(request) } else { None };
    orders(replies).into_iter().filter_map(request).collect()
}

fn room() -> String {
    "call_1".to_owned()
}

fn join_group(hub: &mut Hub, key: SocketKey, peer: &str) -> Replies {
    let facts = Box::new(facts_of_several(&[BEN, CLEO]));
    hub.asked(key, Request::Join { facts, peer_id: peer.to_owned() }, NOW)
}

/// Ana and Ben in a group whose media goes through an engine.
fn through_engine() -> Hub {
    let mut hub = people().with_engine(true);
    hub.told(News::Started(Box::new(facts_of_several(&[BEN, CLEO]))), NOW);
    join_group(&mut hub, A, "peer-a");
    join_group(&mut hub, B1, "peer-b");
    hub
}

#[test]
fn who_comes_is_told_of_the_engine_and_nobody_is_to_begin_with_them() {
    let mut hub = through_engine();
    let told = join_group(&mut hub, C, "peer-c");
    assert_eq!(body(&told, C, name::CALL_SESSION_JOINED)["engine"]["peerId"], ENGINE_PEER);
    assert_eq!(names(&told, C), [name::CALL_SESSION_JOINED]);
    assert_eq!(
        (names(&told, A), names(&told, B1)),
        (vec![name::USER_JOINED_CALL], vec![name::USER_JOINED_CALL])
    );
    assert_eq!(asked(&told), [Asked::Enter { room: room(), member: CLEO.into(), peer: "peer-c".into() }]);
    // Its name is nobody else's.
    let told = join_group(&mut hub, C, ENGINE_PEER);
    assert_eq!(names(&told, C), [name::CALL_ERROR]);
}

#[test]
fn sessions_of_two_and_servers_without_an_engine_have_none() {
    let mut hub = people().with_engine(true);
    hub.told(News::Started(Box::new(facts(&[BEN]))), NOW);
    let told = join(&mut hub, A, "peer-a");
    assert!(body(&told, A, name::CALL_SESSION_JOINED)["engine"].is_null());
    assert_eq!(asked(&told), []);
    let mut hub = group();
    let told = join_group(&mut hub, A, "peer-a");
    assert!(body(&told, A, name::CALL_SESSION_JOINED)["engine"].is_null());
    assert_eq!(asked(&told), []);
}

#[test]
fn what_is_said_goes_to_the_engine_and_never_to_others() {
    let mut hub = through_engine();
    let candidate = Some(IceCandidateInit {
        candidate: "candidate:1".into(),
        sdp_mid: None,
        sdp_m_line_index: None,
        username_fragment: None,
    });
    let (member, of) = (ANA.to_owned(), BEN.to_owned());
    for (target, relay, request) in [
        (
            ENGINE_PEER,
            Word::Offer(description("offer")),
            Some(Asked::Offer { room: room(), member: member.clone(), offer: description("offer") }),
        ),
        (
            "peer-b",
            Word::Answer(description("answer")),
            Some(Asked::Answer {
                room: room(),
                member: member.clone(),
                of: of.clone(),
                answer: description("answer"),
            }),
        ),
        (
            ENGINE_PEER,
            Word::Candidate(candidate.clone()),
            Some(Asked::Candidate {
                room: room(),
                member: member.clone(),
                of: None,
                candidate: candidate.clone(),
            }),
        ),
        (
            "peer-b",
            Word::Candidate(None),
            Some(Asked::Candidate { room: room(), member, of: Some(of), candidate: None }),
        ),
        // Of a web client that knows of no engine, and of one that errs.
        ("peer-b", Word::Offer(description("offer")), None),
        (ENGINE_PEER, Word::Answer(description("answer")), None),
        ("nobody", Word::Answer(description("answer")), None),
    ] {
        let told = hub.asked(A, said(target, relay), NOW);
        assert_eq!(asked(&told), request.into_iter().collect::<Vec<_>>(), "{target}");
        assert_eq!(heard(&told), []);
    }
    let told = hub.asked(C, said(ENGINE_PEER, Word::Offer(description("offer"))), NOW);
    assert_eq!((heard(&told), asked(&told)), (vec![(C, name::CALL_ERROR)], vec![]), "not in the room");
}

#[test]
fn what_the_engine_says_comes_from_whom_it_is_about() {
    let mut hub = through_engine();
    let mut tell = |to: &str, of: Option<&str>, what| {
        let said = Said { room: room(), to: to.to_owned(), of: of.map(str::to_owned), what };
        hub.told(News::Engine(said), NOW)
    };
    let told = tell(BEN, Some(ANA), Word::Offer(description("offer")));
    assert_eq!(heard(&told), [(B1, name::WEBRTC_OFFER)]);
    let offer = body(&told, B1, name::WEBRTC_OFFER);
    assert_eq!((&offer["fromPeerId"], &offer["fromUserId"]), (&"peer-a".into(), &ANA.into()));
    let told = tell(ANA, None, Word::Answer(description("answer")));
    let answer = body(&told, A, name::WEBRTC_ANSWER);
    assert_eq!((&answer["fromPeerId"], &answer["fromUserId"]), (&ENGINE_PEER.into(), &Value::Null));
    // Neither to nor of somebody who has not come.
    assert_eq!(tell(CLEO, Some(ANA), Word::Candidate(None)), []);
    assert_eq!(tell(ANA, Some(CLEO), Word::Candidate(None)), []);
}

#[test]
fn the_engine_hears_of_everybody_who_goes_and_of_the_end() {
    let mut hub = through_engine();
    let told = hub.asked(B1, Request::Leave { session_id: room() }, NOW);
    assert_eq!(asked(&told), [Asked::Leave { room: room(), member: BEN.into() }]);
    assert_eq!(asked(&hub.disconnected(A, NOW)), [], "their seat is kept");
    let told = hub.expire(NOW.plus(Duration::from_secs(30)));
    assert_eq!(asked(&told), [Asked::Leave { room: room(), member: ANA.into() }]);
    let ending = Ending { session_id: room(), by: user(ANA), duration: 1, reason: None };
    assert_eq!(asked(&hub.told(News::Ended(ending), NOW)), [Asked::Close { room: room() }]);
}
