//! Queries of the call history: a page, the newest calls, or all of them as a file.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bellwire_call_log::{AccountRef, CallLog, Record};

use crate::error::ListError;
use crate::history::backend_fetch::{PAGE_LEN, RecentFetches, fetch_all};
use crate::history::export::{self, ExportFormat};
use crate::history::source::Source;
use crate::lists::log_entry;
use crate::view::{HistoryFilter, HistoryPage};

/// How long a page waits for the backends; what arrives later is there the next time.
const PAGE_TIMEOUT: Duration = Duration::from_secs(4);
/// The same for a file of all calls.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(20);
/// Pages fetched of a backend for a file: some count requests, and older calls were logged when they
/// happened.
const EXPORT_PAGES: u32 = 25;
/// Records read at a time.
const EXPORT_CHUNK_LEN: u32 = 500;

/// One page (from 1) of what the filter lets through, after the backends were asked for as much.
///
/// # Errors
/// The log cannot be read.
pub(super) async fn page(
    (log, recent): (CallLog, RecentFetches),
    sources: Vec<Source>,
    filter: HistoryFilter,
    page: u32,
) -> Result<HistoryPage, ListError> {
    let page = page.max(1);
    let meant = matching(&sources, &filter)?;
    let now = Instant::now();
    let due = meant.iter().filter(|source| source.session.is_some() && recent.begin(source.id, page, now));
    fetch_all(&log, &recent, due.cloned().collect(), PAGE_TIMEOUT, page..=page).await;
    let query = query(&sources, filter);
    let found = log.list(query, (page - 1).saturating_mul(PAGE_LEN), PAGE_LEN).await?;
    Ok(page_of(&sources, found, page, recent.left_out(&meant, page)))
}

/// The newest calls of all accounts as the log has them; no backend is asked.
///
/// # Errors
/// The log cannot be read.
pub(super) async fn recent(log: CallLog, sources: Vec<Source>, limit: u32) -> Result<HistoryPage, ListError> {
    let found = log.list(bellwire_call_log::Filter::default(), 0, limit.min(EXPORT_CHUNK_LEN)).await?;
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
        pages: found.total.div_ceil(PAGE_LEN).max(1),
        left_out,
    }
}

/// Everything the filter lets through as a file, after the backends were asked for what they have.
///
/// # Errors
/// The log cannot be read, or nothing be made of it.
pub(super) async fn export(
    (log, recent): (CallLog, RecentFetches),
    sources: Vec<Source>,
    filter: HistoryFilter,
    format: ExportFormat,
) -> Result<Vec<u8>, ListError> {
    let matching = matching(&sources, &filter)?;
    fetch_all(&log, &recent, matching, EXPORT_TIMEOUT, 1..=EXPORT_PAGES).await;
    let query = query(&sources, filter);
    let mut records: Vec<Record> = Vec::new();
    loop {
        let skip = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let found = log.list(query.clone(), skip, EXPORT_CHUNK_LEN).await?;
        let last = found.records.len() < EXPORT_CHUNK_LEN as usize;
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

/// The sources that may have what the filter lets through.
fn matching(sources: &[Source], filter: &HistoryFilter) -> Result<Vec<Source>, ListError> {
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
