//! Media files played as if they were a camera. Sound of the same file is the audio side's; both take
//! the same start instant and the same [`loop_length`], and so stay in step.

mod clip;
mod reader;
mod vet;

pub use clip::ClipSource;
pub use reader::{Clip, ClipReader, loop_length};

#[cfg(test)]
mod tests;
