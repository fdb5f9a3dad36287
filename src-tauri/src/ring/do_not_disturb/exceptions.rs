//! Whose ring is heard and seen in spite of do-not-disturb. Pure: calls, people and the time go in.

use std::time::{Duration, SystemTime};

use bellwire_engine::{AccountId, AccountView, CallId, CallState, CallView, Direction, PersonId};

use crate::storage::settings::{Favourite, Settings};

/// Who calls again within this time means it.
const AGAIN: Duration = Duration::from_secs(180);
/// Calls remembered; the oldest go.
const REMEMBERED: usize = 64;

/// A person, as far as an account knows one.
type PersonKey = (AccountId, PersonId);

/// Who has called lately.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    came: Vec<Came>,
}

#[derive(Debug)]
struct Came {
    call: CallId,
    who: PersonKey,
    at: SystemTime,
    /// The same person had called shortly before.
    again: bool,
}

impl Callers {
    /// These calls are there now; the wall clock says `now`, also after a sleep.
    pub(crate) fn note(&mut self, calls: &[CallView], now: SystemTime) {
        for call in calls.iter().filter(|call| rings(call)) {
            if self.came.iter().any(|came| came.call == call.id) {
                continue;
            }
            let who = (call.account, call.peer.id.clone());
            // A clock that was set back tells nothing of what was before.
            let lately = |at: SystemTime| now.duration_since(at).is_ok_and(|since| since <= AGAIN);
            let again = self.came.iter().any(|came| came.who == who && lately(came.at));
            self.came.push(Came { call: call.id, who, at: now, again });
            if self.came.len() > REMEMBERED {
                self.came.remove(0);
            }
        }
    }

    /// Whether a call that rings is an exception to do-not-disturb.
    pub(crate) fn through(&self, call: &CallView, accounts: &[AccountView], settings: &Settings) -> bool {
        let again = || self.came.iter().any(|came| came.call == call.id && came.again);
        rings(call)
            && (settings.quiet_favourites && favourite(call, accounts, &settings.favourites)
                || settings.quiet_second_call && again())
    }
}

fn rings(call: &CallView) -> bool {
    call.direction == Direction::Incoming && matches!(call.state, CallState::Ringing { .. })
}

fn favourite(call: &CallView, accounts: &[AccountView], favourites: &[Favourite]) -> bool {
    let Some(account) = accounts.iter().find(|account| account.id == call.account) else { return false };
    favourites.iter().any(|one| {
        one.dialect == account.dialect && one.server == account.server && one.person == call.peer.id.0
    })
}

#[cfg(test)]
mod tests {
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
        let mut callers = Callers::default();
        for (id, person, second) in calls {
            callers.note(&[of(*id, person)], at(*second));
        }
        let (id, person, _) = calls[calls.len() - 1];
        callers.through(&of(id, person), &[account(1)], settings)
    }

    #[test]
    fn who_calls_again_within_three_minutes_is_heard() {
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
        let mut callers = Callers::default();
        callers.note(&[of(1, "ada")], at(0));
        let mut second = of(2, "ada");
        callers.note(std::slice::from_ref(&second), at(1));
        second.state = CallState::Connected;
        assert!(!callers.through(&second, &[], &Settings::default()));
    }
}
