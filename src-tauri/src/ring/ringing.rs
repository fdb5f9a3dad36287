//! The rules of ringing: calls, do-not-disturb and settings in; answer window, notifications and sound out.
//! Pure.

use bellwire_engine::{CallId, CallState, CallView};

use crate::shell_state::Quiet;

/// The effects of ringing calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RingEffects {
    /// The answer window is up.
    pub(crate) window: bool,
    /// Calls with a notification, in the order they came.
    pub(crate) notifications: Vec<RingNotification>,
    /// The ring sound is to be played.
    pub(crate) audible: bool,
}

/// A ringing call's notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingNotification {
    pub(crate) call: CallId,
    /// Accepting it ends the active call.
    pub(crate) ends_another: bool,
    /// The user turned its sound off; it still waits for an answer.
    pub(crate) silenced: bool,
    /// Without any sound.
    pub(crate) silent: bool,
}

/// How much of a ring is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RingLevel {
    /// Window, notification and sound.
    Full,
    /// A notification without sound, whatever the settings say: the caller waits in a room and does not give
    /// up.
    Silent,
    /// The main window shows the call all the same.
    Suppressed,
}

/// The ring level under do-not-disturb: an exception (`through`) rings in full, and a caller who waits in a
/// room is always notified.
pub(crate) fn ring_level(quiet: Quiet, through: bool, waits_in_room: bool) -> RingLevel {
    match quiet {
        Quiet::Off => RingLevel::Full,
        Quiet::Own | Quiet::Hours | Quiet::System => match (through, waits_in_room) {
            (true, _) => RingLevel::Full,
            (false, true) => RingLevel::Silent,
            (false, false) => RingLevel::Suppressed,
        },
    }
}

/// A call rings until it is answered, declined or over, wherever that happens. During an active call a second
/// call is offered in the call view and as a notification, without the answer window. What of it comes through
/// is said by [`ring_level`]. `focused`: the user is in the main window, which shows every ring itself, so that
/// nothing else is put beside it.
pub(crate) fn ringing(
    calls: &[CallView],
    ring_level: impl Fn(&CallView) -> RingLevel,
    notify: bool,
    focused: bool,
) -> RingEffects {
    let talking = calls.iter().any(|call| call.state.is_active());
    let mut all = RingEffects::default();
    for call in calls {
        let Some(note) = note(call, talking) else { continue };
        match ring_level(call) {
            RingLevel::Full => {
                all.window |= !talking && !focused;
                all.audible = true;
                if notify && !focused {
                    all.notifications.push(note);
                }
            }
            RingLevel::Silent if focused => {}
            RingLevel::Silent => all.notifications.push(RingNotification { silent: true, ..note }),
            RingLevel::Suppressed => {}
        }
    }
    all
}

fn note(call: &CallView, talking: bool) -> Option<RingNotification> {
    let CallState::Ringing { silenced } = call.state else { return None };
    Some(RingNotification { call: call.id, ends_another: talking, silenced, silent: false })
}

#[cfg(test)]
pub(crate) mod tests;
