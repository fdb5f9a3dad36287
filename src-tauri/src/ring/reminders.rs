//! Appointments and sessions that begin in five minutes, each told once, also over a restart. The rule is
//! pure: list and time go in. The file only remembers what was told.

use std::path::PathBuf;

use bellwire_engine::{AccountId, AccountView, ContactView, EngineView, Phase, Slot};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tracing::warn;

use crate::storage::atomic_file;
use crate::storage::settings::moment;

/// So long before it begins.
const BEFORE: Duration = Duration::minutes(5);
/// Bytes of the file.
const SIZE: u64 = 256 * 1024;
/// Told at a time; what begins first counts.
const MOST: usize = 4;
/// Remembered; the list of five minutes is never longer in earnest.
const REMEMBERED: usize = 256;

/// One that begins soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Begins {
    pub(crate) account: AccountId,
    /// Of the line in the account's list.
    pub(crate) line: String,
    pub(crate) name: String,
    pub(crate) at: OffsetDateTime,
    /// Until then when it was first told, rounded up: what is on the screen does not count down.
    pub(crate) minutes: i64,
}

/// What was told, by what stays the same after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    dialect: String,
    server: String,
    line: String,
    /// RFC 3339 as the backend writes it: one that is moved is told again.
    starts_at: String,
}

/// What begins soon, and what was told of it.
#[derive(Debug, Default)]
pub(crate) struct Soon {
    file: Option<PathBuf>,
    told: Vec<Told>,
    shown: Vec<Begins>,
}

impl Soon {
    /// Reads what was told by an earlier run; without a file it is known until the program ends.
    pub(crate) fn open(file: Option<PathBuf>) -> Self {
        let read = file.as_deref().and_then(|file| atomic_file::read(file, SIZE).ok().flatten());
        let told = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { file, told, shown: Vec::new() }
    }

    /// Looks at the lists at `now`, by the wall clock. In `quiet` nothing new is told; what does not begin
    /// before it is over is told then.
    pub(crate) fn note(&mut self, view: &EngineView, now: OffsetDateTime, quiet: bool) {
        let before = self.told.clone();
        let mut due: Vec<(Begins, Told)> = all(view)
            .filter(|(begins, _)| begins.at > now && begins.at - now <= BEFORE)
            .filter(|(_, told)| !quiet && !self.told.contains(told))
            .collect();
        due.sort_by_key(|(begins, _)| begins.at);
        for (begins, told) in due {
            if self.shown.len() < MOST {
                let minutes = (begins.at - now).whole_seconds().max(1).saturating_add(59) / 60;
                self.shown.push(Begins { minutes, ..begins });
            }
            self.told.push(told);
        }
        let here = |begins: &Begins| {
            all(view).any(|(other, _)| {
                (other.account, &other.line, other.at) == (begins.account, &begins.line, begins.at)
            })
        };
        self.shown.retain(|begins| begins.at > now && here(begins));
        self.told.retain(|told| moment(&told.starts_at).is_some_and(|at| at > now - BEFORE));
        let surplus = self.told.len().saturating_sub(REMEMBERED);
        self.told.drain(..surplus);
        // What is over leaves the file with the next that is told: nothing is written for it alone.
        if self.told.iter().any(|told| !before.contains(told)) {
            self.keep();
        }
    }

    fn keep(&self) {
        let Some(file) = &self.file else { return };
        let kept = serde_json::to_vec(&self.told).map_err(std::io::Error::from);
        if let Err(error) = kept.and_then(|bytes| atomic_file::write(file, &bytes)) {
            warn!(%error, "What was announced could not be kept");
        }
    }

    /// The user put it away, or looked at it.
    pub(crate) fn forget(&mut self, account: AccountId, line: &str) {
        self.shown.retain(|begins| begins.account != account || begins.line != line);
    }

    /// Those to be told.
    pub(crate) fn shown(&self) -> &[Begins] {
        &self.shown
    }
}

/// Whether there is anything whose time may come: otherwise nobody has to look at the clock.
pub(crate) fn anything(view: &EngineView, now: OffsetDateTime) -> bool {
    all(view).any(|(begins, _)| begins.at > now)
}

/// Everything that is to begin, with its time.
fn all(view: &EngineView) -> impl Iterator<Item = (Begins, Told)> {
    view.accounts.iter().flat_map(|account| account.contacts.iter().filter_map(|line| begins(account, line)))
}

fn begins(account: &AccountView, line: &ContactView) -> Option<(Begins, Told)> {
    let slot: &Slot = line.slot.as_ref()?;
    match slot.phase {
        Phase::Unconfirmed | Phase::Upcoming | Phase::Waiting => {}
        Phase::InProgress | Phase::Ended | Phase::Cancelled => return None,
    }
    let at = moment(&slot.starts_at)?;
    let begins =
        Begins { account: account.id, line: line.id.clone(), name: line.person.name.clone(), at, minutes: 0 };
    let told = Told {
        dialect: account.dialect.clone(),
        server: account.server.clone(),
        line: line.id.clone(),
        starts_at: slot.starts_at.clone(),
    };
    Some((begins, told))
}

#[cfg(test)]
mod tests;
