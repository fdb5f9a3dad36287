//! The program itself, as its administrator runs it.

use std::path::Path;
use std::process::Stdio;

use bellwire_server::DEMO_PASSWORD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::PATIENCE;

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) good: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program, without what the environment of the tests would tell it.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellwire-server"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("BELLWIRE_") || name == "RUST_LOG") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

pub(crate) async fn run(mut command: Command) -> Said {
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { good: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

/// An order on the database in a folder.
pub(crate) async fn order(folder: &Path, arguments: &[&str]) -> Said {
    let database = folder.join("calls.db");
    let mut command = program(arguments);
    command.current_dir(folder).env("BELLWIRE_DATABASE", database);
    run(command).await
}

pub(crate) async fn done(folder: &Path, arguments: &[&str]) -> String {
    let said = order(folder, arguments).await;
    assert!(said.good, "{arguments:?}: {}{}", said.out, said.err);
    said.out
}

pub(crate) async fn refused(folder: &Path, arguments: &[&str]) -> String {
    let said = order(folder, arguments).await;
    assert!(!said.good && !said.err.contains("panicked"), "{arguments:?}: {}{}", said.out, said.err);
    said.err
}

/// Adds somebody whose password is that of the demo accounts, so that the tests' people can be they.
pub(crate) async fn add(folder: &Path, backend: &str, role: &str, email: &str, names: &[&str]) -> String {
    std::fs::write(folder.join("password"), DEMO_PASSWORD).expect("written");
    let mut arguments = vec!["user", "add", "--backend", backend, "--role", role, "--email", email];
    arguments.extend(["--password-file", "password"]);
    match names {
        [name] => arguments.extend(["--name", name]),
        [first, last] => arguments.extend(["--first-name", first, "--last-name", last]),
        _ => panic!("one name or two"),
    }
    done(folder, &arguments).await
}

/// A server that runs as a process of its own.
pub(crate) struct Running {
    child: Child,
    /// What it has said of where it is.
    pub(crate) introduction: Vec<String>,
}

/// Every listener on a free port.
const FREE: [&str; 12] = [
    "--storefront-rest",
    "127.0.0.1:0",
    "--storefront-socket",
    "127.0.0.1:0",
    "--dealerdesk",
    "127.0.0.1:0",
    "--marketplace",
    "127.0.0.1:0",
    "--hearth",
    "127.0.0.1:0",
    "--clinic",
    "127.0.0.1:0",
];

impl Running {
    /// Starts the program and waits until it serves.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut command = program(&FREE);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut introduction = Vec::new();
        let waiting = async {
            while let Some(line) = lines.next_line().await.expect("text") {
                let last = line.starts_with("clinic");
                introduction.push(line);
                if last {
                    return true;
                }
            }
            false
        };
        let serves = tokio::time::timeout(PATIENCE, waiting).await.expect("in time");
        if !serves {
            let mut err = String::new();
            child.stderr.take().expect("piped").read_to_string(&mut err).await.expect("text");
            panic!("it did not start: {err}");
        }
        // The rest is read too, so that the program never waits.
        let reads = Self { child, introduction };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        reads
    }

    /// The REST base of a backend.
    pub(crate) fn rest(&self, backend: &str) -> String {
        let line = self.introduction.iter().find(|line| line.starts_with(backend)).expect("it is served");
        line.split_whitespace().nth(1).expect("an address").to_owned()
    }

    /// Asks it to end, as systemd does; what it has written to its log.
    #[cfg(unix)]
    pub(crate) async fn stop(mut self) -> String {
        let id = self.child.id().expect("it runs").to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
        assert!(killed.success());
        let mut log = String::new();
        let mut err = self.child.stderr.take().expect("piped");
        let read = tokio::time::timeout(PATIENCE, err.read_to_string(&mut log)).await;
        read.expect("it ends").expect("text");
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends");
        assert!(status.expect("a status").success(), "{log}");
        log
    }
}
