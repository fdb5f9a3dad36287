//! Sessions of several: the last seat, coming again, asking more people, and what the record keeps.

use bellwire_server::{App, Backend, Config, Database};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ANA, BEN, CLEO, Person, THERAPIST, enter, server, settled, until_record};
use crate::support::{Device, count};

const NADA: &str = "nada@demo.example";
const EVERYBODY: [&str; 7] =
    [ANA, BEN, CLEO, THERAPIST, NADA, "yoko@demo.example", "therapist2@demo.example"];

async fn of_seats(seats: u32) -> App {
    let mut config = Config::demo();
    let hearth = Backend::parse("hearth").and_then(|hearth| config.backends.get_mut(&hearth));
    hearth.expect("it is served").settings.insert("max-call-participants", seats);
    App::start(config).await.expect("a server")
}

async fn logins(app: &App, emails: &[&str]) -> Vec<Person> {
    join_all(emails.iter().map(|email| Person::login(app, email))).await
}

/// Whether a device that asked to enter is in the room; if it is not, every seat was taken.
async fn is_let_in(device: &mut Device) -> bool {
    let name = device.until_either("call_session_joined", "call_error").await;
    let told = device.log.last().map(|(_, body)| body["message"].clone());
    assert!(name == "call_session_joined" || told == Some(json!("Call session is full")), "{told:?}");
    name == "call_session_joined"
}

fn seats_of<'a>(record: &'a Value, who: &Person) -> Vec<&'a Value> {
    let seats = record["participants"].as_array().expect("a list").iter();
    seats.filter(|seat| seat["userId"]["_id"] == who.id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sockets_that_race_for_the_last_seat_one_gets_it() {
    let app = of_seats(6).await;
    let people = logins(&app, &EVERYBODY).await;
    let (_, demo) = people[0].post("/video-call/demo-session", json!({ "sessionId": "round" })).await;
    assert_eq!(demo["data"]["sessionId"], "round");
    let mut inside = Vec::new();
    for (n, person) in people[..5].iter().enumerate() {
        inside.push(person.enter("round", &format!("peer-{n}")).await);
    }
    let mut racing = join_all(people[5..].iter().map(Person::device)).await;
    let ask = |n: usize| json!({ "sessionId": "round", "peerId": format!("late-{n}") });
    join_all(racing.iter().enumerate().map(|(n, device)| device.say("join_call_session", ask(n)))).await;
    let let_in = join_all(racing.iter_mut().map(is_let_in)).await;
    assert_eq!(let_in.iter().filter(|is_in| **is_in).count(), 1, "{let_in:?}");
    let loser = &people[5 + let_in.iter().position(|is_in| !is_in).expect("one of them")];
    let (status, body) = loser.join("round").await;
    assert_eq!((status, &body["message"]), (400, &json!("Call session is full")));
    let record = people[0].session("round").await;
    let seats = record["participants"].as_array().expect("a list");
    assert_eq!(seats.iter().filter(|seat| seat["isActive"] == true).count(), 6);
    assert_eq!(record["maxParticipants"], 6);
    // Who has a seat comes again, and who lost the race takes the one that is left.
    let again = people[1].enter("round", "peer-1").await;
    inside[4].say("leave_call_session", json!({ "sessionId": "round" })).await;
    let gone = |record: &Value| seats_of(record, &people[4])[0]["isActive"] == false;
    until_record(&people[0], "round", gone).await;
    assert_eq!(loser.join("round").await.0, 200);
    drop(again);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_one_seat_however_often_they_come() {
    let app = server().await;
    let people = logins(&app, &[ANA, BEN, CLEO]).await;
    let [ana, ben, cleo] = people.as_slice() else { panic!("three") };
    let call = ana.initiate("group", &[ben, cleo]).await;
    let (mut a, mut first) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    a.until("user_joined_call").await;
    settled(&mut a).await;
    // The same program on another socket, while the old one is not known to be dead.
    let mut second = ben.enter(&call, "peer-b").await;
    assert_eq!(first.until("call_ended").await["reason"], "elsewhere");
    let heard = settled(&mut a).await;
    assert_eq!((count(&heard, "user_joined_call"), count(&heard, "user_left_call")), (1, 0), "{heard:?}");
    // Another program of theirs.
    let third = ben.enter(&call, "peer-b2").await;
    assert_eq!(second.until("call_ended").await["reason"], "elsewhere");
    assert_eq!(a.until("user_joined_call").await["participant"]["peerId"], "peer-b2");
    let mut c = cleo.device().await;
    let joined = enter(&mut c, &call, "peer-c").await;
    let peers: Vec<_> = joined["participants"].as_array().expect("a list").iter().collect();
    assert_eq!(peers.len(), 2, "{joined}");
    assert!(peers.iter().any(|peer| peer["peerId"] == "peer-b2") && joined["maxParticipants"] == 8);
    // A name that is another's is refused.
    let mut d = cleo.device().await;
    d.say("join_call_session", json!({ "sessionId": call, "peerId": "peer-a" })).await;
    assert_eq!(d.until("call_error").await["message"], "This peerId is taken");
    assert_eq!(seats_of(&ana.session(&call).await, ben).len(), 1);
    assert_eq!(ana.end(&call).await.0, 200);
    for device in [&mut a, &mut c] {
        device.until("call_ended").await;
    }
    let (_, history) = cleo.get("/video-call/history").await;
    let record = history["data"]["callSessions"].as_array().expect("a list").iter();
    let record = record.filter(|record| record["sessionId"] == call.as_str()).collect::<Vec<_>>();
    let seats = record[0]["participants"].as_array().expect("a list");
    assert_eq!((record.len(), seats.len()), (1, 3));
    assert!(seats.iter().all(|seat| seat["joinedAt"].is_string() && seat["leftAt"].is_string()), "{seats:?}");
    drop(third);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_a_session_asks_more_people() {
    let app = of_seats(4).await;
    let people = logins(&app, &[ANA, BEN, CLEO, NADA, "yoko@demo.example"]).await;
    let [ana, ben, cleo, nada, yoko] = people.as_slice() else { panic!("five") };
    let call = ana.initiate("group", &[ben]).await;
    let invite = format!("/video-call/session/{call}/invite");
    let of = |people: &[&Person]| json!({ "participants": people.iter().map(|person| person.id.clone()).collect::<Vec<_>>() });
    assert_eq!(ben.post(&invite, of(&[cleo])).await.0, 403, "he is not in it yet");
    let (_a, mut b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    let (mut c, mut n) = (cleo.device().await, nada.device().await);
    let (status, body) = ben.post(&invite, of(&[cleo, ana, cleo])).await;
    assert_eq!((status, &body["data"]["invited"]), (200, &json!([cleo.id])), "{body}");
    let ring = c.until("call_invitation").await;
    assert_eq!((&ring["sessionId"], &ring["maxParticipants"]), (&json!(call), &json!(4)));
    assert_eq!(ana.post(&invite, of(&[cleo])).await.1["data"]["invited"], json!([]), "it rings there");
    assert_eq!(ring["initiator"]["id"], ben.id.as_str(), "whoever asks is who rings");
    // She says no, which the one who asked hears, and is asked again.
    c.say("decline_call", json!({ "sessionId": call, "reason": "busy" })).await;
    assert_eq!(b.until("call_declined").await["userId"], cleo.id.as_str());
    assert_eq!(ana.post(&invite, of(&[cleo])).await.0, 200);
    c.until("call_invitation").await;
    assert_eq!(ana.post(&invite, of(&[nada, yoko])).await.0, 400, "one seat is left");
    assert_eq!(ana.post(&invite, json!({ "participants": ["nobody"] })).await.0, 404);
    assert_eq!(ana.post(&invite, of(&[nada])).await.0, 200);
    n.until("call_invitation").await;
    assert_eq!(cleo.join(&call).await.0, 200);
    assert_eq!(yoko.post(&invite, of(&[yoko])).await.0, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_two_becomes_one_of_several_when_a_third_is_asked() {
    let app = of_seats(4).await;
    let people = logins(&app, &[ANA, BEN, CLEO, NADA]).await;
    let [ana, ben, cleo, nada] = people.as_slice() else { panic!("four") };
    let call = ana.initiate("one-to-one", &[ben]).await;
    let invite = format!("/video-call/session/{call}/invite");
    let of = |person: &Person| json!({ "participants": [person.id] });
    let mut a = ana.device().await;
    let joined = enter(&mut a, &call, "peer-a").await;
    assert_eq!((&joined["sessionType"], &joined["maxParticipants"]), (&json!("one-to-one"), &json!(2)));
    assert_eq!(ana.post(&invite, of(cleo)).await.0, 400, "nobody has answered");
    assert_eq!(ben.join(&call).await.0, 200);
    let mut b = ben.device().await;
    enter(&mut b, &call, "peer-b").await;

    let mut c = cleo.device().await;
    assert_eq!(ben.post(&invite, json!({ "participants": ["nobody"] })).await.0, 404);
    let (status, body) = ben.post(&invite, of(cleo)).await;
    assert_eq!((status, &body["data"]["invited"]), (200, &json!([cleo.id])), "{body}");
    for (device, other) in [(&mut a, "peer-b"), (&mut b, "peer-a")] {
        let told = device.until("call_session_updated").await;
        assert_eq!((&told["sessionType"], &told["maxParticipants"]), (&json!("group"), &json!(4)), "{told}");
        assert_eq!(told["participants"].as_array().map(Vec::len), Some(1));
        assert_eq!(told["participants"][0]["peerId"], other);
    }
    let ring = c.until("call_invitation").await;
    assert_eq!((&ring["sessionType"], &ring["initiator"]["id"]), (&json!("group"), &json!(ben.id)));
    // Whoever comes online while it rings is told the same.
    let again = cleo.device().await.until("call_invitation").await;
    assert_eq!(again["initiator"]["id"], ben.id.as_str());
    assert_eq!(cleo.join(&call).await.0, 200);
    let joined = enter(&mut c, &call, "peer-c").await;
    assert_eq!(joined["participants"].as_array().map(Vec::len), Some(2));

    // From now on it is a session of several: one of them leaves, and it goes on; only its maker ends it.
    assert_eq!(ben.end(&call).await.0, 403);
    a.say("leave_call_session", json!({ "sessionId": call })).await;
    assert_eq!(c.until("user_left_call").await["userId"], ana.id.as_str());
    assert_eq!(cleo.post(&invite, of(nada)).await.0, 200);
    assert_eq!(ana.end(&call).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_sends_is_known_after_the_server_was_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || Config { database: Database::File(folder.path().join("db")), ..Config::demo() };
    let app = App::start(config()).await.expect("a server");
    let people = logins(&app, &[ANA, BEN, CLEO]).await;
    let [ana, ben, cleo] = people.as_slice() else { panic!("three") };
    let call = ana.initiate("group", &[ben, cleo]).await;
    let (_a, mut b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    let c = cleo.enter(&call, "peer-c").await;
    b.say("toggle_audio", json!({ "sessionId": call, "hasAudio": false })).await;
    b.say("screen_share_started", json!({ "sessionId": call })).await;
    settled(&mut b).await;
    // Records are written in the order of what was said.
    c.say("leave_call_session", json!({ "sessionId": call })).await;
    until_record(ana, &call, |record| seats_of(record, cleo)[0]["isActive"] == false).await;
    app.stop().await;

    let app = App::start(config()).await.expect("a server");
    let people = logins(&app, &[ANA, BEN]).await;
    let _b = people[1].enter(&call, "peer-b").await;
    let mut a = people[0].device().await;
    let joined = enter(&mut a, &call, "peer-a").await;
    let seat = &joined["participants"][0];
    assert_eq!((&seat["peerId"], &seat["hasAudio"]), (&json!("peer-b"), &json!(false)), "{joined}");
    assert_eq!((&seat["hasVideo"], &seat["isScreenSharing"]), (&json!(true), &json!(true)));
    app.stop().await;
}

/// A page in a call of eight, on a computer with IPv4, IPv6 and a VPN: Chromium tells each of seven others an offer,
/// an answer, and for audio and video a candidate for each address over UDP and TCP, all within a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_meets_seven_others_at_once_loses_nothing() {
    const CANDIDATES: usize = 2 * 2 * 8;
    let app = server().await;
    let people = logins(&app, &EVERYBODY).await;
    let others: Vec<&Person> = people[1..].iter().collect();
    let call = people[0].initiate("group", &others).await;
    let page = people[0].enter(&call, "peer_page").await;
    let mut inside = Vec::new();
    for (n, person) in others.iter().enumerate() {
        inside.push(person.enter(&call, &format!("peer_{n}")).await);
    }
    for n in 0..inside.len() {
        let with = |name: &str, what: Value| {
            let mut body = json!({ "sessionId": call, "targetPeerId": format!("peer_{n}") });
            body[name] = what;
            body
        };
        page.say("webrtc_offer", with("offer", json!({ "type": "offer", "sdp": "v=0" }))).await;
        for number in 0..CANDIDATES {
            let candidate = json!({ "candidate": format!("candidate:{number}"), "sdpMLineIndex": 0 });
            page.say("webrtc_ice_candidate", with("candidate", candidate)).await;
        }
        page.say("webrtc_answer", with("answer", json!({ "type": "answer", "sdp": "v=0" }))).await;
    }
    for device in &mut inside {
        device.until("webrtc_answer").await;
        let heard = (count(&device.log, "webrtc_offer"), count(&device.log, "webrtc_ice_candidate"));
        assert_eq!(heard, (1, CANDIDATES));
    }
    app.stop().await;
}
