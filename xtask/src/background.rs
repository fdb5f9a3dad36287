//! Programs that run beside the task (a display, a sound server, our own server) and end with it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail};

use crate::{interrupt, process};

/// A running program in a process group of its own; dropping it ends the whole group.
#[derive(Debug)]
pub(crate) struct Background {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Background {
    /// Starts `command`; what it prints goes to `<name>.log` in `logs`.
    pub(crate) fn start(name: &str, command: &mut Command, logs: &Path) -> Result<Self> {
        let (log, file) = open_log(name, logs)?;
        command.stdout(file.try_clone().context("cannot share a log file")?).stderr(file);
        Self::spawn(name, command, log)
    }

    /// Starts `command` and waits for the first line on its standard output that `wanted` accepts:
    /// the sign that it is ready. The remaining output goes to the log.
    pub(crate) fn start_and_hear<T: Send + 'static>(
        name: &str,
        command: &mut Command,
        logs: &Path,
        timeout: Duration,
        wanted: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<(Self, T)> {
        let (log, file) = open_log(name, logs)?;
        command.stdout(Stdio::piped()).stderr(file.try_clone().context("cannot share a log file")?);
        let mut background = Self::spawn(name, command, log)?;
        let stdout = background.child.stdout.take().context("its output was asked for")?;
        // One answer only; the reader then goes on emptying the pipe until the program ends.
        let (heard, answer) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name(format!("{name}-output"))
            .spawn(move || drain(stdout, file, &wanted, &heard))?;
        let deadline = Instant::now() + timeout;
        loop {
            match answer.recv_timeout(Duration::from_millis(100)) {
                Ok(value) => return Ok((background, value)),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    bail!("{name} ended at once{}", background.last_words())
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            interrupt::check()?;
            if Instant::now() > deadline {
                bail!("{name} was not ready in {} s{}", timeout.as_secs(), background.last_words());
            }
        }
    }

    fn spawn(name: &str, command: &mut Command, log: PathBuf) -> Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Waits until `ready` says so; an error if the program ends before, or takes too long.
    pub(crate) fn wait_until(&mut self, timeout: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let deadline = Instant::now() + timeout;
        while !ready() {
            interrupt::check()?;
            if let Some(status) = self.ended() {
                bail!("{} ended ({status}){}", self.name, self.last_words());
            }
            if Instant::now() > deadline {
                bail!("{} was not ready in {} s{}", self.name, timeout.as_secs(), self.last_words());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Waits for its end; an error repeats the last lines of its log.
    pub(crate) fn finish(mut self) -> Result<()> {
        loop {
            interrupt::check()?;
            match self.ended() {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("{} failed ({status}){}", self.name, self.last_words()),
                None => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The end of its log, ready to be put behind an error message.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n  ");
        if tail.is_empty() { String::new() } else { format!("; it said:\n  {tail}") }
    }

    fn stop(&mut self) {
        if self.ended().is_none() {
            process::signal(format_args!("-{}", self.child.id()), "TERM");
            let deadline = Instant::now() + Duration::from_secs(5);
            while cfg!(unix) && self.ended().is_none() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(50));
            }
        }
        // Also when it has ended: what it started in its group may still be there.
        process::signal(format_args!("-{}", self.child.id()), "KILL");
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}

fn open_log(name: &str, logs: &Path) -> Result<(PathBuf, File)> {
    fs::create_dir_all(logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let path = logs.join(format!("{name}.log"));
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok((path, file))
}

fn drain<T>(
    stdout: impl std::io::Read,
    mut log: File,
    wanted: &impl Fn(&str) -> Option<T>,
    heard: &mpsc::SyncSender<T>,
) {
    use std::io::Write;
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        if let Some(value) = wanted(&line) {
            // Full: it was heard before. Closed: nobody waits any more.
            drop(heard.try_send(value));
        }
        if writeln!(log, "{line}").is_err() {
            return;
        }
    }
}
