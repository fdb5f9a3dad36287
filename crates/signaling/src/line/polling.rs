//! Engine.IO over HTTP long polling, for networks that let no WebSocket through: one request waits
//! for the server's packets, another one at a time carries ours.

use std::sync::Arc;
use std::time::Duration;

use tokio::{sync::mpsc, task::JoinHandle};
use tracing::debug;
use url::Url;

use super::{Broken, MAX_PACKET_BYTES, OpenError, endpoint};
use crate::{
    packet::{CLOSE, Handshake, SEPARATOR},
    transport::Transport,
};

/// How long the server may take to take packets, or to give its first one.
const POST_TIMEOUT: Duration = Duration::from_secs(10);
/// Packets that wait for the session; when full, the next ones are not asked for.
const MAX_PACKETS: usize = 1024;

#[derive(Debug)]
pub(crate) struct Polling {
    client: reqwest::Client,
    address: Arc<Url>,
    max_payload: usize,
    packets: mpsc::Receiver<String>,
    reader: JoinHandle<()>,
}

impl Polling {
    pub(super) async fn open(address: &Url, transport: &Transport) -> Result<(Self, Handshake), OpenError> {
        let client = transport
            .client()
            .map_err(OpenError::Client)?
            // Balancers tell by a cookie which of several servers it was.
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .connect_timeout(POST_TIMEOUT)
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(OpenError::Client)?;
        let mut address = endpoint(address, "polling");
        let first = get(&client, &address, POST_TIMEOUT).await.map_err(|error| match error {
            GetError::Status(status) => OpenError::Status(status),
            GetError::Http(error) => OpenError::Unreachable(error),
            GetError::TooLarge => OpenError::Handshake,
        })?;
        let mut first = first.split(SEPARATOR);
        let handshake = first.next().and_then(Handshake::read).ok_or(OpenError::Handshake)?;
        address.query_pairs_mut().append_pair("sid", &handshake.sid);
        let address = Arc::new(address);
        let (out, packets) = mpsc::channel(MAX_PACKETS);
        let early = first.map(str::to_owned).collect();
        // The server answers at least with its next ping.
        let patience = handshake.silence() + POST_TIMEOUT;
        let reader = tokio::spawn(read(client.clone(), Arc::clone(&address), patience, early, out));
        Ok((Self { client, address, max_payload: handshake.max_payload, packets, reader }, handshake))
    }

    pub(super) async fn next(&mut self) -> Option<String> {
        self.packets.recv().await
    }

    /// As few requests as the server's limit allows, one after the other.
    pub(super) async fn send(&mut self, packets: Vec<String>) -> Result<(), Broken> {
        let mut body = String::new();
        for packet in packets {
            if !body.is_empty() && body.len() + packet.len() + 1 > self.max_payload {
                self.post(std::mem::take(&mut body)).await?;
            }
            if !body.is_empty() {
                body.push(SEPARATOR);
            }
            body.push_str(&packet);
        }
        self.post(body).await
    }

    pub(super) async fn close(mut self) -> Result<(), Broken> {
        self.send(vec![CLOSE.to_owned()]).await
    }

    async fn post(&self, body: String) -> Result<(), Broken> {
        let request = self.client.post(stamped(&self.address)).timeout(POST_TIMEOUT);
        let request = request.header(http::header::CONTENT_TYPE, "text/plain;charset=UTF-8").body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                debug!(status = answer.status().as_u16(), "Packets not taken");
                Err(Broken)
            }
            Err(error) => {
                debug!(error = %error.without_url(), "Packets not sent");
                Err(Broken)
            }
        }
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Asks for packets until the server has none any more, or the receiver is gone.
async fn read(
    client: reqwest::Client,
    address: Arc<Url>,
    patience: Duration,
    early: Vec<String>,
    out: mpsc::Sender<String>,
) {
    for packet in early {
        if out.send(packet).await.is_err() {
            return;
        }
    }
    loop {
        let body = match get(&client, &address, patience).await {
            Ok(body) => body,
            Err(error) => {
                debug!(%error, "Poll ended");
                return;
            }
        };
        for packet in body.split(SEPARATOR) {
            if out.send(packet.to_owned()).await.is_err() {
                return;
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum GetError {
    #[error("the server answered {0}")]
    Status(u16),
    #[error("{0}")]
    Http(reqwest::Error),
    #[error("the reply is larger than allowed")]
    TooLarge,
}

async fn get(client: &reqwest::Client, address: &Url, patience: Duration) -> Result<String, GetError> {
    let lost = |error: reqwest::Error| GetError::Http(error.without_url());
    let mut answer = client.get(stamped(address)).timeout(patience).send().await.map_err(lost)?;
    if !answer.status().is_success() {
        return Err(GetError::Status(answer.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > MAX_PACKET_BYTES {
            return Err(GetError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// An address that no cache has an answer for.
fn stamped(address: &Url) -> Url {
    let mut url = address.clone();
    url.query_pairs_mut().append_pair("t", &format!("{:x}", rand::random::<u64>()));
    url
}
