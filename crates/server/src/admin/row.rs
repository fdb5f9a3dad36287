//! A row of an imported file: fields are taken out one by one, what is left over is a mistake.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value as Json;
use sqlx::SqliteConnection;

use super::address::{address, shown};
use super::known::find;
use super::put::Change;
use crate::clock::Millis;
use crate::directory::AccountKind;

/// Why a row was not taken.
#[derive(Debug)]
pub(crate) enum RowError {
    /// What is wrong with it.
    Refused(String),
    Store(sqlx::Error),
}

impl From<String> for RowError {
    fn from(reason: String) -> Self {
        Self::Refused(reason)
    }
}

impl From<sqlx::Error> for RowError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(refused) = &error {
            if refused.is_unique_violation() {
                return Self::Refused(format!("it contradicts another record ({})", refused.message()));
            }
            if refused.is_check_violation() || refused.is_foreign_key_violation() {
                return Self::Refused(format!("the database does not take it ({})", refused.message()));
            }
        }
        Self::Store(error)
    }
}

/// A row and where it is.
#[derive(Debug)]
pub(crate) struct Row {
    /// Counted from 1.
    pub(crate) line: u64,
    fields: BTreeMap<String, Json>,
}

type Taken<T> = Result<T, String>;

impl Row {
    pub(crate) fn new(line: u64, fields: BTreeMap<String, Json>) -> Self {
        Self { line, fields }
    }

    /// Blank counts as missing.
    fn take(&mut self, field: &str) -> Option<Json> {
        let blank =
            |value: &Json| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        self.fields.remove(field).filter(|value| !blank(value))
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Whether a flag is set, which stays in the row.
    pub(super) fn peek_flag(&mut self, field: &str) -> bool {
        let value = self.fields.get(field).cloned();
        let set = matches!(self.flag(field), Ok(Some(true)));
        self.fields.extend(value.map(|value| (field.to_owned(), value)));
        set
    }

    /// A text as it is, blanks and all.
    pub(super) fn secret(&mut self, field: &str) -> Taken<Option<String>> {
        match self.fields.remove(field) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) if text.is_empty() => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
                Err(format!("{field} is not a text"))
            }
        }
    }

    pub(crate) fn optional(&mut self, field: &str, most_bytes: usize) -> Taken<Option<String>> {
        let text = match self.take(field) {
            None => return Ok(None),
            Some(Json::String(text)) => text.trim().to_owned(),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(_) | Json::Array(_) | Json::Object(_) | Json::Null) => {
                return Err(format!("{field} is not a text"));
            }
        };
        if text.len() > most_bytes {
            return Err(format!("{field} is longer than {most_bytes} bytes"));
        }
        if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(format!("{field} has control characters"));
        }
        Ok(Some(text))
    }

    pub(crate) fn text(&mut self, field: &str, most_bytes: usize) -> Taken<String> {
        self.optional(field, most_bytes)?.ok_or_else(|| format!("{field} is missing"))
    }

    pub(crate) fn email(&mut self, field: &str) -> Taken<String> {
        address(&self.text(field, 1024)?).map_err(|reason| format!("{field}: {reason}"))
    }

    pub(crate) fn number(&mut self, field: &str, within: RangeInclusive<i64>) -> Taken<Option<i64>> {
        let Some(text) = self.optional(field, 64)? else { return Ok(None) };
        match text.parse() {
            Ok(number) if within.contains(&number) => Ok(Some(number)),
            Ok(_) => Err(format!("{field} is not between {} and {}", within.start(), within.end())),
            Err(_) => Err(format!("{field} is not a whole number: {}", shown(&text))),
        }
    }

    /// RFC 3339, or a date.
    pub(crate) fn time(&mut self, field: &str) -> Taken<Option<i64>> {
        let Some(text) = self.optional(field, 64)? else { return Ok(None) };
        match Millis::parse(&text, false) {
            Some(at) => Ok(Some(at.0)),
            None => Err(format!("{field} is not a time as 2026-02-03T10:30:00Z: {}", shown(&text))),
        }
    }

    pub(crate) fn choice(&mut self, field: &str, of: &[&'static str]) -> Taken<Option<&'static str>> {
        let Some(text) = self.optional(field, 64)? else { return Ok(None) };
        let found = of.iter().find(|word| word.eq_ignore_ascii_case(&text));
        found
            .copied()
            .map(Some)
            .ok_or_else(|| format!("{field} is not one of {}: {}", of.join(", "), shown(&text)))
    }

    pub(crate) fn flag(&mut self, field: &str) -> Taken<Option<bool>> {
        match self.take(field) {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(flag)),
            Some(Json::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Some(true)),
                "false" | "no" | "0" => Ok(Some(false)),
                _ => Err(format!("{field} is neither true nor false: {}", shown(&text))),
            },
            Some(Json::Number(_) | Json::Array(_) | Json::Object(_) | Json::Null) => {
                Err(format!("{field} is neither true nor false"))
            }
        }
    }

    /// A list of texts; in a table one text with semicolons between.
    pub(crate) fn list(&mut self, field: &str, most: usize) -> Taken<Vec<String>> {
        let all: Vec<String> = match self.take(field) {
            None => Vec::new(),
            Some(Json::String(text)) => {
                let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
                parts.map(str::to_owned).collect()
            }
            Some(Json::Array(values)) => {
                let texts = values.into_iter().map(|value| match value {
                    Json::String(text) => Ok(text),
                    Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
                        Err(format!("{field} is not a list of texts"))
                    }
                });
                texts.collect::<Taken<_>>()?
            }
            Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_)) => {
                return Err(format!("{field} is not a list of texts"));
            }
        };
        if all.len() > most {
            return Err(format!("{field} has more than {most} entries"));
        }
        Ok(all)
    }

    /// Nothing may be left: a field with a misspelt name would be lost without a word.
    pub(crate) fn finish(&self) -> Taken<()> {
        let left: Vec<String> = self.fields.keys().map(|name| shown(name)).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("unknown fields: {}", left.join(", "))) }
    }

    /// The id of the account that a field names by its address.
    pub(crate) async fn account(
        &mut self,
        connection: &mut SqliteConnection,
        field: &str,
        kind: &'static AccountKind,
    ) -> Result<String, RowError> {
        let email = self.email(field)?;
        account_id(connection, kind, &email).await
    }
}

/// The id of an account by its address.
pub(crate) async fn account_id(
    connection: &mut SqliteConnection,
    kind: &'static AccountKind,
    email: &str,
) -> Result<String, RowError> {
    let found = find(connection, kind, email).await?;
    let found = found.ok_or_else(|| format!("there is no {} {}", kind.role, shown(email)))?;
    Ok(found.id)
}

/// The greater of two: a record has changed if one of its rows has.
pub(crate) fn both(one: Change, other: Change) -> Change {
    match (one, other) {
        (Change::Unchanged, Change::Added) => Change::Changed,
        (one, other) => one.max(other),
    }
}
