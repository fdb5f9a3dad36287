//! Program of a host: a process that speaks JSON lines, which are kept with the time they came.

use std::fs::File;
use std::io::{BufRead, BufReader, LineWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bellwire_tests_lab::clock::unix_us;
use serde_json::Value;

/// How long a program may take to end before it is made to.
const END_PATIENCE: Duration = Duration::from_secs(6);

#[derive(Debug, Default)]
struct Heard {
    lines: Mutex<Vec<Value>>,
    more: Condvar,
}

/// See the module. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Program {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    heard: Arc<Heard>,
    complaints: std::path::PathBuf,
}

impl Program {
    /// Starts `command`; its lines go to `<name>.jsonl` and its complaints to `<name>.log` in `folder`.
    pub(super) fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Self> {
        let complaints = folder.join(format!("{name}.log"));
        let log = File::create(&complaints).context("cannot write a log")?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let output = child.stdout.take().context("its output was asked for")?;
        let input = child.stdin.take();
        let heard = Arc::new(Heard::default());
        let kept = LineWriter::new(File::create(folder.join(format!("{name}.jsonl")))?);
        let shared = heard.clone();
        // Ends with the output, which the process closes.
        thread::Builder::new().name(format!("lab-{name}")).spawn(move || listen(output, kept, &shared))?;
        Ok(Self { name: name.to_owned(), child, input, heard, complaints })
    }

    /// The first line, past or coming, that `wanted` accepts.
    pub(super) fn until(
        &mut self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = Instant::now() + patience;
        let mut looked = 0;
        loop {
            {
                let mut lines = self.heard.lines.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(line) = lines[looked..].iter().find(|line| wanted(line)) {
                    return Ok(line.clone());
                }
                looked = lines.len();
                lines = self
                    .heard
                    .more
                    .wait_timeout(lines, Duration::from_millis(100))
                    .map_or_else(|poisoned| poisoned.into_inner().0, |waited| waited.0);
                if lines.len() > looked {
                    continue;
                }
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}) before {what}{}", self.name, self.last_words());
            }
            if Instant::now() > deadline {
                bail!("{}: {what} did not come in {} s{}", self.name, patience.as_secs(), self.last_words());
            }
        }
    }

    pub(super) fn tell(&mut self, line: &str) -> Result<()> {
        let input = self.input.as_mut().context("it can still be told something")?;
        writeln!(input, "{line}").with_context(|| format!("{} listens no more", self.name))
    }

    /// Asks it to end with a signal and waits.
    pub(super) fn interrupt(mut self) {
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-s", "INT", &id]).status());
        self.wait();
    }

    /// Waits until it ends by itself, or makes it.
    pub(super) fn wait(&mut self) {
        let deadline = Instant::now() + END_PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn last_words(&self) -> String {
        let complaints = std::fs::read_to_string(&self.complaints).unwrap_or_default();
        let lines = self.heard.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<String> = lines.iter().rev().take(3).rev().map(Value::to_string).collect();
        let complained: Vec<&str> = complaints.lines().rev().take(8).collect();
        let all = said.iter().map(String::as_str).chain(complained.into_iter().rev());
        all.map(|line| format!("\n  {line}")).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn listen(output: impl std::io::Read, mut kept: impl Write, heard: &Heard) {
    for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
        let mut value: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
        if let Value::Object(fields) = &mut value {
            fields.insert("heard_us".to_owned(), unix_us().into());
        }
        if writeln!(kept, "{value}").is_err() {
            return;
        }
        heard.lines.lock().unwrap_or_else(PoisonError::into_inner).push(value);
        heard.more.notify_all();
    }
}
