//! What the interface may ask about devices, and what can be shared.

use bellwire_engine::{Handle, ShareSource};
use tauri::State;

use crate::command_error::CommandResult;
use crate::devices::DevicesView;
use crate::ring::ringtones::Ringtones;

#[tauri::command]
pub(crate) async fn devices(
    engine: State<'_, Handle>,
    ringtones: State<'_, Ringtones>,
) -> CommandResult<DevicesView> {
    Ok(DevicesView::now(&engine, &ringtones).await)
}

/// Opens the chosen camera or microphone outside a call, for its picture and its level.
#[tauri::command]
pub(crate) async fn test_devices(engine: State<'_, Handle>, camera: bool, microphone: bool) -> CommandResult {
    engine.test_devices(camera, microphone).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn test_speaker(engine: State<'_, Handle>) -> CommandResult {
    engine.test_speaker().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn test_ring(engine: State<'_, Handle>, on: bool) -> CommandResult {
    engine.test_ring(on).await;
    Ok(())
}

/// Records some seconds and plays them back.
#[tauri::command]
pub(crate) async fn test_echo(engine: State<'_, Handle>, on: bool) -> CommandResult {
    engine.test_echo(on).await;
    Ok(())
}

/// What of the screen can be shared, with small pictures.
#[tauri::command]
pub(crate) async fn share_sources(engine: State<'_, Handle>) -> CommandResult<Vec<ShareSource>> {
    Ok(engine.share_sources().await)
}

/// Sends a screen or window instead of the camera; `None` ends that.
#[tauri::command]
pub(crate) async fn set_sharing(engine: State<'_, Handle>, source: Option<String>) -> CommandResult {
    engine.set_sharing(source).await;
    Ok(())
}
