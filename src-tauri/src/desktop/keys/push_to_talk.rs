//! Push-to-talk as a state machine: key events and time in, microphone state out.

use tokio::time::Instant;

/// The key, and the state of the microphone before it.
#[derive(Debug, Default)]
pub(super) struct PushToTalk {
    /// While the key is held, and during the release delay.
    before: Option<bool>,
    /// The end of the release delay.
    until: Option<Instant>,
}

impl PushToTalk {
    /// The microphone is on because of the key.
    pub(super) fn on(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.until
    }

    /// Returns the new state of the microphone, if it changes.
    pub(super) fn pressed(&mut self, in_call: bool, microphone: bool) -> Option<bool> {
        self.until = None;
        if !in_call || self.before.is_some() {
            return None;
        }
        self.before = Some(microphone);
        (!microphone).then_some(true)
    }

    /// The key was released; the microphone stays on until then.
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

    /// The end of the call or of the release delay: restores the microphone.
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
        let mut talk = PushToTalk::default();
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
        let mut talk = PushToTalk::default();
        assert_eq!(talk.pressed(true, true), None);
        talk.released(start);
        assert_eq!(talk.elapsed(start), None);
        assert!(!talk.on());
    }

    #[test]
    fn pressing_again_within_the_moment_goes_on() {
        let start = Instant::now();
        let mut talk = PushToTalk::default();
        talk.pressed(true, false);
        talk.released(start + TAIL);
        assert_eq!(talk.pressed(true, true), None, "the microphone is on because of us");
        assert_eq!(talk.due(), None);
        talk.released(start + TAIL);
        assert_eq!(talk.elapsed(start + TAIL), Some(false));
    }

    #[test]
    fn outside_a_call_nothing_happens_and_its_end_restores() {
        let mut talk = PushToTalk::default();
        assert_eq!(talk.pressed(false, false), None);
        talk.released(Instant::now());
        assert!(!talk.on() && talk.due().is_none());
        talk.pressed(true, false);
        assert_eq!(talk.over(), Some(false));
        assert_eq!(talk.over(), None);
    }
}
