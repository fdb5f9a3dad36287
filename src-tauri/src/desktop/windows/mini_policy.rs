//! When the mini window opens and closes by itself, as a pure function.

use std::time::{Duration, Instant};

/// A main window that is still visible this long after it was minimised, and is used, was not minimised: without a
/// window manager, or because the user brought it back at once. Wayland never says that a window is minimised.
const MINIMISE_LIMIT: Duration = Duration::from_secs(5);

/// Whether the mini window was opened by the program, which then closes it when the main window is back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Automatic {
    /// It is closed, or the user opened it.
    #[default]
    No,
    /// The main window was put away at this moment; a window manager takes a while for that, during which the
    /// window still counts as visible.
    Leaving(Instant),
    /// The main window has been out of sight since.
    Away,
}

/// The facts that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct MiniContext {
    /// The main window is neither hidden nor minimised.
    pub(super) main_visible: bool,
    /// It has the keyboard.
    pub(super) main_focused: bool,
    /// The mini window is open.
    pub(super) open: bool,
    /// There is a video call, and the user wants the mini window whenever the main one is out of sight.
    pub(super) wanted: bool,
}

/// What happens to the mini window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MiniAction {
    Keep,
    Open,
    Close,
}

pub(super) fn decide(automatic: Automatic, facts: MiniContext, now: Instant) -> (Automatic, MiniAction) {
    let MiniContext { main_visible, main_focused, open, wanted } = facts;
    match automatic {
        Automatic::Away if main_visible => (Automatic::No, MiniAction::Close),
        Automatic::Leaving(since) if main_visible => {
            match main_focused && now.duration_since(since) >= MINIMISE_LIMIT {
                true => (Automatic::No, MiniAction::Close),
                false => (automatic, MiniAction::Keep),
            }
        }
        Automatic::Leaving(_) => (Automatic::Away, MiniAction::Keep),
        Automatic::No | Automatic::Away if !main_visible && wanted && !open => {
            (Automatic::Away, MiniAction::Open)
        }
        Automatic::No | Automatic::Away => (automatic, MiniAction::Keep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: MiniContext =
        MiniContext { main_visible: true, main_focused: false, open: true, wanted: true };
    const USED: MiniContext = MiniContext { main_focused: true, ..BACK };
    const AWAY: MiniContext = MiniContext { main_visible: false, ..BACK };

    #[test]
    fn it_stays_while_the_window_manager_minimises_and_goes_once_the_main_window_is_back() {
        let now = Instant::now();
        let leaving = Automatic::Leaving(now);
        assert_eq!(decide(leaving, BACK, now), (leaving, MiniAction::Keep));
        assert_eq!(decide(leaving, USED, now), (leaving, MiniAction::Keep));
        assert_eq!(decide(leaving, AWAY, now), (Automatic::Away, MiniAction::Keep));
        assert_eq!(decide(Automatic::Away, AWAY, now), (Automatic::Away, MiniAction::Keep));
        // Whether or not the window manager gave it the keyboard.
        assert_eq!(decide(Automatic::Away, BACK, now), (Automatic::No, MiniAction::Close));
    }

    #[test]
    fn a_main_window_that_never_left_does_not_keep_it_for_ever() {
        let now = Instant::now();
        let later = now + MINIMISE_LIMIT;
        let leaving = Automatic::Leaving(now);
        assert_eq!(decide(leaving, USED, later), (Automatic::No, MiniAction::Close));
        // On Wayland a minimised window counts as visible, and the mini window is all there is of the call.
        assert_eq!(decide(leaving, BACK, later), (leaving, MiniAction::Keep));
    }

    #[test]
    fn the_users_own_stays_beside_the_main_window() {
        let now = Instant::now();
        assert_eq!(decide(Automatic::No, BACK, now), (Automatic::No, MiniAction::Keep));
        assert_eq!(decide(Automatic::No, AWAY, now), (Automatic::No, MiniAction::Keep));
    }

    #[test]
    fn it_opens_for_a_main_window_out_of_sight_where_the_user_wants_that() {
        let now = Instant::now();
        let closed = MiniContext { open: false, ..AWAY };
        assert_eq!(decide(Automatic::No, closed, now), (Automatic::Away, MiniAction::Open));
        let unwanted = MiniContext { wanted: false, ..closed };
        assert_eq!(decide(Automatic::No, unwanted, now), (Automatic::No, MiniAction::Keep));
        let visible = MiniContext { main_visible: true, ..closed };
        assert_eq!(decide(Automatic::No, visible, now), (Automatic::No, MiniAction::Keep));
    }
}
