//! `cargo xtask bench call`, `bench group`, `bench ring` and `bench profile`: prepare release programs and hand over to what
//! measures.

use anyhow::Result;

use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{cargo, lab, process, say, ui};

pub(crate) fn run(paths: &Paths, consent: Consent) -> Result<()> {
    call(paths, consent, "tests/browser/bench-call.mjs", "docs/benchmarks.md")
}

/// One client in calls of two to eight people.
pub(crate) fn group(paths: &Paths, consent: Consent) -> Result<()> {
    call(paths, consent, "tests/browser/bench-group.mjs", "docs/benchmarks-group.md")
}

/// Where the processor time of a call goes; prints tables for `docs/profile.md`.
pub(crate) fn profile(paths: &Paths, consent: Consent) -> Result<()> {
    call(paths, consent, "tests/browser/bench-profile.mjs", "docs/benchmarks.md")
}

fn call(paths: &Paths, consent: Consent, script: &str, report: &str) -> Result<()> {
    setup::run(paths, consent, Purpose::Test)?;
    ui::install_in(paths, "tests/browser")?;
    let step = say::step("Build the programs for release");
    cargo::build(cargo::cargo(paths).args([
        "build",
        "--release",
        "-p",
        "bellwire-cli",
        "-p",
        "bellwire-server",
    ]))?;
    step.done();

    let ffmpeg = lab::its_ffmpeg(paths)?;
    let step = say::step("Measure");
    // Headless on both sides: neither display nor sound server, whose work would be measured too.
    let mut command = process::command(paths, "node");
    command
        .arg(script)
        .env("BELLWIRE_ROOT", &paths.root)
        .env("BELLWIRE_CLI", paths.built("release", "bellwire-cli"))
        .env("BELLWIRE_SERVER", paths.built("release", "bellwire-server"))
        .env("BELLWIRE_FFMPEG", ffmpeg)
        .env("BELLWIRE_MEDIA", paths.root.join("assets/media"))
        .env("BELLWIRE_REPORT", paths.root.join(report));
    process::run(&mut command)?;
    step.done();
    Ok(())
}

/// How soon a ring is seen and heard, with real windows.
pub(crate) fn ring(paths: &Paths, consent: Consent) -> Result<()> {
    setup::run(paths, consent, Purpose::Test)?;
    ui::install(paths)?;
    ui::build(paths)?;
    ui::install_in(paths, "tests/browser")?;
    let step = say::step("Build the program for release");
    cargo::build(cargo::cargo(paths).args(["build", "--release", "-p", "bellwire-app"]))?;
    step.done();

    let step = say::step("Measure");
    let mut command = cargo::cargo(paths);
    command.args(["nextest", "run", "-p", "bellwire-tests-desktop", "--run-ignored", "only", "--no-capture"]);
    command.args(["--retries", "0", "-E", "test(a_ring_is_seen_and_heard)"]);
    command
        .env("BELLWIRE_ROOT", &paths.root)
        .env("BELLWIRE_APP", paths.built("release", "bellwire"))
        .env("BELLWIRE_BUILD", "release build")
        .env("BELLWIRE_REPORT", paths.root.join("docs/benchmarks-ring.md"));
    process::run(&mut command)?;
    step.done();
    Ok(())
}
