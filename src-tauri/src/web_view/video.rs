//! Video frames on their way to the web view: a WebSocket on the loopback interface. Only the newest frame of a
//! stream is kept, at most two are in flight, and each is scaled to its tile first, because the cost in the web view
//! grows with the bytes. A window that cannot be seen has no tile: its frames are neither scaled nor copied.
//!
//! ```text
//! media thread ─► newest (watch) ─► scale to tile ─► WebSocket ─► canvas
//!                                        ▲ permit ◄──── ack, tile ◄──┘
//! ```

mod feed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_engine::media::{FrameSink, VideoFrame};
use futures_util::{SinkExt, StreamExt};
use rand::Rng;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tracing::debug;

use self::feed::{Feed, Said, StreamControl};
use crate::web_view::renderer;

/// The two video streams of a call, with their numbers on the wire.
pub(crate) const REMOTE: u32 = 0;
pub(crate) const OWN: u32 = 1;
const STREAMS: usize = 2;
/// Origins of the web views on the supported systems.
const ALLOWED_ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the UI connects to for the frames.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FramesAddress {
    /// `ws://127.0.0.1:PORT`
    pub(crate) url: String,
    /// Path of the connection; others are refused.
    pub(crate) token: String,
    /// False where drawing with WebGL would run on the processor.
    pub(crate) gpu: bool,
}

/// The streams and the server that carries them.
#[derive(Debug)]
pub(crate) struct Video {
    /// The newest frame of each stream; newest wins.
    streams: [watch::Sender<Option<VideoFrame>>; STREAMS],
    address: FramesAddress,
    started: Instant,
}

/// The frame sink of one stream.
pub(crate) struct StreamSink {
    video: Arc<Video>,
    stream: usize,
}

impl FrameSink for StreamSink {
    fn frame(&self, frame: VideoFrame) {
        self.video.streams[self.stream].send_replace(Some(frame));
    }
}

impl Video {
    /// Binds a free loopback port, for [`Self::serve`].
    pub(crate) async fn bind() -> std::io::Result<(Arc<Video>, TcpListener)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let secret: u128 = rand::rng().random();
        let video = Arc::new(Video {
            streams: std::array::from_fn(|_| watch::Sender::new(None)),
            address: FramesAddress {
                url: format!("ws://{}", listener.local_addr()?),
                token: format!("{secret:032x}"),
                gpu: renderer::has_gpu(),
            },
            started: Instant::now(),
        });
        Ok((video, listener))
    }

    /// Serves all windows; its connections end with it.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((socket, _)) = accepted else {
                        // Too many open files, most likely: tried again when some are closed.
                        tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                        continue;
                    };
                    let video = Arc::clone(&self);
                    connections.spawn(async move {
                        if let Err(error) = serve(&video, socket).await {
                            debug!(%error, "Frame connection ended");
                        }
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    pub(crate) fn address(&self) -> FramesAddress {
        self.address.clone()
    }

    pub(crate) fn screen(self: &Arc<Self>, stream: u32) -> Arc<StreamSink> {
        Arc::new(StreamSink { video: Arc::clone(self), stream: stream as usize % STREAMS })
    }

    /// Drops the last frames, so that a new call does not begin with the old one's.
    pub(crate) fn clear(&self) {
        for stream in &self.streams {
            stream.send_replace(None);
        }
    }
}

/// How soon accepting is tried again after an error.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("handshake took too long")]
    Slow,
    #[error(transparent)]
    Socket(#[from] tokio_tungstenite::tungstenite::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

async fn serve(video: &Arc<Video>, socket: TcpStream) -> Result<(), ServeError> {
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
    let controls: [Arc<StreamControl>; STREAMS] = std::array::from_fn(|_| Arc::default());
    // They end with the connection.
    let mut feeds = JoinSet::new();
    for (stream, control) in controls.iter().enumerate() {
        let newest = video.streams[stream].subscribe();
        let feed = Feed { stream, newest, control: Arc::clone(control), started: video.started };
        feeds.spawn(feed.run(out.clone()));
    }
    loop {
        tokio::select! {
            Some(frame) = frames.recv() => to_view.send(Message::Binary(frame)).await?,
            message = from_view.next() => match message {
                Some(Ok(Message::Text(text))) => match feed::read(text.as_str()) {
                    Some(Said::Drawn(stream)) => controls[stream].drawn(),
                    Some(Said::Tile(stream, tile)) => controls[stream].set_tile(tile),
                    None => {}
                },
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;

    fn grey(width: u32, height: u32) -> VideoFrame {
        let bytes = vec![128_u8; (width * height * 3 / 2) as usize];
        VideoFrame { width, height, i420: bytes.into(), at: Instant::now(), timestamp: 0 }
    }

    async fn serving() -> Arc<Video> {
        let (video, listener) = Video::bind().await.unwrap();
        tokio::spawn(Arc::clone(&video).serve(listener));
        video
    }

    fn request(video: &Video, path: &str, origin: &str) -> tokio_tungstenite::tungstenite::http::Request<()> {
        let mut request = format!("{}/{path}", video.address.url).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    }

    #[tokio::test]
    async fn unknown_origins_and_paths_are_refused() {
        let video = serving().await;
        let token = video.address.token.clone();
        assert!(connect_async(request(&video, "guess", ALLOWED_ORIGINS[0])).await.is_err());
        assert!(connect_async(request(&video, &token, "https://evil.example")).await.is_err());
        assert!(connect_async(request(&video, &token, ALLOWED_ORIGINS[0])).await.is_ok());
    }

    type Socket =
        tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

    async fn connected(video: &Video) -> Socket {
        let token = video.address.token.clone();
        connect_async(request(video, &token, ALLOWED_ORIGINS[0])).await.unwrap().0
    }

    /// The next picture within the time.
    async fn picture(socket: &mut Socket, limit: Duration) -> Option<Bytes> {
        match tokio::time::timeout(limit, socket.next()).await {
            Ok(Some(Ok(Message::Binary(bytes)))) => Some(bytes),
            Ok(_) | Err(_) => None,
        }
    }

    const SOON: Duration = Duration::from_secs(10);
    /// Long enough for a frame that should not come.
    const WHILE: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn pictures_are_scaled_and_wait_for_the_view() {
        let video = serving().await;
        let mut socket = connected(&video).await;
        socket.send(Message::Text("0 320 180".into())).await.unwrap();
        let screen = video.screen(REMOTE);
        screen.frame(grey(640, 360));
        let first = picture(&mut socket, SOON).await.unwrap();
        assert_eq!(&first[16..24], &[64, 1, 0, 0, 180, 0, 0, 0]);
        assert_eq!(first.len(), 24 + 320 * 180 * 3 / 2);
        screen.frame(grey(640, 360));
        let second = picture(&mut socket, SOON).await.unwrap();
        assert_eq!(&second[4..8], &[1, 0, 0, 0]);

        screen.frame(grey(640, 360));
        let third = picture(&mut socket, WHILE).await;
        assert!(third.is_none(), "two frames are unacknowledged, a third must wait");
        socket.send(Message::Text("0".into())).await.unwrap();
        assert!(picture(&mut socket, SOON).await.is_some());
    }

    #[tokio::test]
    async fn a_hidden_window_gets_no_picture_and_the_newest_when_it_is_seen_again() {
        let video = serving().await;
        let (mut main, mut mini) = (connected(&video).await, connected(&video).await);
        mini.send(Message::Text("0 160 90".into())).await.unwrap();
        let screen = video.screen(REMOTE);
        screen.frame(grey(640, 360));
        assert!(picture(&mut mini, SOON).await.is_some());
        assert!(picture(&mut main, WHILE).await.is_none(), "it has not said that it shows anything");

        mini.send(Message::Text("0".into())).await.unwrap();
        mini.send(Message::Text("0 0 0".into())).await.unwrap();
        tokio::time::sleep(WHILE).await;
        for width in 1..=30 {
            screen.frame(grey(600 + width * 2, 360));
        }
        assert!(picture(&mut mini, WHILE).await.is_none(), "it is hidden");
        // Without another frame: the one that came last is there at once, in this window's own size.
        mini.send(Message::Text("0 1280 720".into())).await.unwrap();
        let newest = picture(&mut mini, SOON).await.unwrap();
        assert_eq!(newest[16..20], 660_u32.to_le_bytes());
        assert_eq!(newest[4..8], [1, 0, 0, 0], "none was made meanwhile");
        assert!(picture(&mut main, WHILE).await.is_none());
    }
}
