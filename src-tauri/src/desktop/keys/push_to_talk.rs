//! Push-to-talk as a state machine: time goes in, what the microphone should be comes out.

use tokio::time::Instant;

/// The key, and what the microphone was before it.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// While the key is held and a moment longer.
    before: Option<bool>,
    /// When that moment is over.
    until: Option<Instant>,
}

impl Talk {
    /// Still heard because of the key.
    pub(super) fn on(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.until
    }

    /// Returns what the microphone should be from now on.
    pub(super) fn pressed(&mut self, in_call: bool, microphone: bool) -> Option<bool> {
        self.until = None;
        if !in_call || self.before.is_some() {
            return None;
        }
        self.before = Some(microphone);
        (!microphone).then_some(true)
    }

    /// The key is up; one is heard until then.
    pub(super) fn released(&mut self, until: Instant) {
        if self.before.is_some() {
            self.until = Some(until);
        }
    }

    pub(super) fn elapsed(&mut self, now: Instant) -> Option<bool> {
        if self.until.is_none_or(|until| now < until) {
            return None;
        }
        self.over()
    }

    /// The call is over, or the moment after the key: all is as before.
    pub(super) fn over(&mut self) -> Option<bool> {
        self.until = None;
        let before = self.before.take()?;
        (!before).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const TAIL: Duration = Duration::from_millis(300);

    #[test]
    fn one_is_heard_while_the_key_is_held_and_a_moment_longer() {
        let start = Instant::now();
        let mut talk = Talk::default();
        assert_eq!(talk.pressed(true, false), Some(true));
        assert!(talk.on() && talk.due().is_none());
        talk.released(start + TAIL);
        assert!(talk.on());
        assert_eq!(talk.elapsed(start), None);
        assert_eq!(talk.elapsed(start + TAIL), Some(false));
        assert!(!talk.on());
    }

    #[test]
    fn an_open_microphone_stays_open() {
        let start = Instant::now();
        let mut talk = Talk::default();
        assert_eq!(talk.pressed(true, true), None);
        talk.released(start);
        assert_eq!(talk.elapsed(start), None);
        assert!(!talk.on());
    }

    #[test]
    fn pressing_again_within_the_moment_goes_on() {
        let start = Instant::now();
        let mut talk = Talk::default();
        talk.pressed(true, false);
        talk.released(start + TAIL);
        assert_eq!(talk.pressed(true, true), None, "the microphone is on because of us");
        assert_eq!(talk.due(), None);
        talk.released(start + TAIL);
        assert_eq!(talk.elapsed(start + TAIL), Some(false));
    }

    #[test]
    fn outside_a_call_nothing_happens_and_its_end_restores() {
        let mut talk = Talk::default();
        assert_eq!(talk.pressed(false, false), None);
        talk.released(Instant::now());
        assert!(!talk.on() && talk.due().is_none());
        talk.pressed(true, false);
        assert_eq!(talk.over(), Some(false));
        assert_eq!(talk.over(), None);
    }
}
