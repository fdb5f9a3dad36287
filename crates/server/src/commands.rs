//! The subcommands of the server program: what an administrator does to its database, also while the server
//! runs.

mod import;
mod usage;
mod user;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use bellwire_server::{Admin, AdminError, Backend, backends};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add, list and change accounts
    User {
        #[command(subcommand)]
        order: user::Order,
    },
    /// Import people and records from a JSON document or a CSV table; doing it again changes nothing
    Import(import::Options),
    /// Show how much calls are used, when, for what, and how well they go
    Usage(usage::Options),
    /// Write the whole database to a new file, also while the server runs
    Backup {
        /// Must not exist
        file: PathBuf,
    },
}

impl Command {
    pub(crate) async fn carry_out(self, database: &Path) -> anyhow::Result<()> {
        match self {
            Self::User { order } => {
                let admin = open(database).await?;
                let done = order.carry_out(&admin).await;
                admin.close().await;
                done
            }
            Self::Import(options) => {
                let admin = open(database).await?;
                let done = options.carry_out(&admin).await;
                admin.close().await;
                done
            }
            Self::Usage(options) => {
                let admin = open(database).await?;
                let done = options.carry_out(&admin).await;
                admin.close().await;
                done
            }
            Self::Backup { file } => {
                let admin = Admin::open_existing(database).await?;
                let done = admin.backup(&file).await;
                admin.close().await;
                done?;
                say(&format!("{} is a copy of {}", file.display(), database.display()))
            }
        }
    }
}

async fn open(database: &Path) -> anyhow::Result<Admin> {
    Admin::open(database).await.with_context(|| format!("cannot work on {}", database.display()))
}

/// A line for the user.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Names every row that was refused.
fn complain(error: AdminError) -> anyhow::Error {
    let AdminError::Rows(rows) = &error else { return error.into() };
    let rows: String = rows.iter().map(|row| format!("\n  {row}")).collect();
    anyhow::Error::msg(format!("{error}{rows}"))
}

/// Reads the name of a backend.
fn backend(id: &str) -> Result<Backend, String> {
    Backend::parse(id).ok_or_else(|| {
        let ids: Vec<_> = backends().iter().map(|info| info.backend.id()).collect();
        format!("there is no backend {id}; there are {}", ids.join(", "))
    })
}
