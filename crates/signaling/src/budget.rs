//! How many requests a backend still takes, by what it says of its limits: what can wait is held
//! back, and keeps a reserve for calls. Knows no clock; times are of the wall, so that a pause ends
//! when the backend said, also after a suspend.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A pause that the backend asked for without saying how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
/// One that begins anew says 503 as well, and rings may be found by asking.
const STARTING_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause that is kept, whatever the backend says.
const MAX_PAUSE: Duration = Duration::from_secs(3600);
/// Requests kept for calls where the backend says how many are left.
const RESERVED_REQUESTS: u32 = 15;

#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    /// The backend asked for silence until then.
    paused: Option<SystemTime>,
    /// The rest of the limit is kept for calls until it begins anew.
    kept: Option<SystemTime>,
}

impl Budget {
    /// An answer came. `header` gives a header's text by its lower-case name.
    pub(crate) fn note<'a>(
        &mut self,
        status: u16,
        header: impl Fn(&str) -> Option<&'a str>,
        now: SystemTime,
    ) {
        if matches!(status, 429 | 503) {
            let wait =
                retry_after(&header, now).or_else(|| (status == 429).then(|| reset(&header, now)).flatten());
            let wait = wait
                .unwrap_or(if status == 429 { DEFAULT_PAUSE } else { STARTING_PAUSE })
                .clamp(Duration::from_secs(1), MAX_PAUSE);
            // A shorter one does not end a longer one.
            self.paused = self.paused.filter(|until| counts(*until, now)).max(Some(now + wait));
        }
        let field = |names: [&str; 2], part: [&str; 2]| {
            let alone = names.iter().find_map(|name| header(name)?.trim().parse::<u32>().ok());
            alone.or_else(|| part_of(header("ratelimit")?, part).and_then(|n| u32::try_from(n).ok()))
        };
        let left = field(["ratelimit-remaining", "x-ratelimit-remaining"], ["remaining", "r"]);
        if let Some(left) = left {
            let limit = field(["ratelimit-limit", "x-ratelimit-limit"], ["limit", "q"]);
            // A fifth, but of a small limit not all.
            let reserve =
                limit.map_or(RESERVED_REQUESTS, |limit| (limit / 5).max(RESERVED_REQUESTS.min(limit / 2)));
            self.kept =
                (left <= reserve).then(|| now + reset(&header, now).unwrap_or(DEFAULT_PAUSE).min(MAX_PAUSE));
        }
    }

    /// Until when what can wait has to; `None`: it need not.
    pub(crate) fn waits_until(&self, now: SystemTime) -> Option<SystemTime> {
        let waits = |until: Option<SystemTime>| until.filter(|until| counts(*until, now));
        waits(self.paused).max(waits(self.kept))
    }
}

/// Not over, and not further away than any pause: then the clock was set back.
fn counts(until: SystemTime, now: SystemTime) -> bool {
    until.duration_since(now).is_ok_and(|left| !left.is_zero() && left <= MAX_PAUSE)
}

/// `Retry-After`: seconds or a date (RFC 9110 section 10.2.3).
pub(crate) fn retry_after<'a>(
    header: &impl Fn(&str) -> Option<&'a str>,
    now: SystemTime,
) -> Option<Duration> {
    let text = header("retry-after")?.trim();
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            Some(Duration::from_secs_f64(seconds.min(1e6)))
        }
        Ok(_) => None,
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    }
}

/// When the limit begins anew: seconds from now, or seconds or milliseconds since 1970.
fn reset<'a>(header: &impl Fn(&str) -> Option<&'a str>, now: SystemTime) -> Option<Duration> {
    let alone = ["ratelimit-reset", "x-ratelimit-reset"]
        .iter()
        .find_map(|name| header(name)?.trim().parse::<u64>().ok());
    let said = alone.or_else(|| part_of(header("ratelimit")?, ["reset", "t"]))?;
    let at = match said {
        0..1_000_000_000 => return Some(Duration::from_secs(said)),
        1_000_000_000..1_000_000_000_000 => Duration::from_secs(said),
        1_000_000_000_000.. => Duration::from_millis(said),
    };
    Some(UNIX_EPOCH.checked_add(at)?.duration_since(now).unwrap_or_default())
}

/// A number of the combined header: `limit=100, remaining=9, reset=50`, or `"name";r=9;t=50`.
fn part_of(header: &str, names: [&str; 2]) -> Option<u64> {
    header.split([',', ';']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        names.contains(&name.trim()).then(|| value.trim().parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn after(status: u16, headers: &'static [(&'static str, &'static str)], now: u64) -> Budget {
        let mut budget = Budget::default();
        budget.note(
            status,
            |name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value),
            at(now),
        );
        budget
    }

    #[test]
    fn a_pause_lasts_as_long_as_the_backend_says() {
        for (status, headers, until) in [
            (429, &[("retry-after", "120")][..], 1120),
            (503, &[("retry-after", "7")], 1007),
            (429, &[("retry-after", "Thu, 01 Jan 1970 00:20:00 GMT")], 1200),
            (429, &[("ratelimit-reset", "30")], 1030),
            (429, &[("ratelimit", "limit=100, remaining=0, reset=50")], 1050),
            (429, &[], 1060),
            (503, &[], 1010),
            (429, &[("retry-after", "soon")], 1060),
            (429, &[("retry-after", "999999999")], 4600),
            // One in the past is a short one.
            (429, &[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")], 1001),
        ] {
            let budget = after(status, headers, 1000);
            assert_eq!(budget.waits_until(at(1000)), Some(at(until)), "{headers:?}");
            assert_eq!(budget.waits_until(at(until)), None, "{headers:?}");
        }
        let epoch = after(429, &[("x-ratelimit-reset", "1800000100")], 1_800_000_000);
        assert_eq!(epoch.waits_until(at(1_800_000_000)), Some(at(1_800_000_100)));
        let millis = after(429, &[("x-ratelimit-reset", "1800000100000")], 1_800_000_000);
        assert_eq!(millis.waits_until(at(1_800_000_000)), Some(at(1_800_000_100)));
    }

    #[test]
    fn a_shorter_pause_does_not_end_a_longer_one() {
        let mut budget = after(429, &[("retry-after", "60")], 1000);
        budget.note(429, |name| (name == "retry-after").then_some("1"), at(1000));
        assert_eq!(budget.waits_until(at(1002)), Some(at(1060)));
    }

    #[test]
    fn other_answers_pause_nothing() {
        for status in [200, 401, 404, 500, 502] {
            assert_eq!(after(status, &[("retry-after", "9")], 0).waits_until(at(0)), None, "{status}");
        }
    }

    #[test]
    fn what_is_left_is_kept_for_calls() {
        let left = |left: &'static str| match left {
            "21" => after(
                200,
                &[("ratelimit-limit", "100"), ("ratelimit-remaining", "21"), ("ratelimit-reset", "600")],
                1000,
            ),
            _ => after(
                200,
                &[
                    ("x-ratelimit-limit", "100"),
                    ("x-ratelimit-remaining", "20"),
                    ("x-ratelimit-reset", "600"),
                ],
                1000,
            ),
        };
        assert_eq!(left("21").waits_until(at(1000)), None);
        assert_eq!(left("20").waits_until(at(1000)), Some(at(1600)));
        // Of ten requests five are free.
        let small = after(
            200,
            &[("ratelimit-limit", "10"), ("ratelimit-remaining", "6"), ("ratelimit-reset", "9")],
            0,
        );
        assert_eq!(small.waits_until(at(0)), None);
        let combined = after(200, &[("ratelimit", "\"100-in-15min\"; r=3; t=90")], 0);
        assert_eq!(combined.waits_until(at(0)), Some(at(90)));
    }

    #[test]
    fn the_reserve_is_free_again_when_there_is_more() {
        let mut budget = after(200, &[("ratelimit-remaining", "3"), ("ratelimit-reset", "90")], 0);
        budget.note(200, |name| (name == "ratelimit-remaining").then_some("90"), at(5));
        assert_eq!(budget.waits_until(at(5)), None);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_a_pause_longer() {
        let budget = after(429, &[("retry-after", "60")], 1_000_000);
        assert_eq!(budget.waits_until(at(10)), None);
    }
}
