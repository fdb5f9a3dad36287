//! Imported files, as rows with their lines: a JSON document with a list for each kind of record, or a CSV
//! table of one kind with the names of the fields above.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::address::shown;
use super::row::Row;

/// The form of an imported file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    Json,
    Csv,
}

/// Refused rows that are named.
pub(super) const MAX_REFUSALS: usize = 100;
/// Largest file, in bytes.
const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// Something in a file that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRefusal {
    /// Counted from 1.
    pub line: u64,
    /// `people`, `orders` ...; empty where it is about the file.
    pub kind: String,
    pub reason: String,
}

impl fmt::Display for RowRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.reason),
            kind => write!(f, "line {}, {kind}: {}", self.line, self.reason),
        }
    }
}

/// The rows of each kind, in the file's order.
pub(super) type Rows = Vec<(String, Vec<Row>)>;

/// Reads a file; `kind` is what a table's rows are.
pub(super) fn read(text: &[u8], format: FileFormat, kind: &str) -> Result<Rows, Vec<RowRefusal>> {
    let whole = |line, reason: String| vec![RowRefusal { line, kind: String::new(), reason }];
    if text.len() > MAX_FILE_BYTES {
        return Err(whole(1, format!("the file has more than {MAX_FILE_BYTES} bytes")));
    }
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            let line = line_at(text, error.valid_up_to());
            return Err(whole(line, "this is not UTF-8".to_owned()));
        }
    };
    match format {
        FileFormat::Json => json(text),
        FileFormat::Csv => table(text, kind).map(|rows| vec![(kind.to_owned(), rows)]),
    }
}

/// The line of a place in a text.
fn line_at(text: &[u8], place: usize) -> u64 {
    let before = text.get(..place).unwrap_or(text);
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The lists of a document. A name may come once: of two lists one would be lost.
struct Document<'a>(Vec<(String, Vec<&'a RawValue>)>);

impl<'a> Deserialize<'a> for Document<'a> {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        struct Lists;
        impl<'a> Visitor<'a> for Lists {
            type Value = Document<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a list for each kind of record")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Document<'a>, A::Error> {
                let mut lists: Vec<(String, Vec<&'a RawValue>)> = Vec::new();
                while let Some((name, rows)) = map.next_entry::<String, Vec<&'a RawValue>>()? {
                    if lists.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(format!("{} comes twice", shown(&name))));
                    }
                    lists.push((name, rows));
                }
                Ok(Document(lists))
            }
        }
        from.deserialize_map(Lists)
    }
}

fn json(text: &str) -> Result<Rows, Vec<RowRefusal>> {
    let Document(lists) = serde_json::from_str(text).map_err(|error| {
        let (line, reason) = (error.line().max(1) as u64, error.to_string());
        vec![RowRefusal { line, kind: String::new(), reason }]
    })?;
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    // Rows come in the order of the text, so that lines are counted once.
    let (mut at, mut line) = (0, 1);
    for (kind, list) in lists {
        let mut theirs = Vec::with_capacity(list.len());
        for raw in list {
            // A borrowed value lies within the text.
            let place = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            line += line_at(&text.as_bytes()[at..], place.saturating_sub(at)) - 1;
            at = place.min(text.len());
            match serde_json::from_str(raw.get()) {
                Ok(fields) => theirs.push(Row::new(line, fields)),
                Err(_) => {
                    let reason = "this is not an object with fields".to_owned();
                    refused.push(RowRefusal { line, kind: kind.clone(), reason });
                }
            }
        }
        rows.push((kind, theirs));
    }
    if refused.is_empty() { Ok(rows) } else { Err(refused) }
}

fn table(text: &str, kind: &str) -> Result<Vec<Row>, Vec<RowRefusal>> {
    let refusal = |line, reason: String| RowRefusal { line, kind: kind.to_owned(), reason };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let names = match reader.headers() {
        Ok(names) => names.clone(),
        Err(error) => return Err(vec![refusal(1, error.to_string())]),
    };
    let mut sorted: Vec<&str> = names.iter().collect();
    sorted.sort_unstable();
    if sorted.iter().any(|name| name.is_empty()) || sorted.windows(2).any(|two| two[0] == two[1]) {
        return Err(vec![refusal(1, "the first line does not name each field once".to_owned())]);
    }
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                let fields = names.iter().zip(&record);
                let fields: BTreeMap<_, _> =
                    fields.map(|(name, value)| (name.to_owned(), value.into())).collect();
                rows.push(Row::new(line, fields));
            }
            Err(error) => {
                let reason = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
                    format!("there are {len} fields instead of {expected_len}")
                } else {
                    error.to_string()
                };
                let line = error.position().map_or(line, csv::Position::line);
                refused.push(refusal(line, reason));
                if error.is_io_error() || refused.len() > MAX_REFUSALS {
                    break;
                }
            }
        }
    }
    if refused.is_empty() { Ok(rows) } else { Err(refused) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, format: FileFormat) -> Vec<(String, u64)> {
        let rows = read(text.as_bytes(), format, "people").expect("rows");
        let of = |(kind, rows): (String, Vec<Row>)| {
            rows.into_iter().map(move |row| (kind.clone(), row.line)).collect::<Vec<_>>()
        };
        rows.into_iter().flat_map(of).collect()
    }

    fn refused(text: &[u8], format: FileFormat) -> String {
        let refused = read(text, format, "people").expect_err("it is refused");
        refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn rows_know_their_lines() {
        let document = "\u{feff}{\n \"people\": [{}, {},\n  {\"email\": \"a\\nb\"}],\n \"orders\": [\n {}]}";
        let at = |kind: &str, line| (kind.to_owned(), line);
        assert_eq!(
            lines(document, FileFormat::Json),
            [at("people", 2), at("people", 2), at("people", 3), at("orders", 5)]
        );
        let table = "email,name\na@b,\"Ann\nLee\"\nc@d,Cy\n";
        assert_eq!(lines(table, FileFormat::Csv), [at("people", 2), at("people", 4)]);
    }

    #[test]
    fn files_that_are_none_are_refused_with_their_line() {
        let deep = format!("{{\"people\": [{}", "[".repeat(100_000));
        for (text, says) in [
            ("", "line 1: "),
            ("[]", "line 1: invalid type: sequence, expected an object"),
            ("{\n\"people\": 7}", "line 2: "),
            ("{\"people\": [\n7]}", "line 2, people: this is not an object with fields"),
            ("{\"people\": [], \"people\": []}", "\"people\" comes twice"),
            (deep.as_str(), "line 1: "),
        ] {
            let reason = refused(text.as_bytes(), FileFormat::Json);
            assert!(reason.contains(says), "{text:.20}: {reason}");
        }
        assert!(refused(b"{\n\n\xff}", FileFormat::Json).contains("line 3: this is not UTF-8"));
        for (text, says) in [
            ("email,email\n", "line 1, people: the first line does not name each field once"),
            ("email,name\na@b\nc@d,Cy,7\n", "line 2, people: there are 1 fields instead of 2\nline 3"),
        ] {
            let reason = refused(text.as_bytes(), FileFormat::Csv);
            assert!(reason.contains(says), "{text}: {reason}");
        }
    }
}
