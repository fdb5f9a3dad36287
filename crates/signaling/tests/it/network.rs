//! Certificates of an own authority and proxies, for REST and for the socket.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use bellwire_call::{CallId, CallKey, IncomingSignal, Invite, MediaKind, OutgoingSignal, Person, PersonId};
use bellwire_signaling::{SignInError, SignInRequest, TransportConfig, TransportError, discover, sign_in};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::proxy::Proxy;
use crate::support::{Deployed, PATIENCE, heard, link, online};

/// An authority that no system knows, and a certificate of its making.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Our own authority");
        let key = KeyPair::generate()?;
        let root = params.self_signed(&key)?;
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate()?;
        let server = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &issuer)?;
        let authority = Self { folder: tempfile::tempdir()? };
        pem(&authority.root(), "CERTIFICATE", root.der())?;
        pem(&authority.certificate(), "CERTIFICATE", server.der())?;
        pem(&authority.key(), "PRIVATE KEY", key.serialized_der())?;
        Ok(authority)
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("server.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("server.key")
    }

    fn server(&self) -> Result<Deployed> {
        Deployed::start_with(0, "compat", Some((&self.certificate(), &self.key())))
    }

    fn trusted(&self) -> TransportConfig {
        TransportConfig { extra_ca: Some(self.root()), ..TransportConfig::default() }
    }
}

fn pem(file: &Path, what: &str, der: &[u8]) -> Result<()> {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(std::str::from_utf8).collect::<std::result::Result<_, _>>()?;
    Ok(std::fs::write(file, format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n")))?)
}

fn seller(server: &Deployed, transport: TransportConfig) -> SignInRequest {
    SignInRequest { transport, ..server.request("seller", "shop@example.com", "secret") }
}

fn through(proxy: &str) -> Result<TransportConfig> {
    Ok(TransportConfig { proxy: Some(proxy.parse()?), ..TransportConfig::default() })
}

/// Signs in, places a call and hangs up with the very last words, all on that way.
async fn place_and_hang_up(server: &Deployed, transport: TransportConfig) -> Result<()> {
    // A call to somebody who is not there would end by itself, perhaps before it is hung up.
    let trusted = TransportConfig { proxy: None, ..transport.clone() };
    let customer =
        SignInRequest { transport: trusted, ..server.request("customer", "ann@example.com", "secret") };
    let customer = online(customer).await?;
    let mut seller = sign_in(seller(server, transport)).await?;
    link(&mut seller.events, true).await?;
    let to = Person { id: PersonId("c1".into()), name: "Ann".into(), avatar: None };
    let invite = Invite { to, others: Vec::new(), kind: MediaKind::Video, subject: None };
    seller.session.say(CallKey::Local(CallId(1)), OutgoingSignal::Invite(invite))?;
    let (_, placed) = heard(&mut seller.events).await?;
    let IncomingSignal::Placed { remote, .. } = placed else { anyhow::bail!("heard {placed:?}") };
    seller.session.say(CallKey::Remote(remote), OutgoingSignal::HangUp)?;
    seller.session.close().await;
    let last = |state: &serde_json::Value| {
        let seen = state["seen"].as_array();
        seen.is_some_and(|seen| seen.iter().any(|event| event[0] == "leaveVideoCall"))
    };
    server.until("the last words", last).await?;
    customer.session.close().await;
    server.until("no connection", |state| state["sockets"] == 0).await?;
    Ok(())
}

#[tokio::test]
async fn an_own_authority_counts_for_rest_and_socket_once_it_is_given() -> Result<()> {
    let authority = Authority::new("127.0.0.1")?;
    let server = authority.server()?;
    let error = sign_in(seller(&server, TransportConfig::default())).await.err();
    assert!(matches!(error, Some(SignInError::Tls)), "{error:?}");
    let error = discover(&server.origin(), &TransportConfig::default()).await.err();
    assert!(matches!(error, Some(SignInError::Tls)), "{error:?}");
    place_and_hang_up(&server, authority.trusted()).await
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() -> Result<()> {
    let authority = Authority::new("shop.example")?;
    let server = authority.server()?;
    let error = sign_in(seller(&server, authority.trusted())).await.err();
    assert!(matches!(error, Some(SignInError::Tls)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn an_unusable_configuration_is_told_before_anything_is_asked() -> Result<()> {
    let server = Deployed::start(0)?;
    let missing = TransportConfig { extra_ca: Some("/nowhere/ca.pem".into()), ..TransportConfig::default() };
    let error = sign_in(seller(&server, missing)).await.err();
    assert!(matches!(error, Some(SignInError::Transport(TransportError::Unreadable(_)))), "{error:?}");
    let error = sign_in(seller(&server, through("ftp://127.0.0.1:1")?)).await.err();
    assert!(matches!(error, Some(SignInError::Transport(TransportError::NotAProxy))), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn everything_goes_through_an_http_proxy() -> Result<()> {
    let (server, proxy) = (Deployed::start(0)?, Proxy::http().await?);
    place_and_hang_up(&server, through(&proxy.url("http"))?).await?;
    assert!(proxy.asked("POST http://127.0.0.1") >= 1, "REST passed it by");
    assert_eq!(proxy.asked(&format!("CONNECT 127.0.0.1:{}", server.port)), 1, "the socket passed it by");

    let error = sign_in(seller(&server, through(&proxy.url_without_password("http"))?)).await.err();
    assert!(matches!(error, Some(SignInError::Proxy)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn tls_goes_through_a_proxy_to_the_server_itself() -> Result<()> {
    let authority = Authority::new("127.0.0.1")?;
    let (server, proxy) = (authority.server()?, Proxy::http().await?);
    let transport = TransportConfig { extra_ca: Some(authority.root()), ..through(&proxy.url("http"))? };
    place_and_hang_up(&server, transport).await?;
    assert!(proxy.asked("CONNECT") >= 2);
    assert_eq!(proxy.asked("POST"), 0, "a password in the clear");

    let error = sign_in(seller(&server, through(&proxy.url("http"))?)).await.err();
    assert!(matches!(error, Some(SignInError::Tls)), "{error:?}");
    let error = sign_in(seller(&server, through(&proxy.url_without_password("http"))?)).await.err();
    assert!(matches!(error, Some(SignInError::Proxy)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn everything_goes_through_a_socks_proxy() -> Result<()> {
    let (server, proxy) = (Deployed::start(0)?, Proxy::socks().await?);
    place_and_hang_up(&server, through(&proxy.url("socks5"))?).await?;
    assert!(proxy.asked(&format!("127.0.0.1:{}", server.port)) >= 2);
    let error = sign_in(seller(&server, through(&proxy.url_without_password("socks5"))?)).await.err();
    assert!(matches!(error, Some(SignInError::Proxy)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_socket_comes_back_through_the_proxy() -> Result<()> {
    let (mut server, proxy) = (Deployed::start(0)?, Proxy::http().await?);
    let mut seller = sign_in(seller(&server, through(&proxy.url("http"))?)).await?;
    link(&mut seller.events, true).await?;
    let port = server.port;
    server.kill();
    link(&mut seller.events, false).await?;
    let server = Deployed::start(port)?;
    link(&mut seller.events, true).await?;
    server.until("the seller", |state| state["online"] == serde_json::json!(["s1"])).await?;
    drop(seller);
    let late = Instant::now() + PATIENCE;
    while server.state().await?["sockets"] != 0 {
        anyhow::ensure!(Instant::now() < late, "a connection was left behind");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    server.state().await.context("the server is gone")?;
    Ok(())
}
