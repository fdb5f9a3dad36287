//! Timestamps as milliseconds since 1970 (UTC) and as RFC 3339.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970; before that is 0.
pub(crate) fn millis(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 with whole milliseconds; 0 is an unknown time and empty.
pub(crate) fn show(millis: i64) -> String {
    if millis == 0 {
        return String::new();
    }
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok();
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

/// Reads RFC 3339; what is no time is unknown.
pub(crate) fn read(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().filter(|millis| *millis > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_shown() {
        for text in ["2026-11-21T09:26:35.123Z", "2026-11-21T09:26:35Z"] {
            assert_eq!(show(read(text).expect("a time")), text);
        }
        assert_eq!(read("2026-11-21T10:26:35+01:00"), read("2026-11-21T09:26:35Z"));
        for wrong in ["", "yesterday", "2026-11-21", "0001-01-01T00:00:00Z"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(show(0), "");
        assert_eq!(show(i64::MAX), "");
    }
}
