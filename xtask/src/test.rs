//! `cargo xtask test`: everything that proves the project works, from an empty machine to the
//! closing lines.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::desktop::{Desktop, Sound};
use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{cargo, check, compiler, hours, install, interrupt, process, say, ui};

/// The tests that need programs, a desktop and sound.
const END_TO_END: &str = "package(bellwire-tests-calls) or package(bellwire-tests-desktop)";

/// The tests whose result other programs on the machine could change, and those that need most of it: seven to nine
/// programs in one call, several windows.
const MEASURING: &str = "(package(bellwire-media) and binary(audio)) \
                         or (package(bellwire-tests-calls) and (test(/^(media|devices|lab|group_cut)::/) or test(/nine_people/))) \
                         or (package(bellwire-tests-calls) and binary(browser) and test(/see_and_hear_each_other$/)) \
                         or (package(bellwire-tests-desktop) and test(/^(budget|harness|groups|windows)::/))";

const BROWSER_CHECKS: &str = "interface: accessibility and layout in Chromium and WebKitGTK";

/// Which of the tests.
#[derive(Debug, PartialEq, Eq)]
enum Scope<'a> {
    All,
    Ui,
    /// Everything that needs neither a desktop nor the built programs.
    Unit,
    EndToEnd,
    /// The packages on this system.
    Install,
    /// Rust tests whose name contains this.
    Named(&'a str),
}

impl<'a> Scope<'a> {
    fn of(only: Option<&'a str>) -> Self {
        match only {
            None => Self::All,
            Some("ui") => Self::Ui,
            Some("unit") => Self::Unit,
            Some("e2e") => Self::EndToEnd,
            Some("install") => Self::Install,
            Some(name) => Self::Named(name),
        }
    }

    /// The Rust tests of a part, as nextest's filter; `None`: none of them, or all, which run in two halves.
    fn filter(&self) -> Option<String> {
        match self {
            Self::Unit => Some(format!("not ({END_TO_END})")),
            Self::EndToEnd => Some(END_TO_END.into()),
            Self::Named(name) => Some(format!("test({name})")),
            Self::All | Self::Ui | Self::Install => None,
        }
    }

    fn interface(&self) -> bool {
        matches!(self, Self::All | Self::Ui)
    }

    fn rust(&self) -> bool {
        !matches!(self, Self::Ui)
    }
}

pub(crate) fn run(paths: &Paths, consent: Consent, only: Option<&str>) -> Result<()> {
    let scope = Scope::of(only);
    let started = Instant::now();
    setup::run(paths, consent, Purpose::Test)?;
    let mut stages = Stages::default();

    if scope == Scope::All {
        stages.run("formatting, generated types and file sizes", || check::shape(paths))?;
        stages
            .run("dependencies: licences, sources, unused ones, advisories", || check::dependencies(paths))?;
    }
    stages.needed("interface: install", || ui::install(paths))?;
    // The window embeds the built interface, so this comes before anything is compiled.
    stages.needed("interface: build", || ui::build(paths))?;
    if scope.interface() {
        stages.run("interface: types, lint, format, unused exports", || ui::script(paths, "check:all"))?;
        stages.run("interface: tests", || ui::script(paths, "test"))?;
        stages.run("interface: tests at other hours", || hours::interface(paths))?;
    }
    if scope == Scope::Ui {
        stages.run(BROWSER_CHECKS, || ui::script(paths, "test:browsers"))?;
    }
    if scope.rust() {
        ui::install_in(paths, "tests/browser")?;
        ui::install_in(paths, "tests/node-backends")?;
        let mut warnings = 0;
        stages.needed("build the programs and the tests", || {
            warnings = check::compile(paths)?;
            Ok(())
        })?;
        if scope == Scope::All {
            stages.run("clippy and rustdoc", || check::clean(warnings))?;
        }
        let mut desktop = None;
        stages.needed("start a display, a session bus and a sound server", || {
            desktop = Some(Desktop::start(paths, Sound::Null)?);
            Ok(())
        })?;
        if let Some(desktop) = &desktop {
            if scope == Scope::All {
                // These tests mostly wait: the browsers take what they leave of the processors.
                let beside = ui::script_beside(paths, "test:browsers");
                stages.run("tests", || nextest(paths, desktop, &format!("not ({MEASURING})")))?;
                stages.run(BROWSER_CHECKS, || beside?.finish())?;
                stages.run("tests that measure sound, pictures and processor time", || {
                    nextest(paths, desktop, MEASURING)
                })?;
            } else if let Some(filter) = scope.filter() {
                stages.run("tests", || nextest(paths, desktop, &filter))?;
            }
            if matches!(scope, Scope::All | Scope::Unit) {
                stages.run("tests at other hours", || hours::rust(paths))?;
            }
            if matches!(scope, Scope::All | Scope::EndToEnd | Scope::Install) {
                stages.run("packages: install, use, remove", || {
                    install::run(paths, desktop, |desktop, command| furnish(paths, desktop, command))
                })?;
            }
            if matches!(scope, Scope::All | Scope::Unit) {
                stages.run("the server's routes under Schemathesis", || schemathesis(paths))?;
            }
        }
    }
    stages.close(started)
}

fn nextest(paths: &Paths, desktop: &Desktop, filter: &str) -> Result<()> {
    let mut command = cargo::linting(paths)?;
    command.args([
        "nextest",
        "run",
        "--workspace",
        "--no-fail-fast",
        "--test-threads",
        &at_once().to_string(),
        "-E",
        filter,
    ]);
    furnish(paths, desktop, &mut command);
    process::run(&mut command)
}

/// How many tests run at once. Most wait for a server or a deadline rather than compute, so two for each
/// processor; what needs the machine for itself says so in `.config/nextest.toml`.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get) * 2
}

/// Every backend's OpenAPI document, with every role's token. Left out of the tests above because it wants
/// a program of its own.
fn schemathesis(paths: &Paths) -> Result<()> {
    let mut command = cargo::linting(paths)?;
    command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--run-ignored", "only"]);
    command.args(["-E", "test(survives_schemathesis)"]);
    command.env("BELLWIRE_SCHEMATHESIS", paths.schemathesis());
    process::run(&mut command)
}

/// `cargo xtask within`: any command where the tests run.
pub(crate) fn within(paths: &Paths, words: &[String]) -> Result<()> {
    let Some((program, arguments)) = words.split_first() else { bail!("which command?") };
    let desktop = Desktop::start(paths, Sound::Null)?;
    let mut command = process::command(paths, program);
    compiler::enter(paths, &mut command)?;
    furnish(paths, &desktop, command.args(arguments));
    process::run(&mut command)
}

/// Puts a command on the desktop and tells it where to find what was built, and the project.
fn furnish(paths: &Paths, desktop: &Desktop, command: &mut Command) {
    desktop.enter(command);
    command
        .env("BELLWIRE_ROOT", &paths.root)
        .env("BELLWIRE_PROGRAMS", paths.target.join("debug"))
        .env("BELLWIRE_APP", paths.program("bellwire"))
        .env("BELLWIRE_TEST_DESKTOP", "1")
        // Errors say where they come from by their context; a stack of each hides the next failure in a long log.
        .env("RUST_LIB_BACKTRACE", "0");
}

/// What was run and how it went, in order.
#[derive(Debug, Default)]
struct Stages {
    done: Vec<(String, Outcome)>,
}

#[derive(Debug)]
enum Outcome {
    Passed(std::time::Duration),
    Failed(String),
}

impl Stages {
    /// A stage whose failure is told at the end; the others are still worth knowing.
    fn run(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        interrupt::check()?;
        let step = say::step(name);
        let started = Instant::now();
        let outcome = match work() {
            Ok(()) => {
                step.done();
                Outcome::Passed(started.elapsed())
            }
            Err(error) => {
                interrupt::check()?;
                say::note(&format!("FAILED: {error:#}"));
                Outcome::Failed(format!("{error:#}"))
            }
        };
        self.done.push((name.to_owned(), outcome));
        Ok(())
    }

    /// A stage without which the rest makes no sense.
    fn needed(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        self.run(name, work)?;
        match self.done.last() {
            Some((name, Outcome::Failed(why))) => bail!("{name}: {why}"),
            Some((_, Outcome::Passed(_))) | None => Ok(()),
        }
    }

    fn close(&self, started: Instant) -> Result<()> {
        say::step(&format!("Summary, after {}", say::clock(started.elapsed())));
        let mut failed = 0;
        for (name, outcome) in &self.done {
            match outcome {
                Outcome::Passed(took) => say::note(&format!("passed  {name} ({})", say::clock(*took))),
                Outcome::Failed(why) => {
                    failed += 1;
                    say::note(&format!("FAILED  {name}: {why}"));
                }
            }
        }
        if failed > 0 {
            bail!("{failed} of {} stages failed", self.done.len());
        }
        Ok(())
    }
}
