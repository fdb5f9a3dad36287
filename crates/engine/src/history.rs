//! The call log of all accounts: what the phone does goes in as it happens, what the backends remember
//! is fetched when somebody looks.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bellwire_call::{AccountId, PhoneView};
use bellwire_log::{AccountRef, CallLog, Problem, Record, Recorder};
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

#[derive(Debug)]
pub(crate) struct History {
    log: CallLog,
    recorder: Recorder,
}

/// An account whose backend may know of calls that this phone does not.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) id: AccountId,
    pub(crate) account: bellwire_log::Account,
    /// `None`: the backend keeps no history.
    pub(crate) session: Option<Session>,
}

impl History {
    /// The log in that file, or in memory.
    pub(crate) fn start(file: Option<PathBuf>) -> (Self, mpsc::Receiver<Problem>) {
        let (log, problems) = CallLog::start(file);
        (Self { log, recorder: Recorder::new() }, problems)
    }

    pub(crate) fn account(&mut self, id: AccountId, account: bellwire_log::Account) {
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
}

/// One page (from 1) of what the filter lets through, after the backends were asked for as much.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn page(
    log: CallLog,
    sources: Vec<Source>,
    filter: HistoryFilter,
    page: u32,
) -> Result<HistoryPage, ListError> {
    let page = page.max(1);
    let asked = asked(&sources, &filter)?;
    fetch_all(&log, asked, PATIENCE, page..=page).await;
    let query = query(&sources, filter);
    let found = log.list(query, (page - 1) * PAGE, PAGE).await?;
    let signed_in = |key: &AccountRef| sources.iter().find(|s| s.account.key == *key).map(|s| s.id);
    Ok(HistoryPage {
        entries: found
            .records
            .into_iter()
            .map(|record| log_entry(signed_in(&record.account.key), record))
            .collect(),
        page,
        pages: found.total.div_ceil(PAGE).max(1),
    })
}

/// Everything the filter lets through as a file, after the backends were asked for what they have.
///
/// # Errors
/// The log cannot be read, or nothing be made of it.
pub(crate) async fn export(
    log: CallLog,
    sources: Vec<Source>,
    filter: HistoryFilter,
    format: ExportFormat,
) -> Result<Vec<u8>, ListError> {
    let asked = asked(&sources, &filter)?;
    fetch_all(&log, asked, EXPORT_PATIENCE, 1..=EXPORT_PAGES).await;
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

fn query(sources: &[Source], filter: HistoryFilter) -> bellwire_log::Filter {
    let account = filter.account.and_then(|wanted| sources.iter().find(|source| source.id == wanted));
    bellwire_log::Filter {
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
async fn fetch_all(log: &CallLog, sources: Vec<Source>, patience: Duration, pages: RangeInclusive<u32>) {
    let mut fetching = JoinSet::new();
    for source in sources {
        let (log, pages) = (log.clone(), pages.clone());
        fetching.spawn(async move {
            for page in pages {
                if !fetch(&log, &source, page).await {
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
async fn fetch(log: &CallLog, source: &Source, page: u32) -> bool {
    let Some(session) = &source.session else { return false };
    match session.history(page, PAGE).await {
        Ok(found) => {
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
