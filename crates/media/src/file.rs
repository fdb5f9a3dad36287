//! Media files played as if they were a camera. Sound of the same file is the audio side's; both take
//! the same start instant and the same [`loop_length`], and so stay in step.

mod clip;
mod edits;
mod film;
mod path;
mod reader;
mod sequence;
mod turn;
mod units;
mod vet;

pub use clip::ClipSource;
pub(crate) use edits::{Edits, Time, time};
pub(crate) use film::{Film, FilmError, Stored, open_file};
pub(crate) use path::path_of;
pub(crate) use reader::Tracks;
pub use reader::{Clip, ClipReader, loop_length};
pub(crate) use vet::Purpose;

#[cfg(test)]
mod tests;
