//! Files that tests read: of this crate and of the repository's `assets`. Looked up at run time, because a
//! test archive may run elsewhere than it was built.

use std::path::{Path, PathBuf};

pub(crate) fn in_crate(path: &str) -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join(path)
}

pub(crate) fn asset(path: &str) -> PathBuf {
    in_crate("../../assets").join(path)
}
