//! The interface's own build and tests, all behind npm scripts of `ui/package.json`.

use std::process::Command;

use anyhow::Result;

use crate::background::Background;
use crate::paths::Paths;
use crate::process;

/// Installs exactly what the lock file says, unless that was done already.
pub(crate) fn install(paths: &Paths) -> Result<()> {
    install_in(paths, "ui")
}

/// The same for another folder with a `package-lock.json`; nothing if there is none.
pub(crate) fn install_in(paths: &Paths, folder: &str) -> Result<()> {
    let dir = paths.root.join(folder);
    let lock = dir.join("package-lock.json");
    // npm writes this file last; an older one than ours means another lock file was installed.
    let installed = dir.join("node_modules/.package-lock.json");
    let time = |file: &std::path::Path| std::fs::metadata(file).and_then(|data| data.modified()).ok();
    let Some(wanted) = time(&lock) else { return Ok(()) };
    if time(&installed).is_some_and(|there| there >= wanted) {
        return Ok(());
    }
    process::run(npm(paths, folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

/// Runs a script of the interface.
pub(crate) fn script(paths: &Paths, name: &str) -> Result<()> {
    process::run_and_quote(npm(paths, "ui").args(["run", "--silent", name]))
}

/// Starts a script of the interface beside other work, which goes first.
pub(crate) fn script_beside(paths: &Paths, name: &str) -> Result<Background> {
    let mut command = npm(paths, "ui");
    if cfg!(unix) {
        let mut lower = process::command(paths, "nice");
        lower.current_dir(paths.root.join("ui")).args(["-n", "19", "npm"]);
        command = lower;
    }
    Background::start(
        &name.replace(':', "-"),
        command.args(["run", "--silent", name]),
        &paths.target.join("logs"),
    )
}

/// Silent but for warnings: a newcomer has no use for a list of bundles.
pub(crate) fn build(paths: &Paths) -> Result<()> {
    let arguments = ["run", "--silent", "build", "--", "--logLevel", "warn"];
    process::run_and_quote(npm(paths, "ui").args(arguments))
}

fn npm(paths: &Paths, folder: &str) -> Command {
    let mut command = process::command(paths, "npm");
    command.current_dir(paths.root.join(folder));
    command
}
