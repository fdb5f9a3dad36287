//! Data paths into the web view beside commands and events: video frames, avatars, and the choice of renderer.

pub(crate) mod photos;
pub(crate) mod renderer;
pub(crate) mod video;
