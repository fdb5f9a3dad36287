//! Networks that let no WebSocket through, last words, limits and redirects, against Node's own
//! Socket.IO server (`tests/node-backends/transports-server.mjs`).

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use bellwire_call::{CallId, CallKey, IncomingSignal, Invite, MediaKind, OutgoingSignal, Person, PersonId};
use bellwire_signaling::{LinkProblem, ReplyError, SessionEvent, SignInError, SignInRequest, sign_in};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Deployed, heard, link, next};

fn server(mode: &str) -> Result<Deployed> {
    Deployed::node("transports-server.mjs", &["0", mode])
}

fn invite() -> OutgoingSignal {
    let to = Person { id: PersonId("c1".into()), name: "Ann".into(), avatar: None };
    OutgoingSignal::Invite(Invite { to, others: Vec::new(), kind: MediaKind::Video, subject: None })
}

fn count(state: &Value, name: &str) -> usize {
    state["seen"].as_array().map_or(0, |seen| seen.iter().filter(|event| event[0] == name).count())
}

/// Signs in on a network without WebSockets; a ring is heard and a call said by polling.
async fn both_ways_by_polling(mode: &str) -> Result<()> {
    let server = server(mode)?;
    let mut customer = server.customer().await?;
    link(&mut customer.events, true).await.with_context(|| mode.to_owned())?;
    server.until("the customer", |state| count(state, "addUser") == 1).await?;
    reqwest::get(format!("{}/test/ring", server.origin())).await?;
    let (_, ring) = heard(&mut customer.events).await?;
    assert!(matches!(ring, IncomingSignal::Ring(_)), "{mode}: {ring:?}");

    let mut seller = server.seller().await?;
    link(&mut seller.events, true).await?;
    seller.session.say(CallKey::Local(CallId(1)), invite())?;
    let (_, placed) = heard(&mut seller.events).await?;
    assert!(matches!(placed, IncomingSignal::Placed { .. }), "{mode}: {placed:?}");
    let state = server.until("the ring", |state| count(state, "incomingVideoCall") == 1).await?;
    assert!(state["transports"].as_array().is_some_and(|all| all.iter().all(|one| one == "polling")));
    seller.session.close().await;
    customer.session.close().await;
    server.until("nobody left", |state| state["sockets"] == 0).await?;
    Ok(())
}

#[tokio::test]
async fn a_polling_only_server_is_reached_by_polling() -> Result<()> {
    both_ways_by_polling("polling").await
}

#[tokio::test]
async fn a_proxy_that_refuses_upgrades_is_passed_by_polling() -> Result<()> {
    both_ways_by_polling("noupgrade").await
}

#[tokio::test]
async fn a_proxy_that_swallows_upgrades_is_passed_by_polling() -> Result<()> {
    both_ways_by_polling("hang").await
}

#[tokio::test]
async fn a_proxy_that_passes_upgrades_and_then_nothing_is_passed_by_polling() -> Result<()> {
    both_ways_by_polling("mute").await
}

async fn problem(mode: &str) -> Result<LinkProblem> {
    let server = server(mode)?;
    let mut seller = server.seller().await?;
    next(&mut seller.events, "a reason", |event| match event {
        SessionEvent::LinkProblem { problem } => problem,
        _ => None,
    })
    .await
}

#[tokio::test]
async fn where_nothing_works_the_reason_is_told() -> Result<()> {
    assert_eq!(problem("blocked").await?, LinkProblem::WebsocketBlocked);
    assert_eq!(problem("denied").await?, LinkProblem::AccessDenied);
    Ok(())
}

#[tokio::test]
async fn a_polled_server_that_falls_silent_is_noticed() -> Result<()> {
    let mut server = server("polling")?;
    let mut seller = server.seller().await?;
    link(&mut seller.events, true).await?;
    server.kill();
    link(&mut seller.events, false).await
}

/// One program calls, hangs up and quits.
async fn quit_in_a_call(request: SignInRequest) -> Result<()> {
    let mut seller = sign_in(request).await?;
    link(&mut seller.events, true).await?;
    // Before that, a call to somebody who is not there would end by itself.
    next(&mut seller.events, "the customer", |event| match event {
        SessionEvent::Presence { person, online: true } if person.0 == "c1" => Some(()),
        _ => None,
    })
    .await?;
    seller.session.say(CallKey::Local(CallId(1)), invite())?;
    let (key, placed) = heard(&mut seller.events).await?;
    let IncomingSignal::Placed { remote, .. } = placed else { bail!("heard {placed:?} for {key:?}") };
    seller.session.say(CallKey::Remote(remote), OutgoingSignal::HangUp)?;
    seller.session.close().await;
    Ok(())
}

fn seller(server: &Deployed) -> SignInRequest {
    server.request("seller", "shop@example.com", "secret")
}

/// Fifty programs quit; each one's last word is taken in.
async fn last_words(mode: &str) -> Result<()> {
    let server = server(mode)?;
    for round in 1..=10 {
        futures_util::future::try_join_all((0..5).map(|_| quit_in_a_call(seller(&server)))).await?;
        // Nothing comes after a session said that it is over, so what is missing now is lost.
        let gone = |state: &Value| state["gone"].as_array().is_some_and(|gone| gone.len() == 5 * round);
        let state = server.until("the sockets are gone", gone).await?;
        assert_eq!(count(&state, "leaveVideoCall"), 5 * round, "{state}");
    }
    Ok(())
}

#[tokio::test]
async fn fifty_of_fifty_last_words_are_taken_in_by_web_socket() -> Result<()> {
    last_words("ws").await
}

#[tokio::test]
async fn fifty_of_fifty_last_words_are_taken_in_by_polling() -> Result<()> {
    last_words("polling").await
}

/// Passes on to that port what comes within that time as one, as a busy server reads it.
async fn in_bursts(server: u16, every: Duration) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) =
                    TcpStream::connect(("127.0.0.1", server)).await?.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                let mut bytes = Vec::new();
                while from_client.read_buf(&mut bytes).await? > 0 {
                    let gather =
                        async { while from_client.read_buf(&mut bytes).await.is_ok_and(|n| n > 0) {} };
                    // Ends early once the client has closed.
                    let _ = tokio::time::timeout(every, gather).await;
                    to_server.write_all(&std::mem::take(&mut bytes)).await?;
                }
                to_server.shutdown().await
            });
        }
    });
    Ok(port)
}

#[tokio::test]
async fn a_busy_server_takes_the_last_words_in() -> Result<()> {
    let server = server("ws")?;
    let port = in_bursts(server.port, Duration::from_millis(600)).await?;
    let socket_base = Some(format!("http://127.0.0.1:{port}"));
    quit_in_a_call(SignInRequest { socket_base, ..seller(&server) }).await?;
    let gone = |state: &Value| state["gone"].as_array().is_some_and(|gone| gone.len() == 1);
    let state = server.until("the socket is gone", gone).await?;
    assert_eq!(count(&state, "leaveVideoCall"), 1, "{state}");
    Ok(())
}

#[tokio::test]
async fn five_thousand_people_arrive_and_are_counted() -> Result<()> {
    let server = server("big")?;
    let seller = server.seller().await?;
    let contacts = seller.session.contacts("").await?;
    assert_eq!(contacts.items.len() + contacts.left_out as usize, 5000);
    Ok(())
}

#[tokio::test]
async fn a_pause_holds_back_lists_and_never_a_call() -> Result<()> {
    let server = server("limited")?;
    let mut seller = server.seller().await?;
    link(&mut seller.events, true).await?;
    assert_eq!(seller.session.contacts("").await.err(), Some(ReplyError::Paused));
    let until = next(&mut seller.events, "a pause", |event| match event {
        SessionEvent::Paused { until } => until,
        _ => None,
    })
    .await?;
    assert!(until <= SystemTime::now() + Duration::from_secs(3));
    // Not asked again meanwhile; a call is, also once more when it was refused for a second.
    assert_eq!(seller.session.contacts("").await.err(), Some(ReplyError::Paused));
    seller.session.say(CallKey::Local(CallId(1)), invite())?;
    let (mut placed, mut over) = (false, false);
    while !(placed && over) {
        next(&mut seller.events, "the call and the end of the pause", |event| match event {
            SessionEvent::Signal { signal: IncomingSignal::Placed { .. }, .. } => {
                placed = true;
                Some(())
            }
            SessionEvent::Signal { signal: IncomingSignal::Refused { .. }, .. } => {
                panic!("the call was refused")
            }
            SessionEvent::Paused { until: None } => {
                over = true;
                Some(())
            }
            _ => None,
        })
        .await?;
    }
    assert_eq!(seller.session.contacts("").await?.items.len(), 1);
    Ok(())
}

/// Answers each connection with that text, and tells what was asked.
async fn answers(text: String) -> Result<(u16, tokio::sync::mpsc::Receiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let (out, asked) = tokio::sync::mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 16 * 1024];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let _ = out.send(String::from_utf8_lossy(&request[..read]).into_owned()).await;
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    Ok((port, asked))
}

#[tokio::test]
async fn a_password_does_not_follow_a_redirect_to_another_server() -> Result<()> {
    let empty = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".to_owned();
    let (other, mut asked) = answers(empty).await?;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let place = format!("http://127.0.0.1:{other}/api/v2/shop/login-shop");
        let redirect = format!(
            "HTTP/1.1 {status}\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (port, _asked) = answers(redirect).await?;
        let server = server("ws")?;
        let mut request = server.request("seller", "shop@example.com", "secret");
        request.rest_base = Some(format!("http://127.0.0.1:{port}/api/v2"));
        let error = sign_in(request).await.err();
        assert!(matches!(error, Some(SignInError::Redirected)), "{status}: {error:?}");
    }
    assert!(asked.try_recv().is_err(), "the other server was asked");
    Ok(())
}

/// Memory in use by this process, in bytes (Linux).
fn resident() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? * 1024)
}

async fn an_oversized_message_is_not_parsed(mode: &str) -> Result<()> {
    let server = server(mode)?;
    let mut customer = server.customer().await?;
    link(&mut customer.events, true).await?;
    let before = resident()?;
    reqwest::get(format!("{}/test/flood", server.origin())).await?;
    link(&mut customer.events, false).await.context("the line ends")?;
    link(&mut customer.events, true).await.context("and comes back")?;
    let grown = resident()?.saturating_sub(before);
    assert!(grown < 40 * 1024 * 1024, "{grown} bytes more");
    reqwest::get(format!("{}/test/ring", server.origin())).await?;
    let (_, ring) = heard(&mut customer.events).await?;
    assert!(matches!(ring, IncomingSignal::Ring(_)), "{ring:?}");
    customer.session.close().await;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_oversized_message_on_a_web_socket_is_not_parsed() -> Result<()> {
    an_oversized_message_is_not_parsed("ws").await
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_oversized_message_by_polling_is_not_parsed() -> Result<()> {
    an_oversized_message_is_not_parsed("polling").await
}
