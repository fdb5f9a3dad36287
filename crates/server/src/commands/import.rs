//! `bellwire-server import FILE ...`

use std::path::PathBuf;

use anyhow::{Context, bail};
use bellwire_server::{Admin, Backend, FileFormat};
use clap::Args;

use super::{backend, complain, say};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A JSON document (.json) or a table with the names of its fields in the first line (.csv)
    file: PathBuf,
    #[arg(long, value_parser = backend)]
    backend: Backend,
    /// What the rows of a table are: people, orders, products, rooms, therapy, appointments
    #[arg(long)]
    kind: Option<String>,
    /// Where to write passwords that are made up: role, address and password in each line
    #[arg(long, value_name = "FILE")]
    passwords_out: Option<PathBuf>,
}

impl Options {
    pub(super) async fn carry_out(self, admin: &Admin) -> anyhow::Result<()> {
        let extension = self.file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let (format, kind) = match (extension.to_ascii_lowercase().as_str(), &self.kind) {
            ("json", None) => (FileFormat::Json, ""),
            ("json", Some(_)) => bail!("a document says itself what it has: no --kind"),
            ("csv", Some(kind)) => (FileFormat::Csv, kind.as_str()),
            ("csv", None) => bail!("say what the rows are with --kind"),
            _ => bail!("{} ends neither in .json nor in .csv", self.file.display()),
        };
        let text =
            std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let passwords = self.passwords_out.as_deref();
        let summary = admin.import(self.backend, &text, format, kind, passwords).await.map_err(complain)?;
        let mut changes = 0;
        for (kind, tally) in &summary {
            changes += tally.added + tally.changed;
            say(&format!(
                "{kind}: {} added, {} changed, {} as they were",
                tally.added, tally.changed, tally.unchanged
            ))?;
        }
        if changes == 0 { say("nothing to change") } else { Ok(()) }
    }
}
