//! Connections that keep the server waiting, and those that only look as if they did.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bellwire_server::{App, Backend, Config, ConnectionLimits};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{PATIENCE, Person};

/// Far shorter than what is tested lives, far longer than an answer takes.
const BRIEF: Duration = Duration::from_secs(2);

fn brief() -> ConnectionLimits {
    ConnectionLimits { head: BRIEF, pause: BRIEF, body: BRIEF * 3, ..ConnectionLimits::default() }
}

async fn server(connections: ConnectionLimits) -> App {
    App::start(Config { connections, ..Config::demo() }).await.expect("a server")
}

/// Where each listener is.
fn listeners(app: &App) -> Vec<SocketAddr> {
    let at = |url: String| {
        let url = url.trim_start_matches("http://").split('/').next().expect("a host").to_owned();
        url.parse::<SocketAddr>().expect("an address")
    };
    let of = |backend: Backend| [app.rest_url(backend.id()), app.socket_url(backend.id())];
    let mut all: Vec<_> = Backend::all().flat_map(of).flatten().map(at).collect();
    all.sort();
    all.dedup();
    all
}

/// Says that and reads until the server hangs up.
async fn hung_up_on(at: SocketAddr, words: &str) -> String {
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    stream.write_all(words.as_bytes()).await.expect("written");
    let mut heard = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
    match read.unwrap_or_else(|_| panic!("{at} keeps {words:?}")) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// One request on a connection of its own, answered.
async fn served(at: SocketAddr, from: [u8; 4]) -> io::Result<String> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let mut stream = socket.connect(at).await?;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let mut heard = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut heard)).await??;
    Ok(heard)
}

const POST: &str = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_half_a_head_and_half_a_body_are_hung_up_on_at_every_listener() {
    let app = server(brief()).await;
    let listeners = listeners(&app);
    assert_eq!(listeners.len(), 6);
    let half_body = format!("{POST}content-length: 100\r\n\r\n{{\"email\":");
    let half_chunk = format!("{POST}transfer-encoding: chunked\r\n\r\n20\r\n{{\"em");
    let polling =
        "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n4";
    let words =
        ["", "GET /health HTT", "GET /health HTTP/1.1\r\nhost: x\r\n", &half_body, &half_chunk, polling];

    let all = listeners.iter().flat_map(|at| words.map(|words| (*at, words.to_owned())));
    let stuck = all.map(async |(at, words)| (at, words.clone(), hung_up_on(at, &words).await));
    let stuck = futures_util::future::join_all(stuck);
    let others = async {
        for at in &listeners {
            let answer = served(*at, [127, 0, 0, 1]).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{at}: {answer}");
        }
    };
    let (heard, ()) = tokio::join!(stuck, others);

    let marketplace = rest_at(&app, "marketplace");
    for (at, words, heard) in heard {
        let expected = if at == marketplace && words.starts_with(POST) { "HTTP/1.1 408" } else { "" };
        assert!(heard.starts_with(expected) && !heard.contains(" 200 "), "{words:?}: {heard}");
    }
    app.stop().await;
}

fn rest_at(app: &App, backend: &str) -> SocketAddr {
    let url = app.rest_url(backend).expect("it is served");
    url.trim_start_matches("http://").split('/').next().expect("a host").parse().expect("an address")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_drips_is_read_while_it_drips_and_not_for_ever() {
    let app = server(ConnectionLimits { body: Duration::from_secs(600), ..brief() }).await;
    let at = rest_at(&app, "marketplace");
    let body = json!({ "email": bellwire_server::DEMO_CUSTOMER, "password": "x" }).to_string();
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    let head = format!("{POST}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.expect("written");
    let begun = Instant::now();
    let pieces: Vec<_> = body.as_bytes().chunks(body.len().div_ceil(6)).collect();
    for piece in pieces {
        stream.write_all(piece).await.expect("written");
        sleep(BRIEF / 4).await;
    }
    let mut heard = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut heard)).await.expect("in time").expect("an answer");
    assert!(begun.elapsed() > BRIEF, "it took longer than a pause may");
    assert!(heard.starts_with("HTTP/1.1 401"), "{heard}");
    app.stop().await;

    let app = server(ConnectionLimits { body: BRIEF, ..brief() }).await;
    let at = rest_at(&app, "marketplace");
    let stream = TcpStream::connect(at).await.expect("a connection");
    let (mut read, mut write) = stream.into_split();
    write.write_all(format!("{POST}content-length: 60000\r\n\r\n").as_bytes()).await.expect("written");
    let drip = async {
        while write.write_all(b" ").await.is_ok() {
            sleep(BRIEF / 20).await;
        }
    };
    let mut heard = Vec::new();
    let answer = async {
        let _ = timeout(PATIENCE, read.read_to_end(&mut heard)).await.expect("it ends");
    };
    tokio::join!(drip, answer);
    assert!(heard.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&heard));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_socket_a_poll_and_an_idle_connection_in_use_live_on() {
    let app = server(brief()).await;
    let seller = Person::seller(&app).await;
    let mut shop = seller.device().await;
    // A second one by polling, which waits for its next event.
    let base =
        format!("{}/socket.io/?EIO=4&transport=polling", app.socket_url("storefront").expect("served"));
    let client = reqwest::Client::new();
    let get = async |url: &str| {
        let reply = client.get(url).send().await.expect("a reply");
        (reply.status().as_u16(), reply.text().await.expect("text"))
    };
    let (_, opened) = get(&base).await;
    let opened: serde_json::Value = serde_json::from_str(&opened[1..]).expect("an open packet");
    let session = format!("{base}&sid={}", opened["sid"].as_str().expect("a session"));
    let post = async |packet: String| {
        let reply = client.post(&session).body(packet).send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
    };
    post(format!("40{}", json!({ "token": seller.token }))).await;
    let polled = async {
        loop {
            let begun = Instant::now();
            let (status, packets) = get(&session).await;
            assert_eq!(status, 200, "{packets}");
            if begun.elapsed() > BRIEF * 2 {
                return packets;
            }
            if packets.split('\u{1e}').any(|packet| packet == "2") {
                post("3".to_owned()).await;
            }
        }
    };
    let later = async {
        sleep(BRIEF * 4).await;
        Person::amira(&app).await.device().await
    };
    let (packets, amira) = timeout(PATIENCE, async { tokio::join!(polled, later) }).await.expect("in time");
    assert!(packets.contains("42["), "{packets}");
    shop.settled().await;
    amira.client.disconnect().await.expect("disconnected");

    // Requests on one connection, each after a rest that is shorter than what is allowed.
    let at = rest_at(&app, "clinic");
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    for _ in 0..5 {
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
        let mut heard = [0; 15];
        timeout(PATIENCE, stream.read_exact(&mut heard)).await.expect("in time").expect("an answer");
        assert_eq!(&heard, b"HTTP/1.1 200 OK");
        let rest = timeout(BRIEF / 2, async { while stream.read_u8().await.is_ok() {} }).await;
        assert!(rest.is_err(), "it was hung up on");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_so_many_connections_and_others_are_served() {
    let limits = ConnectionLimits { per_address: Some(8), per_listener: Some(64), ..Default::default() };
    let app = server(limits).await;
    let (full, other) = (rest_at(&app, "clinic"), rest_at(&app, "hearth"));
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(full).await.expect("a connection");
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.expect("an answer");
        held.push(stream);
    }

    let mut refused = TcpStream::connect(full).await.expect("the system accepts");
    let mut heard = String::new();
    let read = timeout(PATIENCE, refused.read_to_string(&mut heard)).await.expect("at once");
    assert!(read.is_err() || heard.starts_with("HTTP/1.1 503"), "{heard}");
    for (at, from) in [(full, [127, 0, 0, 2]), (other, [127, 0, 0, 1])] {
        let answer = served(at, from).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let metrics = reqwest::get(app.metrics_url().expect("served")).await.expect("a reply");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains(r#"connections_refused_total{backend="clinic"} 1"#), "{metrics}");

    drop(held);
    let again = async {
        while !served(full, [127, 0, 0, 1]).await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("a seat that was left is free");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_hung_up_on() {
    let app = server(brief()).await;
    let at = rest_at(&app, "storefront");
    let stream = TcpStream::connect(at).await.expect("a connection");
    let (_unread, mut write) = stream.into_split();
    // Each answer has some 20 kB; the system's buffers are full after some hundred.
    let flood = async {
        loop {
            if write.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n").await.is_err() {
                break;
            }
        }
    };
    timeout(PATIENCE, flood).await.expect("it is hung up on");
    assert!(served(at, [127, 0, 0, 1]).await.expect("an answer").starts_with("HTTP/1.1 200"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_an_answer_and_for_no_silence() {
    let app = server(ConnectionLimits::default()).await;
    let at = rest_at(&app, "clinic");
    let silent = TcpStream::connect(at).await.expect("a connection");
    let mut idle = TcpStream::connect(at).await.expect("a connection");
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let mut status = [0; 15];
    idle.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200 OK");

    timeout(PATIENCE, app.stop()).await.expect("it stops");

    for mut stream in [silent, idle] {
        let mut heard = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut heard)).await.expect("it was closed");
    }
    std::net::TcpListener::bind(at).expect("the port is free");
}
