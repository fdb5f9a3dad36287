//! `cargo xtask bundle`: the installers of the system it runs on. They are made by Tauri's own tool;
//! here is what it cannot know: what the program is linked to.

mod needs;
pub(crate) mod server;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{cargo, process, say, ui};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The program of the tests instead of an optimised one.
    pub(crate) debug: bool,
}

impl Options {
    fn profile(self) -> &'static str {
        if self.debug { "debug" } else { "release" }
    }
}

pub(crate) fn run(paths: &Paths, consent: Consent, options: Options) -> Result<()> {
    setup::run(paths, consent, Purpose::Run)?;
    let step = say::step("Build the interface and the program");
    ui::install(paths)?;
    ui::build(paths)?;
    build(paths, options)?;
    step.done();
    let step = say::step("Make the packages");
    let mut made = make(paths, options)?;
    if cfg!(target_os = "linux") {
        made.extend(server::make(paths, options.profile())?);
    }
    step.done();
    for package in made {
        say::note(&package.display().to_string());
    }
    if cfg!(target_os = "linux") {
        say::note("No AppImage: its tool loads the runtime from the network while it works.");
    }
    Ok(())
}

fn build(paths: &Paths, options: Options) -> Result<()> {
    if options.debug {
        cargo::build_programs(&mut cargo::linting(paths)?)?;
        return Ok(());
    }
    let mut command = cargo::cargo(paths);
    command.args(["build", "--release", "-p", "bellwire-app", "--bin", "bellwire"]);
    command.args(["--features", "tauri/custom-protocol"]);
    cargo::build(&mut command)?;
    // By itself, so that no feature of the window's libraries comes into it.
    cargo::build(cargo::cargo(paths).args(["build", "--release", "-p", server::NAME]))?;
    Ok(())
}

/// Packs the program that was built already; gives the packages.
pub(crate) fn make(paths: &Paths, options: Options) -> Result<Vec<PathBuf>> {
    ui::install_in(paths, "packaging")?;
    // Tauri's tool takes what lies in the target folder. A stripped copy in a folder of its own leaves the
    // program that the tests run, and its debug information, alone.
    let target = paths.cache.join("bundle");
    let folder = target.join(options.profile());
    let packages = folder.join("bundle");
    if packages.exists() {
        fs::remove_dir_all(&packages).with_context(|| format!("cannot empty {}", packages.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let built = paths.built(options.profile(), "bellwire");
    let program = folder.join(built.file_name().context("the program has a name")?);
    fs::copy(&built, &program).with_context(|| format!("{} is not built", built.display()))?;

    let mut command = process::command(paths, "node");
    command
        .current_dir(paths.root.join("src-tauri"))
        .arg(paths.root.join("packaging/node_modules/@tauri-apps/cli/tauri.js"))
        .args(["bundle", "--ci"])
        .env("CARGO_TARGET_DIR", &target);
    if options.debug {
        command.arg("--debug");
    }
    // Which kind of package it came in would matter to an updater alone.
    command.arg("--no-binary-patching");
    if cfg!(target_os = "linux") {
        process::output(process::command(paths, "strip").arg("--strip-unneeded").arg(&program))?;
        command.args(["--config", &needs::configuration(paths, &program)?]);
    }
    process::output(&mut command)?;
    let made = find(&packages)?;
    ensure!(!made.is_empty(), "no package was made in {}", packages.display());
    Ok(made)
}

/// Files with the ending of a package, one folder deep.
fn find(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for kind in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let kind = kind?.path();
        if !kind.is_dir() {
            continue;
        }
        for file in fs::read_dir(&kind)? {
            let file = file?.path();
            let ending = file.extension().unwrap_or_default();
            if ["deb", "rpm", "dmg", "exe", "msi", "sig"].iter().any(|known| ending == *known) {
                found.push(file);
            }
        }
    }
    found.sort();
    Ok(found)
}
