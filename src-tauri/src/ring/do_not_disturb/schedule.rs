//! The do-not-disturb schedule, in local time. Daylight saving needs no special case: skipped hours never come,
//! and repeated hours are quiet twice.

use time::OffsetDateTime;

use crate::storage::settings::QuietHours;

const MINUTES_PER_DAY: u16 = 24 * 60;

/// What a clock and a calendar on the wall show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LocalTime {
    /// Days since Monday.
    pub(super) weekday: u8,
    /// Minutes since midnight.
    pub(super) minute: u16,
}

/// `None` where the system does not tell its time zone.
pub(super) fn now() -> Option<LocalTime> {
    let now = OffsetDateTime::now_local().ok()?;
    Some(LocalTime {
        weekday: now.weekday().number_days_from_monday(),
        minute: u16::from(now.hour()) * 60 + u16::from(now.minute()),
    })
}

/// Whether it is quiet: from `from`, included, on each of the days, to `until`, excluded, which is on the next
/// day unless it is later than `from`. The same twice means a whole day. What is no time is no quiet.
pub(super) fn within(hours: &QuietHours, now: LocalTime) -> bool {
    let (Some(from), Some(until)) = (minute(&hours.from), minute(&hours.until)) else { return false };
    if !hours.on {
        return false;
    }
    let begins = |weekday: u8| hours.days.get(usize::from(weekday % 7)).copied().unwrap_or(false);
    let today = begins(now.weekday);
    if from < until {
        return today && (from..until).contains(&now.minute);
    }
    let yesterday = begins(now.weekday + 6);
    (today && now.minute >= from) || (yesterday && now.minute < until)
}

/// Minutes since midnight of `HH:MM`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let (hour, minute): (u16, u16) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute).filter(|m| *m < MINUTES_PER_DAY)
}

#[cfg(test)]
mod tests {
    use time::{Duration, UtcOffset, macros::datetime};

    use super::*;

    fn hours(from: &str, until: &str, days: [bool; 7]) -> QuietHours {
        QuietHours { on: true, from: from.into(), until: until.into(), days }
    }

    fn at(weekday: u8, hour: u16, minute: u16) -> LocalTime {
        LocalTime { weekday, minute: hour * 60 + minute }
    }

    const EVERY: [bool; 7] = [true; 7];
    const FRIDAY: [bool; 7] = [false, false, false, false, true, false, false];

    #[test]
    fn an_afternoon() {
        let nap = hours("13:00", "14:30", EVERY);
        assert!(!within(&nap, at(2, 12, 59)));
        assert!(within(&nap, at(2, 13, 0)));
        assert!(within(&nap, at(2, 14, 29)));
        assert!(!within(&nap, at(2, 14, 30)));
        assert!(!within(&QuietHours { on: false, ..nap }, at(2, 13, 0)));
    }

    #[test]
    fn a_night_belongs_to_the_day_it_begins_on() {
        let night = hours("22:00", "07:00", FRIDAY);
        assert!(!within(&night, at(4, 6, 0)), "Thursday's night is none");
        assert!(within(&night, at(4, 22, 0)));
        assert!(within(&night, at(5, 6, 59)), "Saturday morning");
        assert!(!within(&night, at(5, 7, 0)));
        assert!(!within(&night, at(5, 22, 0)));
        let sunday = hours("22:00", "07:00", [false, false, false, false, false, false, true]);
        assert!(within(&sunday, at(0, 3, 0)), "Monday morning after Sunday");
    }

    #[test]
    fn the_same_time_twice_is_a_whole_day() {
        let day = hours("08:00", "08:00", FRIDAY);
        assert!(!within(&day, at(4, 7, 59)));
        assert!(within(&day, at(4, 8, 0)));
        assert!(within(&day, at(5, 7, 59)));
        assert!(!within(&day, at(5, 8, 0)));
    }

    #[test]
    fn what_is_no_time_is_no_quiet() {
        for bad in ["", "24:00", "12:60", "7:00", "+1:00", "12", "12:00:00", "١٢:٠٠", "99999999999:00"] {
            assert_eq!(minute(bad), None, "{bad}");
            assert!(!within(&hours(bad, "07:00", EVERY), at(0, 3, 0)));
            assert!(!within(&hours("22:00", bad, EVERY), at(0, 23, 0)));
        }
        assert_eq!(minute("00:00"), Some(0));
        assert_eq!(minute("23:59"), Some(1439));
    }

    /// Every minute of two days in which the clock jumps, at a place an hour, then two hours before UTC, or
    /// the other way round.
    fn quiet_minutes(
        night: &QuietHours,
        first: OffsetDateTime,
        change: OffsetDateTime,
        hours: [i8; 2],
    ) -> u32 {
        let mut quiet = 0;
        for minute in 0..2 * 24 * 60 {
            let utc = first + Duration::minutes(minute);
            let offset = UtcOffset::from_hms(hours[usize::from(utc >= change)], 0, 0).unwrap();
            let wall = utc.to_offset(offset);
            let now = LocalTime {
                weekday: wall.weekday().number_days_from_monday(),
                minute: u16::from(wall.hour()) * 60 + u16::from(wall.minute()),
            };
            quiet += u32::from(within(night, now));
        }
        quiet
    }

    #[test]
    fn daylight_saving_shortens_and_lengthens_the_night() {
        // Saturday noon to Monday noon around both changes of central Europe in 2026: two nights.
        let night = hours("22:00", "07:00", EVERY);
        let spring =
            quiet_minutes(&night, datetime!(2026-03-28 11:00 UTC), datetime!(2026-03-29 01:00 UTC), [1, 2]);
        assert_eq!(spring, 8 * 60 + 9 * 60);
        let autumn =
            quiet_minutes(&night, datetime!(2026-10-24 10:00 UTC), datetime!(2026-10-25 01:00 UTC), [2, 1]);
        assert_eq!(autumn, 10 * 60 + 9 * 60);
        // An end that the clock never shows is passed all the same.
        let short = hours("01:00", "02:30", EVERY);
        let gap =
            quiet_minutes(&short, datetime!(2026-03-28 11:00 UTC), datetime!(2026-03-29 01:00 UTC), [1, 2]);
        assert_eq!(gap, 60 + 90, "one hour on Sunday, the usual time on Monday");
    }
}
