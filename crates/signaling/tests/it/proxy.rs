//! Proxies for tests: one that speaks HTTP, one that speaks SOCKS5, both asking for a password.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const USER: &str = "user";
const PASSWORD: &str = "secret";

/// Runs until dropped.
pub(crate) struct Proxy {
    port: u16,
    /// First lines of what it was asked.
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Http,
    Socks,
}

impl Proxy {
    pub(crate) async fn http() -> Result<Self> {
        Self::start(Kind::Http).await
    }

    pub(crate) async fn socks() -> Result<Self> {
        Self::start(Kind::Socks).await
    }

    async fn start(kind: Kind) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let log = Arc::clone(&log);
                tokio::spawn(async move {
                    // Whoever is refused sees it.
                    let _ = match kind {
                        Kind::Http => http(client, &log).await,
                        Kind::Socks => socks(client, &log).await,
                    };
                });
            }
        });
        Ok(Self { port, asked, task })
    }

    /// With the right name and password.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{USER}:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    pub(crate) fn url_without_password(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// How often it was asked for something that starts like this.
    pub(crate) fn asked(&self, start: &str) -> usize {
        self.asked.lock().expect("no holder panicked").iter().filter(|line| line.starts_with(start)).count()
    }
}

async fn http(mut client: TcpStream, log: &Mutex<Vec<String>>) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(head.len() < 16 * 1024, "no end of the head");
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8(head.clone())?;
    let first = text.lines().next().context("nothing asked")?;
    let wanted = format!("basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let authorised = text.lines().filter_map(|line| line.split_once(": ")).any(|(name, value)| {
        name.eq_ignore_ascii_case("proxy-authorization") && value.eq_ignore_ascii_case(&wanted)
    });
    if !authorised {
        let refused = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n";
        client.write_all(format!("{refused}content-length: 0\r\n\r\n").as_bytes()).await?;
        return Ok(());
    }
    log.lock().expect("no holder panicked").push(first.to_owned());
    let mut words = first.split(' ');
    let (method, target) = (words.next().context("no method")?, words.next().context("no target")?);
    if method == "CONNECT" {
        let mut server = TcpStream::connect(target).await?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        copy_bidirectional(&mut client, &mut server).await?;
    } else {
        let host = target.strip_prefix("http://").context("not a whole address")?;
        let mut server = TcpStream::connect(host.split('/').next().context("no host")?).await?;
        server.write_all(&head).await?;
        copy_bidirectional(&mut client, &mut server).await?;
    }
    Ok(())
}

async fn socks(mut client: TcpStream, log: &Mutex<Vec<String>>) -> Result<()> {
    ensure!(client.read_u8().await? == 5, "not SOCKS5");
    let mut methods = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut methods).await?;
    if !methods.contains(&2) {
        client.write_all(&[5, 0xff]).await?;
        bail!("no password offered");
    }
    client.write_all(&[5, 2]).await?;
    ensure!(client.read_u8().await? == 1, "not RFC 1929");
    let given = (word(&mut client).await?, word(&mut client).await?);
    if given != (USER.to_owned(), PASSWORD.to_owned()) {
        client.write_all(&[1, 1]).await?;
        bail!("wrong password");
    }
    client.write_all(&[1, 0]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request {
        [5, 1, _, 1] => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
        [5, 1, _, 3] => word(&mut client).await?,
        other => bail!("asked for {other:?}"),
    };
    let target = format!("{host}:{}", client.read_u16().await?);
    log.lock().expect("no holder panicked").push(target.clone());
    let mut server = TcpStream::connect(&target).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

async fn word(client: &mut TcpStream) -> Result<String> {
    let mut word = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut word).await?;
    Ok(String::from_utf8(word)?)
}
