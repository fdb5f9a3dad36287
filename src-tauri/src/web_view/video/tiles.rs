//! How large the windows show each stream, and the news of it for the engine: it asks for no larger pictures than are
//! seen, and for none that are not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::{CallId, Handle, MemberId};
use tokio::sync::watch;

use super::Video;
use super::feed::Tile;
use super::streams::{MAX_STREAMS, member_of};

/// A window that is dragged larger says so for each pixel.
const SETTLING: Duration = Duration::from_millis(200);
/// From one window to another there is a moment without a tile, and a picture that was hidden needs a key frame.
const HIDING: Duration = Duration::from_millis(1000);

/// Number of a connection, one for each window.
pub(super) type WindowId = u64;

/// What each window shows.
#[derive(Debug, Default)]
pub(super) struct Tiles(watch::Sender<BTreeMap<(WindowId, u32), Tile>>);

impl Tiles {
    /// Hidden tiles are kept as such: that nobody sees a member is news too. Of a window that has said something of
    /// more streams than there can be, hidden ones are forgotten, then further ones ignored.
    pub(super) fn set(&self, window: WindowId, stream: u32, tile: Tile) {
        self.0.send_if_modified(|tiles| {
            let key = (window, stream);
            if !tiles.contains_key(&key) {
                let mine = (window, 0)..=(window, u32::MAX);
                if tiles.range(mine.clone()).count() >= MAX_STREAMS {
                    let hidden = tiles.range(mine).find(|(_, tile)| !tile.is_shown()).map(|(key, _)| *key);
                    let Some(hidden) = hidden else { return false };
                    tiles.remove(&hidden);
                }
            }
            tiles.insert(key, tile) != Some(tile)
        });
    }

    /// The window is gone.
    pub(super) fn forget(&self, window: WindowId) {
        self.0.send_if_modified(|tiles| {
            let before = tiles.len();
            tiles.retain(|(one, _), _| *one != window);
            tiles.len() != before
        });
    }

    pub(super) fn watch(&self) -> watch::Receiver<BTreeMap<(WindowId, u32), Tile>> {
        self.0.subscribe()
    }
}

/// The largest tile of each member over all windows.
fn largest(tiles: &BTreeMap<(WindowId, u32), Tile>) -> BTreeMap<MemberId, Tile> {
    let mut largest: BTreeMap<MemberId, Tile> = BTreeMap::new();
    for ((_, stream), tile) in tiles {
        if let Some(member) = member_of(*stream) {
            let known = largest.entry(member).or_default();
            *known = known.max(*tile);
        }
    }
    largest
}

/// What changed since `told`, hidden members included.
fn news(told: &BTreeMap<MemberId, Tile>, now: &BTreeMap<MemberId, Tile>) -> Vec<(MemberId, Tile)> {
    let hidden =
        told.keys().filter(|member| !now.contains_key(member)).map(|member| (*member, Tile::default()));
    let changed = now.iter().filter(|(member, tile)| told.get(member) != Some(tile));
    changed.map(|(member, tile)| (*member, *tile)).chain(hidden).collect()
}

/// Tells the engine how large members are shown, until the program ends. Members of whom no window has said anything
/// are not mentioned.
pub(crate) async fn tell_sizes(video: Arc<Video>, engine: Handle) {
    let (mut tiles, mut call) = (video.tiles.watch(), video.streams.call());
    let mut told: (Option<CallId>, BTreeMap<MemberId, Tile>) = (None, BTreeMap::new());
    loop {
        let changed = tokio::select! {
            changed = tiles.changed() => changed,
            changed = call.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
        tokio::time::sleep(SETTLING).await;
        let mut now = largest(&tiles.borrow_and_update());
        let is_shown = |id: &MemberId| now.get(id).is_some_and(|tile| tile.is_shown());
        let hides = told.1.iter().any(|(id, tile)| tile.is_shown() && !is_shown(id));
        if hides {
            tokio::time::sleep(HIDING).await;
            now = largest(&tiles.borrow_and_update());
        }
        let Some(id) = *call.borrow_and_update() else { continue };
        if told.0 != Some(id) {
            told = (Some(id), BTreeMap::new());
        }
        for (member, Tile { width, height }) in news(&told.1, &now) {
            engine.show_member(id, member, width, height).await;
        }
        told.1 = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Tile = Tile { width: 160, height: 90 };
    const LARGE: Tile = Tile { width: 1280, height: 720 };

    #[test]
    fn the_largest_over_all_windows_counts_until_its_window_is_gone() {
        let tiles = Tiles::default();
        let now = || largest(&tiles.watch().borrow());
        tiles.set(1, 3, LARGE);
        tiles.set(2, 3, SMALL);
        tiles.set(1, 1, LARGE);
        assert_eq!(now(), BTreeMap::from([(MemberId(1), LARGE)]), "we are no member");
        tiles.forget(1);
        assert_eq!(now(), BTreeMap::from([(MemberId(1), SMALL)]));
        tiles.set(2, 3, Tile::default());
        assert_eq!(now(), BTreeMap::from([(MemberId(1), Tile::default())]));
    }

    #[test]
    fn a_window_is_heard_about_as_many_streams_as_there_can_be() {
        let tiles = Tiles::default();
        for stream in 2..100 {
            tiles.set(1, stream, Tile::default());
        }
        for stream in 200..300 {
            tiles.set(1, stream, SMALL);
        }
        tiles.set(2, 2, SMALL);
        let known = tiles.watch().borrow().clone();
        assert_eq!(known.len(), MAX_STREAMS + 1);
        assert!(known.contains_key(&(1, 200)) && !known.contains_key(&(1, 299)));
    }

    #[test]
    fn what_changed_is_told_and_what_is_hidden_now() {
        let told = BTreeMap::from([(MemberId(1), SMALL), (MemberId(2), SMALL), (MemberId(3), SMALL)]);
        let now = BTreeMap::from([(MemberId(1), LARGE), (MemberId(2), SMALL)]);
        assert_eq!(news(&told, &now), vec![(MemberId(1), LARGE), (MemberId(3), Tile::default())]);
        assert!(news(&now, &now).is_empty());
    }
}
