//! What becomes of the main window when it is closed, as a pure function.

/// What it depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) tray: bool,
    pub(super) in_call: bool,
    pub(super) close_to_tray: bool,
    /// Somebody was told already where the program goes.
    pub(super) explained: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// It stays, and says where the program would go.
    Explain,
    Hide,
    /// There is no tray to come back from.
    Minimise,
    Quit,
}

pub(super) fn decide(now: Now) -> Closing {
    match now {
        // A call never ends without a word.
        Now { in_call: true, tray: true, .. } => Closing::Hide,
        Now { in_call: true, tray: false, .. } => Closing::Minimise,
        Now { close_to_tray: false, .. } => Closing::Quit,
        Now { tray: false, .. } => Closing::Minimise,
        Now { explained: false, .. } => Closing::Explain,
        Now { explained: true, .. } => Closing::Hide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_never_ended_by_closing() {
        for bits in 0..8_u8 {
            let now = Now {
                tray: bits & 1 != 0,
                in_call: true,
                close_to_tray: bits & 2 != 0,
                explained: bits & 4 != 0,
            };
            assert_eq!(decide(now), if now.tray { Closing::Hide } else { Closing::Minimise });
        }
    }

    #[test]
    fn without_a_tray_nothing_vanishes() {
        let now = Now { tray: false, in_call: false, close_to_tray: true, explained: false };
        assert_eq!(decide(now), Closing::Minimise);
        assert_eq!(decide(Now { close_to_tray: false, ..now }), Closing::Quit);
    }

    #[test]
    fn the_first_time_is_explained() {
        let now = Now { tray: true, in_call: false, close_to_tray: true, explained: false };
        assert_eq!(decide(now), Closing::Explain);
        assert_eq!(decide(Now { explained: true, ..now }), Closing::Hide);
    }
}
