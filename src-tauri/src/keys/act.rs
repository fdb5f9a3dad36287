//! What keys and buttons outside the windows do to calls, whichever kind of key it was.

use std::sync::Arc;

use bellwire_engine::{EngineView, Handle};

use crate::desktop::{Desktop, TauriDesktop};
use crate::people::{going_on, ringing};

/// Acts on whatever call is there.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) engine: Handle,
    pub(crate) desktop: Arc<TauriDesktop>,
}

impl Actor {
    pub(crate) fn view(&self) -> Arc<EngineView> {
        Arc::clone(&self.engine.view().borrow())
    }

    /// Accepts what rings; a call that goes on ends for it.
    pub(crate) async fn answer(&self) {
        let view = self.view();
        let Some(call) = ringing(&view) else { return };
        if going_on(&view).is_some() {
            self.engine.end_and_accept(call.id).await;
        } else {
            self.engine.accept(call.id).await;
        }
        self.desktop.show_main();
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
