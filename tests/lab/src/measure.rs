//! Measurement of one run: hosts, link and programs are started, the profile's steps taken, the record kept.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bellwire_tests_lab::clock::{date, unix_us};
use bellwire_tests_lab::link::LinkConfig;
use bellwire_tests_lab::profiles::{Calls, Change, Profile};
use bellwire_tests_lab::record::{RUN_FILE, Run, System, write};

use crate::hosts::{Bellwire, Chromium, Media, Plan, Server, Who};
use crate::net::{CALLER, CALLER_LATER, Emulator, INTERFACE, Namespace};
use crate::options;

/// When the second call begins.
const SECOND_CALL_S: f64 = 10.0;
const TICK: Duration = Duration::from_millis(10);

/// The same film and speech for everybody, each in the form a program takes.
#[derive(Debug)]
pub(crate) struct Material {
    /// H.264 in MP4.
    pub(crate) packed: std::path::PathBuf,
    /// The same pictures uncompressed; only a browser needs them.
    pub(crate) unpacked: Option<std::path::PathBuf>,
}

enum Call {
    Bellwire(Bellwire),
    Chromium(Chromium),
}

/// What a run has on the machine.
struct Stage<'a> {
    options: &'a options::Run,
    material: &'a Material,
    profile: &'a Profile,
    folder: &'a Path,
    caller: Namespace,
    callee: Namespace,
    server: Option<Server>,
}

/// Makes a run and leaves its record in `folder`, which must exist.
pub(crate) fn run(
    options: &options::Run,
    material: &Material,
    profile: &Profile,
    system: System,
    number: u32,
    folder: &Path,
) -> Result<Run> {
    if system == System::Mixed && profile.calls == Calls::One {
        bail!("{}: two systems want a profile with two calls", profile.name);
    }
    let (caller, callee) = (Namespace::make()?, Namespace::make()?);
    let seed = options.seed.wrapping_add(u64::from(number)).wrapping_mul(0x9e37_79b9);
    let link = Emulator::start([&caller, &callee], profile.link, seed, &folder.join("packets.csv"))?;
    let server = match system {
        System::Bellwire | System::Mixed => {
            Some(Server::start(&options.programs, [&caller, &callee], folder)?)
        }
        System::Chromium => None,
    };
    let stage = Stage { options, material, profile, folder, caller, callee, server };
    let (before, used) = (load(), busy()?);
    let began = unix_us();
    let (first, second) = match system {
        System::Bellwire => (System::Bellwire, System::Bellwire),
        System::Chromium => (System::Chromium, System::Chromium),
        System::Mixed => (System::Bellwire, System::Chromium),
    };
    let mut call = stage.call(first, "")?;
    let mut record = Run {
        profile: profile.name.to_owned(),
        system,
        number,
        connected_us: unix_us(),
        second_us: None,
        ended_us: 0,
        steps_us: Vec::new(),
        load: [before, before],
        busy_percent: 0.0,
        processors: thread::available_parallelism().map_or(1, std::num::NonZero::get),
        commit: options.commit.clone(),
        chromium: match &call {
            Call::Chromium(call) => call.version.clone(),
            Call::Bellwire(_) => String::new(),
        },
        date: date(began),
    };
    let other = stage.follow(&link, &mut call, second, &mut record)?;
    record.ended_us = unix_us();
    record.busy_percent = 100.0 * (busy()? - used) / ((record.ended_us - began) as f64 / 1e6);
    record.load[1] = load();
    for call in [Some(call), other].into_iter().flatten() {
        match call {
            Call::Bellwire(call) => call.end(),
            Call::Chromium(call) => call.end()?,
        }
    }
    link.stop()?;
    write(&folder.join(RUN_FILE), &record)?;
    Ok(record)
}

impl Stage<'_> {
    fn hosts(&self) -> [&Namespace; 2] {
        [&self.caller, &self.callee]
    }

    fn call(&self, system: System, suffix: &str) -> Result<Call> {
        let one_way = self.profile.calls == Calls::Two;
        match system {
            System::Bellwire | System::Mixed => {
                let server = self.server.as_ref().context("a server was started")?;
                let media = Media { film: &self.material.packed, voice: &self.options.voice, one_way };
                let who = if suffix.is_empty() { Who::FIRST } else { Who::SECOND };
                let hosts = self.hosts();
                Bellwire::call(&self.options.programs, hosts, server, who, media, self.folder, suffix)
                    .map(Call::Bellwire)
            }
            System::Chromium => {
                let plan = Plan {
                    scripts: self.options.browser.as_deref().context("--browser is needed for Chromium")?,
                    chromium: &self.options.chromium,
                    film: self.material.unpacked.as_deref().context("--media is needed for Chromium")?,
                    voice: &self.options.voice,
                    one_way,
                    record: !one_way,
                };
                Chromium::call(self.hosts(), plan, self.folder, suffix).map(Call::Chromium)
            }
        }
    }

    /// From the connection to the end of the call; answers with the second call where there is one.
    fn follow(
        &self,
        link: &Emulator,
        call: &mut Call,
        second: System,
        record: &mut Run,
    ) -> Result<Option<Call>> {
        let seconds = f64::from(self.options.seconds.unwrap_or(self.profile.seconds));
        let mut steps = self.profile.steps.iter();
        let mut next = steps.next();
        let mut other = None;
        loop {
            let passed = (unix_us() - record.connected_us) as f64 / 1e6;
            if passed >= seconds {
                return Ok(other);
            }
            if self.profile.calls == Calls::Two && other.is_none() && passed >= SECOND_CALL_S {
                other = Some(self.call(second, "2")?);
                record.second_us = Some(unix_us());
            }
            if let Some(step) = next.filter(|step| passed >= step.at_s) {
                self.take(step.change, link, call)?;
                record.steps_us.push(unix_us());
                next = steps.next();
            }
            thread::sleep(TICK);
        }
    }

    fn take(&self, change: Change, link: &Emulator, call: &mut Call) -> Result<()> {
        let cut = |call: &mut Call, cut: bool| -> Result<()> {
            if let Some(server) = &self.server {
                server.cut(cut);
            }
            match call {
                Call::Bellwire(_) => Ok(()),
                Call::Chromium(call) => call.cut(cut),
            }
        };
        match change {
            Change::Link(config) => link.configure(config),
            Change::Outage => {
                cut(call, true)?;
                link.configure(LinkConfig { down: true, ..self.profile.link })
            }
            Change::Restore(config) => {
                link.configure(config)?;
                cut(call, false)
            }
            Change::Address => {
                self.caller.ip(&["addr", "del", CALLER, "dev", INTERFACE])?;
                self.caller.ip(&["addr", "add", CALLER_LATER, "dev", INTERFACE])
            }
        }
    }
}

/// Load average of the last minute.
pub(crate) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Seconds all processors were not idle.
fn busy() -> Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let text = fs::read_to_string("/proc/stat")?;
    let first = text.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal; the rest is counted in user already
    let ticks: Vec<f64> =
        first.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    Ok((ticks.iter().sum::<f64>() - idle) / TICKS_PER_SECOND)
}
