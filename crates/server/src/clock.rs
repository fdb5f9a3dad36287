//! Wall-clock time in milliseconds, as records and tokens keep it, and its formats on the wire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// Milliseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Millis(pub(crate) i64);

impl Millis {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    pub(crate) fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub(crate) fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    pub(crate) fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long until then; zero when it is past.
    pub(crate) fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// `2026-02-03T04:05:06.789Z`, as JavaScript writes dates.
    pub(crate) fn iso(self) -> String {
        let format =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|at| at.format(format).ok())
            .unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
    }

    /// Reads RFC 3339 or a bare date; a bare date is its first moment, or its last one with `end_of_day`.
    pub(crate) fn parse(text: &str, end_of_day: bool) -> Option<Self> {
        let text = text.trim();
        if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
            return i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self);
        }
        let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        let start = day.midnight().assume_utc().unix_timestamp();
        Some(Self::from_seconds(start)).map(|at| if end_of_day { Self(at.0 + 86_399_999) } else { at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_javascript_does_and_read_back() {
        let at = Millis(1_770_091_506_789);

        assert_eq!(at.iso(), "2026-02-03T04:05:06.789Z");
        assert_eq!(Millis::parse(&at.iso(), false), Some(at));
        assert_eq!(Millis::parse("2026-02-03T05:05:06.789+01:00", false), Some(at));
    }

    #[test]
    fn a_bare_date_is_its_first_or_its_last_moment() {
        let first = Millis::parse("2026-02-03", false).expect("a date");
        let last = Millis::parse("2026-02-03", true).expect("a date");

        assert_eq!(
            (first.iso().as_str(), last.iso().as_str()),
            ("2026-02-03T00:00:00.000Z", "2026-02-03T23:59:59.999Z")
        );
        assert_eq!(Millis::parse("yesterday", false), None);
    }
}
