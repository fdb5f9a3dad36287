//! The tests that depend on what time it is, at other times than now: around midnight, at the ends of months
//! and years, on 29 February and on the days on which the clocks change, in four zones.

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::{cargo, process, say, ui};

/// The Rust tests whose result could depend on the time of day or the date.
const DEPENDENT: &str = "(package(bellwire-server) and (test(appointments) or test(history) or test(therapy) \
                         or test(lists) or test(clock) or test(demo))) \
                         or (package(bellwire-dialects) and (test(clinic) or test(instant) or test(hearth))) \
                         or package(bellwire-call-log) \
                         or (package(bellwire-engine) and (test(history) or test(export) or test(missed))) \
                         or (package(bellwire-app) and (test(ring::) or test(i18n) or test(serialised) \
                         or test(downloads) or test(settings) or test(logs)))";

/// Each hour, date and zone at least once. The interface's own tests take all of them.
const MOMENTS: [Moment; 8] = [
    Moment { zone: "UTC", at: "2026-04-30T23:55:00" },
    Moment { zone: "UTC", at: "2027-01-01T00:05:00" },
    Moment { zone: "America/Los_Angeles", at: "2026-03-08T03:00:00" },
    Moment { zone: "America/Los_Angeles", at: "2026-03-08T00:05:00" },
    Moment { zone: "America/Los_Angeles", at: "2026-11-01T23:55:00" },
    Moment { zone: "Asia/Kathmandu", at: "2028-02-29T12:00:00" },
    Moment { zone: "Asia/Kathmandu", at: "2026-12-31T03:00:00" },
    Moment { zone: "Pacific/Apia", at: "2026-12-31T23:55:00" },
];

#[derive(Clone, Copy, Debug)]
struct Moment {
    zone: &'static str,
    /// Local time of the zone.
    at: &'static str,
}

pub(crate) fn interface(paths: &Paths) -> Result<()> {
    ui::script(paths, "test:dates")
}

/// Only the test programs live at another time: cargo and nextest compare the times of files.
pub(crate) fn rust(paths: &Paths) -> Result<()> {
    if !cfg!(target_os = "linux") {
        say::note("skipped: libfaketime is used on Linux only");
        return Ok(());
    }
    let triple = host(paths)?.to_uppercase().replace('-', "_");
    let runner = format!("CARGO_TARGET_{triple}_RUNNER");
    let mut failed = Vec::new();
    for Moment { zone, at } in MOMENTS {
        say::note(&format!("at {at} in {zone}"));
        let mut command = cargo::linting(paths)?;
        command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"]);
        command.args(["-E", DEPENDENT]);
        // `env` sets the zone first: `faketime` reads its time in it. Monotonic time stays as it is, so
        // that time limits hold.
        let wrap = format!("env TZ={zone} FAKETIME_DONT_FAKE_MONOTONIC=1 faketime");
        command.env(&runner, format!("{wrap} {at}"));
        if let Err(error) = process::run(&mut command) {
            say::note(&format!("FAILED at {at} in {zone}: {error:#}"));
            failed.push(format!("{at} {zone}"));
        }
    }
    anyhow::ensure!(failed.is_empty(), "failed at {}", failed.join(", "));
    Ok(())
}

/// The triple cargo compiles for when it is not told another.
fn host(paths: &Paths) -> Result<String> {
    let said = process::output(process::command(paths, "rustc").arg("-vV"))?;
    let triple = said.lines().find_map(|line| line.strip_prefix("host: "));
    triple.map(str::to_owned).context("rustc does not name its host")
}
