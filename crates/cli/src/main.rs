//! `bellwire-cli`, the engine without a window: it places, answers and echoes calls and prints what it sees
//! as JSON lines.
#![forbid(unsafe_code)]

mod args;
mod bot;
mod frame_log;
mod output;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::args::Args;
use crate::bot::Bot;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("BELLWIRE_LOG"))
        .with_writer(std::io::stderr)
        .init();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::line("error", serde_json::json!({ "message": format!("{error:#}") }));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<()> {
    let mut bot = Bot::sign_in(args).await.context("could not sign in")?;
    let done = tokio::select! {
        done = bot.run(args) => done,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    bot.stop().await;
    done
}
