//! Command-line arguments of `bellwire-cli`.

use clap::{Args as ClapArgs, Parser, Subcommand};

/// Calls without a window. Every line on standard output is a JSON object with a `"kind"`.
#[derive(Debug, Parser)]
#[command(name = "bellwire-cli", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Place one call and hang up after `--seconds`.
    Call {
        #[command(flatten)]
        common: Common,
        /// E-mail address, name or id of the person to call; given several times, for a call of several.
        #[arg(long, required = true)]
        to: Vec<String>,
        /// Order number or id the call is about.
        #[arg(long)]
        order: Option<String>,
        /// Sound only.
        #[arg(long)]
        voice: bool,
    },
    /// Wait for a call, answer it, and hang up after `--seconds` of talking.
    Answer {
        #[command(flatten)]
        common: Common,
        /// Go on answering calls instead of ending after the first.
        #[arg(long)]
        forever: bool,
    },
    /// Answer every call and send back what is seen and heard.
    Echo {
        #[command(flatten)]
        common: Common,
    },
    /// Call `--to` after a while unless a call comes first, and answer every call: the other side of the demo.
    Robot {
        #[command(flatten)]
        common: Common,
        #[arg(long)]
        to: String,
        /// Seconds before the robot calls.
        #[arg(long, default_value_t = 5)]
        after: u64,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Common {
    /// Address of the server.
    #[arg(long)]
    pub(crate) server: String,
    /// Backend to speak to, e.g. `storefront` or `clinic`; the server's first one when not given.
    #[arg(long)]
    pub(crate) dialect: Option<String>,
    /// The backend's word, e.g. `seller`, `technician`, `client`, `patient`.
    #[arg(long)]
    pub(crate) role: String,
    #[arg(long)]
    pub(crate) email: String,
    #[arg(long, env = "BELLWIRE_PASSWORD", hide_env_values = true, default_value = "")]
    pub(crate) password: String,
    /// REST base, where the server has no discovery document.
    #[arg(long)]
    pub(crate) rest_base: Option<String>,
    /// Socket base, likewise.
    #[arg(long)]
    pub(crate) socket_base: Option<String>,
    /// Path or address of the login where it is not the usual one.
    #[arg(long)]
    pub(crate) login_path: Option<String>,
    /// PEM file with a certificate authority to trust beside the system's.
    #[arg(long)]
    pub(crate) extra_ca: Option<String>,
    /// `http`, `https` or `socks5` address.
    #[arg(long)]
    pub(crate) proxy: Option<String>,
    /// `default`, a camera id, `test:pattern`, `file:/x.mp4` or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) camera: String,
    /// `default`, a device, `file:/x.wav`, `file:/x.mp4`, `test:tone` or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) microphone: String,
    /// `default`, a device, `file:/out.wav` (records) or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) speaker: String,
    /// A film whose picture and sound are sent instead of camera and microphone.
    #[arg(long, conflicts_with_all = ["camera", "microphone"])]
    pub(crate) media: Option<std::path::PathBuf>,
    /// Hang up after talking this long; 0 = only when the other side does.
    #[arg(long, default_value_t = 0)]
    pub(crate) seconds: u64,
    /// Give up waiting for a call or an answer after this long; 0 = never.
    #[arg(long, default_value_t = 0)]
    pub(crate) patience: u64,
    /// No echo cancellation, noise suppression and gain control.
    #[arg(long)]
    pub(crate) raw_audio: bool,
    /// Video bits per second to begin with.
    #[arg(long, default_value_t = bellwire_engine::media::START_BITRATE_BPS)]
    pub(crate) start_bitrate: u32,
    /// Video bits per second never exceeded.
    #[arg(long, default_value_t = 2_500_000)]
    pub(crate) max_bitrate: u32,
    /// Only use paths through the server's TURN relay.
    #[arg(long)]
    pub(crate) relay_only: bool,
    /// Write a line for each picture sent and shown: when, its size, the brightness along its top edge.
    #[arg(long, value_name = "FILE")]
    pub(crate) frame_log: Option<std::path::PathBuf>,
}

impl Args {
    pub(crate) fn common(&self) -> &Common {
        match &self.command {
            Command::Call { common, .. }
            | Command::Answer { common, .. }
            | Command::Echo { common }
            | Command::Robot { common, .. } => common,
        }
    }
}
