//! The end of a do-not-disturb that the user switched on, by wall clock: a computer that slept through it wakes
//! up without do-not-disturb.

use std::sync::Arc;
use std::time::Duration;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, Time, UtcOffset};
use tokio::time::MissedTickBehavior;
use tracing::warn;

use crate::storage::settings::{Settings, SettingsStore, moment};

/// Before this hour "tomorrow" is the same calendar day.
const NIGHT_END_HOUR: u8 = 4;
/// Hour at which "until tomorrow" ends.
const MORNING_HOUR: u8 = 7;
/// How often the clock is read: timers of the runtime stand still while the computer sleeps.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_secs(5);
const HOUR: time::Duration = time::Duration::HOUR;

/// How long do-not-disturb lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DndDuration {
    Hour,
    Tomorrow,
    Open,
}

impl DndDuration {
    /// When that ends, RFC 3339; `None`: when it is switched off. `now` in local time, `offset` the place's
    /// own at a moment, which daylight saving may have changed by then.
    pub(crate) fn until(
        self,
        now: OffsetDateTime,
        offset: impl Fn(OffsetDateTime) -> UtcOffset,
    ) -> Option<String> {
        let end = match self {
            Self::Open => return None,
            Self::Hour => now + HOUR,
            Self::Tomorrow => {
                let day = if now.hour() < NIGHT_END_HOUR { now.date() } else { now.date().next_day()? };
                let morning = day.with_time(Time::from_hms(MORNING_HOUR, 0, 0).ok()?);
                // The offset of a moment needs the moment first; the day's own is near enough to find it.
                let about = morning.assume_offset(now.offset());
                morning.assume_offset(offset(about))
            }
        };
        end.replace_nanosecond(0).ok()?.to_offset(UtcOffset::UTC).format(&Rfc3339).ok()
    }
}

/// Turns do-not-disturb on from now on.
pub(crate) async fn begin(store: &SettingsStore, length: DndDuration) {
    let now = OffsetDateTime::now_utc();
    let offset = |at| UtcOffset::local_offset_at(at).unwrap_or(UtcOffset::UTC);
    let until = length.until(now.to_offset(offset(now)), offset);
    change(store, true, until).await;
}

/// Turns it off.
pub(crate) async fn end(store: &SettingsStore) {
    change(store, false, None).await;
}

async fn change(store: &SettingsStore, on: bool, until: Option<String>) {
    let changed = store.change(move |settings| (settings.do_not_disturb, settings.quiet_until) = (on, until));
    if let Err(error) = changed.await {
        warn!(%error, "Do not disturb could not be kept");
    }
}

/// On, and not over by itself. What is no moment is no end.
pub(super) fn in_force(settings: &Settings, now: OffsetDateTime) -> bool {
    settings.do_not_disturb && !over(settings, now)
}

fn over(settings: &Settings, now: OffsetDateTime) -> bool {
    settings.quiet_until.as_deref().and_then(moment).is_some_and(|until| until <= now)
}

/// Switches it off in the settings once its end has come, so that every window shows it, until the program
/// ends. Sleeps without a look at the clock while there is no end to come.
pub(crate) async fn follow(store: SettingsStore) {
    let mut settings = store.subscribe();
    let mut look = tokio::time::interval(CLOCK_POLL_INTERVAL);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now: Arc<Settings> = settings.borrow_and_update().clone();
        let ends = now.do_not_disturb && now.quiet_until.is_some();
        if ends && over(&now, OffsetDateTime::now_utc()) {
            end(&store).await;
        }
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            _ = look.tick(), if ends => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{datetime, offset};

    use super::*;

    fn berlin(at: OffsetDateTime) -> UtcOffset {
        let summer = datetime!(2026-03-29 01:00 UTC)..datetime!(2026-10-25 01:00 UTC);
        if summer.contains(&at) { offset!(+2) } else { offset!(+1) }
    }

    fn until(length: DndDuration, now: OffsetDateTime) -> String {
        length.until(now.to_offset(berlin(now)), berlin).unwrap_or_default()
    }

    #[test]
    fn an_hour_is_an_hour_at_any_time() {
        for (now, end) in [
            (datetime!(2026-11-28 23:30 UTC), "2026-11-29T00:30:00Z"),
            (datetime!(2026-12-31 23:30:15.5 UTC), "2027-01-01T00:30:15Z"),
            (datetime!(2028-02-28 23:10 UTC), "2028-02-29T00:10:00Z"),
            (datetime!(2026-10-25 00:30 UTC), "2026-10-25T01:30:00Z"),
        ] {
            assert_eq!(until(DndDuration::Hour, now), end);
        }
        assert_eq!(DndDuration::Open.until(datetime!(2026-11-28 12:00 UTC), berlin), None);
    }

    #[test]
    fn tomorrow_is_the_coming_morning_by_the_calendar() {
        for (now, end) in [
            (datetime!(2026-11-28 12:00 UTC), "2026-11-29T06:00:00Z"),
            (datetime!(2026-11-28 22:59 UTC), "2026-11-29T06:00:00Z"),
            (datetime!(2026-11-28 23:30 UTC), "2026-11-29T06:00:00Z"),
            (datetime!(2026-11-28 03:30 UTC), "2026-11-29T06:00:00Z"),
            (datetime!(2026-12-31 18:00 UTC), "2027-01-01T06:00:00Z"),
            (datetime!(2026-03-28 20:00 UTC), "2026-03-29T05:00:00Z"),
            (datetime!(2026-10-24 20:00 UTC), "2026-10-25T06:00:00Z"),
        ] {
            assert_eq!(until(DndDuration::Tomorrow, now), end, "{now}");
        }
    }

    #[test]
    fn it_ends_on_time_also_after_suspend() {
        let now = datetime!(2026-11-28 12:00 UTC);
        let at = |until: Option<&str>| Settings {
            do_not_disturb: true,
            quiet_until: until.map(str::to_owned),
            ..Settings::default()
        };
        assert!(in_force(&at(None), now));
        assert!(in_force(&at(Some("2026-11-28T12:00:01Z")), now));
        assert!(in_force(&at(Some("2026-11-28T14:00:00+01:00")), now));
        assert!(!in_force(&at(Some("2026-11-28T12:00:00Z")), now));
        assert!(!in_force(&at(Some("2026-11-20T12:00:00Z")), now), "slept through it");
        assert!(!in_force(&Settings::default(), now));
    }

    #[tokio::test]
    async fn the_settings_show_the_end() {
        let store = SettingsStore::open(None, crate::storage::settings::Managed::default());
        let following = tokio::spawn(follow(store.clone()));
        let past = |settings: &mut Settings| {
            settings.do_not_disturb = true;
            settings.quiet_until = Some("2026-01-01T00:00:00Z".into());
        };
        store.change(past).await.unwrap();
        let mut seen = store.subscribe();
        let over = seen.wait_for(|settings| !settings.do_not_disturb && settings.quiet_until.is_none());
        tokio::time::timeout(Duration::from_secs(30), over).await.unwrap().unwrap();
        following.abort();
    }
}
