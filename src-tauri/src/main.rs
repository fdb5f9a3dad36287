//! The Bellwire desktop application.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
#![forbid(unsafe_code)]

mod answer_window;
mod app;
mod asked;
mod badge;
mod commands;
mod controller;
mod desktop;
mod devices;
mod disk;
mod downloads;
mod events;
mod failure;
mod instance;
mod keys;
mod login;
mod logs;
mod media_keys;
mod messages;
mod notify;
mod options;
mod people;
mod photos;
mod places;
mod quiet;
mod renderer;
mod ring_sound;
mod ringer;
mod ringing;
mod ringtones;
#[cfg(test)]
mod serialised;
mod settings;
mod soon;
mod start_note;
mod surroundings;
mod tray;
mod vault;
mod video;
mod windows;
mod words;

fn main() -> anyhow::Result<()> {
    let options = <options::Options as clap::Parser>::parse();
    // Before the log has a thread.
    let restarted = renderer::restart_without_gpu_if_there_is_none();
    let places = places::Places::new(options.data_dir.as_deref(), options.managed.as_deref());
    let _logs = logs::start(places.logs());
    if let Err(error) = restarted {
        tracing::warn!(%error, "Could not restart with the software renderer");
    }
    app::run(options)
}
