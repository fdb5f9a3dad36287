//! `cargo xtask check`: what a reviewer should not have to look for.

use std::fs;

use anyhow::{Result, ensure};

use crate::cargo::Warnings;
use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{bindings, cargo, process, say, ui};

/// Lines of a source file: a warning, and the end.
const LONG: usize = 400;
const TOO_LONG: usize = 500;

pub(crate) fn run(paths: &Paths, consent: Consent) -> Result<()> {
    setup::run(paths, consent, Purpose::Test)?;
    let step = say::step("Formatting, generated types and file sizes");
    shape(paths)?;
    step.done();

    let step = say::step("Dependencies: licences, sources, unused ones, advisories");
    dependencies(paths)?;
    step.done();

    let step = say::step("Interface");
    ui::install(paths)?;
    ui::script(paths, "check:all")?;
    // The window's crate embeds it, so compiling needs it to be there.
    ui::build(paths)?;
    step.done();

    let step = say::step("Clippy and rustdoc");
    clean(compile(paths)?)?;
    step.done();
    Ok(())
}

/// What can be seen without compiling; part of the tests too.
pub(crate) fn shape(paths: &Paths) -> Result<()> {
    process::run(cargo::cargo(paths).args(["fmt", "--all", "--check"]))?;
    bindings::check(paths)?;
    file_sizes(paths)
}

/// What comes in with dependencies, by `deny.toml`, and whether all that are named are used.
pub(crate) fn dependencies(paths: &Paths) -> Result<()> {
    let deny = |words: &[&str]| {
        process::run(cargo::cargo(paths).args(["deny", "--all-features", "--log-level", "error"]).args(words))
    };
    deny(&["check", "bans", "licenses", "sources"])?;
    match deny(&["fetch", "db"]) {
        Ok(()) => deny(&["check", "--disable-fetch", "advisories"])?,
        Err(error) => {
            say::note(&format!("NOT checked: advisories; their database cannot be reached: {error:#}"))
        }
    }
    process::run(cargo::cargo(paths).args(["machete"]))
}

/// Builds the programs and the tests with the compiler that lints.
pub(crate) fn compile(paths: &Paths) -> Result<Warnings> {
    let programs = cargo::build_programs(&mut cargo::linting(paths)?)?;
    let mut tests = cargo::linting(paths)?;
    Ok(programs + cargo::build(tests.args(["nextest", "run", "--workspace", "--no-run"]))?)
}

/// No warning of the compiler, of clippy or of rustdoc stands.
pub(crate) fn clean(warnings: Warnings) -> Result<()> {
    ensure!(warnings == 0, "{warnings} warnings; they stand above, where the programs and tests were built");
    Ok(())
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
    ensure!(too_long.is_empty(), "split these, {TOO_LONG} lines is the end:\n  {}", too_long.join("\n  "));
    Ok(())
}
