//! The call log of all accounts: what the phone does goes in as it happens, what the backends remember
//! is fetched when somebody looks.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bellwire_call::{AccountId, PhoneView};
use bellwire_log::{AccountRef, CallLog, Problem, Recorder};
use bellwire_signaling::Session;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::debug;

use crate::handle::{HistoryPage, ListError};
use crate::lists::{backend_call, log_entry};
use crate::view::HistoryFilter;

/// Calls on a page.
const PAGE: u32 = 20;
/// How long a page waits for the backends; what comes later is there the next time.
const PATIENCE: Duration = Duration::from_secs(4);

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
    let wanted = filter.account.map(|wanted| sources.iter().find(|source| source.id == wanted));
    let account = match wanted {
        Some(None) => return Err(ListError::NoAccount),
        Some(Some(source)) => Some(source.account.key.clone()),
        None => None,
    };
    let asked = sources.iter().filter(|source| filter.account.is_none_or(|wanted| source.id == wanted));
    let mut fetching = JoinSet::new();
    for source in asked.cloned() {
        let log = log.clone();
        fetching.spawn(async move { fetch(&log, source, page).await });
    }
    let all = async { while fetching.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        debug!("Some histories did not come in time");
    }

    let query = bellwire_log::Filter {
        account,
        dialect: filter.dialect,
        missed: filter.missed,
        text: filter.search,
        from: filter.from,
        until: filter.until,
        ..bellwire_log::Filter::default()
    };
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

/// The same page of a backend's history: as many pages as were looked at are in the log.
async fn fetch(log: &CallLog, source: Source, page: u32) {
    let Some(session) = source.session else { return };
    match session.history(page, PAGE).await {
        Ok(found) => {
            let calls = found.items.into_iter().map(backend_call).collect();
            if let Err(error) = log.merge(source.account, calls, SystemTime::now()).await {
                debug!(%error, "A history was not kept");
            }
        }
        Err(error) => debug!(%error, "A history was not fetched"),
    }
}
