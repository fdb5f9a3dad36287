//! Watchdog of the path: notices silence sooner than ICE does, and an ICE restart that does not come up,
//! which ICE reports after half a minute only. Sans-IO.
//!
//! The ICE agent underneath never leaves a selected pair (it waits for consent to run out, 5 s and
//! more), while the other side may long be sending elsewhere. Silence counts only while we send:
//! a side that sends media gets transport feedback many times a second, one that does not
//! may rightly hear nothing. How long is too long follows from how regularly something came of late:
//! a muted caller or one without transport feedback is heard seldom, and no path is dead for that.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Silence that counts where something came all the time. Longer than the queue of a slow link (300 ms) and
/// a burst of losses, so that only a path that carries nothing reaches it.
pub(crate) const MIN_SILENCE: Duration = Duration::from_millis(800);
/// Silence that counts while little is known of how often the other side is heard.
pub(crate) const UNKNOWN_SILENCE: Duration = Duration::from_secs(2);
/// Beyond this ICE itself notices soon.
pub(crate) const MAX_SILENCE: Duration = Duration::from_secs(4);
/// How long a connection that was up may look for a new path before it counts as silent.
pub(crate) const RESTART_TIMEOUT: Duration = Duration::from_secs(4);
/// Silence is this many times the longest wait of late.
const WAITS_PER_SILENCE: u32 = 3;
/// How long a wait is remembered.
const MEMORY: Duration = Duration::from_secs(10);
/// Ticks in which something was heard, before the waits say how regularly that happens.
const ENOUGH_TICKS: usize = 5;
/// A tick this late means that the machine was busy or slept, and packets may lie unread in our own sockets.
const STALL: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Silent,
    Back,
}

/// What was seen of the other side since the tick before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    /// When the first packet went out after the last one that came in.
    pub(crate) unheard_since: Option<Instant>,
    /// The longest that something of ours was out before a packet came in; zero if none came.
    pub(crate) longest_wait: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Watchdog {
    silent: bool,
    /// Since when it has been connected, or else not; `None` until it is so for the first time, since
    /// only one who had a path can miss it.
    path: Option<(bool, Instant)>,
    ticked: Option<Instant>,
    /// Silence does not count from before this: we were not there to hear.
    stalled_until: Option<Instant>,
    waits: VecDeque<(Instant, Duration)>,
    /// When our address went away; until a new path comes up or something is heard all the same.
    address_lost: Option<Instant>,
}

impl Watchdog {
    pub(crate) fn tick(&mut self, now: Instant, connected: bool, heard: Heard) -> Option<Change> {
        let since = |at: Instant| now.saturating_duration_since(at);
        if self.ticked.replace(now).is_some_and(|at| since(at) >= STALL) {
            self.stalled_until = Some(now);
        }
        match self.path {
            None if !connected => return None,
            Some((up, _)) if up == connected => {}
            None | Some(_) => {
                self.path = Some((connected, now));
                // Another path has a rhythm of its own, and addresses too.
                self.waits.clear();
                self.address_lost = self.address_lost.filter(|_| !connected);
            }
        }
        // What was under way when it went may still come.
        if self.address_lost.is_some_and(|at| since(at) > STALL) && !heard.longest_wait.is_zero() {
            self.address_lost = None;
        }
        let so_for = self.path.map_or(Duration::ZERO, |(_, at)| since(at));
        // What went out before the path came up says nothing of its rhythm.
        self.learn(now, heard.longest_wait.min(so_for));
        let silent = if connected {
            let present = self.stalled_until.map_or(so_for, since);
            // Whatever came in resets `unheard_since`, so "short" means "heard again".
            let silence = heard.unheard_since.map_or(Duration::ZERO, since).min(so_for).min(present);
            silence >= self.limit()
        } else {
            self.silent || so_for >= RESTART_TIMEOUT
        };
        let silent = silent || self.address_lost.is_some();
        match (std::mem::replace(&mut self.silent, silent), silent) {
            (false, true) => Some(Change::Silent),
            (true, false) => Some(Change::Back),
            (false, false) | (true, true) => None,
        }
    }

    /// The address that the path begins at is gone: the path is silent from the next tick on.
    pub(crate) fn address_lost(&mut self, now: Instant) {
        self.address_lost = Some(now);
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    fn learn(&mut self, now: Instant, wait: Duration) {
        while self.waits.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > MEMORY) {
            self.waits.pop_front();
        }
        if !wait.is_zero() {
            self.waits.push_back((now, wait));
        }
    }

    /// The silence that counts. An outage that ended by itself may also have been a rare speaker: it makes
    /// us as patient as that for a while.
    fn limit(&self) -> Duration {
        if self.waits.len() < ENOUGH_TICKS {
            return UNKNOWN_SILENCE;
        }
        let longest = self.waits.iter().map(|(_, wait)| *wait).max().unwrap_or_default();
        longest.saturating_mul(WAITS_PER_SILENCE).clamp(MIN_SILENCE, MAX_SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: u64 = 100;

    /// A watchdog in stepped time, in front of someone who is heard at the given instants.
    struct Scene {
        dog: Watchdog,
        start: Instant,
        now: u64,
        /// Since when something is out unheard.
        unheard: Option<u64>,
        changes: Vec<(u64, Change)>,
    }

    impl Scene {
        fn new() -> Self {
            Self {
                dog: Watchdog::default(),
                start: Instant::now(),
                now: 0,
                unheard: None,
                changes: Vec::new(),
            }
        }

        fn at(&self, ms: u64) -> Instant {
            self.start + Duration::from_millis(ms)
        }

        /// Up to `until`, something of ours out every 20 ms and heard every `heard_every`; 0: nothing is heard.
        fn pass(&mut self, until: u64, heard_every: u64, connected: bool) -> &mut Self {
            let mut wait = 0;
            while self.now < until {
                self.now += 10;
                if self.now.is_multiple_of(20) {
                    self.unheard = self.unheard.or(Some(self.now));
                }
                if heard_every > 0 && self.now.is_multiple_of(heard_every) {
                    wait = wait.max(self.unheard.take().map_or(0, |at| self.now - at));
                }
                if self.now.is_multiple_of(TICK) {
                    self.tick(connected, std::mem::take(&mut wait));
                }
            }
            self
        }

        fn tick(&mut self, connected: bool, wait: u64) {
            let heard = Heard {
                unheard_since: self.unheard.map(|at| self.at(at)),
                longest_wait: Duration::from_millis(wait),
            };
            let now = self.at(self.now);
            if let Some(change) = self.dog.tick(now, connected, heard) {
                self.changes.push((self.now, change));
            }
        }
    }

    #[test]
    fn where_feedback_is_regular_silence_is_noticed_within_a_second_and_once() {
        let mut scene = Scene::new();
        scene.pass(5_000, 50, true).pass(9_000, 0, true).pass(10_000, 50, true);
        let [(silent, Change::Silent), (back, Change::Back)] = scene.changes[..] else {
            panic!("{:?}", scene.changes)
        };
        assert!((5_800..=5_950).contains(&silent), "{silent}");
        assert!((9_000..=9_200).contains(&back), "{back}");
    }

    #[test]
    fn one_who_is_seldom_heard_is_given_time() {
        // A muted caller: a packet every 400 ms; one that sends receiver reports alone: every 1.2 s.
        for (every, least) in [(400, 1_100), (1_200, 3_400)] {
            let mut scene = Scene::new();
            scene.pass(24_000, every, true);
            assert_eq!(scene.changes, [], "heard every {every} ms");
            scene.pass(30_000, 0, true);
            let [(at, Change::Silent)] = scene.changes[..] else { panic!("{:?}", scene.changes) };
            assert!((24_000 + least..24_000 + 4_200).contains(&at), "{every}: {at}");
        }
    }

    #[test]
    fn a_burst_of_losses_and_a_full_queue_are_no_silence() {
        let mut scene = Scene::new();
        scene.pass(5_000, 50, true).pass(5_700, 0, true).pass(6_000, 50, true);
        assert_eq!(scene.changes, []);
    }

    #[test]
    fn before_anything_is_known_silence_takes_two_seconds() {
        let mut scene = Scene::new();
        scene.pass(300, 50, true).pass(2_200, 0, true);
        assert_eq!(scene.changes, []);
        scene.pass(2_600, 0, true);
        assert!(matches!(scene.changes[..], [(2_300..=2_500, Change::Silent)]), "{:?}", scene.changes);
    }

    #[test]
    fn while_we_are_not_there_nobody_is_silent() {
        let mut scene = Scene::new();
        scene.pass(5_000, 50, true);
        scene.now = 35_000;
        scene.unheard = Some(5_020);
        scene.tick(true, 0);
        scene.pass(35_500, 50, true);
        assert_eq!(scene.changes, [], "the machine slept");
    }

    #[test]
    fn what_is_not_sent_is_not_missed() {
        let mut scene = Scene::new();
        scene.pass(5_000, 50, true);
        scene.unheard = None;
        for _ in 0..100 {
            scene.now += TICK;
            scene.tick(true, 0);
        }
        assert_eq!(scene.changes, []);
    }

    #[test]
    fn an_outage_is_not_taken_for_the_rhythm_of_the_path_after_it() {
        let mut scene = Scene::new();
        scene.pass(5_000, 50, true).pass(8_000, 0, true).pass(8_200, 0, false).pass(12_000, 50, true);
        scene.changes.clear();
        scene.pass(13_000, 0, true);
        assert!(matches!(scene.changes[..], [(12_800..=12_950, Change::Silent)]), "{:?}", scene.changes);
    }

    #[test]
    fn without_its_address_a_path_is_silent_at_once() {
        let mut scene = Scene::new();
        scene.pass(5_000, 50, true);
        scene.dog.address_lost(scene.at(5_000));
        scene.pass(5_200, 0, true);
        assert_eq!(scene.changes, [(5_100, Change::Silent)]);
        scene.pass(5_400, 0, false).pass(6_000, 50, true);
        assert_eq!(scene.changes.split_off(1), [(5_500, Change::Back)], "a new path");
        // It was not that address.
        scene.dog.address_lost(scene.at(6_000));
        scene.pass(7_000, 50, true);
        assert!(matches!(scene.changes[1..], [(6_100, Change::Silent), (6_400, Change::Back)]));
    }

    #[test]
    fn a_restarted_path_that_does_not_come_up_is_silent_and_one_that_does_is_not() {
        let mut scene = Scene::new();
        scene.pass(1_000, 50, true).pass(5_000, 0, false);
        assert_eq!(scene.changes, []);
        scene.pass(9_000, 0, false);
        assert!(matches!(scene.changes[..], [(5_100, Change::Silent)]), "{:?}", scene.changes);
        scene.changes.clear();
        scene.pass(10_000, 50, true);
        assert!(matches!(scene.changes[..], [(9_100, Change::Back)]), "{:?}", scene.changes);
        // What went out while there was no path says nothing about the new one.
        scene.changes.clear();
        scene.pass(11_000, 0, false).pass(12_900, 0, true);
        assert_eq!(scene.changes, []);
        scene.pass(13_200, 0, true);
        assert!(matches!(scene.changes[..], [(13_100, Change::Silent)]), "{:?}", scene.changes);
    }

    #[test]
    fn one_not_yet_connected_is_not_silent() {
        let mut scene = Scene::new();
        scene.pass(60_000, 0, false);
        assert_eq!(scene.changes, []);
    }
}
