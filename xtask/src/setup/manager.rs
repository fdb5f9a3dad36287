//! The system's package manager: what an installation will cost, said before it is asked for; its output in
//! a log, and a line of progress in its place.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Consent, refused};
use crate::paths::Paths;
use crate::{interrupt, process, say};

/// Lines of the package manager that an error repeats.
const LAST_LINES: usize = 20;
/// What a Debian 12 without any of the packages fetches and fills, for a package index that does not know.
const TYPICAL: &str = "up to 250 MB to fetch and 840 MB of disk";

pub(super) fn with_apt(paths: &Paths, consent: Consent, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let root = prefix(paths);
    // Another apt may be at work (unattended upgrades): wait for its lock rather than fail.
    let patient = "-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3";
    let update = format!("{root}apt-get -q {patient} update");
    let names = packages.join(" ");
    let install = format!(
        "{root}env DEBIAN_FRONTEND=noninteractive apt-get -q {patient} install -y --no-install-recommends {names}"
    );
    let ask = ["-q", "--print-uris", "-y", "install", "--no-install-recommends"];
    let plan =
        process::output(process::command(paths, "apt-get").env("LC_ALL", "C").args(ask).args(packages));
    say_what_it_takes(packages.len(), plan.ok().as_deref().and_then(size));
    if !consent.to(&[update.clone(), install.clone()])? {
        return refused();
    }
    let log = Log::create(paths.cache.join("packages.log"))?;
    // An outdated index still installs most things; the installation itself is what counts.
    if let Err(error) = log.persistently(paths, &update) {
        say::note(&format!("{error:#}"));
    }
    log.persistently(paths, &install)
}

pub(super) fn with_dnf(paths: &Paths, consent: Consent, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let install = format!("{}dnf install -y {}", prefix(paths), packages.join(" "));
    say_what_it_takes(packages.len(), None);
    if !consent.to(std::slice::from_ref(&install))? {
        return refused();
    }
    Log::create(paths.cache.join("packages.log"))?.persistently(paths, &install)
}

fn say_what_it_takes(count: usize, size: Option<String>) {
    let size = size.unwrap_or_else(|| TYPICAL.to_owned());
    let packages = if count == 1 { "system package is" } else { "system packages are" };
    say::note(&format!("{count} {packages} missing, with what they need: {size}."));
    say::note("Installing takes a minute or two. Building the programs the first time takes ten to forty.");
}

/// What apt says an installation fetches and fills.
fn size(plan: &str) -> Option<String> {
    let after = |start: &str, end: &str| {
        let line = plan.lines().find_map(|line| line.strip_prefix(start))?;
        Some(line.split_once(end)?.0.trim().to_owned())
    };
    let fetched = after("Need to get ", " of archives")?;
    // "1,234 kB/20.5 MB" where a part of it lies here already.
    let fetched = fetched.split('/').next().unwrap_or(&fetched).to_owned();
    Some(match after("After this operation, ", " of additional disk space") {
        Some(disk) => format!("{fetched} to fetch and {disk} of disk"),
        None => format!("{fetched} to fetch"),
    })
}

/// `sudo ` unless we are root already.
fn prefix(paths: &Paths) -> &'static str {
    let root = process::output(process::command(paths, "id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if root { "" } else { "sudo " }
}

/// Where the package manager's own words go.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    fn create(path: PathBuf) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        say::note(&format!("Its output goes to {}", path.display()));
        Ok(Self { path, file })
    }

    /// Mirrors and locks fail for a while and then do not: three attempts.
    fn persistently(&self, paths: &Paths, line: &str) -> Result<()> {
        let mut pause = Duration::from_secs(5);
        for _ in 0..2 {
            match self.run(paths, line) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    interrupt::check()?;
                    say::note(&format!("{error:#}; trying again in {} s", pause.as_secs()));
                }
            }
            thread::sleep(pause);
            pause *= 4;
        }
        self.run(paths, line)
    }

    fn run(&self, paths: &Paths, line: &str) -> Result<()> {
        let mut progress = Progress::new();
        let mut last = VecDeque::new();
        let mut command = process::command(paths, "sh");
        command.env("LC_ALL", "C").args(["-c", &format!("{line} 2>&1")]);
        let done = process::follow(&mut command, process::Stream::Output, |line| {
            if let Some(line) = line {
                writeln!(&self.file, "{line}").context("cannot write the log")?;
                progress.hear(line);
                if last.len() == LAST_LINES {
                    last.pop_front();
                }
                last.push_back(line.to_owned());
            }
            progress.tick();
            Ok(())
        });
        if done.is_err() {
            interrupt::check()?;
            let last = Vec::from(last).join("\n");
            bail!("{line} failed; the end of {}:\n{last}", self.path.display());
        }
        Ok(())
    }
}

/// What apt's lines say of how far it is.
#[derive(Debug)]
struct Progress {
    started: Instant,
    told: Instant,
    all: u32,
    fetched: u32,
    ready: u32,
}

impl Progress {
    fn new() -> Self {
        let now = Instant::now();
        Self { started: now, told: now, all: 0, fetched: 0, ready: 0 }
    }

    fn hear(&mut self, line: &str) {
        if let Some(count) = to_install(line) {
            self.all = count;
        } else if line.starts_with("Get:") {
            self.fetched += 1;
        } else if line.starts_with("Setting up ") {
            self.ready += 1;
        }
    }

    fn tick(&mut self) {
        if self.told.elapsed() >= say::rhythm() {
            self.told = Instant::now();
            say::progress(&format!("[{}] {}", say::clock(self.started.elapsed()), self.words()));
        }
    }

    fn words(&self) -> String {
        match (self.all, self.fetched, self.ready) {
            (0, ..) => "looking for packages".to_owned(),
            (all, fetched, 0) => format!("{} of {all} packages fetched", fetched.min(all)),
            (all, _, ready) => format!("{} of {all} packages set up", ready.min(all)),
        }
    }
}

/// `21 upgraded, 235 newly installed, 0 to remove and 92 not upgraded.`
fn to_install(line: &str) -> Option<u32> {
    let (upgraded, rest) = line.split_once(" upgraded, ")?;
    let (new, _) = rest.split_once(" newly installed")?;
    Some(upgraded.parse::<u32>().ok()? + new.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_takes_is_read_from_the_plan() {
        let plan = "Reading package lists...\n21 upgraded, 235 newly installed, 0 to remove and 92 not upgraded.\n\
                    Need to get 2,016 kB/212 MB of archives.\n\
                    After this operation, 837 MB of additional disk space will be used.\n'http://x' x 1 MD5Sum:0";
        assert_eq!(size(plan).as_deref(), Some("2,016 kB to fetch and 837 MB of disk"));
        assert_eq!(size("E: Unable to locate package nasm"), None);
    }

    #[test]
    fn progress_is_read_from_what_apt_says() {
        let mut progress = Progress::new();
        assert_eq!(progress.words(), "looking for packages");
        progress.hear("21 upgraded, 2 newly installed, 0 to remove and 92 not upgraded.");
        progress.hear("Get:1 http://deb.debian.org/debian bookworm/main amd64 nasm amd64 2.16.01-1 [450 kB]");
        assert_eq!(progress.words(), "1 of 23 packages fetched");
        progress.hear("Setting up nasm (2.16.01-1) ...");
        assert_eq!(progress.words(), "1 of 23 packages set up");
    }
}
