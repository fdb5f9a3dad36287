//! The packages on a real system: installed, used and removed. Only where that harms nobody: as root or
//! with sudo that asks nothing, where apt is, and where no Bellwire is installed already.

mod server;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::desktop::Desktop;
use crate::paths::Paths;
use crate::{bundle, cargo, process, say};

/// What the package is called.
const NAME: &str = "bellwire";
/// Files without which the program would not be found, drawn or opened.
const FILES: &[&str] = &[
    "/usr/bin/bellwire",
    "/usr/share/applications/Bellwire.desktop",
    "/usr/share/icons/hicolor/16x16/apps/bellwire.png",
    "/usr/share/icons/hicolor/48x48/apps/bellwire.png",
    "/usr/share/icons/hicolor/128x128/apps/bellwire.png",
    "/usr/share/icons/hicolor/512x512/apps/bellwire.png",
    "/usr/share/icons/hicolor/scalable/apps/bellwire.svg",
    "/usr/share/metainfo/app.bellwire.desktop.metainfo.xml",
];

/// Why this machine cannot show it; `None` where it can.
pub(crate) fn obstacle(paths: &Paths) -> Option<&'static str> {
    if !cfg!(target_os = "linux") || !process::exists(paths, "apt-get") || !process::exists(paths, "dpkg") {
        return Some("there is no apt here");
    }
    if !is_root(paths) && !process::succeeds(process::command(paths, "sudo").args(["-n", "true"])) {
        return Some("installing wants root, or sudo without a password");
    }
    if is_installed(paths, NAME) {
        return Some("a Bellwire is installed here, which is somebody's");
    }
    None
}

/// Packs the program of the tests and goes through its life on the system.
pub(crate) fn run(paths: &Paths, desktop: &Desktop, furnish: impl Fn(&Desktop, &mut Command)) -> Result<()> {
    if let Some(why) = obstacle(paths) {
        say::note(&format!("SKIPPED, nothing was installed: {why}"));
        return Ok(());
    }
    let packages = bundle::make(paths, bundle::Options { debug: true })?;
    let of = |ending: &str| packages.iter().find(|file| file.extension().is_some_and(|e| e == ending));
    look_into_rpm(paths, of("rpm").context("no .rpm was made")?)?;
    let deb = of("deb").context("no .deb was made")?;
    ensure!(stat(deb) > 0, "{} is empty", deb.display());

    say::note("apt-get install");
    apt(paths, &["install", "--no-install-recommends", &deb.to_string_lossy()])?;
    let installed = Installed { paths, name: NAME };
    let files = installed.files()?;
    let used = use_it(paths, desktop, furnish, &files);
    say::note("apt-get remove");
    installed.remove()?;
    used?;
    let left: Vec<_> = files.iter().filter(|file| file.is_file()).collect();
    ensure!(left.is_empty(), "removing left {left:?}");
    server::run(paths)
}

fn use_it(
    paths: &Paths,
    desktop: &Desktop,
    furnish: impl Fn(&Desktop, &mut Command),
    files: &BTreeSet<PathBuf>,
) -> Result<()> {
    for file in FILES {
        ensure!(files.contains(Path::new(file)), "{file} is not in the .deb");
    }
    let entry = "/usr/share/applications/Bellwire.desktop";
    process::output(process::command(paths, "desktop-file-validate").arg(entry))?;
    let missing = process::output(process::command(paths, "ldd").arg("/usr/bin/bellwire"))?;
    ensure!(!missing.contains("not found"), "libraries are missing: {missing}");
    let mut command = cargo::linting(paths)?;
    command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--run-ignored", "only"]);
    command.args(["-E", "package(bellwire-tests-desktop) & test(/^installed::/)"]);
    furnish(desktop, &mut command);
    process::run(command.env("BELLWIRE_INSTALLED", "/usr/bin/bellwire"))
}

/// What an RPM system would see; there is none here to install it on.
fn look_into_rpm(paths: &Paths, rpm: &Path) -> Result<()> {
    let ask = |what: &[&str]| process::output(process::command(paths, "rpm").args(what).arg(rpm));
    let about = ask(&["-qip"])?;
    for line in ["Name        : bellwire", "License     : MIT OR Apache-2.0"] {
        ensure!(about.contains(line), "the .rpm does not say {line:?}: {about}");
    }
    let needs = ask(&["-qp", "--requires"])?;
    for name in ["libgtk-3.so.0()(64bit)", "libayatana-appindicator3.so.1()(64bit)", "libc.so.6("] {
        ensure!(needs.contains(name), "the .rpm does not need {name}: {needs}");
    }
    let mut command = process::command(paths, "sh");
    let inside = process::output(command.args(["-c", r#"rpm2cpio "$0" | cpio -t --quiet"#]).arg(rpm))?;
    for file in FILES.iter().chain(&["/usr/share/licenses/bellwire/LICENSE-MIT"]) {
        // The listing's names begin with a dot, as cpio likes them, or not, depending on who packed.
        ensure!(
            inside.lines().any(|line| line.trim_start_matches('.') == *file),
            "{file} is not in the .rpm"
        );
    }
    Ok(())
}

/// A package that is on the system because of us, and goes whatever happens.
struct Installed<'a> {
    paths: &'a Paths,
    name: &'static str,
}

impl Installed<'_> {
    fn files(&self) -> Result<BTreeSet<PathBuf>> {
        let list = process::output(process::command(self.paths, "dpkg").args(["-L", self.name]))?;
        Ok(list.lines().map(PathBuf::from).collect())
    }

    fn remove(self) -> Result<()> {
        let done = apt(self.paths, &["purge", self.name]);
        std::mem::forget(self);
        done
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        if let Err(error) = apt(self.paths, &["purge", self.name]) {
            say::failure(&format!("{} stays installed: {error:#}", self.name));
        }
    }
}

fn is_installed(paths: &Paths, name: &str) -> bool {
    process::succeeds(process::command(paths, "dpkg").args(["-s", name]))
}

/// What it is given is run by root.
fn as_root(paths: &Paths) -> Command {
    if is_root(paths) {
        process::command(paths, "env")
    } else {
        let mut command = process::command(paths, "sudo");
        command.args(["-n", "env"]);
        command
    }
}

fn apt(paths: &Paths, words: &[&str]) -> Result<()> {
    let mut command = as_root(paths);
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120"]);
    if let Err(error) = process::output(command.args(words)) {
        bail!("{error:#}");
    }
    Ok(())
}

fn is_root(paths: &Paths) -> bool {
    process::output(process::command(paths, "id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Size in bytes; 0 for a file that is not there.
fn stat(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |data| data.len())
}
