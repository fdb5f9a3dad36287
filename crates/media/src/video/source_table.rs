//! Table of video sources: an id string in, a [`VideoSource`] out. Each kind has its own file.

use std::time::{Duration, Instant};

use super::screen::ScreenInfo;
use super::source::{SourceInfo, VideoFormat};
use super::{camera, pattern, screen};
use crate::file::{FileSource, path_of};
use crate::{SourceError, VideoFrame, VideoSource};

/// Cameras first, then the built-in pictures. Asks the system, so it may take a moment.
pub fn list_sources() -> Vec<SourceInfo> {
    let mut sources = camera::list();
    sources.push(SourceInfo { id: "test:pattern".into(), label: "Test pattern".into() });
    sources.push(SourceInfo { id: "none".into(), label: "No camera".into() });
    sources
}

/// The cameras there are. The one that `chosen` means (see [`open_source`]) is called so, the others by ids
/// that find them again after a restart and in another socket.
pub fn list_cameras(chosen: &str) -> Vec<SourceInfo> {
    camera::offered(chosen)
}

/// What of the screen can be shared: all of it first, then its monitors if there are several, then windows
/// from the front to the back. Empty
/// where sharing is not possible. Asks the system, so it may take a moment.
pub fn list_screens() -> Vec<ScreenInfo> {
    screen::list()
}

/// Opens `default` (the first camera), `camera:<name>` (perhaps with `?bus=<bus>`), `test:pattern`,
/// `test:<rrggbb>`, `file:<path>`, `screen:` (all of it), `screen:monitor:<name>`, `screen:<window>` or
/// `none`; files and patterns start now.
pub fn open_source(id: &str, format: VideoFormat) -> Result<Box<dyn VideoSource>, SourceError> {
    open_source_at(id, format, Instant::now())
}

/// As [`open_source`]; what plays by a clock plays as if it had been started at `start`, so that the
/// sound of the same file stays in step.
pub fn open_source_at(
    id: &str,
    format: VideoFormat,
    start: Instant,
) -> Result<Box<dyn VideoSource>, SourceError> {
    let unknown = || SourceError::NotFound(id.to_owned());
    if id == "none" || id.is_empty() {
        return Ok(Box::new(NoSource));
    }
    if id == "default" {
        let first = camera::list().into_iter().next().ok_or(SourceError::NoCamera)?;
        return open_source_at(&first.id, format, start);
    }
    let (kind, name) = id.split_once(':').ok_or_else(unknown)?;
    match kind {
        "camera" => Ok(Box::new(camera::CameraSource::open(name, format)?)),
        "test" if name == "pattern" => Ok(Box::new(pattern::PatternSource::moving_bars(format, start))),
        "test" => {
            let colour = pattern::parse_colour(name).ok_or_else(unknown)?;
            Ok(Box::new(pattern::PatternSource::solid(format, start, colour)))
        }
        "screen" => Ok(Box::new(screen::ScreenSource::open(name, format)?)),
        "file" => Ok(Box::new(FileSource::open(&path_of(id).ok_or_else(unknown)?, start)?)),
        _ => Err(unknown()),
    }
}

/// A source without a picture.
#[derive(Debug)]
struct NoSource;

impl VideoSource for NoSource {
    fn describe(&self) -> String {
        "No camera".into()
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        std::thread::sleep(timeout);
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_to_sources_or_plain_errors() {
        let format = VideoFormat::default();
        for id in ["test:pattern", "test:ff8800", "none"] {
            assert!(open_source(id, format).is_ok(), "{id}");
        }
        for id in ["", "none"] {
            let mut none = open_source(id, format).expect("no source needs no device");
            assert!(none.next_frame(Duration::ZERO).expect("never fails").is_none());
        }
        for id in [
            "test:nocolour",
            "nonsense",
            "screen:0",
            "screen:x",
            "file:/there/is/no/such.mp4",
            "camera:no such camera",
        ] {
            assert!(matches!(open_source(id, format), Err(SourceError::NotFound(_))), "{id}");
        }
        let ids: Vec<_> = list_sources().into_iter().map(|source| source.id).collect();
        assert!(ids.contains(&"test:pattern".to_owned()) && ids.contains(&"none".to_owned()));
    }
}
