//! `cargo xtask bench call`: prepares release programs and hands over to the script that measures.

use anyhow::Result;

use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{cargo, process, say, ui};

const SCRIPT: &str = "tests/browser/bench-call.mjs";

pub(crate) fn run(paths: &Paths, consent: Consent) -> Result<()> {
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

    let step = say::step("Measure");
    // Headless on both sides: neither display nor sound server, whose work would be measured too.
    let mut command = process::command(paths, "node");
    command
        .arg(SCRIPT)
        .env("BELLWIRE_ROOT", &paths.root)
        .env("BELLWIRE_CLI", paths.built("release", "bellwire-cli"))
        .env("BELLWIRE_SERVER", paths.built("release", "bellwire-server"))
        .env("BELLWIRE_MEDIA", paths.root.join("assets/media"))
        .env("BELLWIRE_REPORT", paths.root.join("docs/benchmarks.md"));
    process::run(&mut command)?;
    step.done();
    Ok(())
}
