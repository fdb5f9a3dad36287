//! `bellwire-lab`: calls of Bellwire and Chromium over an emulated network, measured. Started by
//! `cargo xtask lab`, which builds the programs it needs and names them.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user")]

#[cfg(target_os = "linux")]
mod hosts;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod media;
#[cfg(target_os = "linux")]
mod net;
mod options;
#[cfg(target_os = "linux")]
mod pesq;
#[cfg(target_os = "linux")]
mod series;
mod written;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::options::{Options, Task};

/// The exit code of a program that could not begin because of the machine (after Automake).
const SKIPPED: u8 = 77;

fn main() -> ExitCode {
    match start(Options::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(task: Task) -> Result<ExitCode> {
    match task {
        Task::List => written::list(),
        Task::Report(report) => written::report(&report)?,
        Task::Run(run) => return measure(&run),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(target_os = "linux")]
fn measure(run: &options::Run) -> Result<ExitCode> {
    if let Some(why) = net::why_not() {
        eprintln!("no emulated network here: {why}");
        return Ok(ExitCode::from(SKIPPED));
    }
    net::enter_own_user_namespace()?;
    series::run(run)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(target_os = "linux"))]
fn measure(_: &options::Run) -> Result<ExitCode> {
    eprintln!("no emulated network here: network namespaces are Linux's");
    Ok(ExitCode::from(SKIPPED))
}
