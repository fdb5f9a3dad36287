//! Command-line options of `bellwire-lab`.

use std::path::PathBuf;

use bellwire_tests_lab::profiles::{self, Profile};
use bellwire_tests_lab::record::System;
use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "bellwire-lab", version)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Name the profiles.
    List,
    /// Make calls and measure them.
    Run(Box<Run>),
    /// Write the tables and plots of what was measured.
    Report(Report),
}

#[derive(Debug, Args)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nothing can be measured there"))]
pub(crate) struct Run {
    /// Networks to make calls on; see `list`.
    #[arg(required = true, value_parser = profile)]
    pub(crate) profiles: Vec<&'static Profile>,
    /// Who calls whom: `bellwire`, `chromium`, `mixed`.
    #[arg(long, value_delimiter = ',', default_value = "bellwire", value_parser = system)]
    pub(crate) system: Vec<System>,
    /// Calls of each kind.
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: u32,
    /// Length of a call instead of the profile's.
    #[arg(long)]
    pub(crate) seconds: Option<u32>,
    /// Seed of the link's chance; each run adds its number.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder for logs and figures.
    #[arg(long)]
    pub(crate) results: PathBuf,
    /// Folder with `bellwire-cli` and `bellwire-server`.
    #[arg(long)]
    pub(crate) programs: PathBuf,
    /// Speech to be sent, 48 kHz WAV.
    #[arg(long)]
    pub(crate) voice: PathBuf,
    /// Film to be sent.
    #[arg(long)]
    pub(crate) film: PathBuf,
    /// Folder for a copy of the film with frame numbers; without it the film is sent as it is.
    #[arg(long, requires = "ffmpeg")]
    pub(crate) media: Option<PathBuf>,
    #[arg(long)]
    pub(crate) ffmpeg: Option<PathBuf>,
    /// A Python that has `pesq`.
    #[arg(long)]
    pub(crate) python: Option<PathBuf>,
    /// The project's `tests/browser`.
    #[arg(long)]
    pub(crate) browser: Option<PathBuf>,
    #[arg(long, default_value = "/usr/bin/chromium")]
    pub(crate) chromium: PathBuf,
    /// Commit of the programs, for the report.
    #[arg(long, default_value = "")]
    pub(crate) commit: String,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[arg(long)]
    pub(crate) results: PathBuf,
    /// Markdown file to write.
    #[arg(long)]
    pub(crate) report: PathBuf,
    /// Folder for the plots.
    #[arg(long)]
    pub(crate) plots: PathBuf,
}

fn profile(name: &str) -> Result<&'static Profile, String> {
    profiles::find(name).ok_or_else(|| "no such profile; `list` names them".to_owned())
}

fn system(word: &str) -> Result<System, String> {
    System::ALL.into_iter().find(|system| system.word() == word).ok_or_else(|| "no such system".to_owned())
}
