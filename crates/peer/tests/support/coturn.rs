//! A coturn that listens on TCP and TLS of loopback only, with a certificate of an authority of its own.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

pub(crate) const USER: &str = "caller";
pub(crate) const PASSWORD: &str = "secret";
const START_LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

pub(crate) struct Coturn {
    /// Ports.
    pub(crate) tcp: u16,
    pub(crate) tls: u16,
    /// The authority, as PEM.
    pub(crate) root: String,
    _process: Child,
    _folder: TempDir,
}

impl Coturn {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let root = certificates(&at("server.pem"), &at("server.key"))?;
        let (tcp, tls) = (free_port().await?, free_port().await?);
        let log = File::create(at("log"))?;
        let process = Command::new("turnserver")
            .args(["-n", "--no-udp", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--lt-cred-mech"])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--realm=test", "--log-file=stdout"])
            .arg(format!("--listening-port={tcp}"))
            .arg(format!("--tls-listening-port={tls}"))
            .arg(format!("--user={USER}:{PASSWORD}"))
            .arg(format!("--cert={}", at("server.pem").display()))
            .arg(format!("--pkey={}", at("server.key").display()))
            .arg(format!("--pidfile={}", at("pid").display()))
            .arg(format!("--userdb={}", at("users").display()))
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("coturn is missing: `cargo xtask setup` says how to get it")?;
        let start = Instant::now();
        for port in [tcp, tls] {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                if start.elapsed() > START_LIMIT {
                    bail!("coturn does not listen: {}", std::fs::read_to_string(at("log"))?);
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        Ok(Self { tcp, tls, root, _process: process, _folder: folder })
    }
}

async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// Writes a certificate for `localhost` and its key; returns the authority.
fn certificates(certificate: &Path, key_file: &Path) -> Result<String> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "Relay tests");
    let key = KeyPair::generate()?;
    let root = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
    std::fs::write(certificate, pem("CERTIFICATE", server.der())?)?;
    std::fs::write(key_file, pem("PRIVATE KEY", key.serialized_der())?)?;
    pem("CERTIFICATE", root.der())
}

fn pem(what: &str, der: &[u8]) -> Result<String> {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(std::str::from_utf8).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n")))
}
