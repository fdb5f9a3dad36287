//! What ringing calls do to the desktop: whether the answer window is up and which notifications there are.
//! Pure: calls, do-not-disturb and settings in, what is to be seen out. Sound is `ring_sound.rs`, windows and
//! notifications themselves are others' business.

mod missed;

pub(crate) use missed::MissedCalls;

use bellwire_engine::{CallId, CallState, CallView};

use crate::surroundings::Quiet;

/// What is to be seen of ringing calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ringing {
    /// The answer window is up.
    pub(crate) window: bool,
    /// Calls with a notification, in the order they came.
    pub(crate) notes: Vec<RingNote>,
}

/// A ringing call's notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingNote {
    pub(crate) call: CallId,
    /// Taking it ends the call that is going on.
    pub(crate) ends_another: bool,
    /// The user turned its sound off; it still waits for an answer.
    pub(crate) silenced: bool,
}

/// A call rings until it is answered, declined or over, wherever that happens. While somebody talks a second
/// call is offered in the call view and as a notification, without the answer window. In do-not-disturb there
/// is neither; the main window shows the call all the same.
pub(crate) fn ringing(calls: &[CallView], quiet: Quiet, notify: bool) -> Ringing {
    match quiet {
        Quiet::Off => {}
        Quiet::Own | Quiet::Hours | Quiet::System => return Ringing::default(),
    }
    let talking = calls.iter().any(goes_on);
    let notes: Vec<RingNote> = calls.iter().filter_map(|call| note(call, talking)).collect();
    Ringing { window: !talking && !notes.is_empty(), notes: if notify { notes } else { Vec::new() } }
}

fn note(call: &CallView, talking: bool) -> Option<RingNote> {
    match call.state {
        CallState::Ringing { silenced } => Some(RingNote { call: call.id, ends_another: talking, silenced }),
        CallState::Calling { .. }
        | CallState::Connecting
        | CallState::Connected
        | CallState::Reconnecting
        | CallState::Ended { .. } => None,
    }
}

/// Dialled or answered, and not over.
fn goes_on(call: &CallView) -> bool {
    match call.state {
        CallState::Calling { .. }
        | CallState::Connecting
        | CallState::Connected
        | CallState::Reconnecting => true,
        CallState::Ringing { .. } | CallState::Ended { .. } => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
