//! Listeners with a certificate: what people do over HTTPS, certificates that are renewed, and those who
//! say nothing or something else.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bellwire_server::{App, Backend, Config, ConnectionLimits, DEMO_CUSTOMER, DEMO_PASSWORD, TlsConfig};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rust_socketio::asynchronous::ClientBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::program::{program, run};
use crate::support::{Device, PATIENCE};

/// Far shorter than what is tested lives, far longer than an answer takes.
const BRIEF: Duration = Duration::from_secs(2);

/// An authority, and the files of a certificate of its making.
struct Authority {
    folder: TempDir,
    root: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "An authority of the tests");
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Self { folder, root, issuer: Issuer::new(params, key) };
        authority.renew();
        authority
    }

    fn config(&self) -> TlsConfig {
        let file = |name: &str| self.folder.path().join(name);
        let files = TlsConfig::new(file("fullchain.pem"), file("privkey.pem"));
        TlsConfig { look_every: Duration::from_millis(20), ..files }
    }

    /// A new certificate in the place of the one before; it is returned.
    fn renew(&self) -> Vec<u8> {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let config = self.config();
        replace(&config.certificate, &certificate.pem());
        replace(&config.key, &key.serialize_pem());
        certificate.der().to_vec()
    }

    async fn server(&self, connections: ConnectionLimits) -> App {
        let tls = Some(self.config());
        App::start(Config { tls, connections, ..Config::demo() }).await.expect("a server")
    }

    fn http(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_der(self.root.der()).expect("a certificate");
        let client = reqwest::Client::builder().add_root_certificate(root);
        client.cookie_store(true).timeout(PATIENCE).build().expect("a client")
    }

    /// A connection of a client that would like HTTP/2.
    async fn connect(&self, at: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(at).await?).await
    }

    /// The certificate that a new connection is shown.
    async fn shown(&self, at: SocketAddr) -> Vec<u8> {
        let stream = self.connect(at).await.expect("a connection");
        let shown = stream.get_ref().1.peer_certificates().expect("certificates");
        shown[0].to_vec()
    }

    /// Waits until new connections are shown that one; until then it has to be the one before.
    async fn until_shown(&self, at: SocketAddr, before: &[u8], after: &[u8]) {
        let waiting = async {
            loop {
                let shown = self.shown(at).await;
                if shown == after {
                    return;
                }
                assert_eq!(shown, before);
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("it is taken");
    }

    /// Waits until there is a seat again.
    async fn until_served(&self, at: SocketAddr) {
        let waiting = async {
            while !self.serves(at).await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("the seats are free");
    }

    /// Whether a request on a connection of its own is answered well.
    async fn serves(&self, at: SocketAddr) -> bool {
        let Ok(mut stream) = self.connect(at).await else { return false };
        let ask = b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let mut heard = String::new();
        stream.write_all(ask).await.is_ok()
            && stream.read_to_string(&mut heard).await.is_ok()
            && heard.starts_with("HTTP/1.1 200")
    }

    /// A customer's socket, which has come in by a sign-in.
    async fn customer(&self, app: &App) -> Device {
        let body = json!({ "email": DEMO_CUSTOMER, "password": DEMO_PASSWORD });
        let url = format!("{}/user/login-user", app.rest_url("storefront").expect("served"));
        let reply = self.http().post(url).json(&body).send().await.expect("a reply");
        assert_eq!(reply.status(), 201);
        let cookie = reply.headers()["set-cookie"].to_str().expect("text").to_owned();
        assert!(cookie.contains("; Secure"), "{cookie}");
        let body: Value = reply.json().await.expect("json");
        let root = native_tls::Certificate::from_der(self.root.der()).expect("a certificate");
        let trust = native_tls::TlsConnector::builder().add_root_certificate(root).build().expect("trust");
        let url = app.socket_url("storefront").expect("served");
        let builder = ClientBuilder::new(url).tls_config(trust).auth(json!({ "token": body["token"] }));
        let mut device = Device::open(builder).await;
        device.until("open").await;
        device.until("getUsers").await;
        device
    }
}

/// As certbot does it where it can: the file that is read is another one from a moment on.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).expect("written");
    std::fs::rename(&new, file).expect("renamed");
}

/// Where a backend's REST is.
fn at(app: &App, backend: &str) -> SocketAddr {
    let url = app.rest_url(backend).expect("it is served");
    let authority = url.strip_prefix("https://").expect("https").split('/').next().expect("a host");
    authority.parse().expect("an address")
}

/// The socket answers, whatever became of the certificate.
async fn goes_on(device: &mut Device, call: &str) {
    device.say("joinVideoCall", json!({ "callId": call, "userId": "nobody" })).await;
    device.until_that("callError", |body| body["callId"] == call).await;
}

/// Says that and reads until the server hangs up.
async fn hung_up_on(at: SocketAddr, words: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    stream.write_all(words).await.expect("written");
    let mut heard = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
    if let Err(error) = read.unwrap_or_else(|_| panic!("{words:?} is kept")) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_listener_speaks_https_and_says_so() {
    let authority = Authority::new();
    let app = authority.server(ConnectionLimits::default()).await;
    let http = authority.http();
    for backend in Backend::all() {
        let at = at(&app, backend.id());
        let reply = http.get(format!("https://{at}/.well-known/bellwire.json")).send().await;
        let named: Value = reply.expect("a reply").json().await.expect("json");
        for entry in named["dialects"].as_array().expect("a list") {
            let id = entry["id"].as_str().expect("an id");
            assert_eq!(entry["restBase"], app.rest_url(id).expect("served").as_str());
            assert_eq!(entry["socketBase"], app.socket_url(id).expect("served").as_str());
            assert!(entry["restBase"].as_str().is_some_and(|base| base.starts_with("https://")), "{entry}");
        }
        let stream = authority.connect(at).await.expect("a connection");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    assert!(app.metrics_url().is_some_and(|url| url.starts_with("http://")), "it is for this machine");
    let mut device = authority.customer(&app).await;
    goes_on(&mut device, "none").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_connections_get_the_renewed_certificate_and_old_ones_go_on() {
    let authority = Authority::new();
    let app = authority.server(ConnectionLimits::default()).await;
    let (rest, other) = (at(&app, "storefront"), at(&app, "clinic"));
    let first = authority.shown(rest).await;
    let mut device = authority.customer(&app).await;

    let second = authority.renew();

    for at in [rest, other] {
        authority.until_shown(at, &first, &second).await;
    }
    goes_on(&mut device, "one").await;
    authority.customer(&app).await;

    // Bad files change nothing, for as long as they are there.
    let config = authority.config();
    let other = KeyPair::generate().expect("a key").serialize_pem();
    for bad in [other.as_str(), "", "-----BEGIN PRIVATE KEY-----\n"] {
        replace(&config.key, bad);
        sleep(config.look_every * 4).await;
        assert_eq!(authority.shown(rest).await, second);
    }
    std::fs::remove_file(&config.certificate).expect("removed");
    sleep(config.look_every * 4).await;
    assert_eq!(authority.shown(rest).await, second);
    goes_on(&mut device, "two").await;

    let third = authority.renew();
    authority.until_shown(rest, &second, &third).await;
    goes_on(&mut device, "three").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_handshakes_are_hung_up_on_and_leave_their_seats() {
    let authority = Authority::new();
    let limits = ConnectionLimits { head: BRIEF, per_address: Some(8), ..ConnectionLimits::default() };
    let app = authority.server(limits).await;
    let at = at(&app, "clinic");
    // The head of a handshake record, and nothing of what it announces.
    let begun = [22, 3, 1, 1, 0];
    let mut silent = Vec::new();
    for count in 0..8 {
        let mut stream = TcpStream::connect(at).await.expect("a connection");
        stream.write_all(&begun[..count % begun.len()]).await.expect("written");
        silent.push(stream);
    }

    for mut stream in silent {
        let mut heard = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut heard)).await.expect("it is hung up on");
        assert!(heard.is_empty(), "{heard:?}");
    }
    authority.until_served(at).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_connections_than_seats_have_a_handshake() {
    let authority = Authority::new();
    let limits = ConnectionLimits { per_address: Some(8), ..ConnectionLimits::default() };
    let app = authority.server(limits).await;
    let at = at(&app, "clinic");
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(authority.connect(at).await.expect("a connection"));
    }

    assert!(hung_up_on(at, b"").await.is_empty(), "words that a client of TLS does not understand");

    drop(held);
    authority.until_served(at).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_tls_ends_and_does_no_harm() {
    let authority = Authority::new();
    let app = authority.server(ConnectionLimits { head: BRIEF, ..ConnectionLimits::default() }).await;
    let at = at(&app, "marketplace");
    let mut head = format!("POST /api/auth/login HTTP/1.1\r\nhost: {at}\r\ncontent-length: 40000\r\n\r\n");
    head.extend(std::iter::repeat_n('x', 40_000));
    let get = format!("GET /health HTTP/1.1\r\nhost: {at}\r\n\r\n");
    for words in [get, head] {
        let mut stream = TcpStream::connect(at).await.expect("a connection");
        stream.write_all(words.as_bytes()).await.expect("written");
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains(&format!("content-length: {}", body.len())) && body.contains("https://"));
    }
    for words in [&[0; 100][..], &[22, 3, 1, 0, 5, 1, 0, 0, 1, 0], &[0xff; 5000], &[22; 5000]] {
        let heard = hung_up_on(at, words).await;
        assert!(!heard.starts_with(b"HTTP"), "{heard:?}");
    }
    assert!(authority.serves(at).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_within_tls_is_hung_up_on() {
    let authority = Authority::new();
    let app = authority.server(ConnectionLimits { pause: BRIEF, ..ConnectionLimits::default() }).await;
    let at = at(&app, "storefront");
    let stream = authority.connect(at).await.expect("a connection");
    let (_unread, mut write) = tokio::io::split(stream);
    let ask = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    let flood = async { while write.write_all(ask).await.is_ok() {} };
    timeout(PATIENCE, flood).await.expect("it is hung up on");
    assert!(authority.serves(at).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_handshakes() {
    let authority = Authority::new();
    let app = authority.server(ConnectionLimits { head: PATIENCE * 10, ..ConnectionLimits::default() }).await;
    let at = at(&app, "clinic");
    let mut silent = TcpStream::connect(at).await.expect("a connection");
    assert!(authority.serves(at).await, "the silent one was accepted before");

    timeout(PATIENCE, app.stop()).await.expect("it stops");

    let mut heard = Vec::new();
    let _ = timeout(PATIENCE, silent.read_to_end(&mut heard)).await.expect("it was closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_a_usable_certificate_names_the_option() {
    let authority = Authority::new();
    let folder = authority.folder.path();
    std::fs::write(folder.join("other.pem"), KeyPair::generate().expect("a key").serialize_pem())
        .expect("written");
    let refused = async |arguments: &[&str]| {
        let mut command = program(&["--demo"]);
        command.args(arguments).current_dir(folder);
        let said = run(command).await;
        assert!(!said.good && !said.err.contains("panicked"), "{}{}", said.out, said.err);
        assert!(!said.err.contains("PRIVATE"), "{}", said.err);
        said.err
    };
    let (certificate, key) = ("--tls-certificate", "--tls-key");

    let said = refused(&[certificate, "none.pem", key, "privkey.pem"]).await;
    assert!(said.contains("none.pem (--tls-certificate)"), "{said}");
    let said = refused(&[certificate, "fullchain.pem", key, "none.pem"]).await;
    assert!(said.contains("none.pem (--tls-key)"), "{said}");
    let said = refused(&[certificate, "fullchain.pem", key, "other.pem"]).await;
    assert!(said.contains("--tls-key is not that of the first certificate of --tls-certificate"), "{said}");
    assert!(refused(&[certificate, "fullchain.pem"]).await.contains("--tls-certificate needs --tls-key"));
    std::fs::write(folder.join("server.toml"), "tls-key = \"privkey.pem\"\n").expect("written");
    let said = refused(&["--config", "server.toml", certificate, "other.pem"]).await;
    assert!(said.contains("no certificate in other.pem"), "{said}");
}
