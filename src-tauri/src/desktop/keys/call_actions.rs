//! What keys and buttons outside the windows do to calls, whichever kind of key it was.

use std::sync::Arc;

use bellwire_engine::{EngineView, Handle};

use crate::desktop::tauri_ui::TauriUi;
use crate::dial_targets::{going_on, ringing};
use crate::ring::actions::{Act, act};

/// Acts on whatever call is there.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) engine: Handle,
    pub(crate) desktop: Arc<TauriUi>,
}

impl Actor {
    pub(crate) fn view(&self) -> Arc<EngineView> {
        Arc::clone(&self.engine.view().borrow())
    }

    /// Accepts what rings; a call that goes on ends for it.
    pub(crate) async fn answer(&self) {
        let view = self.view();
        let Some(call) = ringing(&view) else { return };
        let wanted =
            if going_on(&view).is_some() { Act::EndAndAccept(call.id) } else { Act::Accept(call.id) };
        act(wanted, &self.engine, &*self.desktop).await;
    }

    /// Ends what goes on; otherwise declines what rings.
    pub(crate) async fn hang_up(&self) {
        let view = self.view();
        if let Some(call) = going_on(&view) {
            self.engine.hang_up(call.id).await;
        } else if let Some(call) = ringing(&view) {
            self.engine.decline(call.id).await;
        }
    }

    /// In a call only: nobody means to be mute in the next one.
    pub(crate) async fn toggle_microphone(&self) {
        let view = self.view();
        if going_on(&view).is_some() {
            self.engine.set_microphone(!view.phone.microphone).await;
        }
    }
}
