//! `bellwire-server usage ...`

use std::fmt::Write as _;
use std::time::Duration;

use bellwire_server::{Admin, Backend, CallUsage, Figures, HourUsage, PairFigures, PersonUsage, Usage};
use clap::Args;
use serde_json::json;

use super::{backend, complain, say};

const SECONDS_PER_DAY: u64 = 24 * 3600;
/// Characters of the longest bar.
const BAR: i64 = 40;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Whose calls; hearth keeps such figures
    #[arg(long, value_parser = backend)]
    backend: Backend,
    /// Calls of the last so many days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// Also by person: how much they talked, and how others received them
    #[arg(long)]
    people: bool,
    /// People listed at most
    #[arg(long, default_value_t = 50, requires = "people")]
    most: u32,
    /// Instead: how the people of one call received each other
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["people", "days"])]
    call: Option<String>,
    /// As a JSON object
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn carry_out(self, admin: &Admin) -> anyhow::Result<()> {
        if let Some(call) = &self.call {
            let pairs = admin.figures_of_call(self.backend, call).await.map_err(complain)?;
            return if self.json {
                say(&serde_json::to_string_pretty(&json!({ "call": call, "figures": pairs }))?)
            } else {
                say(&of_pairs(&pairs)?)
            };
        }
        let span = Duration::from_secs(u64::from(self.days) * SECONDS_PER_DAY);
        let usage = admin.usage(self.backend, span).await.map_err(complain)?;
        let people = if self.people {
            admin.usage_by_person(self.backend, span, self.most).await.map_err(complain)?
        } else {
            Vec::new()
        };
        if self.json {
            let mut all = serde_json::to_value(&usage)?;
            if self.people {
                all["persons"] = serde_json::to_value(&people)?;
            }
            all["days"] = self.days.into();
            return say(&serde_json::to_string_pretty(&all)?);
        }
        let mut text = format!("{}, the last {} days\n\n", self.backend.id(), self.days);
        text.push_str(&of_usage(&usage)?);
        if self.people {
            text.push_str(&of_people(&people)?);
        }
        say(text.trim_end())
    }
}

fn of_usage(usage: &Usage) -> Result<String, std::fmt::Error> {
    let CallUsage { calls, answered, .. } = usage.calls;
    let all = &usage.calls;
    let mut text = String::new();
    let mut line = |name: &str, rest: String| writeln!(text, "{name:14}{rest}");
    line(
        "calls",
        format!("{calls}: {} one to one, {} group, {} therapy", all.one_to_one, all.group, all.therapy),
    )?;
    line("answered", format!("{answered}{}", share(answered, calls)))?;
    line(
        "unanswered",
        format!(
            "{} missed, {} declined, {} busy, {} cancelled",
            all.missed, all.declined, all.busy, all.cancelled
        ),
    )?;
    line(
        "duration",
        format!(
            "{} in all, {} on average, {} at most",
            clock(all.talked_s),
            clock(all.talked_s / answered.max(1)),
            clock(all.longest_s)
        ),
    )?;
    line("people", format!("{} on average, {} at most", tenth(all.people, answered), all.most_people))?;
    let features = [
        ("video", all.with_video),
        ("shared screen", all.with_sharing),
        ("three or more", all.with_several),
        ("recording", all.with_recording),
    ];
    let features = features.map(|(name, count)| format!("{name} {count}{}", share(count, answered)));
    line("used", features.join(", "))?;
    line("quality", in_words(&usage.figures))?;
    line(
        "issues",
        format!(
            "{}; calls with an interruption {}, with a failed connection {}",
            issues(&usage.figures),
            all.with_interruption,
            all.with_failure
        ),
    )?;
    line(
        "error rate",
        format!(
            "{:.1} % of answered calls (a connection failed, or {} timed out)",
            usage.error_rate * 100.0,
            all.timed_out
        ),
    )?;
    text.push_str(&of_hours(&usage.hours)?);
    Ok(text)
}

fn of_hours(hours: &[HourUsage]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let Some(most) = hours.iter().map(|hour| hour.calls).max() else { return Ok(text) };
    writeln!(text, "\nanswered calls by hour (UTC)")?;
    for HourUsage { hour, calls, talked_s } in hours {
        let bar = usize::try_from((calls * BAR + most - 1) / most.max(1)).unwrap_or_default();
        writeln!(text, "  {hour:02}  {calls:6}  {:>9}  {}", clock(*talked_s), "#".repeat(bar))?;
    }
    Ok(text)
}

fn of_people(people: &[PersonUsage]) -> Result<String, std::fmt::Error> {
    let mut text = String::from("\nby person, with how others received them\n");
    if people.is_empty() {
        text.push_str("  nobody\n");
    }
    for person in people {
        writeln!(
            text,
            "  {:40} {:6} calls {:>9}, shared {}; {}; {}",
            person.email,
            person.calls,
            clock(person.talked_s),
            person.shared,
            in_words(&person.figures),
            issues(&person.figures)
        )?;
    }
    Ok(text)
}

fn of_pairs(pairs: &[PairFigures]) -> Result<String, std::fmt::Error> {
    if pairs.is_empty() {
        return Ok("nobody has reported anything of this call".to_owned());
    }
    let mut text = String::new();
    for PairFigures { by, about, figures } in pairs {
        writeln!(text, "{by} of {about}: {}; {}", in_words(figures), issues(figures))?;
    }
    Ok(text.trim_end().to_owned())
}

/// What reports said of connections.
fn in_words(figures: &Figures) -> String {
    let all = figures.reports();
    if all == 0 {
        return "no reports".to_owned();
    }
    let words = [
        ("excellent", figures.excellent),
        ("good", figures.good),
        ("fair", figures.fair),
        ("poor", figures.poor),
    ];
    let words = words.map(|(word, count)| format!("{word} {} %", percent(count, all)));
    let loss = tenth(figures.loss_permille, 10);
    format!("{} of {all} reports; round trip {} ms, loss {loss} %", words.join(", "), figures.rtt_ms)
}

fn issues(figures: &Figures) -> String {
    let Figures { lost, failed, other, .. } = figures;
    format!("interrupted {lost}, failed {failed}, other {other}")
}

/// ` (12 %)`; nothing of nothing.
fn share(part: i64, whole: i64) -> String {
    if whole == 0 { String::new() } else { format!(" ({} %)", percent(part, whole)) }
}

fn percent(part: i64, whole: i64) -> i64 {
    (part * 100 + whole / 2) / whole.max(1)
}

/// With one digit behind the point.
fn tenth(sum: i64, count: i64) -> String {
    let tenths = (sum * 10 + count.max(1) / 2) / count.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `1:02:03`
fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(clock(3_723), "1:02:03");
        assert_eq!((tenth(7, 3).as_str(), tenth(0, 0).as_str()), ("2.3", "0.0"));
        assert_eq!((share(1, 3).as_str(), share(0, 0).as_str()), (" (33 %)", ""));
        let figures =
            Figures { good: 3, poor: 1, rtt_ms: 40, loss_permille: 12, lost: 2, ..Figures::default() };
        assert_eq!(
            in_words(&figures),
            "excellent 0 %, good 75 %, fair 0 %, poor 25 % of 4 reports; round trip 40 ms, loss 1.2 %"
        );
        assert_eq!(issues(&figures), "interrupted 2, failed 0, other 0");
        let hours = [(9, 4), (17, 1)].map(|(hour, calls)| HourUsage { hour, calls, talked_s: 60 });
        let text = of_hours(&hours).expect("text");
        let bars: Vec<_> = text.lines().map(|line| line.matches('#').count()).collect();
        assert_eq!(bars, [0, 0, 40, 10], "{text}");
    }
}
