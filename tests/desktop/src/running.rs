//! A child process with all its children; all of them end with its owner.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// How long a program may take to terminate before it is killed.
const FAREWELL: Duration = Duration::from_secs(5);

/// A program in a process group of its own; dropping it ends the whole group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts `command`; all it prints goes to `log`.
    pub fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command
            .spawn()
            .with_context(|| format!("{name} cannot be started: run the tests with `cargo xtask test`"))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id, which is that of its group too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status, once it has ended.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it has ended by itself.
    pub async fn end(&mut self) -> anyhow::Result<ExitStatus> {
        crate::until("a program ends", async || self.ended()).await
    }

    /// What it has printed so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal (`TERM`, `KILL`, `STOP`) to it and all it started.
    pub fn signal(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        let sent = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
        // The group may be gone already.
        drop(sent);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal("TERM");
        let end = Instant::now() + FAREWELL;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.signal("KILL");
        drop(self.child.wait());
    }
}
