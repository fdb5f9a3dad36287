//! Fuzz targets: one function per parser of untrusted input. Here and not in the fuzzer's folder, so that
//! every build compiles them and every test run plays their corpora; the fuzzer itself is in
//! `tests/fuzz/libfuzzer`.

#[cfg(feature = "server")]
mod backend;
mod dialect;
mod mutate;
mod targets;

pub use mutate::lines as mutate_lines;
pub use targets::{Seeds, TARGETS, Target};
