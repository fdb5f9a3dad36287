//! Engine.IO over a WebSocket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::WebSocketConfig},
};
use url::Url;

use super::{Broken, MAX_PACKET_BYTES, OpenError, endpoint};
use crate::{
    packet::Handshake,
    stream::{self, Stream},
    transport::Transport,
};

/// How long an upgrade and the first packet may take once the server is reached: what swallows
/// WebSockets says nothing, and long polling waits for that.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the ping of [`WebSocket::settle`] carries.
const SETTLE: &[u8] = b"settle";

pub(crate) struct WebSocket {
    stream: WebSocketStream<Box<dyn Stream>>,
}

impl std::fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocket").finish_non_exhaustive()
    }
}

impl WebSocket {
    pub(super) async fn open(address: &Url, transport: &Transport) -> Result<(Self, Handshake), OpenError> {
        let bytes = stream::open(transport, address).await?;
        let mut url = endpoint(address, "websocket");
        let scheme = if address.scheme() == "https" { "wss" } else { "ws" };
        url.set_scheme(scheme).map_err(|()| OpenError::Address)?;
        let request = url.as_str().into_client_request().map_err(|_| OpenError::Address)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_PACKET_BYTES))
            .max_frame_size(Some(MAX_PACKET_BYTES));
        let upgraded = timeout(UPGRADE_TIMEOUT, client_async_with_config(request, bytes, Some(config)));
        let (stream, _) = upgraded.await.map_err(|_| OpenError::Swallowed)?.map_err(|error| {
            let Error::Http(answer) = error else { return OpenError::Swallowed };
            OpenError::NoUpgrade(answer.status().as_u16())
        })?;
        let mut line = Self { stream };
        let first = timeout(UPGRADE_TIMEOUT, line.next()).await.ok().flatten().ok_or(OpenError::Swallowed)?;
        let handshake = Handshake::read(&first).ok_or(OpenError::Handshake)?;
        Ok((line, handshake))
    }

    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                // Parts of binary events, which no dialect has; pings of the WebSocket answer themselves.
                Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(_)) | Err(_) => return None,
            }
        }
    }

    pub(super) async fn send(&mut self, packets: Vec<String>) -> Result<(), Broken> {
        for packet in packets {
            self.stream.feed(Message::text(packet)).await.map_err(|_| Broken)?;
        }
        self.stream.flush().await.map_err(|_| Broken)
    }

    /// A ping is answered after everything before it was read (RFC 6455, section 5.5.3).
    pub(super) async fn settle(&mut self) -> Result<(), Broken> {
        self.stream.send(Message::Ping(SETTLE.into())).await.map_err(|_| Broken)?;
        while let Some(Ok(message)) = self.stream.next().await {
            match message {
                Message::Pong(answer) if answer == SETTLE => return Ok(()),
                Message::Pong(_)
                | Message::Ping(_)
                | Message::Text(_)
                | Message::Binary(_)
                | Message::Frame(_)
                | Message::Close(_) => {}
            }
        }
        Err(Broken)
    }

    /// The server's own close tells that it has read everything before ours.
    pub(super) async fn close(mut self) -> Result<(), Broken> {
        self.stream.close(None).await.map_err(|_| Broken)?;
        while let Some(Ok(_)) = self.stream.next().await {}
        Ok(())
    }
}
