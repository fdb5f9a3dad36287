//! Call between two `bellwire-cli`.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::program::Program;
use super::server::{Server, is};
use crate::net::Namespace;

const PATIENCE: Duration = Duration::from_secs(30);
/// Signed in is a moment before the socket is open.
const SOCKET_DELAY: Duration = Duration::from_secs(1);
const PASSWORD: &str = "ring-ring-demo";

/// People of the demo data: role and address of both, and how the caller finds the callee.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    caller: (&'static str, &'static str),
    callee: (&'static str, &'static str),
    to: &'static str,
}

impl Who {
    pub(crate) const FIRST: Self = Self {
        caller: ("seller", "seller@demo.example"),
        callee: ("customer", "amira@demo.example"),
        to: "amira@demo.example",
    };
    /// For a call beside the first. A customer knows a seller by id only.
    pub(crate) const SECOND: Self = Self {
        caller: ("customer", "jose@demo.example"),
        callee: ("seller", "books@demo.example"),
        to: "5e11e2000000000000000002",
    };
}

/// What both sides send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Media<'a> {
    pub(crate) film: &'a Path,
    pub(crate) voice: &'a Path,
    /// The callee sends no picture.
    pub(crate) one_way: bool,
}

/// A connected call; see the module.
#[derive(Debug)]
pub(crate) struct Bellwire {
    caller: Program,
    callee: Program,
}

impl Bellwire {
    /// Calls, and returns once both are connected. Files of the sides are named with `suffix`.
    pub(crate) fn call(
        programs: &Path,
        hosts: [&Namespace; 2],
        server: &Server,
        who: Who,
        media: Media<'_>,
        folder: &Path,
        suffix: &str,
    ) -> Result<Self> {
        let start = |host: &Namespace, side: &str, verb: &str, (role, email): (&str, &str), more: &[&str]| {
            let name = format!("{side}{suffix}");
            let silent = media.one_way && side == "callee";
            let camera = if silent { "none".into() } else { format!("file:{}", media.film.display()) };
            let mut command = host.command(programs.join("bellwire-cli"));
            command.args([verb, "--server", &server.address, "--role", role, "--email", email]);
            command.args(["--camera", &camera, "--raw-audio", "--patience", "60"]);
            command.arg("--microphone").arg(format!("file:{}", media.voice.display()));
            command.arg("--speaker").arg(format!("file:{}", folder.join(format!("{name}.wav")).display()));
            command.arg("--frame-log").arg(folder.join(format!("{name}.frames.csv"))).args(more);
            command.env("BELLWIRE_PASSWORD", PASSWORD).env("BELLWIRE_LOG", log());
            Program::start(&name, &mut command, folder)
        };
        let mut callee = start(hosts[1], "callee", "answer", who.callee, &[])?;
        callee.until("the sign-in", PATIENCE, |line| is(line, "signed_in"))?;
        thread::sleep(SOCKET_DELAY);
        let mut caller = start(hosts[0], "caller", "call", who.caller, &["--to", who.to])?;
        for side in [&mut caller, &mut callee] {
            side.until("the connection", PATIENCE, |line| {
                is(line, "state") && line["state"]["is"] == "connected"
            })?;
        }
        Ok(Self { caller, callee })
    }

    /// Hangs up and ends both.
    pub(crate) fn end(self) {
        self.caller.interrupt();
        self.callee.interrupt();
    }
}

/// What the programs log: as this one was told, or what went wrong.
fn log() -> String {
    std::env::var("BELLWIRE_LOG").unwrap_or_else(|_| "warn".to_owned())
}
