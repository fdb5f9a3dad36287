//! Network namespace of a host. It lives as long as the process that holds it, so nothing is left behind.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Set in the copy of the program that runs in a user namespace.
const INNER: &str = "BELLWIRE_LAB_INNER";
const DEVICE: &str = "/dev/net/tun";

/// Without IPv6: a second family would only be a second path beside the emulated one. The process waits for
/// the end of its input, which comes with our end at the latest.
const HOLD: &str = "ip link set lo up || exit 1
for each in all default; do echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/$each/disable_ipv6; done
echo ready; exec cat >/dev/null";

/// See the module.
#[derive(Debug)]
pub(crate) struct Namespace {
    holder: Child,
}

impl Namespace {
    pub(crate) fn make() -> Result<Self> {
        let mut holder = Command::new("unshare")
            .args(["--net", "--", "sh", "-c", HOLD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start unshare (util-linux)")?;
        let mut line = String::new();
        if let Some(output) = holder.stdout.as_mut() {
            BufReader::new(output).read_line(&mut line)?;
        }
        if line.trim() != "ready" {
            drop(holder.kill());
            drop(holder.wait());
            bail!("a network namespace cannot be made");
        }
        Ok(Self { holder })
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/net", self.holder.id())
    }

    /// The words before a command that run it in here. It ends with us, however we end.
    pub(crate) fn entry(&self) -> Vec<String> {
        let path = format!("--net={}", self.path());
        ["nsenter", &path, "--", "setpriv", "--pdeathsig", "KILL", "--"].map(str::to_owned).to_vec()
    }

    /// A command that runs in here.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(&self.entry()[1..]).arg(program);
        command
    }

    /// Runs a command of `ip` in here.
    pub(crate) fn ip(&self, words: &[&str]) -> Result<()> {
        let done = self.command("ip").args(words).output().context("cannot start ip (iproute2)")?;
        if !done.status.success() {
            bail!("ip {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr).trim());
        }
        Ok(())
    }

    /// Runs `act` in a thread that is in here. Sockets and devices it opens stay in here wherever they go.
    pub(crate) fn within<T: Send>(&self, act: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let file = File::open(self.path()).context("the namespace is gone")?;
        let enter = move || {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                .context("cannot enter the namespace")?;
            act()
        };
        thread::scope(|scope| scope.spawn(enter).join())
            .unwrap_or_else(|_| bail!("the thread in the namespace panicked"))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Starts this program anew in a user namespace where it may make network namespaces, unless it may already.
/// Returns only then.
pub(crate) fn enter_own_user_namespace() -> Result<()> {
    if is_root() {
        return match env::var_os(INNER) {
            // Its own network namespace: loopback is all it needs, for the server.
            Some(_) => run(Command::new("ip").args(["link", "set", "lo", "up"])),
            None => Ok(()),
        };
    }
    let this = env::current_exe()?;
    let error = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(this)
        .args(env::args_os().skip(1))
        .env(INNER, "1")
        .exec();
    Err(error).context("cannot start unshare (util-linux)")
}

fn run(command: &mut Command) -> Result<()> {
    if command.status()?.success() { Ok(()) } else { bail!("{command:?} failed") }
}

/// Why there can be no emulated network here; `None` where there can.
pub(crate) fn why_not() -> Option<String> {
    if !Path::new(DEVICE).exists() {
        return Some(format!("there is no {DEVICE}"));
    }
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    match command.args(["--net", "--", "ip", "link", "set", "lo", "up"]).output() {
        Ok(done) if done.status.success() => None,
        Ok(done) => Some(format!(
            "network namespaces may not be made: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        )),
        Err(error) => Some(format!("unshare cannot be started: {error}")),
    }
}
