//! Schemathesis, which torments the server's REST routes: a Python program in an environment of its own
//! in the cache.

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::{process, say};

const PACKAGE: &str = "schemathesis==4.32.5";

pub(super) fn run(paths: &Paths) -> Result<()> {
    if paths.schemathesis().is_file() {
        return Ok(());
    }
    let place = paths.python();
    say::note(&format!("{PACKAGE} goes to {}", place.display()));
    let python = if cfg!(windows) { "python" } else { "python3" };
    process::run(process::command(paths, python).args(["-m", "venv", "--clear"]).arg(&place))
        .context("Python 3.10 or newer with its venv module is needed")?;
    let own = place.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    process::run(process::command(paths, own).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        PACKAGE,
    ]))
}
