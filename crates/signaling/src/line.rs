//! One open connection to a Socket.IO server, by WebSocket or by HTTP long polling: packets in and
//! out. Knows what a connection is, not what is said on it.

mod polling;
mod websocket;

use std::time::Duration;

use thiserror::Error;
use url::Url;

use crate::{
    packet::{Handshake, PONG},
    stream::StreamError,
    transport::Transport,
};

/// Bytes of one packet of the server's. An event that names 5,000 people fits; a larger one ends the line
/// before it is parsed, which would take many times its size.
pub(crate) const MAX_PACKET_BYTES: usize = 1024 * 1024;

/// How packets are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    WebSocket,
    Polling,
}

/// Why a connection did not open.
#[derive(Debug, Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("the server could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// Something on the way or the server itself has no WebSockets.
    #[error("the upgrade was refused ({0})")]
    NoUpgrade(u16),
    #[error("the upgrade was swallowed or broke off")]
    Swallowed,
    #[error("the server answered {0}")]
    Status(u16),
    #[error("the server does not speak Engine.IO 4")]
    Handshake,
    #[error("no HTTP client can be made")]
    Client(#[source] reqwest::Error),
    #[error("the address cannot be asked for")]
    Address,
}

/// Why a connection that was open is of no more use.
#[derive(Debug, Error)]
#[error("the connection broke off")]
pub(crate) struct Broken;

#[derive(Debug)]
pub(crate) enum Line {
    WebSocket(Box<websocket::WebSocket>),
    Polling(polling::Polling),
}

impl Line {
    /// Opens a connection of that kind.
    pub(crate) async fn open(
        carrier: Carrier,
        address: &Url,
        transport: &Transport,
    ) -> Result<(Self, Handshake), OpenError> {
        match carrier {
            Carrier::WebSocket => {
                let (line, handshake) = websocket::WebSocket::open(address, transport).await?;
                Ok((Self::WebSocket(Box::new(line)), handshake))
            }
            Carrier::Polling => {
                let (line, handshake) = polling::Polling::open(address, transport).await?;
                Ok((Self::Polling(line), handshake))
            }
        }
    }

    /// The next packet; `None` when the connection is over. May be dropped at any time.
    pub(crate) async fn next(&mut self) -> Option<String> {
        match self {
            Self::WebSocket(line) => line.next().await,
            Self::Polling(line) => line.next().await,
        }
    }

    /// Returns when the packets have left: to the system, or by polling when the server has them.
    pub(crate) async fn send(&mut self, packets: Vec<String>) -> Result<(), Broken> {
        match self {
            Self::WebSocket(line) => line.send(packets).await,
            Self::Polling(line) => line.send(packets).await,
        }
    }

    pub(crate) async fn pong(&mut self) -> Result<(), Broken> {
        self.send(vec![PONG.to_owned()]).await
    }

    /// Returns when the server has read everything that was sent. What it says meanwhile is lost.
    pub(crate) async fn settle(&mut self) -> Result<(), Broken> {
        match self {
            Self::WebSocket(line) => line.settle().await,
            // Each request was answered when its packets were read.
            Self::Polling(_) => Ok(()),
        }
    }

    /// Ends the connection after what was said on it, within that time. A Socket.IO farewell is not
    /// said: Node's server forgets events that it reads together with one.
    pub(crate) async fn close(self, patience: Duration) -> Result<(), Broken> {
        let close = async {
            match self {
                Self::WebSocket(line) => line.close().await,
                Self::Polling(line) => line.close().await,
            }
        };
        tokio::time::timeout(patience, close).await.unwrap_or(Err(Broken))
    }
}

/// Where a connection is opened.
fn endpoint(address: &Url, transport: &str) -> Url {
    let mut url = address.clone();
    url.query_pairs_mut().append_pair("EIO", "4").append_pair("transport", transport);
    url
}
