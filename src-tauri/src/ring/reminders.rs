//! Reminders of appointments and sessions that begin in five minutes, each shown once, also across restarts.
//! The rule is pure; the file only remembers what was announced.

use std::path::PathBuf;

use bellwire_engine::{AccountId, AccountView, Contact, EngineView, Phase, Slot};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tracing::warn;

use crate::storage::atomic_file;
use crate::storage::settings::moment;

/// How long before the start.
const LEAD_TIME: Duration = Duration::minutes(5);
/// Bytes of the file.
const MAX_FILE_BYTES: u64 = 256 * 1024;
/// Reminders at a time; the earliest are kept.
const MAX_SHOWN: usize = 4;
/// Remembered announcements.
const MAX_ANNOUNCED: usize = 256;

/// A reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reminder {
    pub(crate) account: AccountId,
    /// Of the line in the account's list.
    pub(crate) line: String,
    pub(crate) name: String,
    pub(crate) at: OffsetDateTime,
    /// Minutes until the start when it was first shown, rounded up: the notification does not count down.
    pub(crate) minutes: i64,
}

/// An announced reminder, by keys that survive a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Announced {
    dialect: String,
    server: String,
    line: String,
    /// RFC 3339 as the backend writes it: a moved appointment is announced again.
    starts_at: String,
}

/// The present reminders, and the announced ones.
#[derive(Debug, Default)]
pub(crate) struct Reminders {
    file: Option<PathBuf>,
    announced: Vec<Announced>,
    shown: Vec<Reminder>,
}

impl Reminders {
    /// Reads the announcements of earlier runs; without a file they are kept in memory only.
    pub(crate) fn open(file: Option<PathBuf>) -> Self {
        let read = file.as_deref().and_then(|file| atomic_file::read(file, MAX_FILE_BYTES).ok().flatten());
        let announced = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { file, announced, shown: Vec::new() }
    }

    /// Updates the reminders at `now`, wall-clock time. While `quiet`, nothing new is announced; an appointment
    /// that is still ahead afterwards is announced then.
    pub(crate) fn update(&mut self, view: &EngineView, now: OffsetDateTime, quiet: bool) {
        let before = self.announced.clone();
        let mut due: Vec<(Reminder, Announced)> = all(view)
            .filter(|(begins, _)| begins.at > now && begins.at - now <= LEAD_TIME)
            .filter(|(_, announced)| !quiet && !self.announced.contains(announced))
            .collect();
        due.sort_by_key(|(begins, _)| begins.at);
        for (begins, announced) in due {
            if self.shown.len() < MAX_SHOWN {
                let minutes = (begins.at - now).whole_seconds().max(1).saturating_add(59) / 60;
                self.shown.push(Reminder { minutes, ..begins });
            }
            self.announced.push(announced);
        }
        let here = |begins: &Reminder| {
            all(view).any(|(other, _)| {
                (other.account, &other.line, other.at) == (begins.account, &begins.line, begins.at)
            })
        };
        self.shown.retain(|begins| begins.at > now && here(begins));
        self.announced
            .retain(|announced| moment(&announced.starts_at).is_some_and(|at| at > now - LEAD_TIME));
        let surplus = self.announced.len().saturating_sub(MAX_ANNOUNCED);
        self.announced.drain(..surplus);
        // Old entries leave the file with the next announcement: they cause no write of their own.
        if self.announced.iter().any(|announced| !before.contains(announced)) {
            self.store();
        }
    }

    fn store(&self) {
        let Some(file) = &self.file else { return };
        let kept = serde_json::to_vec(&self.announced).map_err(std::io::Error::from);
        if let Err(error) = kept.and_then(|bytes| atomic_file::write(file, &bytes)) {
            warn!(%error, "What was announced could not be kept");
        }
    }

    /// The user dismissed it, or looked at it.
    pub(crate) fn dismiss(&mut self, account: AccountId, line: &str) {
        self.shown.retain(|begins| begins.account != account || begins.line != line);
    }

    /// The reminders to show.
    pub(crate) fn shown(&self) -> &[Reminder] {
        &self.shown
    }
}

/// Whether anything is ahead: otherwise the clock need not be read.
pub(crate) fn any_upcoming(view: &EngineView, now: OffsetDateTime) -> bool {
    all(view).any(|(begins, _)| begins.at > now)
}

/// All appointments and sessions that have not begun.
fn all(view: &EngineView) -> impl Iterator<Item = (Reminder, Announced)> {
    view.accounts.iter().flat_map(|account| account.contacts.iter().filter_map(|line| begins(account, line)))
}

fn begins(account: &AccountView, line: &Contact) -> Option<(Reminder, Announced)> {
    let slot: &Slot = line.slot.as_ref()?;
    match slot.phase {
        Phase::Unconfirmed | Phase::Upcoming | Phase::Waiting => {}
        Phase::InProgress | Phase::Ended | Phase::Cancelled => return None,
    }
    let at = moment(&slot.starts_at)?;
    let begins = Reminder {
        account: account.id,
        line: line.id.clone(),
        name: line.person.name.clone(),
        at,
        minutes: 0,
    };
    let announced = Announced {
        dialect: account.dialect.clone(),
        server: account.server.clone(),
        line: line.id.clone(),
        starts_at: slot.starts_at.clone(),
    };
    Some((begins, announced))
}

#[cfg(test)]
mod tests;
