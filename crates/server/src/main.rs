//! The server program: commands, logging, start, signals. What it serves is in the library.
#![forbid(unsafe_code)]

mod commands;
mod config_file;
mod options;
mod supervisor;

use std::io::{IsTerminal, Write};

use anyhow::Context;
use bellwire_server::{App, DEFAULT_FILTER, DEMO_PASSWORD, backends};
use tracing::{debug, warn};
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use self::options::{LogFormat, Options};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut options = Options::read(std::env::args_os().collect())?;
    if let Some(command) = options.command.take() {
        return command.carry_out(options.database_file()).await;
    }
    log(options.log_format);
    match bellwire_server::raise_descriptor_limit() {
        Ok(most) if most < 4096 => {
            warn!(most, "Few descriptors may be open (ulimit -n), and so few clients can be connected");
        }
        Ok(most) => debug!(most, "Descriptors that may be open"),
        Err(error) => warn!(%error, "The number of descriptors cannot be raised"),
    }
    let app = App::start(options.config()?).await.context("the server did not start")?;
    introduce(&app, options.demo)?;
    supervisor::ready();
    tokio::select! {
        asked = asked_to_stop() => asked?,
        () = supervisor::watch(&app) => {}
    }
    supervisor::stopping();
    app.stop().await;
    Ok(())
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let lines = lines.with_filter(filter.and(bellwire_server::safe_to_log()));
    tracing_subscriber::registry().with(lines).init();
}

fn introduce(app: &App, demo: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for info in backends() {
        let id = info.backend.id();
        let Some((rest, socket)) = app.rest_url(id).zip(app.socket_url(id)) else { continue };
        writeln!(out, "{id:12} {rest}  socket {socket}")?;
        if demo {
            for (role, email) in info.demo_logins {
                writeln!(out, "{:12} {email} ({role})", "")?;
            }
        }
    }
    if let Some(turn) = app.turn_url() {
        writeln!(out, "{:12} {turn}", "relay")?;
    }
    if let Some(metrics) = app.metrics_url() {
        writeln!(out, "{:12} {metrics}", "metrics")?;
    }
    if demo {
        writeln!(out, "Everybody's password is {DEMO_PASSWORD}")?;
    }
    out.flush()
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
