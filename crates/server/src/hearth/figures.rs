//! Figures of calls, as participants report them. Plain data, and the parser of a report.

use bellwire_dialects::hearth::wire::{CONNECTION_FAILED, CONNECTION_LOST};
use serde_json::Value;

/// Bytes of a report.
const MAX_REPORT_BYTES: usize = 4 * 1024;
/// More than any session has seats.
const MAX_MEMBERS: usize = 32;
/// Larger figures are nonsense, and must not spoil a sum.
const MAX_RTT_MS: i64 = 60_000;
const MAX_LOSS_PERMILLE: i64 = 1_000;

/// The figures of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// All of it, as it was said: JSON.
    pub(crate) text: String,
    pub(crate) members: Vec<MemberFigures>,
}

/// How good a connection is, in the words of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Excellent,
    Good,
    Fair,
    Poor,
}

impl Level {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "excellent" => Some(Self::Excellent),
            "good" => Some(Self::Good),
            "fair" => Some(Self::Fair),
            "poor" => Some(Self::Poor),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

/// How one other member was received in the last seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberFigures {
    pub(crate) user: String,
    pub(crate) level: Level,
    pub(crate) rtt_ms: i64,
    pub(crate) loss_permille: i64,
}

/// What went wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// Media stopped flowing.
    Lost,
    /// No connection came about, or it could not be mended.
    Failed,
    /// In the words of another client.
    Other,
}

impl Issue {
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            CONNECTION_LOST => Self::Lost,
            CONNECTION_FAILED => Self::Failed,
            _ => Self::Other,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }
}

impl Report {
    /// `None`: it is too long. What does not fit its shape in it is left out.
    pub(crate) fn parse(data: &Value) -> Option<Self> {
        let text = Some(data.to_string()).filter(|text| text.len() <= MAX_REPORT_BYTES)?;
        let members = data.get("members").and_then(Value::as_array);
        let members = members.into_iter().flatten().take(MAX_MEMBERS).filter_map(member);
        Some(Self { text, members: members.collect() })
    }
}

fn member(data: &Value) -> Option<MemberFigures> {
    let figure = |name: &str, most: i64| data.get(name).and_then(Value::as_i64).unwrap_or(0).clamp(0, most);
    Some(MemberFigures {
        user: data.get("userId").and_then(Value::as_str)?.to_owned(),
        level: data.get("level").and_then(Value::as_str).and_then(Level::parse)?,
        rtt_ms: figure("rttMs", MAX_RTT_MS),
        loss_permille: figure("lossPermille", MAX_LOSS_PERMILLE),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_report_the_members_that_fit_are_kept() {
        let good = json!({ "userId": "a", "level": "fair", "rttMs": 80, "lossPermille": 12, "fps": 30 });
        let odd = json!({ "userId": "b", "level": "poor", "rttMs": -5, "lossPermille": 99_999 });
        let report =
            json!({ "level": "poor", "members": [good, 7, { "userId": "c" }, { "level": "good" }, odd] });
        let members = Report::parse(&report).expect("it is short").members;
        let of = |user: &str, level, rtt_ms, loss_permille| {
            let user = user.to_owned();
            MemberFigures { user, level, rtt_ms, loss_permille }
        };
        assert_eq!(members, [of("a", Level::Fair, 80, 12), of("b", Level::Poor, 0, 1_000)]);
        for shapeless in [json!(7), json!({}), json!({ "members": "all" }), json!(null)] {
            assert_eq!(Report::parse(&shapeless).expect("it is short").members, []);
        }
        assert_eq!(Report::parse(&json!("q".repeat(5000))), None);
    }
}
