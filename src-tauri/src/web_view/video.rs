//! Video frames on their way to the web view: a WebSocket on the loopback interface. Only the newest frame of a
//! stream is kept, at most two are in flight, and each is scaled to its tile first, because the cost in the web view
//! grows with the bytes.
//!
//! ```text
//! media thread ─► newest (watch) ─► scale to tile ─► WebSocket ─► canvas
//!                                        ▲ permit ◄──── ack ◄──┘
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwire_engine::media::video::scale_to_fit;
use bellwire_engine::media::{FrameSink, VideoFrame};
use futures_util::{SinkExt, StreamExt};
use rand::Rng;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tracing::debug;

use crate::web_view::renderer;

/// The two video streams of a call, with their numbers on the wire.
pub(crate) const REMOTE: u32 = 0;
pub(crate) const OWN: u32 = 1;
const STREAMS: usize = 2;
/// Frames of one stream that the web view has not drawn yet.
const MAX_FRAMES_IN_FLIGHT: usize = 2;
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

#[derive(Debug)]
struct Stream {
    newest: watch::Sender<Option<VideoFrame>>,
    tiles: Mutex<Vec<Tile>>,
}

/// How large one window draws a stream, in device pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tile {
    window: String,
    width: u32,
    height: u32,
}

/// The streams and the server that carries them.
#[derive(Debug)]
pub(crate) struct Video {
    streams: [Stream; STREAMS],
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
        self.video.streams[self.stream].newest.send_replace(Some(frame));
    }
}

impl Video {
    /// Binds a free loopback port, for [`Self::serve`].
    pub(crate) async fn bind() -> std::io::Result<(Arc<Video>, TcpListener)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let secret: u128 = rand::rng().random();
        let video = Arc::new(Video {
            streams: std::array::from_fn(|_| Stream {
                newest: watch::Sender::new(None),
                tiles: Mutex::default(),
            }),
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

    /// Sets the size at which a window draws a stream, in device pixels; 0 x 0 stops it.
    pub(crate) fn set_tile(&self, window: &str, stream: u32, width: u32, height: u32) {
        if let Some(stream) = self.streams.get(stream as usize) {
            let mut tiles = stream.tiles.lock().unwrap_or_else(PoisonError::into_inner);
            tiles.retain(|tile| tile.window != window);
            tiles.push(Tile { window: window.to_owned(), width: width.min(7680), height: height.min(4320) });
        }
    }

    /// Drops the last frames, so that a new call does not begin with the old one's.
    pub(crate) fn clear(&self) {
        for stream in &self.streams {
            stream.newest.send_replace(None);
        }
    }

    /// The largest tile of all windows: each has a connection of its own and gets the same frame.
    fn tile(&self, stream: usize) -> (u32, u32) {
        let tiles = self.streams[stream].tiles.lock().unwrap_or_else(PoisonError::into_inner);
        tiles.iter().fold((0, 0), |(width, height), tile| (width.max(tile.width), height.max(tile.height)))
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
    let permits: [Arc<Semaphore>; STREAMS] =
        std::array::from_fn(|_| Arc::new(Semaphore::new(MAX_FRAMES_IN_FLIGHT)));
    // They end with the connection.
    let mut feeds = JoinSet::new();
    for (stream, permits) in permits.iter().enumerate() {
        feeds.spawn(send_frames(Arc::clone(video), stream, Arc::clone(permits), out.clone()));
    }
    loop {
        tokio::select! {
            Some(frame) = frames.recv() => to_view.send(Message::Binary(frame)).await?,
            message = from_view.next() => match message {
                Some(Ok(Message::Text(ack))) => {
                    let stream = ack.as_str().parse().ok().and_then(|n: usize| permits.get(n));
                    if let Some(permits) = stream.filter(|p| p.available_permits() < MAX_FRAMES_IN_FLIGHT) {
                        permits.add_permits(1);
                    }
                }
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

/// Sends the newest frame of a stream whenever the web view has drawn an older one.
async fn send_frames(video: Arc<Video>, stream: usize, permits: Arc<Semaphore>, out: mpsc::Sender<Bytes>) {
    let mut newest = video.streams[stream].newest.subscribe();
    newest.mark_changed();
    let mut sequence = 0_u32;
    loop {
        let Ok(permit) = permits.acquire().await else { return };
        if newest.changed().await.is_err() {
            return;
        }
        let Some(frame) = newest.borrow_and_update().clone() else { continue };
        let (width, height) = video.tile(stream);
        if width == 0 || height == 0 {
            continue;
        }
        let started = video.started;
        let packed = tokio::task::spawn_blocking(move || {
            pack(stream, sequence, started, &scale_to_fit(&frame, width, height))
        });
        let Ok(packed) = packed.await else { return };
        permit.forget();
        sequence = sequence.wrapping_add(1);
        if out.send(packed).await.is_err() {
            return;
        }
    }
}

/// `u32 stream, u32 sequence, f64 capture ms, u32 width, u32 height`, little endian, then I420.
fn pack(stream: usize, sequence: u32, started: Instant, frame: &VideoFrame) -> Bytes {
    let mut message = Vec::with_capacity(24 + frame.i420.len());
    message.extend_from_slice(&(stream as u32).to_le_bytes());
    message.extend_from_slice(&sequence.to_le_bytes());
    let at = frame.at.saturating_duration_since(started).as_secs_f64() * 1e3;
    message.extend_from_slice(&at.to_le_bytes());
    message.extend_from_slice(&frame.width.to_le_bytes());
    message.extend_from_slice(&frame.height.to_le_bytes());
    message.extend_from_slice(&frame.i420);
    message.into()
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

    #[tokio::test]
    async fn pictures_are_scaled_and_wait_for_the_view() {
        let video = serving().await;
        let token = video.address.token.clone();
        let (mut socket, _) = connect_async(request(&video, &token, ALLOWED_ORIGINS[0])).await.unwrap();
        video.set_tile("main", REMOTE, 320, 180);
        let screen = video.screen(REMOTE);
        let mut next = async || loop {
            screen.frame(grey(640, 360));
            let wait = tokio::time::timeout(Duration::from_millis(50), socket.next()).await;
            if let Ok(Some(Ok(Message::Binary(bytes)))) = wait {
                break bytes;
            }
        };
        let first = next().await;
        assert_eq!(&first[16..24], &[64, 1, 0, 0, 180, 0, 0, 0]);
        assert_eq!(first.len(), 24 + 320 * 180 * 3 / 2);
        let second = next().await;
        assert_eq!(&second[4..8], &[1, 0, 0, 0]);

        screen.frame(grey(640, 360));
        let third = tokio::time::timeout(Duration::from_millis(300), socket.next()).await;
        assert!(third.is_err(), "two frames are unacknowledged, a third must wait");
        socket.send(Message::Text("0".into())).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(10), socket.next()).await.is_ok());
    }
}
