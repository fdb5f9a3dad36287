//! STUN and TURN with the credentials that REST hands out.

use std::net::SocketAddr;
use std::sync::Arc;

use bellwire_server::{App, Config, ExternalRelays, TurnConfig};
use serde_json::Value;
use tokio::net::UdpSocket;
use turn::client::{Client, ClientConfig};
use webrtc_util::Conn;

use crate::support::{PATIENCE, Person};

struct Row {
    addr: SocketAddr,
    username: String,
    password: String,
}

async fn row(person: &Person) -> Row {
    let (_, body) = person.get("/video-call/ice-servers").await;
    assert_eq!(body["ttl"], 600);
    turn_row(&body)
}

fn turn_row(body: &Value) -> Row {
    let rows = body["iceServers"].as_array().expect("rows");
    let turn = rows.iter().find(|row| row["username"].is_string()).expect("a relay");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let url = text(&turn["urls"][0]);
    let addr = url.trim_start_matches("turn:").split('?').next().expect("an address");
    Row {
        addr: addr.parse().expect("an address"),
        username: text(&turn["username"]),
        password: text(&turn["credential"]),
    }
}

async fn client(addr: SocketAddr, username: &str, password: &str) -> Client {
    let client = Client::new(ClientConfig {
        stun_serv_addr: addr.to_string(),
        turn_serv_addr: addr.to_string(),
        username: username.to_owned(),
        password: password.to_owned(),
        realm: "bellwire".to_owned(),
        software: String::new(),
        rto_in_ms: 500,
        conn: Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a socket")),
        vnet: None,
    })
    .await
    .expect("a client");
    client.listen().await.expect("listening");
    client
}

async fn allocates(addr: SocketAddr, username: &str, password: &str) -> bool {
    let client = client(addr, username, password).await;
    let allocated = tokio::time::timeout(PATIENCE, client.allocate()).await.expect("an answer").is_ok();
    let _ = client.close().await;
    allocated
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_relays_and_a_wrong_or_expired_one_does_not() {
    let app = App::start(Config::demo()).await.expect("a server");
    let row = row(&Person::amira(&app).await).await;
    let peer = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");

    let good = client(row.addr, &row.username, &row.password).await;
    let seen = good.send_binding_request().await.expect("a mapped address");
    assert!(seen.ip().is_loopback());
    let relayed = good.allocate().await.expect("an allocation");
    let peer_addr = peer.local_addr().expect("an address");
    relayed.send_to(b"through the relay", peer_addr).await.expect("sent");
    let mut buffer = [0; 64];
    let (length, from) = tokio::time::timeout(PATIENCE, peer.recv_from(&mut buffer))
        .await
        .expect("in time")
        .expect("a datagram");
    assert_eq!(&buffer[..length], b"through the relay");
    assert_eq!(from, relayed.local_addr().expect("an address"));
    peer.send_to(b"and back", from).await.expect("sent");
    let (length, _) =
        tokio::time::timeout(PATIENCE, relayed.recv_from(&mut buffer)).await.expect("in time").expect("data");
    assert_eq!(&buffer[..length], b"and back");
    good.close().await.expect("closed");

    assert!(!allocates(row.addr, &row.username, "wrong").await);
    let (_, user) = row.username.split_once(':').expect("expiry and user");
    assert!(!allocates(row.addr, &format!("1000:{user}"), &row.password).await, "another user name");
    app.stop().await;
}

/// The program itself, with the log it writes by default.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_relayed_call_has_no_address_and_no_colours() {
    use crate::program::Running;

    let running = Running::start(&["--demo", "--turn-listen", "127.0.0.1:0"]).await;
    let at = running.rest("storefront");
    let body =
        serde_json::json!({ "email": "amira@demo.example", "password": bellwire_server::DEMO_PASSWORD });
    let http = reqwest::Client::new();
    let reply = http.post(format!("{at}/user/login-user")).json(&body).send().await.expect("a reply");
    let token = reply.json::<Value>().await.expect("json")["token"].as_str().expect("text").to_owned();
    let request = http.get(format!("{at}/video-call/ice-servers")).bearer_auth(token);
    let row = turn_row(&request.send().await.expect("a reply").json().await.expect("json"));
    let client = client(row.addr, &row.username, &row.password).await;
    let mapped = client.send_binding_request().await.expect("an address");
    let relayed = client.allocate().await.expect("an allocation");
    relayed.send_to(b"hello", "127.0.0.1:9".parse().expect("an address")).await.expect("sent");
    let own = relayed.local_addr().expect("an address");
    client.close().await.expect("closed");

    let log = running.stop().await;

    assert!(log.contains("Serving") && !log.contains('\u{1b}'), "{log}");
    for address in [mapped, own] {
        assert!(!log.contains(&address.to_string()), "{address} is in {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_credential_is_refused_although_its_password_is_right() {
    let turn = TurnConfig { secret: Some("secret".to_owned()), ..TurnConfig::loopback() };
    let app = App::start(Config { turn: Some(turn), ..Config::demo() }).await.expect("a server");
    let addr = row(&Person::amira(&app).await).await.addr;

    // echo -n '1700000000:amira' | openssl dgst -sha1 -hmac secret -binary | base64
    assert!(!allocates(addr, "1700000000:amira", "cNPknCe5E3n8Gdo0f204vhHFpXE=").await);
    // echo -n '4000000000:amira' | the same
    assert!(allocates(addr, "4000000000:amira", "Mc0Few9IlSaob61l42cq6GX4390=").await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_of_others_takes_the_credentials_that_clients_are_given_for_it() {
    let secret = "shared with whoever runs it".to_owned();
    let turn = TurnConfig { secret: Some(secret.clone()), ..TurnConfig::loopback() };
    let theirs = App::start(Config { turn: Some(turn), ..Config::demo() }).await.expect("a server");
    let url = theirs.turn_url().expect("a relay");
    let urls = vec![url, "turns:relay.example:443?transport=tcp".to_owned()];
    let relays =
        ExternalRelays { urls: urls.clone(), secret, credential_ttl: std::time::Duration::from_secs(60) };
    let config = Config { turn: None, external_relays: Some(relays), ..Config::demo() };
    let app = App::start(config).await.expect("a server");

    let (_, body) = Person::amira(&app).await.get("/video-call/ice-servers").await;
    assert_eq!((&body["ttl"], body["iceServers"].as_array().map(Vec::len)), (&60.into(), Some(1)));
    assert_eq!(body["iceServers"][0]["urls"], serde_json::json!(urls));
    let row = turn_row(&body);
    assert!(allocates(row.addr, &row.username, &row.password).await);
    assert!(!allocates(row.addr, &row.username, "guessed").await);
    app.stop().await;
    theirs.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relayed_sockets_keep_to_the_ports_that_are_open_for_them() {
    // Those that others have are passed over.
    let ports = 42_000..=42_063;
    let turn = TurnConfig { ports: Some(ports.clone()), ..TurnConfig::loopback() };
    let app = App::start(Config { turn: Some(turn), ..Config::demo() }).await.expect("a server");
    let row = row(&Person::amira(&app).await).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let client = client(row.addr, &row.username, &row.password).await;
        let relayed = client.allocate().await.expect("an allocation");
        seen.insert(relayed.local_addr().expect("an address").port());
        client.close().await.expect("closed");
    }
    assert!(seen.iter().all(|port| ports.contains(port)), "{seen:?}");
    app.stop().await;
}
