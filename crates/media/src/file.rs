//! Media files played as if they were a camera. Their sound is played by `audio`; both use the same start
//! instant and the same [`loop_length`], and so stay in step.

mod edit_list;
mod file_source;
mod mp4_file;
mod mp4_validate;
mod path;
mod reader;
mod rotation;
mod sps_check;
mod units;

pub(crate) use edit_list::{EditList, Time, time};
pub use file_source::FileSource;
pub(crate) use mp4_file::{Mp4Error, Mp4File, Stored, open_file};
pub(crate) use mp4_validate::Purpose;
pub(crate) use path::path_of;
pub(crate) use reader::Tracks;
pub use reader::{Mp4Video, Mp4VideoReader, loop_length};

#[cfg(test)]
mod tests;
