//! Call between two Chromium processes, driven by `tests/browser/lab-call.mjs`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::program::Program;
use super::server::is;
use crate::net::Namespace;

const PATIENCE: Duration = Duration::from_secs(60);

/// What the script is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    /// The project's `tests/browser`.
    pub(crate) scripts: &'a Path,
    pub(crate) chromium: &'a Path,
    /// Uncompressed film.
    pub(crate) film: &'a Path,
    pub(crate) voice: &'a Path,
    pub(crate) one_way: bool,
    /// Whether pictures and sound are recorded, which costs processor time.
    pub(crate) record: bool,
}

/// A connected call; see the module.
#[derive(Debug)]
pub(crate) struct Chromium {
    script: Program,
    pub(crate) version: String,
}

impl Chromium {
    /// Calls, and returns once both are connected.
    pub(crate) fn call(hosts: [&Namespace; 2], plan: Plan<'_>, folder: &Path, suffix: &str) -> Result<Self> {
        let told = json!({
            "enter": hosts.map(Namespace::entry),
            "chromium": plan.chromium, "film": plan.film, "voice": plan.voice,
            "oneWay": plan.one_way, "record": plan.record, "folder": folder, "suffix": suffix,
        });
        let mut command = Command::new("node");
        command.arg(plan.scripts.join("lab-call.mjs")).arg(told.to_string()).current_dir(plan.scripts);
        let mut script = Program::start(&format!("browsers{suffix}"), &mut command, folder)?;
        let connected = script.until("the connection", PATIENCE, |line| is(line, "connected"))?;
        let version = connected["version"].as_str().unwrap_or_default().to_owned();
        Ok(Self { script, version })
    }

    /// Whether the two pages can reach each other for signaling.
    pub(crate) fn cut(&mut self, cut: bool) -> Result<()> {
        self.script.tell(if cut { "cut" } else { "restore" })
    }

    /// Has everything written down and ends both.
    pub(crate) fn end(mut self) -> Result<()> {
        self.script.tell("finish")?;
        self.script.until("its records", PATIENCE, |line| is(line, "finished"))?;
        self.script.wait();
        Ok(())
    }
}
