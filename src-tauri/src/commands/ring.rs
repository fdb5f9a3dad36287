//! What the interface may do with a call that rings.

use std::sync::Arc;

use bellwire_engine::{CallId, Handle};
use tauri::State;

use crate::command_error::CommandResult;
use crate::desktop::tauri_ui::TauriUi;
use crate::ring::actions::{CallAction, perform};
use crate::ring::answer_window::AnswerWindow;

#[tauri::command]
pub(crate) async fn accept(
    engine: State<'_, Handle>,
    desktop: State<'_, Arc<TauriUi>>,
    call: CallId,
) -> CommandResult {
    perform(CallAction::Accept(call), &engine, &**desktop).await;
    Ok(())
}

/// Ends the call that is going on.
#[tauri::command]
pub(crate) async fn end_and_accept(
    engine: State<'_, Handle>,
    desktop: State<'_, Arc<TauriUi>>,
    call: CallId,
) -> CommandResult {
    perform(CallAction::EndAndAccept(call), &engine, &**desktop).await;
    Ok(())
}

/// With the camera off; ends the call that is going on, if any.
#[tauri::command]
pub(crate) async fn accept_with_camera_off(
    engine: State<'_, Handle>,
    desktop: State<'_, Arc<TauriUi>>,
    call: CallId,
) -> CommandResult {
    perform(CallAction::AcceptWithCameraOff(call), &engine, &**desktop).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn decline(engine: State<'_, Handle>, call: CallId) -> CommandResult {
    engine.decline(call).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn silence(engine: State<'_, Handle>, call: CallId) -> CommandResult {
    engine.silence(call).await;
    Ok(())
}

/// The answer window shows that call and needs so many logical pixels for it.
#[tauri::command]
pub(crate) fn ring_drawn(window: State<'_, AnswerWindow>, call: CallId, height: f64) {
    window.drawn(call, height);
}
