//! Call actions of global and media keys: answer, hang up, mute.

use std::sync::Arc;

use bellwire_engine::{EngineView, Handle};

use crate::desktop::tauri_ui::TauriUi;
use crate::dial_targets::{active_call, ringing_call};
use crate::ring::actions::{CallAction, perform};

/// Acts on the present calls.
#[derive(Clone, Debug)]
pub(crate) struct CallActions {
    pub(crate) engine: Handle,
    pub(crate) ui: Arc<TauriUi>,
}

impl CallActions {
    pub(crate) fn view(&self) -> Arc<EngineView> {
        Arc::clone(&self.engine.view().borrow())
    }

    /// Accepts the ringing call; an active call ends for it.
    pub(crate) async fn answer(&self) {
        let view = self.view();
        let Some(call) = ringing_call(&view) else { return };
        let wanted = if active_call(&view).is_some() {
            CallAction::EndAndAccept(call.id)
        } else {
            CallAction::Accept(call.id)
        };
        perform(wanted, &self.engine, &*self.ui).await;
    }

    /// Ends the active call; otherwise declines the ringing one.
    pub(crate) async fn hang_up(&self) {
        let view = self.view();
        if let Some(call) = active_call(&view) {
            self.engine.hang_up(call.id).await;
        } else if let Some(call) = ringing_call(&view) {
            self.engine.decline(call.id).await;
        }
    }

    /// In a call only: the next call must not start muted by accident.
    pub(crate) async fn toggle_microphone(&self) {
        let view = self.view();
        if active_call(&view).is_some() {
            self.engine.set_microphone(!view.phone.microphone).await;
        }
    }
}
