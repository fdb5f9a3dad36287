//! Export of the call history as a file: CSV for spreadsheets, JSON for programs. Pure: the query fetches the
//! records, the shell writes the file.
//!
//! Both have the same fields, one call each, newest first:
//!
//! | field | what |
//! |---|---|
//! | `id` | number of the record, stable |
//! | `started_at`, `answered_at`, `ended_at` | RFC 3339, UTC; empty (`null`) if not known |
//! | `duration_s` | seconds talked |
//! | `direction` | `incoming`, `outgoing` |
//! | `kind` | `voice`, `video`; empty (`null`): not known |
//! | `outcome` | `completed`, `missed`, `declined`, `busy`, `cancelled`, `failed`, `elsewhere`, `interrupted`, `ongoing` |
//! | `reason` | why it ended; empty (`null`): only the backend knows |
//! | `person`, `person_id` | the other side; of several, whoever called or was called first |
//! | `members`, `member_ids` | everybody else in a call of several, separated by `; ` (JSON: arrays); empty: the person alone |
//! | `subject`, `subject_id` | what it was about; empty (`null`): nothing in particular |
//! | `backend`, `server`, `account`, `account_id` | whose call it was: dialect, host, our name and id there |
//! | `call` | the backend's id of the call; empty (`null`): not known |

use bellwire_call::{Direction, MediaKind};
use bellwire_call_log::Record;
use serde::{Deserialize, Serialize};

use crate::error::ExportError;

/// What a file of past calls looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// RFC 4180 in UTF-8 with a byte order mark. Text that a spreadsheet would run as a formula has an
    /// apostrophe in front.
    Csv,
    /// An array of objects.
    Json,
}

impl ExportFormat {
    /// Of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// One call of a file, its fields in order.
#[derive(Debug, Serialize)]
struct Line<'a> {
    id: i64,
    started_at: Option<&'a str>,
    answered_at: Option<&'a str>,
    ended_at: Option<&'a str>,
    duration_s: u32,
    direction: &'static str,
    kind: Option<&'static str>,
    outcome: &'static str,
    reason: Option<&'a str>,
    person: &'a str,
    person_id: &'a str,
    members: Vec<&'a str>,
    member_ids: Vec<&'a str>,
    subject: Option<&'a str>,
    subject_id: Option<&'a str>,
    backend: &'a str,
    server: &'a str,
    account: &'a str,
    account_id: &'a str,
    call: Option<&'a str>,
}

/// Spreadsheets on Windows take a file for UTF-8 only with it.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The whole file.
///
/// # Errors
/// Only if there is not enough memory to write to.
pub(crate) fn export(records: &[Record], format: ExportFormat) -> Result<Vec<u8>, ExportError> {
    let lines = records.iter().map(line);
    match format {
        ExportFormat::Csv => table(lines),
        ExportFormat::Json => Ok(serde_json::to_vec_pretty(&lines.collect::<Vec<_>>())?),
    }
}

fn line(record: &Record) -> Line<'_> {
    Line {
        id: record.id,
        started_at: known(&record.started_at),
        answered_at: known(&record.answered_at),
        ended_at: known(&record.ended_at),
        duration_s: record.duration_s,
        direction: match record.direction {
            Direction::Incoming => "incoming",
            Direction::Outgoing => "outgoing",
        },
        kind: record.kind.map(|kind| match kind {
            MediaKind::Voice => "voice",
            MediaKind::Video => "video",
        }),
        outcome: record.outcome.as_str(),
        reason: record.reason.as_deref(),
        person: &record.peer.name,
        person_id: &record.peer.id.0,
        members: record.members.iter().map(|person| person.name.as_str()).collect(),
        member_ids: record.members.iter().map(|person| person.id.0.as_str()).collect(),
        subject: record.subject.as_ref().map(|subject| subject.label.as_str()),
        subject_id: record.subject.as_ref().map(|subject| subject.id.as_str()),
        backend: &record.account.key.dialect,
        server: &record.account.key.server,
        account: &record.account.label,
        account_id: &record.account.key.me.0,
        call: record.remote.as_ref().map(|remote| remote.0.as_str()),
    }
}

fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn table<'a>(lines: impl Iterator<Item = Line<'a>>) -> Result<Vec<u8>, ExportError> {
    let mut file = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    file.write_record(COLUMNS)?;
    for line in lines {
        let (id, seconds) = (line.id.to_string(), line.duration_s.to_string());
        let cell = |text: Option<&str>| defused(text.unwrap_or_default());
        file.write_record([
            id,
            cell(line.started_at),
            cell(line.answered_at),
            cell(line.ended_at),
            seconds,
            cell(Some(line.direction)),
            cell(line.kind),
            cell(Some(line.outcome)),
            cell(line.reason),
            cell(Some(line.person)),
            cell(Some(line.person_id)),
            cell(Some(&line.members.join("; "))),
            cell(Some(&line.member_ids.join("; "))),
            cell(line.subject),
            cell(line.subject_id),
            cell(Some(line.backend)),
            cell(Some(line.server)),
            cell(Some(line.account)),
            cell(Some(line.account_id)),
            cell(line.call),
        ])?;
    }
    file.into_inner().map_err(|error| csv::Error::from(error.into_error()).into())
}

/// Names of the columns; JSON has the same.
const COLUMNS: [&str; 20] = [
    "id",
    "started_at",
    "answered_at",
    "ended_at",
    "duration_s",
    "direction",
    "kind",
    "outcome",
    "reason",
    "person",
    "person_id",
    "members",
    "member_ids",
    "subject",
    "subject_id",
    "backend",
    "server",
    "account",
    "account_id",
    "call",
];

/// What makes a spreadsheet run a cell; the wide ones do so in some languages.
const STARTS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Text that would be run gets an apostrophe in front. Taking it off again gives what was there, because
/// text that looks defused already gets another.
fn defused(text: &str) -> String {
    let bare = text.trim_start_matches('\'');
    let runs = bare.starts_with(['\t', '\r', '\n']) || bare.trim_start().starts_with(STARTS);
    if runs { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
