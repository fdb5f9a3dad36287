//! The command line of the application; a person needs none of it.

use clap::{Parser, ValueEnum};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Role {
    Seller,
    Customer,
}

impl Role {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Seller => "seller",
            Role::Customer => "customer",
        }
    }
}

#[derive(Clone, Debug, Parser)]
#[command(name = "bellwire", version)]
pub(crate) struct Options {
    /// Server address to fill in.
    #[arg(long)]
    pub(crate) server: Option<String>,
    #[arg(long, value_enum)]
    pub(crate) role: Option<Role>,
    /// E-mail address to fill in.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Signs in at once with this password (demo and tests).
    #[arg(long, env = "BELLWIRE_DEMO_PASSWORD", hide = true, hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// `default`, a camera id, `test:pattern`, `file:/x.mp4` or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) camera: String,
    /// `default`, a device, `file:/x.wav`, `test:tone` or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) microphone: String,
    /// `default`, a device, `file:/out.wav` (records) or `none`.
    #[arg(long, default_value = "default")]
    pub(crate) speaker: String,
}

impl Options {
    /// What a user should know about where picture and sound come from, in plain words.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.camera.starts_with("test:") {
            notes.push("A test picture is sent instead of a camera.".to_owned());
        } else if self.camera.starts_with("file:") {
            notes.push("A film is sent instead of a camera.".to_owned());
        }
        if self.microphone == "none" {
            notes.push("No microphone: the other side hears silence.".to_owned());
        } else if self.microphone.starts_with("test:") || self.microphone.starts_with("file:") {
            notes.push("A recording is sent instead of a microphone.".to_owned());
        }
        if self.speaker == "none" {
            notes.push("No sound card: you will hear nothing.".to_owned());
        }
        notes
    }
}
