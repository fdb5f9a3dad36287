//! Cargo tools the tests need, compiled once into the cache.

use std::path::Path;

use anyhow::Result;

use crate::paths::Paths;
use crate::{cargo, process, say};

struct Tool {
    package: &'static str,
    version: &'static str,
    program: &'static str,
}

const NEXTEST: Tool = Tool { package: "cargo-nextest", version: "0.9.143", program: "cargo-nextest" };
/// Licences, sources and advisories of dependencies.
const DENY: Tool = Tool { package: "cargo-deny", version: "0.20.2", program: "cargo-deny" };
/// Dependencies that nothing uses.
const MACHETE: Tool = Tool { package: "cargo-machete", version: "0.9.2", program: "cargo-machete" };
/// Drives the app's window; there is none for macOS.
const TAURI_DRIVER: Tool = Tool { package: "tauri-driver", version: "2.1.0", program: "tauri-driver" };

pub(super) fn run(paths: &Paths) -> Result<()> {
    for tool in [&NEXTEST, &DENY, &MACHETE] {
        install(paths, tool)?;
    }
    if !cfg!(target_os = "macos") {
        install(paths, &TAURI_DRIVER)?;
    }
    Ok(())
}

fn install(paths: &Paths, tool: &Tool) -> Result<()> {
    if process::exists(paths, tool.program) {
        return Ok(());
    }
    say::note(&format!(
        "{} {} is compiled once into {}",
        tool.package,
        tool.version,
        paths.tools().display()
    ));
    let mut command = cargo::cargo(paths);
    command
        // Compiled faster than it could pay back in one run.
        .args(["install", "--debug", "--locked", tool.package, "--version", tool.version, "--root"])
        .arg(paths.tools())
        // Its own folder: it is thrown away afterwards, and must not wait for the project's lock.
        .env("CARGO_TARGET_DIR", paths.tools().join("target"))
        // The project's own settings (features, profiles) are none of its business.
        .current_dir(home_of(&paths.tools())?);
    cargo::build(&mut command)?;
    // Only saves room; the tool is installed.
    drop(std::fs::remove_dir_all(paths.tools().join("target")));
    Ok(())
}

fn home_of(tools: &Path) -> Result<&Path> {
    std::fs::create_dir_all(tools)?;
    Ok(tools)
}
