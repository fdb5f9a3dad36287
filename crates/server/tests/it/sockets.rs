//! Order and endurance of the sockets.

use bellwire_server::{App, Config, Limits};
use serde_json::json;

use crate::support::{Device, Person, rest, server, socket};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_candidates_arrive_in_the_order_they_were_sent() {
    let limits = Limits { event_burst: 100_000, events_per_second: 100_000, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (shop, mut phone) = (seller.device().await, amira.device().await);
    let call = seller.initiate(&amira).await;
    assert_eq!(amira.respond(&call, "accepted").await.0, 200);

    for number in 0..1000 {
        let candidate = json!({ "candidate": format!("candidate:{number}") });
        shop.say("ice-candidate", json!({ "callId": call, "candidate": candidate, "senderId": "" })).await;
        // Within what one socket's queue holds, however slowly the server is scheduled.
        if number % 200 == 199 {
            let last = format!("candidate:{number}");
            phone.until_that("ice-candidate", |body| body["candidate"]["candidate"] == last.as_str()).await;
        }
    }

    let numbers: Vec<String> = phone
        .log
        .iter()
        .filter(|(name, _)| name == "ice-candidate")
        .map(|(_, body)| body["candidate"]["candidate"].as_str().expect("text").to_owned())
        .collect();
    let expected: Vec<String> = (0..1000).map(|number| format!("candidate:{number}")).collect();
    assert_eq!(numbers, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_closes_the_sockets_and_frees_the_ports() {
    let app = server().await;
    let seller = Person::seller(&app).await;
    let mut shop = seller.device().await;
    shop.settled().await;
    let addr = socket(&app).trim_start_matches("http://").to_owned();

    app.stop().await;

    std::net::TcpListener::bind(addr).expect("the port is free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_server_is_gone_for_its_sockets_too() {
    let app = server().await;
    let seller = Person::seller(&app).await;
    let mut shop = seller.device().await;
    shop.settled().await;
    let health = format!("{}/health", rest(&app).replace("/api/v2", ""));

    drop(app);

    let gone = async {
        while shop.client.emit("addUser", json!(seller.id)).await.is_ok()
            || reqwest::get(&health).await.is_ok()
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, gone).await.expect("both listeners are gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_so_many_sockets_and_keeps_those_it_has() {
    let limits = Limits { sockets_per_account: 2, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut first, second) = (seller.device().await, seller.device().await);

    let mut third = Device::connect(&socket(&app), json!({ "token": seller.token })).await;
    let refused = third.until("error").await.to_string();
    assert!(refused.contains("Too many connections"), "{refused}");
    amira.device().await.settled().await;
    first.settled().await;

    second.client.disconnect().await.expect("disconnected");
    let again = async {
        loop {
            let mut device = Device::connect(&socket(&app), json!({ "token": seller.token })).await;
            if device.until_either("getUsers", "error").await == "getUsers" {
                break;
            }
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, again).await.expect("a place that was left is free");

    // hearth hears of the token only afterwards.
    let ana = crate::hearth::Person::login(&app, crate::hearth::ANA).await;
    let _held = [ana.device().await, ana.device().await];
    let mut third = Device::connect(&app.socket_url("hearth").expect("served"), json!({})).await;
    third.until("open").await;
    third.say("authenticate", json!({ "token": ana.token })).await;
    assert_eq!(third.until("call_error").await["message"], "Too many connections");
    third.until("close").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_above_the_limit_of_an_account_are_dropped_and_counted() {
    let limits = Limits { reports_per_minute: 2, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut desk) = (seller.device().await, seller.device().await);
    let call = seller.initiate(&amira).await;
    for device in [&shop, &desk] {
        for _ in 0..5 {
            let report = json!({ "callId": call, "userId": seller.id, "quality": "good" });
            device.say("callQualityReport", report).await;
        }
    }
    shop.settled().await;
    desk.settled().await;

    let metrics = reqwest::get(app.metrics_url().expect("served")).await;
    let metrics = metrics.expect("a reply").text().await.expect("text");
    let dropped = r#"socket_events_total{backend="storefront",direction="dropped"} 8"#;
    assert!(metrics.contains(dropped), "{metrics}");
    app.stop().await;
}
