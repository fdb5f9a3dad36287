//! Screens and windows that can be shared, with small previews.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bellwire_media::video::{list_screens, screen_preview};
use serde::Serialize;

/// Something on the screen that can be shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShareSource {
    /// What [`crate::Handle::set_sharing`] takes.
    pub id: String,
    pub label: String,
    pub kind: ShareKind,
    /// `data:` URL of a small PNG picture; `None` where there was no time or nothing to see.
    pub preview: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareKind {
    Screen,
    Window,
}

/// How long previews may take altogether.
const PREVIEWS_TIMEOUT: Duration = Duration::from_millis(1500);
/// Width and height of a preview at most.
const PREVIEW_SIZE_PX: (u32, u32) = (320, 180);

/// Screens first, then windows, with previews as far as there is time. Blocks.
pub(crate) fn share_sources() -> Vec<ShareSource> {
    let until = Instant::now() + PREVIEWS_TIMEOUT;
    let shown = list_screens().into_iter().map(|source| {
        let in_time = Instant::now() < until;
        let picture =
            in_time.then(|| screen_preview(&source.id, PREVIEW_SIZE_PX.0, PREVIEW_SIZE_PX.1)).flatten();
        ShareSource {
            kind: if source.window { ShareKind::Window } else { ShareKind::Screen },
            id: source.id,
            label: source.label,
            preview: picture.map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png))),
        }
    });
    shown.collect()
}
