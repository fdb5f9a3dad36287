//! The installed package on a real system. `cargo xtask test` installs it, runs these, and removes it again.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, WAIT_LIMIT};

/// The installed program.
fn installed() -> anyhow::Result<PathBuf> {
    let program = std::env::var_os("BELLWIRE_INSTALLED");
    program.map(PathBuf::from).context("run `cargo xtask test --only install`")
}

/// What a program of the session prints, without its line end.
async fn said(command: Command) -> anyhow::Result<String> {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let done = tokio::time::timeout(WAIT_LIMIT, command.output()).await.context("it goes on running")??;
    ensure!(done.status.success(), "it failed ({})", done.status);
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants the installed package: cargo xtask test --only install"]
async fn it_rings() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    let launch = Launch::signed_in(&world, "customer", CUSTOMER).program(&installed()?);
    let phone = Phone::start(&here, launch).await?;
    phone.enter("main", "people-tab").await?;
    let caller = Phone::start(&there, Launch::signed_in(&world, "seller", SELLER)).await?;
    caller.enter("main", "people-tab").await?;
    caller.call(CUSTOMER).await?;
    phone.accept().await?;
    phone.says("call-state", "Connected").await?;
    screen.keep("installed")?;
    phone.click("call-end").await?;
    caller.find("ended-reason").await?;
    tokio::join!(phone.stop(), caller.stop());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants the installed package: cargo xtask test --only install"]
async fn a_link_reaches_the_running_program_and_dials_nobody_by_itself() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let launch = Launch::signed_in(&world, "seller", SELLER).program(&installed()?);
    let phone = Phone::start(&session, launch).await?;
    phone.enter("main", "people-tab").await?;

    let mut ask = session.command("xdg-mime");
    ask.args(["query", "default", "x-scheme-handler/bellwire"]);
    let handler = said(ask).await?;
    ensure!(handler == "Bellwire.desktop", "links are opened by {handler:?}");

    let mut open = session.command("xdg-open");
    open.arg(format!("bellwire://call/{CUSTOMER}"));
    said(open).await?;
    phone.enter("main", "pending-call").await?;
    phone.says("pending-name", "Amira").await?;
    screen.keep("installed-link")?;
    phone.click("pending-cancel").await?;
    phone.gone("pending-call").await?;
    let view = phone.invoke("snapshot", serde_json::json!({})).await?;
    let calls =
        view.pointer("/phone/calls").and_then(|calls| calls.as_array()).context("no calls in the view")?;
    ensure!(calls.is_empty(), "somebody was called: {calls:?}");
    phone.stop().await;
    Ok(())
}
