//! Exceptions to do-not-disturb: favourites and repeated callers. Pure.

use std::time::{Duration, SystemTime};

use bellwire_engine::{AccountId, AccountView, CallId, CallView, Direction, PersonId};

use crate::storage::settings::{Favourite, Settings};

/// A second call by the same person within this time is an exception.
const REPEATED_CALL_WINDOW: Duration = Duration::from_secs(180);
/// Calls remembered; the oldest go.
const MAX_REMEMBERED_CALLS: usize = 64;

/// A person, as far as an account knows one.
type PersonKey = (AccountId, PersonId);

/// The recent callers.
#[derive(Debug, Default)]
pub(crate) struct RecentCallers {
    recent: Vec<RecentCall>,
}

#[derive(Debug)]
struct RecentCall {
    call: CallId,
    who: PersonKey,
    at: SystemTime,
    /// The same person had called within the window.
    repeated: bool,
}

impl RecentCallers {
    /// Takes in the present calls; `now` is wall-clock time, valid also after suspend.
    pub(crate) fn update(&mut self, calls: &[CallView], now: SystemTime) {
        for call in calls.iter().filter(|call| rings(call)) {
            if self.recent.iter().any(|recent| recent.call == call.id) {
                continue;
            }
            let who = (call.account, call.peer.id.clone());
            // Unknown if the clock was set back.
            let lately =
                |at: SystemTime| now.duration_since(at).is_ok_and(|since| since <= REPEATED_CALL_WINDOW);
            let repeated = self.recent.iter().any(|recent| recent.who == who && lately(recent.at));
            self.recent.push(RecentCall { call: call.id, who, at: now, repeated });
            if self.recent.len() > MAX_REMEMBERED_CALLS {
                self.recent.remove(0);
            }
        }
    }

    /// Whether a call that rings is an exception to do-not-disturb.
    pub(crate) fn bypasses(&self, call: &CallView, accounts: &[AccountView], settings: &Settings) -> bool {
        let repeated = || self.recent.iter().any(|recent| recent.call == call.id && recent.repeated);
        rings(call)
            && (settings.quiet_favourites && favourite(call, accounts, &settings.favourites)
                || settings.quiet_second_call && repeated())
    }
}

fn rings(call: &CallView) -> bool {
    call.direction == Direction::Incoming && call.state.is_ringing()
}

fn favourite(call: &CallView, accounts: &[AccountView], favourites: &[Favourite]) -> bool {
    let Some(account) = accounts.iter().find(|account| account.id == call.account) else { return false };
    favourites.iter().any(|one| {
        one.dialect == account.dialect && one.server == account.server && one.person == call.peer.id.0
    })
}

#[cfg(test)]
mod tests {
    use bellwire_engine::CallState;

    use super::*;
    use crate::ring::ringing::tests::{account, call};

    const RINGING: CallState = CallState::Ringing { silenced: false };

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    /// A call of person `person`.
    fn of(id: u64, person: &str) -> CallView {
        let mut call = call(id, RINGING);
        call.peer.id = PersonId(person.into());
        call
    }

    /// Whether the last of these calls, each at its second, rings through.
    fn last_rings(calls: &[(u64, &str, u64)], settings: &Settings) -> bool {
        let mut callers = RecentCallers::default();
        for (id, person, second) in calls {
            callers.update(&[of(*id, person)], at(*second));
        }
        let (id, person, _) = calls[calls.len() - 1];
        callers.bypasses(&of(id, person), &[account(1)], settings)
    }

    #[test]
    fn a_repeated_call_within_three_minutes_is_heard() {
        let settings = Settings::default();
        assert!(!last_rings(&[(1, "ada", 0)], &settings));
        assert!(last_rings(&[(1, "ada", 0), (2, "ada", 180)], &settings));
        assert!(!last_rings(&[(1, "ada", 0), (2, "ada", 181)], &settings));
        assert!(!last_rings(&[(1, "ada", 0), (2, "bob", 10)], &settings));
        assert!(!last_rings(&[(1, "ada", 0), (1, "ada", 10)], &settings), "the same call goes on");
        assert!(!last_rings(&[(1, "ada", 60), (2, "ada", 0)], &settings), "the clock was set back");
        let off = Settings { quiet_second_call: false, ..settings };
        assert!(!last_rings(&[(1, "ada", 0), (2, "ada", 10)], &off));
    }

    #[test]
    fn favourites_are_heard_on_their_account_only() {
        let favourite = |server: &str| Favourite {
            dialect: "storefront".into(),
            server: server.into(),
            person: "ada".into(),
            name: "Ada".into(),
        };
        let of = |server: &str, on: bool| Settings {
            favourites: vec![favourite(server)],
            quiet_favourites: on,
            ..Settings::default()
        };
        assert!(last_rings(&[(1, "ada", 0)], &of("s1", true)));
        assert!(!last_rings(&[(1, "ada", 0)], &of("elsewhere", true)));
        assert!(!last_rings(&[(1, "bob", 0)], &of("s1", true)));
        assert!(!last_rings(&[(1, "ada", 0)], &of("s1", false)));
    }

    #[test]
    fn only_what_rings_here_is_an_exception() {
        let mut callers = RecentCallers::default();
        callers.update(&[of(1, "ada")], at(0));
        let mut second = of(2, "ada");
        callers.update(std::slice::from_ref(&second), at(1));
        second.state = CallState::Connected;
        assert!(!callers.bypasses(&second, &[], &Settings::default()));
    }
}
