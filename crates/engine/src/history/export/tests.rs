use bellwire_call::{Person, PersonId, RemoteCallId, Subject};
use bellwire_call_log::{Account, AccountRef, Outcome};
use serde_json::Value;

use super::*;

/// Names people have, names nobody should have, and what breaks tables.
const HOSTILE: [&str; 20] = [
    "",
    "Ada",
    "=1+1",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "+49 30 1234",
    "-2",
    "@SUM(A1)",
    "  =cmd|' /C calc'!A0",
    "'=already",
    "''",
    "'t Hooft",
    "\t=x",
    "\r\n=x",
    "a,b;\"c\"\nd",
    "\"",
    "ليلى حداد",
    "\u{202e}evil",
    "\u{feff}mark",
    "\u{ff1d}1",
    "Zoë 😀\u{0}\u{7}",
];

fn person(name: &str) -> Person {
    Person { id: PersonId(name.into()), name: name.into(), avatar: None }
}

fn record(id: i64, name: &str, label: Option<&str>) -> Record {
    Record {
        id,
        account: Account {
            key: AccountRef::new("storefront", "shop.example", &PersonId("s1".into())),
            label: name.into(),
        },
        remote: Some(RemoteCallId(name.into())),
        peer: person(name),
        members: if id % 5 == 0 { vec![person(name), person("Ben")] } else { Vec::new() },
        direction: if id % 2 == 0 { Direction::Incoming } else { Direction::Outgoing },
        kind: (id % 3 == 0).then_some(MediaKind::Voice),
        subject: label.map(|label| Subject { id: label.into(), label: label.into() }),
        outcome: Outcome::Missed,
        reason: None,
        message: None,
        missed: true,
        seen: true,
        started_at: "2026-11-21T09:26:35Z".into(),
        answered_at: String::new(),
        ended_at: String::new(),
        duration_s: 7,
    }
}

fn armed(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if defused(rest) == cell => rest.to_owned(),
        Some(_) | None => cell.to_owned(),
    }
}

fn all() -> Vec<Record> {
    let mut records = Vec::new();
    for name in HOSTILE {
        for label in HOSTILE.map(Some).into_iter().chain([None]) {
            let id = i64::try_from(records.len()).expect("few");
            records.push(record(id, name, label));
        }
    }
    records
}

#[test]
fn a_table_gives_back_what_went_in() {
    let records = all();
    let file = export(&records, ExportFormat::Csv).expect("written");
    let text = file.strip_prefix(BYTE_ORDER_MARK.as_bytes()).expect("begins with the mark");
    let mut read = csv::ReaderBuilder::new().from_reader(text);
    assert_eq!(read.headers().expect("has a head"), COLUMNS.as_slice());
    let rows: Vec<csv::StringRecord> = read.records().collect::<Result<_, _>>().expect("is a table");
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.iter().zip(&records) {
        let cell = |column: &str| {
            let at = COLUMNS.iter().position(|name| *name == column).expect("a column");
            armed(&row[at])
        };
        assert_eq!(cell("id"), record.id.to_string());
        assert_eq!(cell("person"), record.peer.name);
        assert_eq!(cell("person_id"), record.peer.id.0);
        assert_eq!(cell("account"), record.account.label);
        let names: Vec<&str> = record.members.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(cell("members"), names.join("; "));
        let subject = record.subject.as_ref().map(|subject| subject.label.clone());
        assert_eq!(cell("subject"), subject.unwrap_or_default());
        assert_eq!(cell("call"), record.remote.as_ref().expect("has one").0);
        assert_eq!(cell("duration_s"), "7");
    }
}

#[test]
fn no_cell_is_run_by_a_spreadsheet() {
    let file = export(&all(), ExportFormat::Csv).expect("written");
    let mut read = csv::ReaderBuilder::new().from_reader(&file[BYTE_ORDER_MARK.len()..]);
    let mut cells = 0;
    for row in read.records() {
        for cell in &row.expect("a row") {
            cells += 1;
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}']), "{cell:?}");
            assert!(!cell.trim_start().starts_with('='), "{cell:?}");
        }
    }
    assert_eq!(cells, HOSTILE.len() * (HOSTILE.len() + 1) * COLUMNS.len());
}

#[test]
fn json_has_the_same_fields_and_says_what_is_not_known() {
    let records = all();
    let file = export(&records, ExportFormat::Json).expect("written");
    let read: Vec<serde_json::Map<String, Value>> = serde_json::from_slice(&file).expect("an array");
    assert_eq!(read.len(), records.len());
    for (line, record) in read.iter().zip(&records) {
        let mut names: Vec<&str> = line.keys().map(String::as_str).collect();
        let mut columns = COLUMNS.to_vec();
        names.sort_unstable();
        columns.sort_unstable();
        assert_eq!(names, columns);
        assert_eq!(line["person"], Value::from(record.peer.name.as_str()));
        assert_eq!(line["answered_at"], Value::Null);
        let names: Vec<&str> = record.members.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(line["members"], Value::from(names));
        assert_eq!(line["outcome"], "missed");
    }
}

#[test]
fn no_calls_are_a_head_and_an_empty_array() {
    let file = export(&[], ExportFormat::Csv).expect("written");
    assert_eq!(String::from_utf8(file).expect("text"), format!("{BYTE_ORDER_MARK}{}\r\n", COLUMNS.join(",")));
    assert_eq!(export(&[], ExportFormat::Json).expect("written"), b"[]");
}
