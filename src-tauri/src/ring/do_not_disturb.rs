//! Do-not-disturb: switched on by the user, by a schedule, or by the system. Gives the reason why nothing
//! rings; `ringing.rs` decides what that means for a call.

mod exceptions;
pub(crate) mod expiry;
#[cfg(target_os = "linux")]
mod linux;
mod schedule;
#[cfg(not(target_os = "linux"))]
mod unsupported;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tracing::info;

pub(crate) use exceptions::RecentCallers;
#[cfg(target_os = "linux")]
pub(crate) use linux::follow as follow_system;
#[cfg(not(target_os = "linux"))]
pub(crate) use unsupported::follow as follow_system;

use crate::shell_state::{Quiet, ShellState};
use crate::storage::settings::Settings;
use schedule::LocalTime;

/// How often the clock is read: changes of the clock or the time zone are not signalled.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The reason why nothing rings; the user's own switch comes first.
fn quiet(settings: &Settings, utc: OffsetDateTime, now: Option<LocalTime>, system: bool) -> Quiet {
    if expiry::in_force(settings, utc) {
        Quiet::Own
    } else if now.is_some_and(|now| schedule::within(&settings.quiet_hours, now)) {
        Quiet::Hours
    } else if settings.follow_system_quiet && system {
        Quiet::System
    } else {
        Quiet::Off
    }
}

/// The state at the start, before the system's is known.
pub(crate) fn at_start(settings: &Settings) -> Quiet {
    quiet(settings, OffsetDateTime::now_utc(), schedule::now(), false)
}

/// Keeps [`ShellState::quiet`] up to date.
pub(crate) async fn follow(
    mut settings: watch::Receiver<Arc<Settings>>,
    mut system: watch::Receiver<bool>,
    shell_state: Arc<ShellState>,
) {
    let mut look = tokio::time::interval(CLOCK_POLL_INTERVAL);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = shell_state.current().quiet;
    loop {
        let system_now = *system.borrow_and_update();
        let now =
            quiet(&settings.borrow_and_update(), OffsetDateTime::now_utc(), schedule::now(), system_now);
        if now != before {
            info!(quiet = ?now, "Do-not-disturb");
            before = now;
        }
        shell_state.quiet(now);
        let by_the_clock = {
            let settings = settings.borrow();
            settings.quiet_hours.on || settings.do_not_disturb && settings.quiet_until.is_some()
        };
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            Ok(()) = system.changed() => {}
            _ = look.tick(), if by_the_clock => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-28 12:00 UTC);

    #[test]
    fn the_first_reason_is_said() {
        let night = LocalTime { weekday: 0, minute: 23 * 60 };
        let mut settings = Settings::default();
        assert_eq!(quiet(&settings, NOW, Some(night), false), Quiet::Off);
        assert_eq!(quiet(&settings, NOW, Some(night), true), Quiet::System);
        settings.quiet_hours.on = true;
        assert_eq!(quiet(&settings, NOW, Some(night), true), Quiet::Hours);
        assert_eq!(quiet(&settings, NOW, None, false), Quiet::Off, "no local time, no hours");
        settings.do_not_disturb = true;
        assert_eq!(quiet(&settings, NOW, Some(night), true), Quiet::Own);
        settings.quiet_until = Some("2026-11-28T12:00:00Z".into());
        assert_eq!(quiet(&settings, NOW, Some(night), true), Quiet::Hours, "its end uncovers the next");
    }

    #[test]
    fn the_system_is_followed_only_if_wanted() {
        let settings = Settings { follow_system_quiet: false, ..Settings::default() };
        assert_eq!(quiet(&settings, NOW, None, true), Quiet::Off);
    }

    #[tokio::test]
    async fn every_change_is_followed_at_once() {
        let (set, settings) = watch::channel(Arc::new(Settings::default()));
        let (busy, system) = watch::channel(false);
        let shell_state = Arc::new(ShellState::default());
        let mut seen = shell_state.subscribe();
        let following = tokio::spawn(follow(settings, system, Arc::clone(&shell_state)));
        let patience = Duration::from_secs(30);

        busy.send_replace(true);
        tokio::time::timeout(patience, seen.wait_for(|v| v.quiet == Quiet::System)).await.unwrap().unwrap();
        set.send_replace(Arc::new(Settings { do_not_disturb: true, ..Settings::default() }));
        tokio::time::timeout(patience, seen.wait_for(|v| v.quiet == Quiet::Own)).await.unwrap().unwrap();
        drop(busy);
        set.send_replace(Arc::new(Settings { follow_system_quiet: false, ..Settings::default() }));
        tokio::time::timeout(patience, seen.wait_for(|v| v.quiet == Quiet::Off)).await.unwrap().unwrap();
        following.abort();
    }
}
