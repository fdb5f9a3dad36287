//! Shows a file in the system's file manager.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long the file manager may take to answer.
const FILE_MANAGER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a file is not shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum RevealError {
    #[cfg(target_os = "linux")]
    #[error("the path has no address")]
    Path,
    #[error("the file manager did not start: {0}")]
    Start(#[from] std::io::Error),
    #[error("the file manager failed")]
    Failed,
}

/// By the interface that file managers share; without one whatever opens folders.
#[cfg(target_os = "linux")]
pub(super) async fn reveal(path: &Path) -> Result<(), RevealError> {
    let address = tauri::Url::from_file_path(path).map_err(|()| RevealError::Path)?;
    match tokio::time::timeout(FILE_MANAGER_TIMEOUT, show_item(address.as_str())).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => tracing::debug!(%error, "No file manager shows items"),
        Err(_) => tracing::debug!("The file manager does not answer"),
    }
    run(Command::new("xdg-open").arg(path.parent().unwrap_or(path))).await
}

#[cfg(target_os = "linux")]
async fn show_item(address: &str) -> zbus::Result<()> {
    const NAME: &str = "org.freedesktop.FileManager1";
    let bus = zbus::Connection::session().await?;
    let start_up = "";
    bus.call_method(
        Some(NAME),
        "/org/freedesktop/FileManager1",
        Some(NAME),
        "ShowItems",
        &(vec![address], start_up),
    )
    .await?;
    Ok(())
}

#[cfg(target_os = "macos")]
pub(super) async fn reveal(path: &Path) -> Result<(), RevealError> {
    run(Command::new("open").arg("-R").arg(path)).await
}

#[cfg(target_os = "windows")]
pub(super) async fn reveal(path: &Path) -> Result<(), RevealError> {
    let mut select = std::ffi::OsString::from("/select,");
    select.push(path);
    // Answers 1 also when it worked.
    match run(Command::new("explorer").arg(select)).await {
        Ok(()) | Err(RevealError::Failed) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Starts a program that opens a window. One that goes on is taken for a file manager that stays: it is
/// not ended with us.
async fn run(command: &mut Command) -> Result<(), RevealError> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    match tokio::time::timeout(FILE_MANAGER_TIMEOUT, child.wait()).await {
        Ok(ended) => ended?.success().then_some(()).ok_or(RevealError::Failed),
        Err(_) => Ok(()),
    }
}
