//! Programs that run and end: started, waited for, and stopped on Ctrl-C.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail};

use crate::interrupt;
use crate::paths::Paths;

/// A command that runs in the project's top folder, finds our tools and knows nothing of the cargo
/// that started us: its variables would make the inner cargo build things again.
pub(crate) fn command(paths: &Paths, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(resolve(program.as_ref(), paths));
    command.current_dir(&paths.root).env("PATH", paths.search_path()).env("CARGO_TARGET_DIR", &paths.target);
    for (name, _) in env::vars_os() {
        let own = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        if own {
            command.env_remove(name);
        }
    }
    command
}

/// Windows runs `npm` only by its full name with `.cmd`, and looks in its own PATH, not the child's.
fn resolve(program: &OsStr, paths: &Paths) -> std::path::PathBuf {
    find_in(program, &paths.search_path()).unwrap_or_else(|| program.into())
}

/// Whether a program of this name is on the PATH (ours included).
pub(crate) fn exists(paths: &Paths, program: &str) -> bool {
    find_in(OsStr::new(program), &paths.search_path()).is_some()
}

fn find_in(program: &OsStr, search_path: &OsStr) -> Option<std::path::PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    env::split_paths(search_path).find_map(|dir| {
        endings.iter().find_map(|ending| {
            let mut name = program.to_owned();
            name.push(ending);
            let file = dir.join(name);
            file.is_file().then_some(file)
        })
    })
}

/// Runs to the end with our output as its output; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    interrupt::check()?;
    let name = describe(command);
    let mut child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {name}"))?;
    let status = wait(&mut child)?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Lines of a program's standard error that its error repeats.
const LAST_LINES: usize = 30;

/// As [`run`]; the error repeats the last lines of standard error, so that a summary says what failed when
/// the lines before it are out of sight.
pub(crate) fn run_and_quote(command: &mut Command) -> Result<()> {
    interrupt::check()?;
    let name = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let stderr = child.stderr.take().context("no standard error")?;
    let reader = thread::spawn(move || {
        let mut last = VecDeque::new();
        for line in BufReader::new(stderr).split(b'\n').map_while(std::io::Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            eprintln!("{line}");
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(line);
        }
        last
    });
    let status = wait(&mut child)?;
    let last: Vec<String> = reader.join().map(Vec::from).unwrap_or_default();
    if !status.success() {
        bail!("{name} failed ({status})\n{}", last.join("\n"));
    }
    Ok(())
}

/// Which of a program's outputs is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// Runs to the end and hands over what it prints on one of its outputs, line by line; `None` several times a
/// second, to show progress by. Carriage returns end lines too.
pub(crate) fn follow(
    command: &mut Command,
    stream: Stream,
    mut each: impl FnMut(Option<&str>) -> Result<()>,
) -> Result<()> {
    interrupt::check()?;
    let name = describe(command);
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Error => command.stderr(Stdio::piped()),
    };
    let mut child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {name}"))?;
    let read: Box<dyn Read + Send> = match stream {
        Stream::Output => Box::new(child.stdout.take().context("its output was asked for")?),
        Stream::Error => Box::new(child.stderr.take().context("its output was asked for")?),
    };
    // 64 lines: a full channel makes the program wait for our printing, which takes no time.
    let (lines, said) = mpsc::sync_channel::<String>(64);
    let reader =
        thread::Builder::new().name("program-output".into()).spawn(move || read_lines(read, &lines))?;
    let mut listen = || -> Result<()> {
        loop {
            match said.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => each(Some(&line))?,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
            each(None)?;
            if interrupt::requested() {
                return Ok(());
            }
        }
    };
    let heard = listen();
    if heard.is_err() {
        child.kill().context("cannot stop a program")?;
    }
    drop(said);
    let status = wait(&mut child)?;
    drop(reader.join());
    heard?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Splits at line ends and at the carriage returns a progress bar is redrawn with.
fn read_lines(from: impl Read, lines: &mpsc::SyncSender<String>) {
    let mut piece = Vec::new();
    for byte in BufReader::new(from).bytes() {
        match byte {
            Ok(b'\n' | b'\r') => {
                let line = String::from_utf8_lossy(&piece).trim_end().to_owned();
                piece.clear();
                if !line.is_empty() && lines.send(line).is_err() {
                    return;
                }
            }
            Ok(byte) => piece.push(byte),
            Err(_) => return,
        }
    }
}

/// Runs quietly to the end and gives what it printed; its complaints become the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {name}"))?;
    if !done.status.success() {
        let complaint = String::from_utf8_lossy(&done.stderr);
        bail!("{name} failed ({}): {}", done.status, complaint.trim());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Runs quietly; true if it could be started and ended with 0.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Waits for the end of `child`. On Ctrl-C the child got the signal from the terminal too and may
/// tidy up; if it has not left after a while, or nobody told it, it is told, then made to.
pub(crate) fn wait(child: &mut Child) -> Result<ExitStatus> {
    let mut asked: Option<Instant> = None;
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a program")? {
            interrupt::check()?;
            return Ok(status);
        }
        if interrupt::requested() {
            let since = asked.get_or_insert_with(Instant::now).elapsed();
            if since > Duration::from_secs(20) {
                child.kill().context("cannot stop a program")?;
            } else if since > Duration::from_secs(3) && !told {
                told = true;
                signal(child.id(), "TERM");
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Sends a signal to a process, or to a whole group if `id` is negative; does nothing on Windows.
pub(crate) fn signal(id: impl std::fmt::Display, name: &str) {
    if cfg!(unix) {
        succeeds(Command::new("sh").args(["-c", &format!("kill -s {name} -- {id}")]));
    }
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    std::iter::once(name).chain(command.get_args().map(OsStr::to_string_lossy)).collect::<Vec<_>>().join(" ")
}
