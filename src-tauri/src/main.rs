//! The Bellwire desktop application.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
#![forbid(unsafe_code)]

mod app;
mod command_error;
mod commands;
mod controller;
mod deep_link;
mod desktop;
mod devices;
mod dial_targets;
mod events;
mod follow;
mod i18n;
mod options;
mod ring;
#[cfg(test)]
mod serialised;
mod shell_state;
mod single_instance;
mod start_note;
mod storage;
mod tasks;
mod ui;
mod web_view;

use storage::{logs, paths::Paths};
use web_view::renderer;

fn main() -> anyhow::Result<()> {
    let options = <options::Options as clap::Parser>::parse();
    // Before the log has a thread.
    let restarted = renderer::restart_without_gpu_if_there_is_none();
    let paths = Paths::new(options.data_dir.as_deref(), options.managed.as_deref());
    let _logs = logs::start(paths.logs());
    if let Err(error) = restarted {
        tracing::warn!(%error, "Could not restart with the software renderer");
    }
    app::run(options)
}
