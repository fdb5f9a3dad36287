//! Requests that no client makes, from the files in `hostile/`, at each backend over real sockets.
//!
//! A file's first line has the outcomes that are right: a status (`400`), a class of them (`4xx`), or `close`
//! for a connection that is closed without an answer. The rest is sent: an end of line as CR LF, `\xNN` as
//! that byte, and `{text*N}` as the text N times.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bellwire_server::{App, Backend, Config, ConnectionLimits, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::PATIENCE;

static PANICS: AtomicUsize = AtomicUsize::new(0);

struct Hostile {
    name: String,
    allowed: Vec<String>,
    bytes: Vec<u8>,
}

fn corpus() -> Vec<Hostile> {
    let folder =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("tests/it/hostile");
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut all: Vec<Hostile> = files
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("text");
            let (allowed, request) = text.split_once('\n').expect("a first line");
            Hostile {
                name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
                allowed: allowed.split(' ').map(str::to_owned).collect(),
                bytes: written(request),
            }
        })
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn written(text: &str) -> Vec<u8> {
    let text = text.replace('\n', "\r\n");
    let (mut bytes, mut rest) = (Vec::new(), text.as_str());
    while let Some(first) = rest.chars().next() {
        let repeated = rest.strip_prefix('{').and_then(|rest| {
            let (what, after) = rest.split_once('}')?;
            let (what, count) = what.rsplit_once('*')?;
            Some((what, count.parse::<usize>().ok()?, after))
        });
        let escaped = rest.strip_prefix("\\x").and_then(|rest| {
            let digits = rest.get(..2)?;
            Some((u8::from_str_radix(digits, 16).ok()?, &rest[2..]))
        });
        if let Some((what, count, after)) = repeated {
            bytes.extend(what.repeat(count).into_bytes());
            rest = after;
        } else if let Some((byte, after)) = escaped {
            bytes.push(byte);
            rest = after;
        } else {
            bytes.extend(first.to_string().into_bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    bytes
}

/// All that the server says until it hangs up, which it does by itself.
async fn said(at: &str, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(at).await.expect("a connection");
    let (mut read, mut write) = stream.into_split();
    let mut heard = Vec::new();
    let talk = async {
        // It may hang up before it has heard everything.
        let send = async {
            let _ = write.write_all(bytes).await;
        };
        let listen = async {
            let _ = read.read_to_end(&mut heard).await;
        };
        tokio::join!(send, listen)
    };
    timeout(PATIENCE, talk).await.expect("the server hangs up");
    String::from_utf8_lossy(&heard).into_owned()
}

fn outcome(heard: &str) -> String {
    heard.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("close").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_harms_a_backend() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        before(panic);
    }));
    let second = Duration::from_secs(1);
    let connections =
        ConnectionLimits { head: second, pause: second, body: second * 2, ..Default::default() };
    let limits = Limits {
        logins_per_minute: 10_000,
        failed_logins: 10_000,
        failed_logins_per_account: 10_000,
        failed_logins_per_address: 10_000,
        ..Limits::default()
    };
    let app = App::start(Config { connections, limits, ..Config::demo().with_request_limit(1_000_000) })
        .await
        .expect("a server");
    let corpus = corpus();
    assert!(corpus.len() >= 40, "{}", corpus.len());
    let backends = Backend::all().map(|backend| harmless(&app, backend, &corpus));
    futures_util::future::join_all(backends).await;
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
    app.stop().await;
}

async fn harmless(app: &App, backend: Backend, corpus: &[Hostile]) {
    let at = app.socket_url(backend.id()).expect("served").replace("http://", "");
    let rest = app.rest_url(backend.id()).expect("served");
    let rest = rest.trim_start_matches("http://").split('/').next().expect("a host").to_owned();
    let tries = corpus.iter().map(async |hostile| {
        let at = if hostile.name.starts_with("engine") || hostile.name.starts_with("websocket") {
            &at
        } else {
            &rest
        };
        let heard = said(at, &hostile.bytes).await;
        let outcome = outcome(&heard);
        let class = format!("{}xx", &outcome[..1]);
        let fits = hostile.allowed.iter().any(|allowed| *allowed == outcome || *allowed == class);
        let answers = heard.matches("HTTP/1.1 ").count();
        let quiet = !heard.to_lowercase().contains("access-control-allow-origin: https://evil");
        (!fits || answers > 1 || !quiet)
            .then(|| format!("{} {}: {outcome}, {answers} answers", backend.id(), hostile.name))
    });
    // Some at a time, so that a slow machine does not take waiting for harm.
    let mut wrong = Vec::new();
    let mut tries: Vec<_> = tries.collect();
    while !tries.is_empty() {
        let some = tries.split_off(tries.len().saturating_sub(16));
        wrong.extend(futures_util::future::join_all(some).await.into_iter().flatten());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // A busy machine may take longer than the short time-outs of this test to send a request.
    let mut health = Err("never asked".to_owned());
    for _ in 0..10 {
        health = match reqwest::get(format!("http://{rest}/health")).await {
            Ok(reply) => Ok(reply.status().as_u16()),
            Err(error) => Err(error.to_string()),
        };
        if health.is_ok() {
            break;
        }
    }
    assert_eq!(health, Ok(200), "{}", backend.id());
}
