//! The call log of all accounts: what the phone does goes in as it happens, what the backends remember
//! is fetched when somebody looks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bellwire_call::{AccountId, PhoneView};
use bellwire_call_log::{AccountRef, CallLog, Problem, Record, Recorder};
use bellwire_signaling::Session;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::debug;

use crate::export::{self, ExportFormat};
use crate::handle::{HistoryPage, ListError};
use crate::lists::{backend_call, log_entry};
use crate::view::HistoryFilter;

/// Calls on a page.
const PAGE: u32 = 20;
/// How long a page waits for the backends; what comes later is there the next time.
const PATIENCE: Duration = Duration::from_secs(4);
/// Likewise a file of all calls.
const EXPORT_PATIENCE: Duration = Duration::from_secs(20);
/// Pages asked of a backend for a file: some count requests, and older calls were seen when they happened.
const EXPORT_PAGES: u32 = 25;
/// Records read at a time.
const EXPORT_STEP: u32 = 500;

/// A page of a backend that was asked for this lately is not asked for again.
const LATELY: Duration = Duration::from_secs(30);
/// Pages that are remembered as asked for.
const ASKED: usize = 256;

#[derive(Debug)]
pub(crate) struct History {
    log: CallLog,
    recorder: Recorder,
    asked: Asked,
}

/// Which pages backends were asked for lately, and how many rows of each could not be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pages: Arc<Mutex<BTreeMap<(AccountId, u32), Look>>>,
}

/// When a page was asked for, and how many of its rows could not be read.
type Look = (Instant, u32);

impl Asked {
    /// True if the page is to be asked for now; whoever comes soon after is told no.
    fn begin(&self, account: AccountId, page: u32, now: Instant) -> bool {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|_, (at, _)| now.saturating_duration_since(*at) < LATELY);
        if pages.contains_key(&(account, page)) || pages.len() >= ASKED {
            return false;
        }
        pages.insert((account, page), (now, 0));
        true
    }

    fn came(&self, account: AccountId, page: u32, left_out: u32) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = pages.get_mut(&(account, page)) {
            known.1 = left_out;
        }
    }

    fn left_out(&self, sources: &[Source], page: u32) -> u32 {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |source: &Source| pages.get(&(source.id, page)).map_or(0, |known| known.1);
        sources.iter().map(of).fold(0, u32::saturating_add)
    }
}

/// An account whose backend may know of calls that this phone does not.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) id: AccountId,
    pub(crate) account: bellwire_call_log::Account,
    /// `None`: the backend keeps no history.
    pub(crate) session: Option<Session>,
}

impl History {
    /// The log in that file, or in memory.
    pub(crate) fn start(file: Option<PathBuf>) -> (Self, mpsc::Receiver<Problem>) {
        let (log, problems) = CallLog::start(file);
        (Self { log, recorder: Recorder::new(), asked: Asked::default() }, problems)
    }

    pub(crate) fn account(&mut self, id: AccountId, account: bellwire_call_log::Account) {
        self.recorder.account(id, account);
    }

    /// What is new in the phone's view goes into the log.
    pub(crate) fn note(&mut self, view: &PhoneView) {
        let news = self.recorder.note(view, SystemTime::now());
        if !news.is_empty() {
            self.log.write(news);
        }
    }

    pub(crate) async fn close(&self) {
        self.log.close().await;
    }

    pub(crate) fn log(&self) -> CallLog {
        self.log.clone()
    }

    pub(crate) fn asked(&self) -> Asked {
        self.asked.clone()
    }
}

/// One page (from 1) of what the filter lets through, after the backends were asked for as much.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn page(
    (log, lately): (CallLog, Asked),
    sources: Vec<Source>,
    filter: HistoryFilter,
    page: u32,
) -> Result<HistoryPage, ListError> {
    let page = page.max(1);
    let meant = asked(&sources, &filter)?;
    let now = Instant::now();
    let due = meant.iter().filter(|source| source.session.is_some() && lately.begin(source.id, page, now));
    fetch_all(&log, &lately, due.cloned().collect(), PATIENCE, page..=page).await;
    let query = query(&sources, filter);
    let found = log.list(query, (page - 1).saturating_mul(PAGE), PAGE).await?;
    Ok(page_of(&sources, found, page, lately.left_out(&meant, page)))
}

/// The newest calls of all accounts as the log has them; no backend is asked.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn recent(log: CallLog, sources: Vec<Source>, limit: u32) -> Result<HistoryPage, ListError> {
    let found = log.list(bellwire_call_log::Filter::default(), 0, limit.min(EXPORT_STEP)).await?;
    Ok(page_of(&sources, found, 1, 0))
}

fn page_of(sources: &[Source], found: bellwire_call_log::Page, page: u32, left_out: u32) -> HistoryPage {
    let signed_in = |key: &AccountRef| sources.iter().find(|s| s.account.key == *key).map(|s| s.id);
    HistoryPage {
        entries: found
            .records
            .into_iter()
            .map(|record| log_entry(signed_in(&record.account.key), record))
            .collect(),
        page,
        pages: found.total.div_ceil(PAGE).max(1),
        left_out,
    }
}

/// Everything the filter lets through as a file, after the backends were asked for what they have.
///
/// # Errors
/// The log cannot be read, or nothing be made of it.
pub(crate) async fn export(
    (log, lately): (CallLog, Asked),
    sources: Vec<Source>,
    filter: HistoryFilter,
    format: ExportFormat,
) -> Result<Vec<u8>, ListError> {
    let asked = asked(&sources, &filter)?;
    fetch_all(&log, &lately, asked, EXPORT_PATIENCE, 1..=EXPORT_PAGES).await;
    let query = query(&sources, filter);
    let mut records: Vec<Record> = Vec::new();
    loop {
        let skip = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let found = log.list(query.clone(), skip, EXPORT_STEP).await?;
        let last = found.records.len() < EXPORT_STEP as usize;
        records.extend(found.records);
        if last {
            break;
        }
    }
    // A call that came between two steps has moved one record from the one to the other.
    let mut seen = BTreeSet::new();
    records.retain(|record| seen.insert(record.id));
    let file = tokio::task::spawn_blocking(move || export::export(&records, format)).await;
    Ok(file.map_err(|_| ListError::Stopped)??)
}

/// Whose backends are asked for what the filter lets through.
fn asked(sources: &[Source], filter: &HistoryFilter) -> Result<Vec<Source>, ListError> {
    if filter.account.is_some_and(|wanted| !sources.iter().any(|source| source.id == wanted)) {
        return Err(ListError::NoAccount);
    }
    let meant = |source: &&Source| {
        filter.account.is_none_or(|wanted| source.id == wanted)
            && filter.dialect.as_deref().is_none_or(|wanted| source.account.key.dialect == wanted)
    };
    Ok(sources.iter().filter(meant).cloned().collect())
}

fn query(sources: &[Source], filter: HistoryFilter) -> bellwire_call_log::Filter {
    let account = filter.account.and_then(|wanted| sources.iter().find(|source| source.id == wanted));
    bellwire_call_log::Filter {
        account: account.map(|source| source.account.key.clone()),
        dialect: filter.dialect,
        person: filter.person,
        missed: filter.missed,
        text: filter.search,
        from: filter.from,
        until: filter.until,
    }
}

/// Takes in those pages of each backend's history, as far as they come in time.
async fn fetch_all(
    log: &CallLog,
    lately: &Asked,
    sources: Vec<Source>,
    patience: Duration,
    pages: RangeInclusive<u32>,
) {
    let mut fetching = JoinSet::new();
    for source in sources {
        let (log, lately, pages) = (log.clone(), lately.clone(), pages.clone());
        fetching.spawn(async move {
            for page in pages {
                if !fetch(&log, &lately, &source, page).await {
                    return;
                }
            }
        });
    }
    let all = async { while fetching.join_next().await.is_some() {} };
    if tokio::time::timeout(patience, all).await.is_err() {
        debug!("Some histories did not come in time");
    }
}

/// One page of a backend's history goes into the log; false if there is none after it.
async fn fetch(log: &CallLog, lately: &Asked, source: &Source, page: u32) -> bool {
    let Some(session) = &source.session else { return false };
    match session.history(page, PAGE).await {
        Ok(found) => {
            lately.came(source.id, page, found.left_out);
            let more = found.page < found.pages && !found.items.is_empty();
            let calls = found.items.into_iter().map(backend_call).collect();
            if let Err(error) = log.merge(source.account.clone(), calls, SystemTime::now()).await {
                debug!(%error, "A history was not kept");
            }
            more
        }
        Err(error) => {
            debug!(%error, "A history was not fetched");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_once_in_a_while_however_often_somebody_looks() {
        let (asked, now) = (Asked::default(), Instant::now());
        assert!(asked.begin(AccountId(1), 1, now));
        for look in 0..1000 {
            assert!(!asked.begin(AccountId(1), 1, now + Duration::from_millis(look * 29)));
        }
        assert!(asked.begin(AccountId(1), 2, now) && asked.begin(AccountId(2), 1, now));
        assert!(asked.begin(AccountId(1), 1, now + LATELY));
    }
}
