//! Feed of one stream to one window: scales the newest frame to the window's tile and packs it for the WebSocket,
//! whenever the window has drawn an older one.

use std::sync::Arc;
use std::time::Instant;

use bellwire_engine::media::VideoFrame;
use bellwire_engine::media::video::{Scaler, fit};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_tungstenite::tungstenite::Bytes;

use super::streams::OWN;

/// Frames of one stream that the web view has not drawn yet.
const MAX_FRAMES_IN_FLIGHT: usize = 2;
const HEADER_BYTES: usize = 24;

/// How large a window draws a stream, in device pixels; 0 x 0: it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Tile {
    pub(super) fn is_shown(self) -> bool {
        self.width > 0 && self.height > 0
    }

    /// In each direction the larger one's.
    pub(super) fn max(self, other: Self) -> Self {
        Self { width: self.width.max(other.width), height: self.height.max(other.height) }
    }
}

/// What a window says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A frame of the stream was drawn, or given up.
    Drawn(u32),
    Tile(u32, Tile),
}

/// `STREAM` or `STREAM WIDTH HEIGHT`.
pub(super) fn read(text: &str) -> Option<Said> {
    let mut numbers = text.split(' ').map(|number| number.parse::<u32>().ok());
    let stream = numbers.next()??;
    let said = match (numbers.next(), numbers.next(), numbers.next()) {
        (None, ..) => Said::Drawn(stream),
        (Some(Some(width)), Some(Some(height)), None) => {
            Said::Tile(stream, Tile { width: width.min(7680), height: height.min(4320) })
        }
        (Some(_), ..) => return None,
    };
    (stream >= OWN).then_some(said)
}

/// What a window says of one stream, for its feed.
#[derive(Debug)]
pub(super) struct StreamControl {
    permits: Semaphore,
    tile: watch::Sender<Tile>,
}

impl Default for StreamControl {
    fn default() -> Self {
        Self { permits: Semaphore::new(MAX_FRAMES_IN_FLIGHT), tile: watch::Sender::default() }
    }
}

impl StreamControl {
    pub(super) fn drawn(&self) {
        if self.permits.available_permits() < MAX_FRAMES_IN_FLIGHT {
            self.permits.add_permits(1);
        }
    }

    pub(super) fn is_shown(&self) -> bool {
        self.tile.borrow().is_shown()
    }

    pub(super) fn set_tile(&self, tile: Tile) {
        self.tile.send_if_modified(|old| std::mem::replace(old, tile) != tile);
    }
}

pub(super) struct Feed {
    pub(super) stream: u32,
    pub(super) newest: watch::Receiver<Option<VideoFrame>>,
    pub(super) control: Arc<StreamControl>,
    pub(super) started: Instant,
}

impl Feed {
    /// Runs until the connection or the stream ends.
    pub(super) async fn run(mut self, out: mpsc::Sender<Bytes>) {
        let mut tiles = self.control.tile.subscribe();
        let mut packer = Packer::new(self.stream, self.started);
        self.newest.mark_changed();
        loop {
            let Ok(permit) = self.control.permits.acquire().await else { return };
            // A hidden window waits here: frames that come meanwhile wake nobody.
            let Ok(tile) = tiles.wait_for(|tile| tile.is_shown()).await.map(|tile| *tile) else { return };
            tokio::select! {
                biased;
                changed = tiles.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                changed = self.newest.changed() => if changed.is_err() {
                    return;
                },
            }
            let Some(frame) = self.newest.borrow_and_update().clone() else { continue };
            let packed = tokio::task::spawn_blocking(move || {
                let message = packer.pack(&frame, tile);
                (packer, message)
            });
            let Ok((back, message)) = packed.await else { return };
            packer = back;
            let Some(message) = message else { continue };
            permit.forget();
            if out.send(message).await.is_err() {
                return;
            }
        }
    }
}

/// Makes messages of frames: `u32 stream, u32 sequence, f64 capture ms, u32 width, u32 height`, little endian, then
/// I420.
struct Packer {
    stream: u32,
    sequence: u32,
    started: Instant,
    scaler: Scaler,
}

impl Packer {
    fn new(stream: u32, started: Instant) -> Self {
        Self { stream, sequence: 0, started, scaler: Scaler::default() }
    }

    fn pack(&mut self, frame: &VideoFrame, tile: Tile) -> Option<Bytes> {
        let (width, height) = fit(frame.width, frame.height, tile.width, tile.height);
        let bytes = HEADER_BYTES + width as usize * height as usize * 3 / 2;
        let mut message = Vec::with_capacity(bytes);
        message.extend_from_slice(&self.stream.to_le_bytes());
        message.extend_from_slice(&self.sequence.to_le_bytes());
        let at = frame.at.saturating_duration_since(self.started).as_secs_f64() * 1e3;
        message.extend_from_slice(&at.to_le_bytes());
        message.extend_from_slice(&width.to_le_bytes());
        message.extend_from_slice(&height.to_le_bytes());
        self.scaler.append_scaled(frame, (width, height), &mut message)?;
        self.sequence = self.sequence.wrapping_add(1);
        Some(message.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_window_says_is_read_or_ignored() {
        assert_eq!(read("1"), Some(Said::Drawn(1)));
        assert_eq!(read("9 640 360"), Some(Said::Tile(9, Tile { width: 640, height: 360 })));
        assert_eq!(read("2 0 0"), Some(Said::Tile(2, Tile::default())));
        assert_eq!(read("2 99999 1"), Some(Said::Tile(2, Tile { width: 7680, height: 1 })));
        for text in ["", "0", "-1", "x", "4294967296", "2 1", "2 1 2 3", "2 -1 2", "2  1 2", "0 1 2"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn no_more_than_two_frames_are_ever_allowed_at_once() {
        let control = StreamControl::default();
        control.drawn();
        assert_eq!(control.permits.available_permits(), MAX_FRAMES_IN_FLIGHT);
    }
}
