//! Link emulator: a thread that carries packets between TUN devices of two namespaces as the link model says,
//! and logs each of them.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bellwire_tests_lab::clock::unix_us;
use bellwire_tests_lab::link::{Link, LinkConfig, Micros, Outcome};
use bellwire_tests_lab::traffic::{self, Direction};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tun_rs::{DeviceBuilder, SyncDevice};

use super::{CALLEE, CALLER, INTERFACE, Namespace};

/// How late a change of the link may be.
const MAX_SLEEP: Duration = Duration::from_millis(5);
/// Packets read from one side before the other gets its turn.
const MAX_BATCH: usize = 64;
/// Above every other program of a run: a late packet would count as the network's delay.
const FIFO_PRIORITY: &str = "30";

enum Order {
    Configure(LinkConfig),
    Stop,
}

/// A running link; see the module.
#[derive(Debug)]
pub(crate) struct Emulator {
    orders: Sender<Order>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Emulator {
    /// Joins the two hosts by a link that is the same in both directions.
    pub(crate) fn start(hosts: [&Namespace; 2], config: LinkConfig, seed: u64, log: &Path) -> Result<Self> {
        let mut devices = Vec::new();
        for (host, address) in hosts.into_iter().zip([CALLER, CALLEE]) {
            let device = host.within(|| {
                let device = DeviceBuilder::new().name(INTERFACE).mtu(1500).tx_queue_len(2000).build_sync();
                device.context("cannot make a TUN device")
            })?;
            device.set_nonblocking(true)?;
            host.ip(&["addr", "add", address, "dev", INTERFACE])?;
            host.ip(&["link", "set", INTERFACE, "up"])?;
            devices.push(device);
        }
        let Ok([caller, callee]) = <[SyncDevice; 2]>::try_from(devices) else { bail!("two hosts") };
        let mut log = BufWriter::new(File::create(log).context("cannot write the packet log")?);
        writeln!(log, "{}", traffic::HEADER)?;
        // Unbounded is no risk: a handful of orders in a run.
        let (orders, received) = channel();
        let thread = thread::Builder::new().name("lab-link".into()).spawn(move || {
            prefer_this_thread();
            let start = (Instant::now(), unix_us());
            let side =
                |from, to, direction, seed| Side { from, to, direction, link: Link::new(config, seed) };
            let mut sides = [
                side(&caller, &callee, Direction::FromCaller, seed),
                side(&callee, &caller, Direction::FromCallee, seed.wrapping_add(0x5eed)),
            ];
            carry(&mut sides, start, &received, &mut log)?;
            log.flush().context("cannot write the packet log")
        })?;
        Ok(Self { orders, thread: Some(thread) })
    }

    /// What the link is like from now on.
    pub(crate) fn configure(&self, config: LinkConfig) -> Result<()> {
        self.orders.send(Order::Configure(config)).ok().context("the link emulator ended")
    }

    /// Ends the link; the log is complete then.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        drop(self.orders.send(Order::Stop));
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| bail!("the link emulator panicked"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.end());
    }
}

struct Side<'a> {
    from: &'a SyncDevice,
    to: &'a SyncDevice,
    direction: Direction,
    link: Link<Vec<u8>>,
}

fn carry(
    sides: &mut [Side<'_>; 2],
    (begin, begin_us): (Instant, u64),
    orders: &Receiver<Order>,
    log: &mut impl Write,
) -> Result<()> {
    let mut buffer = vec![0; 65_536];
    let now = || begin.elapsed().as_micros() as Micros;
    loop {
        loop {
            match orders.try_recv() {
                Ok(Order::Configure(config)) => {
                    sides.iter_mut().for_each(|side| side.link.configure(now(), config));
                }
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) => break,
            }
        }
        for side in sides.iter_mut() {
            for _ in 0..MAX_BATCH {
                match side.from.recv(&mut buffer) {
                    Ok(count) => side.link.send(now(), buffer[..count].to_vec(), count),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    // The device may be without an address for a moment.
                    Err(_) => break,
                }
            }
            for outcome in side.link.take(now()) {
                deliver(side.to, side.direction, begin_us, &outcome, log)?;
            }
        }
        let next = sides.iter().filter_map(|side| side.link.next_event()).min();
        let sleep = next.map_or(MAX_SLEEP, |next| Duration::from_micros(next.saturating_sub(now())));
        wait(sides, sleep.min(MAX_SLEEP))?;
    }
}

fn deliver(
    to: &SyncDevice,
    direction: Direction,
    begin_us: u64,
    outcome: &Outcome<Vec<u8>>,
    log: &mut impl Write,
) -> Result<()> {
    if outcome.fate == bellwire_tests_lab::link::Fate::Delivered {
        // A full queue of the device would be the machine's fault; it has room for two thousand packets.
        drop(to.send(&outcome.packet));
    }
    writeln!(log, "{}", traffic::line(direction, begin_us, outcome)).context("cannot write the packet log")
}

fn wait(sides: &[Side<'_>; 2], longest: Duration) -> Result<()> {
    let mut fds = [PollFd::new(sides[0].from, PollFlags::IN), PollFd::new(sides[1].from, PollFlags::IN)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(longest.subsec_nanos()) };
    match poll(&mut fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error).context("cannot wait for packets"),
    }
}

/// Not allowed everywhere, and not needed on a quiet machine.
fn prefer_this_thread() {
    let id = rustix::thread::gettid().as_raw_nonzero().to_string();
    let mut command = Command::new("chrt");
    command.args(["--fifo", "--pid", FIFO_PRIORITY, &id]).stdout(Stdio::null()).stderr(Stdio::null());
    drop(command.status());
}
