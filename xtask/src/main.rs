//! `cargo xtask`: everything one does with the project, in one place. Not part of the product.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user")]

mod args;
mod background;
mod bench;
mod bindings;
mod bundle;
mod cargo;
mod check;
mod compiler;
mod demo;
mod desktop;
mod hours;
mod install;
mod interrupt;
mod lab;
mod paths;
mod process;
mod say;
mod setup;
mod test;
mod ui;

use std::process::ExitCode;

fn main() -> ExitCode {
    if compiler::wraps() {
        return compiler::run(std::env::args_os().skip(1));
    }
    match args::parse(std::env::args().skip(1)).and_then(args::Invocation::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if interrupt::requested() => {
            say::note("stopped");
            ExitCode::from(130)
        }
        Err(error) => {
            say::failure(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
