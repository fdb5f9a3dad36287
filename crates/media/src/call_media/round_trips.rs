//! Round trips to the members of a call. What is sent is encoded once for all, so the longest one counts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::member::MemberNumber;
use crate::audio::PathControl;

/// Round trips by member, and who is told of the longest.
#[derive(Debug)]
pub(super) struct RoundTrips {
    /// `None`: that member has no path yet.
    known: Mutex<Vec<(MemberNumber, Option<Duration>)>>,
    audio: Option<PathControl>,
    /// For the sender of pictures, ms.
    video_ms: Arc<AtomicU32>,
}

impl RoundTrips {
    pub(super) fn new(audio: Option<PathControl>, video_ms: Arc<AtomicU32>) -> Self {
        Self { known: Mutex::default(), audio, video_ms }
    }

    pub(super) fn join(&self, member: MemberNumber) {
        self.lock().push((member, None));
    }

    /// Takes one in; one of a member who left is ignored.
    pub(super) fn set(&self, member: MemberNumber, round_trip: Duration) {
        let mut known = self.lock();
        if let Some((_, of_member)) = known.iter_mut().find(|(number, _)| *number == member) {
            *of_member = Some(round_trip);
            self.tell(&known);
        }
    }

    /// The member leaves. The last known round trip stays until others are known.
    pub(super) fn forget(&self, member: MemberNumber) {
        let mut known = self.lock();
        known.retain(|(number, _)| *number != member);
        self.tell(&known);
    }

    fn tell(&self, known: &[(MemberNumber, Option<Duration>)]) {
        let Some(longest) = known.iter().filter_map(|(_, round_trip)| *round_trip).max() else { return };
        self.video_ms.store(u32::try_from(longest.as_millis()).unwrap_or(u32::MAX), Ordering::Relaxed);
        if let Some(audio) = &self.audio {
            audio.set_round_trip(longest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(MemberNumber, Option<Duration>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_round_trip_counts_and_leaves_with_its_member() {
        let video_ms = Arc::new(AtomicU32::new(0));
        let trips = RoundTrips::new(None, video_ms.clone());
        let longest = || video_ms.load(Ordering::Relaxed);
        let [near, far, silent] = [1, 2, 3].map(MemberNumber::from);
        [near, far, silent].into_iter().for_each(|member| trips.join(member));
        trips.set(near, Duration::from_millis(30));
        trips.set(far, Duration::from_millis(180));
        assert_eq!(longest(), 180);
        trips.set(far, Duration::from_millis(150));
        assert_eq!(longest(), 150, "it may get shorter");
        trips.forget(far);
        assert_eq!(longest(), 30);
        trips.set(far, Duration::from_millis(900));
        assert_eq!(longest(), 30, "who left has no path");
        trips.forget(near);
        assert_eq!(longest(), 30, "nothing better is known of who is still without a path");
    }
}
