//! Cache of an account's STUN and TURN servers, whose credentials expire. Which of them a call uses is the
//! peer connection's business.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bellwire_signaling::Session;

/// ICE servers with credentials that expire: fetched ahead, renewed before a call or a restart needs them.
#[derive(Debug)]
pub(crate) struct IceCache {
    session: Session,
    known: Mutex<Option<Known>>,
}

/// Servers as a backend named them. Times are of the wall: the other clock stands still in a suspend.
#[derive(Clone, Debug)]
struct Known {
    servers: Vec<bellwire_peer::IceServer>,
    at: SystemTime,
    /// How long the credentials are good for; `None`: they do not expire.
    lives: Option<Duration>,
}

/// What servers are wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A new connection.
    Call,
    /// A running call looks for another path, and keeps what it gets for as long as it lasts.
    Restart,
}

impl Known {
    /// Where credentials do not expire, the servers may still change.
    const UNDATED_TTL: Duration = Duration::from_secs(300);
    /// What a call must get out of credentials that live longer than this.
    const MIN_LEFT: Duration = Duration::from_secs(60);
    /// A restart that follows the last fetch so soon takes what came then.
    const RECENT_FETCH: Duration = Duration::from_secs(10);

    fn age(&self, now: SystemTime) -> Option<Duration> {
        // `None`: the clock was set back, and nothing is known of their age.
        now.duration_since(self.at).ok()
    }

    fn is_fresh(&self, wanted: Use, now: SystemTime) -> bool {
        let Some(age) = self.age(now) else { return false };
        let lives = self.lives.unwrap_or(Self::UNDATED_TTL);
        let left = lives.saturating_sub(age);
        let good = age < lives * 4 / 5 && (lives <= Self::MIN_LEFT || left >= Self::MIN_LEFT);
        match wanted {
            Use::Call => good,
            Use::Restart => good && (age < Self::RECENT_FETCH || self.lives.is_none()),
        }
    }

    fn is_usable(&self, now: SystemTime) -> bool {
        match (self.lives, self.age(now)) {
            (None, _) => true,
            (Some(lives), Some(age)) => age < lives,
            (Some(_), None) => false,
        }
    }
}

impl IceCache {
    /// A call is not held up longer than this for want of a TURN address.
    const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

    pub(crate) fn new(session: Session) -> Self {
        Self { session, known: Mutex::new(None) }
    }

    /// Certificate authorities, as PEM, that relays are trusted by besides those of the system.
    pub(crate) fn roots(&self) -> Vec<String> {
        self.session.extra_roots()
    }

    pub(crate) async fn servers(&self, wanted: Use) -> Vec<bellwire_peer::IceServer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = &known
            && known.is_fresh(wanted, SystemTime::now())
        {
            return known.servers.clone();
        }
        match tokio::time::timeout(Self::FETCH_TIMEOUT, self.session.ice_servers()).await {
            Ok(Ok(list)) => {
                let server = |s: bellwire_signaling::IceServer| bellwire_peer::IceServer {
                    urls: s.urls,
                    username: s.username.unwrap_or_default(),
                    credential: s.credential.unwrap_or_default(),
                };
                let servers: Vec<_> = list.servers.into_iter().map(server).collect();
                let lives = list.ttl_s.map(Duration::from_secs);
                let fetched = Known { servers: servers.clone(), at: SystemTime::now(), lives };
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
                servers
            }
            Ok(Err(_)) | Err(_) => {
                let usable = known.filter(|known| known.is_usable(SystemTime::now()));
                usable.map(|known| known.servers).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn known(lives: Option<u64>) -> Known {
        Known { servers: Vec::new(), at: at(1000), lives: lives.map(Duration::from_secs) }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn credentials_are_renewed_before_they_end() {
        for (lives, fresh_until) in [(600, 480), (20, 16), (60, 48), (100, 40), (86_400, 69_120)] {
            let known = known(Some(lives));
            assert!(known.is_fresh(Use::Call, at(1000 + fresh_until - 1)), "{lives}");
            assert!(!known.is_fresh(Use::Call, at(1000 + fresh_until + 1)), "{lives}");
            assert!(known.is_usable(at(1000 + lives - 1)) && !known.is_usable(at(1000 + lives)), "{lives}");
        }
        assert!(known(None).is_usable(at(1_000_000)) && !known(None).is_fresh(Use::Call, at(1300)));
    }

    #[test]
    fn a_restart_takes_new_ones() {
        assert!(!known(Some(600)).is_fresh(Use::Restart, at(1045)));
        assert!(known(Some(600)).is_fresh(Use::Restart, at(1005)));
        assert!(!known(Some(5)).is_fresh(Use::Restart, at(1005)));
        assert!(known(None).is_fresh(Use::Restart, at(1045)), "what does not end need not be renewed");
    }

    #[test]
    fn a_clock_that_was_set_back_proves_nothing() {
        assert!(!known(Some(600)).is_fresh(Use::Call, at(10)) && !known(Some(600)).is_usable(at(10)));
    }
}
