//! Server of a run: `bellwire-server` with its demo data, and the hosts' ways to it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::program::Program;
use crate::net::{Forward, Namespace};

const PATIENCE: Duration = Duration::from_secs(30);
const ANY_PORT: &str = "127.0.0.1:0";

/// See the module.
#[derive(Debug)]
pub(crate) struct Server {
    /// What the hosts call it by.
    pub(crate) address: String,
    forwards: Vec<Forward>,
    _program: Program,
}

impl Server {
    pub(crate) fn start(programs: &Path, hosts: [&Namespace; 2], folder: &Path) -> Result<Self> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(programs.join("bellwire-server"));
        command.args(["--demo", "--only", "storefront", "--rest", ANY_PORT, "--socket", ANY_PORT]);
        command.args(["--turn-listen", ANY_PORT]).env("RUST_LOG", "warn");
        let mut program = Program::start("server", &mut command, folder)?;
        // "storefront  <rest>  socket <socket>"
        let line = program.until("its addresses", PATIENCE, |line| {
            line.as_str().is_some_and(|line| line.starts_with("storefront "))
        })?;
        let words: Vec<&str> = line.as_str().unwrap_or_default().split_whitespace().collect();
        let (Some(rest), Some(socket)) = (words.get(1), words.get(3)) else {
            anyhow::bail!("its addresses are not understood: {line}");
        };
        let mut forwards = Vec::new();
        for host in hosts {
            for url in [rest, socket] {
                forwards.push(Forward::open(host, port(url)?)?);
            }
        }
        Ok(Self { address: format!("http://127.0.0.1:{}", port(rest)?), forwards, _program: program })
    }

    /// Whether it can be reached.
    pub(crate) fn cut(&self, cut: bool) {
        self.forwards.iter().for_each(|forward| forward.cut(cut));
    }
}

fn port(url: &str) -> Result<u16> {
    let host = url.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let port = host.rsplit(':').next().and_then(|port| port.parse().ok());
    port.with_context(|| format!("no port in {url}"))
}

/// Whether a line is of this kind.
pub(super) fn is(line: &Value, kind: &str) -> bool {
    line["kind"] == kind
}
