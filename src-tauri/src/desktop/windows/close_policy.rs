//! The close policy of the main window, as a pure function.

/// The facts that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloseContext {
    pub(super) tray: bool,
    pub(super) in_call: bool,
    pub(super) close_to_tray: bool,
    /// The user has seen the explanation of closing to the tray.
    pub(super) explained: bool,
}

/// What closing does to the main window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseAction {
    /// The window stays and explains where the program would go.
    Explain,
    Hide,
    /// There is no tray to come back from.
    Minimise,
    Quit,
}

pub(super) fn decide(now: CloseContext) -> CloseAction {
    match now {
        // Closing a window never ends a call.
        CloseContext { in_call: true, tray: true, .. } => CloseAction::Hide,
        CloseContext { in_call: true, tray: false, .. } => CloseAction::Minimise,
        CloseContext { close_to_tray: false, .. } => CloseAction::Quit,
        CloseContext { tray: false, .. } => CloseAction::Minimise,
        CloseContext { explained: false, .. } => CloseAction::Explain,
        CloseContext { explained: true, .. } => CloseAction::Hide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_never_ended_by_closing() {
        for bits in 0..8_u8 {
            let now = CloseContext {
                tray: bits & 1 != 0,
                in_call: true,
                close_to_tray: bits & 2 != 0,
                explained: bits & 4 != 0,
            };
            assert_eq!(decide(now), if now.tray { CloseAction::Hide } else { CloseAction::Minimise });
        }
    }

    #[test]
    fn without_a_tray_nothing_vanishes() {
        let now = CloseContext { tray: false, in_call: false, close_to_tray: true, explained: false };
        assert_eq!(decide(now), CloseAction::Minimise);
        assert_eq!(decide(CloseContext { close_to_tray: false, ..now }), CloseAction::Quit);
    }

    #[test]
    fn the_first_time_is_explained() {
        let now = CloseContext { tray: true, in_call: false, close_to_tray: true, explained: false };
        assert_eq!(decide(now), CloseAction::Explain);
        assert_eq!(decide(CloseContext { explained: true, ..now }), CloseAction::Hide);
    }
}
