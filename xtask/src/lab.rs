//! `cargo xtask lab`: prepares release programs, a PESQ meter and the film, and hands over to `bellwire-lab`
//! (`tests/lab`), which makes calls over emulated networks and measures them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{cargo, process, say, ui};

/// PESQ, and an ffmpeg of its own for the film; in an environment that belongs to the lab.
const PYTHON_PACKAGES: &[&str] = &["numpy==1.26.4", "pesq==0.0.4", "imageio-ffmpeg==0.6.0"];
const REPORT: &str = "docs/lab.md";
const PLOTS: &str = "docs/images/lab";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) profiles: Vec<String>,
    /// Who calls whom, with commas; Bellwire when not given.
    pub(crate) system: Option<String>,
    pub(crate) runs: Option<u32>,
    /// Length of a call instead of the profile's.
    pub(crate) seconds: Option<u32>,
    pub(crate) list: bool,
    /// Write the report of what was measured.
    pub(crate) report: bool,
}

pub(crate) fn run(paths: &Paths, consent: Consent, options: &Options) -> Result<()> {
    if options.profiles.is_empty() && !options.list && !options.report {
        bail!("which network? `cargo xtask lab --list` names them");
    }
    let folder = paths.cache.join("lab");
    let measuring = !options.profiles.is_empty();
    let system = options.system.as_deref().unwrap_or("bellwire");
    let browsers = system.split(',').any(|word| word != "bellwire");
    if measuring {
        setup::run(paths, consent, if browsers { Purpose::Test } else { Purpose::Run })?;
        if browsers {
            ui::install_in(paths, "tests/browser")?;
        }
    }
    let step = say::step("Build the programs for release");
    let mut command = cargo::cargo(paths);
    command.args(["build", "--release", "-p", "bellwire-tests-lab"]);
    if measuring {
        command.args(["-p", "bellwire-cli", "-p", "bellwire-server"]);
    }
    cargo::build(&mut command)?;
    step.done();
    if options.list {
        process::run(lab(paths).arg("list"))?;
    }
    if measuring {
        let python = python(paths, &folder)?;
        let step = say::step("Measure");
        let mut command = lab(paths);
        command.arg("run").args(&options.profiles).args(["--system", system]);
        for (name, value) in [("--runs", options.runs), ("--seconds", options.seconds)] {
            if let Some(value) = value {
                command.args([name, &value.to_string()]);
            }
        }
        command.arg("--results").arg(folder.join("results")).arg("--media").arg(folder.join("media"));
        command.arg("--programs").arg(paths.target.join("release"));
        command.arg("--film").arg(paths.root.join("assets/media/big-buck-bunny-720p25.mp4"));
        command.arg("--voice").arg(paths.root.join("assets/media/voice-22s-48k.wav"));
        command.arg("--browser").arg(paths.root.join("tests/browser"));
        command.arg("--ffmpeg").arg(ffmpeg(paths, &python)?).arg("--python").arg(&python);
        command.args(["--commit", &commit(paths)]);
        process::run(&mut command)?;
        step.done();
    }
    if options.report {
        let mut command = lab(paths);
        command.arg("report").arg("--results").arg(folder.join("results"));
        command.args(["--report", REPORT, "--plots", PLOTS]);
        process::run(&mut command)?;
    }
    Ok(())
}

fn lab(paths: &Paths) -> Command {
    process::command(paths, paths.built("release", "bellwire-lab"))
}

/// The Python of the lab's own environment, made anew when its packages are other ones.
fn python(paths: &Paths, folder: &Path) -> Result<PathBuf> {
    let place = folder.join("python");
    let python = place.join("bin/python");
    let stamp = place.join("packages");
    let wanted = PYTHON_PACKAGES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    let step = say::step("Make an environment for the PESQ meter");
    process::run(process::command(paths, "python3").args(["-m", "venv", "--clear"]).arg(&place))
        .context("Python 3.10 or newer with its venv module is needed")?;
    let mut install = process::command(paths, &python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PYTHON_PACKAGES);
    process::run(&mut install)?;
    fs::write(&stamp, wanted).context("cannot write into the environment")?;
    step.done();
    Ok(python)
}

/// The ffmpeg of the lab's environment, for others that measure.
pub(crate) fn its_ffmpeg(paths: &Paths) -> Result<String> {
    let python = python(paths, &paths.cache.join("lab"))?;
    ffmpeg(paths, &python)
}

fn ffmpeg(paths: &Paths, python: &Path) -> Result<String> {
    let script = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())";
    Ok(process::output(process::command(paths, python).args(["-c", script]))?.trim().to_owned())
}

/// What the programs were built from.
fn commit(paths: &Paths) -> String {
    let git =
        |words: &[&str]| process::output(process::command(paths, "git").args(words)).unwrap_or_default();
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", "crates"]);
    let commit = git(&["rev-parse", "--short", "HEAD"]);
    format!("{}{}", commit.trim(), if changed.trim().is_empty() { "" } else { " with changes" })
}
