//! A network of its own for a test, and in it a host on a cable that can be cut: nothing passes, and nobody is told.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Set in the copy of a test that runs in a network namespace of its own.
const INNER: &str = "BELLWIRE_TEST_NETWORK";
/// The ends of the cable: here and at the host.
const ENDS: [(&str, &str); 2] = [("cable0", "10.79.0.1"), ("cable1", "10.79.0.2")];
/// Nobody's. What is sent to it arrives at the other end and is not taken in.
const NOBODY: &str = "02:00:00:00:00:99";
/// What is needed: a cable, and a namespace in the namespace.
const TRIAL: &str = "ip link add trial0 type veth peer name trial1 && unshare --net -- true";
/// Holds the namespace until the end of its input, which comes with our end at the latest.
const HOLD: &str = "ip link set lo up && echo ready && exec cat >/dev/null";

/// Runs the test of that name once more in a network namespace, and answers with `true` there. `false`: it passed, or
/// there can be no such namespace here, which is said.
///
/// # Errors
/// When it failed.
#[expect(clippy::print_stderr, reason = "the output of a test that could not run says why")]
pub fn in_own_network(test: &str) -> Result<bool> {
    if env::var_os(INNER).is_some() {
        run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
        return Ok(true);
    }
    let alone = || {
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--net", "--"]);
        command
    };
    if let Err(error) = run(alone().args(["sh", "-c", TRIAL])) {
        eprintln!("NOT RUN: network namespaces with a cable may not be made: {error}");
        return Ok(false);
    }
    let again =
        alone().arg(env::current_exe()?).args([test, "--exact", "--nocapture"]).env(INNER, "1").status()?;
    ensure!(again.success(), "it failed in its own network");
    Ok(false)
}

/// A runtime that may be dropped by a task of another.
#[derive(Debug)]
pub struct RemoteRuntime(Option<tokio::runtime::Runtime>);

impl RemoteRuntime {
    /// Runs it over there.
    ///
    /// # Errors
    /// When it panicked.
    pub async fn run<T: Send + 'static>(&self, act: impl Future<Output = T> + Send + 'static) -> Result<T> {
        let runtime = self.0.as_ref().context("it was dropped")?;
        Ok(runtime.spawn(act).await?)
    }
}

impl Drop for RemoteRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct RemoteHost {
    holder: Child,
    uncut: watch::Sender<bool>,
}

impl RemoteHost {
    /// A host that reaches these ports of ours on its own loopback address, and us by the cable. Only where
    /// [`in_own_network`] said so.
    ///
    /// # Errors
    /// Where the system refuses, or a port cannot be had.
    pub fn make(ports: &[u16]) -> Result<Self> {
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
        let host = Self { holder, uncut: watch::Sender::new(true) };
        ensure!(line.trim() == "ready", "a network namespace cannot be made");
        let [(here, _), (there, _)] = ENDS;
        run(Command::new("ip").args(["link", "add", here, "type", "veth", "peer", "name", there]))?;
        run(Command::new("ip").args(["link", "set", there, "netns", &host.holder.id().to_string()]))?;
        for (end, (name, address)) in ENDS.into_iter().enumerate() {
            run(host.ip(end).args(["address", "add", &format!("{address}/24"), "dev", name]))?;
            run(host.ip(end).args(["link", "set", name, "up"]))?;
        }
        for port in ports {
            host.forward(*port)?;
        }
        Ok(host)
    }

    /// `ip` at that end of the cable.
    fn ip(&self, end: usize) -> Command {
        if end == 0 {
            return Command::new("ip");
        }
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.holder.id())).args(["--", "ip"]);
        command
    }

    /// Moves the thread that calls it into the host.
    fn entrance(&self) -> Result<impl Fn() -> std::io::Result<()> + Send + Sync + 'static> {
        let space = std::fs::File::open(format!("/proc/{}/ns/net", self.holder.id()))?;
        Ok(move || {
            use std::os::fd::AsFd;
            Ok(move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network))?)
        })
    }

    /// Whose tasks, and the threads they start, are in the host.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn runtime(&self) -> Result<RemoteRuntime> {
        let enter = self.entrance()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .on_thread_start(move || enter().expect("the host is there"))
            .enable_all()
            .build()?;
        Ok(RemoteRuntime(Some(runtime)))
    }

    /// A port of ours, reached by the host under the same number.
    fn forward(&self, port: u16) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let enter = self.entrance()?;
        let listen = move || {
            enter()?;
            TcpListener::bind(address)
        };
        let listener =
            thread::spawn(listen).join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()))?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let uncut = self.uncut.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let uncut = uncut.clone();
                // Whoever is refused sees it.
                tokio::spawn(async move { carry(client, address, uncut).await });
            }
        });
        Ok(())
    }

    /// Cuts the cable or mends it.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn cut(&self, cut: bool) -> Result<()> {
        for (end, (name, _)) in ENDS.into_iter().enumerate() {
            let other = ENDS[1 - end].1;
            let mut command = self.ip(end);
            if cut {
                command.args([
                    "neighbour",
                    "replace",
                    other,
                    "lladdr",
                    NOBODY,
                    "nud",
                    "permanent",
                    "dev",
                    name,
                ]);
            } else {
                command.args(["neighbour", "delete", other, "dev", name]);
            }
            run(&mut command)?;
        }
        self.uncut.send_replace(!cut);
        Ok(())
    }
}

impl Drop for RemoteHost {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Carries a connection while the cable is whole; what comes meanwhile waits.
async fn carry(client: TcpStream, to: SocketAddr, uncut: watch::Receiver<bool>) -> std::io::Result<()> {
    let server = TcpStream::connect(to).await?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::try_join!(copy(from_client, to_server, uncut.clone()), copy(from_server, to_client, uncut))?;
    Ok(())
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut uncut: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await?;
        // Without its sender the test is over.
        if uncut.wait_for(|uncut| *uncut).await.is_err() {
            return Ok(());
        }
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..read]).await?;
    }
}

fn run(command: &mut Command) -> Result<()> {
    let done =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !done.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}
