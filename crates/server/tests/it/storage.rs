//! What outlives the process.

use std::path::Path;
use std::time::Duration;

use bellwire_server::{App, Config, Database};
use serde_json::json;

use crate::support::Person;

fn config(folder: &Path) -> Config {
    Config { database: Database::File(folder.join("calls.db")), ..Config::demo() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_records_and_sessions_and_an_answered_call_can_still_be_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::start(config(folder.path())).await.expect("a server");
    let (mut seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (answered, ringing) = (seller.initiate(&amira).await, seller.initiate(&amira).await);
    assert_eq!(amira.respond(&answered, "accepted").await.0, 200);
    app.stop().await;

    // The second start finds the tables migrated, and calls whose time is not up still ringing.
    let app = App::start(config(folder.path())).await.expect("a server");
    seller.move_to(&app);
    let mut shop = seller.device().await;
    shop.say("joinVideoCall", seller.about(&answered)).await;
    assert!(shop.settled().await.iter().all(|(name, _)| name != "callError"));
    shop.say("incomingVideoCall", json!({ "callId": ringing })).await;
    shop.until("callTargetOffline").await;
    let (status, body) = seller.bearer_post("/video-call/end", json!({ "callId": answered })).await;
    assert_eq!((status, body["call"]["status"].as_str()), (200, Some("ended")), "{body}");
    assert_eq!(shop.until("callEnded").await["callId"], answered.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_time_ran_out_while_the_server_was_down_is_missed_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = config(folder.path()).with_ring_timeout(Duration::from_millis(10));
    let long = config(folder.path()).with_ring_timeout(Duration::from_secs(3));
    let app = App::start(long).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let call = seller.initiate(&amira).await;
    app.stop().await;
    tokio::time::sleep(Duration::from_secs(4)).await;

    let app = App::start(short).await.expect("a server");
    let amira = Person::amira(&app).await;
    let path = format!("/video-call/customer-history/{}?limit=1", amira.id);
    let waiting = async {
        loop {
            let (_, history) = amira.get(&path).await;
            assert_eq!(history["calls"][0]["callId"], call.as_str());
            if history["calls"][0]["status"] == "missed" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, waiting).await.expect("it becomes missed");
    app.stop().await;
}
