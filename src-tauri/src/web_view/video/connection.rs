//! Connection of one window: what it says of its tiles, and the feeds of the streams it shows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::feed::{self, Feed, Said, StreamControl, Tile};
use super::streams::MAX_STREAMS;
use super::tiles::WindowId;
use super::{ALLOWED_ORIGINS, Video};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    #[error("handshake took too long")]
    Slow,
    #[error(transparent)]
    Socket(#[from] tokio_tungstenite::tungstenite::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Serves a window until it goes.
pub(super) async fn serve(video: &Arc<Video>, socket: TcpStream) -> Result<(), ServeError> {
    socket.set_nodelay(true)?;
    let path = format!("/{}", video.address.token);
    let limits = WebSocketConfig::default().max_message_size(Some(1024)).max_frame_size(Some(1024));
    #[expect(clippy::result_large_err, reason = "a handshake's callback has to answer so")]
    let check = |request: &Request, response: Response| {
        if admitted(request, &path) { Ok(response) } else { Err(refusal()) }
    };
    let handshake = tokio_tungstenite::accept_hdr_async_with_config(socket, check, Some(limits));
    let socket = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await.map_err(|_| ServeError::Slow)??;
    let (mut to_view, mut from_view) = socket.split();
    // One slot: a stream waits for its turn, and then takes its newest frame.
    let (out, mut frames) = mpsc::channel::<Bytes>(1);
    let mut window = Window::new(video, out);
    loop {
        tokio::select! {
            Some(frame) = frames.recv() => to_view.send(Message::Binary(frame)).await?,
            Some(_) = window.feeds.join_next() => {}
            message = from_view.next() => match message {
                Some(Ok(Message::Text(text))) => window.hear(text.as_str()),
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

fn admitted(request: &Request, path: &str) -> bool {
    let origin = request.headers().get("origin").and_then(|o| o.to_str().ok());
    request.uri().path() == path && origin.is_some_and(|o| ALLOWED_ORIGINS.contains(&o))
}

fn refusal() -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// A stream that the window shows, or showed.
struct Shown {
    control: Arc<StreamControl>,
    feed: AbortHandle,
}

struct Window<'a> {
    video: &'a Arc<Video>,
    id: WindowId,
    out: mpsc::Sender<Bytes>,
    /// They end with the window.
    feeds: JoinSet<()>,
    /// At most as many as there are streams; hidden ones make room.
    shown: BTreeMap<u32, Shown>,
}

impl<'a> Window<'a> {
    fn new(video: &'a Arc<Video>, out: mpsc::Sender<Bytes>) -> Self {
        Self { video, id: video.next_window(), out, feeds: JoinSet::new(), shown: BTreeMap::new() }
    }

    fn hear(&mut self, text: &str) {
        match feed::read(text) {
            Some(Said::Drawn(stream)) => {
                if let Some(shown) = self.shown.get(&stream) {
                    shown.control.drawn();
                }
            }
            Some(Said::Tile(stream, tile)) => self.set_tile(stream, tile),
            None => {}
        }
    }

    fn set_tile(&mut self, stream: u32, tile: Tile) {
        let ended = self.shown.get(&stream).is_none_or(|shown| shown.feed.is_finished());
        if ended && tile.is_shown() && !self.start(stream) {
            return;
        }
        if let Some(shown) = self.shown.get(&stream) {
            shown.control.set_tile(tile);
        }
        self.video.tiles.set(self.id, stream, tile);
    }

    /// Starts the feed of a stream; false where there is no room for it.
    fn start(&mut self, stream: u32) -> bool {
        if self.shown.len() >= MAX_STREAMS {
            self.shown.retain(|_, shown| {
                let keep = shown.control.is_shown();
                if !keep {
                    shown.feed.abort();
                }
                keep
            });
        }
        if self.shown.len() >= MAX_STREAMS {
            return false;
        }
        let Some(newest) = self.video.streams.subscribe(stream) else { return false };
        let control = Arc::<StreamControl>::default();
        let feed = Feed { stream, newest, control: Arc::clone(&control), started: self.video.started };
        let feed = self.feeds.spawn(feed.run(self.out.clone()));
        self.shown.insert(stream, Shown { control, feed });
        true
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        self.video.tiles.forget(self.id);
    }
}
