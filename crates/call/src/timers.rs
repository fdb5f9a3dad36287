//! Timer table of a call or of a member: every deadline. It reads no clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How much longer than the backend rings we wait for it to say `Missed`.
pub(crate) const RING_SLACK: Duration = Duration::from_secs(2);
/// How long a waiting caller's alert lasts; the wait itself has no limit.
pub(crate) const ROOM_ALERT: Duration = Duration::from_secs(47);
/// From consent to the first media.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two tries to find a new path, and how long one may take to come up.
pub(crate) const ICE_RESTART_INTERVAL: Duration = Duration::from_secs(5);
/// How long a call that had media may be without: a tunnel, a lift, a router that starts anew. Whoever does
/// not want to wait hangs up.
pub(crate) const MEDIA_LOST_TIMEOUT: Duration = Duration::from_secs(90);
/// How long the other side may be out of the room while its media still flows.
pub(crate) const PEER_GONE_TIMEOUT_WITH_MEDIA: Duration = Duration::from_secs(30);
/// The same when the media that flowed is lost as well: the whole network of theirs may be away.
pub(crate) const PEER_GONE_TIMEOUT_MEDIA_LOST: Duration = Duration::from_secs(60);
/// The same before media flows.
pub(crate) const PEER_GONE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long we stay in the room of a call after the last other member has left it.
pub(crate) const ALONE_TIMEOUT: Duration = Duration::from_secs(60);
/// Before a connection to one of several members that failed is tried anew.
pub(crate) const MEMBER_RETRY_INTERVAL: Duration = Duration::from_secs(10);
/// How long an ended call stays in view.
pub(crate) const ENDED_CALL_SHOWN: Duration = Duration::from_secs(10);

/// What a deadline of a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallTimer {
    Ring,
    Alone,
    Dismiss,
}

/// What a deadline of a member is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MemberTimer {
    Connect,
    RepeatOffer,
    Restart,
    Lost,
    PeerGone,
    Retry,
}

/// At most one deadline per purpose; setting one again moves it.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    due: BTreeMap<T, Instant>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { due: BTreeMap::new() }
    }
}

impl<T: Copy + Ord> Timers<T> {
    pub(crate) fn set(&mut self, timer: T, at: Instant) {
        self.due.insert(timer, at);
    }

    pub(crate) fn clear(&mut self, timer: T) {
        self.due.remove(&timer);
    }

    pub(crate) fn clear_all(&mut self) {
        self.due.clear();
    }

    pub(crate) fn is_set(&self, timer: T) -> bool {
        self.due.contains_key(&timer)
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Takes out the earliest deadline that has been reached.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<T> {
        let (timer, at) = self.due.iter().map(|(timer, at)| (*timer, *at)).min_by_key(|(_, at)| *at)?;
        (at <= now).then(|| {
            self.due.remove(&timer);
            timer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a starting point for stepped time")]
    fn deadlines_expire_in_their_order_and_once() {
        let start = Instant::now();
        let mut timers = Timers::default();
        timers.set(CallTimer::Ring, start + ROOM_ALERT);
        timers.set(CallTimer::Alone, start + CONNECT_TIMEOUT);
        assert_eq!(timers.next(), Some(start + CONNECT_TIMEOUT));
        assert_eq!(timers.expired(start), None);
        assert_eq!(timers.expired(start + ROOM_ALERT), Some(CallTimer::Alone));
        assert_eq!(timers.expired(start + ROOM_ALERT), Some(CallTimer::Ring));
        assert_eq!(timers.expired(start + ROOM_ALERT), None);
        assert_eq!(timers.next(), None);
    }
}
