//! `cargo xtask bundle`: installers. Not there yet, and says so.

use anyhow::{Result, bail};

pub(crate) fn run() -> Result<()> {
    bail!("installers are not made yet; `cargo xtask demo` builds and runs the application")
}
