//! What was asked on the command line. Small enough that a parser crate would cost more than it saves.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::setup::Purpose;
use crate::{bench, bindings, bundle, check, demo, interrupt, lab, setup, test};

const USAGE: &str = "\
cargo xtask <task> [options]

  demo      build, start a server with demo data and a robot that calls, open the app
              --backend NAME     storefront (default) | dealerdesk | marketplace | hearth | clinic
              --seconds N        stop by itself after N seconds
              --screenshot FILE  save a picture of the screen shortly before the end (X11)
              --wait             the robot waits to be called instead of calling
              --answer           accept the robot's call by a key press (X11; without a display always)
  test      install what the tests need, then run all of them
              --only NAME        ui | unit | e2e | install, or a part of a test's name
  check     formatting, clippy, file sizes, interface types, licences
  bindings  the interface's types and commands (ui/src/generated) from the Rust source
              --check            only say whether they are up to date
  bench     bench call: a call measured against Chromium; bench ring: how soon a ring is seen and heard;
            bench group: a client in calls of 2 to 8 people beside a page in Chromium;
            bench profile: processor time of each thread of a call, and of functions where `perf` is installed
  lab       lab PROFILE...: calls over emulated networks, measured
              --list             name the networks
              --system NAMES     bellwire (default), chromium, mixed; with commas
              --runs N           calls of each kind (default 1)
              --seconds N        length of a call instead of the network's own
              --report           write docs/lab.md from what was measured
  pictures  the pictures of README and docs/screens.md anew, from today's program
  bundle    the installers of this system: .deb (also of the server) and .rpm, NSIS and MSI, or .dmg
              --debug            pack the program of the tests
  within    within COMMAND ARGS: run a command on the desktop of the tests (display, bus, null sound)
  setup     install what building and running needs
              --tests            and what the tests need

  --yes     never ask before installing
";

/// One task with all it was told.
#[derive(Debug)]
pub(crate) struct Invocation {
    task: Task,
    /// Never ask.
    yes: bool,
}

#[derive(Debug)]
enum Task {
    Demo(demo::Options),
    Test { only: Option<String> },
    Check,
    Bindings { check: bool },
    Bench,
    BenchGroup,
    BenchRing,
    BenchProfile,
    Lab(lab::Options),
    Pictures,
    Bundle(bundle::Options),
    Setup { tests: bool },
    Within { words: Vec<String> },
    Help,
}

pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Invocation> {
    let mut words = words.into_iter();
    let mut task = match words.next().as_deref() {
        Some("demo") => Task::Demo(demo::Options::default()),
        Some("test") => Task::Test { only: None },
        Some("check") => Task::Check,
        Some("bindings") => Task::Bindings { check: false },
        Some("bench") => match words.next().as_deref() {
            Some("call") => Task::Bench,
            Some("group") => Task::BenchGroup,
            Some("ring") => Task::BenchRing,
            Some("profile") => Task::BenchProfile,
            Some(other) => bail!("no bench called {other:?}; there are: call, group, ring, profile"),
            None => bail!("which bench? there are: call, group, ring, profile"),
        },
        Some("lab") => Task::Lab(lab::Options::default()),
        Some("pictures") => Task::Pictures,
        Some("bundle") => Task::Bundle(bundle::Options::default()),
        Some("setup") => Task::Setup { tests: false },
        Some("within") => {
            // Everything behind it is the command's own.
            return Ok(Invocation { task: Task::Within { words: words.collect() }, yes: false });
        }
        None | Some("help" | "--help" | "-h") => Task::Help,
        Some(other) => bail!("no task called {other:?}\n\n{USAGE}"),
    };
    let mut yes = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match (word.as_str(), &mut task) {
            ("--yes" | "-y", _) => yes = true,
            ("--only", Task::Test { only }) => *only = Some(value()?),
            ("--check", Task::Bindings { check }) => *check = true,
            ("--tests", Task::Setup { tests }) => *tests = true,
            ("--wait", Task::Demo(options)) => options.robot_waits = true,
            ("--backend", Task::Demo(options)) => {
                let name = value()?;
                let scene = demo::programs::scene(&name);
                options.backend = Some(scene.with_context(|| format!("no backend called {name:?}"))?);
            }
            ("--list", Task::Lab(options)) => options.list = true,
            ("--report", Task::Lab(options)) => options.report = true,
            ("--system", Task::Lab(options)) => options.system = Some(value()?),
            ("--runs", Task::Lab(options)) => {
                options.runs = Some(value()?.parse().context("--runs wants a whole number")?);
            }
            ("--seconds", Task::Lab(options)) => {
                options.seconds = Some(value()?.parse().context("--seconds wants a whole number")?);
            }
            (name, Task::Lab(options)) if !name.starts_with('-') => options.profiles.push(name.to_owned()),
            ("--debug", Task::Bundle(options)) => options.debug = true,
            ("--answer", Task::Demo(options)) => options.answer = true,
            ("--seconds", Task::Demo(options)) => {
                let seconds = value()?.parse().context("--seconds wants a whole number")?;
                options.run_for = Some(Duration::from_secs(seconds));
            }
            ("--screenshot", Task::Demo(options)) => options.screenshot = Some(PathBuf::from(value()?)),
            ("--help" | "-h", _) => task = Task::Help,
            _ => bail!("{word:?} is not understood here\n\n{USAGE}"),
        }
    }
    Ok(Invocation { task, yes })
}

impl Invocation {
    pub(crate) fn run(self) -> Result<()> {
        interrupt::listen()?;
        let paths = Paths::find()?;
        let consent = setup::Consent::from_surroundings(self.yes);
        match self.task {
            Task::Help => {
                print!("{USAGE}");
                Ok(())
            }
            Task::Demo(options) => demo::run(&paths, consent, &options),
            Task::Test { only } => test::run(&paths, consent, only.as_deref()),
            Task::Check => check::run(&paths, consent),
            Task::Bindings { check: true } => bindings::check(&paths),
            Task::Bindings { check: false } => bindings::write(&paths),
            Task::Bench => bench::run(&paths, consent),
            Task::BenchGroup => bench::group(&paths, consent),
            Task::BenchRing => bench::ring(&paths, consent),
            Task::BenchProfile => bench::profile(&paths, consent),
            Task::Lab(options) => lab::run(&paths, consent, &options),
            Task::Pictures => demo::pictures(&paths, consent),
            Task::Bundle(options) => bundle::run(&paths, consent, options),
            Task::Within { words } => test::within(&paths, &words),
            Task::Setup { tests } => {
                setup::run(&paths, consent, if tests { Purpose::Test } else { Purpose::Run })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Invocation> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_of_the_demo_are_understood() {
        let invocation = parsed("demo --yes --seconds 20 --screenshot a.png").unwrap();
        assert!(invocation.yes);
        let Task::Demo(options) = invocation.task else { panic!("not the demo") };
        assert_eq!(options.run_for, Some(Duration::from_secs(20)));
        assert_eq!(options.screenshot, Some(PathBuf::from("a.png")));
        assert!(!options.robot_waits && options.backend.is_none());
        let Task::Demo(options) = parsed("demo --backend clinic").unwrap().task else {
            panic!("not the demo")
        };
        assert_eq!(options.backend.map(|scene| scene.backend), Some("clinic"));
        assert!(parsed("demo --backend carrier-pigeon").is_err());
    }

    #[test]
    fn options_of_the_installers_are_understood() {
        let Task::Bundle(options) = parsed("bundle --debug").unwrap().task else {
            panic!("not the installers")
        };
        assert_eq!(options, bundle::Options { debug: true });
        assert!(parsed("bundle --only ui").is_err());
    }

    #[test]
    fn networks_and_options_of_the_lab_are_understood() {
        let line = "lab loss10 ramp --system bellwire,chromium --runs 3 --seconds 30";
        let Task::Lab(options) = parsed(line).unwrap().task else { panic!("not the lab") };
        assert_eq!(options.profiles, ["loss10", "ramp"]);
        assert_eq!(options.system.as_deref(), Some("bellwire,chromium"));
        assert_eq!((options.runs, options.seconds), (Some(3), Some(30)));
        assert!(parsed("lab --only ui").is_err());
    }

    #[test]
    fn an_option_of_another_task_is_refused() {
        assert!(parsed("test --seconds 3").is_err());
        assert!(parsed("demo --only ui").is_err());
    }

    #[test]
    fn a_missing_value_is_refused() {
        assert!(parsed("demo --seconds").is_err());
        assert!(parsed("test --only").is_err());
    }
}
