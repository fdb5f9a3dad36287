//! Video frames on their way to the web view: a WebSocket on the loopback interface. Only the newest frame of a
//! stream is kept, at most two are in flight, and each is scaled to its tile first, because the cost in the web view
//! grows with the bytes. A window that cannot be seen has no tile: its frames are neither scaled nor copied.
//!
//! ```text
//! media thread ─► newest (watch) ─► scale to tile ─► WebSocket ─► canvas
//!                                        ▲ permit ◄──── ack, tile ◄──┘
//! ```

mod connection;
mod feed;
mod streams;
mod tiles;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bellwire_engine::Screens;
use rand::Rng;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::debug;

use self::connection::serve;
use self::streams::{CallScreens, OwnScreen, Streams};
pub(crate) use self::tiles::tell_sizes;
use self::tiles::{Tiles, WindowId};
use crate::web_view::renderer;

/// Origins of the web views on the supported systems.
const ALLOWED_ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

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
    streams: Streams,
    tiles: Tiles,
    windows: AtomicU64,
    address: FramesAddress,
    started: Instant,
}

impl Video {
    /// Binds a free loopback port, for [`Self::serve`].
    pub(crate) async fn bind() -> std::io::Result<(Arc<Video>, TcpListener)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let secret: u128 = rand::rng().random();
        let video = Arc::new(Video {
            streams: Streams::default(),
            tiles: Tiles::default(),
            windows: AtomicU64::new(0),
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

    /// Where the engine shows pictures.
    pub(crate) fn screens(self: &Arc<Self>) -> Screens {
        Screens::new(Arc::new(OwnScreen(Arc::clone(self))), Arc::new(CallScreens(Arc::clone(self))))
    }

    /// Drops the last frames, so that a new call does not begin with the old one's.
    pub(crate) fn clear(&self) {
        self.streams.clear();
    }

    fn next_window(&self) -> WindowId {
        self.windows.fetch_add(1, Ordering::Relaxed)
    }
}

/// How soon accepting is tried again after an error.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_engine::media::{FrameSink, VideoFrame};
    use bellwire_engine::{CallId, MemberId, MemberScreens};
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::{Bytes, Message};

    fn grey(width: u32, height: u32) -> VideoFrame {
        let bytes = vec![128_u8; (width * height * 3 / 2) as usize];
        VideoFrame { width, height, i420: bytes.into(), at: Instant::now(), timestamp: 0 }
    }

    fn screen(video: &Arc<Video>, member: u32) -> Arc<dyn FrameSink> {
        CallScreens(Arc::clone(video)).screen(CallId(1), MemberId(member))
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
        socket.send(Message::Text("3 320 180".into())).await.unwrap();
        let screen = screen(&video, 1);
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
        socket.send(Message::Text("3".into())).await.unwrap();
        assert!(picture(&mut socket, SOON).await.is_some());
    }

    #[tokio::test]
    async fn a_hidden_window_gets_no_picture_and_the_newest_when_it_is_seen_again() {
        let video = serving().await;
        let (mut main, mut mini) = (connected(&video).await, connected(&video).await);
        mini.send(Message::Text("3 160 90".into())).await.unwrap();
        let screen = screen(&video, 1);
        screen.frame(grey(640, 360));
        assert!(picture(&mut mini, SOON).await.is_some());
        assert!(picture(&mut main, WHILE).await.is_none(), "it has not said that it shows anything");

        mini.send(Message::Text("3".into())).await.unwrap();
        mini.send(Message::Text("3 0 0".into())).await.unwrap();
        tokio::time::sleep(WHILE).await;
        for width in 1..=30 {
            screen.frame(grey(600 + width * 2, 360));
        }
        assert!(picture(&mut mini, WHILE).await.is_none(), "it is hidden");
        // Without another frame: the one that came last is there at once, in this window's own size.
        mini.send(Message::Text("3 1280 720".into())).await.unwrap();
        let newest = picture(&mut mini, SOON).await.unwrap();
        assert_eq!(newest[16..20], 660_u32.to_le_bytes());
        assert_eq!(newest[4..8], [1, 0, 0, 0], "none was made meanwhile");
        assert!(picture(&mut main, WHILE).await.is_none());
    }

    #[tokio::test]
    async fn each_member_has_a_stream_that_is_made_when_it_is_shown() {
        let video = serving().await;
        let mut socket = connected(&video).await;
        let early = screen(&video, 2);
        early.frame(grey(64, 36));
        for stream in ["4 64 36", "9 64 36", "1 64 36"] {
            socket.send(Message::Text(stream.into())).await.unwrap();
        }
        assert_eq!(
            picture(&mut socket, SOON).await.unwrap()[..4],
            4_u32.to_le_bytes(),
            "it came before its tile"
        );
        screen(&video, 7).frame(grey(64, 36));
        assert_eq!(picture(&mut socket, SOON).await.unwrap()[..4], 9_u32.to_le_bytes());
        OwnScreen(Arc::clone(&video)).frame(grey(64, 36));
        assert_eq!(picture(&mut socket, SOON).await.unwrap()[..4], 1_u32.to_le_bytes());
        // Another call begins: the sinks of the one before show nothing any more.
        let next = CallScreens(Arc::clone(&video)).screen(CallId(2), MemberId(7));
        early.frame(grey(64, 36));
        assert!(picture(&mut socket, WHILE).await.is_none());
        next.frame(grey(64, 36));
        assert_eq!(picture(&mut socket, SOON).await.unwrap()[..4], 9_u32.to_le_bytes());
    }
}
