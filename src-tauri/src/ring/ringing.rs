//! What ringing calls do to the desktop: whether the answer window is up and which notifications there are.
//! Pure: calls, do-not-disturb and settings in, what is to be seen out. Sound is `ring_sound.rs`, windows and
//! notifications themselves are others' business.

use bellwire_engine::{CallId, CallState, CallView};

use crate::shell_state::Quiet;

/// What is to be seen and heard of ringing calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ringing {
    /// The answer window is up.
    pub(crate) window: bool,
    /// Calls with a notification, in the order they came.
    pub(crate) notes: Vec<RingNote>,
    /// One rings that is to be heard.
    pub(crate) audible: bool,
}

/// A ringing call's notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingNote {
    pub(crate) call: CallId,
    /// Taking it ends the call that is going on.
    pub(crate) ends_another: bool,
    /// The user turned its sound off; it still waits for an answer.
    pub(crate) silenced: bool,
    /// Comes without any sound.
    pub(crate) silent: bool,
}

/// How much of a ring comes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// Window, notification and sound.
    Whole,
    /// A notification without sound, whatever the settings say: the caller waits in a room and does not give up.
    Silently,
    /// The main window shows the call all the same.
    Not,
}

/// What do-not-disturb leaves of a call: an exception (`through`) is as without it, and who waits in a room
/// is never silent everywhere.
pub(crate) fn comes(quiet: Quiet, through: bool, waits_in_room: bool) -> Comes {
    match quiet {
        Quiet::Off => Comes::Whole,
        Quiet::Own | Quiet::Hours | Quiet::System => match (through, waits_in_room) {
            (true, _) => Comes::Whole,
            (false, true) => Comes::Silently,
            (false, false) => Comes::Not,
        },
    }
}

/// A call rings until it is answered, declined or over, wherever that happens. While somebody talks a second
/// call is offered in the call view and as a notification, without the answer window. What of it comes
/// through is said by [`comes`]. `focused`: the user is in the main window, which shows every ring itself, so
/// that nothing else is put beside it.
pub(crate) fn ringing(
    calls: &[CallView],
    comes: impl Fn(&CallView) -> Comes,
    notify: bool,
    focused: bool,
) -> Ringing {
    let talking = calls.iter().any(goes_on);
    let mut all = Ringing::default();
    for call in calls {
        let Some(note) = note(call, talking) else { continue };
        match comes(call) {
            Comes::Whole => {
                all.window |= !talking && !focused;
                all.audible = true;
                if notify && !focused {
                    all.notes.push(note);
                }
            }
            Comes::Silently if focused => {}
            Comes::Silently => all.notes.push(RingNote { silent: true, ..note }),
            Comes::Not => {}
        }
    }
    all
}

fn note(call: &CallView, talking: bool) -> Option<RingNote> {
    match call.state {
        CallState::Ringing { silenced } => {
            Some(RingNote { call: call.id, ends_another: talking, silenced, silent: false })
        }
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
