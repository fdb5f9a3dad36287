//! A database that takes a change and then cannot commit it, as on a full disk: nobody is told of what
//! was not kept.

use std::path::Path;

use bellwire_server::{App, Config, Database};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::count;
use crate::{clinic, dealerdesk, hearth, support};

async fn start(folder: &Path) -> App {
    let database = Database::File(folder.join("calls.db"));
    App::start(Config { database, ..Config::demo() }).await.expect("a server")
}

/// From now on (or no longer) every commit of an insert or update fails: each has a row behind it that
/// refers to nothing, which SQLite looks for at the commit.
async fn break_commits(folder: &Path, broken: bool) {
    let mut database =
        SqliteConnectOptions::new().filename(folder.join("calls.db")).connect().await.expect("a database");
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name NOT LIKE '_sqlx%' AND name NOT LIKE 'broken%'",
    )
    .fetch_all(&mut database)
    .await
    .expect("tables");
    let mut script = if broken {
        "CREATE TABLE IF NOT EXISTS broken_at (id INTEGER PRIMARY KEY); CREATE TABLE IF NOT EXISTS broken (at INTEGER REFERENCES \
         broken_at (id) DEFERRABLE INITIALLY DEFERRED);"
            .to_owned()
    } else {
        String::new()
    };
    for table in &tables {
        for what in ["INSERT", "UPDATE"] {
            let name = format!("broken_{table}_{what}");
            script.push_str(&if broken {
                format!(
                    "CREATE TRIGGER {name} AFTER {what} ON {table} BEGIN INSERT INTO broken VALUES (1); END;"
                )
            } else {
                format!("DROP TRIGGER {name};")
            });
        }
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut database).await.expect("changed");
    database.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dealerdesk_tells_of_no_message_and_no_call_that_was_not_kept() {
    use dealerdesk::{DEALER, Person, TECHNICIAN, join, place, room, settled};

    let folder = tempfile::tempdir().expect("a folder");
    let app = start(folder.path()).await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let place_of = room(DEALER, TECHNICIAN);
    join(&shop, &dan, &place_of).await;
    join(&phone, &tea, &place_of).await;
    let ringing = place(&mut shop, &place_of, TECHNICIAN).await;
    phone.until("incoming_call").await;
    settled(&mut shop).await;
    settled(&mut phone).await;
    break_commits(folder.path(), true).await;

    for text in ["lost one", "lost two"] {
        shop.say("send_message", json!({ "roomId": place_of, "message": text, "senderType": "DEALER" }))
            .await;
        assert_eq!(shop.until("error").await["code"], "INTERNAL");
    }
    phone.say("call_accept", json!({ "callId": ringing, "roomId": place_of })).await;
    assert_eq!(phone.until("error").await["code"], "INTERNAL");
    let call = json!({ "roomId": place_of, "callType": "VIDEO", "targetEmail": TECHNICIAN });
    shop.say("call_initiate", call).await;
    assert_eq!(shop.until("call_failed").await["roomId"], place_of);
    let (own, theirs) = (settled(&mut shop).await, settled(&mut phone).await);
    for event in ["new_message", "call_initiated", "incoming_call", "chat_notification", "call_accepted"] {
        assert_eq!((count(&own, event), count(&theirs, event)), (0, 0), "{event}");
    }

    break_commits(folder.path(), false).await;
    shop.say("send_message", json!({ "roomId": place_of, "message": "kept", "senderType": "DEALER" })).await;
    assert_eq!(phone.until("new_message").await["message"], "kept");
    place(&mut shop, &place_of, TECHNICIAN).await;
    phone.until("incoming_call").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storefront_tells_of_no_call_and_no_answer_that_was_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = start(folder.path()).await;
    let (seller, amira) = (support::Person::seller(&app).await, support::Person::amira(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);
    let ringing = seller.initiate(&amira).await;
    shop.settled().await;
    phone.settled().await;
    break_commits(folder.path(), true).await;

    let (status, _) = seller.post("/video-call/initiate", json!({ "customerId": amira.id })).await;
    assert_eq!(status, 500);
    assert_eq!(amira.respond(&ringing, "accepted").await.0, 500);
    assert_eq!(seller.end(&ringing).await.0, 500);
    // By socket the one who asked hears that it failed.
    phone.say("endVideoCall", amira.about(&ringing)).await;
    assert_eq!(phone.until("callError").await["callId"], ringing.as_str());
    phone.log.clear();
    let heard = [shop.settled().await, phone.settled().await].concat();
    assert!(heard.is_empty(), "{heard:?}");

    break_commits(folder.path(), false).await;
    assert_eq!(amira.respond(&ringing, "accepted").await.0, 200);
    shop.status("accepted").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marketplace_tells_of_no_message_and_no_call_that_was_not_kept() {
    use crate::marketplace::{Person, ring, settled};

    let folder = tempfile::tempdir().expect("a folder");
    let app = start(folder.path()).await;
    let (chidi, ada) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (chidi.device().await, ada.device().await);
    let ringing = chidi.initiate("video-call", &ada).await;
    shop.say("initiate_video_call", ring(&ringing, &ada)).await;
    phone.until("incoming_video_call").await;
    settled(&mut shop).await;
    settled(&mut phone).await;
    break_commits(folder.path(), true).await;

    // By socket the one who asked hears that it failed.
    phone.say("accept_call", json!({ "callId": ringing, "callerId": chidi.id })).await;
    assert_eq!(phone.until("call_error").await["callId"], ringing.as_str());
    phone.log.clear();
    let words = json!({ "receiverId": ada.id, "content": "lost" });
    assert_eq!(chidi.post("/messages/send", words).await.0, 500);
    let call = json!({ "receiverId": ada.id });
    assert_eq!(chidi.post("/communication/video-call/initiate", call).await.0, 500);
    let heard = [settled(&mut shop).await, settled(&mut phone).await].concat();
    assert!(heard.is_empty(), "{heard:?}");

    break_commits(folder.path(), false).await;
    let words = json!({ "receiverId": ada.id, "content": "kept" });
    assert_eq!(chidi.post("/messages/send", words).await.0, 201);
    assert_eq!(phone.until("new_message").await["message"]["content"], "kept");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hearth_tells_of_no_session_and_no_line_that_was_not_kept() {
    use hearth::{ANA, BEN, Person, THERAPIST, settled};

    let folder = tempfile::tempdir().expect("a folder");
    let app = start(folder.path()).await;
    let people = [ANA, BEN, THERAPIST].map(|email| Person::login(&app, email));
    let [ana, ben, dora]: [Person; 3] =
        futures_util::future::join_all(people).await.try_into().ok().expect("three");
    let ringing = ana.initiate("one-to-one", &[&ben]).await;
    let (_, listed) = dora.get("/therapy/sessions").await;
    let therapy = listed["data"].as_array().expect("a list");
    let therapy = therapy.iter().find(|session| session["status"] == "in-progress").expect("one goes on");
    let therapy = therapy["_id"].as_str().expect("an id").to_owned();
    let (mut a, mut b, mut d) = (ana.device().await, ben.device().await, dora.device().await);
    for device in [&mut a, &mut d] {
        device.say("join_session", json!(therapy)).await;
    }
    // Whoever was asked first hears of what the others did once all of that is done.
    for _ in 0..2 {
        for device in [&mut a, &mut b, &mut d] {
            settled(device).await;
        }
    }
    break_commits(folder.path(), true).await;

    d.say("chat_message", json!({ "sessionId": therapy, "message": "lost" })).await;
    d.until("call_error").await;
    let body = json!({ "sessionType": "one-to-one", "participants": [dora.id] });
    assert_eq!(ben.post("/video-call/initiate", body).await.0, 500);
    assert_eq!(ben.join(&ringing).await.0, 500);
    assert_eq!(ana.end(&ringing).await.0, 500);
    let mut heard = Vec::new();
    for device in [&mut a, &mut b, &mut d] {
        heard.extend(settled(device).await.into_iter().filter(|(name, _)| name != "call_error"));
    }
    assert!(heard.is_empty(), "{heard:?}");

    break_commits(folder.path(), false).await;
    d.say("chat_message", json!({ "sessionId": therapy, "message": "kept" })).await;
    assert_eq!(a.until("chat_message").await["message"], "kept");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clinic_confirms_no_change_that_was_not_kept() {
    use clinic::people::{DOCTOR, NOW, PATIENT, PENDING, Person};

    let folder = tempfile::tempdir().expect("a folder");
    let app = start(folder.path()).await;
    let (doctor, patient) =
        (Person::new(&app, DOCTOR).await, Person::new(&app, "patient3@demo.example").await);
    let (_, before) = doctor.get("/appointments?pageSize=100").await;
    break_commits(folder.path(), true).await;

    let answer = json!({ "accepted": true });
    let (status, body) = patient.patch(&format!("/appointments/{PENDING}/respond"), answer).await;
    assert_eq!(status, 500, "{body}");
    let (_, after) = doctor.get("/appointments?pageSize=100").await;
    assert_eq!(after["data"], before["data"]);

    break_commits(folder.path(), false).await;
    let room = doctor.room(NOW).await;
    let (mut desk, mut phone) = (doctor.device().await, Person::new(&app, PATIENT).await.device().await);
    break_commits(folder.path(), true).await;
    desk.say("join-room", doctor.of(&room)).await;
    assert_eq!(desk.until("error").await["roomId"], room);
    let told = doctor.settle(&mut desk).await;
    assert_eq!(count(&told, "joined-room") + count(&told, "room-status"), 0, "{told:?}");
    // Once it can be kept it is, and then both sides hear of it.
    break_commits(folder.path(), false).await;
    assert_eq!(desk.until("joined-room").await["roomId"], room);
    assert_eq!(phone.until("room-status").await["status"], "Waiting");
    app.stop().await;
}
