//! The inner cargo, with progress one can follow whether or not somebody is at the screen.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::paths::Paths;
use crate::{compiler, process, say};

pub(crate) fn cargo(paths: &Paths) -> Command {
    process::command(paths, env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// As [`cargo`], with the compiler that lints: for everything that builds or runs tests.
pub(crate) fn linting(paths: &Paths) -> Result<Command> {
    let mut command = cargo(paths);
    compiler::enter(paths, &mut command)?;
    Ok(command)
}

/// Builds the programs themselves, in the profile and with the features the tests use.
pub(crate) fn build_programs(cargo: &mut Command) -> Result<Warnings> {
    build(cargo.args(["build", "--workspace", "--exclude", "xtask", "--bins"]))
}

/// How many warnings a build gave, those of crates that were fresh included.
pub(crate) type Warnings = u32;

/// Runs a cargo command that compiles. Cargo's own bar is read and said in our words: elapsed time, crates
/// done and to do, and the time that may be left, which cargo does not estimate.
pub(crate) fn build(command: &mut Command) -> Result<Warnings> {
    command
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "120")
        .env("CARGO_TERM_COLOR", "never");
    let mut progress = Progress::new();
    process::follow(command, process::Stream::Error, |line| {
        if let Some(line) = line {
            progress.hear(line);
        }
        progress.tick();
        Ok(())
    })?;
    Ok(progress.warnings)
}

/// What a line of cargo's standard error is about.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    /// The bar: done, to do, what is being compiled.
    Bar {
        done: u32,
        all: u32,
        now: &'a str,
    },
    Fetched,
    /// A crate was begun; the bar says the same better.
    Begun,
    /// A warning, an error, the closing line: for the user's eyes.
    Other(&'a str),
}

fn read(line: &str) -> Line<'_> {
    // The bar is followed by an escape that clears the rest of the line.
    let plain = line.trim_start_matches("\u{1b}[K").trim_end_matches("\u{1b}[K");
    let word = plain.trim_start();
    if word.starts_with("Building [") || word.starts_with("Downloading [") {
        return bar(plain).unwrap_or(Line::Begun);
    }
    match word.split_whitespace().next() {
        Some("Downloaded") => Line::Fetched,
        Some("Fetch" | "Compiling" | "Checking" | "Fresh" | "Downloading" | "Locking" | "Updating") => {
            Line::Begun
        }
        _ => Line::Other(plain),
    }
}

fn bar(line: &str) -> Option<Line<'_>> {
    let (_, counts) = line.split_once("] ")?;
    let (counts, now) = counts.split_once(':').unwrap_or((counts, ""));
    let (done, all) = counts.trim().split_once('/')?;
    Some(Line::Bar { done: done.trim().parse().ok()?, all: all.trim().parse().ok()?, now: now.trim() })
}

#[derive(Debug)]
struct Progress {
    started: Instant,
    told: Instant,
    fetched: u32,
    bar: Option<(u32, u32, String)>,
    warnings: Warnings,
}

impl Progress {
    fn new() -> Self {
        let now = Instant::now();
        Self { started: now, told: now, fetched: 0, bar: None, warnings: 0 }
    }

    fn hear(&mut self, line: &str) {
        match read(line) {
            Line::Bar { done, all, now } => self.bar = Some((done, all, now.to_owned())),
            Line::Fetched => self.fetched += 1,
            Line::Begun => {}
            Line::Other(text) => {
                self.warnings += warnings(text);
                say::note(text.trim_start());
            }
        }
    }

    fn tick(&mut self) {
        if self.told.elapsed() < say::rhythm() {
            return;
        }
        self.told = Instant::now();
        let elapsed = say::clock(self.started.elapsed());
        match &self.bar {
            Some((done, all, now)) => {
                let left = left(self.started.elapsed(), *done, *all);
                say::progress(&format!("[{elapsed}] {done} of {all} crates{left}, now {now}"));
            }
            None if self.fetched > 0 => {
                say::progress(&format!("[{elapsed}] {} crates fetched", self.fetched))
            }
            None => say::progress(&format!("[{elapsed}] waiting for cargo")),
        }
    }
}

/// Of the line by which cargo closes a crate's warnings: "warning: `x` (lib) generated 2 warnings".
fn warnings(line: &str) -> Warnings {
    let Some((_, count)) = line.split_once(" generated ").filter(|_| line.starts_with("warning: `")) else {
        return 0;
    };
    count.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default()
}

/// How long the rest may take, once there is something to go by. Crates differ much, so only in minutes.
fn left(elapsed: Duration, done: u32, all: u32) -> String {
    if done < 10 || elapsed < Duration::from_secs(30) || done >= all {
        return String::new();
    }
    let rest = elapsed.as_secs_f64() * f64::from(all - done) / f64::from(done);
    let minutes = (rest / 60.0).ceil();
    format!(", about {minutes:.0} min left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_estimated_once_there_is_something_to_go_by() {
        let minute = Duration::from_secs(60);
        assert_eq!(left(minute, 5, 100), "");
        assert_eq!(left(minute, 50, 100), ", about 1 min left");
        assert_eq!(left(minute * 10, 100, 1000), ", about 90 min left");
        assert_eq!(left(minute, 100, 100), "");
    }

    #[test]
    fn the_bar_is_read() {
        let line = "    Building [=====>                ] 123/456: tauri, webrtc(build)...\u{1b}[K";
        assert_eq!(read(line), Line::Bar { done: 123, all: 456, now: "tauri, webrtc(build)..." });
    }

    #[test]
    fn warnings_are_shown_and_compiled_crates_are_not() {
        assert_eq!(read("warning: unused import"), Line::Other("warning: unused import"));
        assert_eq!(read("   Compiling serde v1.0.0"), Line::Begun);
        assert_eq!(read("  Downloaded serde v1.0.0"), Line::Fetched);
    }

    #[test]
    fn the_warnings_of_a_crate_are_counted() {
        let line = "warning: `bellwire-call` (lib test) generated 12 warnings (1 duplicate)";
        assert_eq!(warnings(line), 12);
        assert_eq!(warnings("warning: unused import: `x`"), 0);
        assert_eq!(warnings("note: it generated 3 warnings"), 0);
    }

    #[test]
    fn a_broken_bar_is_no_progress() {
        assert_eq!(read("    Building [==="), Line::Begun);
    }
}
