//! `cargo xtask check`: what a reviewer should not have to look for.

use std::fs;

use anyhow::{Result, bail};

use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{bindings, cargo, process, say, ui};

/// Lines of a source file: a warning, and the end.
const LONG: usize = 400;
const TOO_LONG: usize = 500;

pub(crate) fn run(paths: &Paths, consent: Consent) -> Result<()> {
    setup::run(paths, consent, Purpose::Run)?;
    let step = say::step("Formatting, generated types and file sizes");
    shape(paths)?;
    step.done();

    let step = say::step("Interface: types");
    ui::install(paths)?;
    ui::script(paths, "check")?;
    // The window's crate embeds it, so clippy needs it to be there.
    ui::build(paths)?;
    step.done();

    let step = say::step("Clippy");
    cargo::build(cargo::cargo(paths).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    step.done();

    let step = say::step("Licences and sources of dependencies");
    if process::exists(paths, "cargo-deny") {
        process::run(cargo::cargo(paths).args(["deny", "check", "bans", "licenses", "sources"]))?;
        step.done();
    } else {
        say::note("skipped: cargo-deny is not installed (cargo install cargo-deny --locked)");
    }
    Ok(())
}

/// What can be seen without compiling; part of the tests too.
pub(crate) fn shape(paths: &Paths) -> Result<()> {
    process::run(cargo::cargo(paths).args(["fmt", "--all", "--check"]))?;
    bindings::check(paths)?;
    file_sizes(paths)
}

fn file_sizes(paths: &Paths) -> Result<()> {
    let listing = process::output(process::command(paths, "git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "*.rs",
        "*.svelte",
        "*.ts",
        "*.mjs",
    ]))?;
    let mut too_long = Vec::new();
    for name in listing.lines() {
        // Listed and deleted is possible.
        let Ok(text) = fs::read_to_string(paths.root.join(name)) else { continue };
        let lines = text.lines().count();
        if lines > TOO_LONG {
            too_long.push(format!("{name}: {lines} lines"));
        } else if lines > LONG {
            say::note(&format!("{name} is getting long: {lines} lines"));
        }
    }
    if too_long.is_empty() {
        return Ok(());
    }
    bail!("split these, {TOO_LONG} lines is the end:\n  {}", too_long.join("\n  "))
}
