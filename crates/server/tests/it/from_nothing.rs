//! From an empty database to two people who call each other, as docs/server.md says it.

use std::path::Path;

use bellwire_server::{App, Config, Database};
use serde_json::json;

use crate::program::{add, done};
use crate::support::{self, PATIENCE};
use crate::{clinic, dealerdesk, hearth, marketplace};

/// The server without demo data on the database of a folder.
async fn start(folder: &Path) -> App {
    let database = Database::File(folder.join("calls.db"));
    App::start(Config { database, demo_data: false, ..Config::demo() }).await.expect("a server")
}

async fn import(folder: &Path, backend: &str, document: &serde_json::Value) {
    std::fs::write(folder.join("records.json"), document.to_string()).expect("written");
    let said = done(folder, &["import", "records.json", "--backend", backend]).await;
    assert!(said.contains(": 1 added"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_and_its_customer_call_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    add(folder.path(), "storefront", "seller", "shop@x.example", &["Cups"]).await;
    add(folder.path(), "storefront", "customer", "bo@x.example", &["Bo"]).await;
    let order = json!({ "number": "A-1", "seller": "shop@x.example", "customer": "bo@x.example" });
    import(folder.path(), "storefront", &json!({ "orders": [order] })).await;

    let app = start(folder.path()).await;
    let shop = support::Person::login(&app, "seller", "shop@x.example").await;
    let bo = support::Person::login(&app, "customer", "bo@x.example").await;
    for (caller, callee) in [(&shop, &bo), (&bo, &shop)] {
        let (from, mut to) = (caller.device().await, callee.device().await);
        let call = caller.initiate(callee).await;
        from.say("incomingVideoCall", json!({ "callId": call })).await;
        to.until_that("incomingVideoCall", |ring| ring["callId"] == call.as_str()).await;
        assert_eq!(callee.respond(&call, "accepted").await.0, 200);
        assert_eq!(caller.end(&call).await.0, 200);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dealer_and_a_technician_call_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    add(folder.path(), "dealerdesk", "dealer", "dan@x.example", &["Dan"]).await;
    add(folder.path(), "dealerdesk", "technician", "tea@x.example", &["Tea"]).await;
    let room = json!({ "dealer": "dan@x.example", "technician": "tea@x.example" });
    import(folder.path(), "dealerdesk", &json!({ "rooms": [room] })).await;

    let app = start(folder.path()).await;
    let dan = dealerdesk::Person::login(&app, "dealer", "dan@x.example").await;
    let tea = dealerdesk::Person::login(&app, "technician", "tea@x.example").await;
    let room = dealerdesk::room("dan@x.example", "tea@x.example");
    for (caller, callee) in [(&dan, &tea), (&tea, &dan)] {
        let (mut from, mut to) = (caller.device().await, callee.device().await);
        dealerdesk::join(&from, caller, &room).await;
        let call = dealerdesk::place(&mut from, &room, callee.email).await;
        assert_eq!(to.until("incoming_call").await["callId"], call);
        from.say("call_end", json!({ "callId": call, "roomId": room })).await;
        to.until("call_ended").await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_and_a_provider_call_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    add(folder.path(), "marketplace", "client", "chi@x.example", &["Chi"]).await;
    add(folder.path(), "marketplace", "provider", "ada@x.example", &["Ada"]).await;

    let app = start(folder.path()).await;
    let chi = marketplace::Person::login(&app, "chi@x.example").await;
    let ada = marketplace::Person::login(&app, "ada@x.example").await;
    for (caller, callee) in [(&chi, &ada), (&ada, &chi)] {
        let (from, mut to) = (caller.device().await, callee.device().await);
        let call = caller.initiate("video-call", callee).await;
        from.say("initiate_video_call", marketplace::ring(&call, callee)).await;
        assert_eq!(to.until("incoming_video_call").await["callId"], call.as_str());
        from.say("end_call", json!({ "callId": call, "roomId": "" })).await;
        to.until("call_ended").await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_and_a_therapist_with_one_of_them_call_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    add(folder.path(), "hearth", "user", "ana@x.example", &["Ana", "Lima"]).await;
    add(folder.path(), "hearth", "user", "ben@x.example", &["Ben", "Okoro"]).await;
    add(folder.path(), "hearth", "therapist", "dora@x.example", &["Dora", "Weiss"]).await;
    let therapy = json!({ "id": "t1", "therapist": "dora@x.example", "title": "First",
        "participants": ["ana@x.example"] });
    import(folder.path(), "hearth", &json!({ "therapy": [therapy] })).await;

    let app = start(folder.path()).await;
    let ana = hearth::Person::login(&app, "ana@x.example").await;
    let ben = hearth::Person::login(&app, "ben@x.example").await;
    for (caller, callee) in [(&ana, &ben), (&ben, &ana)] {
        let mut to = callee.device().await;
        let call = caller.initiate("one-to-one", &[callee]).await;
        assert_eq!(to.until("call_invitation").await["sessionId"], call.as_str());
        assert_eq!(callee.join(&call).await.0, 200);
        assert_eq!(caller.end(&call).await.0, 200);
    }
    let dora = hearth::Person::login(&app, "dora@x.example").await;
    for member in [&dora, &ana] {
        let (status, body) = member.get("/therapy/sessions").await;
        assert_eq!((status, body["data"][0]["title"].as_str()), (200, Some("First")), "{body}");
    }
    let (_, none) = ben.get("/therapy/sessions").await;
    assert_eq!(none["data"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practitioner_and_a_patient_meet_in_the_room_of_their_appointment() {
    let folder = tempfile::tempdir().expect("a folder");
    add(folder.path(), "clinic", "practitioner", "doc@x.example", &["Doc", "Tor"]).await;
    add(folder.path(), "clinic", "patient", "pat@x.example", &["Pat", "Ient"]).await;
    let begun = time::OffsetDateTime::now_utc() - time::Duration::minutes(5);
    let begun = begun.format(&time::format_description::well_known::Rfc3339).expect("a time");
    let appointment = json!({ "id": "v1", "practitioner": "doc@x.example", "patient": "pat@x.example",
        "name": "Check-up", "starts_at": begun, "minutes": 30 });
    import(folder.path(), "clinic", &json!({ "appointments": [appointment] })).await;

    let app = start(folder.path()).await;
    let doc = clinic::people::Person::new(&app, "doc@x.example").await;
    let pat = clinic::people::Person::new(&app, "pat@x.example").await;
    let (status, body) = doc.get("/appointments").await;
    assert_eq!(status, 200, "{body}");
    let appointment = body["data"][0]["id"].as_str().expect("an id").to_owned();
    for (first, second) in [(&doc, &pat), (&pat, &doc)] {
        let room = first.room(&appointment).await;
        let mut waits = second.device().await;
        let mut there = first.enter(&room).await;
        // The other one is alerted, wherever they are.
        waits.until_that("room-status", |body| body["waiting"] == json!([first.id])).await;
        waits.say("join-room", second.of(&room)).await;
        there.until("user-joined").await;
        there.say("leave-room", first.of(&room)).await;
        waits.say("leave-room", second.of(&room)).await;
        let empty = |record: &serde_json::Value| {
            record["patientJoined"] == false && record["practitionerJoined"] == false
        };
        tokio::time::timeout(PATIENCE, doc.record(&appointment, empty)).await.expect("both are gone");
    }
    app.stop().await;
}
